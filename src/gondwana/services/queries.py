"""What the services read in one query where `storage` would need several."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import CompoundSelect, Select, bindparam, exists, func, select
from sqlalchemy.orm import Session, defer

from gondwana.messaging.messages import CancelRequested, StepRequested, model_for
from gondwana.storage.columns import UtcTime
from gondwana.storage.models import File, Incoming, Outgoing, Project, Revision, Run, Share, User
from gondwana.storage.words import Access

_JUST_NOW = timedelta(seconds=10)
_REQUESTS = (StepRequested, CancelRequested)


class Unheard(NamedTuple):
    """How many messages wait to be dealt with, and since when the first of them does."""

    number: int
    since: datetime | None


class LastRun(NamedTuple):
    """When the latest attempt at a step began and ended."""

    step: str
    attempt: int
    started: datetime | None
    finished: datetime | None


def last_runs(session: Session, project_id: str) -> dict[str, LastRun]:
    """Return the latest run of every step of a project."""
    rows = session.execute(_LAST_RUNS, {"project": project_id})
    return {row.step: LastRun(*row) for row in rows}


def names_of(session: Session, user_ids: Collection[str | None]) -> dict[str | None, str]:
    """Return the names of users by their ids; of nobody it is empty."""
    ids = {user_id for user_id in user_ids if user_id is not None}
    names: dict[str | None, str] = {None: ""}
    if ids:
        rows = session.execute(select(User.id, User.name).where(User.id.in_(ids)))
        names.update(rows.all())
    return names


def sizes_of(session: Session, project_id: str) -> dict[str, int]:
    """Return the sizes in bytes of all files that a project names, by checksum."""
    named = select(Revision.sha256).where(Revision.project_id == project_id)
    rows = session.execute(select(File.sha256, File.size).where(File.sha256.in_(named)))
    return dict(rows.all())


def arrays_of(session: Session, project_id: str, kind: str, sha256: str) -> str:
    """Return the checksum of the arrays of a file, if some revision of the kind tells it."""
    wanted = select(Revision.arrays_sha256).where(
        Revision.project_id == project_id,
        Revision.kind == kind,
        Revision.sha256 == sha256,
        Revision.arrays_sha256 != "",
    )
    return session.scalar(wanted.limit(1)) or ""


def last_numbers(session: Session, project_id: str) -> dict[str, int]:
    """Return the number of the last revision of every kind."""
    wanted = select(Revision.kind, func.max(Revision.number))
    rows = session.execute(wanted.where(Revision.project_id == project_id).group_by(Revision.kind))
    return dict(rows.all())


def all_projects(session: Session) -> list[Project]:
    """Return everybody's projects that are not deleted, by name."""
    wanted = select(Project).where(Project.deleted.is_(None))
    return list(session.scalars(wanted.order_by(Project.name, Project.id)))


def shares_with(session: Session, user_id: str) -> Mapping[str, Access]:
    """Return what was shared with somebody: what they may, by project."""
    rows = session.execute(select(Share.project_id, Share.access).where(Share.user_id == user_id))
    return dict(rows.all())


def runs_without_log(session: Session, project_id: str, step: str | None, limit: int) -> list[Run]:
    """Return the last runs of a project, of one step or of all; what is long is not loaded."""
    wanted = select(Run).where(Run.project_id == project_id)
    if step is not None:
        wanted = wanted.where(Run.step == step)
    order = (Run.created.desc(), Run.step, Run.attempt.desc())
    long = (defer(Run.log, raiseload=True), defer(Run.report, raiseload=True), defer(Run.edits))
    return list(session.scalars(wanted.options(*long).order_by(*order).limit(limit)))


def run_of(session: Session, project_id: str, step: str, attempt: int | None) -> Run | None:
    """Return one attempt at a step, or the last one."""
    wanted = select(Run).where(Run.project_id == project_id, Run.step == step)
    if attempt is not None:
        wanted = wanted.where(Run.attempt == attempt)
    return session.scalar(wanted.order_by(Run.attempt.desc()).limit(1))


def sent_with(session: Session, project_id: str) -> tuple[str, ...]:
    """Return the messages about a project that nobody has published, those of now included."""
    session.flush()
    wanted = select(Outgoing.message_id).where(
        Outgoing.subject == project_id, Outgoing.published.is_(None)
    )
    return tuple(session.scalars(wanted.order_by(Outgoing.number)))


def unheard(session: Session, project_id: str, now: datetime) -> Unheard:
    """Count the requests about a project that the dispatcher has not dealt with yet.

    Those published a while ago are taken for dealt with.
    """
    rows = session.execute(_UNHEARD, {"project": project_id, "lately": now - _JUST_NOW}).all()
    times = [created for key, _, created in rows if model_for(key) in _REQUESTS]
    return Unheard(len(times), min(times, default=None))


def unheard_of(
    session: Session, project_id: str, message_ids: Collection[str], now: datetime
) -> int:
    """Count those among some messages about a project that are not dealt with yet."""
    rows = session.execute(_UNHEARD, {"project": project_id, "lately": now - _JUST_NOW})
    return len({message_id for _, message_id, _ in rows} & set(message_ids))


def _last_runs() -> Select[*tuple[Any, ...]]:
    last = (
        select(Run.step, func.max(Run.attempt).label("attempt"))
        .where(Run.project_id == bindparam("project"))
        .group_by(Run.step)
        .subquery()
    )
    return (
        select(Run.step, Run.attempt, Run.started, Run.finished)
        .join(last, (Run.step == last.c.step) & (Run.attempt == last.c.attempt))
        .where(Run.project_id == bindparam("project"))
    )


def _unheard() -> CompoundSelect[*tuple[Any, ...]]:
    """Look by one index for what is not published, by another for what just was."""
    heard = exists().where(Incoming.message_id == Outgoing.message_id)
    wanted = select(Outgoing.key, Outgoing.message_id, Outgoing.created).where(
        Outgoing.subject == bindparam("project"), ~heard
    )
    waits = wanted.where(Outgoing.published.is_(None))
    return waits.union_all(wanted.where(Outgoing.published > bindparam("lately", type_=UtcTime())))


# made once, since to make them takes longer than to execute them
_LAST_RUNS = _last_runs()
_UNHEARD = _unheard()
