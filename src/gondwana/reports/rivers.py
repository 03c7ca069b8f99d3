"""River networks and basins as they are drawn: upstream areas, lines by width, colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gondwana.reports.lines import trail

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CLASSES = (3e4, 1e5, 3e5, 1e6, 3e6)
"""Upstream areas in km² from which a river is drawn, and drawn wider."""

COLOURS = 8
"""Colours that basins are given; enough for every map seen so far."""

_MOST_SEGMENTS = 15_000
_ROW = (0, -1, -1, 0, 1, 1, 1, 0, -1)  # by direction 1 N .. 8 NW, rows from the north
_COLUMN = (0, 0, 1, 1, 1, 0, -1, -1, -1)


@dataclass(frozen=True)
class Network:
    """Which cell each cell drains to, and how much land drains through it.

    Attributes
    ----------
    downstream : ndarray of int64, (n,)
        Flat number of the next cell; -1 at outlets and over the ocean.
    area : ndarray, (n,)
        Upstream area with the cell itself, in the unit given; 0 over the ocean.
    shape : tuple of int
        Rows (north first) and columns.
    """

    downstream: Ints
    area: Array
    shape: tuple[int, int]


def network(trip: Array, distance: Array, cell_area: Array) -> Network:
    """Follow the directions of a routing file.

    Parameters
    ----------
    trip : ndarray, (ny, nx)
        1 to 8, at outlets 97 to 99, NaN over the ocean; north first.
    distance : ndarray, (ny, nx)
        Along the river to the ocean: shorter downstream than upstream.
    cell_area : ndarray, (ny, nx)

    Returns
    -------
    Network
    """
    ny, nx = trip.shape
    code = np.nan_to_num(trip).astype(np.int64)
    flowing = (code >= 1) & (code <= 8)
    steps = np.where(flowing, code, 0)
    row = np.arange(ny)[:, None] + np.array(_ROW)[steps]
    column = (np.arange(nx)[None, :] + np.array(_COLUMN)[steps]) % nx
    inside = flowing & (row >= 0) & (row < ny)
    downstream = np.where(inside, row * nx + column, -1).ravel()
    area = np.where(code > 0, cell_area, 0.0).ravel().tolist()
    order = np.flatnonzero(downstream >= 0)
    order = order[np.argsort(-distance.ravel()[order], kind="stable")]
    for cell, below in zip(order.tolist(), downstream[order].tolist(), strict=True):
        area[below] += area[cell]
    return Network(downstream, np.array(area), (ny, nx))


def river_lines(rivers: Network) -> list[str]:
    """Draw the rivers of each of the `CLASSES`, in units of half cells.

    Returns
    -------
    list of str
        Texts of SVG paths, from the thinnest to the widest; some may be empty.
    """
    nx = rivers.shape[1]
    drawn = (rivers.downstream >= 0) & (rivers.area >= _least(rivers))
    grade = np.where(drawn, np.searchsorted(CLASSES, rivers.area, side="right"), 0)
    grade[drawn & (grade == 0)] = 1
    grades, below = grade.tolist(), rivers.downstream.tolist()
    entered = np.zeros(grade.size, dtype=bool)
    same = np.flatnonzero(drawn)
    entered[rivers.downstream[same[grade[rivers.downstream[same]] == grade[same]]]] = True
    done = bytearray(grade.size)
    paths: list[list[str]] = [[] for _ in CLASSES]
    for head in np.flatnonzero(drawn & ~entered).tolist():
        level, cell, cells = grades[head], head, [head]
        while grades[cell] == level and not done[cell]:
            done[cell] = 1
            cell = below[cell]
            cells.append(cell)
        paths[level - 1].append(_through(np.array(cells), nx))
    return ["".join(path) for path in paths]


def _least(rivers: Network) -> float:
    """Find the upstream area from which to draw, so that lines stay few on fine grids."""
    flowing = rivers.area[rivers.downstream >= 0]
    if flowing.size <= _MOST_SEGMENTS:
        return CLASSES[0]
    return max(CLASSES[0], float(np.partition(flowing, -_MOST_SEGMENTS)[-_MOST_SEGMENTS]))


def _through(cells: Ints, nx: int) -> str:
    """Draw a line through the centres of cells; across the seam it leaves and comes in again."""
    x, y = 2 * (cells % nx) + 1, 2 * (cells // nx) + 1
    jumps = np.flatnonzero(np.abs(np.diff(x)) > nx)
    parts, start = [], 0
    for jump in jumps.tolist():
        across = 2 * nx if x[jump + 1] < x[jump] else -2 * nx
        leaving = np.array([x[jump + 1] + across, y[jump + 1]])
        coming = np.array([[x[jump] - across, y[jump]], [x[jump + 1], y[jump + 1]]])
        before = np.stack([x[start : jump + 1], y[start : jump + 1]], axis=1)
        parts += [trail(np.vstack([before, leaving])), trail(coming)]
        start = jump + 1
    parts.append(trail(np.stack([x[start:], y[start:]], axis=1)))
    return "".join(parts)


def basin_colours(basins: Ints) -> Ints:
    """Give every basin one of the `COLOURS`, another than its neighbours have.

    Parameters
    ----------
    basins : ndarray of int64, (ny, nx)
        Numbers from 1; 0 over the ocean. The first and the last column touch.

    Returns
    -------
    ndarray of int64, (ny, nx)
        1 to `COLOURS`; 0 over the ocean.
    """
    count = int(basins.max(initial=0))
    beside: list[list[int]] = [[] for _ in range(count + 1)]
    for one, other in _touching(basins).tolist():
        beside[max(one, other)].append(min(one, other))
    colour = [0] * (count + 1)
    for basin in range(1, count + 1):
        taken = {colour[other] for other in beside[basin]}
        turns = ((basin + k) % COLOURS + 1 for k in range(COLOURS))
        colour[basin] = next((c for c in turns if c not in taken), basin % COLOURS + 1)
    result: Ints = np.array(colour, dtype=np.int64)[basins]
    return result


def _touching(basins: Ints) -> Ints:
    """List the pairs of basins with a common edge or corner, each once, (n, 2)."""
    east = np.roll(basins, -1, axis=1)
    pairs: list[tuple[npt.NDArray[Any], npt.NDArray[Any]]] = [
        (basins, east),
        (basins[1:], basins[:-1]),
        (basins[1:], east[:-1]),
        (east[1:], basins[:-1]),
    ]
    one = np.concatenate([a.ravel() for a, _ in pairs])
    other = np.concatenate([b.ravel() for _, b in pairs])
    different = (one != other) & (one > 0) & (other > 0)
    low = np.minimum(one, other)[different]
    high = np.maximum(one, other)[different]
    keys = np.unique(low * (int(basins.max(initial=0)) + 1) + high)
    return np.stack(np.divmod(keys, int(basins.max(initial=0)) + 1), axis=1)
