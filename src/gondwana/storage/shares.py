"""Shares: who else may see or change a project, which stays its owner's."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gondwana.storage import projects, users
from gondwana.storage.errors import ConflictError
from gondwana.storage.models import Share
from gondwana.storage.words import Access


def share(session: Session, project_id: str, user_id: str, access: Access) -> Share:
    """Let somebody see or change a project, or change what they may.

    Raises
    ------
    NotFoundError
        There is no such project or user.
    ConflictError
        They own it.
    """
    users.get(session, user_id)
    project = projects.lock(session, project_id)
    if project.owner_id == user_id:
        raise ConflictError("the project is theirs already")
    known = session.get(Share, (project_id, user_id))
    if known is None:
        known = Share(project_id=project_id, user_id=user_id, access=access)
        session.add(known)
    known.access = access
    session.flush()
    return known


def unshare(session: Session, project_id: str, user_id: str) -> None:
    """Take the right back, if it was given."""
    session.execute(delete(Share).where(Share.project_id == project_id, Share.user_id == user_id))


def access_of(session: Session, project_id: str, user_id: str) -> Access | None:
    """Return what somebody was given the right to; None is nothing."""
    return session.scalar(
        select(Share.access).where(Share.project_id == project_id, Share.user_id == user_id)
    )


def of_project(session: Session, project_id: str) -> list[Share]:
    """Return with whom a project is shared, the first one first."""
    wanted = select(Share).where(Share.project_id == project_id)
    return list(session.scalars(wanted.order_by(Share.created, Share.user_id)))
