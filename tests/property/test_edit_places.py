"""Which cells a place names: beside plain geometry, across the date line and around the poles."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gondwana.science.places import Places
from gondwana.science.sphere import unit_vectors

LON, LAT = np.meshgrid(np.arange(-175.0, 180.0, 10.0), np.arange(-85.0, 90.0, 10.0))
PLACES = Places(LON, LAT)
TURNED = Places(np.roll(LON, 5, axis=1), np.roll(LAT, 5, axis=1))  # not ascending: no straight axes

AROUND = st.floats(-180.0, 180.0)
POINT = st.tuples(AROUND, st.floats(-89.0, 89.0))


def test_both_kinds_of_grid_are_tried() -> None:
    assert PLACES.is_straight and not TURNED.is_straight


def is_inside(lon: float, lat: float, corners: list[tuple[float, float]]) -> bool:
    """Count how often a ray to the east crosses the sides of a flat polygon."""
    odd = False
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (y0 > lat) != (y1 > lat) and lon < (x1 - x0) * (lat - y0) / (y1 - y0) + x0:
            odd = not odd
    return odd


@given(
    AROUND,
    st.lists(
        st.tuples(st.floats(-55, 55), st.floats(-80, 80)), min_size=3, max_size=7, unique=True
    ),
)
def test_a_polygon_anywhere_beside_a_flat_one(
    middle: float, corners: list[tuple[float, float]]
) -> None:
    """Sides are straight in longitude and latitude; the date line is a line like others."""
    shifted = [((middle + x + 180.0) % 360.0 - 180.0, y) for x, y in corners]
    found = PLACES.in_polygon(shifted)
    turned = TURNED.in_polygon(shifted)
    assert np.array_equal(np.roll(found, 5, axis=1), turned)
    for j in range(18):
        for i in range(36):
            lon, lat = (LON[j, i] - middle + 180.0) % 360.0 - 180.0, LAT[j, i]
            if nearest_side(lon, lat, corners) > 1e-6:
                assert found[j, i] == is_inside(lon, lat, corners), (lon, lat)


def nearest_side(lon: float, lat: float, corners: list[tuple[float, float]]) -> float:
    """Distance of a point from the sides, in degrees; what lies on a side may count either way."""
    point, best = np.array([lon, lat]), np.inf
    for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
        start, side = np.array(a), np.array(b) - np.array(a)
        length = float(side @ side)
        along = np.clip((point - start) @ side / length, 0.0, 1.0) if length > 0 else 0.0
        best = min(best, float(np.linalg.norm(point - start - along * side)))
    return best


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("first", [-180.0, 33.0])
def test_a_polygon_around_a_pole_holds_the_pole(sign: float, first: float) -> None:
    corners = [((first + turn + 180.0) % 360.0 - 180.0, sign * 62.0) for turn in range(0, 360, 40)]
    for places in (PLACES, TURNED):
        for way in (corners, corners[::-1]):
            found = places.in_polygon(way)
            assert np.array_equal(found, sign * places.lat > 62.0)


@given(POINT, st.floats(1.0, 100.0))
def test_a_brush_is_a_circle_on_the_globe(point: tuple[float, float], radius: float) -> None:
    away = np.rad2deg(np.arccos(np.clip(unit_vectors(LON, LAT) @ unit_vectors(*point), -1.0, 1.0)))
    assume((np.abs(away - radius) > 1e-6).all())
    assert np.array_equal(PLACES.under_brush([point], radius), away < radius)


@given(st.lists(POINT, min_size=2, max_size=4), st.floats(2.0, 40.0))
def test_a_stroke_is_what_the_brush_passes_over(
    points: list[tuple[float, float]], radius: float
) -> None:
    assume(all(unit_vectors(*a) @ unit_vectors(*b) > -0.99 for a, b in pairwise(points)))
    cells, nearest = unit_vectors(LON, LAT), np.full(LON.shape, 180.0)
    for a, b in pairwise(points):
        one, two = unit_vectors(*a), unit_vectors(*b)
        for share in np.linspace(0.0, 1.0, 400):
            at = (1.0 - share) * one + share * two
            at /= np.linalg.norm(at)
            nearest = np.minimum(nearest, np.rad2deg(np.arccos(np.clip(cells @ at, -1.0, 1.0))))
    sure = np.abs(nearest - radius) > 0.6  # how coarsely the way is sampled
    found = PLACES.under_brush(points, radius)
    assert np.array_equal(found[sure], (nearest < radius)[sure])
    assert np.array_equal(
        np.roll(found, 5, axis=1)[np.roll(sure, 5, axis=1)],
        TURNED.under_brush(points, radius)[np.roll(sure, 5, axis=1)],
    )


@given(AROUND, st.floats(0.5, 359.0), st.floats(-90.0, 80.0), st.floats(0.0, 60.0))
def test_a_box_is_what_lies_east_of_its_west(
    west: float, width: float, south: float, height: float
) -> None:
    east, north = (west + width + 180.0) % 360.0 - 180.0, min(south + height, 90.0)
    ahead = (LON - west) % 360.0
    assume((np.abs(ahead - width) > 1e-9).all() and abs(east - west) > 1e-9)
    expected = (ahead <= width) & (south <= LAT) & (north >= LAT)
    assert np.array_equal(PLACES.in_box((west, south, east, north)), expected)
    assert np.array_equal(TURNED.in_box((west, south, east, north)), np.roll(expected, 5, axis=1))
