"""``gondwana planet``: a random planet to try things on."""

from __future__ import annotations

from pathlib import Path

import click

from gondwana.cli.options import READABLE


@click.command("planet")
@click.argument("out", type=READABLE, metavar="OUT.nc")
@click.option(
    "--step", type=click.FloatRange(0.02, 10.0), default=1.0, show_default=True,
    help="Size of a cell in degrees.",
)  # fmt: skip
@click.option(
    "--land", type=click.FloatRange(0.01, 0.95), default=0.3, show_default=True,
    help="Fraction of the surface that is land.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Which planet.")
def command(out: Path, step: float, land: float, seed: int) -> int:
    """Make a random planet: fractal terrain, the same for the same seed, at any resolution."""
    from gondwana.formats.writer import write_failure  # noqa: PLC0415
    from gondwana.science.planet import random_planet  # noqa: PLC0415

    planet = random_planet(step, land_fraction=land, seed=seed)
    planet.attrs = {"units": "m", "positive": "up", "long_name": "elevation"}
    planet["lat"].attrs = {"units": "degrees_north"}
    planet["lon"].attrs = {"units": "degrees_east"}
    dataset = planet.rename("topo").to_dataset()
    dataset.attrs = {"title": f"Random planet {seed}", "land_fraction": land}
    part = out.with_name(f".{out.name}.part")
    try:
        part.write_bytes(dataset.to_netcdf(engine="netcdf4", format="NETCDF3_64BIT"))
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise write_failure(error, out) from error
    click.echo(f"wrote {out}: {planet.sizes['lat']} x {planet.sizes['lon']} cells")
    return 0
