"""What the browser shows of an edited field, and which parts of it have to be sent again."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gondwana.editors.overlays import CHANGED, FOUND, PREVIEW, SELECTED
from gondwana.editors.rasters import Raster, Window, lookup
from gondwana.editors.shapes import Canvas
from gondwana.editors.telling import Answer
from gondwana.errors import ParameterError
from gondwana.maps.grids import Curvilinear, Grid, Regular
from gondwana.maps.projections import projection
from gondwana.science.components import Index, Mask

Float = npt.NDArray[np.float64]
Marks = npt.NDArray[np.uint8]

MOST = 720
"""Columns of the whole map; wider ones are thinned out until somebody looks closer."""

_GLOBE = 420
_WIDEST = 2000
_NO_CELLS = np.empty(0, dtype=np.int64)


class Picture:
    """The rasters of the whole map and of the part looked at closely, and the marks over them.

    Parameters
    ----------
    canvas : Canvas
    base : ndarray, (ny, nx)
        The field at the start, for what has changed since.
    """

    def __init__(self, canvas: Canvas, base: Float) -> None:
        ny, nx = canvas.shape
        self._canvas = canvas
        self._base = base
        self._whole = Raster.over((ny, nx), Window(0, 0, ny, nx), MOST)
        self._detail: Raster | None = None
        self._changed = np.zeros((ny, nx), dtype=np.bool_)
        self._found = np.zeros((ny, nx), dtype=np.uint8)
        self._marks = np.zeros((ny, nx), dtype=np.uint8)
        self._selected: Mask = np.zeros((ny, nx), dtype=np.bool_)
        self._preview = _NO_CELLS
        self.is_difference = False

    @property
    def changed(self) -> Mask:
        """Cells that are not as they were at the start."""
        return self._changed

    def start(self, answer: Answer, values: Float) -> None:
        """Send everything."""
        self._detail = None
        answer.told["rasters"] = [
            self._about("whole", self._whole),
            {"name": "detail", "gone": True},
        ]
        self._marks = self._marked()
        self._send("whole", self._whole, answer, values)
        if self._canvas.axes == "index":
            for name, degrees in (("lon", self._canvas.lon), ("lat", self._canvas.lat)):
                answer.put(name, 0, 0, self._whole.values(degrees, self._whole.all))

    def values_changed(self, answer: Answer, values: Float, cells: Index) -> None:
        """Send the cells whose values have changed."""
        now, then = values.flat[cells], self._base.flat[cells]
        self._changed.flat[cells] = (now != then) & ~(np.isnan(now) & np.isnan(then))
        field = self._field(values)
        for name, raster in self._rasters():
            part = raster.blocks(cells)
            if part is not None:
                answer.put(name, part.row, part.column, raster.values(field, part))

    def found(self, marks: Marks) -> None:
        """Take over what the checks have marked."""
        self._found = marks & np.uint8(FOUND)

    def select(self, mask: Mask) -> None:
        """Take over which cells are selected."""
        self._selected = mask

    def preview(self, cells: Index) -> None:
        """Mark what a fix would change."""
        self._preview = cells

    def marks_changed(self, answer: Answer) -> None:
        """Send the marks that are others now."""
        marks = self._marked()
        cells = np.flatnonzero(marks != self._marks)
        self._marks = marks
        for name, raster in self._rasters():
            part = raster.blocks(cells)
            if part is not None:
                answer.put(f"{name} marks", part.row, part.column, raster.marks(marks, part))

    def show(self, answer: Answer, values: Float, *, difference: bool) -> None:
        """Show the field, or its difference from the start."""
        self.is_difference = difference
        field = self._field(values)
        for name, raster in self._rasters():
            answer.put(name, 0, 0, raster.values(field, raster.all))

    def look(self, answer: Answer, values: Float, window: list[float], width: int) -> None:
        """Show a part of the map in more detail, if the whole does not show every cell of it."""
        detail = self._closer(window, width)
        if detail == self._detail:
            return
        self._detail = detail
        if detail is None:
            answer.told["rasters"] = [{"name": "detail", "gone": True}]
            return
        answer.told["rasters"] = [self._about("detail", detail)]
        self._send("detail", detail, answer, values)

    def globe(self, answer: Answer, name: str, centre: float) -> None:
        """Send what a projection view shows.

        Raises
        ------
        ParameterError
            There is no such projection.
        """
        canvas = self._canvas
        shown = projection(name, centre)
        found = lookup(self._grid(), self._whole, shown, _GLOBE)
        table: npt.NDArray[np.int32] = found["table"]
        answer.told["globe"] = {
            "projection": name, "centre": centre, "rows": table.shape[0],
            "columns": table.shape[1], "extent": found["extent"], "axes": canvas.axes,
        }  # fmt: skip
        answer.put("lookup", 0, 0, table)

    def _grid(self) -> Grid:
        canvas = self._canvas
        if canvas.axes == "lonlat":
            return Regular(canvas.lon[0], canvas.lat[:, 0])
        return Curvilinear(canvas.lon, canvas.lat)

    def _rasters(self) -> list[tuple[str, Raster]]:
        return [("whole", self._whole)] + ([("detail", self._detail)] if self._detail else [])

    def _field(self, values: Float) -> Float:
        return values - self._base if self.is_difference else values

    def _send(self, name: str, raster: Raster, answer: Answer, values: Float) -> None:
        answer.put(name, 0, 0, raster.values(self._field(values), raster.all))
        answer.put(f"{name} marks", 0, 0, raster.marks(self._marks, raster.all))

    def _marked(self) -> Marks:
        marks = self._found | (self._selected.view(np.uint8) * np.uint8(SELECTED))
        marks |= self._changed.view(np.uint8) * np.uint8(CHANGED)
        if self._preview.size:
            marks.flat[self._preview] |= np.uint8(PREVIEW)
        return marks

    def _closer(self, window: list[float], width: int) -> Raster | None:
        try:
            x0, y0, x1, y1 = (float(value) for value in window)
        except (TypeError, ValueError):
            raise ParameterError("this is no part of the map", remedy="zoom again") from None
        if self._whole.step == 1:
            return None
        canvas, (ny, nx) = self._canvas, self._canvas.shape
        if not all(np.isfinite([x0, y0, x1, y1])) or x1 <= x0 or y1 <= y0:
            return None
        across, up = nx / (canvas.x[1] - canvas.x[0]), ny / (canvas.y[1] - canvas.y[0])
        if x1 - x0 >= canvas.x[1] - canvas.x[0]:
            return None
        first, last = (int(np.floor((x - canvas.x[0]) * across)) for x in (x0, x1))
        if canvas.axes == "index":
            first, last = max(first, 0), min(last, nx - 1)
        row, end = max(0, int((y0 - canvas.y[0]) * up)), min(ny, int((y1 - canvas.y[0]) * up) + 1)
        if end <= row or last < first:
            return None
        closer = Raster.over(
            (ny, nx), Window(row, first, end, last + 1), min(max(width, 200), _WIDEST)
        )
        return closer if closer.step < self._whole.step else None

    def _about(self, name: str, raster: Raster) -> dict[str, Any]:
        canvas, (ny, nx) = self._canvas, self._canvas.shape
        wide, high = (canvas.x[1] - canvas.x[0]) / nx, (canvas.y[1] - canvas.y[0]) / ny
        rows, columns = raster.size
        return {
            "name": name, "rows": rows, "columns": columns, "step": raster.step,
            "x": canvas.x[0] + raster.window.column * wide, "dw": columns * raster.step * wide,
            "y": canvas.y[0] + raster.window.row * high, "dh": rows * raster.step * high,
        }  # fmt: skip
