"""The runs of a project: what was tried, when, by whom, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.services import queries
from gondwana.services.door import looking
from gondwana.services.wishes import step_named
from gondwana.storage.errors import NotFoundError
from gondwana.storage.models import Run
from gondwana.storage.words import RunStatus

_MANY = 200


@dataclass(frozen=True)
class RunInfo:
    """One attempt at a step.

    Attributes
    ----------
    id, step : str
    attempt : int
    status : RunStatus
    author : str
        Who asked for it.
    worker : str
        Who has it or had it.
    progress : float
    code, reason, hint : str
        Why it failed and what to do, for a person.
    parameters, inputs : mapping
        What it was run with; the inputs' checksums by kind.
    created, started, finished : datetime
    """

    id: str
    step: str
    attempt: int
    status: RunStatus
    author: str
    worker: str
    progress: float
    code: str
    reason: str
    hint: str
    parameters: Mapping[str, Any]
    inputs: Mapping[str, Any]
    created: datetime
    started: datetime | None
    finished: datetime | None

    @property
    def seconds(self) -> float | None:
        """How long it took; None as long as it is not over, or if it never began."""
        if self.started is None or self.finished is None:
            return None
        return (self.finished - self.started).total_seconds()


@dataclass(frozen=True)
class RunLog:
    """All that is kept of a run.

    Attributes
    ----------
    run : RunInfo
    log : str
        For a developer.
    report : mapping
        ``checks``, ``changes``, ``notes`` and ``seconds`` of a run that is done.
    """

    run: RunInfo
    log: str
    report: Mapping[str, Any]


def history(
    platform: Platform,
    actor: Actor,
    project_id: str,
    step: str | None = None,
    *,
    limit: int = _MANY,
) -> list[RunInfo]:
    """List the last runs of a project, of one step or of all, the last one first.

    Raises
    ------
    NotFoundError
        There is no such project.
    ParameterError
        There is no such step.
    """
    if step is not None:
        step_named(platform.graph, step)
    with looking(platform, actor, project_id) as visit:
        found = queries.runs_without_log(visit.session, project_id, step, limit)
        names = queries.names_of(visit.session, [run.author_id for run in found])
        return [_info(run, names) for run in found]


def log(
    platform: Platform, actor: Actor, project_id: str, step: str, attempt: int | None = None
) -> RunLog:
    """Return all that is kept of an attempt at a step, by default of the last one.

    Raises
    ------
    NotFoundError
        There is no such project, or the step was never run.
    ParameterError
        There is no such step.
    """
    step_named(platform.graph, step)
    with looking(platform, actor, project_id) as visit:
        run = queries.run_of(visit.session, project_id, step, attempt)
        if run is None:
            which = "was never run" if attempt is None else f"has no attempt {attempt}"
            raise NotFoundError(f"'{step}' {which} in this project")
        names = queries.names_of(visit.session, [run.author_id])
        return RunLog(_info(run, names), run.log, run.report)


def _info(run: Run, names: Mapping[str | None, str]) -> RunInfo:
    return RunInfo(
        id=run.id,
        step=run.step,
        attempt=run.attempt,
        status=run.status,
        author=names[run.author_id],
        worker=run.owner or "",
        progress=run.progress,
        code=run.code,
        reason=run.reason,
        hint=run.hint,
        parameters=run.parameters,
        inputs=run.inputs,
        created=run.created,
        started=run.started,
        finished=run.finished,
    )
