"""What of a field goes to the browser: no more cells than the screen can show.

A raster shows a window of the grid, every so many rows and columns. Values are those of the middle
of each block of cells; marks are those of all its cells, so that nothing small goes unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gondwana.maps.grids import Grid
from gondwana.maps.projections import Projection
from gondwana.science.components import Index
from gondwana.science.kernels import kernel

Float = npt.NDArray[np.float64]
Marks = npt.NDArray[np.uint8]


class Window(NamedTuple):
    """Cells of a grid: rows and columns from the first to before the last.

    Columns of a grid that closes around the globe may run beyond its ends.
    """

    row: int
    column: int
    end_row: int
    end_column: int


@dataclass(frozen=True)
class Raster:
    """A window of a grid of ``shape``, in blocks of ``step`` by ``step`` cells."""

    shape: tuple[int, int]
    window: Window
    step: int

    @classmethod
    def over(cls, shape: tuple[int, int], window: Window, most: int) -> Raster:
        """Show a window in at most so many columns and rows."""
        rows, columns = window.end_row - window.row, window.end_column - window.column
        step = max(1, -(-max(columns, 2 * rows) // most))
        return cls(shape, window, step)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of blocks."""
        rows, columns = (
            self.window.end_row - self.window.row,
            self.window.end_column - self.window.column,
        )
        return -(-rows // self.step), -(-columns // self.step)

    @cached_property
    def rows(self) -> Index:
        """Row of the grid that each row of blocks shows."""
        middle = self.window.row + np.arange(self.size[0]) * self.step + self.step // 2
        return np.minimum(middle, self.shape[0] - 1)

    @cached_property
    def columns(self) -> Index:
        """Column of the grid that each column of blocks shows."""
        middle = self.window.column + np.arange(self.size[1]) * self.step + self.step // 2
        if self._is_around:
            return middle % self.shape[1]
        return np.minimum(middle, self.shape[1] - 1)

    def blocks(self, cells: Index) -> Window | None:
        """Find the smallest window of blocks that holds cells (flat); None if none is shown."""
        if not cells.size:
            return None
        row, column = np.divmod(cells, self.shape[1])
        up = (row - self.window.row) // self.step
        along = column - self.window.column
        if self._is_around:
            along = along % self.shape[1]
        along = along // self.step
        inside = (up >= 0) & (up < self.size[0]) & (along >= 0) & (along < self.size[1])
        if not inside.any():
            return None
        up, along = up[inside], along[inside]
        return Window(int(up.min()), int(along.min()), int(up.max()) + 1, int(along.max()) + 1)

    @property
    def _is_around(self) -> bool:
        return self.window.column < 0 or self.window.end_column > self.shape[1]

    @property
    def all(self) -> Window:
        """All blocks."""
        return Window(0, 0, *self.size)

    def values(self, field: Float, part: Window) -> npt.NDArray[np.float32]:
        """Values of blocks, float32."""
        rows = self.rows[part.row : part.end_row]
        columns = self.columns[part.column : part.end_column]
        return field[np.ix_(rows, columns)].astype(np.float32)

    def marks(self, marks: Marks, part: Window) -> Marks:
        """Gather the marks of blocks: all bits that any of their cells has."""
        if self.step == 1:
            rows = self.rows[part.row : part.end_row]
            return marks[np.ix_(rows, self.columns[part.column : part.end_column])]
        start = (self.window.row, self.window.column)
        return _gathered(marks, start, self.step, self._is_around, part)


def lookup(grid: Grid, whole: Raster, shown: Projection, most: int) -> dict[str, Any]:
    """Find what a projection view shows: the block of the whole raster under each of its places.

    Parameters
    ----------
    grid : Grid
        Places of the cells.
    whole : Raster
        Of all cells.
    shown : Projection
    most : int
        Columns of the view.

    Returns
    -------
    dict
        ``table`` (ndarray of int32, (rows, columns), southern row first; -1 outside of the globe
        or the grid), ``extent`` (of the projection: west, south, east, north).
    """
    extent = shown.extent
    rows = max(1, round(most / extent.aspect))
    x = extent.west + (np.arange(most) + 0.5) / most * (extent.east - extent.west)
    y = extent.south + (np.arange(rows) + 0.5) / rows * (extent.north - extent.south)
    lon, lat = shown.inverse(*np.meshgrid(x, y))
    cells = grid.cells(lon, lat)
    row, column = np.divmod(cells, grid.shape[1])
    block = row // whole.step * whole.size[1] + column // whole.step
    table = np.where(cells >= 0, block, -1).astype(np.int32)
    return {"table": table, "extent": [extent.west, extent.south, extent.east, extent.north]}


@kernel
def _gathered(
    marks: Marks, start: tuple[int, int], step: int, around: bool, part: tuple[int, int, int, int]
) -> Marks:
    ny, nx = marks.shape
    first_row, first_column, end_row, end_column = part
    out = np.zeros((end_row - first_row, end_column - first_column), dtype=np.uint8)
    for r in range(first_row, end_row):
        for j in range(start[0] + r * step, min(start[0] + (r + 1) * step, ny)):
            for c in range(first_column, end_column):
                bits = out[r - first_row, c - first_column]
                for k in range(step):
                    i = start[1] + c * step + k
                    if around:
                        i = i % nx
                    if i < nx:
                        bits |= marks[j, i]
                out[r - first_row, c - first_column] = bits
    return out
