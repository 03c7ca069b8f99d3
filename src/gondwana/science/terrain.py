"""One view of the solid surface, whether it stands on a longitude-latitude or an ocean grid.

Checks and fixes are written once, on ``Terrain``; a topography (positive up) and a bathymetry
(positive down, 0 on land) are its two faces.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.errors import InputError
from gondwana.science.checks import Row
from gondwana.science.components import Index, Labels, Mask
from gondwana.science.edits import cells_at
from gondwana.science.sphere import is_periodic, row_areas
from gondwana.science.topology import Topology

Float = npt.NDArray[np.float64]

SOUTH_LIMIT = -78.0
"""Cells whose centre lies south of this latitude must be land: the ocean grid ends there."""
NORTH_LIMIT = 86.0
"""Cells whose centre lies north of this latitude must be all land or all ocean."""


class Grid(Protocol):
    """What is asked of an ocean grid; arrays on (ny, nx), degrees and m²."""

    @property
    def lon(self) -> Float: ...  # noqa: D102
    @property
    def lat(self) -> Float: ...  # noqa: D102
    @property
    def area(self) -> Float: ...  # noqa: D102
    @property
    def topology(self) -> Topology: ...  # noqa: D102


@dataclass(frozen=True)
class Cells:
    """Centres (degrees) and areas (m²) of cells on (ny, nx), and how they touch."""

    lon: Float
    lat: Float
    area: Float
    topology: Topology


@dataclass(frozen=True)
class Terrain:
    """Heights of a solid surface on any grid.

    Attributes
    ----------
    height : ndarray, (ny, nx)
        Metres, positive up; a bathymetry has 0 on land.
    cells : Grid
        Where the cells lie.
    given : DataArray
        The field it was made from.
    on_ocean_grid : bool
        The field is a bathymetry: positive down, land where it is 0.
    """

    height: Float
    cells: Grid
    given: xr.DataArray
    on_ocean_grid: bool

    @classmethod
    def of(cls, field: xr.DataArray, grid: Grid | None = None) -> Terrain:
        """Take a canonical topography, or a bathymetry on an ocean grid.

        Parameters
        ----------
        field : DataArray
            Topography on (lat, lon), metres positive up, or with ``grid`` a bathymetry on (y, x),
            depth in metres, 0 on land.
        grid : Grid, optional
            The ocean grid.

        Raises
        ------
        InputError
            Dimensions that do not fit, or missing values.
        """
        dims = ("lat", "lon") if grid is None else ("y", "x")
        if field.dims != dims or (grid is not None and field.shape != grid.area.shape):
            raise InputError(
                f"the field has dimensions {field.dims} and shape {field.shape}",
                remedy=f"give {dims}" + ("" if grid is None else f" of shape {grid.area.shape}"),
            )
        values = np.ascontiguousarray(field.values, dtype=np.float64)
        if not np.isfinite(values).all():
            raise InputError("the field has missing values", remedy="fill them first")
        if grid is not None:
            return cls(grid.topology.synchronise(-values), grid, field, True)
        lat, lon = field["lat"].values, field["lon"].values
        lon2d, lat2d = np.broadcast_arrays(lon[None, :], lat[:, None])
        topology = Topology(periodic=is_periodic(lon))
        return cls(values, Cells(lon2d, lat2d, row_areas(lat, lon), topology), field, False)

    @cached_property
    def ocean(self) -> Mask:
        """Cells that hold sea water, (ny, nx): a cell of 0 m is ocean on a topography alone."""
        return self.height < 0.0 if self.on_ocean_grid else self.height <= 0.0

    @cached_property
    def copies(self) -> Index:
        """Flat indices of the cells that repeat others."""
        if not self.cells.topology.has_copies:
            return np.empty(0, dtype=np.int64)
        ny, nx = self.height.shape
        return np.flatnonzero(~self.cells.topology.owned((ny, nx)))

    def once(self, mask: Mask) -> Index:
        """Flat indices of the cells of a mask, each place on the globe once."""
        return self.without_copies(np.flatnonzero(mask))

    def without_copies(self, cells: Index) -> Index:
        """Drop the cells (flat indices) that repeat others."""
        return cells[~np.isin(cells, self.copies)] if self.copies.size else cells

    def members(self, labels: Labels, count: int) -> list[Index]:
        """Flat indices of the cells of each label from 1 to ``count``, in storage order."""
        cells = self.once(labels > 0)
        cells = cells[np.argsort(labels.flat[cells], kind="stable")]
        ends = np.searchsorted(labels.flat[cells], np.arange(1, count + 1), side="right")
        return np.split(cells, ends)[:count]

    def changed(self, height: Float) -> Terrain:
        """Return the same surface with other heights."""
        return replace(self, height=self.cells.topology.synchronise(height))

    def field(self) -> xr.DataArray:
        """Return the heights as the kind of field they came as."""
        # adding 0 turns -0.0, the negative of land, into 0.0
        values = -self.height + 0.0 if self.on_ocean_grid else self.height
        return self.given.copy(data=values)

    def labelled(self, labels: Labels) -> xr.DataArray:
        """Put labels on the coordinates of the field."""
        coords = self.given.coords
        return xr.DataArray(labels, coords, self.given.dims, name="labels")

    def land_height(self, wanted: float) -> float:
        """Height of new land: a bathymetry knows only 0."""
        return 0.0 if self.on_ocean_grid else wanted

    def beyond_limits(self) -> Mask:
        """Land that no water may take the place of: at the poles, and row 1 of an ocean grid."""
        lat = self.cells.lat
        beyond = ~self.ocean & ((lat < SOUTH_LIMIT) | (lat > NORTH_LIMIT))
        if self.on_ocean_grid:
            beyond[0] = ~self.ocean[0]
        return beyond

    def cell_at(self, lon: float, lat: float) -> int:
        """Flat index of the cell whose centre is nearest to a point (degrees)."""
        row, column = cells_at([(lon, lat)], self.cells.lon, self.cells.lat)[0]
        ny, nx = self.height.shape
        return int(self.cells.topology.owners((ny, nx))[row, column])


def counted(count: int, noun: str) -> str:
    """Put a number before a noun: 1 cell, 2 cells."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def table(**columns: npt.NDArray[Any]) -> list[Row]:
    """Turn columns of the same length into the rows of a table, of plain Python values."""
    lists = [column.tolist() for column in columns.values()]
    return [dict(zip(columns, values, strict=True)) for values in zip(*lists, strict=True)]
