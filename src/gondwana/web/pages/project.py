"""The page of a project: its steps as a live graph, and the next thing to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from gondwana.errors import ParameterError
from gondwana.services import projects, status, steps
from gondwana.storage.errors import ConflictError, NameTakenError
from gondwana.web.layers import drawing
from gondwana.web.visitors import actor, platform

project_pages = Blueprint("project", __name__)

STATES = {
    "fresh": lazy_gettext("up to date"),
    "stale": lazy_gettext("out of date"),
    "never run": lazy_gettext("not run yet"),
    "queued": lazy_gettext("queued"),
    "running": lazy_gettext("running"),
    "awaiting you": lazy_gettext("awaits you"),
    "failed": lazy_gettext("failed"),
    "cancelled": lazy_gettext("cancelled"),
    "no worker": lazy_gettext("no worker"),
    "empty": lazy_gettext("empty"),
}
"""How the states of steps and projects are told, by their names in the engine."""

DOINGS = {
    "retry": lazy_gettext("Try again"),
    "run": lazy_gettext("Run"),
    "edit": lazy_gettext("Run as it is"),
}
"""What can be done at once by a button, by its name in the service."""

SENTENCES = {
    "serve": lazy_gettext("What was asked for waits until a dispatcher runs."),
    "retry": lazy_gettext("%(step)s failed. Mend the cause, then try it again."),
    "edit": lazy_gettext("%(step)s: look at it, or run it as it is."),
    "give a file": lazy_gettext("%(step)s %(why)s."),
    "set parameters": lazy_gettext("%(step)s %(why)s."),
    "run": lazy_gettext("%(step)s is not up to date: run it."),
    "start a worker": lazy_gettext("All that can be made here is done; %(step)s needs a worker."),
    "wait": lazy_gettext("At work: %(busy)s."),
    "nothing": lazy_gettext("Everything is up to date."),
}
"""The next thing to do in a sentence, by its name in the service."""


@project_pages.record_once
def _know_states(setup: Any) -> None:
    app: Flask = setup.app
    app.jinja_env.globals["state_words"] = lambda state: STATES.get(state, state)
    app.jinja_env.globals["state_texts"] = lambda: {key: str(text) for key, text in STATES.items()}


@project_pages.get("/projects/<project_id>")
def show(project_id: str) -> Any:
    """Show how a project stands."""
    found = status.status(platform(), actor(), project_id)
    return render_template(
        "project/workflow.html",
        project=found.project,
        tab="workflow",
        found=found,
        by_name={step.name: step for step in found.steps},
        drawing=drawing(platform().graph),
        doings=DOINGS,
        told=_told(found),
        busy=[step.name for step in found.steps if step.shown in status.UNDER_WAY],
    )


@project_pages.get("/projects/<project_id>/next")
def next_thing(project_id: str) -> Any:
    """Show the next thing to do alone, for a page that is open."""
    found = status.status(platform(), actor(), project_id)
    return render_template(
        "project/next.html", project=found.project, found=found, doings=DOINGS, told=_told(found)
    )


@project_pages.post("/projects/<project_id>/run")
def run(project_id: str) -> Any:
    """Ask for the steps that the form names, or for all."""
    wanted = request.form.getlist("step")
    return _ask(project_id, steps.run, wanted, _("Asked for: %(steps)s."))


@project_pages.post("/projects/<project_id>/cancel")
def cancel(project_id: str) -> Any:
    """Stop the steps that the form names, or all that are under way."""
    wanted = request.form.getlist("step")
    return _ask(project_id, steps.cancel, wanted, _("To be stopped: %(steps)s."))


@project_pages.post("/projects/<project_id>/retry")
def retry(project_id: str) -> Any:
    """Try the steps again that the form names, or all that failed."""
    wanted = request.form.getlist("step")
    return _ask(project_id, steps.retry, wanted, _("Tried again: %(steps)s."))


@project_pages.route("/projects/<project_id>/settings", methods=["GET", "POST"])
def settings(project_id: str) -> Any:
    """Change the name and the description of a project."""
    who = actor()
    project = projects.get(platform(), who, project_id)
    typed: Mapping[str, str] = {"name": project.name, "info": project.info}
    problems: dict[str, str] = {}
    if request.method == "POST":
        typed = {name: request.form.get(name, known) for name, known in typed.items()}
        problems = _changed(project_id, project, typed)
        if not problems:
            flash(_("Saved."), "good")
            return redirect(url_for("project.show", project_id=project_id))
    page = render_template(
        "project/settings.html", project=project, tab="", typed=typed, problems=problems
    )
    return page, 422 if problems else 200


def _told(found: status.ProjectStatus) -> str:
    """Tell the next thing to do, with steps named as people know them."""
    step = next((step for step in found.steps if step.name == found.next.step), None)
    busy = [one.title for one in found.steps if one.shown in status.UNDER_WAY]
    if found.next.doing == "wait" and not busy:
        return str(_("What was asked for is about to begin."))
    return str(
        SENTENCES[found.next.doing]
        % {
            "step": step.title if step else "",
            "why": step.waits_for if step else "",
            "busy": ", ".join(busy),
        }
    )


def _changed(
    project_id: str, project: projects.ProjectInfo, typed: Mapping[str, str]
) -> dict[str, str]:
    """Change what was typed differently; return what is wrong, by field."""
    problems = {}
    who = actor()
    try:
        if typed["name"].strip() != project.name:
            projects.rename(platform(), who, project_id, typed["name"])
    except (NameTakenError, ParameterError) as error:
        problems["name"] = str(error)
    try:
        if typed["info"].strip() != project.info:
            projects.describe(platform(), who, project_id, typed["info"])
    except ParameterError as error:
        problems["info"] = str(error)
    return problems


def _ask(project_id: str, service: Any, wanted: list[str], told: str) -> Any:
    try:
        asked = service(platform(), actor(), project_id, wanted)
    except ConflictError as error:
        flash(str(error), "quiet")
    else:
        titles = [platform().graph.steps[name].title for name in asked.steps]
        is_all = len(titles) == len(platform().graph.steps)
        flash(told % {"steps": _("everything") if is_all else ", ".join(titles)}, "good")
    back = request.form.get("back", "")
    if back in platform().graph.steps:
        return redirect(url_for("steps.show", project_id=project_id, step=back))
    return redirect(url_for("project.show", project_id=project_id))
