"""Bands and biomes by hand, and every way a table can be wrong."""

import numpy as np
import pytest
import xarray as xr

from gondwana.errors import ParameterError
from gondwana.science.choices import DEFAULT_BANDS
from gondwana.science.planet import random_planet
from gondwana.science.vegetation import PFT_NAMES, vegetation, vegetation_from_biomes
from small_grids import topography

LAND = topography(np.full((6, 12), 100.0))


def only(pft: int) -> list[float]:
    """Make a row of percentages with a single PFT."""
    return [100.0 * (number == pft) for number in range(1, 14)]


def test_default_bands_are_a_table_of_thirteen() -> None:
    assert len(PFT_NAMES) == 13
    for band in DEFAULT_BANDS:
        assert len(band) == 14
        assert sum(band[1:]) == 100
    shares = {(k + 1, i): band[i] for k, band in enumerate(DEFAULT_BANDS) for i in range(1, 14)}
    assert {key: share for key, share in shares.items() if share} == {
        (1, 2): 75, (1, 3): 25,
        (2, 2): 15, (2, 3): 55, (2, 10): 30,
        (3, 5): 70, (3, 6): 30,
        (4, 5): 40, (4, 6): 30, (4, 8): 30,
        (5, 6): 30, (5, 9): 40, (5, 10): 30,
    }  # fmt: skip


def test_layout() -> None:
    field = vegetation(LAND)
    assert field.name == "maxvegetfrac"
    assert field.dims == ("time_counter", "veget", "lat", "lon")
    assert field.shape == (1, 13, 360, 720)
    assert field.dtype == np.float32
    assert field.lat.values[[0, -1]].tolist() == [89.75, -89.75]
    assert field.lon.values[[0, -1]].tolist() == [-179.75, 179.75]
    assert field.veget.values.tolist() == list(range(1, 14))


def test_a_cell_takes_the_first_band_that_reaches_its_centre() -> None:
    field = vegetation(LAND, bands=[[45.0, *only(2)], [45.25, *only(3)], [90.0, *only(4)]])
    at = field.isel(time_counter=0, lon=100)
    for lat, pft in ((0.25, 2), (44.75, 2), (45.25, 3), (45.75, 4), (89.75, 4)):
        for sign in (1, -1):
            shares = at.sel(lat=sign * lat).values
            assert shares.tolist() == [float(number == pft) for number in range(1, 14)]
    coarse = vegetation(LAND, bands=[[60.0, *only(2)], [90.0, *only(3)]], step=60.0)
    assert coarse.lat.values.tolist() == [60.0, 0.0, -60.0]  # centres on the limit itself
    assert (coarse.sel(veget=2) == 1.0).all()


def test_hemispheres() -> None:
    south = [[30.0, *only(7)], [90.0, *only(8)]]
    field = vegetation(LAND, southern_bands=south)
    symmetric = vegetation(LAND)
    north = field.lat > 0
    assert np.array_equal(field[:, :, north.values], symmetric[:, :, north.values])
    assert (field.sel(veget=7, lat=-29.75) == 1.0).all()
    assert (field.sel(veget=8, lat=-30.25) == 1.0).all()


def test_land_sums_to_one_and_ocean_is_missing() -> None:
    planet = random_planet(1.0, seed=3)
    field = vegetation(planet)
    # each source cell holds four cells of the map; no centre lies on an edge
    land = np.kron(planet.values > 0.0, np.ones((2, 2), dtype=bool))[::-1]
    assert 0 < land.sum() < land.size
    assert np.array_equal(np.isfinite(field.values), np.broadcast_to(land, field.shape))
    total = field.sum("veget", skipna=False).values[0]
    assert np.abs(total[land] - 1.0).max() <= 2e-7


@pytest.mark.parametrize("shape", [(180, 360), (90, 180), (36, 72), (540, 1080), (94, 192)])
def test_mask_is_that_of_the_cell_around_the_centre(shape: tuple[int, int]) -> None:
    # on a grid of any resolution: land north of the southern limit and east of the western one
    # of one source cell
    ny, nx = shape
    z = np.full(shape, -1.0)
    z[ny // 3 :, nx // 5 :] = 1.0
    south, west = 180.0 * (ny // 3) / ny - 90.0, 360.0 * (nx // 5) / nx - 180.0
    field = vegetation(topography(z)).isel(time_counter=0, veget=0)
    x, y = np.meshgrid(field.lon, field.lat)
    assert np.array_equal(np.isfinite(field.values), (y > south) & (x > west))


def test_flipping_the_planet_flips_the_map() -> None:
    planet = random_planet(shape=(60, 120), seed=9)
    flipped = planet.copy(data=planet.values[::-1])
    ours, theirs = vegetation(planet).values, vegetation(flipped).values
    assert np.array_equal(ours, theirs[:, :, ::-1], equal_nan=True)


GOOD = [list(band) for band in DEFAULT_BANDS]


def changed(row: int, column: int, value: float) -> list[list[float]]:
    table = [list(band) for band in GOOD]
    table[row][column] = value
    return table


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (changed(1, 2, 14.0), r"row 2 of the band table \(15 to 35 degrees\) sums to 99, not 100"),
        (changed(2, 0, 30.0), r"row 3 of the band table .* does not lie above"),
        (changed(0, 0, 0.0), r"row 1 of the band table .* does not lie above"),
        (changed(4, 0, 95.0), r"row 5 of the band table .* beyond the pole"),
        (changed(4, 0, 89.0), r"row 5 of the band table, the last, ends at 89"),
        (changed(3, 5, np.nan), r"row 4 .* not between 0 and 100"),
        (changed(0, 2, 101.0), r"row 1 .* not between 0 and 100"),
        (changed(0, 0, np.nan), r"row 1 of the band table"),
        ([*GOOD[:2], GOOD[2][:-1], *GOOD[3:]], r"row 3 of the band table has 13 columns"),
        ([], "no rows"),
    ],
)
def test_wrong_tables_are_refused_by_row(table: list[list[float]], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        vegetation(LAND, bands=table)


def test_negative_percentages_that_sum_to_100_are_refused() -> None:
    table = changed(0, 2, 80.0)
    table[0][1] = -5.0
    with pytest.raises(ParameterError, match=r"row 1 .* not between 0 and 100"):
        vegetation(LAND, bands=table)


def test_the_southern_table_is_named() -> None:
    with pytest.raises(ParameterError, match="row 2 of the southern band table"):
        vegetation(LAND, southern_bands=changed(1, 2, 0.0))


# --- biomes --------------------------------------------------------------------------------------

TABLE = {7: only(2), 3: [50.0, 0, 0, 0, 0, 0, 0, 0, 0, 50.0, 0, 0, 0], 250: only(9)}


def test_biomes() -> None:
    z = np.full((18, 36), 10.0)
    z[:, 30:] = -10.0
    codes = np.full((18, 36), 7.0)
    codes[:9, :10], codes[9:, :10] = 3.0, 250.0
    codes[:, 31:] = 99.0  # unknown, but under the ocean
    field, check = vegetation_from_biomes(topography(z), topography(codes), TABLE, step=10.0)
    assert check.status == "pass"
    assert field.shape == (1, 13, 18, 36)
    shares = field.values[0]
    assert np.isnan(shares[:, :, 30:]).all()
    assert (shares[1, :, 10:30] == 1.0).all()
    assert (shares[8, :9, :10] == 1.0).all()  # north first
    assert (shares[[0, 9], 9:, :10] == 0.5).all()
    assert np.abs(shares[:, :, :30].sum(axis=0) - 1.0).max() <= 2e-7


def test_land_without_a_biome_takes_the_nearest() -> None:
    codes = np.full((18, 36), 7.0)
    codes[:, 20:25] = np.nan
    codes[:, 25:] = 3.0
    field, check = vegetation_from_biomes(
        topography(np.full((18, 36), 10.0)), topography(codes), TABLE, step=10.0
    )
    assert check.status == "warn"
    assert (field.values[0, 1, :, 21] == 1.0).all()
    assert (field.values[0, 0, :, 23] == 0.5).all()


def test_biomes_that_the_table_lacks() -> None:
    codes = topography(np.full((18, 36), 7.0))
    codes[4, 4], codes[5, 5] = 12.0, -4.0
    with pytest.raises(ParameterError, match=r"2 land cells .* lacks: -4, 12"):
        vegetation_from_biomes(xr.full_like(codes, 1.0), codes, TABLE, step=10.0)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({7: only(2)[:-1]}, "biome 7 has 12 percentages"),
        ({7: [1.0] * 13}, "biome 7 sums to 13"),
        ({}, "no rows"),
    ],
)
def test_wrong_biome_tables(table: dict[int, list[float]], message: str) -> None:
    codes = topography(np.full((18, 36), 7.0))
    with pytest.raises(ParameterError, match=message):
        vegetation_from_biomes(codes, codes, table, step=10.0)
