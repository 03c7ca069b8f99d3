"""Sub-basins of the ocean: which cells are Atlantic, Pacific or Indian.

Seed polygons mark where a basin lies for certain; every other ocean cell goes to the basin it is
nearest to by water. That follows the coasts of any paleogeography, and the person who knows it
better moves the seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from gondwana.science.checks import Check, Row
from gondwana.science.choices import DEFAULT_SEEDS, Seeds
from gondwana.science.geometry import contains
from gondwana.science.ocean_grid import OceanGrid
from gondwana.science.sphere import Array, great_circle, unit_vectors

Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SubBasins:
    """A partition of the ocean.

    Attributes
    ----------
    codes : DataArray of int8, (y, x)
        0 = land, k = the k-th basin, in the order of ``names``.
    names : tuple of str
        Names of the basins.
    check : Check
        ``sub_basins``: warns of seeds without ocean and of basins without cells.
    """

    codes: xr.DataArray
    names: tuple[str, ...]
    check: Check

    def mask(self, name: str) -> xr.DataArray:
        """1 in a basin and 0 elsewhere, int8 on (y, x)."""
        return (self.codes == self.names.index(name) + 1).astype(np.int8).rename(name)


def sub_basins(ocean: xr.DataArray, grid: OceanGrid, seeds: Seeds = DEFAULT_SEEDS) -> SubBasins:
    """Divide the ocean among basins that grow from seeds.

    Parameters
    ----------
    ocean : DataArray of bool, (y, x)
        True on ocean; halo and fold copies synchronised.
    grid : OceanGrid
        The ocean grid.
    seeds : mapping of name to polygons
        For each basin its polygons as vertices (longitude, latitude), see ``geometry.contains``.
        A cell belongs to a seed if its centre lies inside; where seeds overlap the first basin
        has it.

    Returns
    -------
    SubBasins
        Every ocean cell is in exactly one basin: the one whose seed is nearest by ocean. Steps
        lead from centre to centre of the eight neighbours, along great circles, across halo
        and fold; a diagonal step needs ocean in a cell beside it, so that no step cuts through
        land. Distances equal to within a metre go to the first basin. A closed sea that no seed
        reaches goes as a whole to the basin of the reached cell nearest to any of its own along
        the great circle. Where no seed lies in the ocean the first basin has it all.

    Raises
    ------
    gondwana.errors.ParameterError
        A polygon cannot be used.
    """
    water = ocean.to_numpy().astype(np.bool_)
    cells = np.flatnonzero(water & grid.owned)
    lon, lat = grid.lon.ravel()[cells], grid.lat.ravel()[cells]
    graph = _graph(water, cells, grid)
    inside, table = _seed_cells(seeds, lon, lat)
    if not inside.any():
        inside[0] = True  # the table tells that every seed is without ocean
    distance = np.full(inside.shape, np.inf)
    for k in np.flatnonzero(inside.any(axis=1)).tolist():
        distance[k] = dijkstra(graph, indices=np.flatnonzero(inside[k]), min_only=True)
    reached = np.isfinite(distance).any(axis=0)
    code = np.where(reached, np.argmin(np.round(distance), axis=0), -1)
    _give_closed_seas(code, graph, unit_vectors(lon, lat))
    names = tuple(seeds)
    for k, name in enumerate(names):
        if not np.any(code == k):
            table.append({"basin": name, "polygon": 0, "problem": "no ocean cell in the basin"})
    codes = np.zeros(water.shape, dtype=np.int8)
    codes.ravel()[cells] = code + 1
    return SubBasins(
        ocean.copy(data=grid.topology.synchronise(codes)).rename("sub_basins").drop_attrs(),
        names,
        _report(code, grid.area.ravel()[cells], names, table),
    )


def _seed_cells(seeds: Seeds, lon: Array, lat: Array) -> tuple[Mask, list[Row]]:
    """Which cells each basin starts from (basins, cells), and the polygons that hold none."""
    inside = np.zeros((len(seeds), lon.size), dtype=np.bool_)
    table: list[Row] = []
    for k, (name, polygons) in enumerate(seeds.items()):
        for number, polygon in enumerate(polygons, start=1):
            part = contains([p[0] for p in polygon], [p[1] for p in polygon], lon, lat)
            if not part.any():
                table.append({"basin": name, "polygon": number, "problem": "no ocean in the seed"})
            inside[k] |= part
    return inside, table


def _graph(water: Mask, cells: Index, grid: OceanGrid) -> csr_array:
    """Distances in metres between neighbouring ocean cells, numbered as in ``cells``."""
    number = np.full(water.size, -1, dtype=np.int64)
    number[cells] = np.arange(cells.size)
    # every cell and copy carries the number of its owner; land and closed boundaries carry -1
    ring = grid.topology.padded(number[grid.topology.owners(grid.shape)], -1)
    j, i = np.unravel_index(cells, water.shape)

    def beside(north: int, east: int) -> Index:
        return ring[j + 1 + north, i + 1 + east]

    pairs = []
    for north, east in ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)):
        there = beside(north, east)
        open_way = there >= 0
        if north and east:
            open_way &= (beside(north, 0) >= 0) | (beside(0, east) >= 0)
        here = np.flatnonzero(open_way)
        pairs.append(here * cells.size + there[here])
    one, other = np.divmod(np.unique(np.concatenate(pairs)), max(cells.size, 1))
    lon, lat = grid.lon.ravel()[cells], grid.lat.ravel()[cells]
    metres = great_circle(lon[one], lat[one], lon[other], lat[other])
    # a stored 0 would mean that there is no way
    return csr_array((np.maximum(metres, 1e-3), (one, other)), shape=(cells.size, cells.size))


def _give_closed_seas(code: Index, graph: csr_array, place: Array) -> None:
    """Give every connected part without a basin (-1) that of the nearest cell that has one."""
    reached = np.flatnonzero(code >= 0)
    left = np.flatnonzero(code < 0)
    if not left.size:
        return
    query = cKDTree(place[reached]).query(place[left])
    distance, nearest = np.asarray(query[0]), np.asarray(query[1])
    part = np.asarray(connected_components(graph, directed=False)[1])
    for sea in np.unique(part[left]):
        members = np.flatnonzero(part[left] == sea)
        closest = members[np.argmin(distance[members])]
        code[left[members]] = code[reached[nearest[closest]]]


def _report(code: Index, area: Array, names: Sequence[str], table: list[Row]) -> Check:
    total = float(area.sum())
    shares = ", ".join(
        f"{name} {float(area[code == k].sum()) / total if total else 0.0:.1%}"
        for k, name in enumerate(names)
    )
    return Check(
        "sub_basins",
        "warn" if table else "pass",
        f"shares of the ocean's area: {shares}"
        + (f"; {len(table)} seeds or basins hold no ocean" if table else ""),
        table,
        None,
        "move those seed polygons into the water of their basin" if table else "",
    )
