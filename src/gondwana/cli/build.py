"""``gondwana build``: one command from a topography to a complete set of files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import click

from gondwana.cli.options import READABLE, given, merged, reading, settings

EXAMPLE = Path(str(resources.files("gondwana") / "data"))
"""Where the bundled present-day Earth and the edits that it needs lie."""


@click.command("build")
@click.argument("topography", type=READABLE, required=False, metavar="[TOPO.nc]")
@click.option("--out", type=READABLE, required=True, metavar="DIR", help="Folder for the results.")
@click.option("--example", is_flag=True, help="Build the bundled present-day Earth.")
@reading
@click.option(
    "--resolution",
    metavar="DEG",
    help="Working grid in degrees (default 1), or 'native' to keep the file's own.",
)
@click.option(
    "--ocean-grid",
    default=None,
    metavar="FILE|tripolar",
    help="NEMO coordinates or a grid with corners; 'tripolar' (default) makes one.",
)
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="KIND=FILE",
    help="A file of yours: soil_map (soilcolor, soiltext), biome_map (biome) or atmosphere_grid "
    "(lon, lat).",
)
@click.option("--recipe", type=READABLE, metavar="FILE", help="Parameters and edits of a build.")
@click.option(
    "--set", "words", multiple=True, metavar="STEP.PARAMETER=VALUE", help="Set one parameter."
)
@click.option("--only", multiple=True, metavar="STEP", help="Keep only this step's files.")
@click.option("--until", metavar="STEP", help="Stop after this step.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=lambda: min(4, os.cpu_count() or 1),
    show_default="processors, at most 4",
    help="Steps that may run at once.",
)
@click.option("--format", "file_format", type=click.Choice(["netcdf3", "netcdf4"]), default=None)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def command(
    topography: Path | None,
    out: Path,
    example: bool,
    variable: str | None,
    lon: str | None,
    lat: str | None,
    resolution: str | None,
    ocean_grid: str | None,
    maps: tuple[str, ...],
    recipe: Path | None,
    words: tuple[str, ...],
    only: tuple[str, ...],
    until: str | None,
    jobs: int,
    file_format: str | None,
    as_json: bool,
) -> int:
    """Make every boundary file of IPSL-CM5A2 from a paleotopography.

    All files appear together in DIR, with report.html to look at and recipe.yaml to build the
    same again. Exit status: 0 all good, 1 written with failed checks, 2 nothing written.
    """
    from gondwana.recipes.build import Request, build  # noqa: PLC0415
    from gondwana.recipes.recipe import Recipe, locate, read_recipe  # noqa: PLC0415
    from gondwana.recipes.results import overall  # noqa: PLC0415

    if example and recipe is None:
        recipe = EXAMPLE / "earth_recipe.yaml"
    kept = read_recipe(recipe) if recipe else Recipe()
    mine = own_files(topography, ocean_grid, maps, example=example)
    given_files = {
        kind: locate(wanted, recipe)
        for kind, wanted in kept.given.items()
        if recipe and kind not in mine and not (kind == "ocean_grid_file" and ocean_grid)
    } | mine
    if "source" not in given_files:
        raise click.UsageError("Name a topography, or try --example.")
    told = {"regrid": given(variable=variable, lon=lon, lat=lat, resolution=resolution)}
    request = Request(
        given=given_files,
        parameters=merged(kept.steps, told, settings(words)),
        edits=kept.edits,
        only=only,
        until=until,
        file_format=file_format or kept.format,  # type: ignore[arg-type]
        jobs=jobs,
    )
    with _progress(quiet=as_json) as tell:
        records = build(request, out, tell)
    if as_json:
        _print_json(out)
    else:
        from gondwana.cli.tables import print_build  # noqa: PLC0415

        print_build(out, records)
    return 1 if overall(records) == "fail" else 0


def own_files(
    topography: Path | None, ocean_grid: str | None, maps: tuple[str, ...], *, example: bool
) -> dict[str, Path]:
    """Collect the files named on the command line by their kind."""
    if example and topography is not None:
        raise click.UsageError("Give a topography or --example, not both.")
    files: dict[str, Path] = {}
    for word in maps:
        kind, equals, name = word.partition("=")
        if not equals or kind not in ("soil_map", "biome_map", "atmosphere_grid"):
            raise click.UsageError(
                f"--map {word}: write soil_map=FILE, biome_map=FILE or atmosphere_grid=FILE."
            )
        files[kind] = Path(name)
    if ocean_grid not in (None, "tripolar"):
        files["ocean_grid_file"] = Path(str(ocean_grid))
    if example:
        files["source"] = EXAMPLE / "earth_1deg.nc"
    elif topography is not None:
        files["source"] = topography
    return files


def _print_json(out: Path) -> None:
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    checks = json.loads((out / "checks.json").read_text(encoding="utf-8"))
    click.echo(json.dumps({"folder": str(out), "manifest": manifest, "checks": checks}, indent=1))


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Any]:
    """Show a bar on a terminal's error stream, and nothing elsewhere."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("reading")

        def tell(name: str, done: int, total: int) -> None:
            bar.update(task, description=name, completed=done, total=total)

        yield tell
