"""The page of a step: what it does, how it stands, its form, its edits, and what its runs told."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from PIL import Image

from gondwana.accounts.permissions import Actor, Right
from gondwana.errors import InputError, ParameterError
from gondwana.maps.views import View
from gondwana.services import files, maps, runs, status, steps
from gondwana.services.comparing import Which
from gondwana.services.files import RevisionInfo
from gondwana.services.maps import FieldOnMap
from gondwana.services.runs import RunInfo, RunLog
from gondwana.services.status import StepStatus
from gondwana.services.wishes import step_named
from gondwana.steps.contract import Step
from gondwana.steps.edits import Edit
from gondwana.steps.kinds import KINDS
from gondwana.storage.errors import ConflictError, NotFoundError
from gondwana.storage.words import RunStatus
from gondwana.web.forms import Form, Problem, Reading, filled, read_form, rearranged
from gondwana.web.numbers import whole_number
from gondwana.web.visitors import actor, platform

steps_pages = Blueprint("steps", __name__)

_LAST_RUNS = 10
_LAND_WIDTH = 720  # pixels
_RELIEFS = ("topography", "regridded", "source")
_REDO = ("failed", "cancelled", "no worker")
_BUSY = ("queued", "running")


@dataclass(frozen=True)
class _File:
    """A file that a step needs or makes, and whether it is there."""

    kind: str
    title: str
    maker: Step | None
    is_optional: bool
    present: RevisionInfo | None


@dataclass(frozen=True)
class _Difference:
    """A field that somebody else has set to something else meanwhile."""

    title: str
    mine: str
    theirs: str


@steps_pages.get("/projects/<project_id>/steps/<step>")
def show(project_id: str, step: str) -> Any:
    """Show a step with what it is set to."""
    known = step_named(platform().graph, step)
    settings = steps.settings(platform(), actor(), project_id, step)
    form = filled(known, settings.parameters, last=_last(project_id, step))
    return _page(project_id, known, form, settings.mark)


@steps_pages.post("/projects/<project_id>/steps/<step>")
def change(project_id: str, step: str) -> Any:
    """Save the form, and run the step if that was asked; or do what a button in the form does."""
    known = step_named(platform().graph, step)
    deed, mark = request.form.get("do", "save"), request.form.get("mark", "")
    last = _last(project_id, step)
    if deed not in ("save", "run"):
        form = rearranged(known, request.form, deed, last=last)
        if form is None:
            raise ParameterError("the form has no such button", remedy="load the page again")
        return _page(project_id, known, form, mark, is_unsaved=True)
    reading = read_form(known, request.form, last=last)
    if reading.values is None:
        return _page(project_id, known, reading.form, mark, is_unsaved=True), 422
    return _saved(project_id, known, reading, mark, reading.values, and_run=deed == "run")


@steps_pages.get("/projects/<project_id>/land.png")
def land(project_id: str) -> Any:
    """Draw where land is: white, the rest transparent; for previews that colour it."""
    field = _relief(project_id)
    is_land = (field.values > 0.0)[::-1]
    picture = Image.fromarray(is_land.astype("uint8") * 255, "L")
    block = io.BytesIO()
    picture.save(block, "PNG")
    response = Response(block.getvalue(), mimetype="image/png")
    response.headers["Cache-Control"] = "private, max-age=60"
    return response


def _relief(project_id: str) -> FieldOnMap:
    """Return heights and depths from the best file that there is."""
    view = View(width=_LAND_WIDTH, coast=False, graticule=False)
    for kind in _RELIEFS[:-1]:
        with suppress(NotFoundError, InputError):
            return maps.field(platform(), actor(), Which(project_id, kind), view, lines=False)
    return maps.field(platform(), actor(), Which(project_id, _RELIEFS[-1]), view, lines=False)


def _saved(
    project_id: str,
    step: Step,
    reading: Reading,
    mark: str,
    values: Mapping[str, Any],
    *,
    and_run: bool,
) -> Any:
    """Save what was read; show the form again if somebody was faster."""
    who = actor()
    before = steps.settings(platform(), who, project_id, step.name)
    try:
        steps.set_parameters(
            platform(), who, project_id, step.name, values, others_to_default=True, mark=mark
        )
        if and_run:
            steps.run(platform(), who, project_id, [step.name])
    except ConflictError:
        theirs = steps.settings(platform(), who, project_id, step.name)
        differences = _differences(step, values, theirs.parameters)
        page = _page(
            project_id, step, reading.form, theirs.mark, is_unsaved=True, differences=differences
        )
        return page, ConflictError.http_status
    except ParameterError as error:
        form = Form(reading.form.entries, (Problem(None, str(error)),))
        return _page(project_id, step, form, mark, is_unsaved=True), error.http_status
    if and_run:
        flash(_("Saved. “%(step)s” was asked to run.", step=step.title), "good")
    elif before.parameters == values:
        flash(_("Nothing was changed."), "quiet")
    else:
        flash(_("Saved. If it has ever run, it runs again by itself."), "good")
    return redirect(url_for("steps.show", project_id=project_id, step=step.name))


def _page(
    project_id: str,
    step: Step,
    form: Form,
    mark: str,
    *,
    is_unsaved: bool = False,
    differences: tuple[_Difference, ...] = (),
) -> Response:
    who = actor()
    found = status.status(platform(), who, project_id)
    state = next(one for one in found.steps if one.name == step.name)
    history = runs.history(platform(), who, project_id, step.name, limit=_LAST_RUNS)
    log = _log(who, project_id, step.name, history)
    present = {one.kind: one for one in files.current(platform(), who, project_id)}
    page = render_template(
        "project/step.html",
        project=found.project,
        tab="workflow",
        step=step,
        state=state,
        states={one.name: one for one in found.steps},
        is_settled=found.is_settled,
        button=_button(state),
        form=form,
        mark=mark,
        is_unsaved=is_unsaved,
        differences=differences,
        may_change=found.project.right >= Right.CHANGE,
        edits=_edits(who, project_id, step),
        needs=_needs(step, present),
        makes=[_file(kind, present) for kind in step.outputs],
        after=[platform().graph.steps[name] for name in platform().graph.dependants(step.name)],
        history=history,
        log=log,
        last_done=_last_done(who, project_id, step.name, history, log),
    )
    return make_response(page)


def _button(state: StepStatus) -> str:
    """Tell which of run, retry and cancel can be done."""
    if state.shown in _BUSY or state.retry_at is not None:
        return "cancel"
    return "retry" if state.shown in _REDO else "run"


def _last(project_id: str, step: str) -> Mapping[str, Any] | None:
    """Return what the last run was given; None if there was none."""
    found = runs.history(platform(), actor(), project_id, step, limit=1)
    return found[0].parameters if found else None


def _log(who: Actor, project_id: str, step: str, history: list[RunInfo]) -> RunLog | None:
    """Return what is kept of the run that the address names, or of the last one."""
    if not history:
        return None
    attempt = request.args.get("attempt", type=whole_number)
    return runs.log(platform(), who, project_id, step, attempt)


def _last_done(
    who: Actor, project_id: str, step: str, history: list[RunInfo], log: RunLog | None
) -> RunLog | None:
    """Return what the last run told that came to its end."""
    done = next((run for run in history if run.status is RunStatus.DONE), None)
    if done is None or (log is not None and log.run.id == done.id):
        return log if done is not None else None
    return runs.log(platform(), who, project_id, step, done.attempt)


def _edits(who: Actor, project_id: str, step: Step) -> list[Edit]:
    found = steps.settings(platform(), who, project_id, step.name).edits
    return [Edit.model_validate(one) for one in found]


def _needs(step: Step, present: Mapping[str, RevisionInfo]) -> list[_File]:
    needed = [_file(kind, present) for kind in step.inputs]
    return needed + [_file(kind, present, is_optional=True) for kind in step.optional_inputs]


def _file(kind: str, present: Mapping[str, RevisionInfo], *, is_optional: bool = False) -> _File:
    graph = platform().graph
    maker = graph.steps.get(graph.makers.get(kind, ""))
    title = KINDS[kind].title if kind in KINDS else kind
    return _File(kind, title, maker, is_optional, present.get(kind))


def _differences(
    step: Step, mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[_Difference, ...]:
    entries = filled(step, mine, last=theirs).entries
    return tuple(
        _Difference(entry.field.title, entry.field.told(mine[entry.field.name]), entry.last)
        for entry in entries
        if entry.last is not None
    )
