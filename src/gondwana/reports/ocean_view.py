"""The ocean grid seen as it lies on the globe: which cell every pixel of a map shows, and its mesh.

The pixels of two maps are looked up once, one in longitude and latitude and one around the north
pole; every field of the grid is then drawn by indexing. A pixel shows the cell with the nearest
centre, or nothing where the grid does not reach.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter
from scipy.spatial import cKDTree

from gondwana.reports.lines import polyline
from gondwana.science.ocean_grid import OceanGrid
from gondwana.science.sphere import unit_vectors

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PIXEL = 0.5
"""Size of a pixel in degrees."""

POLAR_LIMIT = 35.0
"""Latitude at the rim of the polar view."""

POLAR_PIXELS = 400

POLAR_UNITS = 1600
"""Width and height of the drawing that holds the polar mesh."""

_NEAR_POLE = 88.0  # degrees north, beyond which lines cross the map from side to side
_LINES = 36  # lines of the mesh in either direction, at most


@dataclass(frozen=True)
class OceanView:
    """An ocean grid with the cell (flat index, -1 for none) that each pixel shows."""

    grid: OceanGrid
    on_map: Ints
    around_pole: Ints

    @classmethod
    def of(cls, grid: OceanGrid, jobs: int = 1) -> OceanView:
        """Look up the pixels of both maps, with so many threads."""
        columns, rows = round(360 / PIXEL), round(180 / PIXEL)
        lon, lat = np.meshgrid(
            -180 + (np.arange(columns) + 0.5) * PIXEL, 90 - (np.arange(rows) + 0.5) * PIXEL
        )
        polar_lon, polar_lat = _polar_places()
        inside = np.isfinite(polar_lon)
        found = _nearest(
            grid,
            np.concatenate([lon.ravel(), polar_lon[inside]]),
            np.concatenate([lat.ravel(), polar_lat[inside]]),
            jobs,
        )
        around_pole = np.full(polar_lon.shape, -1, dtype=np.int64)
        around_pole[inside] = found[lon.size :]
        return cls(grid, found[: lon.size].reshape(lon.shape), around_pole)

    def map(self, field: Array) -> Array:
        """Lay a field (y, x) on the longitude-latitude map, north on top; NaN outside the grid."""
        return _shown(field, self.on_map)

    def polar(self, field: Array) -> Array:
        """Lay a field (y, x) on the view from above the north pole."""
        return _shown(field, self.around_pole)

    def poles(self) -> list[tuple[float, float]]:
        """Longitudes and latitudes of the grid's own poles, the ends of the line it is folded at.

        On an F-pivot they are corners of cells, on a T-pivot centres; none without a fold.
        """
        grid, (_, nx) = self.grid, self.grid.shape
        first = 1 if grid.topology.halo else 0
        if grid.topology.fold == "F":  # the west side of the first column, and half way round
            corners = [(-2, first, 3), (-2, nx // 2, 3)]
            return [(float(grid.corner_lon[e]), float(grid.corner_lat[e])) for e in corners]
        if grid.topology.fold == "T":
            return [(float(grid.lon[-2, i]), float(grid.lat[-2, i])) for i in (first, nx // 2)]
        return []

    def mesh(self) -> tuple[str, str]:
        """Draw some of the lines between cells: on the map in tenths of degrees, and polar.

        Returns
        -------
        tuple of str
            SVG paths in 3600 by 1800 units, and in `POLAR_UNITS` squared.
        """
        corners = self.grid.corner_lon[..., 0], self.grid.corner_lat[..., 0]
        ny, nx = self.grid.shape
        rows, columns = range(0, ny, max(1, ny // _LINES)), range(1, nx - 1, max(1, nx // _LINES))
        lines = [(corners[0][j], corners[1][j]) for j in rows]
        lines += [(corners[0][:, i], corners[1][:, i]) for i in columns]
        flat, polar = [], []
        for lon, lat in lines:
            east = np.where(lat > _NEAR_POLE, np.nan, (lon + 180.0) % 360.0)
            flat.append(polyline(10 * east, 900 - 10 * lat, 900))
            x, y = polar_place(lon, lat)
            polar.append(polyline(POLAR_UNITS * x, POLAR_UNITS * y, POLAR_UNITS / 4))
        return "".join(flat), "".join(polar)


def polar_place(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Array, Array]:
    """Places in the view from above the north pole, 0 to 1 from the top left; NaN beyond its rim.

    Areas are true to each other (Lambert's azimuthal projection); 0°E points down.
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    radius = np.sin(np.deg2rad(90 - lat) / 2) / np.sin(np.deg2rad(90 - POLAR_LIMIT) / 2)
    radius = np.where(radius <= 1.0, radius, np.nan)
    angle = np.deg2rad(lon)
    return 0.5 + 0.5 * radius * np.sin(angle), 0.5 + 0.5 * radius * np.cos(angle)


def place_in_polar_view(lon: float, lat: float) -> tuple[float, float] | None:
    """Per cent from the left and from the top; None beyond the rim."""
    x, y = polar_place(lon, lat)
    return (100 * float(x), 100 * float(y)) if np.isfinite(x) else None


def _polar_places() -> tuple[Array, Array]:
    """Longitudes and latitudes of the pixels of the polar view; NaN beyond its rim."""
    centres = 2 * (np.arange(POLAR_PIXELS) + 0.5) / POLAR_PIXELS - 1
    x, y = np.meshgrid(centres, centres)
    radius = np.hypot(x, y)
    rim = np.sin(np.deg2rad(90 - POLAR_LIMIT) / 2)
    lat = 90 - 2 * np.rad2deg(np.arcsin(np.minimum(radius, 1.0) * rim))
    lon = np.rad2deg(np.arctan2(x, y))
    return np.where(radius <= 1, lon, np.nan), np.where(radius <= 1, lat, np.nan)


def _nearest(grid: OceanGrid, lon: Array, lat: Array, jobs: int) -> Ints:
    centres = unit_vectors(grid.lon, grid.lat)
    corners = unit_vectors(grid.corner_lon, grid.corner_lat)
    to_corner = np.sqrt(((corners - centres[:, :, None]) ** 2).sum(axis=-1).max(axis=-1))
    # next to a larger cell the nearest centre may belong to the smaller one
    reach = maximum_filter(to_corner, 3, mode="nearest").ravel()
    owned = np.flatnonzero(grid.owned.ravel())
    tree = cKDTree(centres.reshape(-1, 3)[owned])
    away, nearest = tree.query(unit_vectors(lon, lat), workers=jobs)
    found: Ints = np.where(away <= reach[owned[nearest]], owned[nearest], -1)
    return found


def _shown(field: Array, cells: Ints) -> Array:
    values = np.append(field.ravel().astype(np.float64), np.nan)
    return values[cells]
