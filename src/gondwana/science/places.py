"""Where the cells of a grid lie, prepared once: which of them a person means.

Selecting on a grid of straight rows and columns takes the time that the selected rows and columns
need, not that of the globe. Curvilinear grids are small.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from gondwana.errors import ParameterError
from gondwana.science.components import Index, Mask
from gondwana.science.geometry import straight_edges
from gondwana.science.kernels import kernel
from gondwana.science.sphere import unit_vectors

Float = npt.NDArray[np.float64]
Point = tuple[float, float]

MOST_WORK = 1_500_000_000
"""Cells times sides of a shape: some ten seconds of work."""

_TINY = 1e-12
_AT_ONCE = 32  # pieces of the way of a brush that are looked at together
_STEEP = 80.0  # degrees of latitude from which meridians are too close to count columns


class Places:
    """Centres of the cells of a grid.

    Parameters
    ----------
    lon, lat : ndarray, (ny, nx)
        Degrees.
    """

    def __init__(self, lon: Float, lat: Float) -> None:
        self.lon, self.lat = lon, lat
        self.shape = (lon.shape[0], lon.shape[1])

    @cached_property
    def is_straight(self) -> bool:
        """Whether rows have one latitude and columns one longitude, both evenly ascending."""
        lon, lat = self.lon[0], self.lat[:, 0]
        return bool(
            (self.lon == lon).all()
            and (self.lat == lat[:, None]).all()
            and lat.size > 1
            and (np.diff(lat) > 0).all()
            and lon.size > 1
            and np.allclose(np.diff(lon), 360.0 / lon.size)
        )

    def nearest(self, points: Sequence[Point]) -> Index:
        """Find the cells (flat) whose centres are nearest to points (longitude, latitude).

        On straight rows and columns: the cells between whose edges the points lie.
        """
        lon, lat = np.asarray(points, dtype=np.float64).reshape(-1, 2).T
        if not self.is_straight:
            return np.asarray(self._tree.query(unit_vectors(lon, lat))[1], dtype=np.int64)
        nx = self.shape[1]
        middles = 0.5 * (self.lat[1:, 0] + self.lat[:-1, 0])
        rows = np.searchsorted(middles, lat)
        columns = np.rint(np.mod(lon - self.lon[0, 0], 360.0) * nx / 360.0).astype(np.int64) % nx
        found: Index = rows * nx + columns
        return found

    def in_box(self, box: tuple[float, float, float, float]) -> Mask:
        """Tell which cells have their centre in a box (west, south, east, north, degrees).

        Limits are included; a box whose east is not east of its west crosses the date line, and
        one of 360 degrees goes all around.
        """
        west, south, east, north = box
        width = 360.0 if east - west >= 360.0 else (east - west) % 360.0
        if not self.is_straight:
            across = np.mod(self.lon - west, 360.0) <= width
            return np.asarray(across & (self.lat >= south) & (self.lat <= north), dtype=np.bool_)
        mask = np.zeros(self.shape, dtype=np.bool_)
        lat = self.lat[:, 0]
        first, last = np.searchsorted(lat, south), np.searchsorted(lat, north, "right")
        mask[first:last] = np.mod(self.lon[0] - west, 360.0) <= width
        return mask

    def in_polygon(self, points: Sequence[Point]) -> Mask:
        """Tell which cells have their centre in a polygon; see `geometry.contains`.

        Raises
        ------
        ParameterError
            Fewer than three corners, or too many for so fine a grid.
        """
        lon, lat = np.asarray(points, dtype=np.float64).reshape(-1, 2).T
        west, south, width, rise, turn = straight_edges(lon, lat)
        encloses_north_pole = bool(turn and np.mean(lat) >= 0.0)
        if self.is_straight:
            return _inside_straight(
                west, south, width, rise, encloses_north_pole,
                np.ascontiguousarray(self.lon[0]), np.ascontiguousarray(self.lat[:, 0]),
            )  # fmt: skip
        _refuse_endless(west.size * self.lon.size)
        return _inside(west, south, width, rise, encloses_north_pole, self.lon, self.lat)

    def under_brush(self, points: Sequence[Point], radius: float) -> Mask:
        """Tell which cells have their centre within a radius (degrees of arc) of great circles.

        Parameters
        ----------
        points : sequence of (longitude, latitude)
            The way of the brush, one or more; degrees.
        radius : float

        Raises
        ------
        ParameterError
            The way is too long for so fine a grid.
        """
        way = unit_vectors(*np.asarray(points, dtype=np.float64).reshape(-1, 2).T)
        way = np.vstack([way, way[-1:]])
        starts = range(0, len(way) - 1, _AT_ONCE)
        pieces = [way[start : start + _AT_ONCE + 1] for start in starts]
        near = [self._near(piece, radius) for piece in pieces]
        _refuse_endless(
            sum(len(piece) * r.size * c.size for piece, (r, c) in zip(pieces, near, strict=True))
        )
        mask = np.zeros(self.shape, dtype=np.bool_)
        for piece, (rows, columns) in zip(pieces, near, strict=True):
            if rows.size and columns.size:
                part = np.ix_(rows, columns)
                middle = unit_vectors(self.lon[part], self.lat[part])
                mask[part] |= _touched(piece, np.deg2rad(radius), middle)
        return mask

    def _near(self, way: Float, radius: float) -> tuple[Index, Index]:
        """Rows and columns that a brush can touch."""
        ny, nx = self.shape
        if not self.is_straight:
            return np.arange(ny), np.arange(nx)
        lat = np.rad2deg(np.arcsin(np.clip(way[:, 2], -1.0, 1.0)))
        # a great circle between two points bulges polewards by less than they are apart
        apart = np.rad2deg(np.arccos(np.clip(np.sum(way[1:] * way[:-1], axis=1), -1.0, 1.0)))
        reach = radius + 0.5 * float(apart.max())
        south, north = float(lat.min()) - reach, float(lat.max()) + reach
        first, last = np.searchsorted(self.lat[:, 0], [south, north])
        rows = np.arange(first, last)
        if max(-south, north) >= _STEEP:
            return rows, np.arange(nx)
        wide = reach / np.cos(np.deg2rad(max(-south, north)))
        lon = np.unwrap(np.rad2deg(np.arctan2(way[:, 1], way[:, 0])), period=360.0)
        west, east = float(lon.min()) - wide, float(lon.max()) + wide
        if east - west >= 360.0:
            return rows, np.arange(nx)
        return rows, np.flatnonzero(np.mod(self.lon[0] - west, 360.0) <= east - west)

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(unit_vectors(self.lon, self.lat).reshape(-1, 3))


def _refuse_endless(work: int) -> None:
    if work > MOST_WORK:
        raise ParameterError(
            "this shape has too many corners for so fine a grid", remedy="draw it in parts"
        )


@kernel
def _inside_straight(
    west: Float, south: Float, width: Float, rise: Float, around: bool, lon: Float, lat: Float
) -> Mask:
    ny, nx = lat.size, lon.size
    odd = np.full((ny, nx), around)
    for k in range(west.size):
        if width[k] <= 0.0:
            continue
        # the first column at or east of the western end of the edge
        start = int(np.floor(((west[k] - lon[0]) % 360.0) * nx / 360.0)) - 1
        count = min(int(width[k] * nx / 360.0) + 4, nx)
        for step in range(count):
            i = (start + step) % nx
            ahead = (lon[i] - west[k]) % 360.0
            if ahead >= 360.0:
                ahead = 0.0
            if ahead >= width[k]:
                continue
            crossing = south[k] + rise[k] * (ahead / width[k])
            for j in range(np.searchsorted(lat, crossing)):
                odd[j, i] = not odd[j, i]
    return odd


@kernel
def _inside(
    west: Float, south: Float, width: Float, rise: Float, around: bool, lon: Float, lat: Float
) -> Mask:
    odd = np.full(lon.shape, around)
    for k in range(west.size):
        if width[k] <= 0.0:
            continue
        highest = max(south[k], south[k] + rise[k])
        for j in range(lon.shape[0]):
            for i in range(lon.shape[1]):
                if lat[j, i] >= highest:
                    continue
                ahead = (lon[j, i] - west[k]) % 360.0
                if ahead >= 360.0:
                    ahead = 0.0
                if ahead < width[k] and south[k] + rise[k] * (ahead / width[k]) > lat[j, i]:
                    odd[j, i] = not odd[j, i]
    return odd


@kernel
def _touched(way: Float, radius: float, middle: Float) -> Mask:
    """Cells within a radius (radians) of the pieces of great circles between points."""
    ny, nx = middle.shape[:2]
    touched = np.zeros((ny, nx), dtype=np.bool_)
    near, across = np.cos(radius), np.sin(min(radius, np.pi / 2))
    for k in range(way.shape[0] - 1):
        a, b = way[k], way[k + 1]
        n0 = a[1] * b[2] - a[2] * b[1]
        n1 = a[2] * b[0] - a[0] * b[2]
        n2 = a[0] * b[1] - a[1] * b[0]
        length = np.sqrt(n0 * n0 + n1 * n1 + n2 * n2)
        along = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
        for j in range(ny):
            for i in range(nx):
                if touched[j, i]:
                    continue
                p = middle[j, i]
                to_a = a[0] * p[0] + a[1] * p[1] + a[2] * p[2]
                to_b = b[0] * p[0] + b[1] * p[1] + b[2] * p[2]
                if to_a >= near or to_b >= near:
                    touched[j, i] = True
                elif length > _TINY and to_b >= along * to_a and to_a >= along * to_b:
                    away = abs(n0 * p[0] + n1 * p[1] + n2 * p[2]) / length
                    touched[j, i] = away <= across and to_a + to_b > 0.0
    return touched
