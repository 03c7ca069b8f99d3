"""Finding the longitudes and latitudes of a field, in its own file or in another.

Unlike the reader of topographies this never asks: a map that is drawn by rows and columns tells
more than a question.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.errors import InputError
from gondwana.maps.grids import Curvilinear, Grid, Regular

Array = npt.NDArray[np.float64]

LONGEST_AXIS = 100_000
MOST_CENTRES = 30_000_000
"""Values of two-dimensional coordinates that are looked at."""

_NAMES = {
    "longitude": ("lon", "longitude", "nav_lon", "navlon", "glamt", "lons", "long", "x"),
    "latitude": ("lat", "latitude", "nav_lat", "navlat", "gphit", "lats", "y"),
}
_UNITS = {
    "longitude": ("degrees_east", "degree_east", "degrees_e", "degreee", "degreese"),
    "latitude": ("degrees_north", "degree_north", "degrees_n", "degreen", "degreesn"),
}
_STEEPEST = 90.01


@dataclass(frozen=True)
class Places:
    """Longitudes and latitudes of a field.

    Attributes
    ----------
    dims : tuple of str
        Dimensions of the field, rows first.
    lon, lat : ndarray
        Degrees; both over one dimension (a regular grid) or both over two.
    """

    dims: tuple[str, str]
    lon: Array
    lat: Array

    def grid(self, step: int) -> Grid:
        """Return the grid of every so many rows and columns."""
        if self.lon.ndim == 1:
            return Regular(self.lon[::step], self.lat[::step])
        return Curvilinear(self.lon[::step, ::step], self.lat[::step, ::step])


def find_places(
    file: xr.Dataset,
    name: str,
    shape: tuple[int, int] | None = None,
    dims: tuple[str, str] | None = None,
) -> Places | None:
    """Find the places of a variable.

    Parameters
    ----------
    file : Dataset
        Not loaded.
    name : str
        The variable.
    shape, dims : tuple, optional
        Of the field, if the variable is in another file than the coordinates.

    Returns
    -------
    Places or None
        None if there are none that can be used.
    """
    own = dims is None
    lons, lats = (
        [c for c in _candidates(file, name, what) if own or c.shape == shape]
        for what in ("longitude", "latitude")
    )
    for lon, lat in ((lon, lat) for lon in lons for lat in lats):
        places = _regular(file[name], lon, lat) if own else None
        places = places or _curvilinear(lon, lat, file[name].dims if own else dims)
        if places is not None:
            return places
    return None


def _candidates(file: xr.Dataset, name: str, what: str) -> Iterator[xr.DataArray]:
    """Coordinates in order: of the same prefix, declared by units or standard name, by name."""
    prefix, dot, _ = name.rpartition(".")
    own = [f"{prefix}.{what[:3]}"] if dot else []
    named = {str(key).lower(): str(key) for key in file.variables}
    declared = [str(key) for key in file.variables if _is_declared(file[key], what)]
    known = [named[lower] for lower in _NAMES[what] if lower in named]
    for key in dict.fromkeys([*own, *known, *declared]):
        if key in file.variables and file[key].dtype.kind in "iuf" and file[key].ndim > 0:
            yield file[key]


def _is_declared(variable: xr.DataArray, what: str) -> bool:
    unit = str(variable.attrs.get("units", "")).lower()
    return unit in _UNITS[what] or str(variable.attrs.get("standard_name", "")) == what


def _regular(variable: xr.DataArray, lon: xr.DataArray, lat: xr.DataArray) -> Places | None:
    """Coordinates along one dimension each, both of them dimensions of the variable."""
    if lon.ndim != 1 or lat.ndim != 1 or lon.dims == lat.dims:
        return None
    dims = (str(lat.dims[0]), str(lon.dims[0]))
    if not set(dims) <= {str(dim) for dim in variable.dims}:
        return None
    if max(lon.size, lat.size) > LONGEST_AXIS:
        return None
    return _if_regular(dims, _degrees(lon), _degrees(lat))


def _curvilinear(
    lon: xr.DataArray, lat: xr.DataArray, dims: tuple[object, ...] | None
) -> Places | None:
    """Coordinates over two dimensions, which may yet turn out to be regular."""
    lon, lat = lon.squeeze(), lat.squeeze()
    if lon.ndim != 2 or lat.dims != lon.dims or lon.shape != lat.shape or dims is None:
        return None
    if min(lon.shape) < 2 or lon.size > MOST_CENTRES:
        return None
    own = set(lon.dims) <= set(dims)
    over = lon.dims if own else dims
    rows, columns = str(over[0]), str(over[1])
    x, y = _degrees(lon), _degrees(lat)
    if np.allclose(x, x[:1], atol=1e-4) and np.allclose(y, y[:, :1], atol=1e-4):
        return _if_regular((rows, columns), x[0], y[:, 0])
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any() or np.ptp(x[known]) == 0 or np.ptp(y[known]) == 0:
        return None
    if np.abs(y[known]).max() > _STEEPEST or np.abs(x[known]).max() > 1080:
        return None
    return Places((rows, columns), x, y)


def _if_regular(dims: tuple[str, str], lon: Array, lat: Array) -> Places | None:
    if min(lon.size, lat.size) < 2 or not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        return None
    if np.abs(lat).max() > _STEEPEST or np.abs(lon).max() > 1080:
        return None
    try:
        Regular(lon, lat)
    except InputError:
        return None
    return Places(dims, lon, lat)


def _degrees(variable: xr.DataArray) -> Array:
    values = np.asarray(variable.values, dtype=np.float64)
    return np.rad2deg(values) if str(variable.attrs.get("units", "")).startswith("rad") else values
