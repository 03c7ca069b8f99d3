"""How the whole installation stands: queues, workers, failures; for administrators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Exists, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.services import disk, workers
from gondwana.services.disk import Amount
from gondwana.services.door import reading
from gondwana.services.workers import WorkerInfo
from gondwana.storage.marks import utc_now
from gondwana.storage.models import (
    IS_FAILED,
    IS_OPEN,
    IS_WITHOUT_WORKER,
    Project,
    Run,
    User,
)
from gondwana.storage.words import RunStatus

_LAST = 10
_MANY = 200


@dataclass(frozen=True)
class QueueInfo:
    """What the workers with one tag have before them, and how many of them there are.

    Attributes
    ----------
    tag : str
    waiting : int
        Runs whose turn has not come.
    queued : int
        Runs that were sent to the workers, and that none has taken up.
    running : int
    without_worker : int
        Runs for which there was no worker; they go when one comes.
    workers, places, busy : int
        Of those that are not silent.
    """

    tag: str
    waiting: int
    queued: int
    running: int
    without_worker: int
    workers: int
    places: int
    busy: int


@dataclass(frozen=True)
class FailedRun:
    """A run that failed, and of which project.

    Attributes
    ----------
    project_id, project, owner : str
        The project, its name and whose it is.
    step : str
    attempt : int
    finished : datetime
    worker : str
    code, reason, hint : str
        Why it failed and what to do, for a person.
    tried_again : bool
        There was another attempt since then.
    """

    project_id: str
    project: str
    owner: str
    step: str
    attempt: int
    finished: datetime
    worker: str
    code: str
    reason: str
    hint: str
    tried_again: bool


@dataclass(frozen=True)
class Overview:
    """How the installation stands.

    Attributes
    ----------
    queues : tuple of QueueInfo
        One for each tag.
    workers : tuple of WorkerInfo
    failed : tuple of FailedRun
        The last few.
    stored : Amount
        All files that are known.
    projects, deleted_projects, users, active_users : int
    """

    queues: tuple[QueueInfo, ...]
    workers: tuple[WorkerInfo, ...]
    failed: tuple[FailedRun, ...]
    stored: Amount
    projects: int
    deleted_projects: int
    users: int
    active_users: int


def overview(platform: Platform, actor: Actor) -> Overview:
    """Tell how the installation stands, as an administrator.

    Raises
    ------
    ForbiddenError
        The actor is no administrator.
    """
    with reading(platform, actor, admin=True) as visit:
        session = visit.session
        present = workers.present(session, utc_now())
        is_living = Project.deleted.is_(None)
        living = _count(session, select(func.count()).select_from(Project).where(is_living))
        return Overview(
            queues=_queues(platform, session, present),
            workers=present,
            failed=_failed(session, _LAST),
            stored=disk.stored(session),
            projects=living,
            deleted_projects=_count(session, select(func.count()).select_from(Project)) - living,
            users=_count(session, select(func.count()).select_from(User)),
            active_users=_count(session, select(func.count()).where(User.active)),
        )


def failed_runs(platform: Platform, actor: Actor, *, limit: int = _MANY) -> tuple[FailedRun, ...]:
    """List the last runs that failed, of all projects that are not deleted, the last one first.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    limit : int
        How many at most.

    Raises
    ------
    ForbiddenError
        The actor is no administrator.
    """
    with reading(platform, actor, admin=True) as visit:
        return _failed(visit.session, limit)


def _queues(
    platform: Platform, session: Session, present: tuple[WorkerInfo, ...]
) -> tuple[QueueInfo, ...]:
    counts: Counter[tuple[str, RunStatus]] = Counter()
    for wanted in (_open_runs(), _runs_without_worker()):
        counts.update({(row[0], row[1]): row[2] for row in session.execute(wanted)})
    tags = dict.fromkeys(step.worker for step in platform.graph.steps.values())
    tags |= dict.fromkeys(tag for tag, _ in counts) | dict.fromkeys(one.tag for one in present)
    heard = {tag: [one for one in present if one.tag == tag and not one.silent] for tag in tags}
    return tuple(
        QueueInfo(
            tag=tag,
            waiting=counts[tag, RunStatus.WAITING],
            queued=counts[tag, RunStatus.QUEUED],
            running=counts[tag, RunStatus.RUNNING],
            without_worker=counts[tag, RunStatus.NO_WORKER],
            workers=len(heard[tag]),
            places=sum(worker.places for worker in heard[tag]),
            busy=sum(worker.busy for worker in heard[tag]),
        )
        for tag in tags
    )


def _open_runs() -> Select[str, RunStatus, int]:
    return select(Run.tag, Run.status, func.count()).where(IS_OPEN).group_by(Run.tag, Run.status)


def _runs_without_worker() -> Select[str, RunStatus, int]:
    """Count those that found no worker later either."""
    return (
        select(Run.tag, Run.status, func.count())
        .join(Project, Project.id == Run.project_id)
        .where(IS_WITHOUT_WORKER, Project.deleted.is_(None), ~_is_followed())
        .group_by(Run.tag, Run.status)
    )


def _failed(session: Session, limit: int) -> tuple[FailedRun, ...]:
    wanted = (
        select(
            Project.id,
            Project.name,
            User.name,
            Run.step,
            Run.attempt,
            Run.finished,
            func.coalesce(Run.owner, ""),
            Run.code,
            Run.reason,
            Run.hint,
            _is_followed(),
        )
        .join(Project, Project.id == Run.project_id)
        .join(User, User.id == Project.owner_id)
        .where(IS_FAILED, Project.deleted.is_(None))
        .order_by(Run.finished.desc())
        .limit(limit)
    )
    rows: Iterable[Sequence[Any]] = session.execute(wanted)
    return tuple(FailedRun(*row) for row in rows)


def _is_followed() -> Exists:
    """Tell whether there was another attempt after a run."""
    later = aliased(Run)
    return exists().where(
        later.project_id == Run.project_id, later.step == Run.step, later.attempt > Run.attempt
    )


def _count(session: Session, wanted: Select[int]) -> int:
    return session.scalar(wanted) or 0
