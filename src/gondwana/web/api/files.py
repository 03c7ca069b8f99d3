"""Files of a project: lists, up and down, an earlier one again, and the project as a recipe."""

from __future__ import annotations

from flask import url_for
from pydantic import Field
from werkzeug.wrappers import Response

from gondwana.accounts.permissions import Actor
from gondwana.recipes.recipe import recipe_text
from gondwana.services import archive, comparing, files, maps, recipes
from gondwana.services.comparing import Comparison, Which
from gondwana.services.files import Replaced, RevisionInfo
from gondwana.services.maps import FileDescription
from gondwana.services.uploads import Upload
from gondwana.services.wishes import LONGEST_NOTE
from gondwana.web.api.answers import (
    CHECKSUM,
    HEADERS_OF_FILE,
    body_stream,
    checksum_of_request,
    made,
    sent,
)
from gondwana.web.api.routes import Count, Number, Raw, Wanted, route
from gondwana.web.visitors import platform

ALL = "/projects/<project_id>/files"
ONE = f"{ALL}/<kind>"

_REVISION = Field(None, description="number of an earlier one; the current one if left out")


class RevisionWanted(Wanted):
    """Which revision of a file is meant."""

    revision: Number | None = _REVISION


class UploadWanted(Wanted):
    """What is told about a file that is sent."""

    name: str = Field("", max_length=1000, description="what you call the file")
    note: str = Field("", max_length=LONGEST_NOTE, description="what is to be remembered about it")
    based_on: Count | None = Field(
        None,
        description="number of the revision that is to be replaced, 0 where there is none; if "
        "somebody else has put another one there meanwhile, yours is refused with 409",
    )
    sha256: str = Field(
        "", pattern="^([0-9a-f]{64})?$", description="what the checksum of the file has to be"
    )


class RevisionAgain(Wanted):
    """An earlier revision that is to be the current one again."""

    revision: Number
    note: str = Field("", max_length=LONGEST_NOTE)


class Compared(Wanted):
    """Two revisions; of the second is left out what is as in the first."""

    project: str
    kind: str
    revision: Number | None = _REVISION
    other_project: str | None = None
    other_kind: str | None = None
    other_revision: Number | None = _REVISION


@route("GET", ALL, "files", answer=list[RevisionInfo])
def list_files(who: Actor, project_id: str) -> list[RevisionInfo]:
    """List the files that the steps use now, those that a person gave first."""
    return files.current(platform(), who, project_id)


@route("GET", "/projects/<project_id>/revisions", "files", answer=list[RevisionInfo])
def list_revisions(who: Actor, project_id: str) -> list[RevisionInfo]:
    """List all revisions of all files: who, when, why; the last one first."""
    return files.history(platform(), who, project_id)


@route("GET", f"{ONE}/revisions", "files", answer=list[RevisionInfo])
def list_revisions_of_kind(who: Actor, project_id: str, kind: str) -> list[RevisionInfo]:
    """List all revisions of one kind of file, the last one first."""
    return files.history(platform(), who, project_id, kind)


@route("GET", f"{ONE}/about", "files", answer=RevisionInfo, query=RevisionWanted)
def show_file(who: Actor, project_id: str, kind: str, query: RevisionWanted) -> RevisionInfo:
    """Tell where a file comes from, and what it weighs."""
    return files.get(platform(), who, project_id, kind, query.revision)


@route("GET", f"{ONE}/header", "files", answer=FileDescription, query=RevisionWanted)
def show_header(who: Actor, project_id: str, kind: str, query: RevisionWanted) -> FileDescription:
    """Tell what a NetCDF file says of itself: dimensions, variables, attributes."""
    return maps.described(platform(), who, Which(project_id, kind, query.revision))


@route(
    "GET", ONE, "files",
    answer=Raw("application/x-netcdf", "The file", HEADERS_OF_FILE),
    query=RevisionWanted,
    headers=(
        ("Range", "`bytes=1000-`: a part of the file"),
        ("If-Range", "ETag: the part, or the whole file if it is another one now"),
        ("If-None-Match", "ETag: nothing (304) if it is still this one"),
    ),
    also=(206, 304, 416),
)  # fmt: skip
def download(who: Actor, project_id: str, kind: str, query: RevisionWanted) -> Response:
    """Send a file, or a part of it."""
    return sent(files.opened(platform(), who, project_id, kind, query.revision))


@route(
    "PUT", ONE, "files",
    answer=Replaced, status=201,
    body=(Raw("application/octet-stream", "The file as it is"),),
    query=UploadWanted,
    headers=((CHECKSUM, "`sha-256=:…:`, which the file has to have (RFC 9530)"),),
    also=(409, 413, 507),
)  # fmt: skip
def upload(who: Actor, project_id: str, kind: str, query: UploadWanted) -> Response:
    """Put a file in the place of another of its kind; what depends on it runs again.

    It may stand in the place of a step's result as well, until something that the step depends
    on changes. A file that is too large is refused before it is read.
    """
    sha256 = query.sha256 or checksum_of_request()
    given = Upload(query.name or files.file_name(kind), body_stream(), sha256)
    replaced = files.replace(
        platform(), who, project_id, kind, given, note=query.note, based_on=query.based_on
    )
    number = replaced.revision.number
    address = url_for("api.download", project_id=project_id, kind=kind, revision=number)
    return made(Replaced, replaced, address)


@route("DELETE", ONE, "files", also=(409,))
def take_away(who: Actor, project_id: str, kind: str) -> None:
    """Do without a file that steps can do without; restoring a revision brings it back."""
    files.take_away(platform(), who, project_id, kind)


@route("POST", f"{ONE}/restore", "files", answer=RevisionInfo, body=RevisionAgain, also=(409,))
def restore(who: Actor, project_id: str, kind: str, body: RevisionAgain) -> RevisionInfo:
    """Make an earlier revision the current one again; what depends on it runs again."""
    return files.restore(platform(), who, project_id, kind, body.revision, note=body.note)


@route(
    "GET", "/projects/<project_id>/recipe", "files",
    answer=Raw("application/yaml", "The recipe, for `gondwana build`"),
)  # fmt: skip
def recipe(who: Actor, project_id: str) -> Response:
    """Send a project as a recipe: what it was given, every parameter and every edit."""
    found = recipes.exported(platform(), who, project_id)
    response = Response(recipe_text(found.recipe), mimetype="application/yaml")
    response.headers["Content-Disposition"] = f'attachment; filename="{recipes.RECIPE}"'
    return response


@route(
    "GET", "/projects/<project_id>/archive.zip", "files",
    answer=Raw("application/zip", "A zip file, written while it is sent"),
)  # fmt: skip
def download_all(who: Actor, project_id: str) -> Response:
    """Send all files of a project, its report and its recipe in one zip file."""
    found = archive.archive(platform(), who, project_id)
    response = Response(found.chunks, mimetype="application/zip")
    response.content_length = found.size
    response.headers.set("Content-Disposition", "attachment", filename=found.name)
    return response


@route("GET", "/compare", "files", answer=Comparison, query=Compared, also=(404,))
def compare(who: Actor, query: Compared) -> Comparison:
    """Compare two revisions: of one kind or two, in one project or two."""
    first = Which(query.project, query.kind, query.revision)
    second = Which(
        query.other_project or query.project, query.other_kind or query.kind, query.other_revision
    )
    return comparing.compare(platform(), who, first, second)
