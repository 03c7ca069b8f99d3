"""Polygons on the map: the date line, the poles, shared edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path as MapPath

from gondwana.errors import ParameterError
from gondwana.science.geometry import contains

SQUARE = ([0, 10, 10, 0], [0, 0, 10, 10])


def inside(polygon: tuple[list[float], list[float]], *points: tuple[float, float]) -> list[bool]:
    lon, lat = zip(*points, strict=True)
    return contains(*polygon, lon, lat).tolist()


def test_square() -> None:
    found = inside(SQUARE, (5, 5), (-5, 5), (5, 15), (15, 5), (5, -5), (185, 5))
    assert found == [True, False, False, False, False, False]


def test_points_on_the_edges() -> None:
    assert inside(SQUARE, (5, 0), (0, 5), (0, 0)) == [True, True, True]
    assert inside(SQUARE, (5, 10), (10, 5), (10, 0), (0, 10), (10, 10)) == [False] * 5


def test_either_way_round_any_start_and_any_convention() -> None:
    lon, lat = np.meshgrid(np.arange(-20, 21) + 0.5, np.arange(-20, 21) + 0.5)
    first = contains(*SQUARE, lon, lat)
    assert first.sum() == 100
    assert np.array_equal(first, contains(SQUARE[0][::-1], SQUARE[1][::-1], lon, lat))
    assert np.array_equal(first, contains([10, 10, 0, 0, 10], [0, 10, 10, 0, 0], lon, lat))
    assert np.array_equal(first, contains([360, 370, 370, 360], SQUARE[1], lon, lat))
    assert np.array_equal(first, contains(*SQUARE, lon - 360, lat))


def test_across_the_date_line() -> None:
    polygon = ([170, -170, -170, 170], [-10, -10, 10, 10])
    assert inside(polygon, (180, 0), (-180, 0), (175, 5), (-175, 5), (0, 0), (165, 0)) == [
        True, True, True, True, False, False,
    ]  # fmt: skip
    literal = ([170, 190, 190, 170], [-10, -10, 10, 10])
    assert inside(literal, (180, 0), (-175, 5), (0, 0)) == [True, True, False]


def test_around_a_pole() -> None:
    north = ([-180, -90, 0, 90], [60, 60, 70, 60])
    assert inside(north, (45, 90), (0, 71), (0, 69), (90, 61), (0, -90)) == [
        True, True, False, True, False,
    ]  # fmt: skip
    south = ([0, 120, 240], [-60, -60, -60])
    assert inside(south, (10, -90), (10, -61), (10, -59), (10, 90)) == [True, True, False, False]
    assert inside(([0, 240, 120], [-60, -60, -60]), (10, -61), (10, 61)) == [True, False]


def test_band_all_around() -> None:
    band = ([-180, 180, 180, -180], [30, 30, 60, 60])
    assert inside(band, (-180, 45), (0, 45), (179.9, 45), (0, 29), (0, 61), (0, 90)) == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    cap = ([-180, 180, 180, -180], [70, 70, 90, 90])
    assert inside(cap, (33, 89.9), (33, 69.9)) == [True, False]


def test_slanting_edge() -> None:
    triangle = ([0, 10, 0], [0, 0, 10])
    assert inside(triangle, (4, 5.9), (4, 6.1)) == [True, False]


def test_polygons_side_by_side_share_and_miss_no_point() -> None:
    # a fan around a point, with corners and edges on the points that are asked for
    corners = [(20, 0), (20, 20), (0, 20), (-20, 20), (-20, -20), (0, -20), (20, -20)]
    lon, lat = np.meshgrid(np.arange(-19, 20), np.arange(-19, 20))
    count = np.zeros(lon.shape, dtype=int)
    for k, corner in enumerate(corners):
        follow = corners[(k + 1) % len(corners)]
        count += contains([0, corner[0], follow[0]], [0, corner[1], follow[1]], lon, lat)
    assert (count == 1).all()


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-40, 40), st.integers(-40, 40)), min_size=3, max_size=8, unique=True
    ),
    st.integers(-3, 3).map(lambda turn: 117.0 * turn),
)
def test_like_a_polygon_in_the_plane_wherever_it_lies(
    vertices: list[tuple[int, int]], shift: float
) -> None:
    lon, lat = (np.array(axis, dtype=float) for axis in zip(*vertices, strict=True))
    # irrational offsets keep the points off every edge between whole numbers
    x, y = np.meshgrid(np.arange(-45, 45, 3) + np.pi / 9, np.arange(-45, 45, 3) + np.e / 7)
    # in order around their middle the edges do not cross, on which oracles differ
    order = np.argsort(np.arctan2(lat - lat.mean(), lon - lon.mean()), kind="stable")
    found = contains(lon[order] + shift, lat[order], x + shift, y)
    path = MapPath(np.column_stack([lon[order], lat[order]]))
    expected = path.contains_points(np.column_stack([x.ravel(), y.ravel()])).reshape(x.shape)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    ("lon", "lat"),
    [([0, 1], [0, 1]), ([0, 1, 2], [0, 1]), ([0, 1, np.nan], [0, 1, 0]), ([0, 1, 0], [0, 91, 0])],
)
def test_what_is_no_polygon(lon: list[float], lat: list[float]) -> None:
    with pytest.raises(ParameterError):
        contains(lon, lat, 0.0, 0.0)
