"""Cells between meridians and parallels, as the walk along the edges of polygons needs them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from gondwana.errors import InputError
from gondwana.science.sphere import Array, latitude_edges, longitude_edges

_TURN = 360.0
_CLOSED = 1e-9  # degrees by which columns may miss a full turn


@dataclass(frozen=True)
class Mesh:
    """Cells between meridians and parallels, south first.

    Attributes
    ----------
    west_to_east : ndarray, (nx + 1,)
        Meridians that bound the columns, degrees, ascending, at most one turn.
    south_to_north : ndarray, (ny + 1,)
        Parallels that bound the rows, degrees, ascending, from -90 to 90 at most.
    """

    west_to_east: Array
    south_to_north: Array

    def __post_init__(self) -> None:
        """Refuse edges that bound no cells."""
        lon, lat = self.west_to_east, self.south_to_north
        sound = (
            lon.ndim == lat.ndim == 1
            and lon.size >= 2
            and lat.size >= 2
            and bool(np.all(np.isfinite(lon)) and np.all(np.isfinite(lat)))
            and bool(np.all(np.diff(lon) > 0.0) and np.all(np.diff(lat) > 0.0))
            and lon[-1] - lon[0] <= _TURN + _CLOSED
            and lat[0] >= -90.0
            and lat[-1] <= 90.0
        )
        if not sound:
            raise InputError(
                "the edges of the rows and columns do not ascend within the globe",
                remedy="give meridians within one turn and parallels from -90 to 90 degrees",
            )

    @classmethod
    def of_centres(cls, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Mesh:
        """Bound the cells half way between centres, which ascend; rows at a pole reach it."""
        return cls(longitude_edges(lon), latitude_edges(lat))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.south_to_north.size - 1, self.west_to_east.size - 1

    @property
    def around(self) -> bool:
        """Whether the columns go once around the globe."""
        return bool(self.west_to_east[-1] - self.west_to_east[0] >= _TURN - _CLOSED)

    @cached_property
    def heights(self) -> Array:
        """Sines of the northern minus those of the southern edges, (ny,); exact also at a pole."""
        lat = np.deg2rad(self.south_to_north)
        middle, half = 0.5 * (lat[1:] + lat[:-1]), 0.5 * (lat[1:] - lat[:-1])
        # as colatitudes: the cosine of a latitude next to a pole has lost its digits
        colat = np.deg2rad(90.0 - np.abs(self.south_to_north))
        north = (
            2.0 * np.sin(0.5 * (colat[:-1] + colat[1:])) * np.sin(0.5 * (colat[:-1] - colat[1:]))
        )
        one_side = self.south_to_north[:-1] * self.south_to_north[1:] > 0.0
        sign = np.where(self.south_to_north[:-1] >= 0.0, 1.0, -1.0)
        return np.where(one_side, sign * north, 2.0 * np.cos(middle) * np.sin(half))

    @cached_property
    def widths(self) -> Array:
        """Widths of the columns in radians, (nx,)."""
        widths: Array = np.deg2rad(np.diff(self.west_to_east))
        return widths

    @cached_property
    def areas(self) -> Array:
        """Areas of the cells on the unit sphere, (ny, nx)."""
        areas: Array = self.heights[:, None] * self.widths
        return areas
