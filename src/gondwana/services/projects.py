"""Projects: make, find, list, rename, describe, copy, send, delete and take back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from gondwana.accounts.permissions import Actor, Right, right_to
from gondwana.dispatcher import transitions
from gondwana.dispatcher.platform import Platform
from gondwana.errors import ParameterError
from gondwana.services import offers, queries, quotas
from gondwana.services.door import (
    ProjectVisit,
    Visit,
    changing,
    looking,
    reading,
    right_on,
    visiting,
)
from gondwana.services.uploads import TOPOGRAPHY, Stored, Upload, take_in
from gondwana.services.wishes import good_edits, good_parameters, step_named
from gondwana.steps.edits import Edit
from gondwana.storage import edits as saved_edits
from gondwana.storage import projects, revisions, users
from gondwana.storage.errors import NameTakenError, NotFoundError
from gondwana.storage.marks import utc_now
from gondwana.storage.models import Project
from gondwana.storage.names import clean_name
from gondwana.workflow.events import EditsSaved, InputChanged, ParametersChanged
from gondwana.workflow.freshness import File
from gondwana.workflow.graph import Graph
from gondwana.workflow.model import shown

LONGEST_INFO = 5000

Overall = Literal["running", "failed", "awaiting you", "stale", "no worker", "fresh", "empty"]
"""How a project stands, in a word."""

_OVERALL: tuple[tuple[Overall, set[str]], ...] = (
    ("failed", {"failed"}),
    ("running", {"running", "queued"}),
    ("awaiting you", {"awaiting you"}),
    ("stale", {"stale", "never run", "cancelled"}),
    ("no worker", {"no worker"}),
)

Parameters = Mapping[str, Mapping[str, Any]]
Edits = Mapping[str, Sequence[Edit | Mapping[str, Any]]]


@dataclass(frozen=True)
class ProjectInfo:
    """A project, as somebody sees it.

    Attributes
    ----------
    id, name, owner : str
    file_name : str
        What the topography was called by whoever gave it.
    longitude, latitude : str
        Names of its variables in that file.
    info : str
        What its people say about it.
    right : Right
        What the one who asks may do with it.
    created, modified : datetime
    deleted : datetime or None
    """

    id: str
    name: str
    owner: str
    file_name: str
    longitude: str
    latitude: str
    info: str
    right: Right
    created: datetime
    modified: datetime
    deleted: datetime | None


@dataclass(frozen=True)
class ListedProject:
    """A project in a list, and how it stands."""

    project: ProjectInfo
    overall: Overall


@dataclass(frozen=True)
class Created:
    """A new project, and what was found in each of its files, by kind."""

    project: ProjectInfo
    files: Mapping[str, Stored]


def create(
    platform: Platform,
    actor: Actor,
    name: str,
    uploads: Mapping[str, Upload],
    *,
    info: str = "",
    parameters: Parameters | None = None,
    edits: Edits | None = None,
) -> Created:
    """Make a project from a topography. What then starts by itself starts.

    Parameters
    ----------
    platform : Platform
    actor : Actor
        Its owner.
    name : str
    uploads : mapping of str to Upload
        The topography as ``source``; as a person likes, an ``ocean_grid_file``, a ``soil_map``, a
        ``biome_map``.
    info : str
    parameters : mapping of str to mapping
        Values by step and name; those of ``regrid`` say how to read the topography.
    edits : mapping of str to sequence
        By step.

    Raises
    ------
    InputError
        A file cannot be used; nothing was made.
    QuotaError
        The actor's files would take more room than they may.
    ParameterError
        An unknown step or parameter, a value out of bounds, a kind that is no gift, no name.
    NameTakenError
        The actor has a project of this name.
    """
    graph = platform.graph
    wanted = _good_parameters(graph, parameters or {})
    changes = {
        step: good_edits(step_named(graph, step), some) for step, some in (edits or {}).items()
    }
    _refuse_other_kinds(graph, uploads)
    with reading(platform, actor) as visit:
        _refuse_name(visit, name)
    told = good_info(info)
    usage, files = quotas.usage(platform, actor), {}
    for kind, upload in uploads.items():
        files[kind] = take_in(platform, kind, upload, usage, wanted.get("regrid"))
        usage = usage.with_more(files[kind].size)
    with visiting(platform, actor) as visit:
        return _made(platform, visit, name, told, files, wanted, changes)


def create_from(
    platform: Platform,
    actor: Actor,
    name: str,
    offer_id: str,
    *,
    info: str = "",
    parameters: Parameters | None = None,
) -> Created:
    """Make a project from a topography that was offered, read as was chosen there.

    Parameters
    ----------
    platform : Platform
    actor : Actor
        Its owner, who has offered the file.
    name : str
    offer_id : str
        The offer, which is used up.
    info : str
    parameters : mapping of str to mapping
        As in `create`; how the file is read goes before them.

    Raises
    ------
    NotFoundError
        The actor has offered no such file, or it was used or forgotten.
    InputError
        It cannot be used as it is read.
    ParameterError, NameTakenError
        As in `create`.
    """
    told = good_info(info)
    with visiting(platform, actor) as visit:
        offer = offers.taken(visit, offer_id)
        files = {TOPOGRAPHY: offers.usable(offer, TOPOGRAPHY)}
        given = parameters or {}
        read = {**given.get("regrid", {}), **offer.reading}
        wanted = _good_parameters(platform.graph, {**given, "regrid": read})
        return _made(platform, visit, name, told, files, wanted, {})


def find(platform: Platform, actor: Actor, name: str, *, deleted: bool = False) -> ProjectInfo:
    """Find a project by its name or id, or somebody else's as ``NAME@OWNER``.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    name : str
    deleted : bool
        Look among those that were deleted; of several with one name, the last.

    Raises
    ------
    NotFoundError
        There is none, or the actor may not see it.
    """
    with reading(platform, actor) as visit:
        found = _found(visit, name, deleted=deleted)
        right = right_on(visit.session, visit.actor, found) if found is not None else Right.NONE
        if found is None or right is Right.NONE:
            raise NotFoundError(
                f"there is no project '{name}'" + (" among those deleted" if deleted else ""),
                remedy="see `gondwana project list`; another's is named NAME@OWNER",
            )
        return info_from(found, users.get(visit.session, found.owner_id).name, right)


def get(platform: Platform, actor: Actor, project_id: str) -> ProjectInfo:
    """Return a project.

    Raises
    ------
    NotFoundError
        There is none of this id, or the actor may not see it.
    """
    with looking(platform, actor, project_id) as visit:
        return info_of(visit)


def listed(
    platform: Platform, actor: Actor, *, everybodys: bool = False, deleted: bool = False
) -> list[ListedProject]:
    """List one's own projects and those that others share, by name.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    everybodys : bool
        For an administrator: all that there are.
    deleted : bool
        Instead, one's own that were deleted, the last one first.

    Raises
    ------
    ForbiddenError
        The actor is no administrator and asks for everybody's.
    """
    with reading(platform, actor, admin=everybodys) as visit:
        session, me = visit.session, visit.actor
        if deleted:
            found = projects.of_owner(session, me.user_id, deleted=True)
        elif everybodys:
            found = queries.all_projects(session)
        else:
            found = projects.seen_by(session, me.user_id)
        names = queries.names_of(session, [project.owner_id for project in found])
        shared = queries.shares_with(session, me.user_id)
        return [
            ListedProject(
                info_from(
                    project,
                    names[project.owner_id],
                    right_to(me, project.owner_id, shared.get(project.id)),
                ),
                overall(platform, project),
            )
            for project in found
        ]


def rename(platform: Platform, actor: Actor, project_id: str, name: str) -> ProjectInfo:
    """Give a project another name, as its owner.

    Raises
    ------
    NotFoundError, ForbiddenError, NameTakenError, ParameterError
    """
    with changing(platform, actor, project_id, Right.OWN) as visit:
        projects.rename(visit.session, project_id, name)
        return info_of(visit)


def describe(platform: Platform, actor: Actor, project_id: str, info: str) -> ProjectInfo:
    """Say something else about a project.

    Raises
    ------
    NotFoundError, ForbiddenError
    ParameterError
        The text is too long.
    """
    told = good_info(info)
    with changing(platform, actor, project_id) as visit:
        projects.lock(visit.session, project_id)
        visit.project.info = told
        visit.project.modified = utc_now()
        visit.session.flush()
        return info_of(visit)


def duplicate(
    platform: Platform, actor: Actor, project_id: str, *, name: str | None = None
) -> ProjectInfo:
    """Copy a project that one may see; the copy is one's own.

    Raises
    ------
    NotFoundError, NameTakenError, ParameterError
    """
    with changing(platform, actor, project_id, Right.VIEW) as visit:
        state = transitions.resting_state(platform, visit.project)
        me = visit.actor
        copy = projects.duplicate(
            visit.session, project_id, owner_id=me.user_id, name=name, state=state
        )
        transitions.look(platform, visit.session, copy.id)
        return info_from(copy, me.name, Right.OWN)


def send(platform: Platform, actor: Actor, project_id: str, receiver: str) -> ProjectInfo:
    """Give another user a copy of a project, as its owner.

    Raises
    ------
    NotFoundError
        There is no such project or user.
    ForbiddenError
    ConflictError
        It is theirs already.
    """
    with changing(platform, actor, project_id, Right.OWN) as visit:
        user = users.named(visit.session, receiver)
        state = transitions.resting_state(platform, visit.project)
        copy = projects.send(visit.session, project_id, user.id, state=state)
        transitions.look(platform, visit.session, copy.id)
        return info_from(copy, user.name, right_on(visit.session, visit.actor, copy))


def delete(platform: Platform, actor: Actor, project_id: str) -> ProjectInfo:
    """Delete a project, as its owner; it can be taken back. What runs in it is stopped.

    Raises
    ------
    NotFoundError, ForbiddenError
    """
    with changing(platform, actor, project_id, Right.OWN) as visit:
        projects.remove(visit.session, project_id)
        for step, known in transitions.state_of(platform, visit.project).steps.items():
            if known.is_open:
                transitions.cancel(
                    platform, visit.session, project_id, step, visit.actor.user_id, "it was deleted"
                )
        return info_of(visit)


def undelete(
    platform: Platform, actor: Actor, project_id: str, *, name: str | None = None
) -> ProjectInfo:
    """Take a deleted project back, under another name if the old one is taken meanwhile.

    Raises
    ------
    NotFoundError, NameTakenError, ParameterError
    """
    with changing(platform, actor, project_id, Right.OWN, deleted=True) as visit:
        projects.take_back(visit.session, project_id, name=name)
        transitions.look(platform, visit.session, project_id)
        return info_of(visit)


def info_of(visit: ProjectVisit) -> ProjectInfo:
    """Tell a project as the visitor sees it."""
    owner = users.get(visit.session, visit.project.owner_id)
    return info_from(visit.project, owner.name, visit.right)


def overall(platform: Platform, project: Project) -> Overall:
    """Tell in a word how a project stands."""
    state = transitions.state_of(platform, project)
    if not state.files:
        return "empty"
    found = set(shown(platform.graph, state).values())
    return next((word for word, states in _OVERALL if found & states), "fresh")


def good_info(info: str) -> str:
    """Return what is said about a project as it is kept.

    Raises
    ------
    ParameterError
        It is too long.
    """
    told = info.strip()
    if len(told) > LONGEST_INFO:
        raise ParameterError(
            f"the description is longer than {LONGEST_INFO} letters", remedy="shorten it"
        )
    return told


def info_from(project: Project, owner: str, right: Right) -> ProjectInfo:
    """Tell a project of an owner to somebody who has a right to it."""
    return ProjectInfo(
        id=project.id,
        name=project.name,
        owner=owner,
        file_name=project.file_name,
        longitude=project.longitude,
        latitude=project.latitude,
        info=project.info,
        right=right,
        created=project.created,
        modified=project.modified,
        deleted=project.deleted,
    )


def _found(visit: Visit, name: str, *, deleted: bool) -> Project | None:
    """Find a project: one's own name first, then an id, then another's name."""
    own = _of_owner(visit.session, visit.actor.user_id, name, deleted=deleted)
    by_id = visit.session.get(Project, name)
    if own is None and by_id is not None and (by_id.deleted is not None) == deleted:
        return by_id
    short, at, owner = name.rpartition("@")
    if own is not None or not at:
        return own
    try:
        other = users.named(visit.session, owner)
    except NotFoundError:
        return None
    return _of_owner(visit.session, other.id, short, deleted=deleted)


def _of_owner(session: Session, owner_id: str, name: str, *, deleted: bool) -> Project | None:
    if deleted:
        gone = projects.of_owner(session, owner_id, deleted=True)
        return next((project for project in gone if project.name == name), None)
    try:
        return projects.named(session, owner_id, name)
    except NotFoundError:
        return None


def _refuse_name(visit: Visit, name: str) -> None:
    """Refuse a name before large files are read; `projects.create` looks again."""
    wanted = clean_name(name)
    if _of_owner(visit.session, visit.actor.user_id, wanted, deleted=False) is not None:
        raise NameTakenError(f"there is a project '{wanted}' already", remedy="choose another name")


def _refuse_other_kinds(graph: Graph, uploads: Mapping[str, Upload]) -> None:
    other = [kind for kind in uploads if kind not in graph.given]
    if other:
        raise ParameterError(
            f"a file of the kind '{other[0]}' cannot be given to a new project",
            remedy=f"give only {', '.join(graph.given)}",
        )
    if TOPOGRAPHY not in uploads:
        raise ParameterError("a project needs a topography", remedy="give one")


def _good_parameters(graph: Graph, parameters: Parameters) -> dict[str, dict[str, Any]]:
    """Check parameters, and keep those of the steps that have others than the defaults."""
    good = {
        name: good_parameters(step_named(graph, name), values)
        for name, values in parameters.items()
        if values
    }
    return {name: values for name, values in good.items() if values != _defaults(graph, name)}


def _defaults(graph: Graph, name: str) -> dict[str, Any] | None:
    try:
        return good_parameters(graph.steps[name], {})
    except ParameterError:
        return None


def _made(
    platform: Platform,
    visit: Visit,
    name: str,
    info: str,
    files: Mapping[str, Stored],
    parameters: Parameters,
    edits: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Created:
    project = projects.create(
        visit.session,
        visit.actor.user_id,
        name,
        info=info,
        state=transitions.new_state(platform.graph),
    )
    _fill(platform, visit, project, files, parameters, edits)
    return Created(info_from(project, visit.actor.name, Right.OWN), files)


def _fill(
    platform: Platform,
    visit: Visit,
    project: Project,
    files: Mapping[str, Stored],
    parameters: Parameters,
    edits: Mapping[str, Sequence[Mapping[str, Any]]],
) -> None:
    """Put into a new project what it begins with."""
    session, author, now = visit.session, visit.actor.user_id, utc_now()
    events: list[transitions.PersonEvent] = [
        ParametersChanged(at=now, step=step, parameters=values)
        for step, values in parameters.items()
    ]
    for step, some in edits.items():
        if some:
            saved_edits.save(session, project.id, step, some, based_on=0, author_id=author)
            events.append(EditsSaved(at=now, step=step, edits=tuple(some)))
    for kind, file in files.items():
        revisions.add(
            session,
            platform.store,
            project.id,
            kind,
            file.sha256,
            author_id=author,
            note=file.name,
            given=file.given,
        )
        events.append(InputChanged(at=now, kind=kind, file=File(file.sha256)))
    for event in events:
        transitions.tell(platform, session, project.id, event, author)
