"""Regular axes, and regridding between longitude-latitude grids.

Sizes come from steps that fit the globe; nearest, bilinear and first-order conservative
regridding are periodic across the date line and defined up to the poles. Grids that are not
longitude-latitude (ocean grids) are not served here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.errors import InputError, ParameterError
from gondwana.science import axis_weights
from gondwana.science.axis_weights import AxisWeights, Float, Index
from gondwana.science.kernels import kernel
from gondwana.science.sphere import is_periodic, latitude_edges, longitude_edges

Method = Literal["nearest", "bilinear", "conservative"]
Bounds = tuple[float, float, float, float]

PRESETS: dict[str, float] = {"1deg": 1.0, "0.5deg": 0.5, "1/6deg": 1.0 / 6.0}
"""Steps in degrees by name."""

_MOST_CELLS = 2**31 - 1  # cells are numbered in 32 bits elsewhere


@dataclass(frozen=True)
class Axes:
    """Axes of a regular longitude-latitude grid.

    Attributes
    ----------
    lat, lon : ndarray
        Centres of rows and columns, ascending, degrees.
    step_lat, step_lon : float
        Size of the cells in degrees, as it came out.
    """

    lat: Float
    lon: Float
    step_lat: float
    step_lon: float


def regular_axes(
    step_lat: float | str,
    step_lon: float | None = None,
    extent: Literal["global"] | Bounds = "global",
    *,
    cells: tuple[int, int] | None = None,
) -> Axes:
    """Lay cells of equal size over the globe or a part of it.

    Parameters
    ----------
    step_lat, step_lon : float
        Wanted size of a cell in degrees; the second is the first unless given. The first may be
        a name from ``PRESETS``. The number of cells is rounded, so that the cells fit exactly.
    extent : "global" or (west, south, east, north)
        Limits in degrees. A part that crosses the date line has longitudes beyond 180; a full
        circle always runs from −180 to 180.
    cells : tuple of int, optional
        (ny, nx), which replaces the steps.

    Returns
    -------
    Axes
        Centres and the steps that came out.

    Raises
    ------
    ParameterError
        Steps that are not positive, limits in disorder, or more cells than can be numbered.
    """
    if isinstance(step_lat, str):
        if step_lat not in PRESETS:
            raise ParameterError(
                f"there is no resolution {step_lat!r}", remedy=f"choose from {', '.join(PRESETS)}"
            )
        step_lat = PRESETS[step_lat]
    step_lon = step_lat if step_lon is None else step_lon
    west, south, east, north = (-180.0, -90.0, 180.0, 90.0) if extent == "global" else extent
    width = east - west if east > west else east - west + 360.0
    if not (-90.0 <= south < north <= 90.0 and 0.0 < width <= 360.0):
        raise ParameterError(
            f"the limits west {west}, south {south}, east {east}, north {north} are no box",
            remedy="give degrees with south < north within ±90 and at most one turn",
        )
    ny, nx = cells or (_count(north - south, step_lat), _count(width, step_lon))
    if min(ny, nx) < 2 or ny * nx > _MOST_CELLS:
        raise ParameterError(
            f"a grid of {ny} x {nx} cells cannot be used",
            remedy="take at least 2 cells each way and at most two thousand million",
        )
    # whole numbers inside, so that a global grid is symmetric about the equator to the last bit
    lat = 0.5 * (south + north) + (2.0 * np.arange(ny) + 1 - ny) * (north - south) / (2 * ny)
    middle = 0.0 if width == 360.0 else west + 0.5 * width
    lon = middle + (2.0 * np.arange(nx) + 1 - nx) * width / (2 * nx)
    return Axes(lat, lon, (north - south) / ny, width / nx)


def _count(length: float, step: float) -> int:
    if not (np.isfinite(step) and step > 0.0):
        raise ParameterError(f"a step of {step} degrees cannot be used", remedy="give a step > 0")
    return max(2, round(length / step))


def limits(field: xr.DataArray) -> Bounds:
    """Limits of the cells of a field, for ``regular_axes``.

    Parameters
    ----------
    field : DataArray, (lat, lon)
        Any canonical field.

    Returns
    -------
    tuple of float
        West, south, east, north in degrees; −180 and 180 if the field goes around the globe.
    """
    rows, columns = latitude_edges(field["lat"].values), longitude_edges(field["lon"].values)
    west, east = float(columns[0]), float(columns[-1])
    if is_periodic(field["lon"].values):
        west, east = -180.0, 180.0
    return west, float(rows[0]), east, float(rows[-1])


def regrid(
    field: xr.DataArray, lat: npt.ArrayLike, lon: npt.ArrayLike, method: Method = "conservative"
) -> xr.DataArray:
    """Carry a field to other rows and columns.

    Parameters
    ----------
    field : DataArray, (lat, lon)
        Values on ascending axes; spacing may be irregular (Gaussian latitudes), rows may stand
        on the poles (cells of half height), the part covered may be a region.
    lat, lon : array_like, (m,) and (n,)
        Centres of the target, ascending, degrees; longitudes in any convention.
    method : {"nearest", "bilinear", "conservative"}
        *nearest*: the nearest row, then the nearest column; ties go to the row nearer the
        equator (the northern one at the equator) and to the western column.
        *bilinear*: between the last row and a pole, towards the zonal mean of the last row.
        *conservative*: mean weighted by the area of overlap, first order (Jones 1999,
        doi:10.1175/1520-0493(1999)127<2204:FASOCR>2.0.CO;2); the global mean is kept.

    Returns
    -------
    DataArray, (lat, lon)
        float64 in the unit of the field, with its name and attributes. A value is missing only
        where it draws on a missing value.

    Raises
    ------
    InputError
        The field has other dimensions, or axes in disorder.
    ParameterError
        The target lies outside the data, is in disorder, or the method is unknown.
    """
    if field.dims != ("lat", "lon"):
        raise InputError(f"the field has dimensions {field.dims}", remedy="give (lat, lon)")
    target_lat, target_lon = _ascending(lat, "latitudes"), _ascending(lon, "longitudes")
    have_lat = np.asarray(field["lat"].values, dtype=np.float64)
    have_lon = np.asarray(field["lon"].values, dtype=np.float64)
    values = np.ascontiguousarray(field.values, dtype=np.float64)
    width = np.diff(longitude_edges(have_lon))
    if method == "nearest":
        rows = axis_weights.nearest_rows(have_lat, target_lat)
        values = _along_rows(values, axis_weights.nearest_columns(have_lon, target_lon))
    elif method == "bilinear":
        rows = axis_weights.bilinear_rows(have_lat, target_lat)
        columns = axis_weights.bilinear_columns(have_lon, target_lon)
        poles = [np.full((1, target_lon.size), _mean(values[k], width)) for k in (0, -1)]
        values = np.concatenate([poles[0], _along_rows(values, columns), poles[1]])
    elif method == "conservative":
        rows = axis_weights.conservative_rows(have_lat, target_lat)
        values = _along_rows(values, axis_weights.conservative_columns(have_lon, target_lon))
    else:
        raise ParameterError(
            f"there is no method {method!r}", remedy="choose nearest, bilinear or conservative"
        )
    coords = {"lat": target_lat, "lon": target_lon}
    result = _across_rows(values, rows)
    return xr.DataArray(result, coords, ("lat", "lon"), name=field.name, attrs=field.attrs)


def _ascending(axis: npt.ArrayLike, name: str) -> Float:
    axis = np.asarray(axis, dtype=np.float64)
    if axis.ndim != 1 or axis.size < 2 or not np.all(np.diff(axis) > 0):
        raise ParameterError(
            f"the target's {name} are not ascending", remedy="give at least two, ascending"
        )
    return axis


def _mean(row: Float, width: Float) -> float:
    return float(np.sum(row * width) / np.sum(width))


def _along_rows(values: Float, columns: AxisWeights) -> Float:
    result = np.empty((values.shape[0], columns.first.size - 1))
    _weigh_columns(values, columns.first, columns.source, columns.weight, result)
    return result


def _across_rows(values: Float, rows: AxisWeights) -> Float:
    result = np.zeros((rows.first.size - 1, values.shape[1]))
    _weigh_rows(values, rows.first, rows.source, rows.weight, result)
    return result


@kernel
def _weigh_columns(values: Float, first: Index, source: Index, weight: Float, out: Float) -> None:
    for j in range(out.shape[0]):
        for i in range(out.shape[1]):
            total = 0.0
            for entry in range(first[i], first[i + 1]):
                total += weight[entry] * values[j, source[entry]]
            out[j, i] = total


@kernel
def _weigh_rows(values: Float, first: Index, source: Index, weight: Float, out: Float) -> None:
    for j in range(out.shape[0]):
        for entry in range(first[j], first[j + 1]):
            for i in range(out.shape[1]):
                out[j, i] += weight[entry] * values[source[entry], i]
