"""The grids that edits apply to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from gondwana.errors import ParameterError
from gondwana.science.components import Mask
from gondwana.science.places import Places
from gondwana.science.sphere import (
    is_periodic,
    row_areas,
)
from gondwana.science.topology import Topology

HIGHEST = 15_000.0
"""Metres: nothing on a rocky planet of our size stands higher or lies deeper."""

Float = npt.NDArray[np.float64]
Only = Literal["all", "land", "ocean"]


@dataclass(frozen=True)
class SeaChoices:
    """How seas are filled and opened where an edit does not say.

    Attributes
    ----------
    land_height, channel_depth : float
        Metres, positive.
    channel_width : int
        Cells.
    """

    land_height: float = 1.0
    channel_depth: float = 50.0
    channel_width: int = 1


@dataclass(frozen=True)
class Surface:
    """A grid to edit on.

    Attributes
    ----------
    lon, lat : ndarray, (ny, nx)
        Centres of the cells, degrees.
    topology : Topology
        Seams of the grid.
    up : {1, -1, 0}
        1 where values grow upwards (elevation), -1 where they grow downwards (depth), 0 for a
        field that is no ground.
    area : ndarray, (ny, nx)
        Areas of the cells, m².
    land : ndarray of bool, (ny, nx), optional
        Where there is land under a field that is no ground.
    codes : mapping of str to float
        Of a map of ocean basins, the value of each basin.
    limits : tuple of float
        What values may be.
    whole : bool
        Values are whole numbers.
    choices : SeaChoices
    """

    lon: Float
    lat: Float
    topology: Topology
    up: int
    area: Float
    land: Mask | None = None
    codes: Mapping[str, float] = field(default_factory=dict)
    limits: tuple[float, float] = (-HIGHEST, HIGHEST)
    whole: bool = False
    choices: SeaChoices = SeaChoices()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.lon.shape[0], self.lon.shape[1]

    @cached_property
    def places(self) -> Places:
        """The centres of the cells, prepared for questions."""
        return Places(self.lon, self.lat)

    @cached_property
    def owners(self) -> npt.NDArray[np.int64]:
        """Flat index of the cell that each cell is a copy of, (ny, nx)."""
        return self.topology.owners(self.shape)

    def ocean(self, values: Float) -> Mask:
        """Tell ocean from land: at or below 0 m, or deeper than 0 m on an ocean grid.

        Raises
        ------
        ParameterError
            The field is no ground, and nobody knows where the land is.
        """
        if self.up:
            return values <= 0.0 if self.up > 0 else values > 0.0
        if self.land is None:
            raise ParameterError(
                "nothing tells land from ocean here", remedy="select without land or ocean"
            )
        return ~self.land

    def sides(self, values: Float, only: Only) -> Mask:
        """Tell which cells are not to be mixed with the others: none, or land and ocean."""
        return np.zeros(self.shape, np.bool_) if only == "all" else self.ocean(values)


def lonlat_surface(
    lon: Float,
    lat: Float,
    *,
    up: int,
    limits: tuple[float, float] = (-HIGHEST, HIGHEST),
    choices: SeaChoices | None = None,
    land: Mask | None = None,
) -> Surface:
    """Take a grid of longitudes and latitudes as one to edit on.

    Parameters
    ----------
    lon, lat : ndarray, (nx,) and (ny,)
        Ascending centres of columns and rows, degrees.
    up, limits, choices, land
        As for `Surface`.
    """
    shape = (lat.size, lon.size)
    return Surface(
        np.broadcast_to(lon, shape),
        np.broadcast_to(lat[:, None], shape),
        Topology(periodic=is_periodic(lon)),
        up,
        area=row_areas(lat, lon),
        land=land,
        limits=limits,
        choices=choices or SeaChoices(),
    )
