"""``gondwana grid``: a tripolar grid for a topography, and maps of it."""

from __future__ import annotations

from pathlib import Path

import click

from gondwana.cli.options import READABLE, given, merged, reading, settings


@click.command("grid")
@click.argument("topography", type=READABLE, metavar="TOPO.nc")
@click.option("--out", type=READABLE, required=True, metavar="DIR", help="Folder for the results.")
@reading
@click.option("--resolution", type=float, help="Width of a cell at the equator (default 2).")
@click.option("--pole-latitude", type=float, help="Of the northern poles; found if left out.")
@click.option("--pole-longitude", type=float, help="Of one northern pole; found if left out.")
@click.option("--southern-limit", type=float, help="Where the grid begins (default -78).")
@click.option("--equatorial-spacing", type=float, help="Height of a cell at the equator.")
@click.option(
    "--set", "words", multiple=True, metavar="STEP.PARAMETER=VALUE", help="Set one parameter."
)
def command(
    topography: Path,
    out: Path,
    variable: str | None,
    lon: str | None,
    lat: str | None,
    words: tuple[str, ...],
    **chosen: float | None,
) -> int:
    """Make a tripolar ocean grid whose poles lie on land, and see the ocean on it.

    Writes coordinates.nc, the mended topography and the bathymetry on the grid, with maps of them
    in report.html.
    """
    from gondwana.cli.tables import print_build  # noqa: PLC0415
    from gondwana.recipes.build import Request, build  # noqa: PLC0415
    from gondwana.recipes.results import overall  # noqa: PLC0415

    told = {"regrid": given(variable=variable, lon=lon, lat=lat), "ocean_grid": given(**chosen)}
    request = Request(
        given={"source": topography},
        parameters=merged(told, settings(words)),
        only=("internal_oceans", "ocean_grid", "passage_problems"),
    )
    records = build(request, out)
    print_build(out, records)
    return 1 if overall(records) == "fail" else 0
