"""Cells of a C-grid: their corners, in one order whatever the file's, and their areas.

Corners are arrays (ny, nx, 4, 2) of longitude and latitude in degrees, counter-clockwise from the
south-west: towards (j-1, i-1), (j-1, i), (j, i) and (j, i-1).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gondwana.errors import InputError
from gondwana.science.grid_points import (
    POSITIONS,
    Points,
    degrees_apart,
    east_of,
    midpoint,
    reflected,
    vectors_of,
    west_of,
)
from gondwana.science.sphere import EARTH_RADIUS, Array, unit_vectors
from gondwana.science.topology import Topology

_FLAT = 1e-6  # of the usual area; a polygon below has no way round


def cell_corners(points: Points, topology: Topology) -> Array:
    """Corners of the cells, from the F points around them.

    Some grids are torn: ORCA2 holds the Mediterranean and the Red Sea as pieces of their own,
    moved and turned, so that on land the F points of neighbours belong elsewhere. A cell with a
    corner farther from its T point than twice what its own U and V points say becomes the
    parallelogram about its own four points.

    Parameters
    ----------
    points : dict of ndarray, (ny, nx, 2)
        T, U, V and F points.
    topology : Topology

    Returns
    -------
    ndarray, (ny, nx, 4, 2)
        South-west, south-east, north-east, north-west: F(j-1, i-1), F(j-1, i), F(j, i), F(j, i-1).
        South of the first row the F point is the mirror image of F(0, i) about U(0, i).
    """
    t, u, v, f = (points[position] for position in POSITIONS)
    around = np.concatenate([west_of(f, v, topology)[:, None], f], axis=1)
    first_u = np.concatenate([west_of(u[:1], t[:1], topology), u[0]])
    around = np.concatenate([reflected(around[0], first_u)[None], around])
    corners = np.stack([around[:-1, :-1], around[:-1, 1:], around[1:, 1:], around[1:, :-1]], axis=2)
    centre = vectors_of(t)
    width = 2.0 * np.linalg.norm(vectors_of(u) - centre, axis=-1)
    height = 2.0 * np.linalg.norm(vectors_of(v) - centre, axis=-1)
    reach = np.linalg.norm(vectors_of(corners) - centre[:, :, None], axis=-1)
    torn = np.nonzero(np.max(reach, axis=2) > np.hypot(width, height))
    own = f[torn]
    parallelogram = [reflected(own, t[torn]), reflected(own, u[torn]), own]
    corners[torn] = np.stack([*parallelogram, reflected(own, v[torn])], axis=1)
    return corners


def from_south_west(corners: Array) -> Array:
    """Turn corners counter-clockwise and let them start at the corner towards (j-1, i-1).

    Parameters
    ----------
    corners : ndarray, (ny, nx, 4, 2)
        In any cyclic order; NaN where unknown.

    Returns
    -------
    ndarray, (ny, nx, 4, 2)
        The start is the one with which neighbours share their edges.

    Raises
    ------
    InputError
        Neighbours share no edges, or the columns run from east to west.
    """
    area = polygon_areas(corners[..., 0], corners[..., 1], 1.0)
    clockwise = np.asarray(area < 0)
    reverse = corners[:, :, [0, 3, 2, 1]]
    turned = np.where(clockwise[..., None, None], reverse, corners)
    candidates = [np.roll(turned, -start, axis=2) for start in range(4)]
    misfits = [_misfit(candidate) for candidate in candidates]
    best = candidates[int(np.argmin(misfits))]
    width = float(np.nanmedian(degrees_apart(turned[:, :, 0], turned[:, :, 2])))
    if min(misfits) <= 0.25 * width:
        usual = bool(np.nanmedian(area) < 0.0)
        other = (clockwise != usual) & (np.abs(area) > _FLAT * np.nanmedian(np.abs(area)))
        return _started_like_neighbours(best, other)
    mirrored = [np.roll(turned[:, :, ::-1], -start, axis=2) for start in range(4)]
    if min(_misfit(candidate) for candidate in mirrored) <= 0.25 * width:
        raise mirrored_grid()
    raise InputError(
        "the cells of the grid share no corners with their neighbours",
        remedy="check that the corners belong to the centres",
    )


def _started_like_neighbours(corners: Array, cells: npt.NDArray[np.bool_]) -> Array:
    """Let corners of single cells, which ran the other way, start where their neighbours' do."""
    if not cells.any():
        return corners
    known = np.where(cells[..., None, None], np.nan, corners)
    costs = []
    for start in range(4):
        tried = np.roll(corners, -start, axis=2)
        cost = np.zeros(cells.shape)
        for own, across in ((0, 1), (3, 2)):  # west, and the same edge seen from the east
            cost[:, 1:] += _gap(tried[:, 1:, own], known[:, :-1, across])
            cost[:, :-1] += _gap(tried[:, :-1, across], known[:, 1:, own])
        for own, across in ((0, 3), (1, 2)):  # south and north
            cost[1:] += _gap(tried[1:, :, own], known[:-1, :, across])
            cost[:-1] += _gap(tried[:-1, :, across], known[1:, :, own])
        costs.append(cost)
    first = np.where(cells, np.argmin(costs, axis=0), 0)[..., None]
    order = (np.arange(4) + first) % 4
    return np.take_along_axis(corners, order[..., None], axis=2)


def _gap(one: Array, other: Array) -> Array:
    return np.nan_to_num(degrees_apart(one, other))


def mirrored_grid() -> InputError:
    """Tell that a grid whose rows run from south to north is a mirror image."""
    return InputError(
        "the columns of the grid run from east to west",
        remedy="turn the file with `cdo invertlon`, or `ncpdq -a -x`",
    )


def _misfit(corners: Array) -> float:
    """How far apart the corners are that neighbours should share, degrees."""
    in_row = degrees_apart(corners[:, 1:, 0], corners[:, :-1, 1])
    in_column = degrees_apart(corners[1:, :, 0], corners[:-1, :, 3])
    return float(np.nanmedian(in_row)) + float(np.nanmedian(in_column))


def rebuilt(corners: Array, centres: Array, topology: Topology) -> Array:
    """Fill missing corners of the first column, then of the first row.

    Parameters
    ----------
    corners : ndarray, (ny, nx, 4, 2)
        From the south-west; NaN where unknown.
    centres : ndarray, (ny, nx, 2)
        T points.
    topology : Topology

    Returns
    -------
    ndarray, (ny, nx, 4, 2)
        A new array; corners missing elsewhere stay NaN.
    """
    corners = corners.copy()
    gone = np.flatnonzero(np.isnan(corners[:, 0]).any(axis=(1, 2)))
    if topology.halo:
        corners[gone, 0] = corners[gone, -2]
    else:
        corners[gone, 0, 1] = corners[gone, 1, 0]
        corners[gone, 0, 2] = corners[gone, 1, 3]
        for west, east, across in ((0, 1, 2), (3, 2, 1)):
            corners[gone, 0, west] = (
                corners[gone, -1, east]
                if topology.periodic
                else reflected(corners[gone, 0, across], centres[gone, 0])
            )
    gone = np.flatnonzero(np.isnan(corners[0]).any(axis=(1, 2)))
    if gone.size:
        corners[0, gone] = _first_row(corners[1], centres[0], topology)[gone]
    return corners


def _first_row(second: Array, centres: Array, topology: Topology) -> Array:
    """Corners (nx, 4, 2) of the first row, from those of the second and its own centres.

    Either centre beside a corner proposes a mirror image of the corner across; the middle of
    both is taken, so that neighbours share their corners.
    """
    north_west, north_east = second[:, 0], second[:, 1]
    to_west, to_east = reflected(north_east, centres), reflected(north_west, centres)
    if topology.periodic:
        before = west_of(to_east[None], to_east[None], topology)
        after = east_of(to_west[None], to_west[None], topology)
    else:
        before, after = to_west[:1], to_east[-1:]
    south_west = midpoint(to_west, np.concatenate([before, to_east[:-1]]))
    south_east = midpoint(to_east, np.concatenate([to_west[1:], after]))
    return np.stack([south_west, south_east, north_east, north_west], axis=1)


def polygon_areas(
    corner_lon: npt.ArrayLike, corner_lat: npt.ArrayLike, radius: float = EARTH_RADIUS
) -> Array:
    """Areas of spherical polygons whose edges are great circles, exact also at a pole.

    The sum of signed triangles: with unit vectors a, b, c of the corners, the excess E of a
    triangle follows from tan(E/2) = a·(b x c) / (1 + a·b + b·c + c·a) (Eriksson, Mathematics
    Magazine 63, 1990); the triple product is taken of differences, so small cells keep their
    digits.

    Parameters
    ----------
    corner_lon, corner_lat : array_like, (..., n)
        Corners in order, degrees. Repeated corners are allowed.
    radius : float
        Radius of the sphere in metres.

    Returns
    -------
    ndarray, (...)
        Square metres, positive for counter-clockwise corners seen from outside.
    """
    corners = np.moveaxis(unit_vectors(corner_lon, corner_lat), -1, 0)
    a = corners[..., 0]
    excess = np.zeros(a.shape[1:])
    for k in range(1, corners.shape[-1] - 1):
        b, c = corners[..., k], corners[..., k + 1]
        p, q = b - a, c - a
        volume = (
            a[0] * (p[1] * q[2] - p[2] * q[1])
            + a[1] * (p[2] * q[0] - p[0] * q[2])
            + a[2] * (p[0] * q[1] - p[1] * q[0])
        )
        cosines = _dot(a, b) + _dot(b, c) + _dot(c, a)
        excess += 2.0 * np.arctan2(volume, 1.0 + cosines)
    return excess * radius**2


def _dot(one: Array, other: Array) -> Array:
    product: Array = one[0] * other[0] + one[1] * other[1] + one[2] * other[2]
    return product
