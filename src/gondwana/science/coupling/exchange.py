"""What the cells of ocean and atmosphere share, and how much of each atmosphere cell is ocean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gondwana.science.coupling.grids import Index, Points, added_up
from gondwana.science.polygons import Overlaps, mesh_overlaps, polygon_overlaps
from gondwana.science.sphere import EARTH_RADIUS, Array

SMALLEST_SHARE = 1e-10
"""Share of an atmosphere cell below which an overlap is left out, and a cell counts as land."""


@dataclass(frozen=True)
class Exchange:
    """Overlaps of the active ocean cells with the cells of the atmosphere.

    Attributes
    ----------
    ocean, atmosphere : Points
        The atmosphere's points are active where there is ocean.
    ocean_cell, atmosphere_cell : ndarray of int64, (n,)
        Flat indices of each pair; of a row at a pole the atmosphere's owner.
    share : ndarray, (n,)
        Share of the atmosphere cell that lies in the ocean cell.
    fraction : ndarray, (ny, nx)
        Share of each atmosphere cell that is ocean.
    covered : ndarray, (ny, nx)
        Share of each active ocean cell that the atmosphere's cells cover; 0 elsewhere.
    """

    ocean: Points
    atmosphere: Points
    ocean_cell: Index
    atmosphere_cell: Index
    share: Array
    fraction: Array
    covered: Array

    @property
    def shared_area(self) -> Array:
        """Area of each pair, m²."""
        areas: Array = self.share * self.atmosphere.exact_of_owners()[self.atmosphere_cell]
        return areas


def exchange(ocean: Points, atmosphere: Points) -> Exchange:
    """Find what the cells share.

    Parameters
    ----------
    ocean, atmosphere : Points

    Returns
    -------
    Exchange
        Pairs ordered by ocean cell, then by atmosphere cell.
    """
    found = _overlaps(ocean, atmosphere)
    owners = atmosphere.exact_of_owners()
    cell = atmosphere.owner.ravel()[found.other]
    # the wedges of a pole row are one cell: their overlaps with an ocean cell are added up
    key = found.one * atmosphere.size + cell
    if not np.all(key[1:] > key[:-1]):
        key, inverse = np.unique(key, return_inverse=True)
        area = added_up(inverse, found.area, key.size) * EARTH_RADIUS**2
    else:
        area = found.area * EARTH_RADIUS**2
    one, cell = np.divmod(key, atmosphere.size)
    share = area / owners[cell]
    kept = share >= SMALLEST_SHARE
    one, cell, share, area = one[kept], cell[kept], share[kept], area[kept]
    fraction = added_up(cell, share, atmosphere.size)[atmosphere.owner]
    covered = added_up(one, area, ocean.size).reshape(ocean.shape)
    return Exchange(
        ocean=ocean,
        atmosphere=atmosphere.with_active(atmosphere.active & (fraction >= SMALLEST_SHARE)),
        ocean_cell=one,
        atmosphere_cell=cell,
        share=share,
        fraction=fraction,
        covered=np.divide(covered, ocean.exact, out=np.zeros(ocean.shape), where=ocean.active),
    )


def _overlaps(ocean: Points, atmosphere: Points) -> Overlaps:
    """Overlaps in flat indices of the two grids, ordered by ocean cell."""
    cells = np.flatnonzero(ocean.active)
    corners = ocean.corner_lon.reshape(-1, 4)[cells], ocean.corner_lat.reshape(-1, 4)[cells]
    if atmosphere.mesh is None:
        own = np.flatnonzero(atmosphere.active)  # a copy would take its owner's share again
        found = polygon_overlaps(
            *corners,
            atmosphere.corner_lon.reshape(-1, 4)[own],
            atmosphere.corner_lat.reshape(-1, 4)[own],
        )
        other = own[found.other]
    else:
        found = mesh_overlaps(atmosphere.mesh, *corners)
        other = found.other
        if atmosphere.north_first:
            ny, nx = atmosphere.shape
            row, column = np.divmod(other, nx)
            other = (ny - 1 - row) * nx + column
    key = np.argsort(found.one * atmosphere.size + other, kind="stable")
    return Overlaps(cells[found.one[key]], other[key], found.area[key])
