"""The dispatcher on real databases: what is stored and sent after each thing that can happen."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Connection
from sqlalchemy.event import listens_for

from dispatcher_world import LEASE, World, received
from gondwana.dispatcher import transitions
from gondwana.dispatcher.relay import Relay
from gondwana.errors import TargetError
from gondwana.messaging.envelope import encode
from gondwana.messaging.messages import (
    Cancelled,
    Done,
    Failed,
    OutputFile,
    Progress,
    Started,
    Task,
)
from gondwana.messaging.topology import dispatcher_queue
from gondwana.messaging.transport import Message, Transport, UnroutableError
from gondwana.storage import projects, runs
from gondwana.storage.database import Database
from gondwana.storage.errors import ConflictError
from gondwana.storage.marks import utc_now
from gondwana.storage.words import RunStatus
from gondwana.workflow.events import InputChanged, ParametersChanged
from gondwana.workflow.freshness import File
from gondwana.workflow.model import Phase


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World(database, tmp_path)


@pytest.fixture
def begun(world: World) -> tuple[World, str]:
    """Return a project whose first step is with the workers."""
    world.employ()
    project = world.project()
    world.give(project, "source", b"topography")
    world.pump()
    return world, project


def test_an_upload_runs_what_depends_on_it_up_to_the_person(begun: tuple[World, str]) -> None:
    world, project = begun
    done = world.work()
    assert set(done) == {"regrid"}
    assert world.shown(project)["regrid"] == "fresh"
    assert world.shown(project)["internal_oceans"] == "awaiting you"
    world.request(project, "internal_oceans")
    after = world.work()
    assert after[:2] == ["internal_oceans", "routing"]
    assert len(after) == len(set(after))


def test_a_task_carries_everything_and_its_run_tells_what_happened(
    begun: tuple[World, str],
) -> None:
    world, project = begun
    (task,) = world.tasks()
    assert isinstance(task.data, Task)
    assert (task.type, task.subject, task.attempt) == (
        "preprocessing.regrid.python",
        project,
        1,
    )
    source = task.data.inputs["source"]
    assert world.store.verify(source.sha256) == len(b"topography")
    (run,) = world.runs(project, "regrid")
    assert (run.id, run.status) == (task.runid, RunStatus.QUEUED)
    world.start(task)
    world.pump()
    (run,) = world.runs(project, "regrid")
    assert (run.status, run.owner) == (RunStatus.RUNNING, "w-1")
    assert run.lease_until is not None and run.lease_until > utc_now() + LEASE / 2
    world.say(task, Progress(step="regrid", fraction=0.5))
    world.pump()
    assert world.state(project).steps["regrid"].progress == 0.5
    world.finish(task)
    world.pump()
    (run,) = world.runs(project, "regrid")
    assert (run.status, run.report["seconds"]) == (RunStatus.DONE, 0.1)
    (revision,) = world.revisions(project, "regridded")
    assert (revision.run_id, revision.step, revision.number) == (run.id, "regrid", 1)


def test_what_is_the_same_again_starts_nothing_else(begun: tuple[World, str]) -> None:
    world, project = begun
    world.work()
    world.request(project, "internal_oceans")
    world.work()
    world.set(project, "regrid", method="bilinear")
    assert world.work() == ["regrid"]
    assert len(world.revisions(project, "regridded")) == 1
    world.set(project, "regrid", method="nearest")
    assert world.work("other") == ["regrid"]
    assert len(world.revisions(project, "regridded")) == 2
    assert world.shown(project)["internal_oceans"] == "awaiting you"


def test_messages_that_come_twice_change_nothing_twice(begun: tuple[World, str]) -> None:
    world, project = begun
    (task,) = world.tasks()
    world.start(task)
    done = world.say(task, world.result(task))
    for _ in range(3):
        world.transport.publish(encode(done))
        world.start(task)
        world.pump()
    assert len(world.revisions(project, "regridded")) == 1
    assert [run.status for run in world.runs(project, "regrid")] == [RunStatus.DONE]


def test_a_request_that_comes_twice_counts_once(begun: tuple[World, str]) -> None:
    world, project = begun
    world.work()
    world.request(project, "internal_oceans")
    world.relay.flush()
    (request,) = _received(world)
    world.transport.publish(request)
    world.pump()
    (task,) = world.tasks()
    world.say(task, Failed(step="internal_oceans", code="bad", reason="no", retryable=False))
    world.pump()
    world.transport.publish(request)
    world.pump()
    assert world.tasks() == [], "the copy came late, and would try again what has failed"


def _received(world: World) -> list[Message]:
    found = []
    while (delivery := world.events.receive(0.0)) is not None:
        world.events.ack(delivery)
        found.append(delivery.message)
    return found


def test_what_another_worker_says_is_void_and_it_is_told_to_stop(
    begun: tuple[World, str],
) -> None:
    world, project = begun
    (task,) = world.tasks()
    world.start(task, "w-1")
    world.start(task, "w-2")
    world.pump()
    (told,) = world.cancelled()
    assert (told.runid, told.attempt) == (task.runid, 1)
    world.finish(task, "wrong", worker="w-2")
    world.pump()
    assert world.revisions(project, "regridded") == []
    world.finish(task, worker="w-1")
    world.pump()
    assert len(world.revisions(project, "regridded")) == 1


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        ("missing", "is not in the store"),
        ("size", "bytes and not"),
        ("damaged", "has not the checksum"),
        ("kinds", "instead of regridded"),
    ],
)
def test_a_result_that_is_not_as_told_fails_the_run(
    begun: tuple[World, str], lie: str, told: str
) -> None:
    world, project = begun
    (task,) = world.tasks()
    world.start(task)
    right = world.result(task).outputs["regridded"]
    wrong: dict[str, OutputFile] = {
        "missing": right.model_copy(update={"sha256": "a" * 64, "uri": "file:///etc/passwd"}),
        "size": right.model_copy(update={"size": right.size + 1}),
        "damaged": right,
        "kinds": right,
    }
    if lie == "damaged":
        path = Path(right.uri.removeprefix("file://"))
        path.chmod(0o600)
        path.write_bytes(b"other")
    kind = "pft" if lie == "kinds" else "regridded"
    world.say(task, Done(step="regrid", outputs={kind: wrong[lie]}, seconds=1.0))
    world.pump()
    (run,) = world.runs(project, "regrid")
    assert run.status is RunStatus.FAILED
    assert told in run.reason
    assert run.hint
    assert world.shown(project)["regrid"] == "failed"
    assert world.revisions(project, "regridded") == []


def test_a_failure_that_may_pass_is_tried_again_when_it_is_due(begun: tuple[World, str]) -> None:
    world, project = begun
    (task,) = world.tasks()
    world.start(task)
    passing = Failed(step="regrid", code="crash", reason="it crashed", retryable=True, log="trace")
    world.say(task, passing)
    world.pump()
    (run,) = world.runs(project, "regrid")
    assert (run.status, run.code, run.reason, run.log) == (
        RunStatus.FAILED,
        "crash",
        "it crashed",
        "trace",
    )
    world.rounds.go()
    world.pump()
    assert world.tasks() == []
    _let_time_pass(world, project)
    world.rounds.go()
    world.pump()
    (again,) = world.tasks()
    assert again.attempt == 2
    world.say(again, passing)
    world.pump()
    assert world.shown(project)["regrid"] == "failed"


def _let_time_pass(world: World, project: str) -> None:
    """Make everything that is due later due now."""
    with world.database.transaction() as session:
        row = projects.lock(session, project)
        state = json.loads(json.dumps(row.state))
        past = utc_now() - timedelta(seconds=1)
        for known in state["steps"].values():
            if known.get("retry_at"):
                known["retry_at"] = past.isoformat()
        row.state, row.due = state, past


def test_bad_input_is_not_tried_again_and_can_be_by_a_person(begun: tuple[World, str]) -> None:
    world, project = begun
    (task,) = world.tasks()
    world.start(task)
    bad = Failed(
        step="regrid", code="bad_input", reason="no land", remedy="add some", retryable=False
    )
    world.say(task, bad)
    world.pump()
    state = world.state(project).steps["regrid"]
    assert (state.phase, state.reason, state.hint) == (Phase.FAILED, "no land", "add some")
    world.request(project, "regrid")
    assert world.work()[0] == "regrid"


def test_a_task_without_worker_shows_and_goes_when_one_comes(world: World) -> None:
    project = world.project()
    world.give(project, "source", b"topography")
    world.pump()
    assert world.shown(project)["regrid"] == "no worker"
    assert [run.status for run in world.runs(project)] == [RunStatus.NO_WORKER]
    world.rounds.go()
    world.employ()
    world.rounds.go()
    assert set(world.work()) >= {"regrid"}


def test_cancelling_a_queued_and_a_running_step(begun: tuple[World, str]) -> None:
    world, project = begun
    (task,) = world.tasks()
    world.cancel(project, "regrid")
    world.pump()
    assert world.shown(project)["regrid"] == "cancelled"
    assert [one.runid for one in world.cancelled()] == [task.runid]
    world.start(task)  # it had not heard
    world.pump()
    assert [one.runid for one in world.cancelled()] == [task.runid]
    world.request(project, "regrid")
    world.pump()
    (second,) = world.tasks()
    world.start(second)
    world.pump()
    world.cancel(project, "regrid")
    world.pump()
    assert [one.attempt for one in world.cancelled()] == [2]
    assert world.state(project).steps["regrid"].phase is Phase.STOPPING
    world.say(second, Cancelled(step="regrid"))
    world.pump()
    assert [run.status for run in world.runs(project, "regrid")] == [RunStatus.CANCELLED] * 2


def test_a_silent_worker_loses_its_run(begun: tuple[World, str]) -> None:
    world, project = begun
    (task,) = world.tasks()
    world.start(task)
    world.pump()
    with world.database.transaction() as session:
        past = utc_now() - timedelta(seconds=1)
        runs.renew_leases(session, until=past)
    world.rounds.go()
    assert world.tasks() == [], "the dispatcher has not listened for long enough to judge"
    world.rounds._in_touch = 0.0
    world.rounds.go()
    world.pump()
    (again,) = world.tasks()
    assert again.attempt == 2
    world.finish(task, "late")
    world.pump()
    assert world.revisions(project, "regridded") == []
    assert [run.status for run in world.runs(project, "regrid")] == [
        RunStatus.QUEUED,
        RunStatus.LOST,
    ]


def test_a_beat_keeps_a_run(begun: tuple[World, str]) -> None:
    world, project = begun
    (task,) = world.tasks()
    world.start(task)
    world.pump()
    with world.database.transaction() as session:
        runs.renew_leases(session, until=utc_now())
    world.say(task, Progress(step="regrid"))
    world.pump()
    (run,) = world.runs(project, "regrid")
    assert run.lease_until is not None and run.lease_until > utc_now() + LEASE / 2
    world.say(task, Progress(step="regrid"), worker="w-2")
    world.pump()
    assert [one.runid for one in world.cancelled()] == [task.runid]


def test_a_clock_that_jumps_takes_no_run_away(
    begun: tuple[World, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, project = begun
    (task,) = world.tasks()
    world.start(task)
    world.pump()
    world.rounds._in_touch = 0.0
    world.rounds.go()
    for days in (1, -1):
        jumped = utc_now() + timedelta(days=days)
        monkeypatch.setattr("gondwana.dispatcher.rounds.utc_now", lambda jumped=jumped: jumped)
        monkeypatch.setattr("time.time", jumped.timestamp)
        world.rounds.go()
        world.rounds.go()
        (run,) = world.runs(project, "regrid")
        assert run.status is RunStatus.RUNNING
        assert run.lease_until == jumped + LEASE


def test_a_task_that_went_astray_is_sent_again(begun: tuple[World, str]) -> None:
    world, project = begun
    world.tasks()  # acknowledged, and forgotten by the worker
    world.rounds._in_touch = 0.0
    world.rounds.go()
    world.pump()
    assert world.tasks() == [], "too early to say"
    with world.database.transaction() as session:
        for run in runs.unfinished(session):
            run.queued = utc_now() - timedelta(hours=1)
    world.rounds.go()
    world.pump()
    (again,) = world.tasks()
    assert again.attempt == 2
    assert world.runs(project, "regrid")[-1].status is RunStatus.LOST


def test_unreadable_messages_are_failures_where_their_run_is_known(
    begun: tuple[World, str],
) -> None:
    world, project = begun
    (task,) = world.tasks()
    world.start(task)
    world.pump()
    known = {"subject": project, "runid": task.runid, "attempt": 1, "data": {"nonsense": 1}}
    for number, body in enumerate((b"\xff\x00", b"[]", json.dumps(known).encode())):
        world.transport.publish(Message(f"{number:032x}", "preprocessing.regrid.done", body))
    world.pump()
    world.bury()
    (run,) = world.runs(project, "regrid")
    assert (run.status, run.code) == (RunStatus.FAILED, "bad_message")
    assert "nonsense" in run.log


def test_a_message_for_an_unknown_step_means_nothing(begun: tuple[World, str]) -> None:
    world, project = begun
    (task,) = world.tasks()
    unknown = Started(step="nonsense", worker="w-1")
    with pytest.raises(UnroutableError):
        world.say(task, unknown)
    # a queue of an earlier version may still take what this one does not know
    keys = ("preprocessing.nonsense.started",)
    world.transport.declare(replace(dispatcher_queue(world.steps), keys=keys))
    world.say(task, unknown)
    world.start(task)
    world.finish(task)
    world.pump()
    assert world.shown(project)["regrid"] == "fresh"


def test_a_task_that_kills_its_workers_is_a_visible_failure(begun: tuple[World, str]) -> None:
    world, project = begun
    world.workers["python"].close()
    for _ in range(6):
        world.employ()
        assert world.workers["python"].receive(0.0) is not None
        world.workers["python"].close()
    world.bury()
    (run,) = world.runs(project, "regrid")
    assert (run.status, run.code) == (RunStatus.FAILED, "dead_letter")


def test_a_message_of_a_project_that_is_gone_means_nothing(begun: tuple[World, str]) -> None:
    world, _ = begun
    (task,) = world.tasks()
    stranger = task.model_copy(update={"subject": "f" * 32})
    world.start(stranger)
    world.finish(stranger)
    world.pump()
    assert world.transport.backlog("preprocessing.dead").messages == 0  # type: ignore[union-attr]


def test_a_deleted_project_starts_nothing_more(begun: tuple[World, str]) -> None:
    world, project = begun
    with world.database.transaction() as session:
        projects.remove(session, project)
    world.work()
    assert [run.step for run in world.runs(project)] == ["regrid"]
    with world.database.transaction() as session:
        projects.take_back(session, project)
        transitions.look(world.platform, session, project)
    assert world.shown(project)["internal_oceans"] == "awaiting you"


def test_a_person_is_told_why_something_cannot_be_now(begun: tuple[World, str]) -> None:
    world, project = begun
    ada = world.user()
    sha256 = world.store.put(BytesIO(b"mine")).sha256
    for event, why in (
        (
            InputChanged(at=utc_now(), kind="regridded", file=File(sha256)),
            "is running and would replace",
        ),
        (
            ParametersChanged(at=utc_now(), step="regrid", parameters={"nonsense": 1}),
            "there is no parameter 'nonsense'",
        ),
    ):
        with pytest.raises(ConflictError, match=why), world.database.transaction() as session:
            transitions.tell(world.platform, session, project, event, ada)
    assert world.tasks()


def test_users_take_turns(world: World) -> None:
    world.employ()
    for number in range(12):
        world.give(world.project(f"many {number}", "ada"), "source", b"%d" % number)
    world.pump()
    other = world.project("one", "bob")
    world.give(other, "source", b"bob", "bob")
    world.pump()
    order = []
    while tasks := world.tasks():
        for task in tasks:
            order.append(task.subject)
            world.start(task)
            world.pump()
            world.finish(task)
        world.pump()
    assert order.index(other) <= 8
    assert len(set(order)) == 13


def test_two_dispatchers_that_hear_the_same_store_it_once(
    begun: tuple[World, str],
) -> None:
    world, project = begun
    (task,) = world.tasks()
    messages = [
        world.say(task, Started(step="regrid", worker="w-1")),
        world.say(task, world.result(task)),
    ]
    for message in messages:
        world.transport.publish(encode(message))
    queue = dispatcher_queue(world.steps)
    with world.transport.consume(queue, prefetch=1000) as consumer:
        first, second = world.events.receive(0.0), consumer.receive(0.0)
        assert first is not None
        assert second is not None
        world.hearing.take(consumer, [second])
        world.hearing.take(world.events, [first])
    world.pump()
    assert len(world.revisions(project, "regridded")) == 1


def test_a_full_disk_loses_nothing(tmp_path: Path, newest_sqlite: Path) -> None:
    shutil.copy(newest_sqlite, tmp_path / "small.sqlite")
    database = Database(f"sqlite:///{tmp_path / 'small.sqlite'}")
    world = World(database, tmp_path)
    world.employ()
    project = world.project()
    world.give(project, "source", b"topography")
    world.pump()
    (task,) = world.tasks()
    world.start(task)
    log = Failed(step="regrid", code="crash", reason="no", retryable=False, log="x" * 60_000)
    world.say(task, log)
    full = True

    @listens_for(database.engine, "begin")
    def limit(connection: Connection) -> None:
        # a file of SQLite that may not grow is a disk that is full
        connection.exec_driver_sql(f"PRAGMA max_page_count = {1 if full else 10**6}")

    found = received(world.events)
    with pytest.raises(TargetError, match="full"):
        world.hearing.take(world.events, found)
    assert world.runs(project, "regrid")[0].status is RunStatus.QUEUED
    full = False
    world.hearing.take(world.events, found)
    (run,) = world.runs(project, "regrid")
    assert (run.status, len(run.log)) == (RunStatus.FAILED, 60_000)
    database.close()


@pytest.mark.parametrize("published", [False, True])
def test_a_dispatcher_that_dies_around_publishing_is_followed_by_another(
    world: World, monkeypatch: pytest.MonkeyPatch, published: bool
) -> None:
    """Its transaction is stored; it dies before the broker has the message, or right after."""
    world.employ()
    project = world.project()
    world.give(project, "source", b"topography")

    class Dying:
        def publish(self, *messages: Message) -> None:
            if published:
                world.transport.publish(*messages)
            raise KeyboardInterrupt

    dying = Relay(world.platform, cast("Transport", Dying()))
    with pytest.raises(KeyboardInterrupt):
        dying.flush()
    assert world.relay.flush() == 0, "the claim of the first still holds"
    later = utc_now() + timedelta(minutes=1)
    monkeypatch.setattr("gondwana.dispatcher.relay.utc_now", lambda: later)
    assert world.relay.flush() == 1
    assert world.work() == ["regrid"]
    assert [run.status for run in world.runs(project, "regrid")] == [RunStatus.DONE]
