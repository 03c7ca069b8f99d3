"""The one reader of grids of the atmosphere: axes of longitudes and latitudes, or cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from gondwana.errors import GondwanaError, InputError
from gondwana.formats.netcdf import open_netcdf
from gondwana.formats.ocean_grids import read_ocean_grid
from gondwana.science.coupling import Points, curvilinear_points, regular_points
from gondwana.science.sphere import Array

_AXES = {"lon": ("lon", "longitude", "x"), "lat": ("lat", "latitude", "y")}
_UNITS = {"lon": "degrees_east", "lat": "degrees_north"}


def read_atmosphere_grid(path: Path, name: str = "tlmd") -> Points:
    """Read the grid of an atmosphere.

    Parameters
    ----------
    path : Path
        A NetCDF file with one-dimensional longitudes and latitudes, whose cells lie between
        meridians and parallels (CF bounds are used where there are any); or with
        two-dimensional ones and corners (see `ocean_grids`), whose edges are great circles.
    name : str
        By which the coupler knows the grid.

    Returns
    -------
    Points

    Raises
    ------
    InputError
        Not NetCDF, no corners, or axes that do not ascend around the globe once at most.
    """
    dataset = open_netcdf(path)
    try:
        lon, lat = _axis(dataset, "lon"), _axis(dataset, "lat")
        if lon is None or lat is None:
            return curvilinear_points(read_ocean_grid(path), name)
        return regular_points(
            _values(lon), _values(lat), _edges(dataset, lon), _edges(dataset, lat), name=name
        )
    except GondwanaError as error:
        raise error.at(str(path)) from None


def _axis(dataset: xr.Dataset, which: str) -> xr.DataArray | None:
    for name in dataset.variables:
        variable = dataset[name]
        named = str(name).lower() in _AXES[which] or variable.attrs.get("units") == _UNITS[which]
        if named and variable.ndim == 1 and variable.size > 1:
            return variable
    return None


def _values(axis: xr.DataArray) -> Array:
    values = np.asarray(axis.values, dtype=np.float64)
    if not np.all(np.isfinite(values)):
        raise InputError(f"values of '{axis.name}' are missing", remedy="give complete coordinates")
    return values


def _edges(dataset: xr.Dataset, axis: xr.DataArray) -> Array | None:
    """Edges from CF bounds, in the order of the centres; None without them."""
    name = axis.attrs.get("bounds")
    if name not in dataset.variables:
        return None
    bounds = np.asarray(dataset[str(name)].values, dtype=np.float64)
    if bounds.shape != (axis.size, 2):
        raise InputError(
            f"the bounds '{name}' have shape {bounds.shape} for {axis.size} values",
            remedy="give two bounds for each value, or none",
        )
    low, high = bounds.min(axis=1), bounds.max(axis=1)
    if axis.values[0] > axis.values[-1]:
        return np.append(high, low[-1])
    return np.append(low, high[-1])
