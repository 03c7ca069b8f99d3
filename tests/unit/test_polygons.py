"""Overlaps of cells, small cases by hand: poles, the date line, extremes, degenerate cells."""

import numpy as np
import pytest

from gondwana.errors import InputError
from gondwana.science.grid_cells import polygon_areas
from gondwana.science.polygons import Mesh, mesh_overlaps, polygon_overlaps

QUARTERS = Mesh(np.arange(-180.0, 181.0, 90.0), np.array([-90.0, 0.0, 90.0]))
FINE = Mesh(np.arange(-180.0, 181.0, 7.5), np.arange(-90.0, 91.0, 5.0))


def shares(mesh: Mesh, lon: list[float], lat: list[float]) -> dict[tuple[int, int], float]:
    """Overlaps of one polygon by (row, column)."""
    found = mesh_overlaps(mesh, [lon], [lat])
    nx = mesh.shape[1]
    pairs = [divmod(int(cell), nx) for cell in found.other]
    return dict(zip(pairs, found.area.tolist(), strict=True))


def area(lon: list[float], lat: list[float]) -> float:
    return abs(float(np.squeeze(polygon_areas(lon, lat, 1.0))))


def test_an_octant_is_an_eighth_of_the_sphere() -> None:
    """Its three edges are meridians and the equator: a cell of the mesh itself."""
    found = shares(QUARTERS, [0.0, 90.0, 0.0, 0.0], [0.0, 0.0, 90.0, 90.0])
    assert found == {(1, 2): pytest.approx(np.pi / 2, rel=1e-15)}
    assert QUARTERS.areas[1, 2] == pytest.approx(np.pi / 2, rel=1e-15)


def test_a_cell_about_the_origin_is_shared_by_four() -> None:
    lon, lat = [-30.0, 30.0, 30.0, -30.0], [-20.0, -20.0, 20.0, 20.0]
    found = shares(QUARTERS, lon, lat)
    assert set(found) == {(0, 1), (0, 2), (1, 1), (1, 2)}
    for part in found.values():
        assert part == pytest.approx(area(lon, lat) / 4, rel=1e-14)


def test_a_great_circle_rises_above_the_parallel_of_its_ends() -> None:
    """Between two corners at 45°N, 90° apart, tan φm = √2: the arc passes above a parallel.

    Above 50°N lies the segment between arc and parallel, 2 (asin(s) - sin 50° λ) with
    cos λ = tan 50° / √2 and s = sin φm sin λ.
    """
    mesh = Mesh(np.array([-180.0, 180.0]), np.array([-90.0, 50.0, 90.0]))
    lon, lat = [-45.0, 45.0, 45.0, -45.0], [0.0, 0.0, 45.0, 45.0]
    half = np.arccos(np.tan(np.deg2rad(50.0)) / np.sqrt(2.0))
    above = 2.0 * (np.arcsin(np.sqrt(2.0 / 3.0) * np.sin(half)) - np.sin(np.deg2rad(50.0)) * half)
    found = shares(mesh, lon, lat)
    assert found[1, 0] == pytest.approx(above, rel=1e-13)
    assert found[0, 0] == pytest.approx(area(lon, lat) - above, rel=1e-14)


def test_the_same_in_the_south() -> None:
    mesh = Mesh(np.array([-180.0, 180.0]), np.array([-90.0, -50.0, 90.0]))
    north = Mesh(np.array([-180.0, 180.0]), np.array([-90.0, 50.0, 90.0]))
    lon, lat = np.array([-45.0, 45.0, 45.0, -45.0]), np.array([0.0, 0.0, 45.0, 45.0])
    below = shares(mesh, list(lon[::-1]), list(-lat[::-1]))
    above = shares(north, list(lon), list(lat))
    assert below[0, 0] == pytest.approx(above[1, 0], rel=1e-14)
    assert below[1, 0] == pytest.approx(above[0, 0], rel=1e-14)


@pytest.mark.parametrize("pole", [90.0, -90.0])
@pytest.mark.parametrize("corners", [3, 4, 7])
def test_a_polygon_about_a_pole(pole: float, corners: int) -> None:
    lon = list(np.arange(corners) * 360.0 / corners - 170.0)
    lat = [np.copysign(80.0, pole)] * corners
    if pole < 0:
        lon = lon[::-1]
    found = shares(FINE, lon, lat)
    assert sum(found.values()) == pytest.approx(area(lon, lat), rel=1e-13)
    top = max(FINE.shape[0] - 1, 0) if pole > 0 else 0
    assert {column for row, column in found if row == top} == set(range(48))
    if corners == 4:
        # a quarter turn brings the polygon onto itself
        for (row, column), part in found.items():
            assert part == pytest.approx(found[row, (column + 12) % 48], rel=1e-12)


def test_a_large_triangle_about_the_north_pole_with_most_corners_in_the_south() -> None:
    lon, lat = [-149.71924305, -5.62014845, 165.38177232], [-41.74775167, 52.53029798, -23.19339268]
    for corners in (slice(None), slice(None, None, -1)):
        found = shares(FINE, lon[corners], lat[corners])
        assert sum(found.values()) == pytest.approx(area(lon, lat), rel=1e-12)
        assert {column for row, column in found if row == 35} == set(range(48))
        assert not any(row == 0 for row, _ in found)


@pytest.mark.parametrize("shift", [0.0, 360.0, -360.0, 720.0])
@pytest.mark.parametrize("start", range(4))
@pytest.mark.parametrize("turned", [False, True])
def test_how_corners_are_written_changes_nothing(shift: float, start: int, turned: bool) -> None:
    lon, lat = np.array([170.0, 193.0, 191.0, 172.0]), np.array([60.0, 61.0, 79.0, 77.0])
    expected = shares(FINE, list(lon), list(lat))
    lon, lat = np.roll(lon, start) + shift, np.roll(lat, start)
    lon[1] -= 360.0
    if turned:
        lon, lat = lon[::-1], lat[::-1]
    found = shares(FINE, list(lon), list(lat))
    assert found.keys() == expected.keys()
    for place, part in found.items():
        assert part == pytest.approx(expected[place], abs=1e-17)


def test_across_the_date_line() -> None:
    lon, lat = np.array([-7.0, 13.0, 12.0, -6.0]), np.array([-8.0, -6.0, 11.0, 9.0])
    here, there = shares(FINE, list(lon), list(lat)), shares(FINE, list(lon + 180.0), list(lat))
    assert {(row, (column + 24) % 48) for row, column in here} == set(there)
    for (row, column), part in here.items():
        assert there[row, (column + 24) % 48] == pytest.approx(part, rel=1e-12)


@pytest.mark.parametrize("pole", [1.0, -1.0])
def test_a_corner_at_a_pole(pole: float) -> None:
    """Whatever longitude the corner at the pole is given."""
    lat = [80.0 * pole, 80.0 * pole, 90.0 * pole, 90.0 * pole]
    expected = None
    for at_pole in ([0.0, 0.0], [40.0, 10.0], [-120.0, 77.0]):
        lon = [10.0, 40.0, *at_pole]
        found = shares(FINE, lon, lat)
        assert sum(found.values()) == pytest.approx(area([10.0, 40.0, 25.0], lat[:3]), rel=1e-13)
        assert min(found.values()) > 1e-6
        assert {column for _, column in found} == {25, 26, 27, 28, 29}
        expected = expected or found
        assert found == pytest.approx(expected, rel=1e-13)


def test_an_edge_through_the_pole() -> None:
    lon, lat = [0.0, 90.0, 180.0, 180.0], [80.0, 80.0, 80.0, 80.0]
    found = shares(FINE, lon, lat)
    assert sum(found.values()) == pytest.approx(area(lon[:3], lat[:3]), rel=1e-13)
    assert {column for _, column in found} == set(range(24, 48))


def test_repeated_corners_and_cells_without_area() -> None:
    triangle = shares(FINE, [10.0, 30.0, 20.0], [10.0, 12.0, 40.0])
    assert shares(FINE, [10.0, 10.0, 30.0, 20.0], [10.0, 10.0, 12.0, 40.0]) == pytest.approx(
        triangle, rel=1e-12
    )
    assert shares(FINE, [10.0, 30.0, 30.0, 10.0], [10.0, 12.0, 12.0, 10.0]) == {}
    assert shares(FINE, [10.0] * 4, [10.0] * 4) == {}


def test_a_cell_that_bends_inwards() -> None:
    """An arrow head: the notch is not part of it."""
    lon, lat = [0.0, 20.0, 40.0, 20.0], [0.0, 10.0, 0.0, 40.0]
    found = shares(FINE, lon, lat)
    assert sum(found.values()) == pytest.approx(area(lon, lat), rel=1e-13)
    assert (18, 26) not in found  # 15 to 22.5°E, 0 to 5°N lies in the notch


def test_a_part_of_the_globe() -> None:
    """Beyond the mesh nothing is shared; the mesh may begin anywhere."""
    region = Mesh(np.arange(100.0, 261.0, 10.0), np.arange(-30.0, 61.0, 10.0))
    lon, lat = [155.0, 205.0, 205.0, 155.0], [-45.0, -45.0, 75.0, 75.0]
    found = shares(region, lon, lat)
    assert {row for row, _ in found} == set(range(9))
    whole = Mesh(np.arange(-180.0, 181.0, 10.0), np.arange(-90.0, 91.0, 10.0))
    everything = shares(whole, lon, lat)
    for (row, column), part in found.items():
        assert part == pytest.approx(everything[row + 6, (column + 28) % 36], rel=1e-12)
    assert shares(region, [0.0, 20.0, 10.0], [0.0, 0.0, 20.0]) == {}


def test_a_coarse_polygon_holds_fine_cells_whole() -> None:
    lon, lat = [-80.0, 80.0, 80.0, -80.0], [-60.0, -60.0, 60.0, 60.0]
    found = shares(FINE, lon, lat)
    inside = found[18, 24]
    assert inside == pytest.approx(FINE.areas[18, 24], rel=1e-14)
    assert sum(found.values()) == pytest.approx(area(lon, lat), rel=1e-13)


def test_areas_of_a_mesh() -> None:
    assert FINE.areas.sum() == pytest.approx(4.0 * np.pi, rel=1e-15)
    # next to a pole the difference of sines has few digits left; 1 - cos is 2 sin²(half)
    last = 2.0 * np.sin(np.deg2rad(1e-3) / 2) ** 2
    tiny = Mesh(np.array([0.0, 90.0]), np.array([0.0, 90.0 - 1e-3, 90.0]))
    assert tiny.heights[-1] == pytest.approx(last, rel=1e-12)
    assert Mesh(tiny.west_to_east, -tiny.south_to_north[::-1]).heights[0] == tiny.heights[-1]


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        ([0.0], [0.0, 10.0]),
        ([0.0, 10.0, 5.0], [0.0, 10.0]),
        ([0.0, 361.0], [0.0, 10.0]),
        ([0.0, 10.0], [-91.0, 0.0]),
        ([0.0, np.nan], [0.0, 10.0]),
    ],
)
def test_edges_that_bound_no_cells(lon: list[float], lat: list[float]) -> None:
    with pytest.raises(InputError, match="do not ascend within the globe"):
        Mesh(np.array(lon), np.array(lat))


def test_corners_that_make_no_polygon() -> None:
    for overlaps in (
        lambda lon, lat: mesh_overlaps(FINE, lon, lat),
        lambda lon, lat: polygon_overlaps(lon, lat, [[0.0, 9.0, 5.0]], [[0.0, 0.0, 9.0]]),
    ):
        with pytest.raises(InputError, match="make no polygons"):
            overlaps([[0.0, 1.0]], [[0.0, 1.0]])
        with pytest.raises(InputError, match="no place on the globe"):
            overlaps([[0.0, 1.0, np.nan]], [[0.0, 1.0, 0.0]])
        with pytest.raises(InputError, match="no place on the globe"):
            overlaps([[0.0, 1.0, 3.0]], [[0.0, 1.0, 95.0]])


def test_great_circle_cells_against_each_other() -> None:
    """Two squares about the origin, one turned by 45°: an octagon is shared."""
    a = np.tan(np.deg2rad(10.0))
    square = np.array([[1.0, -a, -a], [1.0, a, -a], [1.0, a, a], [1.0, -a, a]])
    turn = np.sqrt(0.5)
    other = np.stack(
        [square[:, 0], turn * (square[:, 1] - square[:, 2]), turn * (square[:, 1] + square[:, 2])],
        axis=1,
    )
    # in the tangent plane: the octagon's corners at distance a from both axes of a square
    inner = a * np.tan(np.pi / 8)
    octagon = np.array(
        [[1, a, -inner], [1, a, inner], [1, inner, a], [1, -inner, a],
         [1, -a, inner], [1, -a, -inner], [1, -inner, -a], [1, inner, -a]]
    )  # fmt: skip

    def degrees(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, y, z = points.T
        return np.rad2deg(np.arctan2(y, x))[None], np.rad2deg(np.arctan2(z, np.hypot(x, y)))[None]

    found = polygon_overlaps(*degrees(square), *degrees(other))
    assert found.area.tolist() == [pytest.approx(area(*degrees(octagon)), rel=1e-13)]
    clockwise = polygon_overlaps(*degrees(square[::-1]), *degrees(other[::-1]))
    assert clockwise.area.tolist() == [pytest.approx(found.area[0], rel=1e-13)]


def test_a_window_that_bends_inwards_is_refused() -> None:
    with pytest.raises(InputError, match="1 cells are not convex"):
        polygon_overlaps(
            [[0.0, 9.0, 5.0]], [[0.0, 0.0, 9.0]],
            [[0.0, 20.0, 40.0, 20.0]], [[0.0, 10.0, 0.0, 40.0]],
        )  # fmt: skip


def test_places_of_whole_turns_have_the_same_bits() -> None:
    """Cells that share an edge share its pieces, whichever turn they are written in."""
    lon, lat = np.array([[359.9, 362.3, 362.4, 359.8]]), np.array([[10.0, 11.0, 13.0, 12.5]])
    here, there = mesh_overlaps(FINE, lon, lat), mesh_overlaps(FINE, lon - 360.0, lat)
    assert np.array_equal(here.other, there.other)
    assert np.allclose(here.area, there.area, rtol=1e-12)
