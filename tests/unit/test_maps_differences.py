"""Differences, statistics and profiles, checked by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from gondwana.errors import ParameterError
from gondwana.maps.differences import difference
from gondwana.maps.fields import Field
from gondwana.maps.grids import Curvilinear, Grid, Indexed, Regular
from gondwana.maps.profiles import profile
from gondwana.maps.statistics import cell_areas, river_basins, statistics
from gondwana.science.ocean_grid import coordinates_dataset
from gondwana.science.sphere import EARTH_RADIUS
from gondwana.science.tripolar import TripolarParameters, tripolar_grid

LAT, LON = np.arange(-85.0, 90.0, 10.0), np.arange(-175.0, 180.0, 10.0)
GLOBE = 4 * np.pi * EARTH_RADIUS**2


def made(values: np.ndarray, name: str = "z", grid: Grid | None = None) -> Field:
    shape = (values.shape[0], values.shape[1])
    return Field(name, "", "m", values, grid or Regular(LON, LAT), (), shape, 1)


def ocean_with_a_lake() -> np.ndarray:
    """Land south of the equator with one lake of a cell; 1000 m of water north of it."""
    values = np.where(LAT[:, None] < 0, 200.0, -1000.0) * np.ones((18, 36))
    values[3, 4] = -50.0
    return values


def test_statistics_of_a_topography() -> None:
    told = statistics(made(ocean_with_a_lake()))
    lake = GLOBE / 36 / 2 * (np.sin(np.deg2rad(-50.0)) - np.sin(np.deg2rad(-60.0)))
    assert told["land_area"] == (pytest.approx((GLOBE / 2 - lake) / 1e6), "km²")
    assert told["land_share"][0] == pytest.approx(50.0 - 100.0 * lake / GLOBE)
    volume = GLOBE / 2 * 1000.0 + lake * 50.0
    assert told["ocean_volume"] == (pytest.approx(volume / 1e9), "km³")
    assert told["mean_depth"][0] == pytest.approx(volume / (GLOBE / 2 + lake))
    assert told["internal_oceans"] == (1.0, "")
    assert (told["lowest"][0], told["highest"][0], told["missing"][0]) == (-1000.0, 200.0, 0.0)


@pytest.mark.parametrize(("unit", "factor"), [("km", 1e-3), ("cm", 100.0), ("metres", 1.0)])
def test_volumes_follow_the_unit(unit: str, factor: float) -> None:
    expected = statistics(made(ocean_with_a_lake()))
    told = statistics(replace(made(ocean_with_a_lake() * factor), unit=unit))
    for name in ("ocean_volume", "mean_depth", "land_area"):
        assert told[name] == (pytest.approx(expected[name][0]), expected[name][1])
    assert told["highest"] == (pytest.approx(200.0 * factor), unit)


@pytest.mark.parametrize(("unit", "factor"), [("K", 1.0), ("", 1e-3)])
def test_an_unknown_unit_tells_no_volumes(unit: str, factor: float) -> None:
    told = statistics(replace(made(ocean_with_a_lake() * factor), unit=unit))
    assert not {"ocean_volume", "mean_depth"} & set(told)
    assert told["internal_oceans"] == (1.0, "")


def test_codes_have_no_mean_but_shares_have() -> None:
    codes = np.tile([1.0, 2.0, 97.0, 99.0], (18, 9))
    assert "mean" not in statistics(made(codes, "trip"))
    assert "mean" not in statistics(replace(made(codes, "kind"), unit=""))
    assert statistics(made(codes, "salt"))["mean"][0] == pytest.approx(199 / 4)
    mask = replace(made(np.tile([0.0, 1.0], (18, 18)), "mask"), unit="")
    assert statistics(mask)["mean"][0] == pytest.approx(0.5)


def test_river_basins_of_a_file(tmp_path: Path) -> None:
    dims, trip = ("y", "x"), np.full((2, 3), 99.0)
    with_basins = xr.Dataset(
        {"trip": (dims, trip), "basins": (dims, [[1.0, 2.0, 2.0], [np.nan, 5.0, 0.0]])}
    )
    with_basins.to_netcdf(tmp_path / "routing.nc")
    with_basins[["trip"]].to_netcdf(tmp_path / "other.nc")
    assert river_basins(tmp_path / "routing.nc") == {"river_basins": (3.0, "")}
    assert river_basins(tmp_path / "other.nc") == {}


def test_an_ocean_across_the_seam_is_one() -> None:
    values = np.full((18, 36), 100.0)
    values[9, [0, 35]] = -10.0
    assert statistics(made(values))["internal_oceans"][0] == 0.0
    part = Regular(LON[:36] / 4, LAT)
    assert statistics(made(values, grid=part))["internal_oceans"][0] == 1.0


def test_statistics_of_a_bathymetry_on_the_ocean_grid(tmp_path: Path) -> None:
    grid = tripolar_grid(TripolarParameters(resolution=6.0))
    path = tmp_path / "coordinates.nc"
    coordinates_dataset(grid).to_netcdf(path)
    depth = np.where(grid.lat > 0, 2000.0, 0.0)
    field = made(depth, "Bathymetry", Curvilinear(grid.lon, grid.lat))
    for beside, within in (((path,), 1e-9), ((), 0.02)):
        told = statistics(field, beside)
        sea = (depth > 0) & grid.owned
        assert told["mean_depth"][0] == pytest.approx(2000.0)
        wanted = 2000.0 * grid.area[sea].sum() / 1e9
        assert told["ocean_volume"][0] == pytest.approx(wanted, rel=within)
        assert told["internal_oceans"][0] == 0.0
    area, _ = cell_areas(field, [path])
    assert (area[~grid.owned] == 0).all()


def test_statistics_of_the_rest() -> None:
    basins = np.repeat(np.array([[np.nan, 1.0, 2.0, 2.0, 7.0, 9.0]]), 18, axis=0)
    told = statistics(made(np.repeat(basins, 6, axis=1), "basins"))
    assert told["river_basins"] == (4.0, "")
    assert told["missing"] == (18.0 * 6, "")
    nothing = statistics(made(np.full((18, 36), np.nan), "salt"))
    assert nothing["mean"] == (None, "m")
    assert set(nothing) == {"lowest", "mean", "highest", "missing"}
    indexed = statistics(made(np.array([[1.0, 3.0]]), "salt", Indexed((1, 2))))
    assert indexed["mean"][0] == 2.0


def test_what_has_changed() -> None:
    first = made(ocean_with_a_lake())
    second = made(first.values.copy())
    area, _ = cell_areas(first)
    same = difference(first, second, area)
    assert (same.changed, same.share, same.largest, same.place) == (0, 0.0, None, None)
    second.values[3, 4] = -2050.0
    second.values[9, 0] = np.nan
    second.values[10, 1] += 5.0
    apart = difference(first, second, area)
    assert (apart.same_grid, apart.cells, apart.changed) == (True, 648, 3)
    assert (apart.largest, apart.place) == (-2000.0, (-135.0, -55.0))
    assert apart.field.values[10, 1] == 5.0
    assert np.isnan(apart.field.values[9, 0])
    assert apart.share == pytest.approx((area[3, 4] + area[9, 0] + area[10, 1]) / GLOBE)
    both = made(np.full((18, 36), np.nan))
    assert difference(both, both, area).changed == 0


def test_grids_of_other_sizes_are_sampled() -> None:
    first = made(np.broadcast_to(LAT[:, None], (18, 36)).copy())
    fine = np.arange(-89.5, 90.0)
    second = made(np.broadcast_to(fine[:, None], (180, 360)), grid=Regular(np.arange(360.0), fine))
    apart = difference(first, second, cell_areas(first)[0])
    assert not apart.same_grid
    assert np.abs(apart.field.values).max() <= 0.5
    turned = made(first.values[::-1], grid=Regular(LON, LAT[::-1]))
    again = difference(first, turned, cell_areas(first)[0])
    assert (again.same_grid, again.changed) == (False, 0)
    small = made(np.arange(4.0).reshape(2, 2), grid=Indexed((2, 2)))
    large = made(np.repeat(np.repeat(small.values, 3, 0), 2, 1), grid=Indexed((6, 4)))
    assert difference(small, large, np.ones((2, 2))).changed == 0


def test_profiles() -> None:
    field = made(np.broadcast_to(LON, (18, 36)).copy())
    cut = profile(field, (-175.0, 0.1), (-95.0, 0.1), 9)
    np.testing.assert_allclose(cut.values, LON[:9])
    quarter = profile(field, (0.0, 0.0), (90.0, 0.0), 3)
    np.testing.assert_allclose(quarter.lon, [0.0, 45.0, 90.0])
    assert quarter.distance[-1] == pytest.approx(np.pi / 2 * EARTH_RADIUS / 1000.0)
    # over the pole, and the short way across the seam
    over = profile(field, (0.0, 60.0), (180.0, 60.0), 3)
    assert over.lat[1] == pytest.approx(90.0)
    seam = profile(field, (170.0, 0.0), (-170.0, 0.0), 3)
    assert abs(seam.lon[1]) == pytest.approx(180.0)
    here = profile(field, (5.0, 5.0), (5.0, 5.0), 4)
    assert here.distance.tolist() == [0.0] * 4
    flat = profile(
        made(np.arange(12.0).reshape(3, 4), grid=Indexed((3, 4))), (0.5, 0.5), (3.5, 2.5), 3
    )
    assert flat.values.tolist() == [0.0, 6.0, 11.0]


def test_lines_that_are_none() -> None:
    field = made(np.ones((18, 36)))
    for start, end, samples in (
        ((0.0, 0.0), (180.0, 0.0), 10),
        ((0.0, 90.0), (0.0, -90.0), 10),
        ((0.0, 0.0), (1.0, 91.0), 10),
        ((0.0, float("nan")), (1.0, 1.0), 10),
        ((0.0, 0.0), (1.0, 1.0), 1),
        ((0.0, 0.0), (1.0, 1.0), 10_000),
    ):
        with pytest.raises(ParameterError):
            profile(field, start, end, samples)
