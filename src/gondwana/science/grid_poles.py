"""Placing the two northern poles of a tripolar grid inside land.

The poles of such a grid lie at one latitude, 180° of longitude apart, and its cells shrink towards
them; both must be on land, and far from the sea. The search looks at every such pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.spatial import cKDTree

from gondwana.errors import InputError
from gondwana.science.grid_points import arc_length, vectors_of
from gondwana.science.sphere import EARTH_RADIUS, Array, unit_vectors, wrap_longitude
from gondwana.science.tripolar import POLE_LATITUDES, TripolarParameters, tripolar_points

_AS_GOOD = 0.8
"""A pair this close to the best distance from the sea is judged by its scale factors."""

_CANDIDATES = 6
_APART = 5.0  # degrees between candidates
_TRIAL_RESOLUTION = 2.0  # degrees; scale factors are proportional to it


@dataclass(frozen=True)
class PolePlacement:
    """Where the two northern poles of a tripolar grid should lie.

    Attributes
    ----------
    pole_latitude, pole_longitude : float
        The first pole, degrees; the second lies 180° further east.
    distances_to_ocean_km : tuple of float
        From either pole to the nearest ocean cell centre; at sea, minus the distance to land.
    smallest_scale_factor_m : float
        Smallest e1t or e2t over the ocean, metres, on a grid of the wanted resolution.
    warning : str
        Empty if both poles are on land; else what is wrong and what can be done.
    """

    pole_latitude: float
    pole_longitude: float
    distances_to_ocean_km: tuple[float, float]
    smallest_scale_factor_m: float
    warning: str = ""

    @property
    def on_land(self) -> bool:
        """Both poles lie on land."""
        return min(self.distances_to_ocean_km) > 0.0


def place_poles(topography: xr.DataArray, resolution: float = 2.0) -> PolePlacement:
    """Find the pair of poles farthest inside land.

    First comes the distance from the sea, the smaller of the two of a pair. Among the best pairs
    within a fifth of the best distance, the one whose grid has the largest smallest scale factor
    over the ocean wins. Candidates lie on a grid of 1°, then of 0.1° about the best of them.

    Parameters
    ----------
    topography : DataArray, (lat, lon)
        Elevation in metres, positive up, land above 0; canonical.
    resolution : float
        Nominal resolution of the ocean grid, degrees.

    Returns
    -------
    PolePlacement
        Also where no pair lies on land: then the one nearest to it, with a warning.

    Raises
    ------
    InputError
        No ocean, or no land, north of 20°N.
    """
    coasts = _Coasts(topography)
    south, north = POLE_LATITUDES
    lat, lon = np.arange(south, north + 0.5, 1.0), np.arange(-180.0, 0.0, 1.0)
    margins = coasts.margins(*np.meshgrid(lat, lon, indexing="ij"))
    pairs = [_refined(coasts, *pair) for pair in _separate_maxima(margins, lat, lon)]
    best = max(margin for margin, _, _ in pairs)
    if best > 0:
        pairs = [pair for pair in pairs if pair[0] >= _AS_GOOD * best]
    else:
        pairs = [pair for pair in pairs if pair[0] == best][:1]
    judged = [(_smallest_scale_factor(topography, *pair[1:]), *pair[1:]) for pair in pairs]
    smallest, pole_lat, pole_lon = max(judged, key=lambda pair: pair[0])
    first, second = (
        float(coasts.inland(np.array(pole_lat), np.array(east)))
        for east in (pole_lon, pole_lon + 180)
    )
    return PolePlacement(
        pole_latitude=pole_lat,
        pole_longitude=pole_lon,
        distances_to_ocean_km=(first, second),
        smallest_scale_factor_m=smallest * resolution / _TRIAL_RESOLUTION,
        warning=_warning(pole_lat, pole_lon, first, second),
    )


class _Coasts:
    """Distances to the nearest ocean and land cell centres, by way of the cells on the coast."""

    def __init__(self, topography: xr.DataArray) -> None:
        north = topography.where(topography["lat"] > 20.0, drop=True)
        land = np.asarray(north.values > 0)
        if land.all() or not land.any():
            missing = "ocean" if land.size and land.all() else "land"
            raise InputError(
                f"the topography has no {missing} north of 20°N to place the poles of a grid by",
                remedy="give a file of the ocean grid instead",
            )
        centres = unit_vectors(*np.meshgrid(north["lon"].values, north["lat"].values))
        self._ocean = cKDTree(centres[_beside(~land, land)])
        self._land = cKDTree(centres[_beside(land, ~land)])

    def inland(self, lat: Array, lon: Array) -> Array:
        """Distance from the sea in km; at sea minus the distance from land."""
        points = unit_vectors(lon, lat)
        to_ocean, _ = self._ocean.query(points)
        to_land, _ = self._land.query(points)
        signed = np.where(to_ocean > to_land, to_ocean, -to_land)
        return np.asarray(2e-3 * EARTH_RADIUS * np.arcsin(0.5 * signed), dtype=np.float64)

    def margins(self, lat: Array, lon: Array) -> Array:
        """Distance from the sea of the worse pole of each pair, km."""
        return np.minimum(self.inland(lat, lon), self.inland(lat, lon + 180.0))


def _beside(these: npt.NDArray[np.bool_], others: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Cells of one kind with the other among their eight neighbours, or in the last row."""
    near = others.copy()
    near[1:] |= others[:-1]
    near[:-1] |= others[1:]
    near |= np.roll(near, 1, axis=1) | np.roll(near, -1, axis=1)
    near[-1] = True
    near[0] = True
    return these & near


def _separate_maxima(margins: Array, lat: Array, lon: Array) -> list[tuple[float, float]]:
    """Pairs in order of decreasing margin, none near a better one; ties go south, then west."""
    order = np.argsort(-margins, axis=None, kind="stable")
    poles = unit_vectors(*np.broadcast_arrays(lon[None, :], lat[:, None])).reshape(-1, 3)
    mirrored = poles * np.array([-1.0, -1.0, 1.0])
    free = np.ones(order.size, dtype=bool)
    near = 2.0 * np.sin(np.deg2rad(0.5 * _APART))
    found: list[tuple[float, float]] = []
    for index in order:
        if free[index]:
            row, column = divmod(int(index), lon.size)
            found.append((float(lat[row]), float(lon[column])))
            for pole in (poles, mirrored):
                free &= np.linalg.norm(pole - poles[index], axis=1) > near
        if len(found) == _CANDIDATES:
            break
    return found


def _refined(coasts: _Coasts, lat: float, lon: float) -> tuple[float, float, float]:
    """Best margin, latitude and longitude within a degree."""
    near = np.arange(-10, 11) / 10.0
    lats = np.clip(lat + near, *POLE_LATITUDES)
    margins = coasts.margins(*np.meshgrid(lats, lon + near, indexing="ij"))
    row, column = divmod(int(np.argmax(margins)), near.size)
    # rounded, so that the pair can be written down and typed again
    pole_lat, pole_lon = round(float(lats[row]), 1), round(lon + float(near[column]), 1)
    return float(margins[row, column]), pole_lat, float(wrap_longitude(pole_lon))


def _smallest_scale_factor(topography: xr.DataArray, pole_lat: float, pole_lon: float) -> float:
    """Smallest e1t or e2t over the ocean of a trial grid, metres."""
    points = tripolar_points(
        TripolarParameters(_TRIAL_RESOLUTION, pole_latitude=pole_lat, pole_longitude=pole_lon)
    )
    cap = points["t"][..., 1] > 20.0
    t, u, v = (vectors_of(points[position][cap]) for position in ("t", "u", "v"))
    smallest = 2.0 * np.minimum(arc_length(t, u), arc_length(t, v))
    lon, lat = points["t"][cap].T
    elevation = topography.values[
        _nearest(topography["lat"].values, lat), _nearest_turning(topography["lon"].values, lon)
    ]
    return float(np.min(smallest[elevation <= 0], initial=np.inf))


def _nearest(centres: Array, values: Array) -> npt.NDArray[np.int64]:
    """Index of the nearest of ascending centres."""
    right = np.clip(np.searchsorted(centres, values), 1, centres.size - 1)
    return right - (values - centres[right - 1] <= centres[right] - values)


def _nearest_turning(centres: Array, values: Array) -> npt.NDArray[np.int64]:
    """Index of the nearest of ascending longitudes around the globe."""
    around = np.concatenate([[centres[-1] - 360.0], centres, [centres[0] + 360.0]])
    return (_nearest(around, wrap_longitude(values)) - 1) % centres.size


def _warning(pole_lat: float, pole_lon: float, first: float, second: float) -> str:
    if min(first, second) > 0.0:
        return ""
    east = float(wrap_longitude(pole_lon + 180.0))
    at_sea = [
        f"the one at {pole_lat:.1f}°N {lon:.1f}°E is {-distance:.0f} km out at sea"
        for lon, distance in ((pole_lon, first), (east, second))
        if distance <= 0.0
    ]
    south, north = POLE_LATITUDES
    return (
        f"no two points 180° apart between {south:g} and {north:g}°N lie on land: of the best pair "
        f"{' and '.join(at_sea)}; raise land there, or give a file of an ocean grid made for this "
        "geography"
    )
