"""Where the cells of a field lie: which of them holds a place on the globe."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter
from scipy.spatial import cKDTree

from gondwana.science.sphere import (
    EARTH_RADIUS,
    latitude_edges,
    longitude_edges,
    unit_vectors,
    wrap_longitude,
)

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Grid(Protocol):
    """The places of the cells of a field."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""

    def cells(self, lon: Array, lat: Array) -> Ints:
        """Flat indices of the cells at places in degrees; -1 where there is none."""

    def place(self, cell: int) -> tuple[float, float]:
        """Longitude and latitude of the centre of a cell, degrees."""

    def areas(self) -> Array:
        """Areas of the cells in m², (ny, nx); of cells that repeat others 0."""


@dataclass(frozen=True)
class Regular:
    """Rows of one latitude and columns of one longitude, in any order.

    Attributes
    ----------
    lon, lat : ndarray, (nx,) and (ny,)
        Centres in degrees, as the file has them; a last column may repeat the first.
    """

    lon: Array
    lat: Array
    _rows: Ints = field(init=False, repr=False, compare=False)
    _columns: Ints = field(init=False, repr=False, compare=False)
    _south_edges: Array = field(init=False, repr=False, compare=False)
    _west_edges: Array = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        east = np.unwrap(self.lon, period=360.0)
        columns = np.argsort(east, kind="stable")
        if east[columns[-1]] - east[columns[0]] >= 360.0 - 1e-3:
            columns = columns[:-1]
        rows = np.argsort(self.lat, kind="stable")
        set_once = object.__setattr__
        set_once(self, "_rows", rows)
        set_once(self, "_columns", columns)
        set_once(self, "_south_edges", latitude_edges(self.lat[rows]))
        set_once(self, "_west_edges", longitude_edges(east[columns]))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.lat.size, self.lon.size

    def cells(self, lon: Array, lat: Array) -> Ints:
        """Look up the row and the column between whose edges a place lies."""
        east = wrap_longitude(np.nan_to_num(lon), float(self._west_edges[0]))
        column = np.searchsorted(self._west_edges, east, side="right") - 1
        row = np.searchsorted(self._south_edges, np.nan_to_num(lat), side="right") - 1
        row = np.where(lat == self._south_edges[-1], self._rows.size - 1, row)
        known = (row >= 0) & (row < self._rows.size) & (column < self._columns.size)
        known &= np.isfinite(lon) & np.isfinite(lat)
        rows = self._rows[np.where(known, row, 0)]
        columns = self._columns[np.where(known, column, 0)]
        return np.where(known, rows * self.lon.size + columns, -1)

    def place(self, cell: int) -> tuple[float, float]:
        """Longitude within [-180, 180)."""
        row, column = divmod(cell, self.lon.size)
        return float(wrap_longitude(self.lon[column])), float(self.lat[row])

    def areas(self) -> Array:
        """R² Δλ (sin φ2 − sin φ1)."""
        found = np.zeros(self.shape)
        height = np.diff(np.sin(np.deg2rad(self._south_edges)))
        width = np.deg2rad(np.diff(self._west_edges))
        found[np.ix_(self._rows, self._columns)] = EARTH_RADIUS**2 * height[:, None] * width
        return found

    def outline(self) -> tuple[Array, Array, Ints, Ints]:
        """Edges of columns and rows, ascending, and the order of the file's columns and rows."""
        return self._west_edges, self._south_edges, self._columns, self._rows


@dataclass(frozen=True)
class Curvilinear:
    """Cells with a centre each, such as those of an ocean grid; a place has the nearest centre.

    Attributes
    ----------
    lon, lat : ndarray, (ny, nx)
        Degrees; cells without finite ones are nowhere.
    area : ndarray, (ny, nx), optional
        m², 0 for cells that repeat others; from the distances of centres if left out.
    """

    lon: Array
    lat: Array
    area: Array | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        ny, nx = self.lon.shape
        return ny, nx

    def cells(self, lon: Array, lat: Array) -> Ints:
        """Find the nearest centre, if it is no further than a cell reaches."""
        centres = unit_vectors(self.lon, self.lat)
        known = np.flatnonzero(np.isfinite(centres).all(axis=-1).ravel())
        found = np.full(lon.shape, -1, dtype=np.int64)
        asked = np.isfinite(lon) & np.isfinite(lat)
        if not known.size or not asked.any():
            return found
        reach = _reach(centres).ravel()[known]
        tree = cKDTree(centres.reshape(-1, 3)[known], compact_nodes=False, balanced_tree=False)
        away, nearest = tree.query(
            unit_vectors(lon[asked], lat[asked]), distance_upper_bound=float(reach.max())
        )
        near = np.minimum(nearest, known.size - 1)
        found[asked] = np.where(away <= reach[near], known[near], -1)
        return found

    def place(self, cell: int) -> tuple[float, float]:
        """Longitude within [-180, 180)."""
        return float(wrap_longitude(self.lon.flat[cell])), float(self.lat.flat[cell])

    def areas(self) -> Array:
        """Products of the distances between neighbours, unless they are given."""
        if self.area is not None:
            return self.area
        centres = np.nan_to_num(unit_vectors(self.lon, self.lat))
        along = np.linalg.norm(_gradient(centres, 1), axis=-1)
        across = np.linalg.norm(_gradient(centres, 0), axis=-1)
        return np.asarray(EARTH_RADIUS**2 * along * across)


@dataclass(frozen=True)
class Indexed:
    """Cells of which nobody knows where they lie: rows and columns count as places."""

    shape: tuple[int, int]

    def cells(self, lon: Array, lat: Array) -> Ints:
        """Take the numbers of column and row, from 0, for a place."""
        ny, nx = self.shape
        column = np.floor(np.nan_to_num(lon, nan=-1.0)).astype(np.int64)
        row = np.floor(np.nan_to_num(lat, nan=-1.0)).astype(np.int64)
        known = (column >= 0) & (column < nx) & (row >= 0) & (row < ny)
        return np.where(known, row * nx + column, -1)

    def place(self, cell: int) -> tuple[float, float]:
        """Return column and row."""
        row, column = divmod(cell, self.shape[1])
        return float(column), float(row)

    def areas(self) -> Array:
        """Let every cell count the same."""
        return np.ones(self.shape)


def _reach(centres: Array) -> Array:
    """How far cells reach from their centres: half way to their furthest neighbours."""
    ny, nx = centres.shape[:2]
    reach = np.zeros((ny, nx))
    for down, right in ((1, 0), (0, 1), (1, 1), (1, -1)):
        here = centres[: ny - down, max(0, -right) : nx - max(0, right)]
        there = centres[down:, max(0, right) : nx - max(0, -right)]
        half = np.nan_to_num(0.5 * np.linalg.norm(here - there, axis=-1))
        for part in (
            reach[: ny - down, max(0, -right) : nx - max(0, right)],
            reach[down:, max(0, right) : nx - max(0, -right)],
        ):
            np.maximum(part, half, out=part)
    # a neighbour across the seam of the indices is no neighbour
    usual = np.median(reach[reach > 0]) if (reach > 0).any() else 0.0
    reach = np.minimum(reach, 8.0 * usual)
    # next to a larger cell the nearest centre may belong to the smaller one
    return np.asarray(1.05 * maximum_filter(reach, 3, mode="nearest"))


def _gradient(centres: Array, axis: int) -> Array:
    if centres.shape[axis] < 2:
        return np.zeros_like(centres)
    return np.asarray(np.gradient(centres, axis=axis))
