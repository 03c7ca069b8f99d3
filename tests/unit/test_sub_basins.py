"""Sub-basins: growth along water, seams, ties, closed seas, and what the seeds report."""

import numpy as np
import numpy.typing as npt
import pytest
import xarray as xr

from gondwana.science.bathymetry import bathymetry
from gondwana.science.choices import DEFAULT_SEEDS, Seeds
from gondwana.science.geometry import contains
from gondwana.science.ocean_grid import OceanGrid
from gondwana.science.planet import random_planet
from gondwana.science.sub_basins import sub_basins
from gondwana.science.tripolar import TripolarParameters, tripolar_grid
from small_grids import plain_grid, topography

GRID = plain_grid(10.0, limit=50.0)  # 10 rows from -45 to 45, 36 columns from -175 to 175


def around(lon: float, lat: float, half: float = 3.0) -> list[tuple[float, float]]:
    return [
        (lon - half, lat - half), (lon + half, lat - half),
        (lon + half, lat + half), (lon - half, lat + half),
    ]  # fmt: skip


def codes(ocean: npt.ArrayLike, seeds: Seeds, grid: OceanGrid = GRID) -> np.ndarray:
    field = xr.DataArray(np.asarray(ocean, dtype=bool), dims=("y", "x"))
    return sub_basins(field, grid, seeds).codes.values


def open_ocean(grid: OceanGrid = GRID) -> npt.NDArray[np.bool_]:
    return np.ones(grid.shape, dtype=bool)


def test_halves_and_the_tie_between_them() -> None:
    # seeds on one parallel, 180° apart: the meridians half way between are equally near
    found = codes(open_ocean(), {"one": [around(-5, 5)], "other": [around(175, 5)]})
    row = found[5]
    assert found.dtype == np.int8
    assert row[[17, 9, 8, 35, 0]].tolist() == [1, 1, 1, 2, 2]
    assert (row == 1).sum() == 19  # both meridians of the tie go to the first basin
    swapped = codes(open_ocean(), {"other": [around(175, 5)], "one": [around(-5, 5)]})[5]
    assert (swapped == 2).sum() == 17


def test_water_counts_not_the_distance_as_the_crow_flies() -> None:
    # a wall from the south, with a gap in the northernmost row, between two columns
    ocean = open_ocean()
    ocean[:-1, 18] = False
    ocean[:, 30] = False
    found = codes(ocean, {"west": [around(-25, -45)], "east": [around(105, -45)]})
    # just east of the wall the western seed is near, but the way round it is long
    assert found[0, 19] == 2
    assert found[0, 17] == 1
    assert (found[:, 30] == 0).all()


def test_corners_of_land_do_not_let_water_through() -> None:
    ocean = open_ocean()
    ocean[:, [10, 30]] = False
    # a diagonal wall: its cells touch by their corners only
    for j in range(10):
        ocean[j, 15 + j] = False
    found = codes(ocean, {"west": [around(-65, -45)], "east": [around(115, 45)]})
    for j in range(10):
        assert (found[j, 11 : 15 + j] == 1).all()
        assert (found[j, 16 + j : 30] == 2).all()


@pytest.mark.parametrize("north", [1, -1])
@pytest.mark.parametrize("east", [1, -1])
def test_diagonal_steps_cut_corners_of_water(north: int, east: int) -> None:
    # a channel with one bend, between 15 cells to the west and 16 to the east of it: at the bend
    # both ends would be equally near (within 5 km), were it not for a diagonal step before it
    ocean = np.zeros(GRID.shape, dtype=bool)
    ocean[4, 4:20] = True
    ocean[5, 19:36] = True
    seeds: Seeds = {
        "other": [around(175 * east, 5 * north)],
        "one": [around(-135 * east, -5 * north)],
    }
    found = codes(ocean[::north, ::east], seeds)[::north, ::east]
    assert (found[4, 4:20] == 2).all()
    assert found[5, 18:21].tolist() == [0, 2, 1]
    assert (found[5, 20:] == 1).all()


def test_across_the_date_line_and_the_halo() -> None:
    seeds: Seeds = {"one": [around(165, 5)], "other": [around(-95, 5)]}
    ocean = open_ocean()
    found = codes(ocean, seeds)
    assert found[5, [0, 1, 2, 3]].tolist() == [1, 1, 1, 1]
    halo = plain_grid(10.0, limit=50.0, halo=True)
    assert halo.topology.halo
    result = sub_basins(xr.DataArray(open_ocean(halo), dims=("y", "x")), halo, seeds)
    with_halo = result.codes.values
    share = float(GRID.area[found == 1].sum() / GRID.area.sum())
    assert f"one {share:.1%}" in result.check.summary
    assert np.array_equal(with_halo[:, 1:-1], found)
    assert np.array_equal(with_halo[:, 0], with_halo[:, -2])
    assert np.array_equal(with_halo[:, -1], with_halo[:, 1])


def test_across_the_fold() -> None:
    grid = tripolar_grid(TripolarParameters(resolution=6.0))
    # only the cap is ocean, and all of the seed lies on one side of the fold
    ocean = grid.lat > 72.0
    east = np.mod(grid.lon + 74.0, 360.0) < 180.0
    lon = float(np.mod(-74.0 + 90.0, 360.0))
    result = sub_basins(
        xr.DataArray(ocean, dims=("y", "x")), grid, {"a": [around(lon, 78.0, 6.0)], "b": []}
    )
    assert (result.codes.values[ocean] == 1).all()
    assert (ocean & ~east).sum() > 10
    assert np.array_equal(result.codes.values[-1], result.codes.values[-2, ::-1])


def test_closed_seas_go_whole_to_the_nearest_basin() -> None:
    ocean = open_ocean()
    ocean[:, 15:26] = False
    ocean[4, 17:24] = True  # a lake from 5° to the western ocean, 25° to the eastern
    ocean[7, 24] = True  # a pond beside the eastern ocean
    found = codes(ocean, {"west": [around(-65, 5)], "east": [around(115, 5)]})
    assert (found[4, 17:24] == 1).all()
    assert found[7, 24] == 2


def test_overlapping_seeds_belong_to_the_first() -> None:
    both = around(5, 5, 40.0)
    found = codes(open_ocean(), {"one": [both], "other": [both, around(-175, 5)]})
    inside = contains(*zip(*both, strict=True), GRID.lon, GRID.lat)
    assert inside.sum() > 20
    assert (found[inside] == 1).all()
    assert found[5, 0] == 2


def test_masks_and_report() -> None:
    ocean = open_ocean()
    ocean[0] = False
    field = xr.DataArray(ocean, dims=("y", "x"), name="tmask", attrs={"units": "1"})
    seeds: Seeds = {
        "one": [around(5, 5), around(5, -45)],
        "two": [around(115, 5)],
        "none": [around(5, -45)],
    }
    result = sub_basins(field, GRID, seeds)
    masks = [result.mask(name) for name in result.names]
    assert result.names == ("one", "two", "none")
    assert np.array_equal(sum(mask.values for mask in masks), ocean)
    assert [mask.name for mask in masks] == ["one", "two", "none"]
    assert masks[0].dtype == np.int8
    assert result.codes.attrs == {}
    check = result.check
    assert check.status == "warn"
    assert [(row["basin"], row["polygon"]) for row in check.table] == [
        ("one", 2), ("none", 1), ("none", 0),
    ]  # fmt: skip
    share = float(GRID.area[masks[0].values == 1].sum() / GRID.area[ocean].sum())
    assert f"one {share:.1%}" in check.summary
    assert sub_basins(field, GRID, {"two": [around(115, 5)]}).check.status == "pass"


def test_no_seed_in_the_ocean() -> None:
    field = xr.DataArray(open_ocean(), dims=("y", "x"))
    result = sub_basins(field, GRID, {"one": [around(0, 80)], "two": [around(10, 80)]})
    assert np.array_equal(result.mask("one").values == 1, field.values)
    assert result.check.status == "warn"
    assert "no ocean in the seed" in {row["problem"] for row in result.check.table}


def test_planet_without_ocean() -> None:
    result = sub_basins(xr.DataArray(~open_ocean(), dims=("y", "x")), GRID, DEFAULT_SEEDS)
    assert (result.codes == 0).all()


@pytest.mark.parametrize("seed", range(4))
def test_every_ocean_cell_of_any_planet_is_in_one_basin(seed: int) -> None:
    planet = random_planet(4.0, seed=seed, land_fraction=0.2 + 0.2 * seed)
    grid = tripolar_grid(TripolarParameters(resolution=5.0))
    depth, _ = bathymetry(planet, grid)
    result = sub_basins(depth > 0.0, grid)
    assert np.array_equal(result.codes.values > 0, depth.values > 0.0)
    assert np.array_equal(result.codes.values, grid.topology.synchronise(result.codes.values))
    # seeds keep their own cells
    lon, lat = grid.lon, grid.lat
    taken = np.zeros(grid.shape, dtype=bool)
    for code, polygons in enumerate(DEFAULT_SEEDS.values(), start=1):
        inside = np.zeros(grid.shape, dtype=bool)
        for polygon in polygons:
            inside |= contains(*zip(*polygon, strict=True), lon, lat)
        inside &= grid.owned & (depth.values > 0.0) & ~taken
        assert (result.codes.values[inside] == code).all()
        taken |= inside


def test_default_seeds_do_not_overlap() -> None:
    x, y = np.meshgrid(np.arange(-180, 180) + 0.5, np.arange(-90, 90) + 0.5)
    count = np.zeros(x.shape, dtype=int)
    for polygons in DEFAULT_SEEDS.values():
        inside = np.zeros(x.shape, dtype=bool)
        for polygon in polygons:
            inside |= contains(*zip(*polygon, strict=True), x, y)
        count += inside
    assert count.max() == 1


def test_limits_in_open_water() -> None:
    # no land at all: the limits lie half way between the seeds
    result = sub_basins(
        bathymetry(topography(np.full((18, 36), -4000.0)), plain_grid(2.0, limit=78.0))[0] > 0.0,
        plain_grid(2.0, limit=78.0),
    )
    row = result.codes.values[10]  # 57°S
    changes = np.flatnonzero(np.diff(row)) * 2 - 178.0
    assert changes.tolist() == pytest.approx([-67.5, 20.0, 147.5], abs=2.0)
