"""Sending a file: it is shown what is in it, then it becomes a project or a new revision.

A browser with scripts sends the file as the body of a request and shows how far it is; one without
sends a form. Both come to the same pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, cast

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gondwana.accounts.permissions import Actor, Right, require
from gondwana.errors import GondwanaError, InputError, ParameterError
from gondwana.services import files, offers, projects, quotas
from gondwana.services.offered import Offer
from gondwana.services.projects import ProjectInfo
from gondwana.services.quotas import QuotaError
from gondwana.services.uploads import TOPOGRAPHY, Upload, is_netcdf
from gondwana.steps.kinds import KINDS
from gondwana.storage.errors import (
    ConflictError,
    FileTooLargeError,
    NameTakenError,
    NotFoundError,
)
from gondwana.storage.names import LONGEST
from gondwana.web.numbers import whole_number
from gondwana.web.visitors import actor, platform

new_project_pages = Blueprint("new_project", __name__)

RAW = "application/octet-stream"
"""Type of a body that is the file itself."""

_NEW = "/projects/new"
_REPLACING = "/projects/<project_id>/files/<kind>/new"
_REFUSED = (InputError, ParameterError, QuotaError, FileTooLargeError)
_TOLD = (*_REFUSED, ConflictError, NameTakenError)
"""What is told beside the form; all else is told on a page of its own."""


@dataclass(frozen=True)
class Place:
    """Where a file is to go: into a new project, or into the place of another.

    Attributes
    ----------
    kind : str
    project : ProjectInfo or None
    last : int
        Number of the last revision of the kind; 0 if there is none.
    """

    kind: str
    project: ProjectInfo | None = None
    last: int = 0

    @property
    def title(self) -> str:
        """What kind of file it is, in a few words."""
        return KINDS[self.kind].title if self.kind in KINDS else self.kind

    @property
    def is_netcdf(self) -> bool:
        """Whether it has to be NetCDF."""
        return is_netcdf(self.kind)

    def address(self, view: str, **names: str) -> str:
        """Return the address of one of the views below."""
        here: dict[str, Any] = dict(names)
        if self.project is not None:
            here |= {"project_id": self.project.id, "kind": self.kind}
        return url_for(f"new_project.{view}", **here)


@new_project_pages.get(_NEW)
@new_project_pages.get(_REPLACING)
def begin(project_id: str | None = None, kind: str = TOPOGRAPHY) -> Any:
    """Ask for a file."""
    who = actor()
    return _asking(who, _place(who, project_id, kind))


@new_project_pages.post(_NEW)
@new_project_pages.post(_REPLACING)
def send(project_id: str | None = None, kind: str = TOPOGRAPHY) -> Any:
    """Take a file, and lead to what was found in it."""
    who = actor()
    place = _place(who, project_id, kind)
    is_raw = request.mimetype == RAW
    try:
        offer = offers.offer(platform(), who, kind, _given(is_raw=is_raw))
    except _REFUSED as error:
        if is_raw:
            return jsonify(error=_sentence(error)), error.http_status
        return _asking(who, place, error)
    address = place.address("look", offer_id=offer.id)
    return jsonify(address=address) if is_raw else redirect(address)


@new_project_pages.get(f"{_NEW}/<offer_id>")
@new_project_pages.get(f"{_REPLACING}/<offer_id>")
def look(offer_id: str, project_id: str | None = None, kind: str = TOPOGRAPHY) -> Any:
    """Show what is in a file, and ask for what is needed to use it."""
    who = actor()
    return _shown(_place(who, project_id, kind), offers.get(platform(), who, offer_id), {})


@new_project_pages.post(f"{_NEW}/<offer_id>/reading")
@new_project_pages.post(f"{_REPLACING}/<offer_id>/reading")
def look_again(offer_id: str, project_id: str | None = None, kind: str = TOPOGRAPHY) -> Any:
    """Read a file in another way, and show what is in it then."""
    who = actor()
    place = _place(who, project_id, kind)
    offer, problem = _read_again(who, offers.get(platform(), who, offer_id))
    return _shown(place, offer, request.form, problem)


@new_project_pages.post(f"{_NEW}/<offer_id>")
@new_project_pages.post(f"{_REPLACING}/<offer_id>")
def use(offer_id: str, project_id: str | None = None, kind: str = TOPOGRAPHY) -> Any:
    """Make a project of a file, or put it in the place of another."""
    who = actor()
    place = _place(who, project_id, kind)
    offer, problem = _read_again(who, offers.get(platform(), who, offer_id))
    if offer.problem is not None or problem:
        return _shown(place, offer, request.form, problem)
    if place.project is None:
        return _made(who, place, offer)
    return _replaced(who, place, offer)


@new_project_pages.post(f"{_NEW}/<offer_id>/withdraw")
@new_project_pages.post(f"{_REPLACING}/<offer_id>/withdraw")
def withdraw(offer_id: str, project_id: str | None = None, kind: str = TOPOGRAPHY) -> Any:
    """Forget a file, and ask for another."""
    who = actor()
    place = _place(who, project_id, kind)
    offers.withdraw(platform(), who, offer_id)
    return redirect(place.address("begin"))


@new_project_pages.get(f"{_NEW}/<offer_id>/map.png")
def picture(offer_id: str) -> Response:
    """Draw a topography as it is read."""
    png = offers.picture(platform(), actor(), offer_id)
    if png is None:
        raise NotFoundError(_("there is no map of it"))
    return Response(png, mimetype="image/png")


def _place(who: Actor, project_id: str | None, kind: str) -> Place:
    if project_id is None:
        return Place(kind)
    project = projects.get(platform(), who, project_id)
    require(project.right, Right.CHANGE)
    numbers = [one.number for one in files.history(platform(), who, project_id, kind)]
    return Place(kind, project, max(numbers, default=0))


def _given(*, is_raw: bool) -> Upload:
    """Return the file that came with this request.

    Raises
    ------
    InputError
        None was chosen.
    """
    if is_raw:
        return Upload(request.args.get("name", ""), request.stream)
    file = request.files.get("file")
    if file is None or not file.filename:
        raise InputError(_("no file was chosen"), remedy=_("choose one"))
    return Upload(file.filename, file.stream)


def _read_again(who: Actor, offer: Offer) -> tuple[Offer, dict[str, str]]:
    """Look again if the form says to read in another way; tell what it says that cannot be."""
    said: dict[str, str] = {
        name: request.form[name].strip() for name in offers.READING if request.form.get(name)
    }
    if offer.kind != TOPOGRAPHY or not _says(offers.READING) or said == dict(offer.reading):
        return offer, {}
    try:
        return offers.look_again(platform(), who, offer.id, said), {}
    except ParameterError as error:
        return offer, {"reading": _sentence(error)}


def _says(names: tuple[str, ...]) -> bool:
    return any(name in request.form for name in names)


def _made(who: Actor, place: Place, offer: Offer) -> Any:
    form, where = request.form, "name"
    try:
        info = form.get("info", "")
        where = "info"
        projects.good_info(info)
        where = "name"
        made = projects.create_from(platform(), who, form.get("name", ""), offer.id, info=info)
    except _TOLD as error:
        return _shown(place, offer, form, {where: _sentence(error)}), error.http_status
    flash(_("The project is made, and its first steps run by themselves."), "good")
    return redirect(url_for("project.show", project_id=made.project.id))


def _replaced(who: Actor, place: Place, offer: Offer) -> Any:
    form, project = request.form, cast("ProjectInfo", place.project)
    try:
        made = files.replace_from(
            platform(),
            who,
            project.id,
            place.kind,
            offer.id,
            note=form.get("note", ""),
            based_on=form.get("based_on", type=whole_number),
        )
    except _TOLD as error:
        return _shown(place, offer, form, {"note": _sentence(error)}), error.http_status
    flash(_("Revision %(number)s is in its place now.", number=made.revision.number), "good")
    return redirect(url_for("files.show", project_id=project.id, kind=place.kind))


def _asking(who: Actor, place: Place, error: GondwanaError | None = None) -> Any:
    page = render_template(
        _template(place, "ask"),
        place=place,
        project=place.project,
        tab="files",
        usage=quotas.usage(platform(), who),
        largest=platform().store.largest,
        error=_sentence(error) if error else "",
    )
    return page, error.http_status if error else 200


def _shown(
    place: Place,
    offer: Offer,
    typed: Mapping[str, str],
    problems: Mapping[str, str] | None = None,
) -> str:
    return render_template(
        _template(place, "look"),
        place=place,
        project=place.project,
        tab="files",
        offer=offer,
        typed={"name": _suggested(offer.name), "info": "", "note": "", **typed},
        reading={name: typed.get(name, offer.reading.get(name, "")) for name in offers.READING},
        problems=dict.fromkeys(("name", "info", "note", "reading"), "") | dict(problems or {}),
    )


def _template(place: Place, page: str) -> str:
    return f"new_project/{'new' if place.project is None else 'replace'}_{page}.html"


def _suggested(name: str) -> str:
    """Return a name for a project after that of its file."""
    return " ".join(PurePath(name).stem.replace("_", " ").split())[:LONGEST]


def _sentence(error: GondwanaError) -> str:
    told = str(error)
    return f"{told[:1].upper()}{told[1:]}."
