"""Bathymetry by hand on small grids: means, limits of depth, copies, and the singular points."""

import dataclasses

import numpy as np
import pytest
import xarray as xr

from gondwana.errors import InputError, ParameterError
from gondwana.science.bathymetry import bathymetry, singular_points_on_land
from gondwana.science.ocean_grid import singular_points
from gondwana.science.planet import random_planet
from gondwana.science.tripolar import TripolarParameters, tripolar_grid
from small_grids import plain_grid, topography

GRID = plain_grid(20.0)
MIDDLE = 3  # the row from -10 to 10, symmetric about the equator
METHODS = ["conservative", "bilinear", "nearest"]


def flat(depth: float) -> np.ndarray:
    """Values for cells of 10 x 10 degrees."""
    return np.full((18, 36), -depth)


def test_flat_sea_floor() -> None:
    for method in METHODS:
        depth, fraction = bathymetry(topography(flat(4000.0)), GRID, method=method)  # type: ignore[arg-type]
        assert depth.name == "Bathymetry"
        assert depth.dims == fraction.dims == ("y", "x")
        assert (depth.values[1:] == 4000.0).all()
        assert (depth.values[0] == 0.0).all()
        assert (fraction.values == 1.0).all()


def test_conservative_depth_is_the_mean_over_the_ocean_part() -> None:
    z = np.zeros((6, 36))
    # the cell from 0 to 20 east about the equator has equal parts of four cells, by symmetry
    z[2, 18:20], z[3, 18:20] = (-1000.0, -2000.0), (-3000.0, 500.0)
    depth, fraction = bathymetry(topography(z), GRID)
    assert fraction.values[MIDDLE, 9] == 0.75
    assert depth.values[MIDDLE, 9] == pytest.approx(2000.0, abs=1e-6)


def test_half_ocean_is_ocean_and_the_limit_is_a_parameter() -> None:
    z = np.full((6, 36), -3000.0)
    z[2:4, 18] = 700.0
    for limit, expected in ((0.5, 3000.0), (0.500001, 0.0), (0.4, 3000.0)):
        depth, fraction = bathymetry(topography(z), GRID, ocean_fraction=limit)
        assert fraction.values[MIDDLE, 9] == 0.5
        assert depth.values[MIDDLE, 9] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_shallow_ocean_is_deepened_from_zero_on(method: str) -> None:
    for z, expected in ((0.0, 10.0), (-1e-9, 10.0), (-9.9, 10.0), (-10.0, 10.0), (-10.5, 10.5)):
        depth, fraction = bathymetry(topography(flat(-z)), GRID, method=method)  # type: ignore[arg-type]
        assert (depth.values[1:] == expected).all()
        assert (fraction.values == 1.0).all()
    depth, fraction = bathymetry(topography(flat(-0.001)), GRID, method=method)  # type: ignore[arg-type]
    assert (depth.values == 0.0).all()
    assert (fraction.values == 0.0).all()
    depth, _ = bathymetry(topography(flat(4.0)), GRID, method=method, minimum_depth=25.0)  # type: ignore[arg-type]
    assert (depth.values[1:] == 25.0).all()


def test_point_methods_read_the_elevation_at_the_centre() -> None:
    # the T point (10, 0) is the common corner of the four cells around it
    z = flat(0.0)
    z[8, 18:20], z[9, 18:20] = (-1000.0, -2000.0), (-3000.0, 400.0)
    depth, fraction = bathymetry(topography(z), GRID, method="bilinear")
    assert depth.values[MIDDLE, 9] == pytest.approx(1400.0)
    assert fraction.values[MIDDLE, 9] == 1.0
    # equally near to all four: the northern row and the western column
    depth, _ = bathymetry(topography(z), GRID, method="nearest")
    assert depth.values[MIDDLE, 9] == 3000.0
    z[9, 18] = 20.0
    depth, fraction = bathymetry(topography(z), GRID, method="nearest")
    assert depth.values[MIDDLE, 9] == fraction.values[MIDDLE, 9] == 0.0


@pytest.mark.parametrize("method", METHODS)
def test_halo_repeats_its_owners(method: str) -> None:
    planet = random_planet(4.0, seed=5)
    plain, _ = bathymetry(planet, plain_grid(10.0), method=method)  # type: ignore[arg-type]
    grid = plain_grid(10.0, halo=True)
    assert grid.topology.halo
    depth, fraction = bathymetry(planet, grid, method=method)  # type: ignore[arg-type]
    for field in (depth.values, fraction.values):
        assert np.array_equal(field[:, 0], field[:, -2])
        assert np.array_equal(field[:, -1], field[:, 1])
    assert np.array_equal(depth.values[:, 1:-1], plain.values)


@pytest.mark.parametrize("method", METHODS)
def test_tripolar_grid(method: str) -> None:
    planet = random_planet(3.0, seed=6)
    grid = tripolar_grid(TripolarParameters(resolution=6.0))
    assert grid.topology.fold == "F"
    depth, fraction = bathymetry(planet, grid, method=method)  # type: ignore[arg-type]
    for field in (depth.values, fraction.values):
        assert np.array_equal(field[-1], field[-2, ::-1])
        assert np.isfinite(field).all()
    ocean = depth.values > 0.0
    assert depth.values[ocean].min() >= 10.0
    assert np.array_equal(ocean[1:], fraction.values[1:] >= 0.5)


def test_finer_cells_with_the_same_values_change_nothing() -> None:
    z = np.random.default_rng(8).uniform(-6000.0, 2000.0, (18, 36))
    grid = tripolar_grid(TripolarParameters(resolution=6.0))
    coarse, coarse_fraction = bathymetry(topography(z), grid)
    fine, fine_fraction = bathymetry(topography(np.kron(z, np.ones((3, 3)))), grid)
    assert np.abs(coarse_fraction - fine_fraction).max() <= 1e-9
    assert np.abs(coarse - fine).max() <= 2e-6


def test_folded_cells_are_read_at_their_point() -> None:
    # a cell whose corners coincide has no area to take a mean over
    lon, lat = GRID.corner_lon.copy(), GRID.corner_lat.copy()
    lon[MIDDLE, 9], lat[MIDDLE, 9] = 3.0, 2.0
    grid = dataclasses.replace(GRID, corner_lon=lon, corner_lat=lat)
    z = flat(0.0)
    z[9, 18] = -1234.0
    depth, fraction = bathymetry(topography(z), grid)
    assert depth.values[MIDDLE, 9] == 1234.0
    assert fraction.values[MIDDLE, 9] == 1.0


@pytest.mark.parametrize(
    "options",
    [
        {"ocean_fraction": 0.0},
        {"ocean_fraction": 1.01},
        {"ocean_fraction": np.nan},
        {"minimum_depth": 0.0},
        {"minimum_depth": np.inf},
        {"method": "cubic"},
    ],
)
def test_unusable_parameters(options: dict[str, float]) -> None:
    with pytest.raises(ParameterError):
        bathymetry(topography(flat(1.0)), GRID, **options)  # type: ignore[arg-type]


def test_part_of_a_globe_is_refused() -> None:
    half = topography(flat(1.0)).isel(lon=slice(0, 18))
    with pytest.raises(InputError, match="global"):
        bathymetry(half, GRID)


# --- singular points -----------------------------------------------------------------------------


def all_ocean(shape: tuple[int, int]) -> xr.DataArray:
    return xr.DataArray(np.full(shape, 3000.0), dims=("y", "x"))


def test_poles_of_a_tripolar_grid() -> None:
    grid = tripolar_grid(TripolarParameters(resolution=6.0))
    points = singular_points(grid)
    depth = all_ocean(grid.shape)
    check = singular_points_on_land(depth, grid, points)
    assert check.status == "fail"
    assert [row["name"] for row in check.table] == [name for *_, name in points[:2]]
    assert check.table[0]["depth_m"] == 3000.0
    assert check.mask is not None
    assert set(np.unique(check.mask)) == {0, 1, 2}
    assert np.array_equal(check.mask, grid.topology.synchronise(check.mask.values))
    # land in the marked cells, and nowhere else, satisfies the check
    check = singular_points_on_land(depth.where(check.mask == 0, 0.0), grid, points)
    assert check.status == "pass"
    assert check.table == []


def test_one_of_the_cells_around_a_point_is_enough_to_fail() -> None:
    depth = xr.zeros_like(all_ocean(GRID.shape))
    corner = (20.0, 10.0, "a corner of four cells")
    assert singular_points_on_land(depth, GRID, [corner]).status == "pass"
    for j, i in ((3, 9), (3, 10), (4, 9), (4, 10)):
        one = depth.copy()
        one[j, i] = 50.0
        check = singular_points_on_land(one, GRID, [corner])
        assert check.status == "fail"
        assert check.table[0]["depth_m"] == 50.0
    depth[5, 5] = 50.0
    assert singular_points_on_land(depth, GRID, [corner]).status == "pass"


def test_point_outside_the_grid_is_harmless() -> None:
    grid = plain_grid(5.0, limit=60.0)
    assert singular_points_on_land(all_ocean(grid.shape), grid, [(0, -90, "S")]).status == "pass"
