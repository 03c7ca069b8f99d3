"""Sharing, copying, sending and deleting a project."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gondwana.accounts.permissions import Right
from gondwana.errors import GondwanaError, ParameterError
from gondwana.services import projects, sharing, users
from gondwana.services.projects import ProjectInfo
from gondwana.storage.errors import ConflictError, NameTakenError, NotFoundError
from gondwana.storage.words import Access
from gondwana.web.visitors import actor, platform

sharing_pages = Blueprint("sharing", __name__)

_TOLD = (ConflictError, NameTakenError, NotFoundError, ParameterError)
"""What is told beside the field; all else is told on a page of its own."""


@sharing_pages.get("/projects/<project_id>/share")
def show(project_id: str) -> Any:
    """Show with whom a project is shared, and what else can be done with the whole of it."""
    return _page(projects.get(platform(), actor(), project_id))


@sharing_pages.post("/projects/<project_id>/share")
def share(project_id: str) -> Any:
    """Share a project with somebody, or change what they may."""
    who = actor()
    project = projects.get(platform(), who, project_id)
    typed = {"user": request.form.get("user", "").strip(), "access": request.form.get("access", "")}
    try:
        made = sharing.share(platform(), who, project_id, typed["user"], _access(typed["access"]))
    except _TOLD as error:
        return _page(project, typed=typed, problem=("user", error))
    flash(_("Shared with %(user)s.", user=made.user), "good")
    return redirect(url_for("sharing.show", project_id=project_id))


@sharing_pages.post("/projects/<project_id>/unshare")
def unshare(project_id: str) -> Any:
    """Take back what was shared, or give up what was shared with oneself."""
    who, user = actor(), request.form.get("user", "")
    sharing.unshare(platform(), who, project_id, user)
    if user.casefold() == who.name.casefold():
        flash(_("The project is no longer shared with you."), "good")
        return redirect(url_for("projects.listed"))
    flash(_("No longer shared with %(user)s.", user=user), "good")
    return redirect(url_for("sharing.show", project_id=project_id))


@sharing_pages.post("/projects/<project_id>/duplicate")
def duplicate(project_id: str) -> Any:
    """Make a copy of one's own."""
    who = actor()
    project = projects.get(platform(), who, project_id)
    name = request.form.get("name", "").strip()
    try:
        copy = projects.duplicate(platform(), who, project_id, name=name or None)
    except _TOLD as error:
        return _page(project, typed={"name": name}, problem=("name", error))
    flash(_("This is your copy: “%(name)s”.", name=copy.name), "good")
    return redirect(url_for("project.show", project_id=copy.id))


@sharing_pages.post("/projects/<project_id>/send")
def send(project_id: str) -> Any:
    """Give somebody a copy that is theirs."""
    who = actor()
    project = projects.get(platform(), who, project_id)
    receiver = request.form.get("receiver", "").strip()
    try:
        projects.send(platform(), who, project_id, receiver)
    except _TOLD as error:
        return _page(project, typed={"receiver": receiver}, problem=("receiver", error))
    flash(_("%(user)s has a copy now.", user=receiver), "good")
    return redirect(url_for("sharing.show", project_id=project_id))


@sharing_pages.get("/people")
def people() -> Any:
    """Return names that begin with some letters, for the fields that ask for somebody."""
    return jsonify(users.found(platform(), actor(), request.args.get("beginning", "")[:100]))


def _page(
    project: ProjectInfo,
    typed: dict[str, str] | None = None,
    problem: tuple[str, GondwanaError] | None = None,
) -> Any:
    page = render_template(
        "project/share.html",
        project=project,
        tab="share",
        shares=sharing.listed(platform(), actor(), project.id),
        is_owner=project.right is Right.OWN,
        typed=typed or {},
        problems={problem[0]: str(problem[1])} if problem else {},
    )
    return page, problem[1].http_status if problem else 200


def _access(given: str) -> Access:
    try:
        return Access(given)
    except ValueError:
        raise ParameterError(
            "it is not said what they may do", remedy="choose to view or to edit"
        ) from None
