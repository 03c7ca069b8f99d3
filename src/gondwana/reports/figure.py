"""What a figure consists of: a coloured image, lines over it, axes, a scale, marks.

Everything here is data for the template; the browser draws it, so that lines and text stay sharp
at every size and follow the reader's light or dark setting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gondwana.reports.colours import ColourBar
from gondwana.reports.numbers import Tick, degree_ticks, latitude, longitude
from gondwana.science.sphere import latitude_edges, longitude_edges

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

MOST_COLUMNS = 1080
"""Pixels of the widest image; finer fields are thinned out for the page."""


@dataclass(frozen=True)
class Path:
    """Lines or areas in one manner: the text of an SVG path, and the name of its style.

    ``fill`` is a colour of its own; ``shared`` means that ``d`` names a path drawn elsewhere.
    """

    d: str
    style: str
    fill: str = ""
    shared: bool = False


@dataclass(frozen=True)
class Layer:
    """Paths over the whole of a panel, in units of ``width`` by ``height`` from the top left."""

    width: int
    height: int
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Outline:
    """A coast that many maps share: it is written into the page once, under its name."""

    name: str
    width: int
    height: int
    d: str

    @property
    def layer(self) -> Layer:
        """The coast over a map."""
        return Layer(self.width, self.height, (Path(self.name, "coast", shared=True),))


@dataclass(frozen=True)
class Mark:
    """A symbol at a place; ``x`` and ``y`` in per cent from the top left."""

    x: float
    y: float
    symbol: str
    style: str
    text: str
    target: str = ""


@dataclass(frozen=True)
class Note:
    """A text within a panel; ``x`` and ``y`` in per cent from the top left."""

    x: float
    y: float
    text: str
    style: str = ""


@dataclass(frozen=True)
class Swatch:
    """An entry of a legend: a colour, a symbol or a kind of line, and what it stands for."""

    text: str
    colour: str = ""
    symbol: str = ""
    style: str = ""


@dataclass(frozen=True)
class Panel:
    """One picture with its axes.

    ``aspect`` is width by height; ``bounds`` are west, south, east, north of a map that is even
    in both, so that the page can tell the place under the pointer.
    """

    alt: str
    aspect: float
    title: str = ""
    image: str = ""
    layers: tuple[Layer, ...] = ()
    x_ticks: tuple[Tick, ...] = ()
    y_ticks: tuple[Tick, ...] = ()
    x_label: str = ""
    y_label: str = ""
    marks: tuple[Mark, ...] = ()
    notes: tuple[Note, ...] = ()
    bounds: tuple[float, float, float, float] | None = None
    style: str = ""


@dataclass(frozen=True)
class Figure:
    """One or more panels under a title, with one scale or legend for all."""

    name: str
    title: str
    caption: str
    panels: tuple[Panel, ...]
    file: str = ""
    bar: ColourBar | None = None
    legend: tuple[Swatch, ...] = ()
    wide: bool = False


@dataclass(frozen=True)
class Window:
    """The part of the globe that a map shows, in degrees."""

    west: float
    south: float
    east: float
    north: float

    @property
    def aspect(self) -> float:
        """Width by height, kept within what a page can hold."""
        return min(3.0, max(0.8, (self.east - self.west) / (self.north - self.south)))

    def x(self, lon: npt.ArrayLike) -> Array:
        """Per cent from the left; a place beyond the seam comes back in on the other side."""
        lon = np.asarray(lon, dtype=np.float64)
        turns = np.floor((lon - self.west) / 360.0)
        return 100.0 * (lon - 360.0 * turns - self.west) / (self.east - self.west)

    def y(self, lat: npt.ArrayLike) -> Array:
        """Per cent from the top."""
        return 100.0 * (self.north - np.asarray(lat, dtype=np.float64)) / (self.north - self.south)

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        """Per cent from the left and from the top."""
        return float(self.x(lon)), float(self.y(lat))

    def axes(self) -> tuple[tuple[Tick, ...], tuple[Tick, ...]]:
        """Named meridians and parallels."""
        meridians = degree_ticks(self.west, self.east, 6)
        parallels = degree_ticks(self.south, self.north, 6)
        return (
            tuple(
                Tick(100.0 * (v - self.west) / (self.east - self.west), longitude(v), k % 2 == 1)
                for k, v in enumerate(meridians)
            ),
            tuple(Tick(float(self.y(v)), latitude(v), k % 2 == 0) for k, v in enumerate(parallels)),
        )

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        return self.west, self.south, self.east, self.north


GLOBE = Window(-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True)
class Raster:
    """The pixels of a map and the cell of a longitude-latitude grid that each of them shows.

    Attributes
    ----------
    window : Window
    rows, columns : ndarray of int64
        Rows of the field from the top of the map down, columns from the left.
    """

    window: Window
    rows: Indices
    columns: Indices

    @classmethod
    def over(cls, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Raster:
        """Lay pixels over a grid: one a cell, or fewer if there are too many cells.

        Parameters
        ----------
        lon, lat : array_like, (nx,) and (ny,)
            Centres in degrees, each ascending or descending.
        """
        lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        across, up = np.argsort(lon), np.argsort(lat)
        x_edges, y_edges = longitude_edges(lon[across]), latitude_edges(lat[up])
        width = min(lon.size, MOST_COLUMNS)
        height = max(2, round(lat.size * width / lon.size))
        x = x_edges[0] + (np.arange(width) + 0.5) / width * (x_edges[-1] - x_edges[0])
        y = y_edges[-1] - (np.arange(height) + 0.5) / height * (y_edges[-1] - y_edges[0])
        return cls(
            Window(*(float(v) for v in (x_edges[0], y_edges[0], x_edges[-1], y_edges[-1]))),
            up[np.searchsorted(y_edges, y, side="right") - 1],
            across[np.searchsorted(x_edges, x, side="right") - 1],
        )

    def take(self, field: Array) -> Array:
        """Bring a field (ny, nx) into the order of the pixels."""
        return field[np.ix_(self.rows, self.columns)]


def map_panel(
    window: Window,
    image: str,
    alt: str,
    layers: Sequence[Layer] = (),
    marks: Sequence[Mark] = (),
    title: str = "",
) -> Panel:
    """Make a panel whose axes are longitude and latitude."""
    x_ticks, y_ticks = window.axes()
    return Panel(
        alt=alt,
        aspect=window.aspect,
        title=title,
        image=image,
        layers=tuple(layers),
        x_ticks=x_ticks,
        y_ticks=y_ticks,
        marks=tuple(marks),
        bounds=window.bounds,
    )
