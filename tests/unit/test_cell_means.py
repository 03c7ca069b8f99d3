"""Integrals over spherical polygons against areas known in closed form and against sampling."""

import numpy as np
import numpy.typing as npt
import pytest

from gondwana.errors import InputError
from gondwana.science.cell_means import polygon_integrals
from gondwana.science.grid_cells import polygon_areas
from gondwana.science.sphere import EARTH_RADIUS, unit_vectors

Array = npt.NDArray[np.float64]

LAT, LON = np.arange(-89.5, 90.0), np.arange(-179.5, 180.0)
ONE = np.ones((180, 360))
NORTH_OF_45 = np.where(LAT[:, None] > 45.0, 1.0, 0.0) * ONE
EAST_0_TO_30 = np.where((LON > 0.0) & (LON < 30.0), 1.0, 0.0) * ONE
ROUGH = np.random.default_rng(11).normal(size=(180, 360))
OCTANT = 0.5 * np.pi


def integral(
    field: Array, polygon: list[tuple[float, float]], lat: Array = LAT, lon: Array = LON
) -> float:
    x, y = zip(*polygon, strict=True)
    return float(polygon_integrals([field], lat, lon, x, y)[0])


# --- areas and bands in closed form --------------------------------------------------------------


@pytest.mark.parametrize("west", [0.0, 0.25, 137.0, 179.5, -180.0, 300.0])
def test_octants(west: float) -> None:
    north = [(west, 0.0), (west + 90.0, 0.0), (77.0, 90.0)]
    south = [(west + 90.0, 0.0), (west, 0.0), (-12.0, -90.0)]
    for octant in (north, south):
        for first in range(3):
            turned = octant[first:] + octant[:first]
            assert integral(ONE, turned) == pytest.approx(OCTANT, abs=1e-13)
            assert integral(ONE, turned[::-1]) == pytest.approx(-OCTANT, abs=1e-13)
    # of the area north of a parallel the octant has a quarter
    expected = OCTANT * (1.0 - np.sin(np.deg2rad(45.0)))
    assert integral(NORTH_OF_45, north) == pytest.approx(expected, abs=1e-13)
    assert integral(NORTH_OF_45, south) == pytest.approx(0.0, abs=1e-13)


def test_wedge_of_an_octant() -> None:
    octant = [(-20.0, 0.0), (70.0, 0.0), (0.0, 90.0)]
    assert integral(EAST_0_TO_30, octant) == pytest.approx(np.deg2rad(30.0), abs=1e-13)
    assert integral(EAST_0_TO_30 * NORTH_OF_45, octant) == pytest.approx(
        np.deg2rad(30.0) * (1.0 - np.sqrt(0.5)), abs=1e-13
    )


@pytest.mark.parametrize("lat", [80.0, 20.0, -80.0, -20.0])
@pytest.mark.parametrize("corners", [3, 4, 7])
def test_pole_inside(lat: float, corners: int) -> None:
    lon = np.linspace(13.0, 373.0, corners, endpoint=False) * (1.0 if lat > 0.0 else -1.0)
    area = polygon_areas(lon, np.full(corners, lat)) / EARTH_RADIUS**2
    found = polygon_integrals([ONE, NORTH_OF_45], LAT, LON, lon, np.full(corners, lat))
    assert found[0] == pytest.approx(area, rel=1e-13)
    assert np.allclose(
        found, -polygon_integrals([ONE, NORTH_OF_45], LAT, LON, lon[::-1], np.full(corners, lat)),
        rtol=1e-12, atol=1e-13,
    )  # fmt: skip
    if lat == 20.0 and corners == 7:
        # all that is north of 45° lies inside
        assert found[1] == pytest.approx(2.0 * np.pi * (1.0 - np.sqrt(0.5)), rel=1e-13)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_edge_over_a_pole(sign: float) -> None:
    whole = [(10.0, sign * 70.0), (190.0, sign * 80.0), (100.0, sign * 75.0)]
    halves = [
        [(10.0, sign * 70.0), (0.0, sign * 90.0), (100.0, sign * 75.0)],
        [(0.0, sign * 90.0), (190.0, sign * 80.0), (100.0, sign * 75.0)],
    ]
    for field in (ONE, ROUGH):
        parts = sum(integral(field, half) for half in halves)
        assert integral(field, whole) == pytest.approx(parts, abs=1e-13)
    assert integral(ONE, whole) * sign < 0.0


def test_repeated_corners_count_once() -> None:
    quad = [(10.0, 10.0), (25.0, 12.0), (24.0, 27.0), (9.0, 25.0)]
    doubled = [corner for corner in quad for _ in range(2)]
    assert integral(ROUGH, doubled) == pytest.approx(integral(ROUGH, quad), abs=1e-15)
    assert integral(ROUGH, [quad[0]] * 4) == 0.0


@pytest.mark.parametrize("shift", 10.0 ** np.arange(-15, -5))
def test_tiny_edges_and_edges_close_to_meridians(shift: float) -> None:
    rng = np.random.default_rng(1)
    west, south = rng.uniform(-180.0, 180.0, 300), rng.uniform(-85.0, 60.0, 300)
    lon = np.stack([west, west + 20.0, west + 20.0, west], axis=-1)
    lat = np.stack([south, south, south + 20.0, south + 20.0], axis=-1)
    expected = polygon_integrals([ROUGH], LAT, LON, lon, lat)
    # every corner comes a second time, a little to the side
    lon, lat = np.repeat(lon, 2, axis=-1), np.repeat(lat, 2, axis=-1)
    lon[:, 1::2] += rng.uniform(-shift, shift, (300, 4))
    lat[:, 1::2] += rng.uniform(-shift, shift, (300, 4))
    found = polygon_integrals([ROUGH], LAT, LON, lon, lat)
    # at most the strip between the edges, one radian long, with values up to 4
    assert np.abs(found - expected).max() < 1e-13 + 4.0 * np.deg2rad(shift)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("direction", [1, -1])
def test_corner_where_an_edge_is_farthest_north_or_south(sign: float, direction: int) -> None:
    # the point half way along an edge between places of one latitude, as a corner of its own
    top = sign * np.rad2deg(np.arctan(np.tan(np.deg2rad(50.0)) / np.cos(np.deg2rad(8.0))))
    plain = [(22.0, 20.0), (38.0, 20.0), (38.0, sign * 50.0), (22.0, sign * 50.0)]
    halved = [*plain[:3], (30.0, top), plain[3]]
    for field in (ONE, ROUGH):
        found = integral(field, plain[::direction])
        assert found == pytest.approx(integral(field, halved[::direction]), abs=1e-13)


@pytest.mark.parametrize("east", [1, -1])
def test_edge_that_starts_where_its_circle_is_farthest_south(east: int) -> None:
    # for many of these the side on which the corner lies comes out as exactly 0
    for lat in range(-85, 0, 7):
        for ahead in (7.0, 30.0, 60.0, 88.0):
            end = np.rad2deg(np.arctan(np.tan(np.deg2rad(lat)) * np.cos(np.deg2rad(ahead))))
            there, above = (east * ahead, end), (east * ahead / 2, end + 2.0)
            found = integral(ROUGH, [(0.0, lat), there, above])
            beside = integral(ROUGH, [(0.0, lat + 1e-9), there, above])
            assert found == pytest.approx(beside, abs=1e-9)


def test_edges_on_the_lines_of_the_grid() -> None:
    # meridians 10 and 12, the equator, and the pole: all on edges of cells
    triangle = [(10.0, 0.0), (12.0, 0.0), (0.0, 90.0)]
    strip = np.zeros_like(ONE)
    strip[90:, 190:192] = ROUGH[90:, 190:192]
    height = np.diff(np.sin(np.deg2rad(np.arange(0.0, 91.0))))
    expected = np.deg2rad(1.0) * np.sum(height[:, None] * strip[90:, 190:192])
    assert integral(strip, triangle) == pytest.approx(expected, abs=1e-14)
    assert integral(ROUGH, triangle) == pytest.approx(expected, abs=1e-14)


# --- sampling ------------------------------------------------------------------------------------


def by_sampling(field: Array, polygon: Array, lat: Array, lon: Array, n: int = 700) -> float:
    """Sum over points of equal area, inside by the angle that the polygon is seen under."""
    low, high = np.sin(np.deg2rad([polygon[:, 1].min() - 3.0, polygon[:, 1].max() + 3.0]))
    west, east = polygon[:, 0].min() - 1.0, polygon[:, 0].max() + 1.0
    s = low + (np.arange(n) + 0.5) * (high - low) / n
    x, y = np.meshgrid(west + (np.arange(n) + 0.5) * (east - west) / n, np.rad2deg(np.arcsin(s)))
    points, corners = unit_vectors(x, y), unit_vectors(polygon[:, 0], polygon[:, 1])
    angle = np.zeros(x.shape)
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        angle += np.arctan2(
            np.sum(np.cross(a, b) * points, axis=-1),
            a @ b - np.sum(a * points, axis=-1) * np.sum(b * points, axis=-1),
        )
    rows = np.abs(lat[:, None] - y.ravel()).argmin(axis=0)
    columns = np.abs((lon[:, None] - x.ravel() + 180.0) % 360.0 - 180.0).argmin(axis=0)
    values = field[rows, columns].reshape(x.shape)
    area = (high - low) * np.deg2rad(east - west) / n**2
    return float(np.sum(values[np.abs(angle) > np.pi]) * area)


@pytest.mark.parametrize(
    "polygon",
    [
        [(4.0, 3.0), (9.0, -2.0), (13.0, 4.0), (7.0, 8.0)],
        [(175.0, 40.0), (188.0, 46.0), (181.0, 55.0)],
        [(-60.0, -80.0), (10.0, -75.0), (-20.0, -70.0), (-50.0, -68.0)],
        [(100.0, 60.0), (140.0, 60.0), (140.0, 70.0), (100.0, 70.0)],
    ],
)
def test_against_sampling(polygon: list[tuple[float, float]]) -> None:
    # columns of unequal width, rows of unequal height: nothing leans on regular spacing
    rng = np.random.default_rng(3)
    lat = np.sort(rng.uniform(-88.0, 88.0, 40))
    lon = np.linspace(-180.0, 180.0, 60, endpoint=False) + rng.uniform(0.0, 4.0, 60)
    field = 10.0 + rng.normal(size=(40, 60))
    lat[[0, -1]] = -89.0, 89.0
    expected = by_sampling(field, np.array(polygon), lat, lon)
    assert integral(field, polygon, lat, lon) == pytest.approx(expected, rel=2e-3)


# --- shapes and refusals -------------------------------------------------------------------------


def test_shapes_and_several_fields_at_once() -> None:
    corner_lon = np.array([[0.0, 10.0, 10.0, 0.0]]) + np.arange(6).reshape(2, 3, 1) * 50.0
    corner_lat = np.array([0.0, 0.0, 10.0, 10.0]) * np.ones((2, 3, 1))
    found = polygon_integrals([ONE, ROUGH, EAST_0_TO_30], LAT, LON, corner_lon, corner_lat)
    assert found.shape == (3, 2, 3)
    for k, field in enumerate((ONE, ROUGH, EAST_0_TO_30)):
        alone = polygon_integrals([field], LAT, LON, corner_lon, corner_lat)[0]
        assert np.array_equal(found[k], alone)
    assert found[0] == pytest.approx(found[0, 0, 0], rel=1e-12)


def test_half_a_globe_is_refused() -> None:
    with pytest.raises(InputError, match="global"):
        polygon_integrals([ROUGH[:, :180]], LAT, LON[:180], [0, 1, 0], [0, 0, 1])
    with pytest.raises(InputError, match="global"):
        polygon_integrals([ROUGH[5:]], LAT[5:], LON, [0, 1, 0], [0, 0, 1])


def test_missing_corners_are_refused() -> None:
    with pytest.raises(InputError, match="not finite"):
        polygon_integrals([ROUGH], LAT, LON, [0, np.nan, 0], [0, 0, 1])
