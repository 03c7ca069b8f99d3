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
from gondwana.steps.edits import MOST_POINTS, Place, Stroke
from gondwana.steps.placing import cells_at, cells_place
from gondwana.steps.sentences import told
from gondwana.steps.surfaces import Surface

Float = npt.NDArray[np.float64]
Axes = Literal["lonlat", "index"]
Pair = tuple[float, float]

_SHORT = 10.0
"""Degrees: on so short a way a great circle is as straight as a line on the map."""

_MOST_BETWEEN = 100_000
_NAMES = {"values": "range of values", "stroke": "stroke of a brush"}


@dataclass(frozen=True)
class Canvas:
    """The map that shapes are drawn on.

    Attributes
    ----------
    axes : {"lonlat", "index"}
        Degrees, or columns and rows, whose cells lie between whole numbers.
    surface : Surface
        The grid of the field.
    x, y : tuple of float
        Ends of the map.
    """

    axes: Axes
    surface: Surface
    x: tuple[float, float]
    y: tuple[float, float]

    @property
    def lon(self) -> Float:
        """Longitudes of the centres of the cells, (ny, nx), degrees."""
        return self.surface.lon

    @property
    def lat(self) -> Float:
        """Latitudes of the centres of the cells, (ny, nx), degrees."""
        return self.surface.lat

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
            low, high = _numbers(drawn, 2)
            return Place(values=(min(low, high), max(low, high)))
        if is_on_map and canvas.axes == "index":
            return _by_cells(kind, drawn, canvas)
        return _by_degrees(kind, drawn, canvas, is_on_map=is_on_map)
    except ValidationError as error:
        raise ParameterError(told(error), remedy="draw it again") from None
    except (TypeError, ValueError, KeyError, OverflowError):
        name = _NAMES.get(kind, str(kind)[:20])
        raise ParameterError(f"this is no {name}", remedy="draw it again") from None


def target_of(to: Any, canvas: Canvas, where: str) -> Pair:
    """Longitude and latitude where something goes; ``to`` and ``where`` as for `place_of`.

    Raises
    ------
    ParameterError
        It is no place, or lies beyond the map.
    """
    try:
        x, y = _numbers(to, 2)
    except (TypeError, ValueError, OverflowError):
        raise ParameterError("this is no place", remedy="click on the map") from None
    return canvas.degrees(*canvas.cell(x, y)) if where == "map" else (x, y)


def _by_degrees(kind: str, drawn: Any, canvas: Canvas, *, is_on_map: bool) -> Place:
    if kind in ("cell", "region"):
        lon, lat = _numbers(drawn, 2)
        if is_on_map:
            lon, lat = canvas.degrees(*canvas.cell(lon, lat))
        cells = cells_at([(float(wrap_longitude(lon)), lat)], canvas.surface)
        return _clicked(kind, canvas, int(cells[0]))
    if kind == "box":
        west, south, east, north = _numbers(drawn, 4)
        if is_on_map:
            west, east = min(west, east), max(west, east)
        south, north = max(min(south, north), -90.0), min(max(south, north), 90.0)
        ends = (float(wrap_longitude(west)), float(wrap_longitude(east)))
        west, east = ends if east - west < 360.0 else (-180.0, 180.0)
        return Place(box=(west, south, east, north))
    if kind == "stroke":
        points = _on_globe(_pairs(drawn["points"], 1), is_on_map=is_on_map)
        radius = _radius(drawn["radius"], 180.0)
        return Place(stroke=Stroke(points=tuple(points), radius=radius))
    if kind == "polygon":
        corners = _pairs(drawn, 3)
        return Place(polygon=tuple(_on_globe([*corners, corners[0]], is_on_map=is_on_map)))
    if kind == "line":
        return Place(line=tuple(_on_globe(_pairs(drawn, 2), is_on_map=is_on_map)))
    raise KeyError(kind)


def _by_cells(kind: str, drawn: Any, canvas: Canvas) -> Place:
    ny, nx = canvas.shape
    if kind in ("cell", "region"):
        row, column = canvas.cell(*_numbers(drawn, 2))
        return _clicked(kind, canvas, row * nx + column)
    if kind == "box":
        x0, y0, x1, y1 = _numbers(drawn, 4)
        rows = np.flatnonzero(_between(np.arange(ny, dtype=np.float64) + 0.5, y0, y1))
        columns = np.flatnonzero(_between(np.arange(nx, dtype=np.float64) + 0.5, x0, x1))
        return _cells(canvas, (rows[:, None] * nx + columns).ravel())
    if kind == "polygon":
        x, y = np.array(_pairs(drawn, 3)).T
        rows, columns = filled(y - 0.5, x - 0.5, (ny, nx))  # type: ignore[no-untyped-call]
        return _cells(canvas, np.unique(rows * nx + columns))
    if kind == "stroke":
        radius = _radius(drawn["radius"], max(ny, nx))
        return _cells(canvas, _brushed(_pairs(drawn["points"], 1), radius, (ny, nx)))
    if kind == "line":
        cells = list(dict.fromkeys(canvas.cell(*point) for point in _along(_pairs(drawn, 2))))
        if len(cells) > MOST_POINTS:
            raise _too_long()
        points = [canvas.degrees(*cell) for cell in cells]
        return Place(line=tuple(points if len(points) > 1 else points * 2))
    raise KeyError(kind)


def _clicked(kind: str, canvas: Canvas, cell: int) -> Place:
    if kind == "cell":
        return cells_place(canvas.surface, np.array([cell]))
    return Place(region=canvas.degrees(*divmod(cell, canvas.shape[1])))


def _cells(canvas: Canvas, cells: Index) -> Place:
    if not cells.size:
        raise ParameterError(
            "holds the centre of no cell", remedy="draw it larger, or click on a cell"
        )
    return cells_place(canvas.surface, cells)


def _numbers(drawn: Any, count: int) -> list[float]:
    numbers = [float(value) for value in drawn]
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise ValueError
    return numbers


def _radius(drawn: Any, most: float) -> float:
    if not 0.0 < float(drawn) <= most:
        raise ParameterError("the brush has no such size", remedy=f"choose one up to {most:g}")
    return float(drawn)


def _pairs(drawn: Any, least: int) -> list[Pair]:
    if not isinstance(drawn, Sequence) or not least <= len(drawn) <= MOST_POINTS:
        raise ParameterError(
            f"a shape of this kind has from {least} to {MOST_POINTS} points",
            remedy="draw a simpler one" if len(drawn) > MOST_POINTS else "draw it again",
        )
    return [(x, y) for x, y in (_numbers(point, 2) for point in drawn)]


def _on_globe(points: list[Pair], *, is_on_map: bool) -> list[Pair]:
    """Turn points into places; what is straight on the map stays so, however long it is."""
    if is_on_map:
        points = _along(points, _SHORT)
    if len(points) > MOST_POINTS:
        raise _too_long()
    lon, lat = np.array(points).T
    lon, lat = wrap_longitude(lon), np.clip(lat, -90.0, 90.0)
    return list(zip(lon.tolist(), lat.tolist(), strict=True))


def _between(values: Float, one: float, other: float) -> npt.NDArray[np.bool_]:
    return (values >= min(one, other)) & (values <= max(one, other))


def _along(points: list[Pair], apart: float = 0.5) -> list[Pair]:
    """Put points on the way from one point to the next, so that they are not too far apart."""
    found = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        steps = max(1, int(np.ceil(min(max(abs(x1 - x0), abs(y1 - y0)) / apart, _MOST_BETWEEN))))
        if len(found) + steps > _MOST_BETWEEN:
            raise _too_long()
        found += [
            (x0 + (x1 - x0) * k / steps, y0 + (y1 - y0) * k / steps) for k in range(1, steps + 1)
        ]
    return found


def _too_long() -> ParameterError:
    return ParameterError("this is too long", remedy="draw it in parts")


def _brushed(points: list[Pair], radius: float, shape: tuple[int, int]) -> Index:
    """Cells whose centre a brush has touched."""
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
