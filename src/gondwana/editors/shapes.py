"""From what was drawn to places: shapes on the map become cells, boxes, polygons in degrees.

On a map of degrees a shape stays what it is, so that it can be applied again at another resolution.
On a map of columns and rows it becomes the cells that it holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError
from skimage.draw import polygon as filled

from gondwana.errors import ParameterError
from gondwana.science.components import Index
from gondwana.science.sphere import wrap_longitude
from gondwana.steps.edits import Place
from gondwana.steps.sentences import told

Float = npt.NDArray[np.float64]
Axes = Literal["lonlat", "index"]
Pair = tuple[float, float]

MOST_POINTS = 10_000


@dataclass(frozen=True)
class Canvas:
    """The map that shapes are drawn on.

    Attributes
    ----------
    axes : {"lonlat", "index"}
        Degrees, or columns and rows, whose cells lie between whole numbers.
    lon, lat : ndarray, (ny, nx)
        Centres of the cells, degrees.
    x, y : tuple of float
        Ends of the map.
    """

    axes: Axes
    lon: Float
    lat: Float
    x: tuple[float, float]
    y: tuple[float, float]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.lon.shape[0], self.lon.shape[1]

    def cell(self, x: float, y: float) -> tuple[int, int]:
        """Row and column of the cell at a place of the map.

        Raises
        ------
        ParameterError
            There is none.
        """
        ny, nx = self.shape
        column = int(np.floor((x - self.x[0]) / (self.x[1] - self.x[0]) * nx))
        row = int(np.floor((y - self.y[0]) / (self.y[1] - self.y[0]) * ny))
        if self.axes == "lonlat":
            column %= nx
        if not (0 <= row < ny and 0 <= column < nx):
            raise ParameterError("lies beyond the map", remedy="choose a place on it")
        return row, column

    def position(self, row: int, column: int) -> Pair:
        """Place on the map of the centre of a cell."""
        ny, nx = self.shape
        return (
            self.x[0] + (column + 0.5) / nx * (self.x[1] - self.x[0]),
            self.y[0] + (row + 0.5) / ny * (self.y[1] - self.y[0]),
        )

    def degrees(self, row: int, column: int) -> Pair:
        """Longitude and latitude of the centre of a cell."""
        return float(wrap_longitude(self.lon[row, column])), float(self.lat[row, column])


def place_of(shape: Any, canvas: Canvas, where: str) -> Place:
    """Turn what was drawn or typed into a place.

    Parameters
    ----------
    shape : mapping
        One of ``cell``, ``box``, ``polygon``, ``stroke``, ``line``, ``region``, ``values``.
    canvas : Canvas
    where : str
        ``map`` if the numbers are those of the map, anything else if they are degrees.

    Raises
    ------
    ParameterError
        It is no shape, or lies beyond the map.
    """
    if not isinstance(shape, Mapping) or len(shape) != 1:
        raise ParameterError("this is no shape", remedy="draw it again")
    ((kind, drawn),) = shape.items()
    is_on_map = where == "map"
    try:
        if kind == "values":
            low, high = (float(value) for value in drawn)
            return Place(values=(min(low, high), max(low, high)))
        if is_on_map and canvas.axes == "index":
            return _by_cells(kind, drawn, canvas)
        return _by_degrees(kind, drawn, canvas, is_on_map=is_on_map)
    except ValidationError as error:
        raise ParameterError(told(error), remedy="draw it again") from None
    except (TypeError, ValueError, KeyError, OverflowError):
        raise ParameterError(f"this is no {str(kind)[:20]}", remedy="draw it again") from None


def _by_degrees(kind: str, drawn: Any, canvas: Canvas, *, is_on_map: bool) -> Place:
    if kind in ("cell", "region"):
        lon, lat = _pair(drawn)
        if is_on_map:
            lon, lat = canvas.degrees(*canvas.cell(lon, lat))
        point = (float(wrap_longitude(lon)), lat)
        return Place(cells=(point,)) if kind == "cell" else Place(region=point)
    if kind == "box":
        west, south, east, north = (float(value) for value in drawn)
        if is_on_map:
            west, east = min(west, east), max(west, east)
        south, north = max(min(south, north), -90.0), min(max(south, north), 90.0)
        if east - west >= 360.0:
            return Place(box=(-180.0, south, 180.0, north))
        ends = float(wrap_longitude(west)), float(wrap_longitude(east))
        return Place(box=(ends[0], south, ends[1], north))
    if kind == "stroke":
        points = _on_globe(drawn["points"])
        return Place.model_validate({"stroke": {"points": points, "radius": drawn["radius"]}})
    if kind == "polygon":
        return Place(polygon=tuple(_on_globe(drawn)))
    if kind == "line":
        return Place(line=tuple(_on_globe(drawn)))
    raise KeyError(kind)


def _by_cells(kind: str, drawn: Any, canvas: Canvas) -> Place:
    if kind in ("cell", "region"):
        point = canvas.degrees(*canvas.cell(*_pair(drawn)))
        return Place(cells=(point,)) if kind == "cell" else Place(region=point)
    ny, nx = canvas.shape
    if kind == "box":
        x0, y0, x1, y1 = (float(value) for value in drawn)
        rows = np.flatnonzero(_between(np.arange(ny, dtype=np.float64) + 0.5, y0, y1))
        columns = np.flatnonzero(_between(np.arange(nx, dtype=np.float64) + 0.5, x0, x1))
        return _cells(canvas, (rows[:, None] * nx + columns).ravel())
    if kind == "polygon":
        x, y = np.array(_pairs(drawn)).T
        rows, columns = filled(y - 0.5, x - 0.5, (ny, nx))  # type: ignore[no-untyped-call]
        return _cells(canvas, np.unique(rows * nx + columns))
    if kind == "stroke":
        return _cells(canvas, _brushed(_pairs(drawn["points"]), float(drawn["radius"]), (ny, nx)))
    if kind == "line":
        cells = [canvas.cell(*point) for point in _along(_pairs(drawn))]
        points = [canvas.degrees(*cell) for cell in dict.fromkeys(cells)]
        return Place(line=tuple(points if len(points) > 1 else points * 2))
    raise KeyError(kind)


def _cells(canvas: Canvas, cells: Index) -> Place:
    if not cells.size:
        raise ParameterError(
            "holds the centre of no cell", remedy="draw it larger, or click on a cell"
        )
    lon, lat = wrap_longitude(canvas.lon.flat[cells]), canvas.lat.flat[cells]
    return Place(cells=tuple(zip(lon.tolist(), lat.tolist(), strict=True)))


def _pair(drawn: Any) -> Pair:
    x, y = drawn
    if not np.isfinite(float(x)) or not np.isfinite(float(y)):
        raise ValueError
    return float(x), float(y)


def _pairs(drawn: Any) -> list[Pair]:
    if not isinstance(drawn, Sequence) or not 1 <= len(drawn) <= MOST_POINTS:
        raise ParameterError(
            f"a shape has from 1 to {MOST_POINTS} points", remedy="draw a simpler one"
        )
    return [_pair(point) for point in drawn]


def _on_globe(drawn: Any) -> list[Pair]:
    points = np.array(_pairs(drawn))
    lon, lat = wrap_longitude(points[:, 0]), np.clip(points[:, 1], -90.0, 90.0)
    return list(zip(lon.tolist(), lat.tolist(), strict=True))


def _between(values: Float, one: float, other: float) -> npt.NDArray[np.bool_]:
    return (values >= min(one, other)) & (values <= max(one, other))


def _along(points: list[Pair]) -> list[Pair]:
    """Points along a line, less than half a cell apart."""
    found = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        steps = min(int(np.ceil(2.0 * max(abs(x1 - x0), abs(y1 - y0)))) + 1, 4 * MOST_POINTS)
        found += [
            (x0 + (x1 - x0) * k / steps, y0 + (y1 - y0) * k / steps) for k in range(1, steps + 1)
        ]
    return found


def _brushed(points: list[Pair], radius: float, shape: tuple[int, int]) -> Index:
    """Cells whose centre a brush has touched."""
    if not 0.0 < radius <= max(shape):
        raise ParameterError("the brush has no such size", remedy="choose another")
    ny, nx = shape
    rows, columns = np.mgrid[0:ny, 0:nx]
    touched = np.zeros(shape, dtype=np.bool_)
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[-1]], strict=True):
        south, north = int(min(y0, y1) - radius), int(max(y0, y1) + radius) + 2
        west, east = int(min(x0, x1) - radius), int(max(x0, x1) + radius) + 2
        part = (slice(max(south, 0), max(north, 0)), slice(max(west, 0), max(east, 0)))
        x, y = columns[part] + 0.5 - x0, rows[part] + 0.5 - y0
        length = (x1 - x0) ** 2 + (y1 - y0) ** 2
        share = ((x * (x1 - x0) + y * (y1 - y0)) / length).clip(0, 1) if length else 0.0
        away = (x - share * (x1 - x0)) ** 2 + (y - share * (y1 - y0)) ** 2
        touched[part] |= away <= radius**2
    return np.flatnonzero(touched)
