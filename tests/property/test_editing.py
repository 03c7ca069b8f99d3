"""Whatever a person does in an editor: every bit comes back, and what is seen is what is saved."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.editor_world import Browser, FakeDoor, opened_globe

from gondwana.editors.history import History, edit_of
from gondwana.editors.overlays import CHANGED, SELECTED
from gondwana.science.planet import random_planet
from gondwana.steps.apply import apply_edits

SHAPE = (18, 36)
NUMBER = st.integers(1, 5)
LON, LAT = st.floats(-400.0, 400.0), st.floats(-90.0, 90.0)
POINT = st.tuples(LON, LAT).map(list)
SHAPES = st.one_of(
    st.builds(lambda point: {"cell": point}, POINT),
    st.builds(lambda a, b: {"box": [*a, *b]}, POINT, POINT),
    st.builds(lambda points: {"polygon": points}, st.lists(POINT, min_size=3, max_size=8)),
    st.builds(
        lambda points, radius: {"stroke": {"points": points, "radius": radius}},
        st.lists(POINT, min_size=1, max_size=4),
        st.floats(1.0, 40.0),
    ),
    st.builds(lambda points: {"line": points}, st.lists(POINT, min_size=2, max_size=4)),
    st.builds(lambda point: {"region": point}, POINT),
    st.builds(lambda a, b: {"values": [a, b]}, st.floats(-6000, 5000), st.floats(-6000, 5000)),
)
CHANGES = st.one_of(
    st.builds(
        lambda operation, value: {"operation": operation, "value": value},
        st.sampled_from(["set", "add", "raise_to", "lower_to"]),
        st.floats(-3000.0, 3000.0),
    ),
    st.builds(lambda value: {"operation": "multiply", "value": value}, st.floats(-1.5, 1.5)),
    st.just({"operation": "clamp", "limits": [-3000.0, 2000.0]}),
    st.just({"operation": "smooth", "times": 2}),
    st.just({"operation": "interpolate"}),
    st.just({"operation": "channel", "value": 120.0, "width": 2}),
    st.just({"operation": "sill", "value": 300.0}),
)
DEEDS = st.one_of(
    st.builds(
        lambda shape, change: ("apply", {"shape": shape, "in": "map", **change}), SHAPES, CHANGES
    ),
    st.builds(
        lambda how, shape: ("select", {"how": how, "shape": shape, "in": "map"}),
        st.sampled_from(["new", "add", "subtract", "intersect"]),
        SHAPES,
    ),
    st.just(("invert", {})),
    st.builds(lambda only: ("only", {"only": only}), st.sampled_from(["all", "land", "ocean"])),
    st.builds(lambda change: ("apply", change), CHANGES),
    st.just(("undo", {})),
    st.just(("redo", {})),
    st.builds(lambda k, off: ("switch", {"number": k, "off": off}), NUMBER, st.booleans()),
    st.builds(lambda k, to: ("move", {"number": k, "to": to}), NUMBER, NUMBER),
    st.builds(lambda k: ("remove", {"number": k}), NUMBER),
    st.builds(lambda k, v: ("change", {"number": k, "value": v}), NUMBER, st.floats(1, 99)),
    st.builds(lambda k, fix: ("fix", {"problem": f"sea {k}", "fix": fix}), st.integers(1, 3),
              st.sampled_from(["fill", "open", "keep"])),
    st.builds(lambda k, fix: ("fix", {"problem": f"passage {k}", "fix": fix}), st.integers(1, 3),
              st.sampled_from(["widen", "close"])),
    st.builds(lambda k: ("fix", {"problem": f"pole {k}", "fix": "mend"}), st.integers(1, 2)),
    st.just(("copy", {})),
    st.builds(lambda to: ("paste", {"to": to, "in": "map"}), POINT),
    st.builds(lambda what: ("show", {"what": what}), st.sampled_from(["field", "difference"])),
)  # fmt: skip


def planet(seed: int) -> np.ndarray:
    """Make a rough planet with seas, islands and straits."""
    return random_planet(
        shape=SHAPE, seed=seed, land_fraction=0.5, spectral_slope=1.8
    ).values.astype(np.float64)


def same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    """Compare bit for bit: -0.0 is not 0.0."""
    return one.tobytes() == other.tobytes()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), deeds=st.lists(DEEDS, max_size=14))
def test_whatever_is_done(seed: int, deeds: list[tuple[str, dict[str, Any]]]) -> None:
    base = planet(seed)
    door = FakeDoor(opened_globe(base.copy()))
    page = Browser(door)
    for verb, about in deeds:
        page.try_to(verb, **about)
    history: History = page.session._work.history
    shows_difference = page.told.get("shown") == "difference"

    # what the browser has put together from pieces is what the server has
    field = history.values - history.base if shows_difference else history.values
    assert np.array_equal(page.rasters["whole"], field.astype(np.float32), equal_nan=True)
    marks = page.rasters["whole marks"]
    assert np.array_equal((marks & CHANGED) > 0, history.values != base)
    assert np.array_equal((marks & SELECTED) > 0, page.session._work.selection.mask)
    assert sum(page.session._work.histogram.counts) == base.size
    fresh = Browser(FakeDoor(opened_globe(history.values.copy())))
    for name in ("seas", "passages", "contacts", "poles"):
        assert page.told["counts"][name] == fresh.told["counts"][name]

    # the list, applied by the step, gives the same field
    if not history.conflicts:
        assert same_bits(apply_edits(base, history.surface, history.edits).values, history.values)

    # a closed browser loses nothing
    again = Browser(door)
    assert same_bits(again.session._work.history.values, history.values)
    assert again.session._work.history.edits == history.edits

    # undone to the start, every bit is back; done again, too
    last, count = history.values.copy(), len(history.done)
    for _ in range(count):
        page.ask("undo")
    assert same_bits(history.values, base)
    for _ in range(count):
        page.ask("redo")
    assert same_bits(history.values, last)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    edits=st.lists(st.tuples(SHAPES, CHANGES), min_size=2, max_size=6),
    number=st.integers(0, 5),
)
def test_an_edit_that_is_switched_off_was_never_made(
    seed: int, edits: list[tuple[Any, Any]], number: int
) -> None:
    base = planet(seed)
    one, other = (Browser(FakeDoor(opened_globe(base.copy()))) for _ in range(2))
    made = []
    for shape, change in edits:
        if "error" not in one.try_to("apply", shape=shape, **{"in": "map"}, **change):
            made.append((shape, change))
    if not made:
        return
    gone = number % len(made)
    one.ask("switch", number=gone + 1, off=True)
    entries = one.session._work.history.entries
    history = History(base, other.session._work.history.surface)
    left = [entry.edit for k, entry in enumerate(entries) if k != gone]
    history.take("all of them", [type(entries[0])(edit) for edit in left])
    assert same_bits(history.values, one.session._work.history.values)
    one.ask("switch", number=gone + 1, off=False)
    assert one.session._work.history.conflicts == []


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), shape=SHAPES)
def test_adding_then_subtracting_is_empty(seed: int, shape: dict[str, Any]) -> None:
    page = Browser(FakeDoor(opened_globe(planet(seed))))
    added = page.try_to("select", how="new", shape=shape, **{"in": "map"})
    if "error" in added:
        return
    page.ask("select", how="subtract", shape=shape, **{"in": "map"})
    assert page.told["selection"]["cells"] == 0
    page.ask("select", how="add", shape=shape, **{"in": "map"})
    page.ask("invert")
    page.ask("invert")
    assert page.told["selection"]["cells"] == added["selection"]["cells"]


def test_an_edit_reads_what_it_wrote() -> None:
    plain = {
        "operation": "set", "value": 5.0, "author": "ada",
        "at": {"parts": [{"how": "add", "at": {"box": [0, 0, 40, 40]}}, {"how": "invert"}]},
    }  # fmt: skip
    edit = edit_of(plain)
    assert edit_of(edit.model_dump(mode="json", exclude_defaults=True)) == edit
