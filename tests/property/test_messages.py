"""Whatever bytes come: an envelope, or an error that keeps them; never anything else."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gondwana.messaging.envelope import Envelope, UndecodableError, decode, encode
from gondwana.messaging.messages import Progress
from gondwana.messaging.transport import Message

KEY = "preprocessing.routing.progress"
GOOD = encode(
    Envelope.of(
        Progress(step="routing", fraction=0.5, note="half"),
        source="test",
        project="a" * 32,
        run="b" * 32,
        attempt=1,
    )
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def decoded_or_refused(body: bytes, key: str = KEY) -> None:
    message = Message("", key, body)
    try:
        envelope = decode(message)
    except UndecodableError as error:
        assert error.message is message
        assert "\n" not in str(error)
        assert len(str(error)) < 1000
    else:
        assert envelope.type == key
        assert decode(encode(envelope)) == envelope


@given(st.binary(max_size=200), st.text(max_size=30))
def test_any_bytes_under_any_key(body: bytes, key: str) -> None:
    decoded_or_refused(body, key)


@given(st.integers(0, len(GOOD.body) - 1), st.binary(max_size=3))
def test_a_message_with_some_bytes_exchanged(place: int, bits: bytes) -> None:
    decoded_or_refused(GOOD.body[:place] + bits + GOOD.body[place + len(bits) :])


@given(st.sampled_from(sorted(json.loads(GOOD.body))), JSON)
def test_a_field_with_any_other_value(field: str, value: Any) -> None:
    decoded_or_refused(json.dumps(json.loads(GOOD.body) | {field: value}).encode())


@given(st.sampled_from(["step", "fraction", "note"]) | st.text(), JSON)
def test_data_with_any_other_value(field: str, value: Any) -> None:
    event = json.loads(GOOD.body)
    event["data"][field] = value
    decoded_or_refused(json.dumps(event).encode())


@given(st.text(max_size=100), st.none() | st.floats(0.0, 1.0), st.integers(1, 2**40))
def test_every_message_comes_back_the_same(note: str, fraction: float | None, attempt: int) -> None:
    data = Progress(step="routing", fraction=fraction, note=note)
    envelope = Envelope.of(data, source="t", project="a" * 32, run="b" * 32, attempt=attempt)
    assert decode(encode(envelope)) == envelope
