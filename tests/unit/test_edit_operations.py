"""Every operation of the language of edits, on cells counted by hand and beside plain loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from editor_world import globe_surface
from gondwana.errors import ParameterError
from gondwana.science.components import label
from gondwana.science.planet import random_planet
from gondwana.science.tripolar import TripolarParameters, tripolar_grid
from gondwana.steps.apply import apply_edit, apply_edits
from gondwana.steps.edits import Edit
from gondwana.steps.passage_problems import PassageProblemsParameters
from gondwana.steps.running.passage_problems import bathymetry_surface
from gondwana.steps.running.sub_basins import codes_surface
from gondwana.steps.surfaces import Surface

Float = npt.NDArray[np.float64]
LAND = globe_surface(18, 36)  # cells of 10 degrees, south first
OCEAN = tripolar_grid(TripolarParameters(resolution=5.0))
DEPTHS = bathymetry_surface(OCEAN, PassageProblemsParameters())
EVERYWHERE = {"box": [-180.0, -90.0, 180.0, 90.0]}


def after(
    values: Float, surface: Surface, operation: str, at: dict[str, Any], **more: Any
) -> Float:
    """Apply one edit."""
    edit = Edit.model_validate({"operation": operation, "at": at, **more})
    return apply_edits(values, surface, [edit]).values


def bumpy(seed: int = 3) -> Float:
    return random_planet(10.0, seed=seed, land_fraction=0.5).values.astype(np.float64)


def depths(seed: int = 3) -> Float:
    """Draw depths on the ocean grid, 0 on land, the same on all copies."""
    rough = np.random.default_rng(seed).uniform(-3000.0, 5000.0, OCEAN.lon.shape)
    return np.asarray(OCEAN.topology.synchronise(np.maximum(rough, 0.0)))


ROW = {"box": [-20.0, 0.0, 20.0, 10.0]}  # four cells: row 9, columns 16 to 19
CELLS = (9, slice(16, 20))


@pytest.mark.parametrize(
    ("operation", "more", "expected"),
    [
        ("set", {"value": 7.0}, [7.0, 7.0, 7.0, 7.0]),
        ("add", {"value": 10.0}, [-90.0, 10.0, 60.0, 3010.0]),
        ("multiply", {"value": 2.0}, [-200.0, 0.0, 100.0, 6000.0]),
        ("raise_to", {"value": 20.0}, [20.0, 20.0, 50.0, 3000.0]),
        ("lower_to", {"value": 20.0}, [-100.0, 0.0, 20.0, 20.0]),
        ("clamp", {"limits": [-50.0, 1000.0]}, [-50.0, 0.0, 50.0, 1000.0]),
    ],
)
def test_arithmetic(operation: str, more: dict[str, Any], expected: list[float]) -> None:
    values = np.full((18, 36), 1.0)
    values[CELLS] = [-100.0, 0.0, 50.0, 3000.0]
    done = after(values, LAND, operation, ROW, **more)
    assert done[CELLS].tolist() == expected
    assert (np.delete(done, 9, axis=0) == 1.0).all()


def test_up_is_up_on_a_field_of_depths() -> None:
    values = np.full(OCEAN.lon.shape, 3000.0)
    assert (after(values, DEPTHS, "raise_to", EVERYWHERE, value=500.0) == 500.0).all()
    assert (after(values, DEPTHS, "lower_to", EVERYWHERE, value=500.0) == 3000.0).all()
    assert (after(values, DEPTHS, "lower_to", EVERYWHERE, value=4000.0) == 4000.0).all()


@pytest.mark.parametrize("only", ["all", "land", "ocean"])
def test_smoothing_is_the_mean_of_a_cell_and_its_neighbours(only: str) -> None:
    values = bumpy()
    values[4, 7] = np.nan
    done = after(values, LAND, "smooth", {"box": [100.0, -60.0, -100.0, 60.0]}, only=only)
    expected = values.copy()
    for j in range(3, 15):
        for i in (*range(28, 36), *range(8)):
            sea = values <= 0.0
            if not np.isfinite(values[j, i]) or (only != "all" and sea[j, i] != (only == "ocean")):
                continue
            around = [(j, i), (j - 1, i), (j + 1, i), (j, (i - 1) % 36), (j, (i + 1) % 36)]
            fits = [
                values[one]
                for one in around
                if np.isfinite(values[one]) and (only == "all" or sea[one] == sea[j, i])
            ]
            expected[j, i] = np.mean(fits)
    assert np.allclose(done, expected, rtol=1e-12, equal_nan=True)


@pytest.mark.parametrize("surface", [LAND, DEPTHS], ids=["globe", "ocean grid"])
def test_smoothing_keeps_what_is_flat_and_makes_no_new_extremes(surface: Surface) -> None:
    flat = np.full(surface.shape, 123.0)
    assert (after(flat, surface, "smooth", EVERYWHERE, times=5) == 123.0).all()
    values = bumpy() if surface is LAND else depths()
    done = after(values, surface, "smooth", EVERYWHERE, times=5)
    assert values.min() <= done.min() and done.max() <= values.max()
    assert done.std() < 0.7 * values.std()


def test_a_hole_in_a_slope_is_interpolated_to_the_slope() -> None:
    slope = 100.0 * LAND.lat + 7.0  # harmonic on the grid
    holed = slope.copy()
    holed[6:12, 10:20] = 9000.0
    done = after(holed, LAND, "interpolate", {"box": [-80.0, -30.0, 20.0, 30.0]})
    assert np.allclose(done, slope, rtol=0, atol=1e-7)


def test_interpolation_stays_within_its_rim_and_needs_one() -> None:
    values = bumpy()
    box = {"box": [150.0, -40.0, -150.0, 40.0]}  # across the date line
    done = after(values, LAND, "interpolate", box)
    inside = done != values
    assert inside[:, [0, 35]].any()
    rim = values[4:14, [32, *range(33, 36), *range(3), 3]]
    assert rim.min() <= done[inside].min() and done[inside].max() <= rim.max()
    with pytest.raises(ParameterError, match="no rim"):
        after(values, LAND, "interpolate", EVERYWHERE)


def test_a_patch_is_pasted_across_the_date_line() -> None:
    values = bumpy()
    cells = [[175.0, 5.0], [-175.0, 5.0], [-165.0, 5.0], [-165.0, 15.0]]
    done = after(values, LAND, "paste", {"cells": cells}, shift=[170.0, 20.0])
    expected = values.copy()
    for (j, i), source in {
        (9, 35): (7, 18), (9, 0): (7, 19), (9, 1): (7, 20), (10, 1): (8, 20),
    }.items():  # fmt: skip
        expected[j, i] = values[source]
    assert np.array_equal(done, expected)


def test_what_is_pasted_from_beyond_a_pole_changes_nothing() -> None:
    values = bumpy()
    cells = [[5.0, 85.0], [5.0, 75.0]]
    done = after(values, LAND, "paste", {"cells": cells}, shift=[0.0, -10.0])
    assert done[17, 18] == values[17, 18]  # would come from 95 degrees north
    assert done[16, 18] == values[17, 18]


def test_a_sill_only_raises_and_a_channel_only_lowers() -> None:
    values = bumpy()
    line = {"line": [[-160.0, 0.0], [160.0, 30.0]]}  # the short way, across the date line
    sill = after(values, LAND, "sill", line, value=500.0, width=2)
    changed = sill != values
    assert changed.any()
    assert (sill[changed] == -500.0).all() and (values[changed] < -500.0).all()
    channel = after(values, LAND, "channel", line, value=500.0, width=2)
    changed = channel != values
    assert (channel[changed] == -500.0).all() and (values[changed] > -500.0).all()
    way = channel <= -500.0
    assert way[9, 2] and way[12, 34]
    assert not way[:, 10:28][channel[:, 10:28] != values[:, 10:28]].any()
    parts, _ = label(way, LAND.topology)
    assert parts[9, 2] == parts[12, 34]


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("set", {"value": 700.0}), ("add", {"value": 10.0}), ("multiply", {"value": 1.5}),
        ("raise_to", {"value": 100.0}), ("lower_to", {"value": 4000.0}),
        ("clamp", {"limits": [0.0, 900.0]}), ("smooth", {"times": 3}), ("interpolate", {}),
        ("paste", {"shift": [15.0, 10.0]}),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "at",
    [
        {"box": [-180.0, 60.0, 180.0, 90.0]},  # with the fold
        {"box": [50.0, -60.0, 100.0, 70.0]},  # with the seam of the columns
        {"stroke": {"points": [[80.0, 70.0], [-100.0, 80.0]], "radius": 9.0}},
        {"polygon": [[-30.0, 60.0], [90.0, 62.0], [-150.0, 65.0]]},  # around the pole
    ],
)
def test_copies_follow_their_owners(
    operation: str, more: dict[str, Any], at: dict[str, Any]
) -> None:
    values = depths()
    done = after(values, DEPTHS, operation, at, **more)
    assert (done != values).any()
    assert np.array_equal(done, done.flat[DEPTHS.owners])


@pytest.mark.parametrize("operation", ["channel", "sill"])
def test_a_line_across_the_fold_is_one_piece_on_all_copies(operation: str) -> None:
    values = np.full(OCEAN.lon.shape, 2000.0 if operation == "sill" else 0.0)
    line = {"line": [[-60.0, 70.0], [120.0, 70.0]]}  # over the pole
    done = after(values, DEPTHS, operation, line, value=300.0, width=2)
    changed = done != values
    assert (done[changed] == 300.0).all()
    assert label(changed, OCEAN.topology)[1] == 1
    assert changed[-1].any() or changed[-2].any()
    assert np.array_equal(done, done.flat[DEPTHS.owners])


def test_every_sea_cell_is_in_exactly_one_basin_whatever_is_painted() -> None:
    wet = depths() > 0.0
    surface = codes_surface(wet, OCEAN)
    codes = np.where(wet, 1.0, 0.0)
    random = np.random.default_rng(8)
    for basin in ("pacific", "indian", "atlantic", "indian") * 5:
        lon, lat = random.uniform(-180, 180), random.uniform(-80, 90)
        at = {"stroke": {"points": [[lon, lat]], "radius": 25.0}}
        codes = after(codes, surface, "assign", at, basin=basin)
    assert set(np.unique(codes[wet])) <= {1.0, 2.0, 3.0}
    assert (codes[~wet] == 0.0).all()
    assert np.array_equal(codes, codes.flat[surface.owners])


@pytest.mark.parametrize(
    ("surface", "edit", "told"),
    [
        (LAND, {"operation": "multiply", "value": 1e300}, "not finite|leaves a value"),
        (LAND, {"operation": "add", "value": 14_000.0}, "leaves a value"),
        (LAND, {"operation": "set", "value": -16_000.0}, "leaves a value"),
        (DEPTHS, {"operation": "add", "value": -9000.0}, "below 0 m"),
        (LAND, {"operation": "channel", "value": 0.0, "at": {"line": [[0, 0], [9, 9]]}}, "above 0"),
        (LAND, {"operation": "sill", "value": -5.0, "at": {"line": [[0, 0], [9, 9]]}}, "below 0"),
        (LAND, {"operation": "set", "value": 1.0, "at": {"box": [1, 1, 2, 2]}}, "selects no cell"),
        (LAND, {"operation": "set", "value": 1.0, "at": {"values": [1e6, 2e6]}}, "selects no cell"),
        (DEPTHS, {"operation": "assign", "basin": "indian"}, "basin"),
        (LAND, {"operation": "fill", "at": {"point": [5.0, 5.0]}}, "no internal ocean"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    surface: Surface, edit: dict[str, Any], told: str
) -> None:
    values = np.full(surface.shape, 2000.0)
    before = values.copy()
    with pytest.raises(ParameterError, match=told) as caught:
        apply_edit(values, surface, Edit.model_validate({"at": EVERYWHERE, **edit}))
    assert caught.value.remedy
    assert np.array_equal(values, before)


@pytest.mark.parametrize(
    "wrong",
    [
        {"operation": "set", "at": {"point": [0, 0]}},
        {"operation": "set", "value": float("nan"), "at": {"point": [0, 0]}},
        {"operation": "set", "value": 1, "at": {"point": [0, float("inf")]}},
        {"operation": "set", "value": 1, "at": {"point": [0, 91]}},
        {"operation": "set", "value": 1, "at": {}},
        {"operation": "set", "value": 1, "at": {"point": [0, 0], "box": [0, 0, 1, 1]}},
        {"operation": "set", "value": 1, "at": {"polygon": [[0, 0], [1, 1]]}},
        {"operation": "channel", "value": 1, "at": {"line": [[0, 0]]}},
        {"operation": "channel", "value": 1, "at": {"box": [0, 0, 1, 1]}},
        {"operation": "set", "value": 1, "at": {"stroke": {"points": [[0, 0]], "radius": 0}}},
        {"operation": "set", "value": 1, "at": {"cells": [[0, 0]] * 100_001}},
        {"operation": "smooth", "times": 101, "at": {"point": [0, 0]}},
        {"operation": "clamp", "limits": [5, 1], "at": {"point": [0, 0]}},
        {"operation": "assign", "basin": "arctic", "at": {"point": [0, 0]}},
        {"operation": "fill", "at": {"box": [0, 0, 1, 1]}},
        {"operation": "eval", "at": {"point": [0, 0]}},
        {"operation": "set", "value": 1, "at": {"point": [0, 0]}, "code": "import os"},
    ],
)
def test_what_is_no_edit_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Edit.model_validate(wrong)
