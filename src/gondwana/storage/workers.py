"""Which workers there are, as they last told of themselves; nothing else depends on it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from gondwana.storage.models import WorkerSeen

_CHANGES = ("tag", "places", "busy", "version", "seen")


@dataclass(frozen=True)
class Seen:
    """What is kept of a worker; all times are those of whoever heard it."""

    name: str
    tag: str
    places: int
    busy: int
    version: str
    since: datetime
    seen: datetime


def note(session: Session, workers: Sequence[Seen]) -> None:
    """Keep what workers told last; since when each is there stays as it was told first."""
    if not workers:
        return
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(cast("Table", WorkerSeen.__table__))
    newer = {name: statement.excluded[name] for name in _CHANGES}
    # in one order everywhere, so that no two who write wait for each other
    rows = [asdict(worker) for worker in sorted(workers, key=lambda worker: worker.name)]
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=newer), rows)


def drop(session: Session, names: Collection[str]) -> None:
    """Forget workers that have come to their end."""
    for name in sorted(names):
        session.execute(delete(WorkerSeen).where(WorkerSeen.name == name))


def forget(session: Session, before: datetime) -> None:
    """Forget workers that were not heard since a time."""
    session.execute(delete(WorkerSeen).where(WorkerSeen.seen < before))


def heard_since(session: Session, since: datetime) -> list[WorkerSeen]:
    """Return the workers that were heard since a time, by tag and name."""
    wanted = select(WorkerSeen).where(WorkerSeen.seen >= since)
    return list(session.scalars(wanted.order_by(WorkerSeen.tag, WorkerSeen.name)))
