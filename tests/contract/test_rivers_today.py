"""Rivers of the present-day Earth, against where the real ones reach the sea."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from gondwana.cli.build import EXAMPLE
from gondwana.recipes.build import Request, build
from gondwana.recipes.recipe import read_recipe
from gondwana.science.flow import Flow, analyse
from gondwana.science.sphere import great_circle

# degrees east and north; the Ob where its gulf, which is narrower than a cell, meets the Kara Sea
MOUTHS = {
    "Amazon": (-50.0, 0.0),
    "Congo": (12.4, -6.0),
    "Mississippi": (-89.3, 29.2),
    "Nile": (31.0, 31.5),
    "Lena": (127.0, 72.5),
    "Ob": (73.5, 72.5),
    "Paraná": (-58.4, -34.3),
    "Ganges": (89.0, 22.0),
}
LARGEST = 25


@pytest.fixture(scope="module")
def rivers(tmp_path_factory: pytest.TempPathFactory) -> tuple[xr.DataArray, Flow]:
    """Build the bundled Earth with its edits, and analyse it once more."""
    out = tmp_path_factory.mktemp("earth") / "out"
    recipe = read_recipe(EXAMPLE / "earth_recipe.yaml")
    request = Request(
        given={"source": EXAMPLE / "earth_1deg.nc"},
        parameters=recipe.steps,
        edits=recipe.edits,
        only=("internal_oceans",),
    )
    build(request, out)
    with xr.open_dataset(Path(out) / "topography.nc") as file:
        topography = file["topography"].load()
    endorheic = [tuple(point) for point in recipe.steps["routing"]["endorheic"]]
    return topography, analyse(topography, endorheic=endorheic)


@pytest.mark.parametrize("river", MOUTHS)
def test_a_great_river_ends_where_it_does(rivers: tuple[xr.DataArray, Flow], river: str) -> None:
    topography, flow = rivers
    rows, columns = np.unravel_index(flow.outlets[:LARGEST], flow.basins.shape)
    lon, lat = topography["lon"].values[columns], topography["lat"].values[rows]
    degrees = great_circle(lon, lat, *MOUTHS[river], radius=float(np.rad2deg(1.0)))
    nearest = int(np.argmin(degrees))
    assert degrees[nearest] <= 3.0, f"the nearest mouth lies {degrees[nearest]:.1f}° away"
    assert flow.areas[nearest] > 1e6


def test_the_caspian_keeps_its_water(rivers: tuple[xr.DataArray, Flow]) -> None:
    topography, flow = rivers
    volga = flow.basins[
        int(np.argmin(np.abs(topography["lat"].values - 55.0))),
        int(np.argmin(np.abs(topography["lon"].values - 49.0))),
    ]
    assert flow.trip.flat[flow.outlets[volga - 1]] == 97
