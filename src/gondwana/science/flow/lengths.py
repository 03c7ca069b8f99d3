"""Lengths of the steps between neighbouring cells."""

from __future__ import annotations

from typing import Literal

import numpy as np

from gondwana.errors import ParameterError
from gondwana.science.flow.neighbours import Float
from gondwana.science.sphere import great_circle, latitude_edges

Distance = Literal["plane", "great circle"]

_AT_POLE = 89.9999


def step_lengths(lat: Float, dlon: float, radius_km: float, distance: Distance) -> Float:
    """Tabulate the length of a step in each direction from a cell of each row.

    Parameters
    ----------
    lat : ndarray, (ny,)
        Latitudes of the centres, ascending, degrees.
    dlon : float
        Distance between columns in degrees.
    radius_km : float
        Radius of the sphere in km.
    distance : {"plane", "great circle"}
        ``plane``: R Δφ north-south, R Δλ cos φ east-west with the latitude φ of the cell that the
        step leaves, and the hypotenuse of the two, as the field's files have it. ``great
        circle``: between the centres.

    Returns
    -------
    ndarray, (ny, 10)
        km by direction code: 1 N ... 8 NW; 0 for the ocean (0 km); 9 for an endorheic sink, which
        counts one step along the meridian.

    Raises
    ------
    ParameterError
        A radius that is not positive, or an unknown rule.

    Notes
    -----
    A row of centres on a pole (node-registered grids) is taken at the middle of its half height,
    where its cells have a width.
    """
    if not 0.0 < radius_km < np.inf:
        raise ParameterError(
            f"a radius of {radius_km} km is not positive", remedy="the Earth has about 6371 km"
        )
    if distance not in ("plane", "great circle"):
        raise ParameterError(
            f"the rule for distances {distance!r} is unknown",
            remedy='choose "plane" or "great circle"',
        )
    edges = latitude_edges(lat)
    centre = np.where(np.abs(lat) > _AT_POLE, 0.5 * (edges[1:] + edges[:-1]), lat)
    gaps = np.diff(centre)
    north, south = np.append(gaps, gaps[-1]), np.append(gaps[0], gaps)
    measure = _plane if distance == "plane" else _great_circle
    none = np.zeros(lat.size)
    up, side, down = (
        measure(centre, rise, turn, radius_km)
        for rise, turn in ((north, 0.0), (none, dlon), (-south, 0.0))
    )
    up_side, down_side = (measure(centre, rise, dlon, radius_km) for rise in (north, -south))
    clockwise = (up, up_side, side, down_side, down, down_side, side, up_side)
    return np.stack([none, *clockwise, up], axis=1)


def _plane(lat: Float, dlat: Float, dlon: float, radius: float) -> Float:
    across = radius * np.deg2rad(dlon) * np.cos(np.deg2rad(lat))
    length: Float = np.hypot(across, radius * np.deg2rad(dlat))
    return length


def _great_circle(lat: Float, dlat: Float, dlon: float, radius: float) -> Float:
    return great_circle(0.0, lat, dlon, lat + dlat, radius)
