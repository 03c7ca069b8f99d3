"""Projects: create, find, rename, duplicate, send, delete and take back. Rows, never bytes.

Locks are taken users first, then projects, so that two transactions never wait for each other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, insert, or_, select
from sqlalchemy.orm import Session

from gondwana.storage import users
from gondwana.storage.errors import ConflictError, NameTakenError, NotFoundError
from gondwana.storage.marks import new_id, utc_now
from gondwana.storage.models import Project, Revision, Run, SavedEdits, Share
from gondwana.storage.names import clean_name, free_name
from gondwana.storage.words import OPEN

_NONE = "there is no such project"


def create(
    session: Session,
    owner_id: str,
    name: str,
    *,
    file_name: str = "",
    longitude: str = "",
    latitude: str = "",
    info: str = "",
    state: Mapping[str, Any] | None = None,
) -> Project:
    """Add an empty project.

    Raises
    ------
    NameTakenError
        Its owner has one of this name.
    ParameterError
        It is no name.
    NotFoundError
        There is no such owner.
    """
    wanted = clean_name(name)
    users.lock(session, owner_id)
    _refuse_taken(session, owner_id, wanted)
    project = Project(
        owner_id=owner_id,
        name=wanted,
        file_name=file_name,
        longitude=longitude,
        latitude=latitude,
        info=info,
        state=dict(state or {}),
    )
    session.add(project)
    session.flush()
    return project


def get(session: Session, project_id: str, *, deleted: bool = False) -> Project:
    """Return a project; a deleted one only if asked for.

    Raises
    ------
    NotFoundError
        There is none with this id.
    """
    project = session.get(Project, project_id)
    if project is None or (project.deleted is not None and not deleted):
        raise NotFoundError(_NONE)
    return project


def named(session: Session, owner_id: str, name: str) -> Project:
    """Return a project of an owner by its name.

    Raises
    ------
    NotFoundError
        There is none of this name.
    """
    project = session.scalar(_present(owner_id).where(Project.name == name))
    if project is None:
        raise NotFoundError(f"there is no project '{name}'", remedy="see `gondwana project list`")
    return project


def lock(session: Session, project_id: str, *, deleted: bool = False) -> Project:
    """Return a project as it is now, which nobody else changes until the transaction ends.

    Its events are dealt with one after the other by this.

    Raises
    ------
    NotFoundError
        There is none with this id.
    """
    wanted = select(Project).where(Project.id == project_id)
    project = session.scalar(
        wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if project is None or (project.deleted is not None and not deleted):
        raise NotFoundError(_NONE)
    return project


def lock_all(session: Session, project_ids: Collection[str]) -> list[Project]:
    """Return those of some projects that there are, deleted ones too, locked as by ``lock``.

    They are locked in the order of their ids, so that two transactions never wait for each other.
    """
    if not project_ids:
        return []
    wanted = select(Project).where(Project.id.in_(sorted(project_ids))).order_by(Project.id)
    locked = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    return list(session.scalars(locked))


def of_owner(session: Session, owner_id: str, *, deleted: bool = False) -> list[Project]:
    """Return an owner's projects by name, or those they deleted, the last one first."""
    if deleted:
        gone = select(Project).where(Project.owner_id == owner_id, Project.deleted.is_not(None))
        return list(session.scalars(gone.order_by(Project.deleted.desc(), Project.id)))
    return list(session.scalars(_present(owner_id).order_by(Project.name)))


def seen_by(session: Session, user_id: str) -> list[Project]:
    """Return the projects that are a user's own or shared with them, by name."""
    shared = select(Share.project_id).where(Share.user_id == user_id)
    wanted = select(Project).where(
        Project.deleted.is_(None), or_(Project.owner_id == user_id, Project.id.in_(shared))
    )
    return list(session.scalars(wanted.order_by(Project.name, Project.id)))


def ids(session: Session) -> list[str]:
    """Return the ids of all projects that are not deleted."""
    wanted = select(Project.id).where(Project.deleted.is_(None)).order_by(Project.id)
    return list(session.scalars(wanted))


def due(session: Session, *, now: datetime, limit: int = 100) -> list[str]:
    """Return the ids of projects in which something is to be tried again, the longest due first."""
    wanted = select(Project.id).where(Project.due <= now).order_by(Project.due, Project.id)
    return list(session.scalars(wanted.limit(limit)))


def rename(session: Session, project_id: str, name: str) -> Project:
    """Give a project another name; raises as ``create`` does."""
    wanted = clean_name(name)
    project = _lock_with_owner(session, project_id)
    if wanted != project.name:
        _refuse_taken(session, project.owner_id, wanted)
        project.name, project.modified = wanted, utc_now()
        session.flush()
    return project


def duplicate(
    session: Session,
    project_id: str,
    *,
    owner_id: str | None = None,
    name: str | None = None,
    state: Mapping[str, Any] | None = None,
) -> Project:
    """Copy a project with all its revisions and edits; its runs stay with the original.

    Parameters
    ----------
    session : Session
    project_id : str
    owner_id : str, optional
        Who gets it; by default the owner of the original.
    name : str, optional
        By default that of the original, with a number where it is taken.
    state : mapping, optional
        The workflow's account of the copy, in which nothing runs; by default an empty one.

    Raises
    ------
    NameTakenError, ParameterError, NotFoundError
    """
    owner = users.lock(session, owner_id or get(session, project_id).owner_id)
    original = lock(session, project_id)
    if name is None:
        taken = session.scalars(select(Project.name).where(*_is_present(owner.id)))
        name = free_name(original.name, set(taken))
    copy = create(
        session,
        owner.id,
        name,
        file_name=original.file_name,
        longitude=original.longitude,
        latitude=original.latitude,
        info=original.info,
        state=state,
    )
    copy.copied_from = original.id
    session.flush()
    _copy_rows(session, Revision, original.id, copy.id)
    _copy_rows(session, SavedEdits, original.id, copy.id)
    return copy


def send(
    session: Session, project_id: str, receiver_id: str, *, state: Mapping[str, Any] | None = None
) -> Project:
    """Give a copy of a project to another user.

    Raises
    ------
    ConflictError
        It is theirs already.
    NotFoundError
        There is no such project or user.
    """
    if get(session, project_id).owner_id == receiver_id:
        raise ConflictError("the project is theirs already", remedy="duplicate it instead")
    return duplicate(session, project_id, owner_id=receiver_id, state=state)


def remove(session: Session, project_id: str) -> Project:
    """Delete a project so that it can be taken back. Its open runs are the caller's to cancel."""
    project = _lock_with_owner(session, project_id)
    project.deleted = utc_now()
    session.flush()
    return project


def take_back(session: Session, project_id: str, *, name: str | None = None) -> Project:
    """Undo a deletion, under another name if one is given; nothing to do if it is not deleted.

    Raises
    ------
    NameTakenError
        Its owner has meanwhile given the name to another project.
    """
    project = _lock_with_owner(session, project_id, deleted=True)
    if project.deleted is not None:
        wanted = clean_name(name) if name is not None else project.name
        _refuse_taken(session, project.owner_id, wanted)
        project.name, project.deleted, project.modified = wanted, None, utc_now()
        session.flush()
    return project


def purge(session: Session, before: datetime) -> int:
    """Remove for good what was deleted before a time and has no open run; return how many.

    The files are removed by the next clean-up, as far as nobody else names them.
    """
    busy = select(Run.project_id).where(Run.status.in_(OPEN))
    gone = delete(Project).where(Project.deleted < before, Project.id.not_in(busy))
    removed = session.scalars(
        gone.returning(Project.id), execution_options={"synchronize_session": False}
    )
    return len(removed.all())


def _is_present(owner_id: str) -> tuple[Any, ...]:
    return Project.owner_id == owner_id, Project.deleted.is_(None)


def _present(owner_id: str) -> Select[Project]:
    return select(Project).where(*_is_present(owner_id))


def _lock_with_owner(session: Session, project_id: str, *, deleted: bool = False) -> Project:
    users.lock(session, get(session, project_id, deleted=deleted).owner_id)
    return lock(session, project_id, deleted=deleted)


def _refuse_taken(session: Session, owner_id: str, name: str) -> None:
    taken = select(Project.id).where(*_is_present(owner_id), Project.name == name)
    if session.scalar(taken) is not None:
        raise NameTakenError(f"there is a project '{name}' already", remedy="choose another name")


def _copy_rows(
    session: Session, table: type[Revision | SavedEdits], original_id: str, copy_id: str
) -> None:
    """Copy the rows of a project; they keep their numbers, authors and times."""
    columns = table.__table__.columns
    rows = session.execute(select(*columns).where(columns.project_id == original_id)).mappings()
    changes: dict[str, Any] = {"project_id": copy_id}
    if table is Revision:
        changes["run_id"] = None
    copies = [{**row, **changes, "id": new_id()} for row in rows]
    if copies:
        session.execute(insert(table), copies)
