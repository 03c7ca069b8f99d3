"""Runoff: where in the ocean the water of every land cell of the atmosphere arrives.

The source is an amount (kg s⁻¹ of a cell), the target a flux (kg s⁻¹ m⁻²): for each source cell
the sum of area x weight is 1, or 0 if it has no way to the ocean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from gondwana.errors import InputError
from gondwana.science.coupling.exchange import SMALLEST_SHARE, Exchange
from gondwana.science.coupling.grids import Index, Mask, Points, added_up
from gondwana.science.coupling.mappings import Mapping, ordered
from gondwana.science.sphere import EARTH_RADIUS, Array, unit_vectors
from gondwana.science.topology import Topology


@dataclass(frozen=True)
class Links:
    """Shares of the water of source cells that go to target cells.

    ``farthest_km`` is the longest way from where water leaves the land to the cell that takes it.
    """

    source: Index
    target: Index
    share: Array
    farthest_km: float = 0.0


@dataclass(frozen=True)
class Runoff:
    """Weights for runoff.

    Attributes
    ----------
    mapping : Mapping
    sources : ndarray of bool
        Points of the atmosphere whose runoff is asked for: all with some land.
    unrouted : ndarray of bool
        Those of them without a way to the ocean.
    farthest_km : float
        The longest way from a land cell, or from its river's mouth, to the cell that takes it.
    by_rivers : bool
        Whether rivers were asked for.
    """

    mapping: Mapping
    sources: Mask
    unrouted: Mask
    farthest_km: float
    by_rivers: bool = False


def coastal_cells(ocean: Mask, topology: Topology) -> Mask:
    """Find ocean cells with land among their eight neighbours.

    Parameters
    ----------
    ocean : ndarray of bool, (ny, nx)
        Copies included.
    topology : Topology

    Returns
    -------
    ndarray of bool, (ny, nx)
        Beyond an open boundary of the grid there is no land; copies follow their owners.
    """
    land = topology.padded(topology.synchronise(~ocean), False)
    ny, nx = ocean.shape
    near = np.zeros(ocean.shape, dtype=np.bool_)
    for dj in range(3):
        for di in range(3):
            near |= land[dj : dj + ny, di : di + nx]
    coastal: Mask = topology.synchronise(near & ocean)
    return coastal


def runoff(
    shared: Exchange, coastal: Mask, distance_km: float = 400.0, rivers: Links | None = None
) -> Runoff:
    """Weights by which runoff reaches the coast.

    Coastal cells of the atmosphere, part land and part ocean, give to the coastal ocean cells
    within them, in proportion to the area shared. All other land goes where its rivers do, or to
    the coastal ocean cell with the nearest centre.

    Parameters
    ----------
    shared : Exchange
    coastal : ndarray of bool, (ny, nx) of the ocean
        Ocean cells with land beside them.
    distance_km : float
        How far the nearest one may be.
    rivers : Links, optional
        Where rivers bring the water of cells of the atmosphere: source and target cells.

    Returns
    -------
    Runoff

    Raises
    ------
    InputError
        The ocean has no coast.
    """
    atmosphere, ocean = shared.atmosphere, shared.ocean
    targets = np.flatnonzero(coastal & ocean.active)
    if not targets.size:
        raise InputError(
            "the ocean has no coast, so that runoff has no way into it",
            remedy="give a bathymetry with land",
        )
    sources = atmosphere.owned() & (atmosphere.exact > 0.0)
    sources &= shared.fraction <= 1.0 - SMALLEST_SHARE
    own = _within(shared, coastal)
    served = np.zeros(atmosphere.size, dtype=np.bool_)
    served[own.source] = True
    inland = sources.ravel() & ~served
    links, farthest = [own], 0.0
    if rivers is not None:
        kept = inland[rivers.source]
        links.append(Links(rivers.source[kept], rivers.target[kept], rivers.share[kept]))
        inland[rivers.source] = False
        farthest = rivers.farthest_km
    near, away = nearest(atmosphere, np.flatnonzero(inland), ocean, targets)
    kept = away <= distance_km
    if kept.any():
        farthest = max(farthest, float(away[kept].max()))
    links.append(Links(np.flatnonzero(inland)[kept], near[kept], np.ones(int(kept.sum()))))
    joined = _joined(links)
    weight = joined.share / ocean.area.ravel()[joined.target]
    mapping = ordered(
        atmosphere,
        ocean,
        joined.source,
        joined.target,
        weight,
        "none",
        "Conservative remapping, runoff",
    )
    routed = np.zeros(atmosphere.size, dtype=np.bool_)
    routed[joined.source] = True
    unrouted = sources & ~routed.reshape(atmosphere.shape)
    return Runoff(mapping, sources, unrouted, farthest, by_rivers=rivers is not None)


def nearest(points: Points, cells: Index, ocean: Points, targets: Index) -> tuple[Index, Array]:
    """Nearest of the target cells to each of some points, and how far it is, km."""
    lon, lat = points.lon.ravel()[cells], points.lat.ravel()[cells]
    return nearest_to(lon, lat, ocean, targets)


def nearest_to(lon: Array, lat: Array, ocean: Points, targets: Index) -> tuple[Index, Array]:
    """Nearest of the target cells to places, and how far it is, km; of two as near the first."""
    tree = cKDTree(unit_vectors(ocean.lon.ravel()[targets], ocean.lat.ravel()[targets]))
    chord, found = tree.query(unit_vectors(lon, lat))
    away = 2e-3 * EARTH_RADIUS * np.arcsin(np.minimum(0.5 * chord, 1.0))
    return targets[found], away


def _within(shared: Exchange, coastal: Mask) -> Links:
    """Links of cells that are part land and part ocean to coastal ocean cells within them."""
    mixed = (shared.fraction <= 1.0 - SMALLEST_SHARE).ravel()
    kept = mixed[shared.atmosphere_cell] & coastal.ravel()[shared.ocean_cell]
    cell, share = shared.atmosphere_cell[kept], shared.share[kept]
    total = added_up(cell, share, shared.atmosphere.size)
    return Links(cell, shared.ocean_cell[kept], share / total[cell])


def _joined(links: list[Links]) -> Links:
    return Links(
        np.concatenate([part.source for part in links]),
        np.concatenate([part.target for part in links]),
        np.concatenate([part.share for part in links]),
    )
