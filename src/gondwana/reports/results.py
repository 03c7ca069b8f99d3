"""The folder of a build as the report reads it: files that may be there, and what is said of them.

Every dataset is read once, and only when a map or a figure asks for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.formats.netcdf import open_netcdf
from gondwana.reports.figure import Outline, Raster
from gondwana.reports.lines import edges
from gondwana.reports.ocean_view import OceanView
from gondwana.reports.rivers import Network, network
from gondwana.science.ocean_grid import OceanGrid
from gondwana.science.sphere import row_areas
from gondwana.steps.kinds import KINDS

Array = npt.NDArray[np.float64]


class Results:
    """The files of one build.

    Parameters
    ----------
    folder : Path
        With any of the files of `KINDS`, and ``checks.json``, ``manifest.json`` and
        ``recipe.yaml``.
    jobs : int
        Threads that may work at once.
    """

    def __init__(self, folder: Path, jobs: int = 1) -> None:
        self.folder = folder
        self._jobs = jobs
        self._datasets: dict[str, xr.Dataset | None] = {}

    def dataset(self, kind: str) -> xr.Dataset | None:
        """Return the dataset of a kind; None if its file is not among the results."""
        if kind not in self._datasets:
            path = self.folder / KINDS[kind].filename
            self._datasets[kind] = open_netcdf(path) if path.exists() else None
        return self._datasets[kind]

    def field(self, kind: str, name: str) -> Array | None:
        """Return a variable without dimensions of size 1, missing values NaN; None if absent."""
        dataset = self.dataset(kind)
        if dataset is None or name not in dataset.variables:
            return None
        return np.asarray(dataset[name].squeeze(drop=True).values)

    @cached_property
    def checks(self) -> Mapping[str, Any]:
        """What ``checks.json`` says."""
        return self._json("checks.json")

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """What ``manifest.json`` says."""
        return self._json("manifest.json")

    @cached_property
    def recipe(self) -> str:
        """Text of the recipe; empty without one."""
        path = self.folder / "recipe.yaml"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @cached_property
    def ocean(self) -> OceanView | None:
        """The ocean grid, ready to be drawn; None without coordinates."""
        coordinates = self.dataset("coordinates")
        if coordinates is None:
            return None
        return OceanView.of(OceanGrid.from_coordinates(coordinates), self._jobs)

    @cached_property
    def land_grid(self) -> tuple[Array, Array] | None:
        """Longitudes and latitudes (from the north) of the routing's or topography's grid."""
        routing = self.dataset("routing")
        if routing is not None:
            return routing["nav_lon"].values[0], routing["nav_lat"].values[:, 0]
        topography = self.dataset("topography")
        if topography is not None:
            return topography["lon"].values, topography["lat"].values[::-1]
        return None

    def raster_of(self, kind: str) -> Raster | None:
        """Lay pixels over the grid of a file; files without coordinates lie on the land grid."""
        dataset = self.dataset(kind)
        if dataset is None:
            return None
        if "lon" in dataset.variables and "lat" in dataset.variables:
            return Raster.over(dataset["lon"].values, dataset["lat"].values)
        if "nav_lon" in dataset.variables:
            return Raster.over(dataset["nav_lon"].values[0], dataset["nav_lat"].values[:, 0])
        return None if self.land_grid is None else Raster.over(*self.land_grid)

    @cached_property
    def sea(self) -> npt.NDArray[np.bool_] | None:
        """Cells of the ocean grid that hold water; None without a bathymetry on this grid."""
        depth = self.field("bathy", "Bathymetry")
        if depth is None or self.ocean is None or depth.shape != self.ocean.grid.shape:
            return None
        return np.nan_to_num(depth) > 0

    @cached_property
    def land_outline(self) -> Outline | None:
        """The coast of the topography, or else of the routing."""
        for kind, name in (("topography", "topography"), ("routing", "topo")):
            raster, field = self.raster_of(kind), self.field(kind, name)
            if raster is not None and field is not None:
                shape = raster.columns.size, raster.rows.size
                return Outline("coast-land", *shape, edges(raster.take(field) > 0))
        return None

    @cached_property
    def ocean_outline(self) -> Outline | None:
        """The coast of the bathymetry as it lies on the globe."""
        if self.ocean is None or self.sea is None:
            return None
        seen = self.ocean.map(self.sea.astype(np.float64))
        rows, columns = seen.shape
        return Outline("coast-ocean", columns, rows, edges(seen > 0, np.isfinite(seen)))

    @cached_property
    def elevation(self) -> tuple[Array, Array] | None:
        """Heights in metres and areas of the cells in km², south first; None without them."""
        dataset = self.dataset("topography")
        if dataset is None:
            return None
        areas = row_areas(dataset["lat"].values, dataset["lon"].values) / 1e6
        return np.asarray(dataset["topography"].values, dtype=np.float64), areas

    @cached_property
    def rivers(self) -> Network | None:
        """Who drains to whom, and upstream areas in km²; None without the routing."""
        trip, distance = self.field("routing", "trip"), self.field("routing", "disto")
        if trip is None or distance is None or self.land_grid is None:
            return None
        lon, lat = self.land_grid
        return network(trip, distance, row_areas(lat[::-1], lon)[::-1] / 1e6)

    @cached_property
    def basin_areas(self) -> Array | None:
        """Areas of the river basins in km², by number from 1; None without the routing."""
        basins = self.field("routing", "basins")
        if basins is None or self.land_grid is None:
            return None
        lon, lat = self.land_grid
        areas = row_areas(lat[::-1], lon)[::-1] / 1e6
        numbers = np.nan_to_num(basins).astype(np.int64).ravel()
        return np.asarray(np.bincount(numbers, areas.ravel(), minlength=1)[1:], dtype=np.float64)

    def _json(self, name: str) -> Mapping[str, Any]:
        path = self.folder / name
        if not path.exists():
            return {}
        content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return content
