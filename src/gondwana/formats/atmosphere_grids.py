"""The one reader of grids of the atmosphere: axes of longitudes and latitudes, or cells.

A file may be of any shape, so the number of points is bounded before anything is made of them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr

from gondwana.errors import GondwanaError, InputError
from gondwana.formats.netcdf import open_netcdf
from gondwana.formats.ocean_grids import read_cells
from gondwana.science.coupling import Points, curvilinear_points, regular_points, upside_down
from gondwana.science.grid_cells import polygon_areas
from gondwana.science.ocean_grid import OceanGrid
from gondwana.science.sphere import Array

MOST_POINTS = 5_000_000
"""More points than this are no grid of an atmosphere."""

_NAMES = {"lon": ("lon", "longitude", "nav_lon"), "lat": ("lat", "latitude", "nav_lat")}
_UNITS = {"lon": "degrees_east", "lat": "degrees_north"}
_SAME = 1e-9  # degrees within which corners lie on one meridian or parallel
_APART = 1e-3  # of a cell, by which its bounds may miss those of its neighbour


def read_atmosphere_grid(path: Path, name: str = "tlmd") -> Points:
    """Read the grid of an atmosphere.

    Parameters
    ----------
    path : Path
        A NetCDF file with one-dimensional longitudes and latitudes, whose cells lie between
        meridians and parallels (CF bounds are used where there are any). They may also be
        repeated over two dimensions. Other longitudes and latitudes over two dimensions need
        corners (see `ocean_grids`), between which edges are great circles. Degrees or radians,
        rows either way.
    name : str
        By which the coupler knows the grid.

    Returns
    -------
    Points
        In the order of the file.

    Raises
    ------
    InputError
        Not NetCDF, no corners, axes that do not ascend around the globe once at most, bounds
        with gaps or overlaps, or more points than an atmosphere has.
    """
    dataset = open_netcdf(path)
    try:
        axes = _axes(dataset, dims=1) or _repeated(dataset)
        if axes is None:
            return _cells(dataset, name)
        lon, lat = axes
        centres = _values(lon), _values(lat)
        _check_size(centres[0].size * centres[1].size)
        return regular_points(
            *centres,
            _edges(dataset, lon, centres[0], around=True),
            _edges(dataset, lat, centres[1]),
            name=name,
        )
    except GondwanaError as error:
        raise error.at(str(path)) from None


def _axes(dataset: xr.Dataset, dims: int) -> tuple[xr.DataArray, xr.DataArray] | None:
    """Longitudes and latitudes over so many dimensions."""
    found = []
    for which in ("lon", "lat"):
        names = [n for n in dataset.variables if str(n).lower() in _NAMES[which]]
        names += [n for n in dataset.variables if dataset[n].attrs.get("units") == _UNITS[which]]
        fit = [n for n in names if dataset[n].ndim == dims and min(dataset[n].shape) > 1]
        if not fit:
            return None
        found.append(dataset[fit[0]])
    return found[0], found[1]


def _repeated(dataset: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray] | None:
    """Axes that are written out over two dimensions; None of other cells, or with corners."""
    maps = None if "glamf" in dataset.variables else _axes(dataset, dims=2)
    if maps is None or maps[0].dims != maps[1].dims or any("bounds" in m.attrs for m in maps):
        return None
    lon, lat = (m.values for m in maps)
    if not (np.all(lon == lon[:1]) and np.all(lat == lat[:, :1])):
        return None
    return maps[0][0], maps[1][:, 0]


def _cells(dataset: xr.Dataset, name: str) -> Points:
    """Cells with corners; rows from north to south are turned for reading, and turned back."""
    if "glamf" in dataset.variables:
        return curvilinear_points(OceanGrid.from_coordinates(dataset), name)
    lon, lat, corner_lon, corner_lat, _ = read_cells(dataset)
    _check_size(lon.size)
    bounds = _bounds_of_axes(lon, lat, corner_lon, corner_lat)
    if bounds is not None:
        edges = _joined(bounds[0], lon[0], "corners"), _joined(bounds[1], lat[:, 0], "corners")
        clockwise = int(np.count_nonzero(polygon_areas(corner_lon, corner_lat) < 0.0))
        return replace(regular_points(lon[0], lat[:, 0], *edges, name=name), turned=clockwise)
    if not np.median(np.diff(lat, axis=0)) < 0.0:
        return curvilinear_points(OceanGrid.from_cells(lon, lat, corner_lon, corner_lat), name)
    turned = (values[::-1] for values in (lon, lat, corner_lon, corner_lat))
    return upside_down(curvilinear_points(OceanGrid.from_cells(*turned), name))


def _bounds_of_axes(
    lon: Array, lat: Array, corner_lon: Array, corner_lat: Array
) -> tuple[Array, Array] | None:
    """Bounds (nx, 2) and (ny, 2) of cells between meridians and parallels; None of others."""
    ahead = np.diff(lon[0])
    if not (np.all(lon == lon[:1]) and np.all(lat == lat[:, :1]) and np.all(ahead > 0.0)):
        return None
    if lon[0, -1] - lon[0, 0] >= 360.0:
        return None
    x = _about(corner_lon, lon[..., None])
    x, y = np.sort(x, axis=-1)[..., ::3], np.sort(corner_lat, axis=-1)[..., ::3]
    sides = np.abs(_about(corner_lon, lon[..., None])[..., None] - x[..., None, :]).min(axis=-1)
    heights = np.abs(corner_lat[..., None] - y[..., None, :]).min(axis=-1)
    off = max(np.abs(x - x[:1]).max(), np.abs(y - y[:, :1]).max(), sides.max(), heights.max())
    return (x[0], y[:, 0]) if off <= _SAME else None


def _about(lon: Array, centres: Array) -> Array:
    """Longitudes within half a turn of centres; some files write 0 to 360 whatever the centre."""
    about: Array = lon - 360.0 * np.round((lon - centres) / 360.0)
    return about


def _check_size(points: int) -> None:
    if points > MOST_POINTS:
        raise InputError(
            f"holds {points} points, more than {MOST_POINTS}",
            remedy="give the grid of an atmosphere",
        )


def _values(axis: xr.DataArray) -> Array:
    values = _degrees(axis, axis)
    if not np.all(np.isfinite(values)):
        raise InputError(f"values of '{axis.name}' are missing", remedy="give complete coordinates")
    return values


def _degrees(variable: xr.DataArray, axis: xr.DataArray) -> Array:
    """Values in degrees; bounds without units have those of their axis, as CF has it."""
    values = np.asarray(variable.values, dtype=np.float64)
    units = str(variable.attrs.get("units", axis.attrs.get("units", "")))
    return np.rad2deg(values) if units.startswith("rad") else values


def _edges(
    dataset: xr.Dataset, axis: xr.DataArray, centres: Array, *, around: bool = False
) -> Array | None:
    """Edges from CF bounds, in the order of the centres; None without them."""
    name = axis.attrs.get("bounds")
    if name not in dataset.variables:
        return None
    bounds = _degrees(dataset[str(name)], axis)
    if bounds.shape != (axis.size, 2):
        raise InputError(
            f"the bounds '{name}' have shape {bounds.shape} for {axis.size} values",
            remedy="give two bounds for each value, or none",
        )
    return _joined(_about(bounds, centres[:, None]) if around else bounds, centres, str(name))


def _joined(bounds: Array, centres: Array, name: str) -> Array:
    """Edges from the two bounds of each cell, which neighbours share."""
    low, high = bounds.min(axis=1), bounds.max(axis=1)
    if centres[0] > centres[-1]:
        low, high = low[::-1], high[::-1]
    off, cell = low[1:] - high[:-1], float(np.median(high - low))
    if not np.all(np.abs(off) <= _APART * cell):
        raise InputError(
            f"the bounds of cells, '{name}', leave gaps between them, or overlap",
            remedy="give bounds that neighbours share, or none",
        )
    edges = np.append(low, high[-1])
    if abs(edges[-1] - edges[0] - 360.0) <= _APART * cell:
        edges[-1] = edges[0] + 360.0  # single precision does not close the circle
    return edges[::-1] if centres[0] > centres[-1] else edges
