"""Whatever is done in an editor, on every kind of field: copies agree, and every bit comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.editor_world import Browser, FakeDoor, globe_surface, opened_globe

from gondwana.editors.history import History
from gondwana.science.planet import random_planet
from gondwana.science.tripolar import TripolarParameters, tripolar_grid
from gondwana.services.editing import Opened
from gondwana.steps.apply import apply_edits
from gondwana.steps.passage_problems import PassageProblemsParameters
from gondwana.steps.running.passage_problems import bathymetry_surface
from gondwana.steps.running.sub_basins import codes_surface

OCEAN = tripolar_grid(TripolarParameters(resolution=10.0))
NY, NX = OCEAN.lon.shape
DEPTHS = bathymetry_surface(OCEAN, PassageProblemsParameters())
FIELDS = ("depths", "basins", "whole numbers", "float32", "with gaps")

AT = st.tuples(st.floats(0.0, NX), st.floats(0.0, NY)).map(list)
SHAPES = st.one_of(
    st.builds(lambda at: {"cell": at}, AT),
    st.builds(lambda a, b: {"box": [*a, *b]}, AT, AT),
    st.builds(lambda corners: {"polygon": corners}, st.lists(AT, min_size=3, max_size=6)),
    st.builds(
        lambda way, radius: {"stroke": {"points": way, "radius": radius}},
        st.lists(AT, min_size=1, max_size=3),
        st.floats(0.6, 6.0),
    ),
    st.builds(lambda way: {"line": way}, st.lists(AT, min_size=2, max_size=3)),
    st.builds(lambda at: {"region": at}, AT),
    st.builds(lambda a, b: {"values": sorted([a, b])}, st.floats(0, 6000), st.floats(0, 6000)),
)
BASINS = st.sampled_from(["atlantic", "pacific", "indian"])
CHANGES = st.one_of(
    st.builds(
        lambda operation, value: {"operation": operation, "value": value},
        st.sampled_from(["set", "add", "raise_to", "lower_to"]),
        st.floats(-500.0, 4000.0),
    ),
    st.builds(lambda value: {"operation": "multiply", "value": value}, st.floats(0.0, 1.5)),
    st.just({"operation": "clamp", "limits": [100.0, 2500.5]}),
    st.just({"operation": "smooth", "times": 3}),
    st.just({"operation": "interpolate"}),
    st.just({"operation": "channel", "value": 120.0, "width": 2}),
    st.just({"operation": "sill", "value": 300.0}),
    st.builds(lambda basin: {"operation": "assign", "basin": basin}, BASINS),
)
NUMBER = st.integers(1, 4)
DEEDS = st.one_of(
    st.builds(lambda a, b: ("apply", {"shape": a, "in": "map", **b}), SHAPES, CHANGES),
    st.builds(lambda a, b: ("apply", {"shape": a, "in": "map", **b}), SHAPES, CHANGES),
    st.builds(
        lambda how, shape: ("select", {"how": how, "shape": shape, "in": "map"}),
        st.sampled_from(["new", "add", "subtract", "intersect"]),
        SHAPES,
    ),
    st.just(("invert", {})),
    st.builds(lambda only: ("only", {"only": only}), st.sampled_from(["all", "land", "ocean"])),
    st.builds(lambda change: ("apply", change), CHANGES),
    st.just(("copy", {})),
    st.builds(lambda to: ("paste", {"to": to, "in": "map"}), AT),
    st.just(("undo", {})),
    st.just(("redo", {})),
    st.builds(lambda k, off: ("switch", {"number": k, "off": off}), NUMBER, st.booleans()),
    st.builds(lambda k, to: ("move", {"number": k, "to": to}), NUMBER, NUMBER),
    st.builds(lambda k: ("remove", {"number": k}), NUMBER),
    st.builds(lambda k, fix: ("fix", {"problem": f"sea {k}", "fix": fix}), NUMBER,
              st.sampled_from(["fill", "open", "keep"])),
    st.builds(lambda k, fix: ("fix", {"problem": f"passage {k}", "fix": fix}), NUMBER,
              st.sampled_from(["widen", "close"])),
)  # fmt: skip


def opened(kind: str, seed: int) -> Opened:
    """Open a field of one of `FIELDS`."""
    random = np.random.default_rng(seed)
    if kind in ("whole numbers", "float32", "with gaps"):
        base = random_planet(shape=(18, 36), seed=seed, land_fraction=0.5).values
        surface = replace(globe_surface(18, 36, up=0), limits=(-32_768.0, 32_767.0))
        if kind == "whole numbers":
            base, surface = np.rint(base), replace(surface, whole=True)
        elif kind == "with gaps":
            base = np.where(random.random(base.shape) < 0.2, np.nan, base)
        base = base.astype(np.float32).astype(np.float64)
        return opened_globe(base, surface=surface, face="variable", axes="index")
    rough = random.uniform(-2000.0, 5000.0, (NY, NX))
    depth = OCEAN.topology.synchronise(np.maximum(rough, 0.0))
    if kind == "depths":
        return opened_globe(depth, surface=DEPTHS, face="passage_problems", axes="index")
    codes = np.where(depth > 0.0, np.rint(random.uniform(0.5, 3.5)), 0.0)
    surface = codes_surface(depth > 0.0, OCEAN)
    return opened_globe(codes, surface=surface, face="sub_basins", axes="index")


def same_bits(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    return one.tobytes() == other.tobytes()


@pytest.mark.parametrize("kind", FIELDS)
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), deeds=st.lists(DEEDS, max_size=12))
def test_whatever_is_done(kind: str, seed: int, deeds: list[tuple[str, dict[str, Any]]]) -> None:
    door = FakeDoor(opened(kind, seed))
    base, surface = door.field.values.copy(), door.field.surface
    page = Browser(door)
    history: History = page.session._work.history
    for verb, about in deeds:
        page.try_to(verb, **about)
        values = history.values
        assert np.array_equal(np.isnan(values), np.isnan(base))  # no value is made or lost
        known = values[np.isfinite(values)]
        assert known.min() >= surface.limits[0] and known.max() <= surface.limits[1]
        if surface.topology.has_copies:
            assert np.array_equal(values, values.flat[surface.owners])
            selection = page.session._work.selection.mask
            assert np.array_equal(selection, selection.flat[surface.owners])
        if surface.whole:
            assert np.array_equal(known, np.rint(known))
        if surface.codes:  # each sea cell in exactly one basin, and no land
            assert set(np.unique(values[~surface.land])) <= {1.0, 2.0, 3.0}
            assert not values[surface.land].any()
    shown = page.rasters["whole"]
    assert np.array_equal(shown, history.values.astype(np.float32), equal_nan=True)

    # the list alone gives the same field, and an edit that is switched off was never made
    if not history.conflicts:
        assert same_bits(apply_edits(base, surface, history.edits).values, history.values)
        on = [edit for edit in history.edits if not edit.off]
        assert same_bits(apply_edits(base, surface, on).values, history.values)
    again = Browser(door)
    assert same_bits(again.session._work.history.values, history.values)

    # undone to the start, every bit is back; done again, too
    last, count = history.values.copy(), len(history.done)
    for _ in range(count):
        page.ask("undo")
    assert same_bits(history.values, base)
    for _ in range(count):
        page.ask("redo")
    assert same_bits(history.values, last)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), shape=SHAPES)
def test_adding_then_subtracting_is_empty_on_the_ocean_grid(
    seed: int, shape: dict[str, Any]
) -> None:
    page = Browser(FakeDoor(opened("depths", seed)))
    added = page.try_to("select", how="new", shape=shape, **{"in": "map"})
    if "error" in added:
        return
    cells = added["selection"]["cells"]
    page.ask("select", how="subtract", shape=shape, **{"in": "map"})
    assert page.told["selection"]["cells"] == 0
    page.ask("select", how="add", shape=shape, **{"in": "map"})
    page.ask("invert")
    assert page.told["selection"]["cells"] == int(OCEAN.owned.sum()) - cells
