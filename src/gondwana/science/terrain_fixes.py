"""Fixes for the poles and for narrow passages; internal oceans have a module of their own.

A fix returns a new field and says what it changed; the caller checks again, since a fix of one
kind may make a problem of another.
"""

from __future__ import annotations

from typing import get_args

import numpy as np
import xarray as xr

from gondwana.errors import ParameterError
from gondwana.science.checks import Change
from gondwana.science.choices import PassagePolicy
from gondwana.science.components import Index, Mask
from gondwana.science.neighbours import EAST, NORTH, SOUTH, WEST, Seams
from gondwana.science.passages import ALONG_Y, Passages, narrow_passages
from gondwana.science.sphere import wrap_longitude
from gondwana.science.terrain import NORTH_LIMIT, SOUTH_LIMIT, Float, Grid, Terrain
from gondwana.science.terrain_checks import minority


def fix_poles(
    field: xr.DataArray, *, land_height: float = 1.0, grid: Grid | None = None
) -> tuple[xr.DataArray, list[Change]]:
    """Turn ocean south of 78°S into land, and the north of 86°N into what most of it is.

    Parameters
    ----------
    field : DataArray
        Topography (lat, lon), m, positive up; with ``grid`` bathymetry (y, x), m, positive down.
    land_height : float
        Height of new land in metres, above 0; on an ocean grid land is 0.
    grid : Grid, optional
        The ocean grid of a bathymetry.

    Returns
    -------
    field : DataArray
        A new field. Land that becomes ocean gets the mean depth, by area, of the ocean north of
        86°N. Cells are judged by their centres; where land and ocean share the north evenly it
        becomes land.
    changes : list of Change
        At most one for each pole.

    Raises
    ------
    ParameterError
        A land height that is not above 0.
    """
    _refuse_flat_land(land_height)
    terrain = Terrain.of(field, grid)
    land = terrain.land_height(land_height)
    height = terrain.height.copy()
    changes: list[Change] = []
    lat, area = terrain.cells.lat, terrain.cells.area.flat
    south = terrain.ocean & (lat < SOUTH_LIMIT)
    if south.any():
        height[south] = land
        changes.append(
            _change(terrain, terrain.once(south), "raised ocean to land", "south of 78°S is land")
        )
    cap = lat > NORTH_LIMIT
    wrong = minority(terrain, cap)
    why = "north of 86°N is all land or all ocean"
    if (wrong & terrain.ocean).any():
        height[wrong] = land
        changes.append(_change(terrain, terrain.once(wrong), "raised ocean to land", why))
    elif wrong.any():
        ocean = terrain.once(cap & terrain.ocean)
        weight = area[ocean] / area[ocean].sum()
        height[wrong] = np.sum(weight * terrain.height.flat[ocean])
        changes.append(_change(terrain, terrain.once(wrong), "lowered land to ocean", why))
    return terrain.changed(height).field(), changes


def resolve_passages(
    field: xr.DataArray,
    policy: PassagePolicy = "keep",
    *,
    land_height: float = 1.0,
    grid: Grid | None = None,
) -> tuple[xr.DataArray, list[Change]]:
    """Keep, widen or close every strait one cell wide.

    Parameters
    ----------
    field : DataArray
        Topography (lat, lon), m, positive up; with ``grid`` bathymetry (y, x), m, positive down.
    policy : {"keep", "widen", "close"}
        *widen* lowers the land along one side of each strait, the side where that moves less
        material (the southern or western one if even), to the depth of the strait's cell beside
        it; a side beyond a closed boundary, or land that must stay land at the poles, is no
        choice. *close* raises the strait to land, which may leave internal oceans. Either is
        repeated where it makes new passages.
    land_height : float
        Height of new land in metres, above 0; on an ocean grid land is 0.
    grid : Grid, optional
        The ocean grid of a bathymetry.

    Returns
    -------
    field : DataArray
        A new field.
    changes : list of Change
        One for each passage that was changed.

    Raises
    ------
    ParameterError
        An unknown policy, or a land height that is not above 0.
    """
    _refuse_flat_land(land_height)
    if policy not in get_args(PassagePolicy):
        raise ParameterError(
            f"there is no policy {policy!r} for passages", remedy="choose keep, widen or close"
        )
    terrain = Terrain.of(field, grid)
    changes: list[Change] = []
    while policy != "keep":
        found = narrow_passages(terrain.ocean, terrain.cells.topology)
        if policy == "close":
            height, more = _closed(terrain, found, terrain.land_height(land_height))
        else:
            height, more = _widened(terrain, found)
        if not more:
            break
        terrain, changes = terrain.changed(height), changes + more
    return terrain.field(), changes


def _closed(terrain: Terrain, found: Passages, land: float) -> tuple[Float, list[Change]]:
    """Raise every passage to land."""
    changes = [
        _change(terrain, cells, "closed a narrow passage", "passages one cell wide: close")
        for cells in terrain.members(found.labels, found.count)
    ]
    return np.where(found.labels > 0, land, terrain.height), changes


def _widened(terrain: Terrain, found: Passages) -> tuple[Float, list[Change]]:
    """Lower the land along one side of every passage."""
    ny, nx = terrain.height.shape
    seams, untouchable = Seams.of(terrain.cells.topology, (ny, nx)), terrain.beyond_limits()
    height = terrain.height.copy()
    changes: list[Change] = []
    for cells in terrain.members(found.labels, found.count):
        sides = _sides(seams, cells, found.along.flat[cells[0]] == ALONG_Y)
        costs = [_cost(terrain, cells, side, untouchable) for side in sides]
        if np.isfinite(min(costs)):
            side = sides[int(np.argmin(costs))]
            height.flat[side] = np.minimum(height.flat[side], terrain.height.flat[cells])
            why = "passages one cell wide: widen"
            changes.append(_change(terrain, side, "widened a narrow passage", why))
    return height, changes


def _sides(seams: Seams, cells: Index, along_y: bool) -> tuple[Index, Index]:
    """Cells along either side of a passage."""
    if not along_y:
        return seams.beside(cells, SOUTH), seams.beside(cells, NORTH)
    west, east = seams.beside(cells, WEST), seams.beside(cells, EAST)
    # a passage along y changes its column only across the fold, where west and east swap
    column = cells % seams.shape[1]
    mirrored = column != column[0]
    return np.where(mirrored, east, west), np.where(mirrored, west, east)


def _cost(terrain: Terrain, cells: Index, side: Index, untouchable: Mask) -> float:
    """Volume above the cells' floor in the land beside them (m³); infinite where forbidden."""
    if (side < 0).any() or untouchable.flat[side].any():
        return float("inf")
    above = terrain.height.flat[side] - terrain.height.flat[cells]
    return float(np.sum(above * terrain.cells.area.flat[side]))


def _change(terrain: Terrain, cells: Index, what: str, why: str) -> Change:
    lon, lat = terrain.cells.lon.flat[cells[0]], terrain.cells.lat.flat[cells[0]]
    return Change(what, why, int(cells.size), float(wrap_longitude(lon)), float(lat))


def _refuse_flat_land(land_height: float) -> None:
    if not land_height > 0.0:
        raise ParameterError(
            f"land cannot have a height of {land_height} m", remedy="give a height above 0"
        )
