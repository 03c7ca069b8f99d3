"""Actions as rows: a run is taken up once, closed once, and only by the attempt that is meant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from gondwana.dispatcher.desk import Desk
from gondwana.dispatcher.perform import Said, Scene, perform
from gondwana.dispatcher.platform import Platform
from gondwana.messaging.envelope import decode
from gondwana.messaging.messages import CancelTask as CancelTaskMessage
from gondwana.messaging.transport import Message
from gondwana.storage import revisions, runs
from gondwana.storage.database import Database
from gondwana.storage.files import FileStore
from gondwana.storage.models import Outgoing, Run
from gondwana.storage.words import OPEN, RunStatus
from gondwana.workflow import actions as do
from gondwana.workflow.freshness import File
from storage_samples import CLOSED, LATER, NOON, SECOND, add_run, new_project, put
from workflow_steps import DIAMOND

AT = NOON + 5 * SECOND
SAID = Said("", "crash", "lines", {"checks": [1]})
CLOSING = {
    RunStatus.DONE: do.MarkDone("top", 1, "f"),
    RunStatus.FAILED: do.MarkFailed("top", 1, "why", "what to do"),
    RunStatus.CANCELLED: do.MarkCancelled("top", 1),
    RunStatus.LOST: do.MarkLost("top", 1),
    RunStatus.NO_WORKER: do.MarkNoWorker("top", 1, "python"),
}


class Place:
    """A project on whose desk actions are done."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.platform = Platform(database, FileStore(str(folder / "files")), DIAMOND)
        self.database = database
        self.project = new_project(database)

    @contextmanager
    def scene(self, said: Said = SAID) -> Iterator[Scene]:
        with self.database.transaction() as session:
            desk = Desk(self.platform, session, [self.project])
            row = desk.project(self.project).project
            yield Scene(desk, row, AT, said, row.owner_id)
            desk.store()

    def do(self, *actions: do.Action, said: Said = SAID) -> None:
        with self.scene(said) as scene:
            for action in actions:
                perform(action, scene)

    def add(self, status: RunStatus, **about: Any) -> str:
        with self.database.transaction() as session:
            return add_run(session, self.project, "top", status, **about).id

    def run(self, run_id: str) -> Run:
        with self.database.reading() as session:
            return runs.get(session, run_id)

    def sent(self) -> list[Outgoing]:
        with self.database.reading() as session:
            return session.query(Outgoing).all()


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Place:
    return Place(database, tmp_path)


def task(attempt: int = 1) -> do.SendTask:
    inputs = {"given": File("a" * 64)}
    edits = ({"operation": "fill"},)
    return do.SendTask("top", attempt, "python", "f" * 64, inputs, {"level": 3}, edits)


def everything(run: Run) -> dict[str, Any]:
    return {column.name: getattr(run, column.name) for column in Run.__table__.columns}


def test_a_task_opens_a_run_that_waits_for_its_turn(place: Place) -> None:
    place.do(task())
    with place.database.reading() as session:
        (run,) = runs.unfinished(session)
    assert (run.step, run.attempt, run.tag, run.status) == ("top", 1, "python", RunStatus.WAITING)
    assert (run.fingerprint, run.parameters) == ("f" * 64, {"level": 3})
    assert (run.inputs, run.edits) == ({"given": "a" * 64}, [{"operation": "fill"}])
    assert place.sent() == []


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_second_open_run_of_a_step_cannot_be(place: Place, attempt: int) -> None:
    place.do(task())
    with pytest.raises(IntegrityError):
        place.do(task(attempt))


@pytest.mark.parametrize("status", RunStatus)
def test_one_worker_gets_a_run_that_is_free(place: Place, status: RunStatus) -> None:
    run = place.add(status)
    before = everything(place.run(run))
    place.do(do.MarkRunning("top", 1, "w1"))
    after = place.run(run)
    if status in (RunStatus.WAITING, RunStatus.QUEUED):
        assert (after.status, after.owner, after.started) == (RunStatus.RUNNING, "w1", AT)
        assert after.lease_until == AT + 60 * SECOND
        before = everything(after)
    place.do(do.MarkRunning("top", 1, "w2"))
    assert everything(place.run(run)) == before


@pytest.mark.parametrize("status", RunStatus)
def test_progress_is_that_of_a_run_at_work(place: Place, status: RunStatus) -> None:
    run = place.add(status)
    before = place.run(run)
    place.do(do.MarkProgress("top", 1, 0.25))
    after = place.run(run)
    if status is RunStatus.RUNNING:
        assert (after.progress, after.lease_until) == (0.25, AT + 60 * SECOND)
    else:
        assert everything(after) == everything(before)


@pytest.mark.parametrize("ending", CLOSING)
@pytest.mark.parametrize("status", OPEN)
def test_a_run_is_closed_however_it_stands(
    place: Place, status: RunStatus, ending: RunStatus
) -> None:
    run = place.add(status)
    place.do(CLOSING[ending])
    closed = place.run(run)
    assert (closed.status, closed.finished, closed.lease_until) == (ending, AT, None)
    assert closed.progress == (1.0 if ending is RunStatus.DONE else 0.0)
    assert closed.report == ({"checks": [1]} if ending is RunStatus.DONE else {})
    told = (closed.code, closed.reason, closed.hint, closed.log)
    failed = ending is RunStatus.FAILED
    assert told == (("crash", "why", "what to do", "lines") if failed else ("", "", "", ""))


@pytest.mark.parametrize("status", CLOSED)
def test_a_run_is_closed_once(place: Place, status: RunStatus) -> None:
    run = place.add(status, owner="w", log="before")
    before = everything(place.run(run))
    place.do(*CLOSING.values(), do.RetryLater("top", 1, 2.0, "why"))
    assert everything(place.run(run)) == before


def test_a_run_that_is_tried_again_tells_when(place: Place) -> None:
    run = place.add(RunStatus.RUNNING)
    place.do(do.RetryLater("top", 1, 2.5, "no memory"))
    closed = place.run(run)
    assert (closed.status, closed.code, closed.reason) == (RunStatus.FAILED, "crash", "no memory")
    assert closed.hint == "it is tried again after 2.5 s"


def test_another_attempt_changes_nothing(place: Place) -> None:
    run = place.add(RunStatus.RUNNING, attempt=2)
    before = everything(place.run(run))
    place.do(*CLOSING.values(), do.MarkRunning("top", 1, "w2"), do.MarkProgress("top", 1, 0.5))
    place.do(do.MarkDone("top", 3, "f"), do.MarkRunning("top", 3, "w2"))
    place.do(do.MarkDone("left", 2, "f"))
    assert everything(place.run(run)) == before


def test_an_action_sees_what_the_one_before_it_did(place: Place) -> None:
    place.do(
        task(1),
        do.MarkRunning("top", 1, "w1"),
        do.MarkLost("top", 1),
        do.MarkProgress("top", 1, 0.5),
        task(2),
    )
    with place.database.reading() as session:
        second, first = runs.history(session, place.project, "top")
    assert (first.status, first.owner, first.progress) == (RunStatus.LOST, "w1", 0.0)
    assert (second.attempt, second.status) == (2, RunStatus.WAITING)


def test_what_failed_half_way_is_as_before(place: Place) -> None:
    run = place.add(RunStatus.RUNNING)
    with pytest.raises(ZeroDivisionError), place.scene() as scene:
        perform(CLOSING[RunStatus.DONE], scene)
        raise ZeroDivisionError
    assert place.run(run).status is RunStatus.RUNNING
    assert place.run(run).lease_until == LATER


@pytest.mark.parametrize("status", [RunStatus.QUEUED, RunStatus.RUNNING, *CLOSED])
def test_whoever_may_have_a_run_is_told_to_stop(place: Place, status: RunStatus) -> None:
    run = place.add(status)
    place.do(do.CancelTask("top", 1))
    (message,) = place.sent()
    envelope = decode(Message(message.message_id, message.key, message.body))
    assert isinstance(envelope.data, CancelTaskMessage)
    assert (envelope.subject, envelope.runid, envelope.attempt) == (place.project, run, 1)


def test_nobody_is_told_to_stop_a_run_that_waits_for_its_turn(place: Place) -> None:
    place.add(RunStatus.WAITING)
    place.do(do.CancelTask("top", 1))
    assert place.sent() == []


def test_a_worker_that_has_a_run_nobody_knows_is_told_to_stop(place: Place) -> None:
    place.do(do.CancelTask("top", 1))
    assert place.sent() == []
    place.do(do.CancelTask("top", 1), said=Said("b" * 32))
    (message,) = place.sent()
    assert decode(Message(message.message_id, message.key, message.body)).runid == "b" * 32


def test_a_revision_names_its_run_and_who_asked_for_it(place: Place) -> None:
    sha256 = put(place.platform.store, b"made")
    run = place.add(RunStatus.RUNNING)
    place.do(do.RecordRevision("top", 1, "top", File(sha256, "c" * 64), "f" * 64))
    with place.database.reading() as session:
        (made,) = revisions.history(session, place.project)
    assert (made.kind, made.sha256, made.arrays_sha256) == ("top", sha256, "c" * 64)
    assert (made.step, made.fingerprint, made.run_id) == ("top", "f" * 64, run)
    assert made.author_id == place.run(run).author_id


def test_what_is_only_shown_changes_no_row(place: Place) -> None:
    run = place.add(RunStatus.RUNNING)
    before = everything(place.run(run))
    place.do(do.NothingToDo("top", "why"), do.AwaitPerson("top", "f"), do.HoldStep("top"))
    assert everything(place.run(run)) == before
    assert place.sent() == []


def test_an_action_that_nobody_knows_is_an_error(place: Place) -> None:
    with pytest.raises(TypeError, match="Action"):
        place.do(do.Action("top"))
