"""Maps of files: pictures, the page with the viewer, and small ones for lists."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from gondwana.errors import InputError, ParameterError
from gondwana.maps.projections import NAMES
from gondwana.maps.views import COLOURS, View
from gondwana.reports.numbers import label, place
from gondwana.services import asking, files, maps, projects
from gondwana.services.comparing import Which
from gondwana.services.maps import Drawn
from gondwana.web.map_query import SLICE, view_of
from gondwana.web.numbers import whole_number
from gondwana.web.texts import asset
from gondwana.web.visitors import actor, platform

maps_pages = Blueprint("maps", __name__)

PROJECTIONS = dict(
    zip(
        NAMES,
        (
            lazy_gettext("Plate Carrée"),
            lazy_gettext("Mollweide"),
            lazy_gettext("North pole"),
            lazy_gettext("South pole"),
        ),
        strict=True,
    )
)
"""Titles of the projections."""

_EXACT = 6  # significant digits


def exact(value: float | None) -> str:
    """Write a number so that small changes show."""
    return "–" if value is None else label(value, _EXACT)


def place_of(where: tuple[float, float]) -> str:
    """Write a longitude and a latitude."""
    return place(round(where[0], 2), round(where[1], 2))


maps_pages.add_app_template_filter(label, "figure")
maps_pages.add_app_template_filter(exact, "exact")
maps_pages.add_app_template_filter(place_of, "place")

_SMALL = 720
_WIDE = 1440


@maps_pages.get("/projects/<project_id>/thumbnail.png")
def thumbnail(project_id: str) -> Response:
    """Send a small picture of a project's topography, or one that stands for none."""
    try:
        png = maps.thumbnail(platform(), actor(), project_id)
    except asking.BusyError:
        png = None
    return redirect(asset("no-map.svg")) if png is None else sent_picture(png)


@maps_pages.get("/projects/<project_id>/files/<kind>/map.png")
def picture(project_id: str, kind: str) -> Response:
    """Send a picture of a file, drawn as the address says."""
    which = Which(project_id, kind, request.args.get("revision", type=whole_number))
    drawn = maps.drawn(platform(), actor(), which, view_of(request.args, _SMALL))
    name = f"{kind}-{drawn.about.variable}.png" if "download" in request.args else ""
    return sent_picture(drawn.png, name)


@maps_pages.get("/projects/<project_id>/files/<kind>/map")
def show(project_id: str, kind: str) -> Any:
    """Show a file as a map: a picture at once, and the viewer as soon as it is loaded."""
    who = actor()
    which = Which(project_id, kind, request.args.get("revision", type=whole_number))
    project = projects.get(platform(), who, project_id)
    trouble: ParameterError | InputError | None = None
    drawn: Drawn | None = None
    view = View(width=_WIDE)
    described = None
    try:
        described = maps.described(platform(), who, which)
        view = view_of(request.args, _WIDE)
        drawn = maps.drawn(platform(), who, which, view)
    except (ParameterError, InputError) as error:
        trouble = error
    shown = described.revision if described else files.get(platform(), who, project_id, kind)
    variables = (
        [one.name for one in described.header.variables if one.drawable] if described else []
    )
    page = render_template(
        "maps/show.html",
        project=project,
        tab="files",
        kind=kind,
        revision=shown,
        revisions=files.history(platform(), who, project_id, kind),
        drawn=drawn,
        view=view,
        trouble=trouble,
        typed=request.args,
        here={name: value for name, value in request.args.items() if name != "revision"},
        choices={
            "variables": [(name, name) for name in variables],
            "projections": PROJECTIONS,
            "colours": COLOURS,
            "slice": SLICE,
        },
    )
    return page, 422 if isinstance(trouble, ParameterError) else 200


def sent_picture(png: bytes, name: str = "") -> Response:
    """Send a picture; a browser that has it is told so."""
    response = Response(png, mimetype="image/png")
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(sha256(png).hexdigest()[:32])
    if name:
        response.headers.set("Content-Disposition", "attachment", filename=name)
    return response.make_conditional(request)
