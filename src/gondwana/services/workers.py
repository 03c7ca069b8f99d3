"""Workers: which there are, as they told last; for administrators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.attendance import FORGOTTEN
from gondwana.dispatcher.platform import Platform
from gondwana.services.door import reading
from gondwana.storage import workers
from gondwana.storage.marks import utc_now

SILENT = timedelta(seconds=30)
"""A worker tells of itself every ten seconds; after so long without a word it is called silent."""


@dataclass(frozen=True)
class WorkerInfo:
    """A worker, as it told last.

    Attributes
    ----------
    name, tag : str
    places, busy : int
        How many jobs it can do at a time, and how many it was doing.
    version : str
        Of its program, as it says.
    since, seen : datetime
        When it started, and when it was heard last.
    silent : bool
        It should have been heard since: it was killed or cannot reach us, or no dispatcher runs
        that would hear it.
    """

    name: str
    tag: str
    places: int
    busy: int
    version: str
    since: datetime
    seen: datetime
    silent: bool


def listed(platform: Platform, actor: Actor) -> tuple[WorkerInfo, ...]:
    """List the workers that were heard within a day, by tag and name, for an administrator.

    A worker that ended in good order is not among them.

    Raises
    ------
    ForbiddenError
        The actor is no administrator.
    """
    with reading(platform, actor, admin=True) as visit:
        return present(visit.session, utc_now())


def present(session: Session, now: datetime) -> tuple[WorkerInfo, ...]:
    """Return the workers that are not forgotten at a time, by tag and name."""
    return tuple(
        WorkerInfo(
            name=row.name,
            tag=row.tag,
            places=row.places,
            busy=row.busy,
            version=row.version,
            since=row.since,
            seen=row.seen,
            silent=now - row.seen > SILENT,
        )
        for row in workers.heard_since(session, now - FORGOTTEN)
    )
