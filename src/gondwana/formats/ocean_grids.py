"""The one reader of ocean grids: NEMO coordinates, CF cells with bounds, and SCRIP grid files.

Sizes, names and the layout of the corners are read from the file. What a grid means is in
``science.ocean_grid``.
"""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path

import numpy as np
import xarray as xr

from gondwana.errors import GondwanaError, InputError
from gondwana.formats.netcdf import open_netcdf
from gondwana.science.ocean_grid import OceanGrid
from gondwana.science.sphere import Array

_LATITUDE_NAMES = ("lat", "latitude", "nav_lat", "gphit", "tlat", "plat", "geolat")
_LONGITUDE_NAMES = ("lon", "longitude", "nav_lon", "glamt", "tlon", "tlong", "plon", "geolon")
_BOUNDS_PATTERNS = (
    "{}_bnds", "{}_bounds", "bounds_{}", "{}_vertices", "{}_corners", "corner_{}", "{}_corner",
)  # fmt: skip
_AREA_NAMES = ("area", "cell_area", "areacello", "areat")
_SQUARE_METRES = {"", "m2", "m^2", "m**2", "m 2"}

Cells = tuple[Array, Array, Array, Array, Array | None]
"""Longitudes, latitudes, those of the corners, and areas."""


def read_ocean_grid(path: Path) -> OceanGrid:
    """Read an ocean grid.

    Parameters
    ----------
    path : Path
        A NetCDF file with one of: NEMO coordinates (``glamt`` .. ``gphif``, scale factors
        optional); two-dimensional latitudes and longitudes with bounds, found by their CF
        ``bounds`` attributes or by name, with four corners as (4, y, x), (y, x, 4) or
        (2, 2, y, x), missing at most in the first row and column; a SCRIP grid file.
        Degrees or radians. A variable of cell areas in m² is used where there is one.

    Returns
    -------
    OceanGrid

    Raises
    ------
    InputError
        Not NetCDF, no corners, values not finite, or shapes that do not fit.
    """
    dataset = open_netcdf(path)
    try:
        if "glamf" in dataset.variables:
            return OceanGrid.from_coordinates(dataset)
        return OceanGrid.from_cells(*read_cells(dataset))
    except GondwanaError as error:
        raise error.at(str(path)) from None


def read_cell_areas(path: Path) -> Array:
    """Read the areas that a file of an ocean grid declares for its cells.

    Parameters
    ----------
    path : Path

    Returns
    -------
    ndarray, (ny, nx)
        Square metres.

    Raises
    ------
    InputError
        Not NetCDF, no such grid, or no areas in m² on it.
    """
    dataset = open_netcdf(path)
    area = None
    try:
        if "glamf" not in dataset.variables:
            area = read_cells(dataset)[-1]
        if area is None:
            raise InputError(
                "declares no areas of its cells in m²",
                remedy="set ocean_area to polygon or model",
            )
    except GondwanaError as error:
        raise error.at(str(path)) from None
    return area


def read_cells(dataset: xr.Dataset) -> Cells:
    """Read cells as a file has them.

    Parameters
    ----------
    dataset : Dataset
        Of a file with bounds or a SCRIP grid file, as of `read_ocean_grid`.

    Returns
    -------
    lon, lat : ndarray, (ny, nx)
    corner_lon, corner_lat : ndarray, (ny, nx, 4)
        Degrees; NaN where the file has none.
    area : ndarray, (ny, nx), or None
        Square metres, if the file declares areas.

    Raises
    ------
    InputError
        No corners, or shapes that do not fit.
    """
    if "grid_corner_lat" in dataset.variables:
        return _from_scrip(dataset)
    return _from_cf(dataset)


def _from_cf(dataset: xr.Dataset) -> Cells:
    lat = _centres(dataset, "latitude", "degrees_north", _LATITUDE_NAMES)
    lon = _centres(dataset, "longitude", "degrees_east", _LONGITUDE_NAMES)
    if set(lat.dims) != set(lon.dims):
        raise InputError(
            f"'{lon.name}' and '{lat.name}' do not lie on the same dimensions",
            remedy="keep the coordinates of one grid only",
        )
    corner_lat = _corners(dataset, lat, _LATITUDE_NAMES)
    corner_lon = _corners(dataset, lon.transpose(*lat.dims), _LONGITUDE_NAMES)
    lon = lon.transpose(*lat.dims)
    return _degrees(lon), _degrees(lat), corner_lon, corner_lat, _areas(dataset, lat)


def _centres(
    dataset: xr.Dataset, standard_name: str, units: str, names: tuple[str, ...]
) -> xr.DataArray:
    """Find the two-dimensional coordinate, first the ones that declare bounds."""
    maps = {
        name: dataset[name].squeeze(drop=True)
        for name in dataset.variables
        if np.issubdtype(dataset[name].dtype, np.number)
        and dataset[name].squeeze(drop=True).ndim == 2
        and (
            str(name).lower() in names
            or dataset[name].attrs.get("standard_name") == standard_name
            or dataset[name].attrs.get("units") == units
        )
    }
    declared_corners = {str(dataset[name].attrs.get("bounds", "")) for name in dataset.variables}
    found = [variable for name, variable in maps.items() if name not in declared_corners]
    if not found:
        raise InputError(
            f"has no {standard_name} over two dimensions",
            remedy="give NEMO coordinates or a curvilinear grid "
            "(`cdo setgridtype,curvilinear` makes one of a regular grid)",
        )
    return min(found, key=lambda variable: _bounds_name(dataset, variable, names) is None)


def _bounds_name(
    dataset: xr.Dataset, centres: xr.DataArray, names: tuple[str, ...]
) -> Hashable | None:
    declared = centres.attrs.get("bounds")
    if declared in dataset.variables:
        return str(declared)
    lower = {str(name).lower(): name for name in dataset.variables}
    for name in (str(centres.name).lower(), *names):
        for pattern in _BOUNDS_PATTERNS:
            if pattern.format(name) in lower:
                return lower[pattern.format(name)]
    return None


def _corners(dataset: xr.Dataset, centres: xr.DataArray, names: tuple[str, ...]) -> Array:
    """Corners in degrees, (ny, nx, 4); (2, 2) is walked [0, 0], [0, 1], [1, 1], [1, 0]."""
    name = _bounds_name(dataset, centres, names)
    if name is None:
        raise InputError(
            f"is a grid without corners: '{centres.name}' has no bounds",
            remedy="give a file with glamf and gphif, or with the bounds of the cells",
        )
    variable = dataset[name].squeeze(drop=True)
    others = [dim for dim in variable.dims if dim not in centres.dims]
    sizes = [variable.sizes[dim] for dim in others]
    if not set(centres.dims) <= set(variable.dims) or sizes not in ([4], [2, 2]):
        raise InputError(
            f"the corners '{name}' have shape {variable.shape} for cells {centres.shape}",
            remedy="give four corners for each cell: (y, x, 4), (4, y, x) or (2, 2, y, x)",
        )
    values = _degrees(variable.transpose(*centres.dims, *others), like=centres)
    if len(others) == 1:
        return values
    return np.stack([values[..., j, i] for j, i in ((0, 0), (0, 1), (1, 1), (1, 0))], axis=-1)


def _areas(dataset: xr.Dataset, centres: xr.DataArray) -> Array | None:
    for name in dataset.variables:
        variable = dataset[name].squeeze(drop=True)
        named = str(name).lower() in _AREA_NAMES
        if (named or variable.attrs.get("standard_name") == "cell_area") and (
            set(variable.dims) == set(centres.dims)
            and str(variable.attrs.get("units", "")) in _SQUARE_METRES
        ):
            return np.asarray(variable.transpose(*centres.dims).values, dtype=np.float64)
    return None


def _from_scrip(dataset: xr.Dataset) -> Cells:
    names = ("grid_dims", "grid_center_lat", "grid_center_lon", "grid_corner_lon")
    for name in names:
        if name not in dataset.variables:
            raise InputError(f"is a SCRIP grid without '{name}'", remedy="write the grid again")
    sizes = np.asarray(dataset["grid_dims"].values).astype(np.int64).ravel()
    centres = {dataset[f"grid_center_{axis}"].shape for axis in ("lon", "lat")}
    corners = {dataset[f"grid_corner_{axis}"].shape for axis in ("lon", "lat")}
    cells = int(np.prod(sizes))
    if sizes.size != 2 or centres != {(cells,)} or corners != {(cells, 4)}:
        raise InputError(
            f"is a SCRIP grid with grid_dims {sizes}, centres {centres} and corners {corners}",
            remedy="give a grid over two dimensions whose cells have four corners",
        )
    nx, ny = (int(size) for size in sizes)
    lon, lat = (_degrees(dataset[f"grid_center_{axis}"]).reshape(ny, nx) for axis in ("lon", "lat"))
    corner_lon, corner_lat = (
        _degrees(dataset[f"grid_corner_{axis}"]).reshape(ny, nx, 4) for axis in ("lon", "lat")
    )
    return lon, lat, corner_lon, corner_lat, None


def _degrees(variable: xr.DataArray, like: xr.DataArray | None = None) -> Array:
    """Values in degrees; bounds without units have those of their centres, as CF has it."""
    attrs = variable.attrs if like is None or "units" in variable.attrs else like.attrs
    values = np.asarray(variable.values, dtype=np.float64)
    return np.rad2deg(values) if str(attrs.get("units", "")).startswith("rad") else values
