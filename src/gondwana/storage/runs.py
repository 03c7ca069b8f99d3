"""Runs: who works on which attempt at a step, and how it ended.

Every change names the attempt it means. One of an attempt that is over changes nothing and returns
None: this is how a worker that was given up is kept from recording anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from gondwana.storage import projects, turns
from gondwana.storage.errors import ConflictError, NotFoundError
from gondwana.storage.models import IS_AT_WORK, IS_OPEN, IS_WITHOUT_WORKER, Run
from gondwana.storage.words import CLOSED, OPEN, RunStatus


def create(
    session: Session,
    project_id: str,
    step: str,
    *,
    attempt: int,
    tag: str = "",
    fingerprint: str = "",
    parameters: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Any] | None = None,
    edits: Sequence[Mapping[str, Any]] = (),
    author_id: str | None = None,
) -> Run:
    """Open a run of a step; it waits for its turn.

    Parameters
    ----------
    session : Session
    project_id, step : str
    attempt : int
        Higher than any before.
    tag : str
        Of the workers that can run it.
    fingerprint, parameters, inputs, edits
        What it is to be run with, as JSON values; the inputs' checksums by kind.
    author_id : str, optional
        Who asked for it; by default the owner of the project.

    Raises
    ------
    ConflictError
        A run of the step is open, or its attempt is not higher than those before.
    NotFoundError
        There is no such project.
    """
    project = projects.lock(session, project_id)
    if open_run(session, project_id, step) is not None:
        raise ConflictError(f"a run of '{step}' is open already", remedy="wait for it or cancel it")
    if attempt <= _last_attempt(session, project_id, step):
        raise ConflictError(f"attempt {attempt} at '{step}' was made already")
    run = Run(
        project_id=project_id,
        step=step,
        attempt=attempt,
        tag=tag,
        status=RunStatus.WAITING,
        fingerprint=fingerprint,
        parameters=dict(parameters or {}),
        inputs=dict(inputs or {}),
        edits=[dict(edit) for edit in edits],
        author_id=author_id or project.owner_id,
    )
    session.add(run)
    session.flush()
    return run


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


def open_run(session: Session, project_id: str, step: str) -> Run | None:
    """Return the run of a step that is not over, if there is one."""
    return session.scalar(
        select(Run).where(Run.project_id == project_id, Run.step == step, Run.status.in_(OPEN))
    )


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


def queue(session: Session, run_id: str, attempt: int, *, now: datetime) -> Run | None:
    """Put a run into the queue that waited for its turn."""
    waits = Run.status == RunStatus.WAITING
    return _change(session, run_id, attempt, waits, status=RunStatus.QUEUED, queued=now)


def lease(
    session: Session, run_id: str, attempt: int, owner: str, *, now: datetime, until: datetime
) -> Run | None:
    """Give a run that nobody has to a worker until some time; None if another was quicker."""
    return _change(
        session,
        run_id,
        attempt,
        Run.status.in_((RunStatus.WAITING, RunStatus.QUEUED)),
        status=RunStatus.RUNNING,
        owner=owner,
        lease_until=until,
        started=now,
    )


def renew_leases(session: Session, *, until: datetime) -> None:
    """Let all leases that there are end at one time."""
    leased = update(Run).where(Run.status == RunStatus.RUNNING).values(lease_until=until)
    session.execute(leased, execution_options={"synchronize_session": False})


def heartbeat(
    session: Session,
    run_id: str,
    attempt: int,
    owner: str,
    *,
    until: datetime,
    progress: float | None = None,
) -> Run | None:
    """Extend a lease; None if it is no longer this worker's, which then has to stop."""
    told = {} if progress is None else {"progress": min(max(progress, 0.0), 1.0)}
    return _change(session, run_id, attempt, *_held_by(owner), lease_until=until, **told)


def finish(
    session: Session,
    run_id: str,
    attempt: int,
    status: RunStatus,
    *,
    now: datetime,
    owner: str | None = None,
    code: str = "",
    reason: str = "",
    hint: str = "",
    log: str = "",
    report: Mapping[str, Any] | None = None,
) -> Run | None:
    """Close a run, once; None if it was closed before or the attempt is another.

    Parameters
    ----------
    session : Session
    run_id : str
    attempt : int
    status : RunStatus
        One of `CLOSED`.
    now : datetime
    owner : str, optional
        If given, the run has to be this worker's.
    code, reason, hint : str
        Why it failed and what to do, for a person.
    log : str
        What a developer needs.
    report : mapping, optional
        Checks, changes and notes, as JSON values.
    """
    if status not in CLOSED:
        raise ValueError(f"a run cannot end as {status}")
    ended = {"progress": 1.0} if status is RunStatus.DONE else {}
    return _change(
        session,
        run_id,
        attempt,
        *((Run.status.in_(OPEN),) if owner is None else _held_by(owner)),
        status=status,
        lease_until=None,
        finished=now,
        code=code,
        reason=reason,
        hint=hint,
        log=log,
        report=dict(report or {}),
        **ended,
    )


def expired(session: Session, *, now: datetime, limit: int = 100) -> list[Run]:
    """Return runs whose lease is over, the longest first."""
    wanted = select(Run).where(Run.lease_until < now).order_by(Run.lease_until, Run.id)
    return list(session.scalars(wanted.limit(limit)))


def _held_by(owner: str) -> tuple[ColumnElement[bool], ...]:
    return Run.status == RunStatus.RUNNING, Run.owner == owner


def _last_attempt(session: Session, project_id: str, step: str) -> int:
    wanted = select(func.max(Run.attempt)).where(Run.project_id == project_id, Run.step == step)
    return session.scalar(wanted) or 0


def _change(
    session: Session, run_id: str, attempt: int, *conditions: ColumnElement[bool], **values: Any
) -> Run | None:
    """Change a run in one statement if it is at this attempt and as the conditions say."""
    changed = (
        update(Run)
        .where(Run.id == run_id, Run.attempt == attempt, *conditions)
        .values(**values)
        .returning(Run)
    )
    options = {"populate_existing": True, "synchronize_session": False}
    return session.scalars(changed, execution_options=options).one_or_none()
