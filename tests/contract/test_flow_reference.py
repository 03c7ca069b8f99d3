"""The routing of 60 Ma, from given directions onwards, against the field's own files."""

import numpy as np
import pytest
import xarray as xr

from gondwana.science.flow import Drainage, analyse, drain, topographic_index
from support import shared_file

MISSING = 1e19


def southward(name: str) -> dict[str, np.ndarray]:
    """Fields of a reference file, turned to south first, in float64."""
    with xr.open_dataset(shared_file(f"reference_60Ma/{name}"), mask_and_scale=False) as file:
        return {key: file[key].values[::-1].astype(float) for key in file.variables}


@pytest.fixture(scope="module")
def pre_stn() -> dict[str, np.ndarray]:
    return southward("pre_stn.nc")


@pytest.fixture(scope="module")
def stn() -> dict[str, np.ndarray]:
    return southward("stn.nc")


@pytest.fixture(scope="module")
def land(stn: dict[str, np.ndarray]) -> np.ndarray:
    return stn["trip"] < MISSING


@pytest.fixture(scope="module")
def drainage(topography_60ma: xr.DataArray, stn: dict[str, np.ndarray]) -> Drainage:
    """Our basins, lengths and drops along the reference's directions."""
    with xr.open_dataset(shared_file("reference_60Ma/runoff.nc")) as file:
        rtm = np.nan_to_num(file["rtm"].values)
    elevation = topography_60ma.copy(data=np.where(rtm > 0, stn["orog"], 0.0))
    return drain(rtm.astype(int), elevation)


def test_the_partition_into_basins_is_identical(
    drainage: Drainage, stn: dict[str, np.ndarray], land: np.ndarray
) -> None:
    ours, theirs = drainage.basins[land], stn["basins"][land]
    pairs = np.unique(np.stack([ours, theirs]), axis=1)
    assert pairs.shape[1] == np.unique(ours).size == np.unique(theirs).size == 3468
    assert np.array_equal(drainage.basins > 0, land)


def test_basin_ids_differ_only_among_equal_areas(
    drainage: Drainage, stn: dict[str, np.ndarray], land: np.ndarray
) -> None:
    ours, theirs = drainage.basins[land], stn["basins"][land].astype(int)
    np.testing.assert_allclose(drainage.areas[ours - 1], drainage.areas[theirs - 1], rtol=1e-6)
    assert np.all(np.diff(drainage.areas) <= 0)


def test_final_directions_are_identical(
    drainage: Drainage, stn: dict[str, np.ndarray], land: np.ndarray
) -> None:
    assert np.array_equal(drainage.trip[land], stn["trip"][land])
    assert np.all(drainage.trip[~land] == 0)


def test_distances_to_the_ocean(
    drainage: Drainage, pre_stn: dict[str, np.ndarray], land: np.ndarray
) -> None:
    assert np.abs(drainage.distance - pre_stn["flength"])[land].max() < 0.002


def test_distances_in_the_finished_file(
    drainage: Drainage, stn: dict[str, np.ndarray], land: np.ndarray
) -> None:
    """Equal after rounding to 4 digits, but for what single precision moved across a half."""
    distance, theirs = drainage.distance[land], four_digits(stn["disto"][land])
    near_a_half = four_digits(distance - 0.002) != four_digits(distance + 0.002)
    assert np.array_equal(four_digits(distance)[~near_a_half], theirs[~near_a_half])
    assert np.abs(distance - theirs).max() < 0.502
    assert np.count_nonzero(four_digits(distance) != theirs) <= 4


def four_digits(values: np.ndarray) -> np.ndarray:
    return np.array([float(f"{value:.3e}") for value in values])


def test_drops_are_exact(drainage: Drainage, stn: dict[str, np.ndarray], land: np.ndarray) -> None:
    assert np.array_equal(drainage.hdiff[land], stn["hdiff"][land])
    assert np.all(drainage.hdiff[~land] == 0)


def test_the_topographic_index_follows_from_the_files_own_lengths(
    stn: dict[str, np.ndarray], land: np.ndarray
) -> None:
    index = topographic_index(stn["riverl"][land], stn["hdiff"][land])
    np.testing.assert_allclose(index, stn["topoind"][land], rtol=1e-6)


def test_lengths_of_reaches_are_within_the_rounding_of_the_files(
    drainage: Drainage, stn: dict[str, np.ndarray], land: np.ndarray
) -> None:
    # the file's riverl is the difference of two distances of 4 significant digits
    assert np.abs(drainage.river_length - stn["riverl"])[land].max() < 1500.0


def test_the_conditioned_surface_end_to_end(topography_60ma: xr.DataArray) -> None:
    """We raise nothing that the reference does not, but for the row that it edits."""
    with xr.open_dataset(shared_file("reference_60Ma/runoff.nc")) as file:
        theirs, coast = file["topo"].values, file["cmsk"].values == 1
    flow = analyse(topography_60ma)
    land = topography_60ma.values > 0
    assert np.array_equal(flow.direction > 0, land)
    assert np.array_equal(np.sort(flow.outlets), np.flatnonzero(coast))
    # the reference moves the southernmost row before it fills
    assert np.all((flow.conditioned <= theirs + 0.001)[1:][land[1:]])


def test_directions_agree_where_no_tie_decides(topography_60ma: xr.DataArray) -> None:
    """The reference breaks ties in no fixed order, and forces the row at the South Pole."""
    with xr.open_dataset(shared_file("reference_60Ma/runoff.nc")) as file:
        theirs = np.nan_to_num(file["rtm"].values)
    flow = analyse(topography_60ma)
    ring = np.pad(np.pad(flow.level, ((0, 0), (1, 1)), mode="wrap"), ((1, 1), (0, 0)))
    around = np.lib.stride_tricks.sliding_window_view(ring, (3, 3)).reshape(180, 360, 9)
    around = np.delete(around, 4, axis=-1)
    lowest = around.min(axis=-1)
    alone = (np.sum(around == lowest[..., None], axis=-1) == 1) & (lowest < flow.level)
    alone[:2] = False
    alone[-1] = False
    agrees = flow.direction == theirs
    coast = alone & (lowest == 0)
    assert agrees[coast].all() and coast.sum() > 800
    assert alone.sum() > 10_000 and agrees[alone].mean() > 0.998
