"""Revisions: what each kind of file in a project was and is. Added, never changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gondwana.storage import projects
from gondwana.storage.database import insert_all_new
from gondwana.storage.errors import FileMissingError, NotFoundError
from gondwana.storage.files import FileStore
from gondwana.storage.marks import utc_now
from gondwana.storage.models import File, Project, Revision


def add(
    session: Session,
    store: FileStore,
    project_id: str,
    kind: str,
    sha256: str,
    *,
    arrays_sha256: str = "",
    step: str = "",
    fingerprint: str = "",
    run_id: str | None = None,
    author_id: str | None = None,
    note: str = "",
    given: Mapping[str, str] | None = None,
) -> Revision:
    """Add a revision of a kind, with the next number; it is the current one from now on.

    Parameters
    ----------
    session : Session
    store : FileStore
        Where the file is already; what it holds is not checked again.
    project_id, kind, sha256 : str
    arrays_sha256 : str
        Checksum of the arrays alone, if it is known.
    step, fingerprint, run_id : str
        What it was made by, if it was made here. A run gives one revision of a kind: one that is
        there already is returned.
    author_id, note : str
        Who gave it, and what they say about it.
    given : mapping, optional
        Of a topography: ``file_name``, ``longitude`` and ``latitude``, which its project then has.

    Raises
    ------
    FileMissingError
        The store has no such file.
    NotFoundError
        There is no such project.
    """
    project = projects.lock(session, project_id, deleted=True)  # a run may end after that
    known = _of_run(session, run_id, kind)
    if known is not None:
        return known
    name_file(session, store, sha256)
    revision = Revision(
        project_id=project_id,
        kind=kind,
        number=_last_number(session, project_id, kind) + 1,
        sha256=sha256,
        arrays_sha256=arrays_sha256,
        step=step,
        fingerprint=fingerprint,
        run_id=run_id,
        author_id=author_id,
        note=note,
        given=dict(given) if given else None,
    )
    session.add(revision)
    _describe(project, revision)
    project.modified = utc_now()
    session.flush()
    return revision


@dataclass(frozen=True)
class New:
    """A revision to be added: of what, with what, and how it came about (see `add`)."""

    project_id: str
    kind: str
    sha256: str
    arrays_sha256: str = ""
    step: str = ""
    fingerprint: str = ""
    run_id: str | None = None
    author_id: str | None = None


def add_all(session: Session, store: FileStore, new: Sequence[New]) -> None:
    """Add revisions of projects that the caller has locked, with a few statements for all.

    Raises
    ------
    FileMissingError
        The store lacks one of the files.
    """
    if not new:
        return
    _name_files(session, store, {one.sha256 for one in new})
    last = _last_numbers(session, new)
    for one in new:
        number = last[one.project_id, one.kind] = last.get((one.project_id, one.kind), 0) + 1
        session.add(Revision(number=number, **vars(one)))


def restore(
    session: Session,
    project_id: str,
    kind: str,
    number: int,
    *,
    author_id: str | None = None,
    note: str = "",
) -> Revision:
    """Make an earlier revision the current one again, as a new revision with the same file.

    Raises
    ------
    NotFoundError
        There is no such project or revision.
    """
    project = projects.lock(session, project_id)
    earlier = get(session, project_id, kind, number)
    revision = Revision(
        project_id=project_id,
        kind=kind,
        number=_last_number(session, project_id, kind) + 1,
        sha256=earlier.sha256,
        arrays_sha256=earlier.arrays_sha256,
        step=earlier.step,
        fingerprint=earlier.fingerprint,
        author_id=author_id,
        note=note,
        given=earlier.given,
        restored_from=number,
    )
    session.add(revision)
    _describe(project, revision)
    project.modified = utc_now()
    session.flush()
    return revision


def get(session: Session, project_id: str, kind: str, number: int) -> Revision:
    """Return one revision.

    Raises
    ------
    NotFoundError
        There is none of this kind and number.
    """
    wanted = select(Revision).where(
        Revision.project_id == project_id, Revision.kind == kind, Revision.number == number
    )
    revision = session.scalar(wanted)
    if revision is None:
        raise NotFoundError(f"there is no revision {number} of '{kind}'")
    return revision


def current(session: Session, project_id: str) -> dict[str, Revision]:
    """Return the current revision of every kind, by kind."""
    last = (
        select(Revision.kind, func.max(Revision.number).label("number"))
        .where(Revision.project_id == project_id)
        .group_by(Revision.kind)
        .subquery()
    )
    wanted = (
        select(Revision)
        .join(last, (Revision.kind == last.c.kind) & (Revision.number == last.c.number))
        .where(Revision.project_id == project_id)
    )
    return {revision.kind: revision for revision in session.scalars(wanted.order_by(Revision.kind))}


def history(session: Session, project_id: str, kind: str | None = None) -> list[Revision]:
    """Return the revisions of a project, of one kind or of all, the last one first."""
    wanted = select(Revision).where(Revision.project_id == project_id)
    if kind is not None:
        wanted = wanted.where(Revision.kind == kind)
    order = (Revision.created.desc(), Revision.kind, Revision.number.desc())
    return list(session.scalars(wanted.order_by(*order)))


def _describe(project: Project, revision: Revision) -> None:
    """Let a project tell what its topography is called, and its coordinates in that file."""
    for name, value in (revision.given or {}).items():
        setattr(project, name, value)


def _of_run(session: Session, run_id: str | None, kind: str) -> Revision | None:
    if run_id is None:
        return None
    return session.scalar(select(Revision).where(Revision.run_id == run_id, Revision.kind == kind))


def _last_number(session: Session, project_id: str, kind: str) -> int:
    """Return the highest number so far; the project is locked, so that no gap or double can be."""
    wanted = select(func.max(Revision.number)).where(
        Revision.project_id == project_id, Revision.kind == kind
    )
    return session.scalar(wanted) or 0


def _last_numbers(session: Session, new: Sequence[New]) -> dict[tuple[str, str], int]:
    """Return the highest numbers so far, of the kinds that there are already."""
    wanted = (
        select(Revision.project_id, Revision.kind, func.max(Revision.number))
        .where(
            Revision.project_id.in_({one.project_id for one in new}),
            Revision.kind.in_({one.kind for one in new}),
        )
        .group_by(Revision.project_id, Revision.kind)
    )
    return {(project_id, kind): number for project_id, kind, number in session.execute(wanted)}


def name_file(session: Session, store: FileStore, sha256: str) -> None:
    """Make sure that a file has a row, so that it stays until the transaction ends.

    Raises
    ------
    FileMissingError
        The store has no such file.
    """
    _name_files(session, store, {sha256})


def _name_files(session: Session, store: FileStore, names: Collection[str]) -> None:
    """Make sure that files can be named: first their rows are ours, then their bytes are found.

    A clean-up takes the row before the bytes, so that either it waits for us and finds the file
    named, or we wait for it and find the file missing.
    """
    ordered = sorted(names)
    found = {sha256: store.find(sha256) for sha256 in ordered}
    rows = [
        {"sha256": file.sha256, "size": file.size, "created": utc_now()}
        for file in found.values()
        if file is not None
    ]
    if len(rows) < len(ordered):
        raise FileMissingError("the file is not in the store", remedy="store it first")
    insert_all_new(session, File, rows)
    named = select(File.sha256).where(File.sha256.in_(ordered)).order_by(File.sha256)
    kept = list(session.scalars(named.with_for_update(read=True, key_share=True)))
    if len(kept) < len(ordered) or any(store.find(sha256) is None for sha256 in ordered):
        raise FileMissingError("the file was just removed", remedy="store it again")
