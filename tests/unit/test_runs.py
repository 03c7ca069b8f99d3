"""Runs: one open at a time, found by how they stand, and leased to one worker."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from gondwana.storage import projects, runs
from gondwana.storage.database import Database
from gondwana.storage.errors import NotFoundError
from gondwana.storage.models import Run
from gondwana.storage.words import OPEN, RunStatus
from storage_samples import CLOSED, LATER, NOON, SECOND, add_run, new_project


@pytest.fixture
def project(database: Database) -> str:
    return new_project(database)


def added(database: Database, project: str, *about: Any, **more: Any) -> str:
    with database.transaction() as session:
        return add_run(session, project, *about, **more).id


def ids(found: list[Run]) -> list[str]:
    return [run.id for run in found]


def test_everything_said_of_a_run_is_kept(database: Database, project: str) -> None:
    said = {
        "tag": "python",
        "fingerprint": "f" * 64,
        "parameters": {"age": 60.0},
        "inputs": {"source": "a" * 64},
        "edits": [{"operation": "fill"}],
    }
    run = added(database, project, **said)
    with database.reading() as session:
        kept = runs.get(session, run)
        assert {name: getattr(kept, name) for name in said} == said
        assert (kept.attempt, kept.status) == (1, RunStatus.WAITING)
        with pytest.raises(NotFoundError):
            runs.get(session, "none")


def test_runs_of_a_project_are_found(database: Database, project: str) -> None:
    old = added(database, project, status=RunStatus.FAILED)
    other = added(database, project, "soils")
    again = added(database, project, attempt=2)
    added(database, new_project(database, "Miocene"), status=RunStatus.DONE)
    with database.reading() as session:
        assert ids(runs.history(session, project, "routing")) == [again, old]
        assert len(runs.history(session, project)) == 3
        assert ids(runs.unfinished(session)) == [other, again]
        assert {one.id for one in runs.get_all(session, [old, other, "none"])} == {old, other}
        assert runs.get_all(session, []) == []


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


@pytest.mark.parametrize("first", OPEN)
@pytest.mark.parametrize("second", OPEN)
def test_the_database_itself_guards_the_one_open_run(
    database: Database, project: str, first: RunStatus, second: RunStatus
) -> None:
    added(database, project, status=first)
    with pytest.raises(IntegrityError):
        added(database, project, status=second, attempt=2)
    for attempt, status in enumerate(CLOSED, start=2):
        added(database, project, status=status, attempt=attempt)
    added(database, project, "soils", second)


def test_an_attempt_is_made_once(database: Database, project: str) -> None:
    added(database, project, status=RunStatus.LOST)
    with pytest.raises(IntegrityError):
        added(database, project, status=RunStatus.LOST)
    with pytest.raises(IntegrityError):
        added(database, project)


def test_runs_are_found_by_how_they_stand(database: Database, project: str) -> None:
    waiting = added(database, project, "a", tag="python")
    queued = added(database, project, "b", RunStatus.QUEUED, tag="python")
    running = added(database, project, "c", RunStatus.RUNNING, tag="python")
    with database.transaction() as session:
        assert runs.tags_waiting(session) == ["python"]
        assert ids(runs.next_waiting(session, "python", 9)) == [waiting]
        assert [runs.count_queued(session, tag) for tag in ("python", "other")] == [1, 0]
        assert runs.queued_before(session, NOON) == []
        assert ids(runs.queued_before(session, NOON + SECOND)) == [queued]
        assert ids(runs.running(session)) == [running]


def test_a_heartbeat_extends_the_lease_of_its_worker_alone(
    database: Database, project: str
) -> None:
    run = added(database, project, status=RunStatus.RUNNING, owner="w1", progress=0.5)
    until = LATER + 60 * SECOND
    with database.transaction() as session:
        assert runs.heartbeat(session, run, 1, "w2", until=until) is None
        assert runs.heartbeat(session, run, 2, "w1", until=until) is None
        assert runs.heartbeat(session, "none", 1, "w1", until=until) is None
        assert runs.get(session, run).lease_until == LATER
        beaten = runs.heartbeat(session, run, 1, "w1", until=until)
        assert beaten is not None
        assert (beaten.lease_until, beaten.progress) == (until, 0.5)
        assert runs.expired(session, now=LATER + SECOND) == []


@pytest.mark.parametrize("status", [status for status in RunStatus if status != "running"])
def test_what_does_not_run_has_no_heartbeat(
    database: Database, project: str, status: RunStatus
) -> None:
    run = added(database, project, status=status, owner="w")
    with database.transaction() as session:
        assert runs.heartbeat(session, run, 1, "w", until=LATER) is None
        assert runs.get(session, run).lease_until is None


def test_a_lease_that_is_over_can_be_found_and_renewed(database: Database, project: str) -> None:
    run = added(database, project, status=RunStatus.RUNNING)
    done = added(database, project, "soils", RunStatus.DONE)
    with database.transaction() as session:
        assert runs.expired(session, now=LATER) == []
        assert ids(runs.expired(session, now=LATER + SECOND)) == [run]
        runs.renew_leases(session, until=LATER + SECOND)
    with database.reading() as session:
        assert runs.expired(session, now=LATER + SECOND) == []
        assert runs.get(session, done).lease_until is None


def test_the_longest_expired_comes_first(database: Database, project: str) -> None:
    made = [
        added(database, project, step, RunStatus.RUNNING, lease_until=NOON + wait * SECOND)
        for step, wait in (("a", 3), ("b", 1), ("c", 2))
    ]
    with database.reading() as session:
        assert ids(runs.expired(session, now=LATER, limit=2)) == [made[1], made[2]]


def test_projects_that_found_no_worker_are_found(database: Database, project: str) -> None:
    other = new_project(database, "Miocene")
    added(database, project, tag="coupling", status=RunStatus.NO_WORKER)
    added(database, other, tag="coupling")
    with database.reading() as session:
        assert runs.projects_without_worker(session, "coupling") == [project]
        assert runs.projects_without_worker(session, "python") == []
