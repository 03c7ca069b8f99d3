"""Depressions that keep their water: from points that a person marked to the cells of the sinks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gondwana.errors import ParameterError
from gondwana.science.flow.fill import fill
from gondwana.science.flow.neighbours import Float, Level, Offset, column_kind
from gondwana.science.kernels import kernel


def find_sinks(
    terrain: Level, offsets: Offset, points: Sequence[tuple[float, float]], lat: Float, lon: Float
) -> npt.NDArray[np.int64]:
    """Find the lowest cell of each depression in which a point lies.

    A depression is the connected set of cells that filling would raise: the lake at its spill
    level. Of equally low cells the one reached first from the point, breadth first, is the sink;
    a second point in the same depression changes nothing.

    Parameters
    ----------
    terrain : ndarray of int32
        Padded levels before filling, from `fill.terrain_levels`.
    offsets : ndarray of int64, (3, 8)
    points : sequence of (longitude, latitude)
        Degrees, any convention of longitude.
    lat, lon : ndarray
        Axes of the grid, degrees.

    Returns
    -------
    ndarray of int64
        Padded numbers of the sinks, each once.

    Raises
    ------
    ParameterError
        A point that is no place, or that lies in no depression.
    """
    if not points:
        return np.empty(0, dtype=np.int64)
    filled = terrain.copy()
    fill(filled, offsets, np.empty(0, dtype=np.int64))
    sinks = []
    for point in points:
        cell = _cell_of(point, lat, lon)
        if filled[cell] < 0:
            continue  # in the depression of an earlier point
        if filled[cell] <= -terrain[cell]:
            what = "on land that drains already" if terrain[cell] < 0 else "in the ocean"
            raise ParameterError(
                f"the endorheic point at longitude {point[0]:g}, latitude {point[1]:g} is {what}, "
                "not in a depression",
                remedy="mark a cell that lies below the level at which the depression overflows",
            )
        sinks.append(_lowest_of_depression(terrain, filled, offsets, cell))
    return np.array(sinks, dtype=np.int64)


def _cell_of(point: tuple[float, float], lat: Float, lon: Float) -> int:
    """Return the padded number of the cell with the nearest centre, by row and column."""
    if not (np.all(np.isfinite(point)) and abs(point[1]) <= 90.0):
        raise ParameterError(
            f"the endorheic point {tuple(point)} is no place",
            remedy="give longitude and latitude in degrees",
        )
    row = int(np.argmin(np.abs(lat - point[1])))
    column = round((point[0] - lon[0]) * lon.size / 360.0) % lon.size
    return int((row + 1) * lon.size + column)


@kernel
def _lowest_of_depression(terrain: Level, filled: Level, offsets: Offset, start: int) -> int:
    """Search the raised cells around ``start``; their ``filled`` levels are negated."""
    nx = offsets[0, 0]
    raised = 0
    for cell in range(nx, terrain.size - nx):
        raised += filled[cell] > -terrain[cell]
    queue = np.empty(raised, np.int32)
    queue[0] = start
    filled[start] = -filled[start]
    known = 1
    lowest = start
    for done in range(raised):
        if done == known:
            break
        cell = queue[done]
        if terrain[cell] > terrain[lowest]:  # negated levels: the lower cell has the larger
            lowest = cell
        kind = column_kind(cell, nx)
        for d in range(8):
            near = cell + offsets[kind, d]
            if terrain[near] < 0 and filled[near] > -terrain[near]:
                filled[near] = -filled[near]
                queue[known] = near
                known += 1
    return lowest
