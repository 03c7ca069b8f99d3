"""The canonical form: the same for what means the same, and different for what does not."""

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from gondwana.formats.provenance import canonical_json
from gondwana.workflow.freshness import canonical, fingerprint
from workflow_steps import made_up

NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)
STEP = made_up("routing", "topography", optional_inputs=("map",))


def form(value: object) -> str:
    return canonical_json(canonical(value))


def spoken_otherwise(value: object, dice: random.Random) -> object:
    """Say the same with tuples, floats and another order of keys."""
    if isinstance(value, list):
        items = [spoken_otherwise(item, dice) for item in value]
        return tuple(items) if dice.random() < 0.5 else items
    if isinstance(value, dict):
        pairs = [(key, spoken_otherwise(item, dice)) for key, item in value.items()]
        dice.shuffle(pairs)
        return dict(pairs)
    if isinstance(value, int) and not isinstance(value, bool) and float(value) == value:
        return float(value)
    return value


@given(VALUES, st.randoms(use_true_random=False))
def test_tuples_floats_and_the_order_of_keys_do_not_matter(value, dice):
    assert form(spoken_otherwise(value, dice)) == form(value)


@given(VALUES)
def test_a_way_through_json_does_not_matter(value):
    assert form(json.loads(json.dumps(value))) == form(value)
    assert form(json.loads(form(value))) == form(value)


@given(VALUES)
def test_canonical_twice_is_canonical_once(value):
    assert canonical(canonical(value)) == canonical(value)


@given(NUMBERS, NUMBERS)
def test_numbers_have_the_same_form_exactly_if_they_are_equal(one, other):
    assert (form(one) == form(other)) == (one == other)


EDITS = st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=3), max_size=3)
INPUTS = st.dictionaries(st.sampled_from(["topography", "map"]), st.text("0123456789abcdef"))
QUESTIONS = st.tuples(st.integers(-3, 3), EDITS, INPUTS)


@given(QUESTIONS, QUESTIONS)
def test_fingerprints_are_equal_exactly_if_the_questions_are(one, other):
    prints = [
        fingerprint(STEP, {"level": level}, edits, inputs) for level, edits, inputs in (one, other)
    ]
    assert (prints[0] == prints[1]) == (form(one) == form(other))
