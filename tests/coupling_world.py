"""A small coupling that can be checked by hand: an ocean of 20° cells under LMDZ 12x9."""

from __future__ import annotations

import numpy as np

from gondwana.science.coupling import Exchange, Points, exchange, lmdz_points, ocean_points
from gondwana.science.ocean_grid import OceanGrid
from small_grids import plain_grid

LAND = (slice(2, 5), slice(5, 9))
"""Rows and columns of the one continent: 30°S to 30°N, 80°W to 0° (no halo)."""


def ocean_grid(halo: bool = False) -> OceanGrid:
    return plain_grid(step=20.0, limit=70.0, halo=halo)


def wet_cells(grid: OceanGrid) -> np.ndarray:
    wet = np.ones(grid.shape, dtype=np.bool_)
    rows, columns = LAND
    shift = 1 if grid.topology.halo else 0
    wet[rows, columns.start + shift : columns.stop + shift] = False
    return wet


def small_exchange(halo: bool = False, atmosphere: Points | None = None) -> Exchange:
    grid = ocean_grid(halo)
    ocean = ocean_points(grid, wet_cells(grid))
    return exchange(ocean, lmdz_points(12, 9) if atmosphere is None else atmosphere)
