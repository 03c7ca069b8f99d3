"""Runs from western boundaries, drawn as strings: '.' is ocean, '#' land."""

import numpy as np
import pytest
import xarray as xr

from gondwana.science.topology import Topology
from gondwana.science.viscosity import viscosity_coefficient

PLAIN = Topology()


def icof(
    rows: list[str], topology: Topology = PLAIN, latitude: float | list[float] = 0.0
) -> list[list[float]]:
    water = np.array([[letter == "." for letter in row] for row in rows])
    lat = np.broadcast_to(np.reshape(latitude, (-1, 1)), water.shape)
    field = viscosity_coefficient(xr.DataArray(water, dims=("y", "x")), lat, topology)
    assert field.name == "icof"
    return field.values.tolist()


def test_ramp_from_a_coast() -> None:
    assert icof(["#........."]) == [[100, 100, 96, 69, 31, 4, 0, 0, 0, 0]]


def test_ramp_runs_across_the_date_line() -> None:
    assert icof(["......##.."]) == [[69, 31, 4, 0, 0, 0, 100, 100, 100, 96]]


def test_row_without_land_has_no_western_boundary() -> None:
    assert icof(["........"]) == [[0] * 8]


def test_run_stops_at_land_and_the_nearest_coast_wins() -> None:
    assert icof(["#..#......"]) == [[100, 100, 96, 100, 100, 96, 69, 31, 4, 0]]
    assert icof(["#.#.#...#."]) == [[100, 100, 100, 100, 100, 100, 96, 69, 100, 100]]


def test_single_land_cell_in_a_short_row() -> None:
    assert icof(["..#"]) == [[100, 96, 100]]


def test_only_the_tropics_are_reduced_and_the_limit_is_tropical() -> None:
    rows = ["#....."] * 5
    ramp, full = [100, 100, 96, 69, 31, 4], [100] * 6
    latitude = [-20.0001, -20.0, 0.0, 20.0, 20.0001]
    assert icof(rows, latitude=latitude) == [full, ramp, ramp, ramp, full]


def test_latitude_is_taken_cell_by_cell() -> None:
    water = xr.DataArray([[False, True, True, True]], dims=("y", "x"))
    field = viscosity_coefficient(water, [[19.0, 19.5, 20.5, 19.5]], PLAIN)
    assert field.values.tolist() == [[100, 100, 100, 69]]


def test_halo_is_left_out_and_copied() -> None:
    # columns 1 and 6 (1-based 7 and 2) are the owners of the halo columns
    rows = [".#.....#", "........"]
    found = icof(rows, Topology(halo=True))
    assert found[0] == [4, 100, 100, 96, 69, 31, 4, 100]
    assert found[1] == [0] * 8


def test_western_edge_of_a_region_is_a_coast() -> None:
    assert icof(["...#.."], Topology(periodic=False)) == [[100, 96, 69, 100, 100, 96]]


@pytest.mark.parametrize("shift", [1, 5, 11])
def test_rolling_the_ocean_rolls_the_field(shift: int) -> None:
    water = np.random.default_rng(7).random((30, 12)) < 0.8
    lat = np.zeros(water.shape)

    def of(mask: np.ndarray) -> np.ndarray:
        return viscosity_coefficient(xr.DataArray(mask, dims=("y", "x")), lat, PLAIN).values

    assert np.array_equal(of(np.roll(water, shift, axis=1)), np.roll(of(water), shift, axis=1))
