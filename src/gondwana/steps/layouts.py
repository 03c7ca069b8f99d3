"""How fields are arranged in the files: north first with 2-D coordinates, or on the ocean grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.science.ocean_grid import OceanGrid

Variable = tuple[tuple[str, ...], npt.NDArray[Any], dict[str, Any]]

_LON = {"units": "degrees_east", "standard_name": "longitude", "long_name": "longitude"}
_LAT = {"units": "degrees_north", "standard_name": "latitude", "long_name": "latitude"}


def with_axis_attributes(dataset: xr.Dataset) -> xr.Dataset:
    """Say what ``lat`` and ``lon`` are, after CF."""
    return dataset.assign_coords(
        lat=("lat", dataset["lat"].values, _LAT), lon=("lon", dataset["lon"].values, _LON)
    )


def north_first(
    data: Mapping[str, Variable], lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64]
) -> xr.Dataset:
    """Arrange fields of a longitude-latitude grid as ORCHIDEE reads them.

    Parameters
    ----------
    data : mapping
        Fields on (y, x), south first, with their attributes.
    lat, lon : ndarray
        Centres of rows (ascending) and columns, degrees.

    Returns
    -------
    Dataset
        float32, north first, with nav_lon and nav_lat on (y, x).
    """
    nav_lon, nav_lat = np.meshgrid(lon, lat)
    fields: dict[str, Variable] = {
        "nav_lon": (("y", "x"), nav_lon, _LON),
        "nav_lat": (("y", "x"), nav_lat, _LAT),
        **data,
    }
    return xr.Dataset(
        {
            name: (dims, np.ascontiguousarray(values[::-1], dtype=np.float32), attrs)
            for name, (dims, values, attrs) in fields.items()
        }
    )


def on_ocean_grid(
    data: Mapping[str, Variable], grid: OceanGrid, names: tuple[str, str] = ("nav_lon", "nav_lat")
) -> xr.Dataset:
    """Arrange fields of the ocean grid as NEMO reads them.

    Parameters
    ----------
    data : mapping
        Fields on (y, x) or (time_counter, y, x), with their attributes.
    grid : OceanGrid
    names : tuple of str
        Names of the longitudes and latitudes.

    Returns
    -------
    Dataset
        float32, with longitudes and latitudes of the T points on (y, x).
    """
    fields: dict[str, Variable] = {
        names[0]: (("y", "x"), grid.lon, _LON),
        names[1]: (("y", "x"), grid.lat, _LAT),
        **data,
    }
    return xr.Dataset(
        {
            name: (dims, values.astype(np.float32), attrs)
            for name, (dims, values, attrs) in fields.items()
        }
    )
