"""Points of a C-grid: midpoints, mirror images, neighbours across the seams, scale factors.

A cell (j, i) holds its T point in the centre, U in the middle of its eastern edge, V in the middle
of its northern edge and F in its north-eastern corner. Points are arrays whose last axis is
(longitude, latitude) in degrees. What lies beyond the array comes from the halo or the fold where
the grid has them, and from a point reflection about the nearest known point elsewhere. Corners
and areas of the cells are in ``grid_cells``.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from gondwana.science.sphere import EARTH_RADIUS, Array, unit_vectors
from gondwana.science.topology import Topology

Position = Literal["t", "u", "v", "f"]
Points = dict[Position, Array]
POSITIONS: tuple[Position, ...] = ("t", "u", "v", "f")

_SMALLEST_SCALE_FACTOR = 1.0
"""Metres. Files may hold edges of no length at a pole; the ocean model divides by them on land."""


def vectors_of(points: Array) -> Array:
    """Return the unit vectors (..., 3) of points (..., 2) in degrees."""
    return unit_vectors(points[..., 0], points[..., 1])


def from_vectors(vectors: Array) -> Array:
    """Longitude and latitude of vectors of any length.

    Parameters
    ----------
    vectors : ndarray, (..., 3)

    Returns
    -------
    ndarray, (..., 2)
        Longitude in [-180, 180] and latitude, degrees.
    """
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    lon_lat = np.stack([np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))], axis=-1)
    return np.asarray(np.rad2deg(lon_lat), dtype=np.float64)


def arc_length(one: Array, other: Array) -> Array:
    """Great circle distance in metres between unit vectors (..., 3) no more than 90° apart."""
    x, y, z = (one[..., k] - other[..., k] for k in range(3))
    half_chord = 0.5 * np.sqrt(x * x + y * y + z * z)
    return np.asarray(2.0 * EARTH_RADIUS * np.arcsin(half_chord), dtype=np.float64)


def degrees_apart(one: Array, other: Array) -> Array:
    """Angle in degrees between points (..., 2) no more than 180° apart."""
    a, b = vectors_of(one), vectors_of(other)
    half_chord = np.minimum(0.5 * np.linalg.norm(a - b, axis=-1), 1.0)
    return np.asarray(np.rad2deg(2.0 * np.arcsin(half_chord)), dtype=np.float64)


def midpoint(one: Array, other: Array) -> Array:
    """Middle of the great circle arc between points, each (..., 2) in degrees."""
    return from_vectors(vectors_of(one) + vectors_of(other))


def reflected(point: Array, centre: Array) -> Array:
    """Mirror points about centres: as far on the other side, on the same great circle.

    Parameters
    ----------
    point, centre : ndarray, (..., 2)
        Longitude and latitude in degrees.

    Returns
    -------
    ndarray, (..., 2)
        A mirror image that would lie beyond a pole is put on the pole: cells end there.
    """
    p, c = vectors_of(point), vectors_of(centre)
    image = from_vectors(2.0 * np.sum(p * c, axis=-1)[..., None] * c - p)
    turn = np.abs((image[..., 0] - point[..., 0] + 180.0) % 360.0 - 180.0)
    beyond = (turn > 150.0) & (np.abs(point[..., 1]) > 60.0)
    pole = np.stack([point[..., 0], np.copysign(90.0, image[..., 1])], axis=-1)
    return np.where(beyond[..., None], pole, image)


def west_of(points: Array, about: Array, topology: Topology) -> Array:
    """Column of points west of the first one, (ny, 2); ``about`` serves open boundaries."""
    if topology.halo:
        return points[:, -3]
    if topology.periodic:
        return points[:, -1]
    return reflected(points[:, 0], about[:, 0])


def east_of(points: Array, about: Array, topology: Topology) -> Array:
    """Column of points east of the last one, (ny, 2); ``about`` serves open boundaries."""
    if topology.halo:
        return points[:, 2]
    if topology.periodic:
        return points[:, 0]
    return reflected(points[:, -1], about[:, -1])


def north_of(points: Array, about: Array, position: Position, topology: Topology) -> Array:
    """Row of T or U points north of the last one, (nx, 2), across the fold where there is one.

    F-pivot: T(i, jpj+1) = T(jpi-i+1, jpj-2) and U(i, jpj+1) = U(jpi-i, jpj-2). T-pivot:
    T(i, jpj+1) = T(jpi-i+2, jpj-3) and U(i, jpj+1) = U(jpi-i+1, jpj-3); indices from 1.
    """
    if topology.fold == "none":
        return reflected(points[-1], about[-1])
    nx = points.shape[1]
    row = points[-3] if topology.fold == "F" else points[-4]
    last = nx - 1 + (topology.fold == "T") - (position == "u")
    mirror = last - np.arange(nx)
    # the columns beyond either end are the halo's
    turn = nx - 2 if topology.halo else nx
    mirror = np.where(mirror < 0, mirror + turn, np.where(mirror >= nx, mirror - turn, mirror))
    return np.asarray(row[mirror], dtype=np.float64)


def scale_factors(points: Points, topology: Topology) -> dict[str, Array]:
    """Distances along great circles between the points on either side of each point.

    They are measured by way of the point itself, so that none vanishes at a pole of the grid,
    where the points on either side are the same place.

    Parameters
    ----------
    points : dict of ndarray, (ny, nx, 2)
        T, U, V and F points.
    topology : Topology

    Returns
    -------
    dict of ndarray, (ny, nx)
        ``e1t`` .. ``e1f`` along i and ``e2t`` .. ``e2f`` along j, metres, never below 1 m. For
        instance e1t = U(i-1) to U(i), e1u = T(i) to T(i+1), e2t = V(j-1) to V(j).
    """
    vectors = {position: vectors_of(points[position]) for position in POSITIONS}

    def along_x(line: Position, at: Position, *, starts_west: bool) -> Array:
        beyond = west_of if starts_west else east_of
        edge = vectors_of(beyond(points[line], points[at], topology))[:, None]
        if starts_west:
            west, east = np.concatenate([edge, vectors[line][:, :-1]], axis=1), vectors[line]
        else:
            west, east = vectors[line], np.concatenate([vectors[line][:, 1:], edge], axis=1)
        return arc_length(west, vectors[at]) + arc_length(vectors[at], east)

    def along_y(line: Position, at: Position, *, starts_south: bool) -> Array:
        if starts_south:
            edge = vectors_of(reflected(points[line][0], points[at][0]))[None]
            south, north = np.concatenate([edge, vectors[line][:-1]]), vectors[line]
        else:
            edge = vectors_of(north_of(points[line], points[at], line, topology))[None]
            south, north = vectors[line], np.concatenate([vectors[line][1:], edge])
        return arc_length(south, vectors[at]) + arc_length(vectors[at], north)

    factors = {
        "e1t": topology.synchronise(along_x("u", "t", starts_west=True)),
        "e1u": along_x("t", "u", starts_west=False),
        "e1v": along_x("f", "v", starts_west=True),
        "e1f": along_x("v", "f", starts_west=False),
        "e2t": topology.synchronise(along_y("v", "t", starts_south=True)),
        "e2u": along_y("f", "u", starts_south=True),
        "e2v": along_y("t", "v", starts_south=False),
        "e2f": along_y("u", "f", starts_south=False),
    }
    return {name: np.maximum(values, _SMALLEST_SCALE_FACTOR) for name, values in factors.items()}
