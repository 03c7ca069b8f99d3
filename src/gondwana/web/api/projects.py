"""Projects: list, make, look, change, copy, send, delete and take back."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated

from flask import request, url_for
from pydantic import Field
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.wrappers import Response

from gondwana.accounts.permissions import Actor
from gondwana.services import listing, projects, status
from gondwana.services.listing import PAGE, Order, ProjectPage, Scope
from gondwana.services.projects import LONGEST_INFO, Created, ProjectInfo
from gondwana.services.status import ProjectStatus
from gondwana.services.uploads import Upload
from gondwana.steps.kinds import GIVEN
from gondwana.web.api.answers import made
from gondwana.web.api.routes import Form, Number, Wanted, read_body, read_texts, route
from gondwana.web.visitors import platform

LARGEST_PAGE = 100

ONE = "/projects/<project_id>"


class ListWanted(Wanted):
    """Which projects are listed, and how."""

    scope: Scope = Field(
        "all",
        description="`mine`, those `shared` with me, `all` of both, those of `everybody` (for an "
        "administrator), or mine that were `deleted`",
    )
    search: str = Field(
        "", max_length=200, description="words in the name, owner, file name or description"
    )
    order: Order = Field(
        "changed", description="the last changed or created first, or by name or owner"
    )
    page: Number = Field(1, description="one beyond the end is the last")
    size: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = Field(
        PAGE, description="projects of a page"
    )


class ProjectTexts(Wanted):
    """What a project is called, and what is said about it."""

    name: str = Field(max_length=1000)
    info: str = Field("", description="what its people say about it")


class OfferedProject(ProjectTexts):
    """A project from a topography that was offered before."""

    offer: str = Field(description="id of the offer")


class ProjectChange(Wanted):
    """What changes in a project; what is not named stays."""

    name: str | None = Field(None, max_length=1000, description="for its owner alone")
    info: str | None = Field(None, max_length=LONGEST_INFO)


class NewName(Wanted):
    """A name, if the old one is taken or another is wanted."""

    name: str | None = Field(None, max_length=1000)


class Receiver(Wanted):
    """Who is given a copy."""

    user: str = Field(max_length=1000)


@route("GET", "/projects", "projects", answer=ProjectPage, query=ListWanted)
def list_projects(who: Actor, query: ListWanted) -> ProjectPage:
    """List projects, a page at a time."""
    return listing.page(
        platform(),
        who,
        scope=query.scope,
        search=query.search,
        order=query.order,
        number=query.page,
        size=query.size,
    )


@route(
    "POST", "/projects", "projects",
    answer=Created, status=201,
    body=(Form(ProjectTexts, GIVEN), OfferedProject),
    also=(404, 409, 413, 415, 507),
)  # fmt: skip
def create_project(who: Actor) -> Response:
    """Make a project from a topography.

    Send a form with the file `source` and, as you like, the other files; or name an offer. What
    then starts by itself starts.
    """
    if request.is_json:
        body = read_body(OfferedProject)
        return _created(
            projects.create_from(platform(), who, body.name, body.offer, info=body.info)
        )
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType("send a form (multipart/form-data), or JSON with an offer")
    texts = read_texts(ProjectTexts, request.form.to_dict())
    with ExitStack() as stack:
        uploads = {}
        for kind, file in request.files.items():
            stack.callback(file.close)
            uploads[kind] = Upload(file.filename or "file.nc", file.stream)
        return _created(projects.create(platform(), who, texts.name, uploads, info=texts.info))


@route("GET", ONE, "projects", answer=ProjectStatus)
def show_project(who: Actor, project_id: str) -> ProjectStatus:
    """Tell how a project and each of its steps stand, and what to do next."""
    return status.status(platform(), who, project_id)


@route("PATCH", ONE, "projects", answer=ProjectInfo, body=ProjectChange, also=(409,))
def change_project(who: Actor, project_id: str, body: ProjectChange) -> ProjectInfo:
    """Rename a project, or say something else about it."""
    found = projects.get(platform(), who, project_id)
    if body.name is not None:
        found = projects.rename(platform(), who, project_id, body.name)
    if body.info is not None:
        found = projects.describe(platform(), who, project_id, body.info)
    return found


@route("DELETE", ONE, "projects", answer=ProjectInfo)
def delete_project(who: Actor, project_id: str) -> ProjectInfo:
    """Delete a project, which can be undone for a while; what runs in it is stopped."""
    return projects.delete(platform(), who, project_id)


@route("POST", f"{ONE}/undelete", "projects", answer=ProjectInfo, body=NewName, also=(409,))
def undelete_project(who: Actor, project_id: str, body: NewName) -> ProjectInfo:
    """Take a deleted project back."""
    return projects.undelete(platform(), who, project_id, name=body.name)


@route(
    "POST", f"{ONE}/duplicate", "projects",
    answer=ProjectInfo, status=201, body=NewName, also=(409,),
)  # fmt: skip
def duplicate_project(who: Actor, project_id: str, body: NewName) -> Response:
    """Copy a project that you may see; the copy is yours."""
    copy = projects.duplicate(platform(), who, project_id, name=body.name)
    return made(ProjectInfo, copy, url_for("api.show_project", project_id=copy.id))


@route(
    "POST", f"{ONE}/send", "sharing",
    answer=ProjectInfo, status=201, body=Receiver, also=(409,),
)  # fmt: skip
def send_project(who: Actor, project_id: str, body: Receiver) -> ProjectInfo:
    """Give somebody a copy of a project; it is theirs."""
    return projects.send(platform(), who, project_id, body.user)


def _created(found: Created) -> Response:
    return made(Created, found, url_for("api.show_project", project_id=found.project.id))
