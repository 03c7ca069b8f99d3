"""The default sub-basins on today's Earth: each sea with the ocean that it is counted to."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from gondwana.formats.ocean_grids import read_ocean_grid
from gondwana.science.bathymetry import bathymetry
from gondwana.science.ocean_grid import OceanGrid
from gondwana.science.sphere import great_circle
from gondwana.science.sub_basins import SubBasins, sub_basins
from support import shared_file

SEAS = {
    "atlantic": {
        "North Atlantic": (-40, 40), "South Atlantic": (-15, -25), "Weddell Sea": (-40, -68),
        "west of Agulhas": (15, -38), "east of Cape Horn": (-63, -57), "Caribbean": (-75, 15),
        "Gulf of Mexico": (-90, 25), "Mediterranean": (18, 36), "Black Sea": (34, 43),
        "North Sea": (3, 57), "Hudson Bay": (-86, 60), "Baffin Bay": (-65, 72),
        "Norwegian Sea": (0, 68), "North Pole": (0, 89), "Beaufort Sea": (-140, 74),
        "Chukchi Sea": (-170, 69), "Kara Sea": (70, 75), "Gulf of Guinea": (0, 0),
    },
    "pacific": {
        "North Pacific": (-160, 35), "South Pacific": (-120, -30), "Ross Sea": (-175, -73),
        "west of Cape Horn": (-75, -58), "east of Tasmania": (152, -45), "Tasman Sea": (160, -36),
        "Coral Sea": (153, -16), "Bering Sea": (-178, 57), "Sea of Okhotsk": (150, 55),
        "Sea of Japan": (135, 40), "South China Sea": (114, 14), "Philippine Sea": (133, 18),
        "Celebes Sea": (122, 3), "off Peru": (-80, -12), "off Mexico": (-105, 15),
        "off Panama": (-84, 4), "off California": (-125, 34), "off Alaska": (-145, 57),
    },
    "indian": {
        "Indian Ocean": (75, -20), "Arabian Sea": (65, 15), "Bay of Bengal": (88, 15),
        "Red Sea": (38, 20), "Mozambique Channel": (41, -18), "east of Agulhas": (27, -38),
        "Great Australian Bight": (130, -35), "Timor Sea": (126, -11), "south of Java": (110, -11),
        "Kerguelen": (70, -52), "west of Tasmania": (142, -45), "off Enderby Land": (60, -62),
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def orca2() -> OceanGrid:
    return read_ocean_grid(shared_file("grids/orca2_coordinates.nc"))


@pytest.fixture(scope="module")
def today(orca2: OceanGrid, tmp_path_factory: pytest.TempPathFactory) -> SubBasins:
    if shutil.which("cdo") is None:
        if os.environ.get("CI"):
            pytest.fail("cdo is not installed")
        pytest.skip("cdo is not installed")
    path: Path = tmp_path_factory.mktemp("today") / "topo.nc"
    subprocess.run(["cdo", "-s", "-f", "nc", "topo", path], check=True)
    with xr.open_dataset(path) as file:
        elevation = file["topo"].astype("float64").sortby("lat").load()
    depth, _ = bathymetry(elevation, orca2)
    return sub_basins(depth > 0.0, orca2)


@pytest.mark.parametrize("basin", SEAS)
def test_seas_belong_to_their_ocean(basin: str, today: SubBasins, orca2: OceanGrid) -> None:
    codes = today.codes.values
    found = {}
    for name, (lon, lat) in SEAS[basin].items():
        distance = np.where(codes > 0, great_circle(orca2.lon, orca2.lat, lon, lat), np.inf)
        assert distance.min() < 300e3, name
        found[name] = today.names[codes.ravel()[distance.argmin()] - 1]
    assert found == dict.fromkeys(SEAS[basin], basin)


def test_shares_of_the_ocean(today: SubBasins, orca2: OceanGrid) -> None:
    """With adjacent seas 106.6, 181.3 and 74.1 million km² (Menard and Smith 1966)."""
    area = np.where(orca2.owned & (today.codes.values > 0), orca2.area, 0.0)
    share = [float(area[today.codes.values == k].sum() / area.sum()) for k in (1, 2, 3)]
    assert share == pytest.approx([0.294, 0.501, 0.205], abs=0.015)
    assert today.check.status == "pass"


def test_60_ma(topography_60ma: xr.DataArray) -> None:
    grid = read_ocean_grid(shared_file("grids/paleorca2_40Ma_grid.nc"))
    depth, _ = bathymetry(topography_60ma, grid)
    result = sub_basins(depth > 0.0, grid)
    assert np.array_equal(result.codes.values > 0, depth.values > 0.0)
    assert result.check.status == "pass"
