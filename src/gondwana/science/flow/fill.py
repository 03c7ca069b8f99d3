"""Filling depressions: the lowest surface, nowhere below the terrain, that drains everywhere.

The filled level of a cell is the minimum, over all paths to the ocean, of the highest cell on the
path. Most land has a path that never rises and keeps its level; it is settled without any order.
Only the rims of depressions need one, lowest first.

Levels are whole millimetres. A negative level is land not settled yet, at minus that level.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gondwana.errors import InputError
from gondwana.science.flow.heap import Packed, heap_drop, heap_push
from gondwana.science.flow.neighbours import (
    BEYOND_POLE,
    Cell,
    Level,
    Offset,
    column_kind,
    west_east,
)
from gondwana.science.kernels import kernel

_HIGHEST = 1.0e6  # metres; beyond this a value is no elevation, and its millimetres overflow
_NOWHERE = np.int64(BEYOND_POLE) << 32


def terrain_levels(elevation: npt.NDArray[np.floating]) -> Level:
    """Round elevations to millimetres; land is negated, which marks it as not settled.

    Parameters
    ----------
    elevation : ndarray, (ny, nx)
        Metres, positive up, south first. Land is above 0.

    Returns
    -------
    ndarray of int32, ((ny + 2) * nx,)
        Padded levels: 0 for the ocean, at most -1 for land.

    Raises
    ------
    InputError
        Values that are no elevations, or no ocean.
    """
    ny, nx = elevation.shape
    level = np.empty((ny + 2) * nx, dtype=np.int32)
    level[:nx] = level[-nx:] = BEYOND_POLE
    unusable, land = _to_millimetres(elevation, level)
    if unusable:
        raise InputError(
            f"{unusable} cells of the topography are missing or beyond ±{_HIGHEST:.0e} m",
            remedy="fill them, or check the units, before the routing",
        )
    if land == elevation.size:
        raise InputError(
            "no cell of the topography is at or below 0 m: rivers have no ocean to reach",
            remedy="check the units and the sea level",
        )
    return level


def fill(level: Level, offsets: Offset, sinks: npt.NDArray[np.int64]) -> None:
    """Settle all land, in place, at the lowest level from which it can drain.

    Parameters
    ----------
    level : ndarray of int32
        From `terrain_levels`; positive on land on return.
    offsets : ndarray of int64, (3, 8)
    sinks : ndarray of int64
        Padded numbers of land cells where water may end besides the ocean.

    Notes
    -----
    The result is that of the priority-flood (Barnes et al. 2014, doi:10.1016/j.cageo.2013.04.024)
    and of a morphological reconstruction by erosion. That only rims of depressions need a queue
    is due to Zhou et al. (2016, doi:10.1016/j.cageo.2016.02.021).
    """
    level[sinks] = -level[sinks]
    unsettled = _settle_descending(level, offsets)
    rims = _rims(level, offsets, unsettled)
    rims.sort()
    _flood(level, rims, offsets, unsettled)


@kernel
def _to_millimetres(elevation: npt.NDArray[np.floating], level: Level) -> tuple[int, int]:
    ny, nx = elevation.shape
    unusable = 0
    land = 0
    for j in range(ny):
        start = (j + 1) * nx
        for i in range(nx):
            height = elevation[j, i]
            usable = abs(height) <= _HIGHEST
            unusable += not usable
            dry = height > 0
            land += dry
            millimetres = np.int32(np.rint(height * 1000.0)) if usable else np.int32(0)
            # land stays land even where it rounds to 0
            level[start + i] = -max(millimetres, np.int32(1)) if dry else np.int32(0)
    return unusable, land


@kernel
def _lowest_settled(
    unsigned: npt.NDArray[np.uint32], cell: int, west: int, east: int, nx: int
) -> np.uint32:
    """Lowest settled level among the neighbours; read as unsigned, unsettled cells are highest."""
    south = min(unsigned[np.uintp(west - nx)], unsigned[np.uintp(east - nx)])
    north = min(unsigned[np.uintp(west + nx)], unsigned[np.uintp(east + nx)])
    beside = min(unsigned[np.uintp(west)], unsigned[np.uintp(east)])
    straight = min(unsigned[np.uintp(cell - nx)], unsigned[np.uintp(cell + nx)])
    return min(south, north, beside, straight)


@kernel
def _settle_northwards(level: Level, nx: int) -> int:
    """Settle, row by row, land with a settled neighbour that is not higher; count the rest."""
    unsigned = level.view(np.uint32)
    unsettled = 0
    for start in range(nx, level.size - nx, nx):
        for column in range(nx):
            cell = start + column
            own = -level[np.uintp(cell)]
            if own <= 0:
                continue
            west, east = west_east(cell, column, nx)
            if _lowest_settled(unsigned, cell, west, east, nx) <= np.uint32(own):
                level[np.uintp(cell)] = own
            else:
                unsettled += 1
    return unsettled


@kernel
def _settle_descending(level: Level, offsets: Offset) -> int:
    """Settle, at its own level, all land with a path to the ocean or a sink that never rises.

    One sweep, cheap in memory, settles about half; a stack does the rest. What no such path
    leaves is counted. Stacks have room for every cell that can enter, each once, and do not grow:
    a check of their size would double the time; memory never written to is never taken.
    """
    nx = offsets[0, 0]
    unsettled = _settle_northwards(level, nx)
    unsigned = level.view(np.uint32)
    stack = np.empty(unsettled + 1, np.int32)
    for start in range(level.size - 2 * nx, nx - 1, -nx):
        for column in range(nx):
            cell = start + column
            own = -level[np.uintp(cell)]
            if own <= 0:
                continue
            west, east = west_east(cell, column, nx)
            if _lowest_settled(unsigned, cell, west, east, nx) <= np.uint32(own):
                unsettled -= _climb(level, cell, offsets, stack)
    return unsettled


@kernel
def _climb(level: Level, foot: int, offsets: Offset, stack: Cell) -> int:
    """Settle a cell and all that rises from it; return how many."""
    nx = offsets[0, 0]
    level[np.uintp(foot)] = -level[np.uintp(foot)]
    stack[0] = foot
    top = 1
    settled = 0
    while top > 0:
        top -= 1
        settled += 1
        cell = stack[np.uintp(top)]
        own = -level[np.uintp(cell)]
        kind = column_kind(cell, nx)
        for d in range(8):
            near = np.uintp(cell + offsets[kind, d])
            beside = level[near]
            if beside <= own:
                level[near] = -beside
                stack[np.uintp(top)] = near
                top += 1
    return settled


@kernel
def _rims(level: Level, offsets: Offset, unsettled: int) -> Packed:
    """List the lowest settled neighbour of each unsettled cell, as level and number in one."""
    nx = offsets[0, 0]
    rims = np.empty(unsettled, np.int64)
    size = 0
    for cell in range(nx, level.size - nx):
        if level[np.uintp(cell)] >= 0:
            continue
        kind = column_kind(cell, nx)
        lowest = _NOWHERE
        for d in range(8):
            near = cell + offsets[kind, d]
            beside = level[np.uintp(near)]
            if beside >= 0:
                lowest = min(lowest, (np.int64(beside) << 32) | near)
        if lowest < _NOWHERE:
            rims[np.uintp(size)] = lowest
            size += 1
    return rims[:size]


@kernel
def _flood(level: Level, rims: Packed, offsets: Offset, unsettled: int) -> None:
    """Raise depressions to their rims, lowest rim first; ``rims`` is sorted.

    What lies beyond a depression and below its inner ridges is a depression of its own; the rims
    of those wait in a heap.
    """
    nx = offsets[0, 0]
    stack = np.empty(unsettled + 1, np.int32)
    ridge = np.empty(unsettled, np.int32)
    heap = np.empty(unsettled, np.int64)
    size = 0
    first = 0
    while first < rims.size or size > 0:
        if size > 0 and (first == rims.size or heap[0] < rims[first]):
            lowest = heap[0]
            heap_drop(heap, size)
            size -= 1
        else:
            lowest = rims[first]
            first += 1
        ridges = _fill_pool(level, lowest, offsets, stack, ridge)
        for k in range(ridges):
            cell = ridge[np.uintp(k)]
            kind = column_kind(cell, nx)
            for d in range(8):
                if level[np.uintp(cell + offsets[kind, d])] < 0:
                    heap_push(heap, size, (np.int64(level[np.uintp(cell)]) << 32) | cell)
                    size += 1
                    break


@kernel
def _fill_pool(level: Level, rim: int, offsets: Offset, stack: Cell, ridge: Cell) -> int:
    """Raise what lies behind a rim to the level of the rim, and settle the slopes above.

    Lists the cells above the pool that saw unsettled lower ones; returns their number.
    """
    nx = offsets[0, 0]
    pool = np.int32(rim >> 32)
    stack[0] = rim & 0xFFFFFFFF
    top = 1
    ridges = 0
    while top > 0:
        top -= 1
        cell = stack[np.uintp(top)]
        own = level[np.uintp(cell)]
        kind = column_kind(cell, nx)
        descends = False
        for d in range(8):
            near = np.uintp(cell + offsets[kind, d])
            beside = -level[near]
            if beside <= 0:
                continue
            if beside < own:
                if own > pool:
                    descends = True
                    continue
                beside = pool
            level[near] = beside
            stack[np.uintp(top)] = near
            top += 1
        if descends:
            ridge[np.uintp(ridges)] = cell
            ridges += 1
    return ridges
