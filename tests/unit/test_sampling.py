"""Reading a field at points: ties, seams, poles, and gaps."""

import numpy as np
import pytest
import xarray as xr

from gondwana.errors import InputError
from gondwana.science.regrid import regrid
from gondwana.science.sampling import bilinear_at, nearest_at, nearest_known
from gondwana.science.sphere import great_circle
from small_grids import topography

COARSE = topography(np.arange(18.0).reshape(3, 6))  # rows at -60, 0, 60; columns every 60 from -150


def test_nearest_by_hand() -> None:
    lon = [-150.0, 181.0, -179.0, 29.0, 31.0, 30.0]
    assert nearest_at(COARSE, lon, [-61.0, 5.0, 5.0, 0.0, 0.0, 62.0]).tolist() == [
        0, 6, 6, 9, 9, 15,
    ]  # fmt: skip
    # a tie of columns goes west, also at the date line; a tie of rows towards the equator
    assert nearest_at(COARSE, [0.0, 180.0, -180.0], [0.0, 0.0, 0.0]).tolist() == [8, 11, 11]
    assert nearest_at(COARSE, [30.0, 30.0], [30.0, -30.0]).tolist() == [9, 9]
    even = topography(np.arange(8.0).reshape(2, 4))
    assert nearest_at(even, [45.0], [0.0]).tolist() == [6]


def test_nearest_is_nearest_on_the_sphere() -> None:
    rng = np.random.default_rng(2)
    field = topography(rng.normal(size=(12, 7)))
    lon, lat = rng.uniform(-400, 400, 500), np.rad2deg(np.arcsin(rng.uniform(-1, 1, 500)))
    x, y = np.meshgrid(field.lon, field.lat)
    distance = great_circle(lon[:, None], lat[:, None], x.ravel(), y.ravel())
    assert np.array_equal(nearest_at(field, lon, lat), field.values.ravel()[distance.argmin(1)])
    # by latitude alone another row would be nearer for some of them
    rows = np.abs(lat[:, None] - field.lat.values).argmin(axis=1)
    assert np.any(np.unravel_index(distance.argmin(1), field.shape)[0] != rows)


def test_bilinear_by_hand() -> None:
    assert bilinear_at(COARSE, [30.0, 60.0, 0.0], [0.0, 0.0, 30.0]) == pytest.approx([9, 9.5, 11.5])
    # across the date line, half way from column 5 to column 0
    assert bilinear_at(COARSE, [180.0, -180.0, 540.0], [0.0, 0.0, 0.0]) == pytest.approx(8.5)
    # at a pole the mean of the last row, half way there half of it
    assert bilinear_at(COARSE, [30.0, 30.0], [90.0, 75.0]) == pytest.approx([14.5, 14.75])
    assert bilinear_at(COARSE, [[30.0]], [[-90.0]]).shape == (1, 1)


def test_bilinear_like_regrid() -> None:
    field = topography(np.random.default_rng(4).normal(size=(9, 13)))
    lat, lon = np.linspace(-90.0, 90.0, 31), np.linspace(-180.0, 179.0, 41)
    x, y = np.meshgrid(lon, lat)
    assert np.abs(bilinear_at(field, x, y) - regrid(field, lat, lon, "bilinear")).max() < 1e-12


def test_gaps_are_filled_from_the_nearest_cell_across_the_date_line() -> None:
    values = np.full((18, 36), np.nan)
    values[9, 0], values[9, 20] = 1.0, 2.0
    field = topography(values)
    lat, lon = field.lat.values, field.lon.values
    wanted = np.zeros(values.shape, dtype=bool)
    wanted[9, 34] = wanted[9, 22] = wanted[9, 0] = True
    filled, check = nearest_known(field, lat, lon, wanted, "biome")
    assert filled[9, 34] == 1.0  # 20° over the date line, against 140°
    assert filled[9, 22] == 2.0
    assert np.isnan(filled[10, 22])
    assert check.status == "warn"
    assert check.summary.startswith("2 of 3 land cells have no biome")
    assert f"{great_circle(0, 5, 20, 5) / 1000:.0f} km" in check.summary
    wanted[:] = False
    wanted[9, 0] = True
    assert nearest_known(field, lat, lon, wanted, "biome")[1].status == "pass"


def test_an_empty_map_is_refused() -> None:
    empty = xr.full_like(COARSE, np.nan)
    wanted = np.ones(COARSE.shape, dtype=bool)
    with pytest.raises(InputError, match="no biome"):
        nearest_known(empty, COARSE.lat, COARSE.lon, wanted, "biome")
