"""The whole analysis: from a topography to its rivers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import xarray as xr

from gondwana.errors import ParameterError
from gondwana.science.flow.directions import FLAT_RISE, directions, steepest_slopes
from gondwana.science.flow.drainage import Drainage, Grid, drainage_fields, unpadded
from gondwana.science.flow.endorheic import find_sinks
from gondwana.science.flow.fill import fill, terrain_levels
from gondwana.science.flow.lengths import Distance
from gondwana.science.flow.neighbours import Float, Level, neighbour_offsets

Rule = Literal["drop", "slope"]


@dataclass(frozen=True, eq=False)
class Flow(Drainage):
    """Rivers, and the surface that they follow.

    Attributes
    ----------
    level : ndarray of int32
        The filled surface in mm; 0 over the ocean. Land that rounds to 0 is at 1.
    front : ndarray of the smallest unsigned type
        Steps to the nearest exit of the flat in which a cell lies; 0 where it has a lower
        neighbour.
    last_front : int
        The largest front number.
    """

    level: Level
    front: npt.NDArray[np.unsignedinteger[Any]]
    last_front: int

    @property
    def conditioned(self) -> Float:
        """The surface, in m, that strictly descends along every direction; 0 over the ocean."""
        height: Float = self.front * np.float64(FLAT_RISE / (self.last_front + 1))
        height += self.level
        height /= 1000.0
        return height

    @property
    def raised(self) -> Float:
        """Depth, in m, by which depressions were filled; 0 elsewhere."""
        terrain = np.maximum(np.rint(self.elevation.astype(np.float64) * 1000.0), 1.0)
        return np.where(self.level > 0, self.level - terrain, 0.0) / 1000.0


def analyse(
    topography: xr.DataArray,
    *,
    endorheic: Sequence[tuple[float, float]] = (),
    rule: Rule = "drop",
    radius_km: float = 6370.0,
    distance: Distance = "plane",
    river_mouths: int = 199,
) -> Flow:
    """Find where the water of every land cell goes.

    The elevations are rounded to 1 mm, depressions filled, flats sloped towards their exits;
    every land cell drains to one of its eight neighbours, columns close around the globe, and
    nothing crosses a pole. The topography itself is not changed.

    Parameters
    ----------
    topography : DataArray, (lat, lon)
        Elevation in metres, positive up, on a global grid with equally spaced longitudes; both
        axes ascending. Land is above 0; the ocean counts as 0 however deep it is.
    endorheic : sequence of (longitude, latitude)
        Points in depressions that keep their water instead of being filled. The lowest cell of
        the depression becomes the outlet of an endorheic basin.
    rule : {"drop", "slope"}
        Neighbour with the largest drop, or with the largest drop over distance. Of equal ones the
        first from N clockwise.
    radius_km : float
        Radius for the lengths of rivers; the field's files use 6370 km.
    distance : {"plane", "great circle"}
        Rule for the lengths of steps; see `lengths.step_lengths`.
    river_mouths : int
        Number of the largest basins whose outlets are river mouths (code 99).

    Returns
    -------
    Flow

    Raises
    ------
    InputError
        Missing values, no ocean, or a grid that is not global and regular in longitude.
    ParameterError
        An unusable parameter, or an endorheic point outside every depression.

    Notes
    -----
    All steps take time linear in the number of cells, but for the rims of depressions, which are
    sorted. Land on all of the globe but one cell is possible, and so is no land at all.
    """
    if rule not in ("drop", "slope"):
        raise ParameterError(
            f"the rule for directions {rule!r} is unknown", remedy='choose "drop" or "slope"'
        )
    grid = Grid.of(topography, radius_km, distance)
    offsets = neighbour_offsets(grid.lon.size)
    elevation = _plain(topography)
    level = terrain_levels(elevation)
    sinks = find_sinks(level, offsets, endorheic, grid.lat, grid.lon)
    fill(level, offsets, sinks)
    code, front, last = directions(level, offsets, sinks)
    if rule == "slope":
        steepest_slopes(level, code, front, last, offsets, grid.step_km)
    narrow = front.astype(np.min_scalar_type(last))
    del front  # the largest arrays are still to come
    return Flow(
        **drainage_fields(code, elevation, grid, river_mouths),
        level=unpadded(level, grid.lon.size),
        front=unpadded(narrow, grid.lon.size),
        last_front=last,
    )


def _plain(topography: xr.DataArray) -> npt.NDArray[np.floating[Any]]:
    """Return the elevations as they are if compiled loops can read them, else a copy."""
    values: npt.NDArray[Any] = topography.values
    kept = values.dtype in (np.float64, np.float32)
    return np.ascontiguousarray(values if kept else values.astype(np.float64))
