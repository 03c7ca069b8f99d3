"""Edits of a step as people saved them: a list at a time, numbered, never changed.

To undo is to save the list without its last edits, or an earlier list again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from gondwana.storage import projects
from gondwana.storage.errors import ConflictError
from gondwana.storage.marks import utc_now
from gondwana.storage.models import SavedEdits


def save(
    session: Session,
    project_id: str,
    step: str,
    edits: Sequence[Mapping[str, Any]],
    *,
    based_on: int,
    author_id: str | None = None,
    note: str = "",
) -> SavedEdits:
    """Save the edits of a step, as JSON values.

    Parameters
    ----------
    session : Session
    project_id, step : str
    edits : sequence of mapping
        All of them, in the order they are applied.
    based_on : int
        Number of the list that was changed; 0 where there was none.
    author_id : str, optional
    note : str
        What they say about it.

    Raises
    ------
    ConflictError
        Somebody else has saved edits of the step in the meantime.
    NotFoundError
        There is no such project.
    """
    project = projects.lock(session, project_id)
    last = current(session, project_id, step)
    number = last.number if last else 0
    if number != based_on:
        raise ConflictError(
            f"somebody else has saved edits of '{step}' in the meantime",
            remedy="load them, and make your changes again",
        )
    saved = SavedEdits(
        project_id=project_id,
        step=step,
        number=number + 1,
        edits=[dict(edit) for edit in edits],
        author_id=author_id,
        note=note or None,
    )
    session.add(saved)
    project.modified = utc_now()
    session.flush()
    return saved


def current(session: Session, project_id: str, step: str) -> SavedEdits | None:
    """Return the edits of a step that are in force; None if none were ever saved."""
    return session.scalar(_of_step(project_id, step).limit(1))


def history(session: Session, project_id: str, step: str) -> list[SavedEdits]:
    """Return all that was ever saved for a step, the last one first."""
    return list(session.scalars(_of_step(project_id, step)))


def _of_step(project_id: str, step: str) -> Select[SavedEdits]:
    wanted = select(SavedEdits).where(SavedEdits.project_id == project_id, SavedEdits.step == step)
    return wanted.order_by(SavedEdits.number.desc())
