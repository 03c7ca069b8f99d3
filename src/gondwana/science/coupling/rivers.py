"""Rivers as a way for the runoff of the atmosphere's cells: through basins to their mouths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from gondwana.errors import InputError
from gondwana.science.coupling.exchange import Exchange
from gondwana.science.coupling.grids import Index, Mask, Points, added_up
from gondwana.science.coupling.runoff import Links, nearest_to
from gondwana.science.sphere import Array, latitude_edges, longitude_edges, unit_vectors

_FIRST_OUTLET = 97  # codes of trip from here on are outlets


@dataclass(frozen=True)
class RiverBasins:
    """Basins on a longitude-latitude grid, rows south first.

    Attributes
    ----------
    lon, lat : ndarray
        Centres, degrees, ascending.
    basins : ndarray of int64, (ny, nx)
        Number of the basin, from 1; 0 over the ocean.
    outlets : ndarray of int64
        Flat index of the outlet of each basin, from basin 1 on.
    """

    lon: Array
    lat: Array
    basins: Index
    outlets: Index

    @classmethod
    def of_routing(
        cls, lon: Array, lat: Array, trip: npt.ArrayLike, basins: npt.ArrayLike
    ) -> RiverBasins:
        """Take what the routing wrote, rows south first, NaN over the ocean.

        Raises
        ------
        InputError
            Sizes that disagree, or basins without exactly one outlet.
        """
        trip, numbers = np.asarray(trip, np.float64), np.asarray(basins, np.float64)
        if trip.shape != numbers.shape or trip.shape != (lat.size, lon.size):
            raise InputError(
                f"directions {trip.shape} and basins {numbers.shape} do not fit "
                f"{lat.size} x {lon.size} cells",
                remedy="give the file that the step routing wrote",
            )
        land = np.isfinite(trip) & (trip < 1e10)
        number = np.where(land, numbers, 0).astype(np.int64)
        outlets = np.flatnonzero(land & (trip >= _FIRST_OUTLET))
        order = np.argsort(number.ravel()[outlets], kind="stable")
        count = int(number.max(initial=0))
        if not np.array_equal(number.ravel()[outlets][order], np.arange(1, count + 1)):
            raise InputError(
                "the basins of the routing do not have one outlet each",
                remedy="give the file that the step routing wrote",
            )
        return cls(lon, lat, number, outlets[order])


def river_links(rivers: RiverBasins, shared: Exchange, coastal: Mask) -> Links:
    """Bring the water of every land cell to the mouth of its river.

    Parameters
    ----------
    rivers : RiverBasins
    shared : Exchange
    coastal : ndarray of bool
        Ocean cells with land beside them.

    Returns
    -------
    Links
        The land within each cell of the atmosphere, by area, shared out among the coastal ocean
        cells nearest to the mouths of its rivers. Cells without such land have none.
    """
    atmosphere, ocean = shared.atmosphere, shared.ocean
    targets = np.flatnonzero(coastal & ocean.active)
    row, column = np.divmod(rivers.outlets, rivers.lon.size)
    if not (row.size and targets.size):
        return Links(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), 0.0)
    mouths, away = nearest_to(rivers.lon[column], rivers.lat[row], ocean, targets)
    source, basin, area = _land_within(rivers, atmosphere)
    key, inverse = np.unique(source * ocean.size + mouths[basin - 1], return_inverse=True)
    area = added_up(inverse, area, key.size)
    source, target = np.divmod(key, ocean.size)
    total = added_up(source, area, atmosphere.size)
    return Links(source, target, area / total[source], float(away.max()))


def _land_within(rivers: RiverBasins, atmosphere: Points) -> tuple[Index, Index, Array]:
    """Owner, basin and shared area of pairs of a cell of the atmosphere and a land cell."""
    if atmosphere.mesh is None:
        return _land_nearest(rivers, atmosphere)
    ny, nx = atmosphere.shape
    j, row, height = _pairs(atmosphere.mesh.south_to_north, latitude_edges(rivers.lat), None)
    i, column, width = _pairs(atmosphere.mesh.west_to_east, longitude_edges(rivers.lon), 360.0)
    basin = rivers.basins[row[:, None], column[None, :]]
    land = np.nonzero(basin)
    area = height[land[0]] * width[land[1]]
    j = ny - 1 - j if atmosphere.north_first else j
    cell = atmosphere.owner.ravel()[j[land[0]] * nx + i[land[1]]]
    return cell, basin[land], area


def _land_nearest(rivers: RiverBasins, atmosphere: Points) -> tuple[Index, Index, Array]:
    """Land by the nearest centre of an atmosphere of polygons; copies in it have no area.

    Cells smaller than those of the rivers hold no centre of theirs: they go by the one around them.
    """
    land = np.flatnonzero(rivers.basins)
    row, column = np.divmod(land, rivers.lon.size)
    own = np.flatnonzero(atmosphere.exact > 0.0)
    places = unit_vectors(atmosphere.lon.ravel()[own], atmosphere.lat.ravel()[own])
    _, found = cKDTree(places).query(unit_vectors(rivers.lon[column], rivers.lat[row]))
    small: Index = np.setdiff1d(np.arange(own.size), found)
    x, y = np.meshgrid(rivers.lon, rivers.lat)
    _, around = cKDTree(unit_vectors(x.ravel(), y.ravel())).query(places[small])
    known = rivers.basins.ravel()[around] > 0
    small, taken = small[known], np.concatenate([land, np.asarray(around)[known]])
    area = np.diff(np.sin(np.deg2rad(latitude_edges(rivers.lat))))[taken // rivers.lon.size]
    return own[np.concatenate([found, small])], rivers.basins.ravel()[taken], area


def _pairs(one: Array, other: Array, turn: float | None) -> tuple[Index, Index, Array]:
    """Intervals of two axes that overlap, and by how much (sines of latitudes, degrees east)."""
    shifts = (0.0,) if turn is None else (-turn, 0.0, turn)
    found = []
    for shift in shifts:
        low = np.maximum(one[:-1, None], other[None, :-1] + shift)
        high = np.minimum(one[1:, None], other[None, 1:] + shift)
        a, b = np.nonzero(high > low)
        found.append((a, b, low[a, b], high[a, b]))
    a, b, low, high = (np.concatenate(part) for part in zip(*found, strict=True))
    if turn is None:
        low, high = np.sin(np.deg2rad(low)), np.sin(np.deg2rad(high))
    return a, b, high - low
