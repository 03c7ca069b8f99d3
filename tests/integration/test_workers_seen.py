"""Workers tell of themselves, and an administrator sees which there are."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dispatcher_world import received
from gondwana import __version__
from gondwana.accounts.errors import ForbiddenError
from gondwana.dispatcher.attendance import FORGOTTEN, Attendance
from gondwana.dispatcher.dispatcher import Dispatcher
from gondwana.dispatcher.recovery import take_up
from gondwana.messaging.envelope import (
    Presence,
    UndecodableError,
    decode,
    decode_presence,
    encode,
)
from gondwana.messaging.memory import MemoryBroker, MemoryTransport
from gondwana.messaging.messages import PRESENT, WorkerPresent
from gondwana.messaging.rabbitmq import RabbitMQTransport
from gondwana.messaging.topology import dispatcher_queue, presence_queue
from gondwana.messaging.transport import Message, Transport, UnroutableError
from gondwana.services import workers
from gondwana.services.workers import WorkerInfo
from gondwana.storage import workers as rows
from gondwana.storage.database import Database
from gondwana.storage.marks import utc_now
from gondwana.storage.workers import Seen
from gondwana.worker import presence
from gondwana.worker.reports import Reports
from gondwana.worker.worker import Worker
from services_world import Place, new_place

SOON = 60.0
WORD = WorkerPresent(worker="host-1-a", tag="python", places=4, busy=1, seconds=90.0)


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return new_place(database, tmp_path, monkeypatch)


def said(**changes: Any) -> Message:
    return encode(Presence.of(WorkerPresent.model_validate(WORD.model_dump() | changes)))


def hear(place: Place, *messages: Message) -> None:
    """Let the dispatcher hear messages."""
    with place.transport.consume(presence_queue("test"), prefetch=1000) as consumer:
        place.transport.publish(*messages)
        Attendance(place.platform, place.transport).take(consumer, received(consumer))
    # what was told is acknowledged, and does not come again
    with place.transport.consume(presence_queue("test")) as consumer:
        assert received(consumer) == []


def listed(place: Place) -> list[WorkerInfo]:
    return list(workers.listed(place.platform, place.admin))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def seen_at(place: Place, seen: datetime, name: str = "old") -> None:
    with place.database.transaction() as session:
        rows.note(session, [Seen(name, "python", 1, 0, "", seen, seen)])


def test_a_worker_is_listed_as_it_told_last(place: Place) -> None:
    before = utc_now()
    hear(place, said(), said(worker="host-2-b", tag="demo-fortran", places=1, busy=0))
    hear(place, said(busy=3, seconds=100.0, release="0.2"), said(busy=4, seconds=101.0))
    other, first = listed(place)
    assert (other.name, other.tag, other.places, other.busy) == ("host-2-b", "demo-fortran", 1, 0)
    assert (first.name, first.busy, first.version, first.silent) == ("host-1-a", 4, "", False)
    # since when it is there is as it was told first, by the clock of the dispatcher
    assert abs(first.since - (before - timedelta(seconds=90))) < timedelta(seconds=20)
    assert before <= first.seen <= utc_now()


def test_the_clock_of_a_worker_does_not_matter(place: Place) -> None:
    event = json.loads(said().body) | {"time": "1999-12-31T23:00:00Z"}
    hear(place, Message("", PRESENT, json.dumps(event).encode()))
    (worker,) = listed(place)
    assert not worker.silent


def test_an_end_in_good_order_is_no_silence(place: Place) -> None:
    hear(place, said(), said(worker="host-2-b"))
    hear(place, said(worker="host-2-b", leaving=True), said(worker="host-3-c", leaving=True))
    assert [worker.name for worker in listed(place)] == ["host-1-a"]
    hear(place, said(busy=2), said(leaving=True))  # told together: the last word counts
    assert listed(place) == []


def test_a_silent_worker_is_shown_and_after_a_day_forgotten(place: Place) -> None:
    now = utc_now()
    seen_at(place, now - timedelta(seconds=29), "quick")
    seen_at(place, now - timedelta(seconds=40), "silent")
    seen_at(place, now - FORGOTTEN + timedelta(minutes=1), "yesterday")
    seen_at(place, now - FORGOTTEN, "forgotten")
    assert {worker.name: worker.silent for worker in listed(place)} == {
        "quick": False,
        "silent": True,
        "yesterday": True,
    }
    with place.database.transaction() as session:
        rows.forget(session, now - FORGOTTEN + timedelta(seconds=1))
        kept = rows.heard_since(session, now - 2 * FORGOTTEN)
        assert {worker.name for worker in kept} == {"quick", "silent", "yesterday"}


def test_where_the_broker_was_in_memory_a_new_start_forgets_all_workers(place: Place) -> None:
    seen_at(place, utc_now())
    take_up(place.platform)
    assert listed(place) == []


def test_an_administrator_alone_may_look(place: Place) -> None:
    with pytest.raises(ForbiddenError):
        workers.listed(place.platform, place.ada)


@pytest.mark.parametrize(
    "changes",
    [
        {"worker": ""},
        {"worker": "a\nb"},
        {"worker": "<b>"},
        {"worker": "x" * 101},
        {"worker": "a\0"},
        {"worker": 7},
        {"tag": "done"},
        {"tag": "Python"},
        {"places": -1},
        {"places": 2**31},
        {"busy": 1.5},
        {"seconds": -1.0},
        {"seconds": 1e300},
        {"release": "\0"},
        {"release": "x" * 61},
        {"leaving": "no"},
        {"surprise": 1},
    ],
)
def test_what_is_no_word_of_a_worker_is_dropped(place: Place, changes: dict[str, Any]) -> None:
    event = json.loads(said().body)
    event["data"] |= changes
    bad = Message("", PRESENT, json.dumps(event).encode())
    with pytest.raises(UndecodableError):
        decode_presence(bad)
    hear(place, bad, said(worker="good"), Message("", PRESENT, b"\xff{"), Message("", PRESENT, b""))
    assert [worker.name for worker in listed(place)] == ["good"]


def test_it_is_not_taken_for_word_of_a_run(place: Place) -> None:
    word = said()
    with pytest.raises(UndecodableError, match="none of our messages"):
        decode(word)
    done = replace(word, key="preprocessing.routing.done")
    with pytest.raises(UndecodableError):
        decode(done)
    with pytest.raises(UndecodableError, match="says that it is"):
        decode_presence(done)
    assert PRESENT not in dispatcher_queue(place.steps).keys


def test_what_cannot_be_stored_is_dropped(place: Place, tmp_path: Path) -> None:
    nowhere = Database(f"sqlite:///{tmp_path}/empty.sqlite")  # has no tables
    with place.transport.consume(presence_queue("test"), prefetch=10) as consumer:
        place.transport.publish(said())
        away = replace(place.platform, database=nowhere)
        Attendance(away, place.transport).take(consumer, received(consumer))
    nowhere.close()
    hear(place, said())
    assert len(listed(place)) == 1


def test_nobody_to_hear_it_stops_nobody(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(UnroutableError):
        place.transport.publish(said())
    settled = []
    reports = Reports(place.transport)
    reports.start()
    reports.beat("host-1-a", said())
    other = Message("1", dispatcher_queue(place.steps).keys[0], b"{}")
    ticket = reports.say("run/1", other, then=lambda: settled.append(True))
    reports.stop(SOON)
    assert ticket.arrived
    assert settled
    assert caplog.records == []


@pytest.fixture(params=["memory", "rabbitmq"])
def connect(request: pytest.FixtureRequest) -> Callable[[], Transport]:
    if request.param == "memory":
        broker = MemoryBroker()
        return lambda: MemoryTransport(broker)
    url = request.getfixturevalue("rabbitmq").url
    return lambda: RabbitMQTransport(url)


def test_from_a_worker_to_its_dispatchers_and_to_the_end(
    place: Place, connect: Callable[[], Transport]
) -> None:
    busy = [0]
    with connect() as here, connect() as there:
        reports = Reports(there)
        reports.start()
        worker = presence.Attendance("w-1", "python", 2, lambda: busy[0], reports, 0.05)
        worker.start()  # before anybody is there to hear it
        with Dispatcher(place.platform, here), Dispatcher(place.platform, here):
            until(lambda: [one.name for one in listed(place)] == ["w-1"])
            first = listed(place)[0]
            assert (first.tag, first.places, first.busy) == ("python", 2, 0)
            assert (first.version, first.silent) == (__version__, False)
            busy[0] = 2
            until(lambda: listed(place)[0].busy == 2)
            assert listed(place)[0].since == first.since
            worker.stop()
            reports.stop(SOON)
        assert listed(place) == []  # both have heard its last word before they ended
        with pytest.raises(UnroutableError):
            here.publish(said())  # and nothing waits for them to come back


def test_a_worker_tells_of_its_start_and_of_its_end(place: Place) -> None:
    with place.transport.consume(presence_queue("test"), prefetch=10) as consumer:
        worker = Worker(place.transport, place.store, place.steps, "python", jobs=2)
        with worker:
            first = consumer.receive(SOON)
            assert first is not None
        last = received(consumer)[-1]
    began, ended = (decode_presence(one.message).data for one in (first, last))
    assert (began.places, began.busy, began.tag) == (2, 0, "python")
    assert (began.leaving, ended.leaving) == (False, True)
    assert all(name.startswith(began.worker) for name in worker.names)
    assert ended.seconds >= began.seconds
