"""All that has happened in a project, in one line: files that came, steps that ran, edits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.services import queries
from gondwana.services.door import looking
from gondwana.services.files import file_name
from gondwana.steps.kinds import KINDS
from gondwana.storage import revisions
from gondwana.storage.models import Project, Revision, Run, SavedEdits
from gondwana.storage.words import RunStatus
from gondwana.workflow.graph import Graph

What = Literal["made", "given", "restored", "ran", "edited"]

PAGE = 40

_MOST_REASONS = 5


@dataclass(frozen=True)
class FileThen:
    """A revision that came about."""

    kind: str
    number: int
    file_name: str
    title: str


@dataclass(frozen=True)
class Moment:
    """Something that happened.

    Attributes
    ----------
    what : str
        ``made`` (the project), ``given``, ``restored`` (a file), ``ran`` (a step), ``edited``.
    at : datetime
        Of a run, when it ended, or when it was asked for if it has not.
    author : str
        Who did it or asked for it; empty if that is not known.
    step, title : str
        The step concerned, by its name and in words; empty for what a person gives.
    files : tuple of FileThen
        What came of it.
    why : str
        What its author said, or why it failed.
    status : RunStatus or None
        Of a run.
    attempt : int
        Number of the run, or of the list of edits; of a file, what it was restored from; else 0.
    seconds : float or None
        How long the run took.
    edits : int
        How many edits were in force then.
    reasons : tuple of str
        Why the last of them were made.
    """

    what: What
    at: datetime
    author: str
    step: str = ""
    title: str = ""
    files: tuple[FileThen, ...] = ()
    why: str = ""
    status: RunStatus | None = None
    attempt: int = 0
    seconds: float | None = None
    edits: int = 0
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Timeline:
    """A part of what has happened, the last first.

    Attributes
    ----------
    moments : tuple of Moment
    number, pages : int
        Which part this is, from 1, and how many there are.
    """

    moments: tuple[Moment, ...]
    number: int
    pages: int


def timeline(platform: Platform, actor: Actor, project_id: str, number: int = 1) -> Timeline:
    """Tell what has happened in a project, the last first, a part at a time.

    Raises
    ------
    NotFoundError
        There is no such project.
    """
    with looking(platform, actor, project_id) as visit:
        found = list(_moments(visit.session, visit.project, platform.graph))
    found.sort(key=lambda moment: moment.at, reverse=True)
    pages = max(1, -(-len(found) // PAGE))
    shown = min(max(number, 1), pages)
    return Timeline(tuple(found[(shown - 1) * PAGE : shown * PAGE]), shown, pages)


def _moments(session: Session, project: Project, graph: Graph) -> Iterator[Moment]:
    runs = _runs(session, project.id)
    saved = list(session.scalars(select(SavedEdits).where(SavedEdits.project_id == project.id)))
    came = revisions.history(session, project.id)
    authors = [one.author_id for some in (runs, saved, came) for one in some]
    names = queries.names_of(session, [project.owner_id, *authors])
    titles = {name: step.title for name, step in graph.steps.items()}
    of_run: dict[str | None, list[Revision]] = {}
    for one in came:
        of_run.setdefault(one.run_id, []).append(one)
    for run in runs:
        yield _ran(run, of_run.get(run.id, ()), names, titles)
    known = {run.id for run in runs}
    for one in came:
        if one.run_id not in known:
            yield _came(one, names, titles)
    for edits in saved:
        yield _edited(edits, names, titles)
    yield Moment("made", project.created, names[project.owner_id], title=project.name)


def _runs(session: Session, project_id: str) -> Sequence[Run]:
    long = (defer(Run.log, raiseload=True), defer(Run.report, raiseload=True), defer(Run.edits))
    return session.scalars(select(Run).where(Run.project_id == project_id).options(*long)).all()


def _ran(
    run: Run,
    made: Sequence[Revision],
    names: Mapping[str | None, str],
    titles: Mapping[str, str],
) -> Moment:
    seconds = None
    if run.started is not None and run.finished is not None:
        seconds = (run.finished - run.started).total_seconds()
    return Moment(
        what="ran",
        at=run.finished or run.created,
        author=names[run.author_id],
        step=run.step,
        title=titles.get(run.step, run.step),
        files=tuple(_file(one) for one in sorted(made, key=lambda one: one.kind)),
        why=run.reason,
        status=run.status,
        attempt=run.attempt,
        seconds=seconds,
    )


def _came(one: Revision, names: Mapping[str | None, str], titles: Mapping[str, str]) -> Moment:
    """Tell of a file that no run of this project made: given, restored, or copied with it."""
    what: What = "given"
    if one.restored_from is not None:
        what = "restored"
    elif one.step:
        what = "ran"
    return Moment(
        what=what,
        at=one.created,
        author=names[one.author_id],
        step=one.step if what == "ran" else "",
        title=titles.get(one.step, one.step) if what == "ran" else "",
        files=(_file(one),),
        why=one.note,
        attempt=one.restored_from or 0,
    )


def _edited(one: SavedEdits, names: Mapping[str | None, str], titles: Mapping[str, str]) -> Moment:
    reasons = [_reason(edit) for edit in one.edits]
    told = tuple(reason for reason in reasons if reason)[-_MOST_REASONS:]
    return Moment(
        what="edited",
        at=one.created,
        author=names[one.author_id],
        step=one.step,
        title=titles.get(one.step, one.step),
        why=one.note or "",
        attempt=one.number,
        edits=len(one.edits),
        reasons=told,
    )


def _reason(edit: Mapping[str, Any]) -> str:
    return str(edit.get("reason", ""))


def _file(one: Revision) -> FileThen:
    title = KINDS[one.kind].title if one.kind in KINDS else one.kind
    return FileThen(one.kind, one.number, file_name(one.kind), title)
