"""The files of a project: what there is, what was, what is in them; down, up, and back again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from gondwana.accounts.permissions import Actor, Right
from gondwana.errors import GondwanaError, InputError, ParameterError
from gondwana.recipes.recipe import recipe_text
from gondwana.services import archive, files, maps, projects, recipes, status, timeline
from gondwana.services.comparing import Which
from gondwana.services.files import RevisionInfo
from gondwana.services.maps import FileDescription
from gondwana.services.quotas import QuotaError
from gondwana.services.uploads import TOPOGRAPHY, Upload, is_netcdf
from gondwana.steps.kinds import KINDS
from gondwana.storage.errors import ConflictError, NotFoundError
from gondwana.web.api.answers import sent
from gondwana.web.numbers import whole_number
from gondwana.web.visitors import actor, platform
from gondwana.workflow.graph import kinds_of

files_pages = Blueprint("files", __name__)

GROUPS = {
    "given": (
        lazy_gettext("Given"),
        lazy_gettext("What everything is made from."),
    ),
    "results": (
        lazy_gettext("Results"),
        lazy_gettext("The boundary conditions, in the order in which they are made."),
    ),
    "between": (
        lazy_gettext("Passed on between steps"),
        lazy_gettext("What one step hands to the next; an archive leaves it out."),
    ),
}
"""Titles of the parts of the list, and what stands in each."""

_PREVIEW = 4000  # bytes of a text that are shown
_TOLD = (InputError, ParameterError, ConflictError, QuotaError)
"""What is told beside the form; all else is told on a page of its own."""


@dataclass(frozen=True)
class _Row:
    """A file in the list, and how the step stands that makes it; empty for what a person gives."""

    file: RevisionInfo
    step: str
    step_title: str
    shown: str


@files_pages.get("/projects/<project_id>/files")
def listed(project_id: str) -> Any:
    """List the files that the steps use now."""
    who = actor()
    found = status.status(platform(), who, project_id)
    present = files.current(platform(), who, project_id)
    steps = {step.name: step for step in found.steps}
    groups: dict[str, list[_Row]] = {name: [] for name in GROUPS}
    for one in present:
        maker = steps.get(platform().graph.makers.get(one.kind, ""))
        row = _Row(one, maker.name, maker.title, maker.shown) if maker else _Row(one, "", "", "")
        groups[_group(one.kind)].append(row)
    there = {one.kind for one in present}
    return render_template(
        "files/list.html",
        project=found.project,
        tab="files",
        groups=[(*GROUPS[name], rows) for name, rows in groups.items() if rows],
        absent=[KINDS[kind] for kind in platform().graph.given if kind not in there],
        size=sum(one.size for one in present),
    )


@files_pages.get("/projects/<project_id>/files/<kind>")
def show(project_id: str, kind: str) -> Any:
    """Show a file: its revisions and what is in the one that the address names."""
    return _page(project_id, kind)


@files_pages.post("/projects/<project_id>/files/<kind>")
def replace(project_id: str, kind: str) -> Any:
    """Put a file in the place of another, or where there was none."""
    who = actor()
    given = request.files.get("file")
    note = request.form.get("note", "")
    try:
        if given is None or not given.filename:
            raise InputError(_("no file was chosen"), remedy=_("choose one"))
        made = files.replace(
            platform(),
            who,
            project_id,
            kind,
            Upload(given.filename, given.stream),
            note=note,
            based_on=request.form.get("based_on", type=whole_number),
        )
    except _TOLD as error:
        return _page(project_id, kind, note=note, problem=error)
    flash(_("Revision %(number)s is in its place now.", number=made.revision.number), "good")
    return redirect(url_for("files.show", project_id=project_id, kind=kind))


@files_pages.post("/projects/<project_id>/files/<kind>/restore")
def restore(project_id: str, kind: str) -> Any:
    """Make an earlier revision the current one again."""
    who, number = actor(), request.form.get("revision", 0, type=whole_number)
    note = request.form.get("note", "")
    try:
        made = files.restore(platform(), who, project_id, kind, number, note=note)
    except (ConflictError, ParameterError) as error:
        return _page(project_id, kind, note=note, problem=error)
    flash(_("Revision %(old)s is back, as revision %(new)s.", old=number, new=made.number), "good")
    return redirect(url_for("files.show", project_id=project_id, kind=kind))


@files_pages.post("/projects/<project_id>/files/<kind>/take-away")
def take_away(project_id: str, kind: str) -> Any:
    """Do without a file from now on."""
    files.take_away(platform(), actor(), project_id, kind)
    flash(_("It is no longer used. Its revisions stay, and can be restored."), "good")
    return redirect(url_for("files.show", project_id=project_id, kind=kind))


@files_pages.get("/projects/<project_id>/files/<kind>/download")
def download(project_id: str, kind: str) -> Response:
    """Send a file, or the part of it that was asked for."""
    number = request.args.get("revision", type=whole_number)
    return sent(files.opened(platform(), actor(), project_id, kind, number))


@files_pages.get("/projects/<project_id>/archive.zip", endpoint="archive")
def archived(project_id: str) -> Response:
    """Send everything in one zip file, written while it is sent."""
    found = archive.archive(platform(), actor(), project_id)
    response = Response(found.chunks, mimetype="application/zip")
    response.content_length = found.size
    response.headers.set("Content-Disposition", "attachment", filename=found.name)
    return response


@files_pages.get("/projects/<project_id>/recipe")
def recipe(project_id: str) -> Response:
    """Send the recipe, with which ``gondwana build`` makes the same."""
    found = recipes.exported(platform(), actor(), project_id)
    response = Response(recipe_text(found.recipe), mimetype="application/yaml")
    response.headers.set("Content-Disposition", "attachment", filename=recipes.RECIPE)
    return response


@files_pages.get("/projects/<project_id>/history")
def history(project_id: str) -> Any:
    """Show all that has happened in a project, the last first."""
    who, number = actor(), request.args.get("page", 1, type=whole_number)
    project = projects.get(platform(), who, project_id)
    found = timeline.timeline(platform(), who, project_id, number)
    return render_template("files/history.html", project=project, tab="history", found=found)


def _page(
    project_id: str, kind: str, *, note: str = "", problem: GondwanaError | None = None
) -> Any:
    who = actor()
    project = projects.get(platform(), who, project_id)
    revisions = files.history(platform(), who, project_id, kind)
    shown = _chosen(revisions, kind)
    described, text, trouble = _looked_into(who, shown)
    maker = platform().graph.makers.get(kind)
    page = render_template(
        "files/file.html",
        project=project,
        tab="files",
        kind=kind,
        title=KINDS[kind].title if kind in KINDS else kind,
        revisions=revisions,
        shown=shown,
        described=described,
        text=text,
        trouble=trouble,
        maker=platform().graph.steps[maker] if maker else None,
        users=[step for step in platform().graph.steps.values() if kind in kinds_of(step)],
        may_change=project.right >= Right.CHANGE,
        may_go=kind != TOPOGRAPHY and kind in platform().graph.given,
        has_map=is_netcdf(kind),
        last=max((one.number for one in revisions), default=0),
        note=note,
        problem=problem,
    )
    return page, problem.http_status if problem else 200


def _chosen(revisions: Sequence[RevisionInfo], kind: str) -> RevisionInfo | None:
    """Return the revision that the address names, or else the current one, or the last."""
    number = request.args.get("revision", type=whole_number)
    if number is None:
        return next((one for one in revisions if one.is_current), next(iter(revisions), None))
    found = next((one for one in revisions if one.number == number), None)
    if found is None:
        raise NotFoundError(f"there is no revision {number} of '{kind}'")
    return found


def _looked_into(
    who: Actor, shown: RevisionInfo | None
) -> tuple[FileDescription | None, str, GondwanaError | None]:
    """Return what a file says of itself, or its first lines, or why nothing can be told."""
    if shown is None:
        return None, "", None
    address = shown.project_id, shown.kind, shown.number
    try:
        if is_netcdf(shown.kind):
            return maps.described(platform(), who, Which(*address)), "", None
        with files.opened(platform(), who, *address) as (_info, stream):
            return None, stream.read(_PREVIEW).decode(errors="replace"), None
    except GondwanaError as error:
        return None, "", error


def _group(kind: str) -> str:
    if kind not in platform().graph.makers:
        return "given"
    return "results" if kind in KINDS and KINDS[kind].published else "between"
