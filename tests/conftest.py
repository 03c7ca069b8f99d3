"""Fixtures of all tests."""

import sys
from pathlib import Path

import pytest
import xarray as xr

sys.path.insert(0, str(Path(__file__).parent))

from support import shared_file


@pytest.fixture(scope="session")
def topography_60ma() -> xr.DataArray:
    """The 60 Ma topography as the canonical array: south first, metres, float64."""
    with xr.open_dataset(shared_file("topography_60Ma_1deg.nc")) as file:
        values = file["topo"].astype("float64").load()
    lat, lon = values.dims
    return values.rename({lat: "lat", lon: "lon"}).rename("topography").drop_attrs()
