"""Envelopes go out and come back the same; what is none is refused with its bytes kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from gondwana.errors import GondwanaError
from gondwana.messaging.envelope import (
    Envelope,
    MessageTooLargeError,
    UndecodableError,
    decode,
    encode,
)
from gondwana.messaging.messages import (
    MESSAGES,
    Cancelled,
    CancelRequested,
    CancelTask,
    ChangeMade,
    CheckOutcome,
    Data,
    Done,
    Failed,
    InputFile,
    OutputFile,
    Progress,
    Started,
    StepRequested,
    Task,
)
from gondwana.messaging.transport import Message
from gondwana.steps.edits import Edit, Place

PROJECT, RUN, SUM = "a" * 32, "b" * 32, "0" * 64
FILL = Edit(operation="fill", at=Place(point=(10.0, 50.0)), reason="a lake", author="Ada")
TASK = Task(
    step="internal_oceans",
    worker="python",
    step_version=1,
    parameters={"policy": "fill", "area": 1.5, "seas": [{"lon": None}]},
    edits=(FILL,),
    inputs={"regridded": InputFile(uri="file:///data/ab/cd", sha256=SUM)},
    outputs=("topography",),
    created=datetime(2026, 1, 2, tzinfo=UTC),
    timeout=600.0,
)
EXAMPLES: tuple[tuple[Data, str], ...] = (
    (StepRequested(step="routing", author="Ada"), "preprocessing.routing"),
    (TASK, "preprocessing.internal_oceans.python"),
    (Started(step="routing", worker="here:17"), "preprocessing.routing.started"),
    (Progress(step="routing", fraction=0.5), "preprocessing.routing.progress"),
    (
        Done(
            step="routing",
            outputs={"routing": OutputFile(uri="file:///out", sha256=SUM, size=7)},
            checks=(CheckOutcome(name="basins", status="warn", summary="3", table=({"n": 3},)),),
            changes=(ChangeMade(what="filled", why="rule", cells=3, lon=1.0, lat=2.0),),
            notes=("cells, not nodes",),
            seconds=1.5,
        ),
        "preprocessing.routing.done",
    ),
    (
        Failed(step="routing", code="bad_input", reason="no land", retryable=False, log="…"),
        "preprocessing.routing.failed",
    ),
    (Cancelled(step="routing"), "preprocessing.routing.cancelled"),
    (CancelRequested(step="routing", author="Ada"), "preprocessing.routing.cancel"),
    (CancelTask(step="routing", worker="python"), "preprocessing.routing.python.cancel"),
)


def enveloped(data: Data) -> Message:
    return encode(Envelope.of(data, source="test", project=PROJECT, run=RUN, attempt=2))


def changed(message: Message, **fields: Any) -> Message:
    return Message(message.id, message.key, json.dumps(json.loads(message.body) | fields).encode())


def test_there_is_an_example_of_every_message() -> None:
    assert {type(data) for data, _ in EXAMPLES} == {
        model for model in MESSAGES.values() if issubclass(model, Data)
    }


@pytest.mark.parametrize(("data", "key"), EXAMPLES)
def test_there_and_back(data: Data, key: str) -> None:
    message = enveloped(data)
    assert message.key == key
    envelope = decode(message)
    assert type(envelope.data) is type(data)
    assert envelope.data == data
    assert (envelope.id, envelope.subject, envelope.runid, envelope.attempt) == (
        message.id,
        PROJECT,
        RUN,
        2,
    )
    assert encode(envelope) == message


def test_the_envelope_is_an_event_as_cloudevents_wants_it() -> None:
    event = json.loads(enveloped(TASK).body)
    assert event["specversion"] == "1.0"
    assert {"id", "source", "type", "subject", "time", "dataschema", "data"} <= event.keys()
    assert event["time"].endswith("Z")
    assert all(name.isalnum() and name.islower() for name in event)


def test_times_are_told_in_utc() -> None:
    message = changed(enveloped(TASK), time="2026-01-02T03:00:00+02:00")
    assert decode(message).time == datetime(2026, 1, 2, 1, tzinfo=UTC)
    assert decode(message).time.tzinfo is UTC


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"surprise": 1}, "surprise"),
        ({"attempt": 0}, "attempt"),
        ({"attempt": "1"}, "attempt"),
        ({"id": "1"}, "id"),
        ({"runid": None}, "runid"),
        ({"specversion": "2.0"}, "specversion"),
        ({"time": "2026-01-02T03:04:05"}, "time"),
        ({"type": "preprocessing.routing.done"}, "type"),
        ({"dataschema": "urn:gondwana:message:task:2"}, "schema"),
        ({"data": {}}, "data"),
        ({"data": TASK.model_dump(mode="json") | {"surprise": 1}}, "surprise"),
        ({"data": TASK.model_dump(mode="json") | {"timeout": float("inf")}}, "timeout"),
        ({"data": TASK.model_dump(mode="json") | {"parameters": {"a": float("nan")}}}, "finite"),
        ({"data": TASK.model_dump(mode="json") | {"parameters": {"a": [1e999]}}}, "finite"),
        ({"data": TASK.model_dump(mode="json") | {"worker": "done"}}, "worker"),
        ({"data": TASK.model_dump(mode="json") | {"step": "../routing"}}, "step"),
    ],
)
def test_a_changed_envelope_is_refused(fields: dict[str, Any], problem: str) -> None:
    message = changed(enveloped(TASK), **fields)
    with pytest.raises(UndecodableError, match=problem) as caught:
        decode(message)
    assert caught.value.message == message
    assert isinstance(caught.value, GondwanaError)
    assert not caught.value.retryable


@pytest.mark.parametrize("body", [b"", b"null", b"\xff\xfe", b"[" * 10_000, b'{"id": ', b"'x'"])
def test_bytes_that_are_no_envelope_are_refused_and_kept(body: bytes) -> None:
    with pytest.raises(UndecodableError) as caught:
        decode(Message("", "preprocessing.routing.done", body))
    assert caught.value.message.body == body


@pytest.mark.parametrize("key", ["", "routing", "other.routing", "preprocessing.a.b.c", "a.b.c.d"])
def test_a_key_of_no_message_is_refused(key: str) -> None:
    with pytest.raises(UndecodableError, match="none of our messages"):
        decode(Message("", key, enveloped(TASK).body))


def test_the_key_and_the_type_have_to_agree() -> None:
    message = enveloped(TASK)
    with pytest.raises(UndecodableError, match=message.key):
        decode(Message(message.id, "preprocessing.routing.python", message.body))


def test_the_size_limit_holds_both_ways() -> None:
    envelope = Envelope.of(TASK, source="test", project=PROJECT, run=RUN, attempt=1)
    message = encode(envelope)
    size = len(message.body)
    assert encode(envelope, limit=size) == message
    assert decode(message, limit=size) == envelope
    with pytest.raises(MessageTooLargeError, match=str(size)):
        encode(envelope, limit=size - 1)
    with pytest.raises(UndecodableError, match=str(size)):
        decode(message, limit=size - 1)


@pytest.mark.parametrize("tag", ["done", "cancel", "Python", "a.b", "a*", "#", "", "x" * 65])
def test_a_tag_that_would_be_another_key_is_refused(tag: str) -> None:
    with pytest.raises(ValidationError, match="worker"):
        CancelTask(step="routing", worker=tag)
