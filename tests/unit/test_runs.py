"""Runs: one open at a time, one worker at a time, closed once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from gondwana.storage import projects, runs
from gondwana.storage.database import Database
from gondwana.storage.errors import ConflictError, NotFoundError
from gondwana.storage.models import Run
from gondwana.storage.words import CLOSED, OPEN, RunStatus
from storage_samples import NOON, SECOND, new_project

LATER = NOON + 60 * SECOND


@pytest.fixture
def project(database: Database) -> str:
    return new_project(database)


def opened(
    database: Database, project: str, step: str = "routing", attempt: int = 1, **said: Any
) -> str:
    with database.transaction() as session:
        return runs.create(session, project, step, attempt=attempt, **said).id


def leased(database: Database, project: str, owner: str = "w1") -> str:
    run = opened(database, project)
    with database.transaction() as session:
        assert runs.lease(session, run, 1, owner, now=NOON, until=LATER) is not None
    return run


def status_of(database: Database, run: str) -> RunStatus:
    with database.reading() as session:
        return runs.get(session, run).status


def test_everything_said_of_a_run_is_kept(database: Database, project: str) -> None:
    said = {
        "tag": "python",
        "fingerprint": "f" * 64,
        "parameters": {"age": 60.0},
        "inputs": {"source": "a" * 64},
        "edits": [{"operation": "fill"}],
    }
    run = opened(database, project, **said)
    with database.reading() as session:
        kept = runs.get(session, run)
        assert {name: getattr(kept, name) for name in said} == said
        assert (kept.attempt, kept.status) == (1, RunStatus.WAITING)
        with pytest.raises(NotFoundError):
            runs.get(session, "none")


def test_a_step_has_one_open_run(database: Database, project: str) -> None:
    run = opened(database, project)
    with pytest.raises(ConflictError, match="open already"):
        opened(database, project)
    other = opened(database, project, "soils")
    with database.transaction() as session:
        assert [one.id for one in runs.unfinished(session)] == [run, other]
        runs.finish(session, run, 1, RunStatus.FAILED, now=NOON)
    again = opened(database, project, attempt=2)
    with database.reading() as session:
        found = runs.open_run(session, project, "routing")
        assert found is not None
        assert found.id == again
        assert [one.id for one in runs.history(session, project, "routing")] == [again, run]
        assert len(runs.history(session, project)) == 3
        assert {one.id for one in runs.get_all(session, [run, other, "none"])} == {run, other}
        assert runs.get_all(session, []) == []


def test_attempts_only_grow(database: Database, project: str) -> None:
    run = opened(database, project, attempt=5)
    with database.transaction() as session:
        runs.finish(session, run, 5, RunStatus.LOST, now=NOON)
    with pytest.raises(ConflictError, match="attempt 5"):
        opened(database, project, attempt=5)
    opened(database, project, attempt=6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempt": 0},
        {"progress": 1.5},
        {"status": RunStatus.RUNNING},
        {"status": RunStatus.DONE},
        {"finished": NOON},
        {"lease_until": NOON},
        {"author_id": None},
    ],
)
def test_the_database_itself_guards_runs(
    database: Database, project: str, wrong: dict[str, Any]
) -> None:
    with database.transaction() as session:
        author = projects.get(session, project).owner_id
    values = {"project_id": project, "step": "routing", "attempt": 1, "author_id": author}
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(Run(**{**values, **wrong}))
    with database.transaction() as session:
        session.add(Run(**values))


def test_the_database_itself_guards_the_one_open_run(database: Database, project: str) -> None:
    run = opened(database, project)
    with database.reading() as session:
        author = runs.get(session, run).author_id
    values = {"project_id": project, "step": "routing", "author_id": author}
    closed = {"status": RunStatus.LOST, "finished": NOON}
    for wrong in ({"attempt": 1, **closed}, {"attempt": 2}):
        with pytest.raises(IntegrityError), database.transaction() as session:
            session.add(Run(**values, **wrong))
    with database.transaction() as session:
        session.add(Run(**values, attempt=2, **closed))


def test_one_worker_gets_a_run(database: Database, project: str) -> None:
    run = leased(database, project)
    with database.transaction() as session:
        assert runs.lease(session, run, 1, "w2", now=NOON, until=LATER) is None
        assert runs.lease(session, run, 1, "w1", now=NOON, until=LATER) is None
        held = runs.get(session, run)
        assert (held.owner, held.lease_until, held.started) == ("w1", LATER, NOON)
        assert held.status is RunStatus.RUNNING


def test_another_attempt_is_not_leased(database: Database, project: str) -> None:
    run = opened(database, project, attempt=2)
    with database.transaction() as session:
        for attempt in (1, 3):
            assert runs.lease(session, run, attempt, "w1", now=NOON, until=LATER) is None
        assert runs.lease(session, "none", 2, "w1", now=NOON, until=LATER) is None


def test_what_waits_is_queued(database: Database, project: str) -> None:
    run = opened(database, project, tag="python")
    with database.transaction() as session:
        assert runs.tags_waiting(session) == ["python"]
        queued = runs.queue(session, run, 1, now=NOON)
        assert queued is not None
        assert (queued.status, queued.queued) == (RunStatus.QUEUED, NOON)
        assert runs.queue(session, run, 1, now=NOON) is None
        assert runs.tags_waiting(session) == []
        assert [runs.count_queued(session, tag) for tag in ("python", "other")] == [1, 0]
        assert runs.queued_before(session, NOON) == []
        assert [one.id for one in runs.queued_before(session, NOON + SECOND)] == [run]
        assert runs.running(session) == []
        runs.lease(session, run, 1, "w", now=NOON, until=LATER)
        assert [one.id for one in runs.running(session)] == [run]
        assert runs.count_queued(session, "python") == 0


def test_a_heartbeat_extends_the_lease_of_its_worker_alone(
    database: Database, project: str
) -> None:
    run = leased(database, project)
    until = LATER + 60 * SECOND
    with database.transaction() as session:
        assert runs.heartbeat(session, run, 1, "w2", until=until) is None
        assert runs.heartbeat(session, run, 2, "w1", until=until) is None
        beaten = runs.heartbeat(session, run, 1, "w1", until=until, progress=0.5)
        assert beaten is not None
        assert (beaten.lease_until, beaten.progress) == (until, 0.5)
        beaten = runs.heartbeat(session, run, 1, "w1", until=until)
        assert beaten is not None
        assert beaten.progress == 0.5
        assert runs.expired(session, now=LATER + SECOND) == []


@pytest.mark.parametrize("status", CLOSED)
def test_a_run_is_closed_once(database: Database, project: str, status: RunStatus) -> None:
    run = leased(database, project)
    said = {"code": "crash", "reason": "why", "hint": "what", "log": "lines", "report": {"a": [1]}}
    with database.transaction() as session:
        assert runs.finish(session, run, 2, status, now=NOON) is None
        assert runs.finish(session, run, 1, status, now=NOON, owner="w2") is None
        closed = runs.finish(session, run, 1, status, now=NOON, owner="w1", **said)
        assert closed is not None
        assert {name: getattr(closed, name) for name in said} == said
        assert (closed.status, closed.finished, closed.lease_until) == (status, NOON, None)
        assert closed.owner == "w1"
        assert closed.progress == (1.0 if status is RunStatus.DONE else 0.0)
        for other in CLOSED:
            assert runs.finish(session, run, 1, other, now=LATER) is None
        assert runs.heartbeat(session, run, 1, "w1", until=LATER) is None
        assert runs.lease(session, run, 1, "w1", now=NOON, until=LATER) is None
    assert status_of(database, run) is status


@pytest.mark.parametrize("status", OPEN)
def test_a_run_does_not_end_open(database: Database, project: str, status: RunStatus) -> None:
    run = opened(database, project)
    with pytest.raises(ValueError, match="cannot end"), database.transaction() as session:
        runs.finish(session, run, 1, status, now=NOON)


def test_what_was_never_leased_can_be_closed(database: Database, project: str) -> None:
    run = opened(database, project)
    with database.transaction() as session:
        assert runs.finish(session, run, 1, RunStatus.NO_WORKER, now=NOON) is not None


def test_a_lease_that_is_over_can_be_found_and_renewed(database: Database, project: str) -> None:
    run = leased(database, project)
    with database.transaction() as session:
        assert runs.expired(session, now=LATER) == []
        assert [one.id for one in runs.expired(session, now=LATER + SECOND)] == [run]
        runs.renew_leases(session, until=LATER + SECOND)
        assert runs.expired(session, now=LATER + SECOND) == []


def test_projects_that_found_no_worker_are_found(database: Database, project: str) -> None:
    run = opened(database, project, tag="coupling")
    with database.transaction() as session:
        assert runs.projects_without_worker(session, "coupling") == []
        runs.finish(session, run, 1, RunStatus.NO_WORKER, now=NOON)
        assert runs.projects_without_worker(session, "coupling") == [project]
        assert runs.projects_without_worker(session, "python") == []


def test_the_longest_expired_comes_first(database: Database, project: str) -> None:
    steps = ("a", "b", "c")
    made = [opened(database, project, step) for step in steps]
    with database.transaction() as session:
        for run, wait in zip(made, (3, 1, 2), strict=True):
            runs.lease(session, run, 1, "w", now=NOON, until=NOON + wait * SECOND)
        found = runs.expired(session, now=LATER, limit=2)
        assert [one.id for one in found] == [made[1], made[2]]


def test_what_failed_half_way_is_as_before(database: Database, project: str) -> None:
    run = leased(database, project)
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        runs.finish(session, run, 1, RunStatus.DONE, now=NOON)
        raise ZeroDivisionError
    assert status_of(database, run) is RunStatus.RUNNING
