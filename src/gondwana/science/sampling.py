"""Reading a field of rows and columns elsewhere: at scattered points, or where it is known.

``regrid`` serves targets that are rows and columns themselves.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.spatial import cKDTree

from gondwana.errors import InputError
from gondwana.science.axis_weights import (
    AxisWeights,
    bilinear_columns,
    bilinear_rows,
    nearest_columns,
)
from gondwana.science.checks import Check
from gondwana.science.regrid import regrid
from gondwana.science.sphere import EARTH_RADIUS, Array, great_circle, longitude_edges, unit_vectors


def nearest_at(field: xr.DataArray, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Array:
    """Read a field at the cell centre nearest to each point on the sphere.

    Parameters
    ----------
    field : DataArray, (lat, lon)
        A global field on ascending axes.
    lon, lat : array_like
        Points in degrees, same shape.

    Returns
    -------
    ndarray
        Values, float64. Of two centres equally near, the one nearer the equator is taken, at the
        equator the northern, and in a row the western.
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    rows = np.asarray(field["lat"].to_numpy(), dtype=np.float64)
    columns = np.asarray(field["lon"].to_numpy(), dtype=np.float64)
    i = nearest_columns(columns, lon.ravel()).source.reshape(lon.shape)
    south = np.clip(np.searchsorted(rows, lat) - 1, 0, rows.size - 2)
    # the nearest row by latitude is not always that of the nearest centre: meridians converge
    excess = great_circle(lon, lat, columns[i], rows[south + 1], radius=1.0)
    excess -= great_circle(lon, lat, columns[i], rows[south], radius=1.0)
    northern = np.where(np.abs(excess) < 1e-12, lat <= 0.0, excess < 0.0)
    values = field.to_numpy()[south + northern, i]
    return np.asarray(values, dtype=np.float64)


def bilinear_at(field: xr.DataArray, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Array:
    """Interpolate a field at points, bilinearly in longitude and latitude.

    Parameters
    ----------
    field : DataArray, (lat, lon)
        A global field on ascending axes.
    lon, lat : array_like
        Points in degrees, same shape.

    Returns
    -------
    ndarray
        Values, float64; periodic in longitude, and between the last row and a pole towards the
        mean of that row.
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    columns = np.asarray(field["lon"].to_numpy(), dtype=np.float64)
    values = np.asarray(field.to_numpy(), dtype=np.float64)
    width = np.diff(longitude_edges(columns))
    poles = [np.full((1, columns.size), np.sum(values[j] * width) / np.sum(width)) for j in (0, -1)]
    values = np.concatenate([poles[0], values, poles[1]])
    south, north, y = _pairs(bilinear_rows(field["lat"].to_numpy(), lat.ravel()))
    west, east, x = _pairs(bilinear_columns(columns, lon.ravel()))
    lower = (1.0 - x) * values[south, west] + x * values[south, east]
    upper = (1.0 - x) * values[north, west] + x * values[north, east]
    between: Array = (1.0 - y) * lower + y * upper
    return between.reshape(lon.shape)


def _pairs(
    axis: AxisWeights,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Array]:
    """First and second entry of each target and the weight of the second."""
    first, last = axis.first[:-1], axis.first[1:] - 1
    weight = np.where(last > first, axis.weight[last], 0.0)
    return axis.source[first], axis.source[last], weight


def nearest_known(
    field: xr.DataArray,
    lat: npt.ArrayLike,
    lon: npt.ArrayLike,
    wanted: npt.NDArray[np.bool_],
    name: str,
) -> tuple[Array, Check]:
    """Carry a map with gaps to other rows and columns, without gaps where values are wanted.

    A map of biomes or soils rarely shares its coasts with the topography.

    Parameters
    ----------
    field : DataArray, (lat, lon)
        The map on ascending axes; NaN where nothing is known.
    lat, lon : array_like, (m,) and (n,)
        Centres of the target, ascending, degrees.
    wanted : ndarray of bool, (m, n)
        Where a value is needed.
    name : str
        What the map holds, for the check: "biome", "soil colour".

    Returns
    -------
    values : ndarray, (m, n)
        The value of the nearest cell of the map, as in ``regrid``; where that is missing and a
        value is wanted, of the nearest cell on the sphere that has one.
    check : Check
        ``map_coverage``: warns of the cells that had to look further.

    Raises
    ------
    InputError
        The map holds no value at all.
    """
    values = regrid(field, lat, lon, "nearest").to_numpy()
    rows, columns = np.nonzero(wanted & np.isnan(values))
    if not rows.size:
        return values, Check("map_coverage", "pass", f"the map gives a {name} for all land")
    source = field.to_numpy()
    known = np.nonzero(np.isfinite(source))
    if not known[0].size:
        raise InputError(f"the map holds no {name}", remedy="give a map with values on land")
    tree = cKDTree(
        unit_vectors(field["lon"].to_numpy()[known[1]], field["lat"].to_numpy()[known[0]])
    )
    places = unit_vectors(np.asarray(lon)[columns], np.asarray(lat)[rows])
    query = tree.query(places)
    chord, nearest = np.asarray(query[0]), np.asarray(query[1])
    values[rows, columns] = source[known[0][nearest], known[1][nearest]]
    farthest = 2.0 * np.arcsin(0.5 * float(chord.max())) * EARTH_RADIUS / 1000.0
    return values, Check(
        "map_coverage",
        "warn",
        f"{rows.size} of {int(wanted.sum())} land cells have no {name} on the map and take the "
        f"nearest, up to {farthest:.0f} km away",
        fix=f"give a map whose land covers that of the topography, if {farthest:.0f} km is too far",
    )
