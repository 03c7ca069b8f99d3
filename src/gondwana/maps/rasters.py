"""Fields as numbers on a map, and the lines over it, for a browser to colour and to ask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gondwana.maps.fields import Field
from gondwana.maps.grids import Regular
from gondwana.maps.pictures import GRATICULE, frame, places
from gondwana.maps.projections import Extent, PlateCarree, Projection, projection
from gondwana.maps.views import View

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

MOST_PIXELS = 700_000
"""Numbers of a raster."""

MOST_COAST = 180 * 360
"""Cells of a topography from which the coast is made; finer ones are thinned out for it."""

_LONGEST = 0.2  # of the map's width; a longer piece of a line jumps across its seam
_WHOLE_TURN = 359.9  # degrees, or a little more
_HAIR = 1e-6  # degrees
_FINE = 3.0  # degrees between points of the graticule


@dataclass(frozen=True)
class Raster:
    """Values on a rectangle of a map.

    Attributes
    ----------
    values : ndarray of float32, (height, width)
        The first row is the southern one; NaN where there is nothing.
    extent : Extent
        In the units of the projection.
    """

    values: Floats
    extent: Extent


def raster(field: Field, view: View) -> Raster:
    """Lay a field on a map: one value a cell where map and grid agree, else one a pixel."""
    extent = frame(field, view)
    width, height = _native(field, view) or _sized(view.width, extent.aspect)
    if not field.has_places:
        height = min(height, field.values.shape[0])
        width = min(width, field.values.shape[1])
    lon, lat = places(field, view, width, height)
    return Raster(field.at(lon, lat)[::-1].astype(np.float32), extent)


def coast_lines(topography: Field, shown: Projection) -> Floats:
    """Edges of cells between land (z > 0) and sea, (n, 4): x0, y0, x1, y1 on the map."""
    grid = topography.grid
    if not isinstance(grid, Regular):
        return np.zeros((0, 4), np.float32)
    east, north, columns, rows = grid.outline()
    land = (topography.values > 0)[np.ix_(rows, columns)]
    row, column = np.nonzero(land[1:] != land[:-1])
    along = np.stack([east[column], north[row + 1], east[column + 1], north[row + 1]], axis=1)
    if east[-1] - east[0] > _WHOLE_TURN:
        land = np.concatenate([land, land[:, :1]], axis=1)
    row, column = np.nonzero(land[:, 1:] != land[:, :-1])
    across = np.stack([east[column + 1], north[row], east[column + 1], north[row + 1]], axis=1)
    return _on_map(np.concatenate([along, across]), shown)


def graticule_lines(shown: Projection) -> Floats:
    """Meridians and parallels in short pieces, (n, 4): x0, y0, x1, y1 on the map."""
    lon, lat = np.arange(-180.0, 180.0, _FINE), np.arange(-90.0, 90.0, _FINE)
    meridians = np.arange(-180.0, 180.0, GRATICULE)
    parallels = np.arange(-90.0 + GRATICULE, 90.0, GRATICULE)
    x, y = (part.ravel() for part in np.meshgrid(lon, parallels))
    pieces = [np.stack([x, y, x + _FINE, y], axis=1)]
    x, y = (part.ravel() for part in np.meshgrid(meridians, lat))
    pieces.append(np.stack([x, y, x, y + _FINE], axis=1))
    return _on_map(np.concatenate(pieces), shown)


def rim_line(shown: Projection) -> Floats:
    """Draw the rim of the map, (n, 2); nothing where it is the frame of the picture itself."""
    if isinstance(shown, PlateCarree):
        return np.zeros((0, 2), np.float32)
    turn = np.deg2rad(np.arange(0.0, 361.0, 2.0))
    extent = shown.extent
    return np.stack([extent.east * np.cos(turn), extent.north * np.sin(turn)], 1).astype(np.float32)


def _on_map(pieces: Array, shown: Projection) -> Floats:
    """Project pieces of lines; what crosses the seam of the map or lies beyond it is left out."""
    # both ends a hair towards the middle, so that they come down on the same side of the seam
    middle = 0.5 * (pieces[:, 0] + pieces[:, 2])
    towards = pieces[:, (0, 2)] + _HAIR * np.sign(middle[:, None] - pieces[:, (0, 2)])
    x0, y0 = shown.forward(towards[:, 0], pieces[:, 1])
    x1, y1 = shown.forward(towards[:, 1], pieces[:, 3])
    found = np.stack([x0, y0, x1, y1], axis=1)
    width = shown.extent.east - shown.extent.west
    good = np.isfinite(found).all(axis=1) & (np.abs(x1 - x0) < _LONGEST * width)
    return found[good].astype(np.float32)


def _sized(width: int, aspect: float) -> tuple[int, int]:
    width = max(1, min(width, int(np.sqrt(MOST_PIXELS * aspect))))
    height = max(1, min(round(width / aspect), MOST_PIXELS // width))
    return width, height


def _native(field: Field, view: View) -> tuple[int, int] | None:
    """Columns and rows of a global grid of even cells whose edges meet those of the map."""
    grid, shown = field.grid, projection(view.projection, view.centre)
    if view.window is not None or not isinstance(shown, PlateCarree):
        return None
    if not isinstance(grid, Regular):
        return None
    east, north, columns, rows = grid.outline()
    wide, high = 360.0 / columns.size, 180.0 / rows.size
    even = np.allclose(np.diff(east), wide, rtol=1e-3) and np.allclose(
        np.diff(north), high, rtol=1e-3
    )
    away = (shown.extent.west - east[0]) / wide
    meets = abs(away - round(away)) < 1e-2 and columns.size * rows.size <= MOST_PIXELS
    return (columns.size, rows.size) if even and meets else None
