"""What follows from flow directions: the fields of ORCHIDEE's routing, and rivers to draw."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.errors import InputError, ParameterError
from gondwana.science.flow.basins import (
    basins_and_distances,
    drained_areas,
    heights_above_next,
)
from gondwana.science.flow.directions import BEYOND, SINK
from gondwana.science.flow.lengths import Distance, step_lengths
from gondwana.science.flow.neighbours import (
    COLUMN_STEP,
    ROW_STEP,
    Cell,
    Code,
    Float,
    neighbour_offsets,
)
from gondwana.science.sphere import row_areas

LEAST_DROP = 5.0
"""Metres: the least height difference between a cell and the next downstream."""

RETURN_FLOW, COASTAL_FLOW, RIVER_MOUTH = 97, 98, 99
"""Final direction codes of outlets: into the soil, diffuse along the coast, a river's mouth."""


@dataclass(frozen=True)
class Grid:
    """Axes of a global grid with regular columns, and what the routing needs of them.

    Attributes
    ----------
    lat, lon : ndarray
        Centres in degrees, both ascending.
    step_km : ndarray, (ny, 10)
        Lengths of steps by row and direction code, km; see `lengths.step_lengths`.
    row_area : ndarray, (ny,)
        Area of a cell of each row, km², on the sphere of `sphere.EARTH_RADIUS`.
    """

    lat: Float
    lon: Float
    step_km: Float
    row_area: Float

    @classmethod
    def of(cls, topography: xr.DataArray, radius_km: float, distance: Distance) -> Grid:
        """Read the axes of a topography; refuse what water could not be routed on."""
        axes = topography.indexes
        if topography.dims != ("lat", "lon") or "lat" not in axes or "lon" not in axes:
            raise InputError(
                f"the topography has the dimensions {topography.dims} and the axes {tuple(axes)}",
                remedy='rename and transpose them to ("lat", "lon"), both with coordinates',
            )
        lat = axes["lat"].to_numpy(np.float64)
        lon = axes["lon"].to_numpy(np.float64)
        dlon = 360.0 / lon.size
        if lon.size < 2 or np.abs(np.diff(lon) - dlon).max() > 0.01 * dlon:
            raise InputError(
                f"the {lon.size} longitudes are not equally spaced once around the globe",
                remedy="regrid the topography to a global regular grid first",
            )
        return cls(lat, lon, *_tables(tuple(lat.tolist()), dlon, radius_km, distance))


@lru_cache(maxsize=8)
def _tables(
    rows: tuple[float, ...], dlon: float, radius_km: float, distance: Distance
) -> tuple[Float, Float]:
    """Lengths of steps and areas of cells by row; kept, as one grid is often analysed again."""
    lat = np.array(rows)
    step_km = step_lengths(lat, dlon, radius_km, distance)
    row_area = row_areas(lat, np.array([0.0, dlon]))[:, 0] * 1e-6
    step_km.flags.writeable = row_area.flags.writeable = False
    return step_km, row_area


@dataclass(frozen=True, eq=False)
class Drainage:
    """Rivers on the cells of a topography: every array is (ny, nx), south first.

    Attributes
    ----------
    grid : Grid
    elevation : ndarray
        The topography, m; never modified.
    direction : ndarray of uint8
        0 ocean, 1 N, 2 NE, 3 E, 4 SE, 5 S, 6 SW, 7 W, 8 NW, 9 endorheic sink.
    basins : ndarray of int32
        From 1 by decreasing area (equal areas by the outlet's position, from south to north, then
        from west to east); 0 over the ocean.
    distance : ndarray of float64
        ``disto``: km along the river to the centre of the ocean cell that receives it; into an
        endorheic sink one meridional step is counted after its centre. 0 over the ocean.
    outlets : ndarray of int64, (n,)
        Position of each basin's outlet in the flattened arrays.
    areas : ndarray, (n,)
        Area of each basin, km².
    river_mouths : int
        Number of the largest basins whose outlets are river mouths.
    """

    grid: Grid
    elevation: npt.NDArray[np.floating[Any]]
    direction: Code
    basins: Cell
    distance: Float
    outlets: npt.NDArray[np.int64]
    areas: Float
    river_mouths: int

    @property
    def trip(self) -> Code:
        """Final direction codes, uint8: `direction`, but 97, 98 or 99 at outlets; 0 ocean."""
        trip = self.direction.copy()
        code = np.full(self.outlets.size, COASTAL_FLOW, dtype=np.uint8)
        code[: self.river_mouths] = RIVER_MOUTH
        code[self.direction.flat[self.outlets] == SINK] = RETURN_FLOW
        trip.flat[self.outlets] = code
        return trip

    @property
    def river_length(self) -> Float:
        """``riverl``: distance to the next cell downstream, m; 0 over the ocean."""
        of_row = np.arange(self.grid.lat.size)[:, None]
        length: Float = 1000.0 * self.grid.step_km[of_row, self.direction]
        return length

    @property
    def hdiff(self) -> Float:
        """Height above the next cell downstream, m, at least 5; 0 over the ocean."""
        flat = heights_above_next(
            self.elevation.ravel(), self.direction.ravel(), self._offsets, LEAST_DROP
        )
        return flat.reshape(self.direction.shape)

    @property
    def topoind(self) -> Float:
        """Topographic index, km; 0 over the ocean."""
        return topographic_index(self.river_length, self.hdiff)

    @cached_property
    def upstream_area(self) -> Float:
        """Area that drains through each cell, its own included, km²; 0 over the ocean."""
        flat = drained_areas(self.direction.ravel(), self._offsets, self.grid.row_area)
        return flat.reshape(self.direction.shape)

    def rivers(self, least_area: float) -> Float:
        """Return segments of rivers, to draw.

        Parameters
        ----------
        least_area : float
            Cells that drain a smaller area, in km², are left out.

        Returns
        -------
        ndarray, (n, 2, 2)
            (longitude, latitude) of both ends, degrees, the upstream end first; the second
            longitude is beyond the seam where the segment crosses it.
        """
        shown = (self.upstream_area >= least_area) & (self.direction != 0)
        rows, columns = np.nonzero(shown & (self.direction != SINK))
        step = self.direction[rows, columns].astype(np.intp) - 1
        start = np.stack([self.grid.lon[columns], self.grid.lat[rows]], axis=-1)
        dlon = 360.0 / self.grid.lon.size
        ends = [start[:, 0] + COLUMN_STEP[step] * dlon, self.grid.lat[rows + ROW_STEP[step]]]
        return np.stack([start, np.stack(ends, axis=-1)], axis=1)

    @property
    def _offsets(self) -> npt.NDArray[np.int64]:
        return neighbour_offsets(self.grid.lon.size)


def topographic_index(river_length: npt.ArrayLike, hdiff: npt.ArrayLike) -> Float:
    """Topographic index of the retention time of a reach.

    Parameters
    ----------
    river_length, hdiff : array_like
        Length and drop of the reach, m; a drop of 0 is no reach.

    Returns
    -------
    ndarray
        sqrt(length³ / drop) / 1000, which ORCHIDEE reads as km; 0 where there is no reach.
    """
    length, drop = np.asarray(river_length, np.float64), np.asarray(hdiff, np.float64)
    index = np.zeros(np.broadcast_shapes(length.shape, drop.shape))
    np.divide(length**3, drop, out=index, where=drop > 0)
    np.sqrt(index, out=index)
    index /= 1000.0
    return index


def drain(
    direction: npt.ArrayLike,
    topography: xr.DataArray,
    *,
    radius_km: float = 6370.0,
    distance: Distance = "plane",
    river_mouths: int = 199,
) -> Drainage:
    """Follow given flow directions.

    Parameters
    ----------
    direction : array_like, (ny, nx)
        On the grid of the topography, south first: 0 ocean, 1 N, then clockwise to 8 NW, 9 for an
        endorheic sink.
    topography : DataArray, (lat, lon)
        Elevation in metres, positive up, south first. Where a direction is not 0 is land.
    radius_km, distance, river_mouths
        As in `analyse`.

    Returns
    -------
    Drainage

    Raises
    ------
    InputError
        An unusable grid, unknown directions, or directions that go in a circle or off the grid.
    ParameterError
        An unusable parameter.
    """
    grid = Grid.of(topography, radius_km, distance)
    given = np.asarray(direction)
    if given.shape != topography.shape or not np.isin(given, np.arange(10)).all():
        raise InputError(
            f"flow directions must be 0..9 on the grid of the topography, {topography.shape}",
            remedy="give 0 over the ocean, 1..8 clockwise from north, 9 at an endorheic sink",
        )
    if np.isin(given[0], (4, 5, 6)).any() or np.isin(given[-1], (8, 1, 2)).any():
        raise InputError(
            "flow directions lead beyond a pole", remedy="let the rows at the poles stay inside"
        )
    closed = np.full((1, grid.lon.size), BEYOND)
    code = np.concatenate([closed, given.astype(np.uint8), closed]).ravel()
    values = np.asarray(topography.values)
    return Drainage(**drainage_fields(code, values, grid, river_mouths))


def drainage_fields(
    code: Code, elevation: npt.NDArray[np.floating[Any]], grid: Grid, river_mouths: int
) -> dict[str, Any]:
    """Compute the attributes of a `Drainage` from padded directions."""
    if river_mouths < 0:
        raise ParameterError(
            f"the number of river mouths, {river_mouths}, is negative", remedy="give 0 or more"
        )
    nx = grid.lon.size
    basins, far, outlets, areas = basins_and_distances(
        code, neighbour_offsets(nx), grid.step_km, grid.row_area
    )
    return {
        "grid": grid,
        "elevation": elevation,
        "direction": unpadded(code, nx),
        "basins": unpadded(basins, nx),
        "distance": unpadded(far, nx),
        "outlets": outlets - nx,
        "areas": areas,
        "river_mouths": river_mouths,
    }


def unpadded(flat: npt.NDArray[Any], nx: int) -> npt.NDArray[Any]:
    """View a padded array as (ny, nx)."""
    return flat.reshape(-1, nx)[1:-1]
