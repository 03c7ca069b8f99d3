"""Geometry of the sphere and of longitude-latitude cells.

Angles are degrees, lengths metres, areas square metres. Cells of a grid are bounded half way
between neighbouring centres; rows next to a pole end at the pole.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gondwana.errors import InputError

Array = npt.NDArray[np.float64]

EARTH_RADIUS = 6_371_229.0
"""Radius of the Earth in metres, as IPSL models and NEMO use it."""

_GLOBAL_TOLERANCE = 1e-3  # degrees by which a global grid written in float32 may miss 360


def wrap_longitude(lon: npt.ArrayLike, west: float = -180.0) -> Array:
    """Bring longitudes into ``[west, west + 360)``, bit for bit where they are there already.

    Parameters
    ----------
    lon : array_like
        Longitudes in degrees, any convention.
    west : float
        Western limit in degrees.

    Returns
    -------
    ndarray
        Longitudes in degrees, same shape.
    """
    lon = np.asarray(lon, dtype=np.float64)
    inside = (lon >= west) & (lon < west + 360.0)
    wrapped = west + np.mod(lon - west, 360.0)
    return np.where(inside, lon, np.where(wrapped >= west + 360.0, west, wrapped))


def latitude_edges(lat: npt.ArrayLike) -> Array:
    """Edges of the rows of a grid.

    Parameters
    ----------
    lat : array_like, (ny,)
        Latitudes of the row centres, strictly ascending, degrees. A first or last centre on a
        pole (node-registered grids) makes a row of half height; a grid that leaves no room for
        half a row more (Gaussian grids) ends at the pole.

    Returns
    -------
    ndarray, (ny + 1,)
        Ascending edges in degrees, never beyond a pole.

    Raises
    ------
    InputError
        Fewer than two rows, or not strictly ascending.
    """
    lat = np.asarray(lat, dtype=np.float64)
    if lat.size < 2 or not np.all(np.diff(lat) > 0):
        raise InputError(
            "latitudes are not strictly ascending", remedy="sort the rows from south to north"
        )
    middle = 0.5 * (lat[1:] + lat[:-1])
    south, north = 1.5 * lat[0] - 0.5 * lat[1], 1.5 * lat[-1] - 0.5 * lat[-2]
    edges = np.concatenate([[south], middle, [north]])
    if edges[0] + 90.0 < 0.5 * (lat[1] - lat[0]):
        edges[0] = -90.0
    if 90.0 - edges[-1] < 0.5 * (lat[-1] - lat[-2]):
        edges[-1] = 90.0
    within: Array = np.clip(edges, -90.0, 90.0)
    return within


def longitude_edges(lon: npt.ArrayLike) -> Array:
    """Edges of the columns of a grid.

    Parameters
    ----------
    lon : array_like, (nx,)
        Longitudes of the column centres, strictly ascending within one turn, degrees.

    Returns
    -------
    ndarray, (nx + 1,)
        Ascending edges in degrees; on a global grid the last is the first plus 360.

    Raises
    ------
    InputError
        Fewer than two columns, not strictly ascending, or more than one turn.
    """
    lon = np.asarray(lon, dtype=np.float64)
    if lon.size < 2 or not np.all(np.diff(lon) > 0) or lon[-1] - lon[0] >= 360.0:
        raise InputError(
            "longitudes are not strictly ascending within one turn",
            remedy="sort the columns from west to east and drop repeated ones",
        )
    middle = 0.5 * (lon[1:] + lon[:-1])
    if is_periodic(lon):
        seam = 0.5 * (lon[-1] + lon[0] + 360.0)
        return np.concatenate([[seam - 360.0], middle, [seam]])
    west, east = 1.5 * lon[0] - 0.5 * lon[1], 1.5 * lon[-1] - 0.5 * lon[-2]
    return np.concatenate([[west], middle, [east]])


def is_periodic(lon: npt.ArrayLike) -> bool:
    """Tell whether the columns go once around the globe.

    Parameters
    ----------
    lon : array_like, (nx,)
        Longitudes of the column centres, strictly ascending, degrees.

    Returns
    -------
    bool
        True if the gap across the seam is no wider than the widest gap between columns (within
        1 % of it).
    """
    lon = np.asarray(lon, dtype=np.float64)
    gap = 360.0 - (lon[-1] - lon[0])
    return bool(gap <= 1.01 * np.max(np.diff(lon)) + _GLOBAL_TOLERANCE)


def row_areas(lat: npt.ArrayLike, lon: npt.ArrayLike, radius: float = EARTH_RADIUS) -> Array:
    """Exact areas of the cells of a longitude-latitude grid.

    Parameters
    ----------
    lat, lon : array_like, (ny,) and (nx,)
        Centres of rows and columns, ascending, degrees.
    radius : float
        Radius of the sphere in metres.

    Returns
    -------
    ndarray, (ny, nx)
        R² Δλ (sin φ2 − sin φ1), in m².
    """
    height = np.diff(np.sin(np.deg2rad(latitude_edges(lat))))
    width = np.deg2rad(np.diff(longitude_edges(lon)))
    areas: Array = radius**2 * height[:, None] * width[None, :]
    return areas


def great_circle(
    lon1: npt.ArrayLike,
    lat1: npt.ArrayLike,
    lon2: npt.ArrayLike,
    lat2: npt.ArrayLike,
    radius: float = EARTH_RADIUS,
) -> Array:
    """Distance along the great circle, exact for short and for antipodal arcs.

    Parameters
    ----------
    lon1, lat1, lon2, lat2 : array_like
        Points in degrees; shapes broadcast.
    radius : float
        Radius of the sphere in metres.

    Returns
    -------
    ndarray
        Distances in metres.
    """
    a, b = unit_vectors(lon1, lat1), unit_vectors(lon2, lat2)
    across = np.linalg.norm(np.cross(a, b), axis=-1)
    along = np.sum(a * b, axis=-1)
    return np.asarray(radius * np.arctan2(across, along), dtype=np.float64)


def unit_vectors(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Array:
    """Points on the unit sphere.

    Parameters
    ----------
    lon, lat : array_like
        Degrees; shapes broadcast.

    Returns
    -------
    ndarray, (..., 3)
        Cartesian coordinates; x towards 0°E on the equator, z towards the north pole.
    """
    lon, lat = np.broadcast_arrays(np.deg2rad(lon), np.deg2rad(lat))
    across = np.cos(lat)
    return np.stack([across * np.cos(lon), across * np.sin(lon), np.sin(lat)], axis=-1)
