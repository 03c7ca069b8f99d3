"""Small planets for the tests of the routing, and slow references written for plainness."""

import heapq
from collections.abc import Iterator

import numpy as np
import xarray as xr

from gondwana.science.flow import Drainage
from gondwana.science.planet import random_planet

CLOCKWISE = [(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)]
"""(rows northwards, columns eastwards) of the directions 1 N, 2 NE ... 8 NW."""


def planet(values: object) -> xr.DataArray:
    """Spread values, the southernmost row first, over the globe."""
    field = np.asarray(values, dtype=np.float64)
    ny, nx = field.shape
    lat = -90.0 + (np.arange(ny) + 0.5) * 180.0 / ny
    lon = -180.0 + (np.arange(nx) + 0.5) * 360.0 / nx
    return xr.DataArray(field, {"lat": lat, "lon": lon}, ("lat", "lon"), name="topography")


def serpentine(turns: int, length: int, *, descending: bool) -> tuple[xr.DataArray, int]:
    """Make one river that winds through walls, and the number of its cells; land but for 1 cell."""
    walls = np.full((2 * turns + 1, length + 2), 9000.0)
    river = []
    for turn in range(turns):
        columns = range(1, length + 1) if turn % 2 == 0 else range(length, 0, -1)
        river += [(2 * turn + 1, column) for column in columns]
        if turn < turns - 1:
            river.append((2 * turn + 2, columns[-1]))
    rows, columns = np.array(river).T
    walls[rows, columns] = 100.0 + 0.01 * np.arange(len(river)) * descending
    walls[rows[0], columns[0]] = -10.0
    return planet(walls), len(river) - 1


def awkward_planets() -> dict[str, xr.DataArray]:
    """Planets that break careless routing."""
    rough = np.random.default_rng(5)
    one_ocean_cell = rough.integers(1, 1000, (12, 17)).astype(float)
    one_ocean_cell[5, 0] = -1.0
    plateau = np.full((40, 60), 100.0)
    plateau[20, 30] = 0.0
    seam = np.full((9, 12), -50.0)
    seam[3:6, [10, 11, 0, 1]] = rough.integers(1, 5, (3, 4))
    poles = np.full((10, 16), -50.0)
    poles[:2] = rough.integers(1, 300, (2, 16))
    poles[-3:] = rough.integers(1, 300, (3, 16))
    craters = rough.integers(1, 4, (30, 40)) * 100.0
    craters[0, 7] = -3.0
    return {
        "no land": planet(np.full((6, 8), -100.0)),
        "one land cell": planet(np.where(np.arange(48) == 13, 0.0003, -1.0).reshape(6, 8)),
        "one ocean cell": planet(one_ocean_cell),
        "plateau": planet(plateau),
        "land on the seam": planet(seam),
        "land at both poles": planet(poles),
        "few levels": planet(craters),
        "two columns": planet([[5.0, 3.0], [-1.0, 4.0], [2.0, 2.0]]),
        "winding river": serpentine(9, 20, descending=True)[0],
        "winding canal": serpentine(9, 20, descending=False)[0],
    }


def rough_planet(seed: int, shape: tuple[int, int] = (24, 36), **options: float) -> xr.DataArray:
    """Make a planet with many lakes and flats."""
    return random_planet(shape=shape, seed=seed, spectral_slope=1.6, **options)


def around(row: int, column: int, shape: tuple[int, int]) -> Iterator[tuple[int, int, int]]:
    """Direction, row and column of the neighbours of a cell."""
    for direction, (north, east) in enumerate(CLOCKWISE, 1):
        if 0 <= row + north < shape[0]:
            yield direction, row + north, (column + east) % shape[1]


def slowly_filled(millimetres: np.ndarray, sinks: tuple[tuple[int, int], ...] = ()) -> np.ndarray:
    """Fill by always going on from the lowest cell reached; 0 is the ocean."""
    filled = np.where(millimetres == 0, 0, -1)
    reached = [(0, j, i) for j, i in np.argwhere(millimetres == 0)]
    for j, i in sinks:
        filled[j, i] = millimetres[j, i]
        reached.append((millimetres[j, i], j, i))
    heapq.heapify(reached)
    while reached:
        level, j, i = heapq.heappop(reached)
        for _, y, x in around(j, i, millimetres.shape):
            if filled[y, x] < 0:
                filled[y, x] = max(level, millimetres[y, x])
                heapq.heappush(reached, (filled[y, x], y, x))
    return filled


def to_millimetres(topography: xr.DataArray) -> np.ndarray:
    z = topography.values
    return np.where(z > 0, np.maximum(np.rint(1000.0 * z), 1), 0).astype(np.int64)


def downstream(drainage: Drainage) -> np.ndarray:
    """Flat index of the cell that each cell drains to; itself for the ocean and for sinks."""
    shape = drainage.direction.shape
    rows, columns = np.indices(shape)
    steps = np.array([(0, 0), *CLOCKWISE, (0, 0)])[drainage.direction]
    return (rows + steps[..., 0]) * shape[1] + (columns + steps[..., 1]) % shape[1]
