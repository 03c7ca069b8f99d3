"""Whatever a browser says to the editor: it is answered, and nothing is lost by it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from editor_world import FakeDoor, opened_globe
from gondwana.editors.session import _VERBS, EditingSession

FIELD = np.full((9, 18), 300.0)
FIELD[2:4, 2:5], FIELD[5:8, 6:17], FIELD[4, 5] = -150.0, -2000.0, -40.0

numbers = st.one_of(
    st.sampled_from([0, 1, -1, 5.5, -90, 1e9, -1e308, 1e308, 10**400, float("nan"), float("inf")]),
    st.integers(-200, 200),
    st.floats(-200, 200),
)
words = st.sampled_from(
    ["set", "add", "multiply", "smooth", "clamp", "channel", "sill", "interpolate", "assign",
     "paste", "keep", "map", "globe", "new", "subtract", "intersect", "land", "ocean", "sea",
     "sea 1", "contact", "passage 1", "fill", "open", "widen", "part", "north", "mollweide",
     "difference", "__class__", "", "é" * 50]
)  # fmt: skip
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, words),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(words, inner, max_size=3)),
    max_leaves=8,
)
points = st.lists(st.tuples(numbers, numbers).map(list), max_size=5)
shapes = st.one_of(
    st.fixed_dictionaries({"box": st.lists(numbers, min_size=4, max_size=4)}),
    st.fixed_dictionaries({"cell": st.lists(numbers, min_size=2, max_size=2)}),
    st.fixed_dictionaries({"region": st.lists(numbers, min_size=2, max_size=2)}),
    st.fixed_dictionaries({"polygon": points}),
    st.fixed_dictionaries({"line": points}),
    st.fixed_dictionaries({"stroke": st.fixed_dictionaries({"points": points, "radius": numbers})}),
    st.fixed_dictionaries({"values": st.lists(numbers, min_size=2, max_size=2)}),
    values,
)
names = ["in", "how", "only", "shape", "operation", "value", "limits", "times", "width", "reason",
         "number", "to", "off", "problem", "kind", "fix", "window", "what", "projection", "centre",
         "note", "on_top", "basin", "index", "file", "author"]  # fmt: skip
wild = st.builds(
    lambda verb, told: {**told, "do": verb, "id": 1},
    st.one_of(st.sampled_from(sorted(_VERBS)), words),
    st.dictionaries(st.sampled_from(names), values, max_size=6),
)
lon, lat = st.integers(-170, 170), st.integers(-80, 80)
places = st.one_of(
    st.builds(lambda w, s, e, n: {"box": [w, s, e, n]}, lon, lat, lon, lat),
    st.builds(lambda x, y: {"cell": [x, y]}, lon, lat),
    st.builds(lambda x, y: {"region": [x, y]}, lon, lat),
    st.builds(lambda x, y: {"polygon": [[x, y], [x + 60, y], [x, y + 50]]}, lon, lat),
    st.builds(lambda x, y, r: {"stroke": {"points": [[x, y]], "radius": r}}, lon, lat, lat),
    shapes,
)
amounts = st.one_of(st.floats(-900, 900), st.floats(0.5, 2), numbers)
changes = st.one_of(
    st.fixed_dictionaries(
        {"operation": st.sampled_from(["set", "add", "multiply", "raise_to"]), "value": amounts}
    ),
    st.fixed_dictionaries({"operation": st.just("smooth"), "times": st.integers(1, 3)}),
    st.fixed_dictionaries({"operation": st.just("clamp"), "limits": st.just([-500, 200])}),
    st.fixed_dictionaries({"operation": st.just("interpolate")}),
    st.builds(
        lambda x, y, depth: {
            "operation": "channel", "value": depth, "width": 2,
            "shape": {"line": [[x, y], [x + 40, y]]},
        }, lon, lat, amounts,
    ),
)  # fmt: skip
sane = st.builds(
    lambda verb, shape, change, mend, more: {
        **more, "kind": mend[0], "fix": mend[1],
        **({"shape": shape} if verb in ("select", "apply") else {}),
        **(change if verb in ("apply", "change") else {}), "do": verb, "id": 1,
    },
    st.sampled_from(
        ["select", "apply", "apply", "apply", "fix", "preview", "switch", "remove", "move",
         "change", "undo", "redo", "copy", "paste", "invert"]
    ),
    places,
    changes,
    st.sampled_from([("sea", "fill"), ("sea", "open"), ("sea", "keep"), ("contact", "join"),
                     ("contact", "part"), ("passage", "widen"), ("passage", "close")]),
    st.fixed_dictionaries(
        {
            "in": st.sampled_from(["map", "map", "globe"]), "off": st.booleans(),
            "number": st.integers(1, 3),
            "to": st.one_of(st.integers(1, 3), st.tuples(lon, lat)),
        }
    ),
)  # fmt: skip
asks = st.one_of(sane, sane, wild)


@settings(max_examples=300, deadline=None)
@given(st.lists(asks, min_size=1, max_size=12))
def test_any_asks_are_answered_and_can_be_undone(said: list[dict[str, Any]]) -> None:
    door = FakeDoor(opened_globe(FIELD))
    session = EditingSession(door, door.opened())
    for ask in said:
        told, _ = session.handle(ask).block()
        json.dumps(told, allow_nan=False)
        if "error" in told:
            assert told["error"]["problem"]
            assert told["error"]["remedy"]
        assert np.isfinite(session._work.history.values).all()
    session.keep()
    json.dumps(door.draft, allow_nan=False)
    while session._work.history.undo() is not None:
        pass
    start = FakeDoor(door.field).opened()
    again = EditingSession(FakeDoor(door.field), start)
    if not door.lists:
        assert np.array_equal(
            session._work.history.values.view(np.int64), again._work.history.values.view(np.int64)
        )


@settings(max_examples=100, deadline=None)
@given(st.lists(asks, min_size=1, max_size=8))
def test_whoever_may_only_look_changes_nothing(said: list[dict[str, Any]]) -> None:
    door = FakeDoor(opened_globe(FIELD, may_change=False))
    session = EditingSession(door, door.opened())
    for ask in said:
        session.handle(ask)
    assert np.array_equal(session._work.history.values, FIELD)
    assert session._work.history.entries == ()
    assert door.lists == []
    assert door.draft is None


hostile = st.one_of(
    values,
    st.fixed_dictionaries({"start": values, "deeds": st.lists(values, max_size=3), "at": values}),
)


@settings(max_examples=150, deadline=None)
@given(hostile, values)
def test_a_draft_that_makes_no_sense_is_not_taken(history: Any, number: Any) -> None:
    draft = {"history": history, "based_on": number, "base": "b" * 64}
    door = FakeDoor(opened_globe(FIELD, draft=draft))
    session = EditingSession(door, door.field)
    assert np.array_equal(session._work.history.values, FIELD)
    assert "error" not in session.handle({"do": "begin", "id": 1}).told
