"""Overlaps of polygons with convex polygons, all edges being great circles.

Candidates are found with a tree of centres; each polygon is then cut by the planes of the edges of
the other one (Sutherland and Hodgman, Comm. ACM 17, 1974), and its area is that of triangles.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from gondwana.errors import InputError
from gondwana.science.grid_cells import polygon_areas
from gondwana.science.kernels import kernel
from gondwana.science.polygons.fan import fan_area
from gondwana.science.polygons.overlaps import Overlaps, checked_corners
from gondwana.science.sphere import Array, unit_vectors

_LEAST = 1e-13  # of the smaller cell; rounding leaves less
_BENT = -1e-12  # how far a corner may lie outside the plane of an edge of a convex polygon
_SLACK = 1e-9  # by which bounding circles are widened

Index = npt.NDArray[np.int64]


def polygon_overlaps(
    corner_lon: npt.ArrayLike,
    corner_lat: npt.ArrayLike,
    other_lon: npt.ArrayLike,
    other_lat: npt.ArrayLike,
) -> Overlaps:
    """Overlaps of polygons with convex polygons.

    Parameters
    ----------
    corner_lon, corner_lat : array_like, (m, n)
        Corners of polygons in order, degrees; either way round. A repeated corner counts once.
    other_lon, other_lat : array_like, (k, l)
        Corners of convex polygons that do not overlap each other.

    Returns
    -------
    Overlaps
        Less than 1e-13 of the smaller cell is left out.

    Raises
    ------
    InputError
        Corners that are not finite, or cells among the others that are not convex.
    """
    one, one_area = _turned(corner_lon, corner_lat)
    other, other_area = _turned(other_lon, other_lat)
    bent = int(np.count_nonzero(_inwards(other) < _BENT))
    if bent:
        raise InputError(
            f"{bent} cells are not convex", remedy="give a grid whose cells bulge outwards"
        )
    p, q = _candidates(one, other)
    area = np.empty(p.size)
    _clip_all(one, other, p, q, area)
    kept = area > _LEAST * np.minimum(one_area[p], other_area[q])
    return Overlaps(p[kept], q[kept], area[kept])


def _turned(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Array, Array]:
    """Corners as unit vectors, counter-clockwise, and the areas of the polygons."""
    lon, lat = checked_corners(lon, lat)
    area = polygon_areas(lon, lat, 1.0)
    corners = unit_vectors(lon, lat)
    corners[area < 0.0] = corners[area < 0.0][:, ::-1]
    return corners, np.abs(area)


def _inwards(corners: Array) -> Array:
    """How far the corner farthest outside lies inside of the edges of its polygon, sines."""
    least = np.zeros(corners.shape[0])
    n = corners.shape[1]
    for k in range(n):
        normal = np.cross(corners[:, k], corners[:, (k + 1) % n])
        for v in range(n):
            least = np.minimum(least, np.einsum("ij,ij->i", normal, corners[:, v]))
    return least


def _candidates(one: Array, other: Array) -> tuple[Index, Index]:
    """Pairs whose bounding circles touch, ordered by the first."""
    circles = []
    for corners in (one, other):
        centre = corners.sum(axis=1)
        centre /= np.linalg.norm(centre, axis=1)[:, None]
        reach = np.linalg.norm(corners - centre[:, None], axis=2).max(axis=1)
        circles.append((centre, reach))
    (centre, reach), (other_centre, other_reach) = circles
    tree = cKDTree(other_centre)
    near = tree.query_ball_point(centre, reach + other_reach.max() + _SLACK, return_sorted=True)
    p = np.repeat(np.arange(centre.shape[0]), [len(found) for found in near])
    q = np.concatenate([np.asarray(found, dtype=np.int64) for found in near])
    apart = np.linalg.norm(centre[p] - other_centre[q], axis=1)
    kept = apart <= reach[p] + other_reach[q] + _SLACK
    return p[kept], q[kept]


@kernel
def _clip_all(one: Array, other: Array, p: Index, q: Index, area: Array) -> None:
    room = one.shape[1] + 2 * other.shape[1] + 2
    left, right = np.empty((room, 3)), np.empty((room, 3))
    for k in range(p.size):
        area[k] = _clip(one[p[k]], other[q[k]], left, right)


@kernel
def _clip(subject: Array, window: Array, left: Array, right: Array) -> float:
    """Area of a polygon within a convex one, steradians."""
    n = subject.shape[0]
    for v in range(n):
        left[v] = subject[v]
    sides = window.shape[0]
    for side in range(sides):
        a, b = window[side], window[(side + 1) % sides]
        # as a product with the difference: edges are short
        dx, dy, dz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        nx, ny, nz = a[1] * dz - a[2] * dy, a[2] * dx - a[0] * dz, a[0] * dy - a[1] * dx
        if nx * nx + ny * ny + nz * nz < 1e-30:
            continue
        m = 0
        last = left[n - 1]
        before = nx * (last[0] - a[0]) + ny * (last[1] - a[1]) + nz * (last[2] - a[2])
        for v in range(n):
            here = left[v]
            inside = nx * (here[0] - a[0]) + ny * (here[1] - a[1]) + nz * (here[2] - a[2])
            if (inside > 0.0 and before < 0.0) or (inside < 0.0 and before > 0.0):
                size = 0.0
                for c in range(3):
                    right[m, c] = (last[c] * inside - here[c] * before) / (inside - before)
                    size += right[m, c] * right[m, c]
                for c in range(3):
                    right[m, c] /= np.sqrt(size)
                m += 1
            if inside >= 0.0:
                right[m] = here
                m += 1
            last, before = here, inside
        n = m
        left, right = right, left
        if n < 3:
            return 0.0
    return fan_area(left, n)
