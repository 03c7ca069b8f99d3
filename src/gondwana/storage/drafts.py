"""Drafts: what somebody has done in an editor and not saved yet, one a person and subject."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gondwana.storage.marks import utc_now
from gondwana.storage.models import Draft


def get(session: Session, project_id: str, user_id: str, subject: str) -> Draft | None:
    """Return somebody's draft; None if there is none."""
    return session.scalar(
        select(Draft).where(
            Draft.project_id == project_id, Draft.user_id == user_id, Draft.subject == subject
        )
    )


def keep(
    session: Session, project_id: str, user_id: str, subject: str, content: Mapping[str, Any]
) -> Draft:
    """Keep a draft in the place of an earlier one.

    Parameters
    ----------
    session : Session
    project_id, user_id, subject : str
    content : mapping
        JSON values.
    """
    draft = get(session, project_id, user_id, subject)
    if draft is None:
        draft = Draft(project_id=project_id, user_id=user_id, subject=subject)
        session.add(draft)
    draft.content, draft.modified = dict(content), utc_now()
    session.flush()
    return draft


def drop(session: Session, project_id: str, user_id: str, subject: str) -> None:
    """Forget a draft."""
    session.execute(
        delete(Draft).where(
            Draft.project_id == project_id, Draft.user_id == user_id, Draft.subject == subject
        )
    )
