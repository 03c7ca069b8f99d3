"""From a filled surface to flow directions: steepest descent, and a way out of every flat.

Codes: 0 ocean, 1 N, 2 NE, 3 E, 4 SE, 5 S, 6 SW, 7 W, 8 NW, 9 endorheic sink.

The *conditioned* surface is the filled one plus up to half a millimetre on flats: 0.5 mm times
the cell's front over the largest front plus one. A front number is the number of steps to the
nearest exit of the flat. Levels are whole millimetres, so heights compare as pairs of level and
front.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from gondwana.science.flow.neighbours import (
    Cell,
    Code,
    Float,
    Level,
    Offset,
    column_kind,
    west_east,
)
from gondwana.science.kernels import kernel

SINK: Final = np.uint8(9)
BEYOND: Final = np.uint8(255)
_TIED: Final = np.uint8(16)
_UNKNOWN: Final = np.int32(-1)
_FIRST: Final = np.array(
    [0] + [(bits & -bits).bit_length() for bits in range(1, 256)], dtype=np.uint8
)
"""Direction of the lowest bit that is set."""

FLAT_RISE = 0.5
"""Millimetres by which no cell of a flat is raised more."""


def directions(level: Level, offsets: Offset, sinks: Offset) -> tuple[Code, Cell, int]:
    """Lead every land cell to its lowest neighbour on the conditioned surface.

    Parameters
    ----------
    level : ndarray of int32
        Filled levels, padded.
    offsets : ndarray of int64, (3, 8)
    sinks : ndarray of int64
        Padded numbers of endorheic sinks.

    Returns
    -------
    code : ndarray of uint8
        Padded directions; of equally low neighbours, the first from N clockwise.
    front : ndarray of int32
        Padded front numbers.
    int
        The largest front number.
    """
    nx = int(offsets[0, 0])
    code = np.zeros(level.size, dtype=np.uint8)
    code[:nx] = code[-nx:] = BEYOND
    front = np.zeros(level.size, dtype=np.int32)
    flats, ties = _lowest_neighbours(level, code, front, nx)
    code[sinks] = SINK
    front[sinks] = 0  # a sink lies on a flat, whose exit it is
    last = _lead_off_flats(level, code, front, offsets, flats) if flats else 0
    if ties:
        _settle_ties(level, code, front, offsets)
    return code, front, last


@kernel
def _lowest_neighbours(level: Level, code: Code, front: Cell, nx: int) -> tuple[int, int]:
    """Find the lowest neighbour where there is one; mark and count flat and tied cells."""
    flats = 0
    ties = 0
    for start in range(nx, level.size - nx, nx):
        for column in range(nx):
            cell = start + column
            own = level[np.uintp(cell)]
            if own == 0:
                continue
            west, east = west_east(cell, column, nx)
            lowest, equal = _lowest_around(level, cell, west, east, nx)
            # no branches: they would follow no pattern, and cost more than the rest
            flat = lowest >= own
            tied = ((equal & (equal - 1)) != 0) & (lowest > 0) & (not flat)
            flats += int(flat)
            ties += int(tied)
            front[np.uintp(cell)] = _UNKNOWN if flat else 0
            code[np.uintp(cell)] = _TIED if tied else _FIRST[np.uintp(equal)]
    return flats, ties


@kernel
def _lowest_around(level: Level, cell: int, west: int, east: int, nx: int) -> tuple[np.int32, int]:
    """Lowest level among the neighbours, and one bit for each neighbour that has it, N first."""
    north = level[np.uintp(cell + nx)]
    north_east = level[np.uintp(east + nx)]
    right = level[np.uintp(east)]
    south_east = level[np.uintp(east - nx)]
    south = level[np.uintp(cell - nx)]
    south_west = level[np.uintp(west - nx)]
    left = level[np.uintp(west)]
    north_west = level[np.uintp(west + nx)]
    eastern = min(north, north_east, right, south_east)
    western = min(south, south_west, left, north_west)
    low = min(eastern, western)
    equal = (north == low) | (north_east == low) << 1 | (right == low) << 2
    equal |= (south_east == low) << 3 | (south == low) << 4 | (south_west == low) << 5
    equal |= (left == low) << 6 | (north_west == low) << 7
    return low, equal


@kernel
def _lead_off_flats(level: Level, code: Code, front: Cell, offsets: Offset, flats: int) -> int:
    """Let fronts move from the exits of flats inwards, and lead each cell back outwards."""
    nx = offsets[0, 0]
    queue = np.empty(flats, np.int32)
    known = 0
    for cell in range(nx, level.size - nx):
        if front[np.uintp(cell)] != _UNKNOWN:
            continue
        own = level[np.uintp(cell)]
        kind = column_kind(cell, nx)
        beside_exit = False
        for d in range(8):
            near = np.uintp(cell + offsets[kind, d])
            beside_exit |= (level[near] == own) & (front[near] == 0)
        if beside_exit:
            front[np.uintp(cell)] = 1
            queue[np.uintp(known)] = cell
            known += 1
    number = 0
    done = 0
    while done < known:
        cell = queue[np.uintp(done)]
        done += 1
        own = level[np.uintp(cell)]
        number = front[np.uintp(cell)]
        kind = column_kind(cell, nx)
        outwards = 0
        for d in range(7, -1, -1):
            near = np.uintp(cell + offsets[kind, d])
            same = level[near] == own
            outwards = d + 1 if same & (front[near] == number - 1) else outwards
            if same & (front[near] == _UNKNOWN):
                front[near] = number + 1
                queue[np.uintp(known)] = near
                known += 1
        code[np.uintp(cell)] = outwards
    return number


@kernel
def _settle_ties(level: Level, code: Code, front: Cell, offsets: Offset) -> None:
    """Among neighbours at the lowest level, take the one with the lowest front."""
    nx = offsets[0, 0]
    for cell in range(nx, level.size - nx):
        if code[np.uintp(cell)] != _TIED:
            continue
        kind = column_kind(cell, nx)
        lowest = np.int64(2**63 - 1)
        for d in range(8):
            near = np.uintp(cell + offsets[kind, d])
            height = np.int64(level[near]) << 32 | np.int64(front[near]) << 3 | d
            lowest = min(lowest, height)
        code[np.uintp(cell)] = (lowest & 7) + 1


@kernel
def steepest_slopes(
    level: Level, code: Code, front: Cell, last: int, offsets: Offset, step_km: Float
) -> None:
    """Replace directions by those of the steepest slope on the conditioned surface."""
    nx = offsets[0, 0]
    rise = FLAT_RISE / (last + 1)
    for cell in range(nx, level.size - nx):
        if code[np.uintp(cell)] == 0 or code[np.uintp(cell)] == SINK:
            continue
        row = cell // nx - 1
        kind = column_kind(cell, nx)
        steepest = 0.0
        for d in range(8):
            near = np.uintp(cell + offsets[kind, d])
            drop = level[np.uintp(cell)] - level[near]
            drop += rise * (front[np.uintp(cell)] - front[near])
            if drop > steepest * step_km[row, d + 1]:
                steepest = drop / step_km[row, d + 1]
                code[np.uintp(cell)] = d + 1
