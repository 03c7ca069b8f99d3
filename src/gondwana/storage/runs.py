"""Runs: who works on which attempt at a step, and how it ended.

What becomes of a run is changed by whoever has locked its project. What is changed without that
lock, its turn and its lease, is changed only if the run still is as it was.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import islice

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gondwana.storage import turns
from gondwana.storage.errors import NotFoundError
from gondwana.storage.models import IS_AT_WORK, IS_OPEN, IS_WITHOUT_WORKER, Run
from gondwana.storage.words import RunStatus


def get(session: Session, run_id: str) -> Run:
    """Return a run.

    Raises
    ------
    NotFoundError
        There is none with this id.
    """
    run = session.get(Run, run_id)
    if run is None:
        raise NotFoundError("there is no such run")
    return run


def get_all(session: Session, run_ids: Collection[str]) -> list[Run]:
    """Return those of some runs that there are."""
    if not run_ids:
        return []
    return list(session.scalars(select(Run).where(Run.id.in_(run_ids))))


def unfinished(session: Session) -> list[Run]:
    """Return all runs that are not over, the oldest first: what a start has to take up again."""
    return list(session.scalars(select(Run).where(IS_OPEN).order_by(Run.created, Run.id)))


def history(session: Session, project_id: str, step: str | None = None) -> list[Run]:
    """Return the runs of a project, of one step or of all, the last one first."""
    wanted = select(Run).where(Run.project_id == project_id)
    if step is not None:
        wanted = wanted.where(Run.step == step)
    return list(session.scalars(wanted.order_by(Run.created.desc(), Run.step, Run.attempt.desc())))


def running(session: Session) -> list[Run]:
    """Return all runs that a worker has, the longest at work first."""
    wanted = select(Run).where(IS_AT_WORK, Run.status == RunStatus.RUNNING)
    return list(session.scalars(wanted.order_by(Run.started, Run.id)))


def queued_before(session: Session, before: datetime, *, limit: int = 100) -> list[Run]:
    """Return runs that were queued before a time and that no worker has taken up, oldest first."""
    wanted = select(Run).where(IS_AT_WORK, Run.status == RunStatus.QUEUED, Run.queued < before)
    return list(session.scalars(wanted.order_by(Run.queued, Run.id).limit(limit)))


def projects_without_worker(session: Session, tag: str) -> list[str]:
    """Return the projects in which some run once found no worker with a tag."""
    wanted = select(Run.project_id).where(IS_WITHOUT_WORKER, Run.tag == tag)
    return list(session.scalars(wanted.distinct().order_by(Run.project_id)))


def tags_waiting(session: Session) -> list[str]:
    """Return the tags whose workers some run waits for."""
    return turns.tags(session)


def count_queued(session: Session, tag: str) -> int:
    """Return how many runs of a tag are queued and not taken up."""
    queued = Run.status == RunStatus.QUEUED
    wanted = select(func.count()).where(IS_AT_WORK, Run.tag == tag, queued)
    return session.scalar(wanted) or 0


def next_waiting(session: Session, tag: str, limit: int) -> list[Run]:
    """Return the waiting runs of a tag whose turn it is.

    Authors take turns: first those of whom the fewest runs are queued or running, of equal ones
    the one who waits the longest; the runs of one author in the order in which they came. Runs
    that another transaction is about to change are left out.
    """
    next_ones = islice(turns.in_turn(session, tag), limit)
    places = {run_id: place for place, run_id in enumerate(next_ones)}
    wanted = select(Run).where(Run.id.in_(places)).with_for_update(skip_locked=True)
    found = session.scalars(wanted.execution_options(populate_existing=True))
    still = [run for run in found if run.status is RunStatus.WAITING]
    return sorted(still, key=lambda run: places[run.id])


def renew_leases(session: Session, *, until: datetime) -> None:
    """Let all leases that there are end at one time."""
    leased = update(Run).where(Run.status == RunStatus.RUNNING).values(lease_until=until)
    session.execute(leased, execution_options={"synchronize_session": False})


def heartbeat(
    session: Session, run_id: str, attempt: int, owner: str, *, until: datetime
) -> Run | None:
    """Extend a lease; None if it is no longer this worker's, which then has to stop."""
    held = (
        update(Run)
        .where(
            Run.id == run_id,
            Run.attempt == attempt,
            Run.owner == owner,
            Run.status == RunStatus.RUNNING,
        )
        .values(lease_until=until)
        .returning(Run)
    )
    options = {"populate_existing": True, "synchronize_session": False}
    return session.scalars(held, execution_options=options).one_or_none()


def expired(session: Session, *, now: datetime, limit: int = 100) -> list[Run]:
    """Return runs whose lease is over, the longest first."""
    wanted = select(Run).where(Run.lease_until < now).order_by(Run.lease_until, Run.id)
    return list(session.scalars(wanted.limit(limit)))
