"""The map editors: pages around the application that does the work."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from gondwana.services import files, projects
from gondwana.services.editing import FACES
from gondwana.web.visitors import actor, platform

editing_pages = Blueprint("editing", __name__)


@editing_pages.get("/projects/<project_id>/edit/<step>")
def of_step(project_id: str, step: str) -> Any:
    """Edit what an interactive step works on."""
    project = projects.get(platform(), actor(), project_id)
    known = platform().graph.steps.get(step)
    if known is None or step not in FACES:
        raise NotFound
    return render_template(
        "editing/show.html",
        project=project,
        title=known.title,
        back=url_for("steps.show", project_id=project_id, step=step),
        place=known.title,
        editor="/viewer/edit?" + urlencode({"project": project_id, "step": step}),
    )


@editing_pages.get("/projects/<project_id>/files/<kind>/edit")
def of_file(project_id: str, kind: str) -> Any:
    """Edit a variable of a file."""
    project = projects.get(platform(), actor(), project_id)
    found = files.get(platform(), actor(), project_id, kind)
    asked = {name: request.args[name] for name in ("variable", "index") if name in request.args}
    return render_template(
        "editing/show.html",
        project=project,
        title=_("Edit %(file)s", file=found.file_name),
        back=url_for("files.show", project_id=project_id, kind=kind),
        place=found.file_name,
        editor="/viewer/edit?" + urlencode({"project": project_id, "file": kind, **asked}),
    )
