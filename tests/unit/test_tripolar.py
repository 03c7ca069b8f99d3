"""The tripolar grid: poles, fold, right angles, smoothness, and the shape of its rows."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gondwana.errors import ParameterError
from gondwana.science.grid_seams import detect_topology
from gondwana.science.ocean_grid import OceanGrid, singular_points
from gondwana.science.sphere import EARTH_RADIUS, great_circle, unit_vectors
from gondwana.science.topology import Topology
from gondwana.science.tripolar import TripolarParameters, tripolar_grid, tripolar_points

Array = npt.NDArray[np.float64]
SEAMS = Topology(periodic=True, halo=True, fold="F")

any_parameters = st.builds(
    TripolarParameters,
    resolution=st.floats(3.0, 10.0),
    pole_latitude=st.floats(45.0, 80.0),
    pole_longitude=st.floats(-180.0, 180.0),
    southern_limit=st.floats(-85.0, -30.0),
)


@pytest.fixture(scope="module")
def grid() -> OceanGrid:
    return tripolar_grid(TripolarParameters())


def from_poles(grid: OceanGrid) -> Array:
    """Distance of the T points from the nearer northern pole of the grid, km."""
    poles = singular_points(grid)[:2]
    distances = [great_circle(grid.lon, grid.lat, lon, lat) for lon, lat, _ in poles]
    return np.min(distances, axis=0) / 1e3


def skewness(grid: OceanGrid) -> Array:
    """How far the lines through the middles of opposite edges are from a right angle, degrees."""
    corners = unit_vectors(grid.corner_lon, grid.corner_lat)
    south, east, north, west = (
        _unit(corners[:, :, k] + corners[:, :, (k + 1) % 4]) for k in range(4)
    )
    cosine = np.sum(_unit(east - west) * _unit(north - south), axis=-1)
    return np.abs(np.rad2deg(np.arcsin(cosine)))


def _unit(vectors: Array) -> Array:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def neighbour_ratio(values: Array, axis: int) -> float:
    steps = np.abs(np.diff(np.log(values), axis=axis))
    return float(np.exp(np.nanmax(steps)))


def test_default_grid_has_the_size_of_orca2(grid: OceanGrid) -> None:
    assert grid.shape == (145, 182)
    assert grid.topology == SEAMS == detect_topology(grid.lon, grid.lat)
    equator = np.flatnonzero(grid.lat[:, 0] == 0.0)
    assert equator.size == 1
    # a quarter of 2° at the equator, square cells beyond 20°
    assert grid.coordinates["e2t"].values[equator[0], 0] == pytest.approx(
        np.deg2rad(0.5) * EARTH_RADIUS, rel=0.01
    )
    aspect = grid.coordinates["e2t"].values / grid.coordinates["e1t"].values
    south = (grid.lat[:, 0] < -21) & (grid.lat[:, 0] > -75)
    np.testing.assert_allclose(aspect[south], 1.0, atol=0.012)
    assert abs(grid.lat[0, 0] + 78.0) < 0.5 * (grid.lat[1, 0] - grid.lat[0, 0]) + 0.01


def test_poles_lie_on_f_points_where_they_were_asked_for(grid: OceanGrid) -> None:
    lon, lat = grid.coordinates["glamf"].values, grid.coordinates["gphif"].values
    assert lon[-2, 0] == -74.0
    assert lon[-2, 90] == 106.0
    np.testing.assert_allclose(lat[-2, [0, 90]], 60.0, atol=1e-12)
    assert grid.lon[0, 0] == -75.0  # T(1) = λp − Δλ/2, in the halo
    # the fold is the great circle between the poles, and the North Pole is on it
    assert set(lon[-2, 1:45]) == {-74.0}
    assert lat[-2, 45] == 90.0


def test_nothing_else_is_as_far_north_as_the_last_f_row(grid: OceanGrid) -> None:
    assert (np.diff(grid.coordinates["gphif"].values[:-1, 45]) > 0).all()
    assert grid.lat.max() < 90.0


@settings(max_examples=25, deadline=None)
@given(parameters=any_parameters)
def test_every_grid_is_whole(parameters: TripolarParameters) -> None:
    grid = tripolar_grid(parameters)
    assert detect_topology(grid.lon, grid.lat) == SEAMS
    # copies are copies bit for bit
    for name in ("glamt", "gphit", "e1t", "e2t"):
        values = grid.coordinates[name].values
        np.testing.assert_array_equal(values, SEAMS.synchronise(values))
    # no cell is folded, and together they cover all that is north of the first row
    corners = np.stack([grid.corner_lon, grid.corner_lat], axis=-1)
    assert (grid.area[grid.owned] > 0).all()
    south = corners[0, 0, 0, 1]
    expected = 2 * np.pi * EARTH_RADIUS**2 * (1 - np.sin(np.deg2rad(south)))
    # chords instead of the parallel in the first row: a part Δλ² / 12 or so of that row
    assert grid.area[grid.owned].sum() == pytest.approx(expected, rel=2e-3)
    (lon1, lat1, _), (lon2, lat2, _), south_pole = singular_points(grid)
    assert (lat1, lat2) == pytest.approx((parameters.pole_latitude,) * 2, abs=1e-11)
    assert abs((lon1 - parameters.pole_longitude + 180) % 360 - 180) < 1e-11
    assert abs((lon2 - lon1) % 360 - 180) < 1e-11
    assert south_pole == (0.0, -90.0, "South Pole")
    for name in ("e1t", "e1u", "e1v", "e1f", "e2t", "e2u", "e2v", "e2f"):
        assert grid.coordinates[name].values.min() > 100.0


@pytest.mark.parametrize("pole_latitude", [45.0, 60.0, 80.0])
def test_columns_cross_rows_at_right_angles(pole_latitude: float) -> None:
    coarse = tripolar_grid(TripolarParameters(2.0, pole_latitude))
    fine = tripolar_grid(TripolarParameters(1.0, pole_latitude))
    worst = [skewness(grid)[grid.owned].max() for grid in (coarse, fine)]
    assert worst[0] < 0.2
    # what is left is the curvature of the lines within a cell: it falls with its square
    assert worst[1] < 0.35 * worst[0]


@pytest.mark.parametrize("pole_latitude", [45.0, 60.0, 80.0])
def test_scale_factors_are_smooth(pole_latitude: float) -> None:
    grid = tripolar_grid(TripolarParameters(2.0, pole_latitude))
    away = np.where(grid.owned & (from_poles(grid) > 500.0), 1.0, np.nan)
    join = np.where((grid.lat > 15.0) & (grid.lat < 25.0), away, np.nan)
    for name, axis, limit in (("e1t", 0, 1.06), ("e1t", 1, 1.06), ("e2t", 1, 1.11)):
        assert neighbour_ratio(grid.coordinates[name].values * away, axis) < limit
    # along a column e2 changes fastest where the refinement of the equator ends
    assert neighbour_ratio(grid.coordinates["e2t"].values * away, 0) < 1.15
    assert neighbour_ratio(grid.coordinates["e1t"].values * join, 0) < 1.02
    assert neighbour_ratio(grid.coordinates["e2t"].values * join, 0) < 1.065
    cap = np.where(grid.lat > 20.0, away, np.nan)
    assert neighbour_ratio(grid.coordinates["e2t"].values * cap, 0) < 1.08
    aspect = (grid.coordinates["e2t"].values / grid.coordinates["e1t"].values) * cap
    assert np.nanmin(aspect) > 0.35
    assert np.nanmax(aspect) < 1.65


def test_rows_of_the_cap_are_ellipses_about_foci_that_move_to_the_poles() -> None:
    """Sums of distances to the foci are constant along a row of the stereographic plane."""
    parameters = TripolarParameters(6.0, pole_latitude=55.0, pole_longitude=0.0)
    points = tripolar_points(parameters)
    lon, lat = points["f"][:-1, :-2, 0], points["f"][:-1, :-2, 1]
    radius = np.tan(np.deg2rad(90.0 - lat) / 2)
    plane = radius * np.exp(1j * np.deg2rad(lon))
    quarter = parameters.columns // 4
    cap = np.flatnonzero(lat[:, 0] > 20.0)
    foci = []
    for row in plane[cap]:
        a, b = abs(row[0]), abs(row[quarter])
        assert a >= b
        focus = np.sqrt(max(a * a - b * b, 0.0))
        np.testing.assert_allclose(np.abs(row - focus) + np.abs(row + focus), 2 * a, rtol=1e-9)
        foci.append(focus)
    assert (np.diff(foci) > 0).all()
    assert foci[0] < 0.1 * foci[-1]
    assert foci[-1] == pytest.approx(np.tan(np.deg2rad(35.0) / 2), rel=1e-12)


def test_south_of_the_join_rows_are_parallels_and_columns_meridians(grid: OceanGrid) -> None:
    plain = grid.lat[:, 0] < 20.0
    assert (np.ptp(grid.lat[plain], axis=1) == 0.0).all()
    assert (np.ptp(grid.lon[plain], axis=0) == 0.0).all()
    # both hemispheres alike, up to the join
    equator = int(np.flatnonzero(grid.lat[:, 0] == 0.0)[0])
    rows = int(np.count_nonzero(grid.lat[plain, 0] > 0.0))
    north, south = grid.lat[equator : equator + rows, 0], grid.lat[equator::-1, 0][:rows]
    np.testing.assert_allclose(north, -south, atol=1e-12)


def test_two_halves_mirror_each_other_about_the_poles() -> None:
    points = tripolar_points(TripolarParameters(6.0, pole_longitude=0.0))
    lon, lat = points["f"][..., 0], points["f"][..., 1]
    np.testing.assert_array_equal(lat[:, 1:-1], lat[:, 1:-1][:, ::-1][:, np.r_[1:60, 0]])
    np.testing.assert_allclose(np.abs(lon[:-2, 1:30]), np.abs(lon[:-2, 59:30:-1]), atol=1e-12)


def test_turning_the_poles_turns_the_grid() -> None:
    here = tripolar_grid(TripolarParameters(6.0, pole_longitude=10.0))
    there = tripolar_grid(TripolarParameters(6.0, pole_longitude=43.0))
    np.testing.assert_array_equal(here.lat, there.lat)
    np.testing.assert_allclose((there.lon - here.lon) % 360.0, 33.0, atol=1e-9)
    np.testing.assert_allclose(here.area, there.area, rtol=1e-9)


def test_spacing_at_the_equator_can_be_chosen() -> None:
    even = tripolar_grid(TripolarParameters(2.0, equatorial_spacing=2.0))
    row = int(np.flatnonzero(even.lat[:, 0] == 0.0)[0])
    np.testing.assert_allclose(np.diff(even.lat[row - 3 : row + 4, 0]), 2.0, rtol=0.012)
    assert even.shape[0] < 145


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("resolution", 0.0),
        ("resolution", float("nan")),
        ("pole_latitude", 44.0),
        ("pole_latitude", 90.0),
        ("pole_longitude", float("inf")),
        ("southern_limit", -90.0),
        ("equatorial_spacing", 3.0),
        ("equatorial_spacing", 0.01),
    ],
)
def test_values_that_make_no_grid_are_refused(name: str, value: float) -> None:
    with pytest.raises(ParameterError, match=f"{name} is .*choose one from"):
        TripolarParameters(**{name: value})
