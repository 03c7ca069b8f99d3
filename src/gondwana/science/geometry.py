"""Which points lie inside a polygon given in longitude and latitude.

The one question that basin seeds, edits and selections ask, answered across the date line and
around the poles.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gondwana.errors import ParameterError


def contains(
    polygon_lon: npt.ArrayLike,
    polygon_lat: npt.ArrayLike,
    lon: npt.ArrayLike,
    lat: npt.ArrayLike,
) -> npt.NDArray[np.bool_]:
    """Tell which points lie inside a polygon drawn on a longitude-latitude map.

    Parameters
    ----------
    polygon_lon, polygon_lat : array_like, (n,)
        Vertices in order, degrees, either way round; the first need not be repeated. Edges are
        straight on the map. An edge goes the short way around the globe (170 to -170 crosses the
        date line), except one of exactly 360 degrees, which goes all around; for an edge longer
        than 180 degrees give a vertex on its way. A polygon that goes once around the globe
        encloses the pole of its own hemisphere (by the mean latitude of its vertices; north at
        0).
    lon, lat : array_like
        Points in degrees, any longitude convention; shapes broadcast.

    Returns
    -------
    ndarray of bool
        A point on a southern or western edge is inside, on a northern or eastern edge outside,
        so that polygons side by side share no point and miss none.

    Raises
    ------
    ParameterError
        Fewer than three vertices, or a vertex that is no place on the globe.
    """
    west, south, width, rise, turn = straight_edges(polygon_lon, polygon_lat)
    lon, lat = np.broadcast_arrays(
        np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    )
    odd = np.zeros(lon.shape, dtype=np.bool_)  # crossings of the meridian north of the point
    for k in np.flatnonzero(width > 0.0):
        ahead = np.mod(lon - west[k], 360.0)
        ahead[ahead >= 360.0] = 0.0  # the remainder of a tiny negative number
        crossing = south[k] + rise[k] * (ahead / width[k])
        odd ^= (ahead < width[k]) & (crossing > lat)
    encloses_north_pole = turn and np.mean(np.asarray(polygon_lat, dtype=np.float64)) >= 0.0
    return ~odd if encloses_north_pole else odd


def straight_edges(
    polygon_lon: npt.ArrayLike, polygon_lat: npt.ArrayLike
) -> tuple[
    npt.NDArray[np.float64],
    npt.NDArray[np.float64],
    npt.NDArray[np.float64],
    npt.NDArray[np.float64],
    bool,
]:
    """Prepare the edges of a polygon, as `contains` understands them.

    Returns
    -------
    west, south, width, rise : ndarray, (n,)
        Of each edge: longitude and latitude of its western end, degrees to its eastern end, and
        how far it rises northwards until there.
    turn : bool
        The edges go once around the globe.

    Raises
    ------
    ParameterError
        As `contains`.
    """
    lon = np.atleast_1d(np.asarray(polygon_lon, dtype=np.float64))
    lat = np.atleast_1d(np.asarray(polygon_lat, dtype=np.float64))
    if lon.ndim != 1 or lon.shape != lat.shape or lon.size < 3:
        raise ParameterError(
            "a polygon needs three or more vertices, each with longitude and latitude",
            remedy="list the corners in order",
        )
    if not (np.all(np.isfinite(lon)) and np.all(np.abs(lat) <= 90.0)):
        raise ParameterError(
            "a vertex of a polygon is no place on the globe",
            remedy="give finite longitudes, and latitudes from -90 to 90",
        )
    east = np.roll(lon, -1) - lon
    wrapped = np.mod(east + 180.0, 360.0) - 180.0
    east = np.where((np.abs(east) <= 180.0) | (np.abs(east) == 360.0), east, wrapped)
    north = np.roll(lat, -1) - lat
    backwards = east < 0.0
    west = np.where(backwards, np.roll(lon, -1), lon)
    south = np.where(backwards, np.roll(lat, -1), lat)
    turn = abs(float(np.sum(east))) > 180.0
    return west, south, np.abs(east), np.where(backwards, -north, north), turn
