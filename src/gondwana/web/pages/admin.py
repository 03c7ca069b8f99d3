"""Administration: how the installation stands, what failed, and looking after the files."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext as _n

from gondwana.errors import ParameterError
from gondwana.reports.numbers import size
from gondwana.services import disk, upkeep
from gondwana.services import overview as standing
from gondwana.services.upkeep import KEEP_DELETED, SPARE, FilesChecked, Survey
from gondwana.storage.marks import utc_now
from gondwana.web.visitors import actor, platform

admin_pages = Blueprint("admin", __name__)

_MOST_NAMES = 50
"""Projects and checksums that are named on a page; the others are counted."""


@admin_pages.get("/admin")
def overview() -> Any:
    """Show how everything stands."""
    found = standing.overview(platform(), actor())
    return render_template(
        "admin/overview.html",
        tab="overview",
        found=found,
        stuck=[
            queue
            for queue in found.queues
            if queue.waiting + queue.queued + queue.without_worker and not queue.workers
        ],
        heard=[worker for worker in found.workers if not worker.silent],
    )


@admin_pages.get("/admin/runs")
def failed() -> Any:
    """List the last runs that failed."""
    found = standing.failed_runs(platform(), actor())
    return render_template("admin/runs.html", tab="runs", failed=found)


@admin_pages.get("/admin/upkeep")
def files() -> Any:
    """Show what the files are there for, and whose they are."""
    return _files()


@admin_pages.get("/admin/upkeep/survey")
def survey() -> Any:
    """Show what a clean-up would remove, which is nothing yet."""
    return _files(survey=upkeep.survey(platform(), actor()))


@admin_pages.get("/admin/upkeep/check")
def check() -> Any:
    """Look whether every file that is named is there."""
    return _files(checked=upkeep.check_files(platform(), actor()))


@admin_pages.post("/admin/upkeep/clean")
def clean() -> Any:
    """Remove for good what a survey has shown."""
    who = actor()
    removed = upkeep.clean(platform(), who, _as_shown(request.form.get("before", "")))
    flash(
        _(
            "Removed %(projects)s and %(files)s (%(size)s).",
            projects=_n("%(num)d project", "%(num)d projects", removed.projects),
            files=_n("%(num)d file", "%(num)d files", removed.files),
            size=size(removed.size),
        ),
        "good",
    )
    return redirect(url_for("admin.files"))


def _files(survey: Survey | None = None, checked: FilesChecked | None = None) -> str:
    return render_template(
        "admin/upkeep.html",
        tab="upkeep",
        use=disk.disk_use(platform(), actor()),
        keep=KEEP_DELETED.days,
        most=_MOST_NAMES,
        survey=survey,
        checked=checked,
    )


def _as_shown(before: str) -> Survey:
    """Return the survey that somebody has seen, so that no more is removed than it told."""
    try:
        time = datetime.fromisoformat(before)
    except ValueError:
        time = None
    now = utc_now()
    if time is None or time.tzinfo is None or not timedelta() <= now - time - SPARE <= SPARE:
        raise ParameterError(
            "it is not known which survey was seen, or it is too old", remedy="survey again"
        )
    since = now - SPARE - time
    return Survey((), 0, 0, (), before=time, keep_deleted=KEEP_DELETED + since)
