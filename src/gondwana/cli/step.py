"""``gondwana step``: run one step on given files."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from gondwana.cli.options import READABLE, settings


@click.command("step")
@click.argument("name")
@click.argument("files", nargs=-1, type=READABLE, metavar="FILE…")
@click.option("--out", type=READABLE, required=True, metavar="DIR", help="Folder for the results.")
@click.option("--set", "words", multiple=True, metavar="PARAMETER=VALUE", help="Set a parameter.")
@click.option("--recipe", type=READABLE, metavar="FILE", help="Its parameters and edits.")
@click.option(
    "--format", "file_format", type=click.Choice(["netcdf3", "netcdf4"]), default="netcdf3"
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def command(
    name: str,
    files: tuple[Path, ...],
    out: Path,
    words: tuple[str, ...],
    recipe: Path | None,
    file_format: str,
    as_json: bool,
) -> int:
    """Run one step on FILES, given in the order in which `gondwana steps NAME` lists its needs."""
    from rich.console import Console  # noqa: PLC0415

    from gondwana.cli.tables import print_checks  # noqa: PLC0415
    from gondwana.recipes.recipe import Recipe, read_recipe  # noqa: PLC0415
    from gondwana.recipes.results import overall, write_checks, write_manifest  # noqa: PLC0415
    from gondwana.recipes.staging import MANIFEST, staged  # noqa: PLC0415
    from gondwana.steps.execute import StoredFile, execute, validated  # noqa: PLC0415
    from gondwana.steps.registry import step_named  # noqa: PLC0415

    step = step_named(name)
    wanted = (*step.inputs, *step.optional_inputs)
    if not len(step.inputs) <= len(files) <= len(wanted):
        raise click.UsageError(f"The step {name} takes these files: {', '.join(wanted)}.")
    kept = read_recipe(recipe) if recipe else Recipe()
    if kept.edits.get(name) and not step.interactive:
        raise click.UsageError(f"The step {name} takes no edits, but the recipe has some for it.")
    qualified = [word if word.startswith(f"{name}.") else f"{name}.{word}" for word in words]
    values = {**kept.steps.get(name, {}), **settings(qualified).get(name, {})}
    parameters = validated(step, values)
    inputs = {kind: StoredFile.of(kind, path) for kind, path in zip(wanted, files, strict=False)}
    created = datetime.now(UTC).replace(microsecond=0)
    with staged(out, files) as folder:
        record = execute(
            step,
            inputs,
            parameters,
            folder,
            created=created,
            edits=kept.edits.get(name, ()),
            file_format=file_format,  # type: ignore[arg-type]
        )
        write_checks([record], folder / "checks.json")
        write_manifest([record], inputs, step.outputs, created, folder / MANIFEST)
    if as_json:
        click.echo(json.dumps(json.loads((out / "checks.json").read_text("utf-8")), indent=1))
    else:
        console = Console()
        print_checks(record.checks, console, rows=False)
        for stored in record.outputs.values():
            console.print(f"wrote {out / stored.path.name}", highlight=False, markup=False)
    return 1 if overall([record]) == "fail" else 0
