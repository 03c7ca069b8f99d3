"""What the steps have checked and changed in a project, and the report that shows it on maps."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Blueprint, Response, redirect, render_template, url_for

from gondwana.errors import InputError
from gondwana.services import files, projects, reports
from gondwana.steps.kinds import KINDS
from gondwana.storage.errors import NotFoundError
from gondwana.web.headers import DOCUMENT
from gondwana.web.visitors import actor, platform

report_pages = Blueprint("report", __name__)

MOST_ROWS = 100
"""Rows of a table of problems that are shown; all are in ``checks.json``."""

_POLICY = f"{DOCUMENT} allow-popups allow-popups-to-escape-sandbox"
"""That of a report, whose links to files open beside it, where the reader is known."""


@report_pages.get("/projects/<project_id>/report")
def show(project_id: str) -> Any:
    """Show every check, change and note of the steps whose files are the current ones."""
    found = reports.checks(platform(), actor(), project_id)
    counts = Counter(check.status for step in found.steps for check in step.checks)
    return render_template(
        "report/checks.html",
        project=found.project,
        tab="report",
        found=found,
        counts=counts,
        most_rows=MOST_ROWS,
    )


@report_pages.get("/projects/<project_id>/report/maps")
def framed(project_id: str) -> Any:
    """Show the report within a page; it is drawn first, so that what prevents it can be told."""
    who = actor()
    found = reports.checks(platform(), who, project_id)
    problem = None
    try:
        reports.report(platform(), who, project_id)
    except InputError as error:
        problem = error
    return render_template(
        "report/framed.html", project=found.project, tab="report", found=found, problem=problem
    )


@report_pages.get("/projects/<project_id>/report/document")
def document(project_id: str) -> Response:
    """Send the report alone: a page that reaches nothing of ours."""
    response = Response(reports.report(platform(), actor(), project_id), mimetype="text/html")
    response.headers["Content-Security-Policy"] = _POLICY
    return response


@report_pages.get("/projects/<project_id>/report/<file_name>")
def linked(project_id: str, file_name: str) -> Any:
    """Lead to a file that the report names as one that lies beside it."""
    projects.get(platform(), actor(), project_id)
    if file_name == "recipe.yaml":
        return redirect(url_for("files.recipe", project_id=project_id))
    if file_name == "checks.json":
        return redirect(url_for("report.show", project_id=project_id))
    for kind in KINDS:
        if files.file_name(kind) == file_name:
            return redirect(url_for("files.download", project_id=project_id, kind=kind))
    raise NotFoundError("there is no such file")
