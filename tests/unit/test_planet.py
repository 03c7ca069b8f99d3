"""Synthetic planets: seamless, Earth-like, reproducible."""

import numpy as np
import pytest
import xarray as xr

from gondwana.errors import ParameterError
from gondwana.science.planet import random_planet
from gondwana.science.regrid import regrid
from gondwana.science.sphere import row_areas


def land_share(planet: xr.DataArray) -> float:
    area = row_areas(planet.lat, planet.lon)
    return float(area[planet.values > 0].sum() / area.sum())


def test_planet_is_a_canonical_topography() -> None:
    planet = random_planet(5.0, seed=1)
    assert planet.name == "topography"
    assert planet.dims == ("lat", "lon")
    assert planet.shape == (36, 72)
    assert planet.dtype == np.float64
    assert planet.lat.values[[0, -1]].tolist() == [-87.5, 87.5]
    assert planet.lon.values[[0, -1]].tolist() == [-177.5, 177.5]


@pytest.mark.parametrize("land_fraction", [0.02, 0.3, 0.75])
def test_land_fraction_is_met_to_one_cell(land_fraction: float) -> None:
    planet = random_planet(0.5, seed=7, land_fraction=land_fraction)
    one_cell = row_areas(planet.lat, planet.lon).max() / row_areas(planet.lat, planet.lon).sum()
    assert abs(land_share(planet) - land_fraction) <= one_cell


@pytest.mark.parametrize("shape", [(2, 2), (3, 7), (91, 181)])
def test_any_shape_will_do(shape: tuple[int, int]) -> None:
    planet = random_planet(shape=shape, seed=3)
    assert planet.shape == shape
    assert np.isfinite(planet.values).all()


def test_same_seed_gives_same_bits_and_another_seed_another_planet() -> None:
    first, again = random_planet(4.0, seed=5), random_planet(4.0, seed=5)
    assert first.values.tobytes() == again.values.tobytes()
    assert np.corrcoef(first.values.ravel(), random_planet(4.0, seed=6).values.ravel())[0, 1] < 0.9


def test_elevations_are_whole_metres_unless_asked_otherwise() -> None:
    rounded, exact = random_planet(2.0, seed=2), random_planet(2.0, seed=2, rounding=0)
    assert np.array_equal(rounded.values, np.round(rounded.values))
    assert not np.signbit(rounded.values[rounded.values == 0]).any()
    assert np.unique(exact.values).size > 0.95 * exact.size
    assert np.array_equal(rounded.values > 0, exact.values > 0)
    assert np.all(np.abs(rounded.values - exact.values) <= 1.0)


def test_hypsometry_has_shelves_abyss_and_mountains() -> None:
    planet = random_planet(1.0, seed=11)
    ocean, land = planet.values[planet.values <= 0], planet.values[planet.values > 0]
    assert -5500 < np.median(ocean) < -4000
    assert 0.04 < np.mean(ocean > -200) < 0.16
    assert 200 < np.median(land) < 800
    assert 4000 < land.max() <= 5000
    assert ocean.min() >= -6200


def test_neither_date_line_nor_poles_show() -> None:
    steps, across = [], []
    for seed in range(8):
        values = random_planet(1.0, seed=seed).values
        steps.append(np.abs(np.diff(values[60:120], axis=1)).mean())
        across.append(np.abs(values[60:120, 0] - values[60:120, -1]).mean())
        # around a pole the ring is 3 cells long: neighbours there must hardly differ
        ring = np.abs(np.diff(values[[0, -1]], axis=1)).mean()
        assert ring < 0.15 * steps[-1]
    assert np.mean(across) == pytest.approx(np.mean(steps), rel=0.25)


def test_one_seed_is_one_planet_at_all_resolutions() -> None:
    coarse, fine = random_planet(2.0, seed=4), random_planet(0.5, seed=4)
    averaged = regrid(fine, coarse.lat, coarse.lon, "conservative")
    assert np.corrcoef(averaged.values.ravel(), coarse.values.ravel())[0, 1] > 0.95


def test_smaller_spectral_slope_is_rougher() -> None:
    smooth, rough = (random_planet(2.0, seed=4, spectral_slope=s).values for s in (3.5, 1.5))
    assert np.abs(np.diff(rough, axis=1)).mean() > 1.5 * np.abs(np.diff(smooth, axis=1)).mean()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"land_fraction": 0.0}, "land fraction"),
        ({"land_fraction": 1.0}, "land fraction"),
        ({"spectral_slope": 1.0}, "spectral slope"),
        ({"rounding": -1.0}, "rounded"),
        ({"step": 0.0}, "step"),
    ],
)
def test_impossible_planets_are_refused(wrong: dict[str, float], told: str) -> None:
    with pytest.raises(ParameterError, match=told):
        random_planet(**{"step": 5.0, **wrong}, seed=1)
