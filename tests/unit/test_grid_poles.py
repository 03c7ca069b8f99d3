"""Poles of the grid go into the middle of land, and it is told when there is none."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from gondwana.errors import InputError
from gondwana.science.grid_poles import place_poles
from gondwana.science.sphere import great_circle
from gondwana.science.tripolar import TripolarParameters, tripolar_grid


def planet(*continents: tuple[float, float, float], step: float = 2.0) -> xr.DataArray:
    """Ocean 3000 m deep with round continents (lon, lat, radius in degrees) 500 m high."""
    lat = np.arange(-90.0 + step / 2, 90.0, step)
    lon = np.arange(-180.0 + step / 2, 180.0, step)
    field = xr.DataArray(
        np.full((lat.size, lon.size), -3000.0), {"lat": lat, "lon": lon}, ("lat", "lon")
    )
    for east, north, radius in continents:
        away = great_circle(*np.meshgrid(lon, lat), east, north, radius=float(np.rad2deg(1.0)))
        field.values[away < radius] = 500.0
    return field


def nearest_ocean_km(topography: xr.DataArray, lon: float, lat: float) -> float:
    cells = great_circle(*np.meshgrid(topography["lon"], topography["lat"]), lon, lat)
    return float(cells[topography.values <= 0].min()) / 1e3


@settings(max_examples=25, deadline=None)
@given(lon=st.floats(-180.0, 180.0), lat=st.floats(55.0, 70.0))
def test_poles_go_into_the_middle_of_two_round_continents(lon: float, lat: float) -> None:
    topography = planet((lon, lat, 12.0), (lon + 180.0, lat, 12.0))
    placement = place_poles(topography)
    assert placement.on_land
    assert not placement.warning
    centre_lon = placement.pole_longitude
    if np.cos(np.deg2rad(centre_lon - lon)) < 0:
        centre_lon += 180.0
    off = great_circle(centre_lon, placement.pole_latitude, lon, lat, radius=np.rad2deg(1.0))
    # a fifth of the best distance may be given up for larger cells
    assert off < 0.2 * 12.0 + 1.5
    assert min(placement.distances_to_ocean_km) > 0.8 * 9.5 * 111.0


def test_distances_are_those_to_the_nearest_ocean_cell(topography_60ma: xr.DataArray) -> None:
    placement = place_poles(topography_60ma)
    lon, lat = placement.pole_longitude, placement.pole_latitude
    for east, distance in zip((lon, lon + 180.0), placement.distances_to_ocean_km, strict=True):
        assert distance == pytest.approx(nearest_ocean_km(topography_60ma, east, lat), rel=1e-9)


def test_poles_of_60_ma_lie_far_inside_land(topography_60ma: xr.DataArray) -> None:
    placement = place_poles(topography_60ma)
    assert placement.on_land
    assert min(placement.distances_to_ocean_km) > 1000.0
    # no pair of a coarse search does much better
    best = max(
        min(nearest_ocean_km(topography_60ma, lon + turn, lat) for turn in (0.0, 180.0))
        for lat in range(45, 81, 7)
        for lon in range(-180, 0, 10)
    )
    assert min(placement.distances_to_ocean_km) > 0.8 * best


def test_smallest_scale_factor_is_that_of_the_grid(topography_60ma: xr.DataArray) -> None:
    placement = place_poles(topography_60ma, resolution=2.0)
    grid = tripolar_grid(TripolarParameters(2.0, placement.pole_latitude, placement.pole_longitude))
    elevation = topography_60ma.sel(
        lat=xr.DataArray(grid.lat, dims=("y", "x")),
        lon=xr.DataArray(grid.lon, dims=("y", "x")),
        method="nearest",
    ).values
    ocean = (elevation <= 0) & (grid.lat > 20.0)
    smallest = min(grid.coordinates[name].values[ocean].min() for name in ("e1t", "e2t"))
    assert placement.smallest_scale_factor_m == pytest.approx(smallest, rel=0.03)
    assert smallest > 50e3
    half = place_poles(topography_60ma, resolution=1.0)
    assert half.smallest_scale_factor_m == placement.smallest_scale_factor_m / 2


def test_rolling_the_planet_rolls_the_poles(topography_60ma: xr.DataArray) -> None:
    rolled = topography_60ma.copy(data=np.roll(topography_60ma.values, 77, axis=1))
    here, there = place_poles(topography_60ma), place_poles(rolled)
    assert there.pole_latitude == here.pole_latitude
    assert (there.pole_longitude - here.pole_longitude - 77.0) % 180.0 == pytest.approx(0.0)
    assert min(there.distances_to_ocean_km) == pytest.approx(min(here.distances_to_ocean_km))


def test_without_an_antipodal_pair_the_warning_says_what_to_do() -> None:
    placement = place_poles(planet((30.0, 55.0, 15.0)))
    assert not placement.on_land
    assert "lie on land" in placement.warning
    assert "km out at sea" in placement.warning
    assert "raise land there" in placement.warning
    # the one continent still holds one of the two poles, or comes as near as may be to both
    assert max(placement.distances_to_ocean_km) > min(placement.distances_to_ocean_km)


def test_a_larger_pair_of_continents_wins() -> None:
    small = ((-20.0, 62.0, 6.0), (160.0, 62.0, 6.0))
    large = ((70.0, 60.0, 14.0), (-110.0, 60.0, 14.0))
    placement = place_poles(planet(*small, *large))
    assert min(placement.distances_to_ocean_km) > 900.0
    assert abs((placement.pole_longitude - 70.0 + 90.0) % 180.0 - 90.0) < 15.0


@pytest.mark.parametrize(("level", "missing"), [(-1.0, "land"), (1.0, "ocean")])
def test_a_planet_of_one_kind_is_refused(level: float, missing: str) -> None:
    topography = planet()
    topography.values[:] = level
    with pytest.raises(InputError, match=f"no {missing} north of 20°N"):
        place_poles(topography)
