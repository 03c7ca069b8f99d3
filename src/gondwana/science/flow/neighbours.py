"""How compiled loops step from a cell to its eight neighbours.

All arrays of this package are flat and *padded*: one row beyond each pole is added, which holds
``BEYOND_POLE`` and is never entered. The cell in row j (from the south) and column i is number
``(j + 1) * nx + i``. Columns close around the globe.

Indices into large arrays are cast to ``uintp`` in the hot loops: for a signed index, the compiler
adds a test for negative values to every access, which costs more than the rest of the loop.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from gondwana.science.kernels import kernel

Level = npt.NDArray[np.int32]
Code = npt.NDArray[np.uint8]
Cell = npt.NDArray[np.int32]
Offset = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]

BEYOND_POLE = np.int32(2**31 - 1)
"""Level of the padding rows: above everything, so that nothing flows there."""

ROW_STEP = np.array([1, 1, 0, -1, -1, -1, 0, 1])
COLUMN_STEP = np.array([0, 1, 1, 1, 0, -1, -1, -1])
"""Steps of the directions 1 N, 2 NE, 3 E, 4 SE, 5 S, 6 SW, 7 W, 8 NW; rows count from the south."""


@lru_cache(maxsize=8)
def neighbour_offsets(nx: int) -> Offset:
    """Differences between the numbers of a cell and of its neighbours.

    Parameters
    ----------
    nx : int
        Number of columns.

    Returns
    -------
    ndarray of int64, (3, 8)
        For the first column, the columns between, and the last; by direction from N clockwise.
        Kept, and not to be written to.
    """
    inside = ROW_STEP * nx + COLUMN_STEP
    first = np.where(COLUMN_STEP < 0, inside + nx, inside)
    last = np.where(COLUMN_STEP > 0, inside - nx, inside)
    offsets = np.stack([first, inside, last]).astype(np.int64)
    offsets.flags.writeable = False
    return offsets


@kernel
def column_kind(cell: int, nx: int) -> np.uintp:
    """Row of the table of offsets that holds for a cell."""
    column = np.uint32(cell) % np.uint32(nx)
    if column == 0:
        return np.uintp(0)
    if column == np.uint32(nx - 1):
        return np.uintp(2)
    return np.uintp(1)


@kernel
def west_east(cell: int, column: int, nx: int) -> tuple[int, int]:
    """Numbers of the neighbours in the same row."""
    west = cell - 1 if column > 0 else cell + nx - 1
    east = cell + 1 if column < nx - 1 else cell - nx + 1
    return west, east
