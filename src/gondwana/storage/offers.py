"""Offers: files that somebody has sent and not yet used; and how much room one's files take."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, union
from sqlalchemy.orm import Session

from gondwana.storage import revisions
from gondwana.storage.errors import NotFoundError
from gondwana.storage.files import FileStore
from gondwana.storage.marks import utc_now
from gondwana.storage.models import File, Offered, Project, Revision

KEPT = timedelta(days=1)
"""So long an offer waits to be used."""

MOST = 20
"""So many offers of one person wait; the oldest make way for new ones."""


def add(
    session: Session,
    store: FileStore,
    user_id: str,
    kind: str,
    name: str,
    sha256: str,
    *,
    reading: Mapping[str, Any],
    found: Mapping[str, Any],
) -> Offered:
    """Add an offer of a file that is in the store.

    Raises
    ------
    FileMissingError
        It is not.
    """
    revisions.name_file(session, store, sha256)
    offer = Offered(
        user_id=user_id,
        kind=kind,
        name=name,
        sha256=sha256,
        reading=dict(reading),
        found=dict(found),
    )
    session.add(offer)
    session.flush()
    newest_first = Offered.created.desc(), Offered.id.desc()
    own = select(Offered.id).where(Offered.user_id == user_id)
    too_many = session.scalars(own.order_by(*newest_first).offset(MOST)).all()
    _remove(session, Offered.id.in_(too_many))
    return offer


def get(session: Session, user_id: str, offer_id: str, *, now: datetime | None = None) -> Offered:
    """Return an offer of a user that has not been used or forgotten.

    Raises
    ------
    NotFoundError
        They have none of this id.
    """
    offer = session.get(Offered, offer_id)
    if offer is None or offer.user_id != user_id or offer.created < (now or utc_now()) - KEPT:
        raise NotFoundError("the file that was sent is no longer there", remedy="send it again")
    return offer


def take(session: Session, user_id: str, offer_id: str) -> Offered:
    """Return an offer that goes away with this transaction, so that it is used once.

    Raises
    ------
    NotFoundError
        As `get`, or somebody has just used it.
    """
    offer = get(session, user_id, offer_id)
    session.expunge(offer)
    gone = delete(Offered).where(Offered.id == offer_id).returning(Offered.id)
    if session.scalar(gone, execution_options={"synchronize_session": False}) is None:
        raise NotFoundError("the file that was sent has been used already", remedy="send it again")
    return offer


def size_of(session: Session, offer: Offered) -> int:
    """Return how many bytes the file of an offer has."""
    return int(session.scalars(select(File.size).where(File.sha256 == offer.sha256)).one())


def forget(session: Session, before: datetime) -> int:
    """Remove offers made before a time; return how many."""
    return _remove(session, Offered.created < before)


def used_bytes(session: Session, user_id: str, *, without: str = "") -> int:
    """Return how many bytes the files take that a person's projects and offers name, each once.

    Parameters
    ----------
    session : Session
    user_id : str
    without : str
        Checksum of a file that is not counted.
    """
    of_projects = (
        select(Revision.sha256)
        .join(Project, Project.id == Revision.project_id)
        .where(Project.owner_id == user_id, Project.deleted.is_(None))
    )
    of_offers = select(Offered.sha256).where(Offered.user_id == user_id)
    named = union(of_projects, of_offers).subquery()
    sizes = select(func.coalesce(func.sum(File.size), 0)).where(
        File.sha256.in_(select(named.c.sha256)), File.sha256 != without
    )
    return int(session.scalar(sizes) or 0)


def _remove(session: Session, *which: ColumnElement[bool]) -> int:
    gone = delete(Offered).where(*which).returning(Offered.id)
    found = session.scalars(gone, execution_options={"synchronize_session": False})
    return len(found.all())
