"""Regridding and regular axes, on cases worked out by hand."""

from typing import get_args

import numpy as np
import pytest
import xarray as xr

from gondwana.errors import InputError, ParameterError
from gondwana.science.planet import random_planet
from gondwana.science.regrid import Method, limits, regrid, regular_axes
from gondwana.science.sphere import row_areas, wrap_longitude

METHODS = get_args(Method)


def field(
    values: list[list[float]] | np.ndarray, lat: list[float], lon: list[float]
) -> xr.DataArray:
    return xr.DataArray(np.array(values, float), {"lat": lat, "lon": lon}, ("lat", "lon"))


def quarters(rows: list[float]) -> xr.DataArray:
    """Four columns around the globe, the same value along each row but for the last column."""
    lat = np.linspace(-90, 90, 2 * len(rows) + 1)[1::2]
    return field([[r, r, r, r + 4] for r in rows], lat.tolist(), [-135, -45, 45, 135])


class TestAxes:
    def test_steps_that_do_not_fit_are_adjusted(self) -> None:
        axes = regular_axes(0.7)
        assert (axes.lat.size, axes.lon.size) == (257, 514)
        assert axes.step_lat == 180 / 257
        assert axes.lat[-1] + axes.step_lat / 2 == pytest.approx(90, abs=1e-12)
        assert axes.lon[0] - axes.step_lon / 2 == pytest.approx(-180, abs=1e-12)

    @pytest.mark.parametrize(
        ("name", "shape"), [("1deg", (180, 360)), ("0.5deg", (360, 720)), ("1/6deg", (1080, 2160))]
    )
    def test_presets(self, name: str, shape: tuple[int, int]) -> None:
        axes = regular_axes(name)
        assert (axes.lat.size, axes.lon.size) == shape

    def test_steps_each_way(self) -> None:
        axes = regular_axes(2.0, 3.0)
        assert (axes.lat.size, axes.lon.size) == (90, 120)
        assert (axes.step_lat, axes.step_lon) == (2.0, 3.0)

    def test_global_axes_are_symmetric_to_the_last_bit(self) -> None:
        axes = regular_axes(0.7)
        assert np.array_equal(axes.lat, -axes.lat[::-1])
        assert np.array_equal(axes.lon, -axes.lon[::-1])

    def test_part_of_the_globe(self) -> None:
        axes = regular_axes(1.0, 2.0, (-20.0, 30.0, 60.0, 45.0))
        assert axes.lat.tolist() == [30.5 + k for k in range(15)]
        assert axes.lon.tolist() == [-19.0 + 2 * k for k in range(40)]

    def test_part_across_the_date_line_runs_on(self) -> None:
        axes = regular_axes(1.0, 1.0, (178.0, -2.0, -178.0, 2.0))
        assert axes.lon.tolist() == [178.5, 179.5, 180.5, 181.5]

    def test_full_circle_starts_at_the_date_line(self) -> None:
        assert regular_axes(90.0, 90.0, (0.0, -90.0, 360.0, 90.0)).lon[0] == -135.0

    @pytest.mark.parametrize(
        "extent", [(0, 10, 20, 5), (0, -91, 20, 5), (0, 0, 400, 5), (0, float("nan"), 20, 5)]
    )
    def test_no_box(self, extent: tuple[float, float, float, float]) -> None:
        with pytest.raises(ParameterError, match="no box"):
            regular_axes(1.0, 1.0, extent)

    @pytest.mark.parametrize("step", [0.0, -1.0, float("nan"), float("inf")])
    def test_useless_steps(self, step: float) -> None:
        with pytest.raises(ParameterError, match="step"):
            regular_axes(step)

    def test_unknown_preset_and_too_many_cells(self) -> None:
        with pytest.raises(ParameterError, match="1/6deg"):
            regular_axes("2deg")
        with pytest.raises(ParameterError, match="cannot be used"):
            regular_axes(0.001)

    def test_limits_of_a_region_and_of_the_globe(self) -> None:
        assert limits(field(np.zeros((2, 3)), [10.0, 12.0], [5, 6, 7])) == (4.5, 9.0, 7.5, 13.0)
        assert limits(quarters([1, 2])) == (-180.0, -90.0, 180.0, 90.0)


class TestEveryMethod:
    @pytest.mark.parametrize("method", METHODS)
    def test_same_grid_gives_the_same_bits(self, method: Method) -> None:
        planet = random_planet(3.0, seed=1)
        same = regrid(planet, planet.lat, planet.lon, method)
        assert np.array_equal(same.values, planet.values)
        assert same.name == "topography"

    @pytest.mark.parametrize("method", METHODS)
    def test_same_grid_in_another_convention_gives_the_same_bits(self, method: Method) -> None:
        planet = random_planet(shape=(90, 1234), seed=1)
        planet.values[3, 5] = np.nan
        east = np.where(planet.lon.values < 0, planet.lon.values + 360.0, planet.lon.values)
        order = np.argsort(east)
        turned = regrid(planet, planet.lat, east[order], method)
        assert np.array_equal(turned.values, planet.values[:, order], equal_nan=True)

    @pytest.mark.parametrize("method", METHODS)
    @pytest.mark.parametrize("step", [0.7, 1.0, 3.0, 7.0])
    def test_constant_stays_constant_everywhere(self, method: Method, step: float) -> None:
        planet = random_planet(2.0, seed=1) * 0 + 7
        axes = regular_axes(step)
        assert np.allclose(regrid(planet, axes.lat, axes.lon, method), 7, rtol=1e-14)

    @pytest.mark.parametrize("method", METHODS)
    def test_longitude_convention_of_the_target_does_not_matter(self, method: Method) -> None:
        planet, axes = random_planet(2.0, seed=1), regular_axes(2.6)
        here = regrid(planet, axes.lat, axes.lon, method)
        there = regrid(planet, axes.lat, axes.lon + 180.0, method)
        order = np.argsort(wrap_longitude(axes.lon + 180.0))
        again = regrid(planet, axes.lat, wrap_longitude(axes.lon + 180.0)[order], method)
        assert np.allclose(there.values[:, order], again.values, rtol=1e-9, atol=1e-6)
        assert here.shape == there.shape

    @pytest.mark.parametrize("method", METHODS)
    def test_rolled_source_gives_rolled_result(self, method: Method) -> None:
        planet, axes = random_planet(3.0, seed=2), regular_axes(2.0, 6.0)
        rolled = planet.copy(data=np.roll(planet.values, 10, axis=1))
        expected = np.roll(regrid(planet, axes.lat, axes.lon, method).values, 5, axis=1)
        assert np.allclose(regrid(rolled, axes.lat, axes.lon, method), expected, atol=1e-9)

    @pytest.mark.parametrize("method", METHODS)
    def test_flipped_source_gives_flipped_result(self, method: Method) -> None:
        # no row of the target on the equator, where a tie goes to the north
        planet, axes = random_planet(3.0, seed=2), regular_axes(4.5)
        flipped = planet.copy(data=planet.values[::-1])
        expected = regrid(planet, axes.lat, axes.lon, method).values[::-1]
        assert np.allclose(regrid(flipped, axes.lat, axes.lon, method), expected, atol=1e-9)

    @pytest.mark.parametrize("method", METHODS)
    def test_missing_values_spread_only_where_they_are_drawn_upon(self, method: Method) -> None:
        planet, axes = random_planet(2.0, seed=3), regular_axes(1.0)
        planet.values[40, 0] = np.nan
        missing = np.argwhere(np.isnan(regrid(planet, axes.lat, axes.lon, method).values))
        assert missing.size
        # cell (40, 0) covers rows 80, 81 and columns 0, 1 of the target
        columns = (missing[:, 1] + 180) % 360 - 180
        assert missing[:, 0].min() >= 79
        assert missing[:, 0].max() <= 82
        assert columns.min() >= -1
        assert columns.max() <= 2

    @pytest.mark.parametrize("method", METHODS)
    def test_target_outside_a_region_is_refused(self, method: Method) -> None:
        region = field(np.zeros((4, 4)), [0, 1, 2, 3], [10, 11, 12, 13])
        with pytest.raises(ParameterError, match=r"latitude.*outside"):
            regrid(region, [2, 5, 8], [11, 12], method)
        with pytest.raises(ParameterError, match=r"longitude.*outside"):
            regrid(region, [1, 2], [12, 16, 20], method)

    @pytest.mark.parametrize("method", METHODS)
    def test_region_in_another_longitude_convention(self, method: Method) -> None:
        region = field([[1, 2], [3, 4]], [0, 1], [-11, -10])
        assert regrid(region, [0, 1], [349, 350], method).values.tolist() == [[1, 2], [3, 4]]

    def test_wrong_fields_targets_and_methods_are_refused(self) -> None:
        planet = random_planet(10.0, seed=1)
        with pytest.raises(InputError, match="dimensions"):
            regrid(planet.transpose("lon", "lat"), [0, 1], [0, 1])
        with pytest.raises(ParameterError, match="latitudes are not ascending"):
            regrid(planet, [1, 0], [0, 1])
        with pytest.raises(ParameterError, match="no method"):
            regrid(planet, [0, 1], [0, 1], "cubic")  # type: ignore[arg-type]


class TestNearest:
    def test_ties_go_towards_the_equator_and_to_the_west(self) -> None:
        source = field(
            np.arange(16).reshape(4, 4), [-67.5, -22.5, 22.5, 67.5], [-135, -45, 45, 135]
        )
        result = regrid(source, [-45, 0, 45], [-180, -90, 0, 90], "nearest")
        assert result.values.tolist() == [[7, 4, 5, 6], [11, 8, 9, 10], [11, 8, 9, 10]]

    def test_values_are_only_picked(self) -> None:
        planet, axes = random_planet(2.0, seed=5), regular_axes(1.3)
        assert np.isin(regrid(planet, axes.lat, axes.lon, "nearest"), planet.values).all()


class TestBilinear:
    def test_pole_value_is_the_zonal_mean_of_the_last_row(self) -> None:
        source = quarters([1.0, 5.0])  # means 2 and 6, centres at -45 and 45
        result = regrid(source, [-90, -67.5, 0, 67.5], [-135, 135], "bilinear")
        assert result.values.tolist() == [[2, 2], [1.5, 3.5], [3, 7], [5.5, 7.5]]

    def test_interpolates_across_the_date_line(self) -> None:
        result = regrid(quarters([0.0, 0.0]), [-45, 45], [-180, -157.5, 157.5], "bilinear")
        assert result.values[0].tolist() == [2, 1, 3]

    def test_rows_on_the_poles_are_used_as_they_are(self) -> None:
        source = field([[8, 8], [0, 0], [4, 4]], [-90, 0, 90], [-90, 90])
        result = regrid(source, [-90, -45, 45, 90], [-90, 90], "bilinear")
        assert result.values[:, 0].tolist() == [8, 4, 2, 4]

    def test_region_holds_its_last_centres(self) -> None:
        source = field([[1, 2], [3, 4]], [40, 50], [0, 10])
        result = regrid(source, [36, 45, 54], [-4, 5, 14], "bilinear")
        assert result.values.tolist() == [[1, 1.5, 2], [2, 2.5, 3], [3, 3.5, 4]]


class TestConservative:
    def test_weights_are_areas(self) -> None:
        source = field([[0, 0], [1, 1], [0, 0]], [-60, 0, 60], [-90, 90])  # rows of 60 degrees
        result = regrid(source, [-45, 45], [-90, 90], "conservative")
        assert result.values == pytest.approx(np.full((2, 2), 0.5))
        third = regrid(source, [-75, -45, -15, 15, 45, 75], [-90, 90], "conservative")
        assert third.values[:, 0].tolist() == [0, 0, 1, 1, 0, 0]
        half = regrid(source, [-67.5, -22.5, 22.5, 67.5], [-90, 90], "conservative")
        inside = np.sin(np.deg2rad(30)) / np.sin(np.deg2rad(45))
        assert half.values[:, 0] == pytest.approx([0, inside, inside, 0], abs=1e-15)

    def test_cell_across_the_date_line(self) -> None:
        result = regrid(quarters([0, 0]), [-45, 45], [-180, -90, 0, 90], "conservative")
        assert result.values[0].tolist() == [2, 0, 0, 2]

    @pytest.mark.parametrize("step", [0.37, 0.5, 0.7, 2.5, 7.3])
    def test_global_mean_is_kept(self, step: float) -> None:
        planet, axes = random_planet(1.0, seed=9), regular_axes(step)
        result = regrid(planet, axes.lat, axes.lon, "conservative")
        assert global_mean(result) == pytest.approx(global_mean(planet), rel=1e-12)

    def test_node_registered_source_has_pole_rows_of_half_height(self) -> None:
        lat, lon = np.linspace(-90, 90, 7), np.arange(-180, 180, 30)
        source = field(np.random.default_rng(1).normal(size=(7, 12)), lat.tolist(), lon.tolist())
        axes = regular_axes(5.0)
        result = regrid(source, axes.lat, axes.lon, "conservative")
        # the pole row reaches 15 degrees from the pole, the first column 15 degrees either way
        assert np.all(result.values[:3, 33:39] == source.values[0, 6])
        assert np.all(result.values[:3, [0, 1, 2, -3, -2, -1]] == source.values[0, 0])
        assert global_mean(result) == pytest.approx(global_mean(source), rel=1e-12)

    def test_gaussian_rows_reach_the_pole(self) -> None:
        nodes = np.rad2deg(np.arcsin(np.polynomial.legendre.leggauss(16)[0]))
        axes = regular_axes(11.25)
        source = field(np.arange(16)[:, None] * np.ones(32), nodes.tolist(), axes.lon.tolist())
        there = regrid(source, regular_axes(1.0).lat, axes.lon, "conservative")
        assert there.values[0, 0] == 0
        assert there.values[-1, 0] == 15
        back = regrid(there, nodes, axes.lon, "conservative")
        assert np.abs(back.values - source.values).max() < 0.1

    def test_partly_covered_cells_are_means_of_what_is_covered(self) -> None:
        source = field([[1, 2], [1, 2]], [0, 1], [0, 1])
        result = regrid(source, [-0.5, 0.5], [0.5, 1.5], "conservative")
        assert result.values == pytest.approx(np.array([[1.5, 2.0], [1.5, 2.0]]))


def global_mean(planet: xr.DataArray) -> float:
    area = row_areas(planet.lat, planet.lon)
    return float((planet.values * area).sum() / area.sum())
