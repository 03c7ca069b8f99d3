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
    # whole units add up to the same sum in any order: where the columns begin does not matter
    unit = 2.0**-62 * nx * row_area.sum()
    row_units = np.rint(row_area / unit).astype(np.int64)
    land = int(np.count_nonzero(code)) - 2 * nx  # without the padding
    found, units, astray = _follow(code, basins, distance, offsets, step_km, row_units, land)
    if astray:
        row, column = divmod(int(astray) - nx, nx)
        raise InputError(
            f"the flow directions lead in a circle at row {row} from the south, column {column} "
            "(both from 0)",
            remedy="give directions along which every land cell reaches the ocean",
        )
    outlets = _by_area(found, units)
    old = basins[outlets]
    rank = np.zeros(old.size + 1, dtype=np.int32)
    rank[old] = np.arange(1, old.size + 1)
    _renumber(basins, rank)
    return basins, distance, outlets, units[old - 1] * unit


def _by_area(outlets: npt.NDArray[np.int64], areas: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Sort outlets by decreasing area of their basins; those of equal area by their number."""
    largest_first = np.argsort(-areas)
    ordered = areas[largest_first]
    key = np.zeros(areas.size, dtype=np.int64)
    np.cumsum(ordered[1:] != ordered[:-1], out=key[1:])
    # area and number in one integer: one quick sort instead of two stable ones
    key <<= 32
    key |= outlets[largest_first]
    key.sort()
    key &= 0xFFFFFFFF
    return key


@kernel
def _follow(
    code: Code,
    basins: Cell,
    distance: Float,
    offsets: Offset,
    step_km: Float,
    row_units: Offset,
    land: int,
) -> tuple[Offset, Offset, int]:
    """Walk down from every cell to known ground and back up again, numbering and measuring.

    Returns outlets and areas of the basins in the order of their discovery, and a cell of a
    circle or 0.
    """
    nx = offsets[0, 0]
    path = np.empty(land, np.int32)
    outlets = np.empty(land, np.int64)
    areas = np.empty(land, np.int64)
    found = 0
    for start in range(nx, code.size - nx):
        if code[np.uintp(start)] == 0 or basins[np.uintp(start)] != 0:
            continue
        cell = start
        above = 0
        while True:
            towards = code[np.uintp(cell)]
            down = cell
            if towards != SINK:
                down = cell + offsets[column_kind(cell, nx), np.uintp(towards - 1)]
                basin = basins[np.uintp(down)]
                if basin != 0:
                    travelled = distance[np.uintp(down)]
                    break
            if towards == SINK or code[np.uintp(down)] == 0:
                outlets[np.uintp(found)] = cell
                areas[np.uintp(found)] = 0
                found += 1
                basin = np.int32(found)
                travelled = 0.0
                break
            if above == land:
                return outlets[:0], areas[:0], cell
            path[np.uintp(above)] = cell
            above += 1
            cell = down
        area = 0
        while True:
            row = np.uintp(np.uint32(cell) // np.uint32(nx) - 1)
            travelled += step_km[row, np.uintp(code[np.uintp(cell)])]
            area += row_units[row]
            basins[np.uintp(cell)] = basin
            distance[np.uintp(cell)] = travelled
            if above == 0:
                break
            above -= 1
            cell = path[np.uintp(above)]
        areas[np.uintp(basin - 1)] += area
    return outlets[:found].copy(), areas[:found].copy(), 0


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
