"""The weights between PALEORCA2 and LMDZ 96x95 beside those of CDO and YAC: speed and agreement.

YAC works in this process, CDO is a process of its own, as people use them; each makes the weights
both ways. A peer differs from the exact weight where edges nearly coincide or cells are a few
metres wide. Those weights are counted here, and decided with forty digits in
``tests/contract/test_coupling_oracles.py``.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import scipy.sparse as sp
import xarray as xr

from benchmarks.figures import told
from gondwana.science.grid_cells import polygon_areas
from gondwana.science.ocean_grid import OceanGrid
from gondwana.science.polygons import Mesh, mesh_overlaps

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from coupling_oracles import YacGrid, by_cdo, by_yac, curvilinear, links, regular

Weights = tuple[sp.csr_array, sp.csr_array]
"""To the atmosphere and to the ocean, normalised by the target's own area."""


@dataclass(frozen=True)
class Cells:
    """The cells of an ocean grid that are compared: copies and folded ones left out."""

    grid: OceanGrid
    kept: np.ndarray
    areas: np.ndarray
    lon: np.ndarray
    lat: np.ndarray

    @classmethod
    def of(cls, grid: OceanGrid) -> Cells:
        """Choose them."""
        exact = polygon_areas(grid.corner_lon, grid.corner_lat, 1.0)
        kept = np.flatnonzero(grid.owned & (exact > 1e-10))
        lon, lat = (each.reshape(-1, 4)[kept] for each in (grid.corner_lon, grid.corner_lat))
        return cls(grid, kept, exact.ravel()[kept], lon, lat)

    def weights(self, mesh: Mesh) -> Weights:
        """Ours."""
        found = mesh_overlaps(mesh, self.lon, self.lat)
        shape = (mesh.areas.size, self.kept.size)
        shared = sp.coo_array((found.area, (found.other, found.one)), shape)
        up = sp.diags_array(1 / mesh.areas.ravel()) @ shared
        return up.tocsr(), (sp.diags_array(1 / self.areas) @ shared.T).tocsr()

    def by_cdo(self, mesh: Mesh, folder: Path) -> Weights:
        """CDO's."""
        ocean, atmosphere = self.described(), described(mesh)
        sizes = (self.grid.lon.size, mesh.areas.size)
        up = links(by_cdo(ocean, atmosphere, folder), sizes)[:, self.kept]
        return up, links(by_cdo(atmosphere, ocean, folder), sizes[::-1])[self.kept]

    def for_yac(self, mesh: Mesh) -> tuple[YacGrid, YacGrid]:
        """Describe both sides to YAC."""
        west, south = np.meshgrid(mesh.west_to_east[:-1], mesh.south_to_north[:-1])
        east, north = np.meshgrid(mesh.west_to_east[1:], mesh.south_to_north[1:])
        sides = ((west, east, east, west), (south, south, north, north))
        wedges = [np.stack(side, axis=-1).reshape(-1, 4) for side in sides]
        return YacGrid(self.lon, self.lat, False), YacGrid(*wedges, True)

    def described(self) -> xr.Dataset:
        """Describe the whole grid to CDO."""
        grid = self.grid
        return curvilinear(grid.lon, grid.lat, grid.corner_lon, grid.corner_lat)


def both_by_yac(ocean: YacGrid, atmosphere: YacGrid, folder: Path) -> Weights:
    """Let YAC compute both."""
    return by_yac(ocean, atmosphere, folder), by_yac(atmosphere, ocean, folder)


def described(mesh: Mesh) -> xr.Dataset:
    """Describe an atmosphere to CDO."""
    edges = mesh.west_to_east, mesh.south_to_north
    return regular(*(0.5 * (edge[:-1] + edge[1:]) for edge in edges), *edges)


def closures(cells: Cells, mesh: Mesh) -> None:
    """Tell how well overlaps fill the cells of both sides."""
    up, down = cells.weights(mesh)
    inside = np.repeat(mesh.south_to_north[:-1] > -70.0, mesh.shape[1])
    for side, sums in (
        ("ocean's cells", down.sum(axis=1)),
        ("atmosphere's cells north of 70°S", up.sum(axis=1)[inside]),
    ):
        off = np.abs(sums - 1).max()
        told(f"closure of the {side}", off, "", "<= 1e-11", bool(off <= 1e-11))


def speeds(cells: Cells, mesh: Mesh, ours: Callable[[], object], folder: Path) -> None:
    """Alternate with each peer, so that a busy machine slows both."""
    cells.described().to_netcdf(folder / "ocean.nc")
    described(mesh).to_netcdf(folder / "atmosphere.nc")

    def cdo_both() -> None:
        """Only the processes are timed: the files are there."""
        for source, target in (("ocean.nc", "atmosphere.nc"), ("atmosphere.nc", "ocean.nc")):
            made = folder / "weights.nc"
            made.unlink(missing_ok=True)
            command = ["cdo", "-s", "-b", "F64", f"gencon,{folder / target}", folder / source, made]
            subprocess.run(command, check=True)

    grids = cells.for_yac(mesh)

    def yac_both() -> None:
        both_by_yac(*grids, folder)

    for name, peer in (("CDO, whole processes", cdo_both), ("YAC in process", yac_both)):
        theirs, again = [], []
        peer()
        for _ in range(5):
            theirs.append(seconds_once(peer))
            again.append(seconds_once(ours))
        ratio = median(theirs) / median(again)
        told(f"{name}, both ways", 1e3 * median(theirs), "ms")
        told(f"times faster than {name}", ratio, "", ">= 5", ratio >= 5.0)


def seconds_once(task: Callable[[], object]) -> float:
    began = perf_counter()
    task()
    return perf_counter() - began


def differences(cells: Cells, mesh: Mesh, sea: np.ndarray, folder: Path) -> None:
    """Compare weights: all of them, those of an ocean, and where no edge lies along another."""
    rows = mesh.south_to_north.copy()
    rows[1:-1] += 0.0713
    moved = Mesh(mesh.west_to_east + 0.3137, rows)
    ours, yac, cdo = (
        cells.weights(mesh), both_by_yac(*cells.for_yac(mesh), folder), cells.by_cdo(mesh, folder),
    )  # fmt: skip
    apart, cdo_apart = cells.weights(moved), cells.by_cdo(moved, folder)
    wet = sea.ravel()[cells.kept]
    compared("YAC, to the atmosphere", yac[0], ours[0])
    compared("YAC, to the ocean", yac[1], ours[1])
    compared("YAC, to the ocean of 60 Ma", yac[1][wet], ours[1][wet])
    compared("CDO, to the atmosphere", cdo[0], ours[0])
    compared("CDO, to the ocean", cdo[1], ours[1])
    compared("CDO, to the atmosphere moved by 0.3° and 0.07°", cdo_apart[0], apart[0])
    compared("CDO, to the ocean, the atmosphere moved", cdo_apart[1], apart[1])


def compared(name: str, theirs: sp.csr_array, ours: sp.csr_array) -> None:
    """Tell how far weights are from ours."""
    off = abs(theirs - ours).tocoo().data
    most, beyond = float(off.max(initial=0.0)), off > 1e-11
    told(f"{name}: largest difference", most, "", "<= 1e-11", most <= 1e-11)
    if beyond.any():
        told(f"{name}: weights beyond 1e-11, of {ours.nnz}", float(beyond.sum()), "")
        told(f"{name}: largest of all others", off[~beyond].max(initial=0.0), "")
