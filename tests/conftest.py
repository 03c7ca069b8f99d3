"""Fixtures of all tests."""

import sys
from pathlib import Path

import pytest
import xarray as xr
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

from private_postgres import (  # noqa: F401
    database,
    empty_url,
    new_database_url,
    newest_sqlite,
    postgres,
)
from private_rabbitmq import rabbitmq  # noqa: F401
from support import shared_file

# kernels are compiled on first use, which no deadline should mistake for a slow test
settings.register_profile("gondwana", deadline=None, print_blob=True)
settings.load_profile("gondwana")


@pytest.fixture(scope="session")
def topography_60ma() -> xr.DataArray:
    """Return the 60 Ma topography as the canonical array: south first, metres, float64."""
    with xr.open_dataset(shared_file("topography_60Ma_1deg.nc")) as file:
        values = file["topo"].astype("float64").load()
    lat, lon = values.dims
    return values.rename({lat: "lat", lon: "lon"}).rename("topography").drop_attrs()
