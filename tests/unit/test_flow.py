"""Routing on grids small enough to be worked out by hand, and what it refuses."""

import numpy as np
import pytest
import xarray as xr

from flow_fields import planet
from gondwana.errors import GondwanaError, InputError, ParameterError
from gondwana.science.flow import analyse, drain, step_lengths, topographic_index
from gondwana.science.sphere import EARTH_RADIUS, great_circle

DEGREE = 6370.0 * np.pi / 180.0  # km along a meridian

# a lake of two cells, at 2 m, behind a rim of 6 m; the ocean is in the west
LAKE = planet(
    [
        [9, 9, 9, 9, 9, 9],
        [-5, 6, 2, 2, 8, 9],
        [-5, 7, 5, 3, 8, 9],
        [9, 9, 9, 9, 9, 9],
    ]
)


def test_a_depression_is_filled_to_its_lowest_rim() -> None:
    flow = analyse(LAKE)
    lake = np.zeros((4, 6))
    lake[1, 2:4], lake[2, 2:4] = 4.0, (1.0, 3.0)
    assert np.array_equal(flow.raised, lake)
    assert np.array_equal(flow.level[1:3, 1:4], [[6000, 6000, 6000], [7000, 6000, 6000]])


def test_fronts_move_in_from_the_exit_of_a_flat() -> None:
    flow = analyse(LAKE)
    assert np.array_equal(flow.front[1:3, 1:4], [[0, 1, 2], [0, 1, 2]])
    assert flow.last_front == 2
    assert flow.conditioned[1, 3] == pytest.approx(6.0 + 0.0005 * 2 / 3, abs=1e-12)


def test_directions_follow_the_fronts_and_break_ties_clockwise_from_north() -> None:
    direction = analyse(LAKE).direction
    assert direction[1, 1] == 7  # to the west, and no further clockwise
    assert np.array_equal(direction[1, 2:4], [7, 7])
    assert direction[2, 2] == 6  # the exit lies to the south-west
    assert direction[2, 3] == 6  # (1, 2) and (2, 2) have the same front; SW comes before W
    assert direction[0, 0] == 1  # the ocean lies to the north, and diagonally
    assert direction[2, 5] == 3  # the ocean across the seam


def test_the_ocean_counts_as_zero_however_deep() -> None:
    flow = analyse(planet([[-9, -9, -9, -9], [-1, 5, -4000, -9], [-9, -9, -9, -9]]))
    assert flow.direction[1, 1] == 1


def test_land_that_rounds_to_nothing_stays_land() -> None:
    flow = analyse(planet([[-9, -9, -9], [-1, 0.0003, -4], [0, 0, 0]]))
    assert flow.direction[1, 1] > 0
    assert flow.level[1, 1] == 1
    assert np.count_nonzero(flow.direction) == 1


def test_steepest_slope_differs_from_largest_drop() -> None:
    topography = planet([[900, 900, 900, 900], [900, 200, 900, -1], [900, 100, 90, 900]])
    # 60° to the north it falls by 100 m, 108° to the north-east by 110 m
    assert analyse(topography).direction[1, 1] == 2
    assert analyse(topography, rule="slope").direction[1, 1] == 1


def test_steepest_slope_leads_off_flats_too() -> None:
    flow = analyse(LAKE, rule="slope")
    assert np.array_equal(flow.direction[1:3, 1:4], [[7, 7, 7], [7, 6, 7]])


def test_basins_distances_and_outlets() -> None:
    flow = analyse(
        planet(
            [
                [-1, -1, -1, -1, -1, -1],
                [7, 5, 9, 8, -1, -1],
                [6, -1, -1, -1, -1, -1],
                [-1, 4, 6, -1, -1, -1],
            ]
        )
    )
    assert np.array_equal(flow.direction[1], [2, 1, 1, 1, 0, 0])
    # the rows at 22.5° are wider than those at 67.5°; equal areas go by position
    assert np.array_equal(
        flow.basins[1:], [[1, 2, 3, 4, 0, 0], [5, 0, 0, 0, 0, 0], [0, 6, 7, 0, 0, 0]]
    )
    assert flow.outlets.tolist() == [6, 7, 8, 9, 12, 19, 20]
    half = EARTH_RADIUS**2 * np.deg2rad(60.0) * 1e-6
    assert flow.areas[0] == pytest.approx(half * np.sin(np.deg2rad(45.0)))
    assert flow.areas[6] == pytest.approx(half * (1.0 - np.sin(np.deg2rad(45.0))))
    assert flow.distance[1, 2] == pytest.approx(45.0 * DEGREE)
    across = 60.0 * DEGREE * np.cos(np.deg2rad(22.5))
    assert flow.distance[1, 0] == pytest.approx(np.hypot(45.0 * DEGREE, across))


def test_distances_add_up_along_a_river() -> None:
    flow = analyse(planet([[900] * 6, [-1, 1, 2, 3, 900, 900], [900] * 6, [900] * 6]))
    across = 60.0 * DEGREE * np.cos(np.deg2rad(22.5))
    np.testing.assert_allclose(flow.distance[1, :4], across * np.arange(4), rtol=1e-12)
    assert flow.basins[1, 1] == flow.basins[1, 3]
    np.testing.assert_allclose(flow.river_length[1, 1:4], 1000.0 * across, rtol=1e-12)


def test_lengths_of_steps_are_those_of_the_fields_files() -> None:
    lat = np.array([-89.5, -0.5, 0.5, 60.0])
    table = step_lengths(lat, 1.0, 6370.0, "plane")
    assert table.shape == (4, 10)
    assert np.all(table[:, 0] == 0.0)
    assert table[1, 1] == pytest.approx(DEGREE)
    assert table[2, 1] == pytest.approx(59.5 * DEGREE)
    assert table[2, 5] == pytest.approx(DEGREE)
    assert table[3, 3] == table[3, 7] == pytest.approx(0.5 * DEGREE)
    assert table[1, 2] == table[1, 8] == pytest.approx(np.hypot(table[1, 1], table[1, 3]))
    assert np.array_equal(table[:, 9], table[:, 1])


def test_lengths_of_steps_along_great_circles() -> None:
    lat = np.arange(-87.5, 90.0, 5.0)
    table = step_lengths(lat, 5.0, EARTH_RADIUS / 1000.0, "great circle")
    assert table[20, 4] == pytest.approx(great_circle(0, lat[20], 5, lat[19]) / 1000.0)
    assert table[20, 3] == pytest.approx(great_circle(0, lat[20], -5, lat[20]) / 1000.0)
    assert table[20, 8] == pytest.approx(great_circle(0, lat[20], -5, lat[21]) / 1000.0)


def test_rows_of_centres_on_a_pole_have_a_width() -> None:
    lat = np.linspace(-90.0, 90.0, 13)
    table = step_lengths(lat, 15.0, 6370.0, "plane")
    assert np.all(table[:, 1:] > 50.0)


def test_the_topographic_index() -> None:
    assert topographic_index(100_000.0, 10.0) == pytest.approx(10_000.0)
    assert topographic_index([0.0, 1.0], [0.0, 1.0]).tolist() == [0.0, 1e-3]


def test_drops_are_at_least_five_metres_and_end_at_sea_level() -> None:
    flow = analyse(planet([[900] * 6, [-700, 8, 9, 90, 900, 900], [900] * 6, [999] * 6]))
    assert flow.hdiff[1].tolist() == [0.0, 8.0, 5.0, 81.0, 810.0, 900.0]


def test_areas_add_up_downstream() -> None:
    direction = np.zeros((4, 6))
    direction[1] = [0, 7, 7, 7, 0, 0]
    direction[2] = [0, 0, 0, 5, 9, 7]
    drainage = drain(direction, LAKE)
    cell = EARTH_RADIUS**2 * np.deg2rad(60.0) * np.sin(np.deg2rad(45.0)) * 1e-6
    np.testing.assert_allclose(drainage.upstream_area[1] / cell, [0, 4, 3, 2, 0, 0])
    np.testing.assert_allclose(drainage.upstream_area[2] / cell, [0, 0, 0, 1, 2, 1])
    np.testing.assert_allclose(drainage.areas / cell, [4, 2])


def test_rivers_to_draw_cross_the_seam_without_a_jump() -> None:
    flow = analyse(planet([[-1] * 8, [3, 2, -1, -1, -1, 6, 5, 4], [900] * 8, [990] * 8]))
    segments = flow.rivers(0.0)
    assert segments.shape == (np.count_nonzero(flow.direction), 2, 2)
    assert np.abs(np.diff(segments[..., 0], axis=1)).max() <= 45.0
    few = flow.rivers(float(flow.areas[0]))
    assert 1 <= len(few) < len(segments)


def test_an_endorheic_depression_keeps_its_water() -> None:
    lon, lat = float(LAKE["lon"][3]), float(LAKE["lat"][2])
    flow = analyse(LAKE, endorheic=[(lon, lat)])
    sink = flow.direction == 9
    assert np.count_nonzero(sink) == 1 and sink[1, 3]  # the nearest of the lowest cells
    assert np.all(flow.raised == 0.0)
    assert flow.trip[1, 3] == 97
    basin = flow.basins == flow.basins[1, 3]
    assert basin[1, 2] and basin[2, 2] and basin[2, 3]
    assert flow.distance[1, 3] == flow.river_length[1, 3] / 1000.0 == pytest.approx(45.0 * DEGREE)
    assert flow.hdiff[1, 3] == 5.0
    assert np.isfinite(flow.topoind).all() and np.all(flow.topoind[flow.direction > 0] > 0.0)


def test_two_points_in_one_depression_are_one_sink() -> None:
    lon, lat = LAKE["lon"].values, LAKE["lat"].values
    flow = analyse(LAKE, endorheic=[(lon[3], lat[2]), (lon[3] + 360.0, lat[2]), (lon[2], lat[1])])
    assert np.count_nonzero(flow.direction == 9) == 1


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ((150.0, -67.5), "drains already"),
        ((-150.0, 22.5), "in the ocean"),
        ((0.0, 91.0), "no place"),
        ((np.nan, 0.0), "no place"),
    ],
)
def test_a_point_outside_every_depression_is_refused(
    point: tuple[float, float], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        analyse(LAKE, endorheic=[point])


def test_final_codes_of_outlets() -> None:
    flow = analyse(LAKE, river_mouths=2)
    codes = flow.trip.flat[flow.outlets]
    assert codes[:2].tolist() == [99, 99] and set(codes[2:].tolist()) <= {98}
    elsewhere = np.delete(flow.trip.ravel(), flow.outlets)
    assert elsewhere.max() <= 8
    assert set(analyse(LAKE, river_mouths=0).trip.flat[flow.outlets].tolist()) == {98}


def test_given_directions_are_followed() -> None:
    given = analyse(LAKE).direction
    again = drain(given, LAKE)
    assert np.array_equal(again.basins, analyse(LAKE).basins)
    assert np.array_equal(again.distance, analyse(LAKE).distance)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({(1, 2): 3, (1, 3): 7}, "circle at row 1 from the south, column"),
        ({(0, 2): 5}, "beyond a pole"),
        ({(3, 2): 8}, "beyond a pole"),
        ({(1, 1): 12}, "0..9"),
    ],
)
def test_given_directions_that_lead_nowhere_are_refused(
    change: dict[tuple[int, int], int], message: str
) -> None:
    given = analyse(LAKE).direction.copy()
    for place, code in change.items():
        given[place] = code
    with pytest.raises(InputError, match=message):
        drain(given, LAKE)


def test_directions_on_another_grid_are_refused() -> None:
    with pytest.raises(InputError, match="on the grid"):
        drain(np.zeros((3, 3)), LAKE)


@pytest.mark.parametrize(
    ("topography", "message"),
    [
        (planet(np.full((4, 6), 10.0)), "no ocean"),
        (planet(np.where(np.eye(4) > 0, np.nan, -1.0)), "4 cells"),
        (planet(np.where(np.eye(4) > 0, np.inf, -1.0)), "4 cells"),
        (LAKE.transpose(), "dimensions"),
        (LAKE.drop_vars("lon"), "dimensions"),
        (LAKE.isel(lat=slice(None, None, -1)), "south to north"),
        (LAKE.isel(lon=slice(0, 4)), "not equally spaced"),
        (LAKE.assign_coords(lon=LAKE["lon"] ** 3), "not equally spaced"),
    ],
)
def test_unusable_topographies_are_refused(topography: xr.DataArray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        analyse(topography)


@pytest.mark.parametrize(
    "options",
    [{"rule": "up"}, {"radius_km": 0.0}, {"distance": "straight"}, {"river_mouths": -1}],
)
def test_unusable_parameters_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(GondwanaError) as told:
        analyse(LAKE, **options)  # type: ignore[arg-type]
    assert isinstance(told.value, ParameterError) and told.value.remedy


@pytest.mark.parametrize("kind", ["float32", "int32", "fortran", "readonly"])
def test_any_array_is_read_and_none_is_changed(kind: str) -> None:
    values = LAKE.values.copy()
    if kind in ("float32", "int32"):
        values = values.astype(kind)
    elif kind == "fortran":
        values = np.asfortranarray(values)
    else:
        values.flags.writeable = False
    before = values.copy()
    flow = analyse(LAKE.copy(data=values))
    assert np.array_equal(values, before)
    assert np.array_equal(flow.direction, analyse(LAKE).direction)
    assert np.array_equal(flow.hdiff, analyse(LAKE).hdiff)
