"""Edits of a field by place and operation: what a person draws, as pure functions on arrays.

Places are given in degrees, so that the same edit works on any grid of longitudes and latitudes,
regular or curvilinear.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix, diags
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve
from scipy.spatial import cKDTree

from gondwana.errors import ParameterError
from gondwana.science.components import Index
from gondwana.science.kernels import kernel
from gondwana.science.neighbours import Seams, neighbour
from gondwana.science.places import Places
from gondwana.science.sphere import unit_vectors
from gondwana.science.topology import Topology

Float = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Point = tuple[float, float]

MOST_INTERPOLATED = 200_000
"""Cells that are interpolated at once: a second of work."""

MOST_STEPS = 1_000_000
"""Points on the way of a line: some thirty times around the globe at a tenth of a degree."""

_OPPOSITE = np.pi - 1e-6  # radians, from which two points have no way between them


def cells_at(points: Sequence[Point], lon: Float, lat: Float) -> list[tuple[int, int]]:
    """Find the cells whose centres are nearest to points.

    Parameters
    ----------
    points : sequence of (longitude, latitude)
        Degrees.
    lon, lat : ndarray, (ny, nx)
        Centres of the cells, degrees.

    Returns
    -------
    list of (row, column)
        One a point, in their order.
    """
    tree = cKDTree(unit_vectors(lon, lat).reshape(-1, 3))
    lon_points, lat_points = np.asarray(points, dtype=np.float64).T
    _, nearest = tree.query(unit_vectors(lon_points, lat_points))
    rows, columns = np.unravel_index(np.atleast_1d(nearest), lon.shape)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def along_line(
    points: Sequence[Point],
    lon: Float,
    lat: Float,
    topology: Topology,
    width: int = 1,
    places: Places | None = None,
) -> Mask:
    """Find the cells of a channel: joined by their edges from the first point to the last.

    Parameters
    ----------
    points : sequence of (longitude, latitude)
        Corners of a line of great circles, degrees.
    lon, lat : ndarray, (ny, nx)
        Centres of the cells, degrees.
    topology : Topology
        Seams of the grid.
    width : int
        Cells across.
    places : Places, optional
        The same centres, prepared.

    Returns
    -------
    ndarray of bool, (ny, nx)

    Raises
    ------
    ParameterError
        The line is very long, or it is open which way it goes: two of its points lie opposite
        each other on the globe.
    """
    places = Places(lon, lat) if places is None else places
    spacing = float(np.deg2rad(min(np.abs(np.diff(lat, axis=0)).max(), 5.0)))
    path = _way(points, spacing / 8.0)
    seams = Seams.of(topology, places.shape)
    owners = topology.owners(places.shape).ravel() if topology.has_copies else None
    near = places.nearest(path)  # type: ignore[arg-type]
    near = near if owners is None else owners[near]
    kept = np.append(True, near[1:] != near[:-1])
    cells = _joined(near[kept], lon, lat, seams.owners, seams.shape, seams.wrap)
    mask = np.zeros(lon.size, dtype=np.bool_)
    mask[seams.grown(np.unique(cells), width)] = True
    return topology.synchronise(mask.reshape(lon.shape))


def smoothed(values: Float, mask: Mask, times: int, topology: Topology, apart: Mask) -> Float:
    """Replace the chosen cells by means over themselves and their neighbours by edges.

    Cells that are not chosen keep their values and take part in the means of their neighbours.

    Parameters
    ----------
    values : ndarray, (ny, nx)
        NaN where there is no value; such cells take no part.
    mask : ndarray of bool, (ny, nx)
        Where; only cells with a value.
    times : int
        How often.
    topology : Topology
    apart : ndarray of bool, (ny, nx)
        Cells on either side of this line are not mixed: those where it is True, and the others.

    Returns
    -------
    ndarray, (ny, nx)
        A new array.
    """
    seams = Seams.of(topology, (values.shape[0], values.shape[1]))
    cells = _owned(mask, topology)
    around = _around(cells, values, apart, seams)
    flat = values.ravel().copy()
    for _ in range(times):
        flat[cells] = _mean(flat, cells, around)
    return topology.synchronise(flat.reshape(values.shape))


def interpolated(values: Float, mask: Mask, topology: Topology, apart: Mask) -> Float:
    """Let the chosen cells take what the cells around them say: a harmonic surface.

    Each chosen cell becomes the mean of its neighbours by edges (the discrete Laplace equation);
    what is beyond a closed boundary or has no value does not count.

    Parameters
    ----------
    values, mask, topology, apart
        As for `smoothed`.

    Returns
    -------
    ndarray, (ny, nx)
        A new array.

    Raises
    ------
    ParameterError
        A part of the selection touches no cell to begin from, or it is too large.
    """
    seams = Seams.of(topology, (values.shape[0], values.shape[1]))
    cells = _owned(mask, topology)
    if cells.size > MOST_INTERPOLATED:
        raise ParameterError(
            f"would interpolate {cells.size} cells", remedy=f"select at most {MOST_INTERPOLATED}"
        )
    around = _around(cells, values, apart, seams)
    place = np.full(values.size, -1, dtype=np.int64)
    place[cells] = np.arange(cells.size)
    known = around >= 0
    inner = known & (place[around] >= 0)
    rim = known & ~inner
    row, way = np.nonzero(inner)
    links = coo_matrix(
        (np.ones(row.size), (row, place[around[row, way]])), shape=(cells.size, cells.size)
    ).tocsr()
    parts, part = connected_components(links, directed=False)
    if np.bincount(part, rim.any(axis=1), parts).min(initial=1.0) == 0.0:
        raise ParameterError(
            "a part of the selection has no rim to begin from", remedy="leave some cells out of it"
        )
    flat = values.ravel().copy()
    system = diags(known.sum(axis=1).astype(np.float64)) - links
    begun = np.where(rim, flat[np.where(rim, around, 0)], 0.0).sum(axis=1)
    found = np.atleast_1d(spsolve(system.tocsc(), begun))
    edge = flat[around[rim]]
    flat[cells] = np.clip(found, edge.min(), edge.max())  # within what rounding may leave
    return topology.synchronise(flat.reshape(values.shape))


def _way(points: Sequence[Point], step: float) -> Float:
    """Points on great circles, at most ``step`` (radians) apart."""
    places = unit_vectors(*np.asarray(points, dtype=np.float64).T)
    turns = np.linalg.norm(np.cross(places[1:], places[:-1]), axis=1)
    angles = np.arctan2(turns, np.sum(places[1:] * places[:-1], axis=1))
    if angles.max() > _OPPOSITE:
        raise ParameterError(
            "two points of the line lie opposite each other on the globe",
            remedy="give a point between them",
        )
    if angles.sum() / step > MOST_STEPS:
        raise ParameterError("the line is too long", remedy="draw it in parts")
    pieces = [_great_circle_points(start, end, step) for start, end in pairwise(points)]
    return np.concatenate(pieces)


def _great_circle_points(start: Point, end: Point, step: float) -> Float:
    a, b = unit_vectors(*start), unit_vectors(*end)
    angle = float(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b))
    if angle < 1e-12:
        return np.array([start, end])
    fractions = np.linspace(0.0, 1.0, max(2, int(np.ceil(angle / step)) + 1))[:, None]
    points = (np.sin((1 - fractions) * angle) * a + np.sin(fractions * angle) * b) / np.sin(angle)
    lon = np.rad2deg(np.arctan2(points[:, 1], points[:, 0]))
    lat = np.rad2deg(np.arcsin(np.clip(points[:, 2], -1.0, 1.0)))
    found = np.column_stack([lon, lat])
    found[0], found[-1] = start, end
    return found


def _owned(mask: Mask, topology: Topology) -> Index:
    """Flat indices of the owners of a mask."""
    if topology.has_copies:
        mask = mask & topology.owned((mask.shape[0], mask.shape[1]))
    return np.flatnonzero(mask)


def _around(cells: Index, values: Float, apart: Mask, seams: Seams) -> Index:
    """Neighbours (n, 4) that have a value and lie on the same side; -1 for the others."""
    around = np.column_stack([seams.beside(cells, way) for way in range(4)])
    there = np.where(around >= 0, around, cells[:, None])
    fits = np.isfinite(values.flat[there]) & (apart.flat[there] == apart.flat[cells][:, None])
    return np.where((around >= 0) & fits, around, -1)


@kernel
def _mean(values: Float, cells: Index, around: Index) -> Float:
    means = np.empty(cells.size)
    for k in range(cells.size):
        total, count = values[cells[k]], 1
        for way in range(4):
            if around[k, way] >= 0:
                total += values[around[k, way]]
                count += 1
        means[k] = total / count
    return means


@kernel
def _joined(
    near: Index, lon: Float, lat: Float, owners: Index, shape: tuple[int, int], wrap: bool
) -> Index:
    """Cells from one to the next through edges, a corner being no passage for water."""
    cells = [near[0]]
    nx = shape[1]
    for k in range(1, near.size):
        here, end = cells[-1], near[k]
        goal_x, goal_y = np.deg2rad(lon[end // nx, end % nx]), np.deg2rad(lat[end // nx, end % nx])
        for _ in range(shape[0] + shape[1]):
            if here == end:
                break
            best, closest = -1, -2.0
            for way in range(4):
                beside = neighbour(here, way, owners, shape, wrap)
                if beside < 0:
                    continue
                x = np.deg2rad(lon[beside // nx, beside % nx])
                y = np.deg2rad(lat[beside // nx, beside % nx])
                # minus the square of the chord, by haversines: exact for near cells
                away = (
                    np.sin(0.5 * (y - goal_y)) ** 2
                    + np.cos(y) * np.cos(goal_y) * np.sin(0.5 * (x - goal_x)) ** 2
                )
                if -away > closest:
                    best, closest = beside, -away
            here = best
            cells.append(here)
    return np.array(cells)
