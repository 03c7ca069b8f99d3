"""The files of a project: what there is and was, up and down, and an earlier one again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy.orm import Session

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher import transitions
from gondwana.dispatcher.platform import Platform
from gondwana.errors import ParameterError
from gondwana.services import offers, queries, quotas
from gondwana.services.door import ProjectVisit, changing, looking
from gondwana.services.uploads import TOPOGRAPHY, Stored, Upload, take_in
from gondwana.services.wishes import good_note, good_parameters
from gondwana.steps.kinds import KINDS
from gondwana.storage import projects, revisions, users
from gondwana.storage.errors import ConflictError, NotFoundError
from gondwana.storage.marks import utc_now
from gondwana.storage.models import Revision
from gondwana.workflow.events import InputChanged, ParametersChanged
from gondwana.workflow.freshness import File
from gondwana.workflow.graph import kinds_of


@dataclass(frozen=True)
class RevisionInfo:
    """A file of a kind in a project, as it was at some time.

    Attributes
    ----------
    project_id, kind : str
    number : int
    file_name : str
        Name under which it is downloaded.
    title : str
        What it is, in a few words.
    is_current : bool
        Whether it is the one that the steps use now.
    size : int
        Bytes.
    sha256, arrays_sha256 : str
        Of the bytes; of the arrays alone, where it is known.
    step : str
        What made it; empty for what a person gave.
    author : str
        Who gave it or asked for it.
    note : str
    restored_from : int or None
    created : datetime
    """

    project_id: str
    kind: str
    number: int
    file_name: str
    title: str
    is_current: bool
    size: int
    sha256: str
    arrays_sha256: str
    step: str
    author: str
    note: str
    restored_from: int | None
    created: datetime


@dataclass(frozen=True)
class Replaced:
    """A revision that was just given, and what was found in its file."""

    revision: RevisionInfo
    file: Stored


def current(platform: Platform, actor: Actor, project_id: str) -> list[RevisionInfo]:
    """List the files that the steps use now, those that a person gave first.

    Raises
    ------
    NotFoundError
    """
    with looking(platform, actor, project_id) as visit:
        return present(platform, visit)


def present(platform: Platform, visit: ProjectVisit) -> list[RevisionInfo]:
    """List the files that the steps use now, to somebody who looks at a project."""
    found = revisions.current(visit.session, visit.project.id).values()
    told = _told(platform, visit, list(found))
    made = [kind for step in platform.graph.steps.values() for kind in step.outputs]
    order = [*platform.graph.given, *made]
    place = {kind: number for number, kind in enumerate(order)}
    used = [revision for revision in told if revision.is_current]
    return sorted(used, key=lambda revision: place.get(revision.kind, len(place)))


def history(
    platform: Platform, actor: Actor, project_id: str, kind: str | None = None
) -> list[RevisionInfo]:
    """List all revisions of a project, of one kind or of all, the last one first.

    Raises
    ------
    NotFoundError
        There is no such project.
    ParameterError
        There is no such kind of file.
    """
    if kind is not None:
        _refuse_unknown(platform, kind)
    with looking(platform, actor, project_id) as visit:
        return _told(platform, visit, revisions.history(visit.session, project_id, kind))


def get(
    platform: Platform, actor: Actor, project_id: str, kind: str, number: int | None = None
) -> RevisionInfo:
    """Return a revision, by default the current one.

    Raises
    ------
    NotFoundError
        There is no such project or revision.
    ParameterError
        There is no such kind of file.
    """
    _refuse_unknown(platform, kind)
    with looking(platform, actor, project_id) as visit:
        if number is None:
            found = _current(platform, visit, kind)
        else:
            found = revisions.get(visit.session, project_id, kind, number)
        return _told(platform, visit, [found])[0]


@contextmanager
def opened(
    platform: Platform, actor: Actor, project_id: str, kind: str, number: int | None = None
) -> Iterator[tuple[RevisionInfo, IO[bytes]]]:
    """Open a file to be sent somewhere; it can be read from any place in it.

    Raises
    ------
    NotFoundError, ParameterError
    FileMissingError, StoreUnavailableError
        It is not in the store, or the store does not answer.
    """
    found = get(platform, actor, project_id, kind, number)
    with platform.store.open(found.sha256) as stream:
        yield found, stream


def fetch(
    platform: Platform,
    actor: Actor,
    project_id: str,
    kind: str,
    target: Path,
    number: int | None = None,
) -> RevisionInfo:
    """Copy a file to a path of this machine, whole and checked; an existing one is replaced.

    Raises
    ------
    NotFoundError, ParameterError
    FileMissingError, FileDamagedError, TargetError, StoreUnavailableError
    """
    found = get(platform, actor, project_id, kind, number)
    platform.store.fetch(found.sha256, target)
    return found


def replace(
    platform: Platform,
    actor: Actor,
    project_id: str,
    kind: str,
    upload: Upload,
    *,
    note: str = "",
    based_on: int | None = None,
) -> Replaced:
    """Put a file in the place of another of its kind; what depends on it runs again.

    A file in the place of a step's result stands as that result until something that the step
    depends on changes.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    project_id, kind : str
    upload : Upload
    note : str
        What is to be remembered about it.
    based_on : int, optional
        Number of the revision that is to be replaced; 0 where there is none.

    Raises
    ------
    InputError
        It cannot be used as this kind.
    QuotaError
        The files of the project's owner would take more room than they may.
    ConflictError
        Somebody else has put another file there meanwhile, or its step is running.
    NotFoundError, ForbiddenError, ParameterError
    """
    _refuse_unknown(platform, kind)
    told = good_note(note)
    with changing(platform, actor, project_id) as visit:
        usage = quotas.usage_of(platform, visit.session, visit.project.owner_id)
        regrid = _regrid(platform, visit) if kind == TOPOGRAPHY else {}
    file = take_in(platform, kind, upload, usage, regrid)
    with changing(platform, actor, project_id) as visit:
        owner = users.lock(visit.session, visit.project.owner_id).id
        projects.lock(visit.session, project_id)
        room = quotas.usage_of(platform, visit.session, owner, without=file.sha256)
        room.require(file.size)  # others may have come at the same time
        return _replaced(platform, visit, file, told, based_on)


def replace_from(
    platform: Platform,
    actor: Actor,
    project_id: str,
    kind: str,
    offer_id: str,
    *,
    note: str = "",
    based_on: int | None = None,
) -> Replaced:
    """Put a file that was offered in the place of another, as `replace`; the offer is used up.

    A topography is read from now on as was chosen there.

    Raises
    ------
    NotFoundError
        There is no such project, or the actor has offered no such file.
    InputError
        It cannot be used as it is read.
    ConflictError, ForbiddenError, ParameterError, QuotaError
        As in `replace`.
    """
    _refuse_unknown(platform, kind)
    told = good_note(note)
    with changing(platform, actor, project_id) as visit:
        projects.lock(visit.session, project_id)
        offer = offers.taken(visit, offer_id)
        file = offers.usable(offer, kind)
        owner = visit.project.owner_id
        quotas.usage_of(platform, visit.session, owner, without=file.sha256).require(file.size)
        if kind == TOPOGRAPHY:
            _read_as(platform, visit, offer.reading)
        return _replaced(platform, visit, file, told, based_on)


def _regrid(platform: Platform, visit: ProjectVisit) -> Mapping[str, Any]:
    """Return how the topography of a project is read and put on its grid."""
    known = transitions.state_of(platform, visit.project).steps.get("regrid")
    return known.parameters if known else {}


def _read_as(platform: Platform, visit: ProjectVisit, reading: Mapping[str, Any]) -> None:
    """Read the topography of a project in another way; the rest of its parameters stay."""
    before = _regrid(platform, visit)
    kept = {name: value for name, value in before.items() if name not in offers.READING}
    step = platform.graph.steps["regrid"]
    wanted = good_parameters(step, {**kept, **reading})
    if wanted != good_parameters(step, before):
        event = ParametersChanged(at=utc_now(), step="regrid", parameters=wanted)
        author = visit.actor.user_id
        transitions.tell(platform, visit.session, visit.project.id, event, author)


def _replaced(
    platform: Platform, visit: ProjectVisit, file: Stored, note: str, based_on: int | None
) -> Replaced:
    session, project_id, kind = visit.session, visit.project.id, file.kind
    _refuse_outdated(session, project_id, kind, based_on)
    arrays = queries.arrays_of(session, project_id, kind, file.sha256)
    made = revisions.add(
        session,
        platform.store,
        project_id,
        kind,
        file.sha256,
        arrays_sha256=arrays,
        author_id=visit.actor.user_id,
        note=note or file.name,
        given=file.given,
    )
    _tell(platform, visit, kind, File(file.sha256, arrays))
    return Replaced(_told(platform, visit, [made])[0], file)


def restore(
    platform: Platform, actor: Actor, project_id: str, kind: str, number: int, *, note: str = ""
) -> RevisionInfo:
    """Make an earlier revision the current one again; what depends on it runs again.

    Raises
    ------
    NotFoundError
        There is no such project or revision.
    ConflictError
        Its step is running.
    ForbiddenError, ParameterError
    """
    _refuse_unknown(platform, kind)
    told = good_note(note)
    with changing(platform, actor, project_id) as visit:
        made = revisions.restore(
            visit.session, project_id, kind, number, author_id=visit.actor.user_id, note=told
        )
        _tell(platform, visit, kind, File(made.sha256, made.arrays_sha256))
        return _told(platform, visit, [made])[0]


def take_away(platform: Platform, actor: Actor, project_id: str, kind: str) -> None:
    """Do without a file that steps can do without, such as one's own ocean grid.

    Its revisions stay; restoring one brings it back.

    Raises
    ------
    ConflictError
        Some step needs it.
    NotFoundError
        There is none.
    ForbiddenError, ParameterError
    """
    _refuse_unknown(platform, kind)
    users = [step.name for step in platform.graph.steps.values() if kind in step.inputs]
    if users or kind in platform.graph.makers:
        raise ConflictError(f"'{kind}' is needed", remedy="put another file in its place")
    with changing(platform, actor, project_id) as visit:
        projects.lock(visit.session, project_id)
        _current(platform, visit, kind)
        _tell(platform, visit, kind, None)


def _tell(platform: Platform, visit: ProjectVisit, kind: str, file: File | None) -> None:
    event = InputChanged(at=utc_now(), kind=kind, file=file)
    transitions.tell(platform, visit.session, visit.project.id, event, visit.actor.user_id)


def _current(platform: Platform, visit: ProjectVisit, kind: str) -> Revision:
    state = transitions.state_of(platform, visit.project)
    found = revisions.current(visit.session, visit.project.id).get(kind)
    if found is None or kind not in state.files:
        raise NotFoundError(f"the project has no file of the kind '{kind}' now")
    return found


def _told(platform: Platform, visit: ProjectVisit, found: list[Revision]) -> list[RevisionInfo]:
    session, project = visit.session, visit.project
    names = queries.names_of(session, [revision.author_id for revision in found])
    sizes = queries.sizes_of(session, project.id)
    last = queries.last_numbers(session, project.id)
    present = transitions.state_of(platform, project).files
    return [
        RevisionInfo(
            project_id=project.id,
            kind=revision.kind,
            number=revision.number,
            file_name=file_name(revision.kind),
            title=KINDS[revision.kind].title if revision.kind in KINDS else revision.kind,
            is_current=revision.kind in present and last[revision.kind] == revision.number,
            size=sizes[revision.sha256],
            sha256=revision.sha256,
            arrays_sha256=revision.arrays_sha256,
            step=revision.step,
            author=names[revision.author_id],
            note=revision.note,
            restored_from=revision.restored_from,
            created=revision.created,
        )
        for revision in found
    ]


def file_name(kind: str) -> str:
    """Return the name under which files of a kind are downloaded."""
    return KINDS[kind].filename if kind in KINDS else f"{kind}.nc"


def _refuse_unknown(platform: Platform, kind: str) -> None:
    steps = platform.graph.steps.values()
    known = dict.fromkeys(kind for step in steps for kind in (*kinds_of(step), *step.outputs))
    if kind not in known:
        raise ParameterError(
            f"there is no kind of file '{kind}'", remedy=f"choose from {', '.join(known)}"
        )


def _refuse_outdated(session: Session, project_id: str, kind: str, based_on: int | None) -> None:
    number = queries.last_numbers(session, project_id).get(kind, 0)
    if based_on is not None and based_on != number:
        raise ConflictError(
            f"somebody else has put another file of the kind '{kind}' there in the meantime",
            remedy="look at it, and give yours again if it is still wanted",
        )
