"""The fingerprint of a step, by hand."""

import hashlib
import math
from datetime import UTC, datetime

import numpy as np
import pytest

from gondwana.errors import ParameterError
from gondwana.steps.edits import Edit
from gondwana.steps.registry import STEPS
from gondwana.workflow.freshness import File, canonical, canonical_parameters, fingerprint
from workflow_steps import made_up

STEP = made_up("routing", "topography", optional_inputs=("map",))


def test_what_is_hashed_is_written_down():
    text = (
        '{"edits":[],"inputs":{"topography":"aa"},"parameters":{"level":3},'
        '"step":"routing","version":1}'
    )
    assert fingerprint(STEP, {"level": 3}, [], {"topography": "aa"}) == (
        hashlib.sha256(text.encode()).hexdigest()
    )


def test_defaults_said_or_left_out_are_the_same():
    inputs = {"topography": "aa"}
    assert fingerprint(STEP, {}, [], inputs) == fingerprint(STEP, {"level": 0}, [], inputs)


def test_kinds_of_other_steps_do_not_matter():
    alone = fingerprint(STEP, {}, [], {"topography": "aa"})
    assert alone == fingerprint(STEP, {}, [], {"soils": "cc", "topography": "aa"})
    assert alone != fingerprint(STEP, {}, [], {"topography": "aa", "map": "bb"})


def test_every_part_decides():
    edit = {"operation": "set"}
    inputs = {"topography": "aa", "map": "bb"}
    prints = {
        fingerprint(STEP, {}, [], inputs),
        fingerprint(STEP, {"level": 1}, [], inputs),
        fingerprint(STEP, {}, [edit], inputs),
        fingerprint(STEP, {}, [edit, edit], inputs),
        fingerprint(STEP, {}, [], {"topography": "bb", "map": "aa"}),
        fingerprint(STEP, {}, [], {"topography": "aa"}),
        fingerprint(made_up("other", "topography map"), {}, [], inputs),
        fingerprint(made_up("routing", "topography map", version=2), {}, [], inputs),
    }
    assert len(prints) == 8
    assert all(len(one) == 64 for one in prints)


def test_the_order_of_edits_decides():
    first, second = {"operation": "set"}, {"operation": "add"}
    one = fingerprint(STEP, {}, [first, second], {"topography": "aa"})
    assert one != fingerprint(STEP, {}, [second, first], {"topography": "aa"})


def test_tuples_tables_and_whole_numbers_of_the_real_steps():
    pft = STEPS["pft"]
    shares = tuple(100.0 if index == 0 else 0.0 for index in range(13))
    by_number = fingerprint(pft, {"biomes": {3: shares}}, [], {"topography": "aa"})
    from_json = {"biomes": {"3": [100, *[0] * 12]}}
    assert fingerprint(pft, from_json, [], {"topography": "aa"}) == by_number


def test_real_edits():
    time = datetime(2026, 11, 22, tzinfo=UTC)
    edit = Edit.model_validate(
        {"operation": "fill", "at": {"point": [60, 45]}, "author": "Ada", "time": time}
    )
    as_json = edit.model_dump(mode="json", exclude_defaults=True)
    again = Edit.model_validate(as_json).model_dump(mode="json", exclude_defaults=True)
    step, inputs = STEPS["internal_oceans"], {"regridded": "aa"}
    assert fingerprint(step, {}, [as_json], inputs) == fingerprint(step, {}, [again], inputs)


def test_bad_parameters_are_told_in_a_sentence():
    with pytest.raises(ParameterError, match="there is no parameter 'colour'"):
        fingerprint(STEP, {"colour": 3}, [], {})
    with pytest.raises(ParameterError, match="'level'"):
        canonical_parameters(made_up("asking", asks=True), {})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, {1, 2}, b"x", np.zeros(2)])
def test_what_json_does_not_know_is_refused(value):
    with pytest.raises(ParameterError):
        canonical({"a": [value]})


@pytest.mark.parametrize("value", [{None: 1}, {True: 1}, {1.5: 1}, {1: 1, "1": 2}])
def test_names_that_json_does_not_know_are_refused(value):
    with pytest.raises(ParameterError):
        canonical(value)


def test_truth_values_are_not_numbers():
    assert canonical([True, 1, 1.0]) == [True, 1, 1]
    assert [type(item) for item in canonical([True, 1, 1.0, -0.0])] == [bool, int, int, int]


def test_numpy_numbers_are_numbers():
    assert type(canonical(np.float64(0.1))) is float


def test_the_content_of_a_file():
    assert File("bytes").content == "bytes"
    assert File("bytes", "arrays").content == "arrays"
