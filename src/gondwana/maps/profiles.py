"""Values along the great circle between two points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gondwana.errors import ParameterError
from gondwana.maps.fields import Field
from gondwana.science.sphere import EARTH_RADIUS, unit_vectors

Array = npt.NDArray[np.float64]

FEWEST, MOST = 2, 2000
"""Numbers of samples."""

_STEEPEST = 90.0


@dataclass(frozen=True)
class Profile:
    """A field along a line.

    Attributes
    ----------
    distance : ndarray, (n,)
        Kilometres from the start; along rows and columns if a field has no places.
    lon, lat : ndarray, (n,)
        Degrees.
    values : ndarray, (n,)
        Of the cells that hold the points; NaN where there is none.
    """

    distance: Array
    lon: Array
    lat: Array
    values: Array


def profile(
    field: Field, start: tuple[float, float], end: tuple[float, float], samples: int
) -> Profile:
    """Cut a field along a line.

    Parameters
    ----------
    field : Field
    start, end : tuple of float
        Longitude and latitude in degrees (column and row if the field has no places).
    samples : int

    Raises
    ------
    ParameterError
        Too few or too many samples, points that are none, or points opposite each other, which
        any great circle joins.
    """
    if not FEWEST <= samples <= MOST:
        raise ParameterError("a line cannot have so many points", remedy=f"{FEWEST} to {MOST}")
    if not np.isfinite([*start, *end]).all():
        raise ParameterError("a point of the line is no number", remedy="choose it on the map")
    if not field.has_places:
        lon, lat = (np.linspace(a, b, samples) for a, b in zip(start, end, strict=True))
        return Profile(np.hypot(lon - lon[0], lat - lat[0]), lon, lat, field.at(lon, lat))
    if max(abs(start[1]), abs(end[1])) > _STEEPEST:
        raise ParameterError("a point lies beyond the poles", remedy="choose it on the map")
    lon, lat, angle = great_circle_points(start, end, samples)
    distance = np.linspace(0.0, angle * EARTH_RADIUS / 1000.0, samples)
    return Profile(distance, lon, lat, field.at(lon, lat))


def great_circle_points(
    start: tuple[float, float], end: tuple[float, float], samples: int
) -> tuple[Array, Array, float]:
    """Points at even distances on the shorter way, and the angle between the ends in radians.

    Raises
    ------
    ParameterError
        The ends lie opposite each other.
    """
    a, b = unit_vectors(*start), unit_vectors(*end)
    angle = float(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b))
    if np.pi - angle < 1e-6:
        raise ParameterError(
            "the ends of the line lie opposite each other on the globe",
            remedy="move one of them a little",
        )
    if angle < 1e-12:
        return np.full(samples, start[0]), np.full(samples, start[1]), 0.0
    share = np.linspace(0.0, 1.0, samples)[:, None]
    points = (np.sin((1 - share) * angle) * a + np.sin(share * angle) * b) / np.sin(angle)
    lon = np.rad2deg(np.arctan2(points[:, 1], points[:, 0]))
    lat = np.rad2deg(np.arcsin(np.clip(points[:, 2], -1.0, 1.0)))
    return lon, lat, angle
