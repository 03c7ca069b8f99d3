"""The list of projects: what somebody sees first."""

from __future__ import annotations

from typing import Any, cast, get_args

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gondwana.errors import ParameterError
from gondwana.services import listing, projects
from gondwana.services.listing import ORDERS, Order, Scope
from gondwana.storage.errors import NameTakenError
from gondwana.web.numbers import whole_number
from gondwana.web.visitors import actor, platform, somebody

projects_pages = Blueprint("projects", __name__)

_SHOWN = get_args(Scope)


@projects_pages.get("/")
def start() -> Any:
    """Show the list to somebody who is signed in, and what this is to anybody else."""
    if somebody() is None:
        return render_template("projects/welcome.html")
    return redirect(url_for("projects.listed"))


@projects_pages.get("/projects")
def listed() -> Any:
    """List the projects that somebody may see, searched, sorted, a page at a time."""
    who = actor()
    asked = {
        "scope": _one_of(request.args.get("scope", "all"), _SHOWN, "all"),
        "search": request.args.get("search", "").strip()[:200],
        "order": _one_of(request.args.get("order", "changed"), ORDERS, "changed"),
    }
    found = listing.page(
        platform(),
        who,
        scope=cast("Scope", asked["scope"]),
        search=asked["search"],
        order=cast("Order", asked["order"]),
        number=request.args.get("page", 1, type=whole_number),
    )
    return render_template("projects/list.html", found=found, asked=asked)


@projects_pages.post("/projects/<project_id>/delete")
def delete(project_id: str) -> Any:
    """Delete a project, which can be undone for a while."""
    gone = projects.delete(platform(), actor(), project_id)
    flash(_("“%(name)s” was deleted. It can be taken back for 30 days.", name=gone.name), "good")
    return redirect(url_for("projects.listed", scope="deleted"))


@projects_pages.post("/projects/<project_id>/undelete")
def undelete(project_id: str) -> Any:
    """Take a deleted project back, under another name if need be."""
    name = request.form.get("name", "").strip()
    try:
        back = projects.undelete(platform(), actor(), project_id, name=name or None)
    except (NameTakenError, ParameterError) as error:
        return render_template(
            "projects/undelete.html", project_id=project_id, name=name, error=error
        ), error.http_status
    flash(_("“%(name)s” is back.", name=back.name), "good")
    return redirect(url_for("project.show", project_id=back.id))


def _one_of(given: str, known: tuple[str, ...], default: str) -> str:
    """Take what an address names, or the default where it was typed wrongly."""
    return given if given in known else default
