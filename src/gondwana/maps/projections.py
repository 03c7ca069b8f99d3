"""Map projections of the sphere, both ways: Plate Carrée, Mollweide, and around either pole.

Formulas are those of Snyder (1987), *Map Projections: A Working Manual*, USGS Professional Paper
1395, for a sphere of radius 1. Places that a map does not show are NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

from gondwana.errors import ParameterError
from gondwana.science.sphere import wrap_longitude

Array = npt.NDArray[np.float64]
Name = Literal["plate_carree", "mollweide", "north", "south"]

NAMES: tuple[Name, ...] = get_args(Name)

POLAR_RIM = 30.0
"""Latitude (of either sign) at the rim of the polar maps, degrees."""

_ENOUGH = 1e-12  # radians, by which the auxiliary angle of Mollweide may be wrong


@dataclass(frozen=True)
class Extent:
    """A rectangle of a map, in the units of its projection."""

    west: float
    south: float
    east: float
    north: float

    @property
    def aspect(self) -> float:
        """Width by height."""
        return (self.east - self.west) / (self.north - self.south)

    def within(self, other: Extent) -> Extent | None:
        """Return the part that two rectangles share; None if there is none."""
        both = Extent(
            max(self.west, other.west), max(self.south, other.south),
            min(self.east, other.east), min(self.north, other.north),
        )  # fmt: skip
        return both if both.east > both.west and both.north > both.south else None


class Projection(Protocol):
    """A way to draw the sphere on a plane."""

    @property
    def extent(self) -> Extent:
        """The rectangle that holds the whole map."""

    def forward(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Array, Array]:
        """Places on the map of points in degrees."""

    def inverse(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Array]:
        """Longitudes and latitudes of places on the map, degrees."""


@dataclass(frozen=True)
class PlateCarree:
    """Degrees as they are, half a turn to either side of the central meridian."""

    centre: float = 0.0

    @property
    def extent(self) -> Extent:
        """360 by 180 degrees."""
        return Extent(self.centre - 180.0, -90.0, self.centre + 180.0, 90.0)

    def forward(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Array, Array]:
        """Bring longitudes into the turn around the central meridian."""
        x, y = np.broadcast_arrays(
            wrap_longitude(lon, self.centre - 180.0), np.asarray(lat, dtype=np.float64)
        )
        return x.copy(), y.copy()

    def inverse(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Array]:
        """Bring longitudes into [-180, 180)."""
        x, y = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
        shown = (np.abs(y) <= 90.0) & (np.abs(x - self.centre) <= 180.0)
        return np.where(shown, wrap_longitude(x), np.nan), np.where(shown, y, np.nan)


@dataclass(frozen=True)
class Mollweide:
    """The whole sphere in an ellipse, areas true (Snyder, pages 249 to 252)."""

    centre: float = 0.0

    @property
    def extent(self) -> Extent:
        """4 √2 by 2 √2."""
        width, height = 2.0 * np.sqrt(2.0), np.sqrt(2.0)
        return Extent(-width, -height, width, height)

    def forward(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Array, Array]:
        """Solve 2 θ + sin 2 θ = π sin φ for the auxiliary angle θ."""
        away = np.deg2rad(wrap_longitude(np.asarray(lon, np.float64) - self.centre))
        theta = _auxiliary(np.deg2rad(np.asarray(lat, dtype=np.float64)))
        x, y = np.broadcast_arrays(
            2.0 * np.sqrt(2.0) / np.pi * away * np.cos(theta), np.sqrt(2.0) * np.sin(theta)
        )
        return x.copy(), y.copy()

    def inverse(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Array]:
        """Find points in closed form; NaN outside of the ellipse."""
        x, y = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
        sine = y / np.sqrt(2.0)
        inside = np.abs(sine) <= 1.0
        theta = np.arcsin(np.where(inside, sine, 0.0))
        latitude = np.arcsin(np.clip((2.0 * theta + np.sin(2.0 * theta)) / np.pi, -1.0, 1.0))
        cosine = np.cos(theta)
        at_pole = cosine < 1e-9
        away = np.pi * x / (2.0 * np.sqrt(2.0) * np.where(at_pole, 1.0, cosine))
        inside &= np.abs(away) <= np.pi * (1.0 + 1e-12)
        lon = wrap_longitude(np.where(at_pole, 0.0, np.rad2deg(away)) + self.centre)
        return np.where(inside, lon, np.nan), np.where(inside, np.rad2deg(latitude), np.nan)


@dataclass(frozen=True)
class Polar:
    """Seen from above a pole, areas true (Lambert's azimuthal projection; Snyder, page 184).

    The central meridian points down on the northern map and up on the southern one.
    """

    north: bool = True
    centre: float = 0.0
    rim: float = POLAR_RIM

    @property
    def extent(self) -> Extent:
        """The square around the rim."""
        radius = float(self._radius(self.rim))
        return Extent(-radius, -radius, radius, radius)

    def forward(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Array, Array]:
        """NaN beyond the rim."""
        side = 1.0 if self.north else -1.0
        poleward = side * np.asarray(lat, dtype=np.float64)
        radius = np.where(poleward >= self.rim - 1e-9, self._radius(poleward), np.nan)
        angle = np.deg2rad(np.asarray(lon, dtype=np.float64) - self.centre)
        return radius * np.sin(angle), -side * radius * np.cos(angle)

    def inverse(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Array]:
        """NaN beyond the rim."""
        side = 1.0 if self.north else -1.0
        x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        radius = np.hypot(x, y)
        inside = radius <= self._radius(self.rim) * (1.0 + 1e-12)
        lat = 90.0 - 2.0 * np.rad2deg(np.arcsin(np.minimum(radius / 2.0, 1.0)))
        lon = wrap_longitude(np.rad2deg(np.arctan2(x, -side * y)) + self.centre)
        return np.where(inside, lon, np.nan), np.where(inside, side * lat, np.nan)

    @staticmethod
    def _radius(poleward: npt.ArrayLike) -> Array:
        return np.asarray(2.0 * np.sin(np.deg2rad(90.0 - np.asarray(poleward)) / 2.0))


def projection(name: str, centre: float = 0.0) -> Projection:
    """Return a projection by its name, with a central meridian in degrees.

    Raises
    ------
    ParameterError
        There is none of that name, or the meridian is no number.
    """
    if not np.isfinite(centre):
        raise ParameterError("the central meridian is not a number", remedy="give degrees")
    centre = float(wrap_longitude(centre))
    match name:
        case "plate_carree":
            return PlateCarree(centre)
        case "mollweide":
            return Mollweide(centre)
        case "north" | "south":
            return Polar(name == "north", centre)
    raise ParameterError(
        f"there is no projection '{name}'", remedy=f"choose from {', '.join(NAMES)}"
    )


def _auxiliary(latitude: Array) -> Array:
    """Newton's method, which is slow at the poles only, where the answer is known."""
    wanted = np.pi * np.sin(latitude)
    theta = latitude.copy()
    at_pole = np.abs(latitude) > np.pi / 2 - 1e-9
    for _ in range(50):
        slope = np.where(at_pole, 1.0, 2.0 + 2.0 * np.cos(2.0 * theta))
        step = np.where(at_pole, 0.0, (2.0 * theta + np.sin(2.0 * theta) - wanted) / slope)
        theta = theta - step
        if np.nanmax(np.abs(step), initial=0.0) < _ENOUGH:
            break
    return np.where(at_pole, np.sign(latitude) * np.pi / 2, theta)
