"""``gondwana grid``: a tripolar grid for a topography, and a map of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from gondwana.cli.options import READABLE, reading


@click.command("grid")
@click.argument("topography", type=READABLE, metavar="TOPO.nc")
@click.option("--out", type=READABLE, required=True, metavar="DIR", help="Folder for the results.")
@reading
@click.option("--resolution", type=float, help="Width of a cell at the equator (default 2).")
@click.option("--pole-latitude", type=float, help="Of the northern poles; found if left out.")
@click.option("--pole-longitude", type=float, help="Of one northern pole; found if left out.")
@click.option("--southern-limit", type=float, help="Where the grid begins (default -78).")
@click.option("--equatorial-spacing", type=float, help="Height of a cell at the equator.")
def command(
    topography: Path,
    out: Path,
    variable: str | None,
    lon: str | None,
    lat: str | None,
    **chosen: float | None,
) -> int:
    """Make a tripolar ocean grid with its poles on land: coordinates.nc, and grid.png to look at.

    The topography is used as it is: mend it first with `gondwana build --until internal_oceans`.
    """
    from rich.console import Console  # noqa: PLC0415

    from gondwana.cli.options import given  # noqa: PLC0415
    from gondwana.cli.tables import print_checks  # noqa: PLC0415
    from gondwana.formats.netcdf import open_netcdf  # noqa: PLC0415
    from gondwana.recipes.results import overall, write_manifest  # noqa: PLC0415
    from gondwana.recipes.staging import MANIFEST, staged  # noqa: PLC0415
    from gondwana.reports.grid_map import write_grid_map  # noqa: PLC0415
    from gondwana.steps import ocean_grid, regrid  # noqa: PLC0415
    from gondwana.steps.execute import StoredFile, execute, validated  # noqa: PLC0415

    created = datetime.now(UTC).replace(microsecond=0)
    reads = validated(regrid.STEP, given(variable=variable, lon=lon, lat=lat))
    makes = validated(ocean_grid.STEP, given(**chosen))
    source = StoredFile.of("source", topography)
    with staged(out) as folder:
        read = execute(regrid.STEP, {"source": source}, reads, folder, created=created)
        regridded = read.outputs["regridded"]
        inputs = {"topography": StoredFile("topography", regridded.path, regridded.sha256)}
        record = execute(ocean_grid.STEP, inputs, makes, folder, created=created)
        made = open_netcdf(folder / "coordinates.nc")
        write_grid_map(made, open_netcdf(regridded.path)["topography"], folder / "grid.png")
        regridded.path.unlink()
        write_manifest(
            [record], {"source": source}, record.step.outputs, created, folder / MANIFEST
        )
    console = Console()
    print_checks(record.checks, console, rows=False)
    for note in record.notes:
        console.print(note, highlight=False, markup=False)
    console.print(f"wrote {out / 'coordinates.nc'} and {out / 'grid.png'}", highlight=False)
    return 1 if overall([record]) == "fail" else 0
