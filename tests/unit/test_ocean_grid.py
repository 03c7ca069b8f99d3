"""Ocean grids by hand: areas, corners, seams, scale factors, and what is refused."""

import numpy as np
import numpy.typing as npt
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from gondwana.errors import InputError
from gondwana.science.grid_cells import polygon_areas
from gondwana.science.grid_points import POSITIONS, degrees_apart, midpoint, reflected
from gondwana.science.grid_seams import detect_topology
from gondwana.science.ocean_grid import OceanGrid, coordinates_dataset, singular_points
from gondwana.science.sphere import EARTH_RADIUS
from gondwana.science.topology import Topology
from gondwana.science.tripolar import TripolarParameters, tripolar_grid

SPHERE = 4.0 * np.pi * EARTH_RADIUS**2
Array = npt.NDArray[np.float64]


def plain_coordinates(lon: Array, lat: Array, dlon: float, dlat: float) -> xr.Dataset:
    """NEMO coordinates of a regular grid with these T points and no scale factors."""
    result = xr.Dataset()
    for position, east, north in (("t", 0, 0), ("u", 1, 0), ("v", 0, 1), ("f", 1, 1)):
        grid = np.meshgrid(lon + 0.5 * dlon * east, lat + 0.5 * dlat * north)
        for name, values in zip(("glam", "gphi"), grid, strict=True):
            result[name + position] = (("y", "x"), values)
    return result


def global_coordinates(halo: bool = False) -> xr.Dataset:
    lon = np.arange(-180.0, 180.0, 20.0) + 10.0
    if halo:
        lon = np.concatenate([lon[-1:], lon, lon[:1]])
    return plain_coordinates(lon, np.arange(-80.0, 81.0, 20.0), 20.0, 20.0)


def points(*lon_lat: tuple[float, float]) -> Array:
    return np.array(lon_lat, dtype=np.float64)


# --- areas ---------------------------------------------------------------------------------------


def test_area_of_an_octant_and_of_the_same_seen_from_inside() -> None:
    assert polygon_areas([0, 90, 0], [0, 0, 90]) == pytest.approx(SPHERE / 8, rel=1e-14)
    assert polygon_areas([0, 0, 90], [0, 90, 0]) == pytest.approx(-SPHERE / 8, rel=1e-14)


@pytest.mark.parametrize("width", [1e-3, 2.0, 90.0, 170.0])
@pytest.mark.parametrize("top", [0.0, 60.0, 89.99])
def test_area_with_two_corners_at_the_pole(width: float, top: float) -> None:
    # two sides c and the angle between them: tan(E/2) = k sin w / (1 + k cos w), k = tan²(c/2)
    k, w = np.tan(np.deg2rad(90 - top) / 2) ** 2, np.deg2rad(width)
    excess = 2 * np.arctan2(k * np.sin(w), 1 + k * np.cos(w))
    area = polygon_areas([10, 10 + width, 10 + width, 10], [top, top, 90, 90])
    assert area == pytest.approx(excess * EARTH_RADIUS**2, rel=1e-9)


def test_areas_of_small_cells_keep_their_digits() -> None:
    side = 1e-5  # degrees, about a metre
    expected = (np.deg2rad(side) * EARTH_RADIUS) ** 2
    area = polygon_areas([7, 7 + side, 7 + side, 7], [-side / 2, -side / 2, side / 2, side / 2])
    assert area == pytest.approx(expected, rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(8, 60))
def test_triangles_between_random_points_cover_the_sphere(seed: int, count: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(count, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    triangles = vectors[ConvexHull(vectors).simplices]
    inside = np.linalg.det(triangles) < 0
    triangles[inside] = triangles[inside][:, ::-1]
    lon = np.rad2deg(np.arctan2(triangles[..., 1], triangles[..., 0]))
    lat = np.rad2deg(np.arcsin(np.clip(triangles[..., 2], -1, 1)))
    if np.all(np.linalg.det(triangles) > 1e-12) and _holds_centre(vectors):
        assert polygon_areas(lon, lat).sum() == pytest.approx(SPHERE, rel=1e-9)


def _holds_centre(vectors: Array) -> bool:
    return bool(np.all(ConvexHull(vectors).equations[:, -1] < 0))


# --- points --------------------------------------------------------------------------------------


def test_midpoint_and_mirror_image() -> None:
    assert midpoint(points((170, 0)), points((-170, 0))) == pytest.approx(points((180, 0)))
    assert reflected(points((0, 10)), points((0, 4))) == pytest.approx(points((0, -2)))
    assert reflected(points((175, 0)), points((-175, 0))) == pytest.approx(points((-165, 0)))


def test_mirror_image_ends_at_the_pole() -> None:
    assert reflected(points((30, -80)), points((30, -89))).tolist() == [[30, -90]]
    assert reflected(points((30, -80)), points((30, -84))) == pytest.approx(points((30, -88)))


# --- plain grids ---------------------------------------------------------------------------------


def test_corners_of_a_global_grid_go_around_the_cell_and_around_the_globe() -> None:
    grid = OceanGrid.from_coordinates(global_coordinates())
    assert grid.topology == Topology(periodic=True, halo=False, fold="none")
    np.testing.assert_allclose(grid.corner_lon[4, 0], [-180, -160, -160, -180])
    np.testing.assert_allclose(grid.corner_lat[4, 0], [-10, -10, 10, 10], atol=1e-12)
    np.testing.assert_allclose(grid.corner_lon[4, -1], [160, 180, 180, 160])
    # the first row reaches the South Pole, the last the North Pole: the whole sphere is covered
    assert grid.area.sum() == pytest.approx(SPHERE, rel=1e-12)
    assert singular_points(grid) == [(0.0, 90.0, "North Pole"), (0.0, -90.0, "South Pole")]


def test_halo_columns_are_found_and_have_whole_cells() -> None:
    grid = OceanGrid.from_coordinates(global_coordinates(halo=True))
    assert grid.topology == Topology(periodic=True, halo=True, fold="none")
    assert grid.shape == (9, 20)
    np.testing.assert_allclose(grid.corner_lon[4, 0], [160, 180, 180, 160])
    assert grid.area[grid.owned].sum() == pytest.approx(SPHERE, rel=1e-12)
    np.testing.assert_array_equal(grid.area[:, 0], grid.area[:, -2])


def test_scale_factors_of_a_plain_grid() -> None:
    grid = OceanGrid.from_coordinates(global_coordinates(halo=True))
    row = np.deg2rad(20.0) * EARTH_RADIUS
    for name in ("e2t", "e2u", "e2v"):
        np.testing.assert_allclose(grid.coordinates[name].values[1:-1], row, rtol=1e-12)
    # two great circles of 10° of longitude each at 40°N
    half = 2 * np.arcsin(np.cos(np.deg2rad(40)) * np.sin(np.deg2rad(5))) * EARTH_RADIUS
    for name in ("e1t", "e1u"):
        np.testing.assert_allclose(grid.coordinates[name].values[6], 2 * half, rtol=1e-12)
    np.testing.assert_allclose(grid.coordinates["e1v"].values[4], grid.coordinates["e1f"].values[4])


def test_a_regional_grid_is_open_on_all_sides() -> None:
    lon, lat = np.arange(10.0, 60.0, 10.0), np.arange(-20.0, 21.0, 10.0)
    grid = OceanGrid.from_coordinates(plain_coordinates(lon, lat, 10.0, 10.0))
    assert grid.topology == Topology(periodic=False)
    np.testing.assert_allclose(grid.corner_lon[2, 0], [5, 15, 15, 5], atol=1e-3)
    np.testing.assert_allclose(grid.corner_lat[0, 0], [-25, -25, -15, -15], atol=0.2)
    assert singular_points(grid) == []
    assert (grid.area > 0).all()


def test_a_grid_that_misses_one_column_is_not_closed() -> None:
    lon = np.arange(-180.0, 160.0, 20.0) + 10.0
    grid = plain_coordinates(lon, np.arange(-60.0, 61.0, 20.0), 20.0, 20.0)
    assert not OceanGrid.from_coordinates(grid).topology.periodic


def test_given_scale_factors_are_kept() -> None:
    dataset = global_coordinates()
    dataset["e1t"] = xr.full_like(dataset["glamt"], 123.0)
    grid = OceanGrid.from_coordinates(dataset)
    assert (grid.coordinates["e1t"] == 123.0).all()
    assert (grid.coordinates["e1u"] != 123.0).all()


def test_single_dimensions_are_dropped() -> None:
    dataset = global_coordinates()
    grid = OceanGrid.from_coordinates(dataset.expand_dims(t=1, z=1))
    assert grid.coordinates["glamt"].dims == ("y", "x")
    np.testing.assert_array_equal(grid.lon, dataset["glamt"].values)
    np.testing.assert_array_equal(grid.lat, dataset["gphit"].values)


def test_folds_are_found_from_the_points_alone() -> None:
    rng = np.random.default_rng(1)
    for fold in ("F", "T"):
        seams = Topology(halo=True, fold=fold)
        lon = seams.synchronise(rng.uniform(-180, 180, (9, 12)))
        lat = seams.synchronise(rng.uniform(-80, 80, (9, 12)))
        assert detect_topology(lon + rng.uniform(-1, 1, lon.shape) * 2e-4, lat) == seams
        broken = lon.copy()
        broken[-1, 4] += 1.0
        assert detect_topology(broken, lat).fold == "none"


def test_longitudes_a_turn_apart_are_the_same_place() -> None:
    dataset = global_coordinates(halo=True)
    for position in POSITIONS:
        dataset[f"glam{position}"][:, 0] -= 360.0
    grid = OceanGrid.from_coordinates(dataset)
    assert grid.topology.halo
    assert (np.abs(grid.corner_lon - grid.lon[:, :, None]) <= 180.0).all()
    np.testing.assert_allclose(grid.corner_lon[4, 0], [-200, -180, -180, -200])


# --- round trip ----------------------------------------------------------------------------------

parameters = st.builds(
    TripolarParameters,
    resolution=st.sampled_from([5.0, 6.0, 9.0, 10.0]),
    pole_latitude=st.floats(45, 80),
    pole_longitude=st.floats(-180, 180),
    southern_limit=st.floats(-80, -50),
)


@settings(max_examples=15, deadline=None)
@given(parameters=parameters)
def test_a_grid_comes_back_from_its_coordinates(parameters: TripolarParameters) -> None:
    grid = tripolar_grid(parameters)
    again = OceanGrid.from_coordinates(coordinates_dataset(grid))
    assert again.topology == grid.topology
    np.testing.assert_array_equal(again.corner_lon, grid.corner_lon)
    np.testing.assert_array_equal(again.corner_lat, grid.corner_lat)
    np.testing.assert_array_equal(again.area, grid.area)
    xr.testing.assert_identical(again.coordinates, grid.coordinates)


@settings(max_examples=15, deadline=None)
@given(parameters=parameters, start=st.integers(0, 3), clockwise=st.booleans(), holes=st.booleans())
def test_a_grid_comes_back_from_its_cells(
    parameters: TripolarParameters, start: int, clockwise: bool, holes: bool
) -> None:
    grid = tripolar_grid(parameters)
    corners = np.stack([grid.corner_lon, grid.corner_lat], axis=-1)
    if holes:
        corners[0] = np.nan
        corners[:, 0] = np.nan
    corners = np.roll(corners[:, :, ::-1] if clockwise else corners, start, axis=2)
    again = OceanGrid.from_cells(grid.lon, grid.lat, corners[..., 0], corners[..., 1])
    assert again.topology == grid.topology
    misfit = degrees_apart(
        np.stack([again.corner_lon, again.corner_lat], axis=-1),
        np.stack([grid.corner_lon, grid.corner_lat], axis=-1),
    )
    assert misfit[1:].max() < 1e-12
    # the rebuilt edge of the first row: a part of the height of the row
    assert misfit[0].max() < 0.12 * (grid.lat[1, 0] - grid.lat[0, 0])
    for p in ("u", "v", "f"):
        here, there = (
            np.stack([g.coordinates[f"glam{p}"].values, g.coordinates[f"gphi{p}"].values], axis=-1)
            for g in (again, grid)
        )
        spacing = 1e-12 if p == "f" else 0.1 * parameters.resolution
        assert degrees_apart(here, there)[1:].max() < spacing
    away = np.abs(grid.lat) < 40.0
    for name in ("e1t", "e2t", "e1v", "e2u"):
        ratio = again.coordinates[name].values[away] / grid.coordinates[name].values[away]
        np.testing.assert_allclose(ratio, 1.0, atol=0.05)


def test_coordinates_carry_units_and_names() -> None:
    dataset = coordinates_dataset(OceanGrid.from_coordinates(global_coordinates()))
    assert len(dataset) == 18
    assert dataset["e2f"].attrs["units"] == "m"
    assert dataset["nav_lat"].attrs["units"] == "degrees_north"
    assert all(variable.dims == ("y", "x") and variable.attrs["long_name"]
               for variable in dataset.values())  # fmt: skip


def test_a_torn_grid_gets_whole_cells() -> None:
    whole = OceanGrid.from_coordinates(global_coordinates())
    torn = global_coordinates()
    for position in POSITIONS:  # one piece of the grid is moved away, as ORCA2 does on land
        torn[f"glam{position}"][3:5, 8:10] += 90.0
    grid = OceanGrid.from_coordinates(torn)
    assert (grid.area > 0).all()
    piece = np.zeros(grid.shape, dtype=bool)
    piece[3:5, 8:10] = True
    np.testing.assert_allclose(grid.area[piece], whole.area[piece], rtol=0.1)
    np.testing.assert_allclose(grid.area[~piece], whole.area[~piece], rtol=0.3)
    np.testing.assert_allclose(grid.corner_lon[3, 8], whole.corner_lon[3, 8] + 90.0, atol=2.0)


# --- refused -------------------------------------------------------------------------------------


def test_declared_areas_are_used_and_must_fit() -> None:
    grid = OceanGrid.from_coordinates(global_coordinates())
    cells = (grid.lon, grid.lat, grid.corner_lon, grid.corner_lat)
    declared = np.full(grid.shape, 7.0)
    np.testing.assert_array_equal(OceanGrid.from_cells(*cells, declared).area, declared)
    with pytest.raises(InputError, match="areas"):
        OceanGrid.from_cells(*cells, declared[1:])


def test_what_cannot_be_a_grid_is_refused() -> None:
    dataset = global_coordinates()
    with pytest.raises(InputError, match="no variable 'glamf'"):
        OceanGrid.from_coordinates(dataset.drop_vars("glamf"))
    with pytest.raises(InputError, match="'gphiu' has shape"):
        OceanGrid.from_coordinates(dataset.drop_vars("gphiu").assign(
            gphiu=(("j", "i"), np.zeros((4, 4)))
        ))  # fmt: skip
    hole = dataset.copy(deep=True)
    hole["gphiv"][2, 2] = np.nan
    with pytest.raises(InputError, match="1 of 162 values of 'gphiv' are not finite"):
        OceanGrid.from_coordinates(hole)
    swapped = dataset.rename(glamt="gphit", gphit="glamt")
    with pytest.raises(InputError, match="latitudes of the ocean grid reach 170°"):
        OceanGrid.from_coordinates(swapped)
    with pytest.raises(InputError, match="north to south"):
        OceanGrid.from_coordinates(plain_coordinates(
            np.arange(-170.0, 180.0, 20.0), np.arange(60.0, -61.0, -20.0), 20.0, -20.0
        ))  # fmt: skip


def test_clockwise_corners_are_turned_and_counted() -> None:
    grid = OceanGrid.from_coordinates(global_coordinates())
    lon, lat, clon, clat = grid.lon, grid.lat, grid.corner_lon, grid.corner_lat
    assert OceanGrid.from_cells(lon, lat, clon, clat).turned == 0
    turned = OceanGrid.from_cells(lon, lat, clon[..., ::-1], clat[..., ::-1])
    assert turned.turned == int(grid.owned.sum())
    np.testing.assert_allclose(turned.corner_lat, clat, atol=1e-12)
    one_lon, one_lat = clon.copy(), clat.copy()
    one_lon[3, 4], one_lat[3, 4] = one_lon[3, 4, ::-1], one_lat[3, 4, ::-1]
    one = OceanGrid.from_cells(lon, lat, one_lon, one_lat)
    assert one.turned == 1
    np.testing.assert_allclose(one.corner_lat, clat, atol=1e-12)


def test_mirrored_grids_are_refused() -> None:
    grid = OceanGrid.from_coordinates(global_coordinates())
    fields = (grid.lon, grid.lat, grid.corner_lon, grid.corner_lat)
    with pytest.raises(InputError, match="columns of the grid run from east to west"):
        OceanGrid.from_cells(*(values[:, ::-1] for values in fields))
    with pytest.raises(InputError, match="columns of the grid run from east to west"):
        OceanGrid.from_coordinates(plain_coordinates(
            np.arange(170.0, -171.0, -20.0), np.arange(-60.0, 61.0, 20.0), -20.0, 20.0
        ))  # fmt: skip


def test_cells_that_make_no_grid_are_refused() -> None:
    grid = OceanGrid.from_coordinates(global_coordinates())
    lon, lat, clon, clat = grid.lon, grid.lat, grid.corner_lon, grid.corner_lat
    with pytest.raises(InputError, match="do not fit"):
        OceanGrid.from_cells(lon, lat, clon[..., :3], clat[..., :3])
    with pytest.raises(InputError, match="north to south"):
        OceanGrid.from_cells(lon[::-1], lat[::-1], clon[::-1], clat[::-1])
    with pytest.raises(InputError, match="share no corners"):
        OceanGrid.from_cells(lon, lat, lon[..., None] + 0.3 * (clon - lon[..., None]), clat)
    hole = clat.copy()
    hole[3, 3, 0] = np.inf
    with pytest.raises(InputError, match="beyond the first row and column"):
        OceanGrid.from_cells(lon, lat, clon, hole)
    with pytest.raises(InputError, match="no grid"):
        OceanGrid.from_cells(lon[:2], lat[:2], clon[:2], clat[:2])
