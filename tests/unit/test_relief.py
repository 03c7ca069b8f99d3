"""The relief file's field: layout, the ocean as 0 m, seam and poles."""

import numpy as np
import pytest

from gondwana.science.planet import random_planet
from gondwana.science.relief import relief
from small_grids import topography


def test_layout() -> None:
    field = relief(topography(np.full((18, 36), 250.0)))
    assert field.name == "RELIEF"
    assert field.dims == ("lat", "lon")
    assert field.shape == (1080, 2160)
    j, i = np.arange(1080), np.arange(2160)
    assert np.abs(field.lat.values - (90.0 - (j + 0.5) / 6.0)).max() < 1e-12
    assert np.abs(field.lon.values - (-180.0 + (i + 0.5) / 6.0)).max() < 1e-12
    assert np.abs(field.values - 250.0).max() < 1e-9


def test_the_ocean_is_zero_and_coasts_do_not_dip() -> None:
    z = np.full((180, 360), -5000.0)
    z[90:100, 180:190] = 600.0  # 0 to 10 north, 0 to 10 east
    field = relief(topography(z))
    assert field.values.min() == 0.0
    # from the last land centre (9.5 east) to the first ocean centre (10.5 east) it falls linearly
    row = field.sel(lat=5.0 + 1.0 / 12.0, method="nearest")
    for lon in (9.0 + 7.0 / 12.0, 9.0 + 11.0 / 12.0, 10.0 + 3.0 / 12.0, 10.0 + 5.0 / 12.0):
        expected = 600.0 * (10.5 - lon)
        assert float(row.sel(lon=lon, method="nearest")) == pytest.approx(expected)
    assert (row.sel(lon=slice(10.5, 180.0)) == 0.0).all()
    inside = field.sel(lat=slice(9.4, 0.6), lon=slice(0.6, 9.4))
    assert np.abs(inside.values - 600.0).max() < 1e-9


def test_nothing_is_lost_at_the_date_line_and_the_poles() -> None:
    z = topography(np.full((180, 360), -100.0))
    z[:, :20] = z[:, -20:] = 700.0
    z[:8], z[-8:] = 900.0, 800.0
    field = relief(z)
    assert (field.values[300:800, [0, 1, 2, 3, 4, 5, -1, -2, -3, -4, -5, -6]] > 699.999).all()
    assert np.abs(field.values[:6] - 800.0).max() < 1e-9
    assert np.abs(field.values[-6:] - 900.0).max() < 1e-9


def test_rolling_the_planet_rolls_the_relief() -> None:
    planet = random_planet(2.0, seed=12)
    rolled = planet.copy(data=np.roll(planet.values, 31, axis=1))
    ours = np.roll(relief(planet).values, 31 * 12, axis=1)
    assert np.abs(ours - relief(rolled).values).max() < 1e-7
