"""What lies upstream of what: basins, distances to the ocean and drained areas, in linear time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gondwana.errors import InputError
from gondwana.science.flow.directions import SINK
from gondwana.science.flow.neighbours import Cell, Code, Float, Offset, column_kind
from gondwana.science.kernels import kernel


def basins_and_distances(
    code: Code, offsets: Offset, step_km: Float, row_area: Float
) -> tuple[Cell, Float, npt.NDArray[np.int64], Float]:
    """Follow the directions from every land cell to its outlet.

    Parameters
    ----------
    code : ndarray of uint8
        Padded directions: 0 ocean, 1..8, 9 endorheic sink; none goes beyond a pole.
    offsets : ndarray of int64, (3, 8)
    step_km : ndarray, (ny, 10)
        Length of the step in each direction (0 unused, 9 of a sink) from a cell of each row, km.
    row_area : ndarray, (ny,)
        Area of a cell of each row, km².

    Returns
    -------
    basins : ndarray of int32
        Padded numbers, from 1 by decreasing area, equal areas from south to north, then from west
        to east; 0 over the ocean.
    distance : ndarray of float64
        Padded distances along the river to the ocean (or into the sink), km; 0 over the ocean.
    outlets : ndarray of int64, (n,)
        Padded number of the outlet of each basin.
    areas : ndarray, (n,)
        Area of each basin, km².

    Raises
    ------
    InputError
        Directions that go in a circle.
    """
    nx = int(offsets[0, 0])
    basins = np.zeros(code.size, dtype=np.int32)
    distance = np.zeros(code.size, dtype=np.float64)
    found, astray = _follow(code, basins, distance, offsets, step_km)
    if astray:
        row, column = divmod(int(astray) - nx, nx)
        raise InputError(
            f"the flow directions lead in a circle at row {row} from the south, column {column} "
            "(both from 0)",
            remedy="give directions along which every land cell reaches the ocean",
        )
    areas = _basin_areas(basins, found.size, row_area, nx)
    largest_first = np.argsort(-areas)
    size = np.cumsum(np.diff(areas[largest_first], prepend=np.inf) != 0.0)
    outlets = (size << 32) | found[largest_first]
    outlets.sort()  # of equal areas, the southernmost outlet first
    outlets &= 0xFFFFFFFF
    old = basins[outlets]
    rank = np.zeros(old.size + 1, dtype=np.int32)
    rank[old] = np.arange(1, old.size + 1)
    _renumber(basins, rank)
    return basins, distance, outlets, areas[old - 1]


@kernel
def _follow(
    code: Code, basins: Cell, distance: Float, offsets: Offset, step_km: Float
) -> tuple[Cell, int]:
    """Walk down from every cell to known ground and back up again, numbering and measuring.

    Returns the outlets in the order of their discovery, and a cell of a circle or 0.
    """
    nx = offsets[0, 0]
    land = 0
    for cell in range(nx, code.size - nx):
        land += code[np.uintp(cell)] != 0
    path = np.empty(land, np.int32)
    outlets = np.empty(land, np.int32)
    found = 0
    for start in range(nx, code.size - nx):
        if code[np.uintp(start)] == 0 or basins[np.uintp(start)] != 0:
            continue
        cell = start
        length = 0
        basin = np.int32(0)
        travelled = 0.0
        while basin == 0:
            if length == land:
                return outlets[:0], cell
            path[np.uintp(length)] = cell
            length += 1
            towards = code[np.uintp(cell)]
            down = cell
            if towards != SINK:
                down = cell + offsets[column_kind(cell, nx), np.uintp(towards - 1)]
                basin = basins[np.uintp(down)]
            if basin != 0:
                travelled = distance[np.uintp(down)]
            elif towards == SINK or code[np.uintp(down)] == 0:
                outlets[np.uintp(found)] = cell
                found += 1
                basin = np.int32(found)
            cell = down
        for k in range(length - 1, -1, -1):
            cell = path[np.uintp(k)]
            row = np.uint32(cell) // np.uint32(nx) - 1
            travelled += step_km[np.uintp(row), np.uintp(code[np.uintp(cell)])]
            basins[np.uintp(cell)] = basin
            distance[np.uintp(cell)] = travelled
    return outlets[:found].copy(), 0


@kernel
def _basin_areas(basins: Cell, number: int, row_area: Float, nx: int) -> Float:
    """Sum row by row, so that the sums do not depend on where the columns begin."""
    areas = np.zeros(number)
    count = np.zeros(number, np.int32)
    latest = np.zeros(number, np.int32)
    for row in range(row_area.size):
        for cell in range((row + 1) * nx, (row + 2) * nx):
            basin = basins[np.uintp(cell)] - 1
            if basin < 0:
                continue
            if latest[np.uintp(basin)] != row:
                areas[np.uintp(basin)] += count[np.uintp(basin)] * row_area[latest[np.uintp(basin)]]
                count[np.uintp(basin)] = 0
                latest[np.uintp(basin)] = row
            count[np.uintp(basin)] += 1
    for basin in range(number):
        areas[basin] += count[basin] * row_area[latest[basin]]
    return areas


@kernel
def _renumber(basins: Cell, rank: Cell) -> None:
    for cell in range(basins.size):
        if basins[np.uintp(cell)] > 0:
            basins[np.uintp(cell)] = rank[np.uintp(basins[np.uintp(cell)])]


@kernel
def drained_areas(code: Code, offsets: Offset, row_area: Float) -> Float:
    """Area that drains through each cell, its own included, in the unit of ``row_area``.

    ``code`` is flat and not padded. Walks down from every source, and past a confluence only with
    the last of its tributaries.
    """
    nx = offsets[0, 0]
    area = np.zeros(code.size)
    tributaries = np.zeros(code.size, np.uint8)
    for cell in range(code.size):
        if 0 < code[cell] < SINK:
            direction = np.uintp(code[cell] - 1)
            tributaries[np.uintp(cell + offsets[column_kind(cell, nx), direction])] += 1
    for source in range(code.size):
        cell = source
        # what has an area was passed already, or waits for a tributary
        while area[source] == 0.0 or cell != source:
            if code[np.uintp(cell)] == 0 or tributaries[np.uintp(cell)] > 0:
                break
            area[np.uintp(cell)] += row_area[np.uintp(np.uint32(cell) // np.uint32(nx))]
            if code[np.uintp(cell)] == SINK:
                break
            direction = np.uintp(code[np.uintp(cell)] - 1)
            down = cell + offsets[column_kind(cell, nx), direction]
            if code[np.uintp(down)] == 0:
                break
            area[np.uintp(down)] += area[np.uintp(cell)]
            tributaries[np.uintp(down)] -= 1
            cell = down
    return area


@kernel
def heights_above_next(
    elevation: npt.NDArray[np.floating], code: Code, offsets: Offset, least: float
) -> Float:
    """Drop from each land cell to the next downstream, at least ``least``; 0 over the ocean.

    Arrays are flat and not padded. The ocean lies at 0; a sink has nothing below it.
    """
    nx = offsets[0, 0]
    drop = np.zeros(code.size)
    for cell in range(code.size):
        if code[cell] == 0:
            continue
        drop[cell] = least
        if code[cell] == SINK:
            continue
        direction = np.uintp(code[cell] - 1)
        down = np.uintp(cell + offsets[column_kind(cell, nx), direction])
        below = np.float64(elevation[down]) if code[down] != 0 else 0.0
        drop[cell] = max(np.float64(elevation[cell]) - below, least)
    return drop
