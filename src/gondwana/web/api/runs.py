"""Runs of a project, and what has come of it: log, checks, report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field
from werkzeug.wrappers import Response

from gondwana.accounts.permissions import Actor
from gondwana.science.checks import Change, Row, Status
from gondwana.services import reports, runs
from gondwana.services.runs import RunInfo, RunLog
from gondwana.web.api.routes import Number, Raw, Wanted, route
from gondwana.web.headers import DOCUMENT
from gondwana.web.visitors import platform

PROJECT = "/projects/<project_id>"
MOST = 200


@dataclass(frozen=True)
class Finding:
    """The outcome of one check.

    Attributes
    ----------
    name : str
    status : str
        `warn` is for you to judge; `fail` makes files unfit for the simulator.
    summary : str
        One sentence with the figures.
    table : list
        One row a problem.
    fix : str
        What you can do about it; empty if nothing is to be done.
    """

    name: str
    status: Status
    summary: str
    table: list[Row]
    fix: str


@dataclass(frozen=True)
class Checked:
    """What a step has told of the files that it made.

    Attributes
    ----------
    step : str
    shown : str
        How it stands now; the files of one that is not fresh are those of an earlier run.
    attempt : int
        Number of the run that made the files; 0 if it is no longer known.
    status : str or None
        The worst status of its checks; None if it checks nothing.
    checks, changes
    notes : tuple of str
    seconds : float or None
    finished : datetime or None
    """

    step: str
    shown: str
    attempt: int
    status: Status | None
    checks: tuple[Finding, ...]
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    seconds: float | None
    finished: datetime | None


class RunsWanted(Wanted):
    """Which runs are listed."""

    step: str | None = Field(None, description="of this step alone")
    limit: Annotated[int, Field(ge=1, le=MOST)] = MOST


class AttemptWanted(Wanted):
    """Which attempt is meant."""

    attempt: Number | None = Field(None, description="the last one if left out")


@route("GET", f"{PROJECT}/runs", "runs", answer=list[RunInfo], query=RunsWanted)
def list_runs(who: Actor, project_id: str, query: RunsWanted) -> list[RunInfo]:
    """List the runs of a project, the last one first."""
    return runs.history(platform(), who, project_id, query.step, limit=query.limit)


@route("GET", f"{PROJECT}/steps/<step>/log", "runs", answer=RunLog, query=AttemptWanted)
def show_log(who: Actor, project_id: str, step: str, query: AttemptWanted) -> RunLog:
    """Tell all that is kept of an attempt at a step."""
    return runs.log(platform(), who, project_id, step, query.attempt)


@route("GET", f"{PROJECT}/checks", "runs", answer=list[Checked])
def list_checks(who: Actor, project_id: str) -> list[Checked]:
    """Tell what was checked and what was changed in the making of the current files."""
    return [
        Checked(
            step=one.step.name,
            shown=one.shown,
            attempt=one.attempt,
            status=one.status,
            checks=tuple(
                Finding(check.name, check.status, check.summary, check.table, check.fix)
                for check in one.checks
            ),
            changes=one.changes,
            notes=one.notes,
            seconds=one.seconds,
            finished=one.finished,
        )
        for one in reports.checks(platform(), who, project_id).steps
    ]


@route(
    "GET", f"{PROJECT}/report", "runs",
    answer=Raw("text/html", "A page with everything in it"),
)  # fmt: skip
def show_report(who: Actor, project_id: str) -> Response:
    """Send the report of a project as one HTML page."""
    response = Response(reports.report(platform(), who, project_id), mimetype="text/html")
    response.headers["Content-Security-Policy"] = DOCUMENT
    return response
