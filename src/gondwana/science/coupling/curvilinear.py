"""An atmosphere whose cells are polygons of great circles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gondwana.science.coupling.grids import Points, ocean_points
from gondwana.science.ocean_grid import OceanGrid
from gondwana.science.sphere import Array


def curvilinear_points(grid: OceanGrid, name: str = "tlmd") -> Points:
    """Take the cells of a curvilinear grid as the atmosphere, edges being great circles.

    Copies (halo, fold) and cells that are folded on themselves are not active, and stand for no
    area of their own.
    """
    points = ocean_points(grid, np.ones(grid.shape, dtype=np.bool_), name)
    return replace(points, exact=np.where(points.active, points.exact, 0.0))


def upside_down(points: Points) -> Points:
    """Turn the order of the rows of a curvilinear grid."""

    def turned(values: Array) -> Array:
        return np.ascontiguousarray(values[::-1])

    return replace(
        points,
        lon=turned(points.lon),
        lat=turned(points.lat),
        corner_lon=turned(points.corner_lon),
        corner_lat=turned(points.corner_lat),
        area=turned(points.area),
        exact=turned(points.exact),
        active=points.active[::-1].copy(),
    )
