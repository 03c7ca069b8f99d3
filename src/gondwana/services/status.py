"""How a project stands: every step, and what its people could do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher import transitions
from gondwana.dispatcher.platform import Platform
from gondwana.services import queries
from gondwana.services.door import looking
from gondwana.services.projects import ProjectInfo, info_of
from gondwana.steps.contract import Step
from gondwana.storage.marks import utc_now
from gondwana.workflow.graph import Graph
from gondwana.workflow.model import ProjectState, Shown, shown, waits_for

PATIENCE = timedelta(seconds=3)
"""After so long, a request that nobody has dealt with is told as such."""

UNDER_WAY = ("queued", "running")

Doing = Literal[
    "serve", "retry", "edit", "give a file", "set parameters", "run", "start a worker", "wait",
    "nothing",
]  # fmt: skip


@dataclass(frozen=True)
class StepStatus:
    """How a step stands.

    Attributes
    ----------
    name, title : str
    interactive : bool
        A person may edit it.
    tag : str
        Of the workers that can run it.
    before : tuple of str
        Steps that it depends on.
    shown : str
        Its state in a word or two.
    progress : float
        From 0 to 1, of a run that is out.
    waits_for : str
        What keeps it from starting; empty if nothing does, or if it is fresh or under way.
    reason, hint : str
        Why it failed or is tried again, and what to do.
    attempt : int
        Of the latest run; 0 if there was none.
    worker : str
        Who has it.
    started : datetime or None
        When the latest run began.
    seconds : float or None
        How long it has been running, or how long it took.
    retry_at : datetime or None
        When it is tried again by itself.
    """

    name: str
    title: str
    interactive: bool
    tag: str
    before: tuple[str, ...]
    shown: Shown
    progress: float
    waits_for: str
    reason: str
    hint: str
    attempt: int
    worker: str
    started: datetime | None
    seconds: float | None
    retry_at: datetime | None


@dataclass(frozen=True)
class NextThing:
    """What a person could do now: the thing itself, at which step, and in a sentence."""

    doing: Doing
    step: str
    sentence: str


@dataclass(frozen=True)
class ProjectStatus:
    """How a project stands.

    Attributes
    ----------
    project : ProjectInfo
    at : datetime
        When this was so.
    steps : tuple of StepStatus
        In topological order.
    next : NextThing
    unheard : int
        Requests that the dispatcher has not dealt with yet.
    unheard_since : datetime or None
    """

    project: ProjectInfo
    at: datetime
    steps: tuple[StepStatus, ...]
    next: NextThing
    unheard: int
    unheard_since: datetime | None

    @property
    def is_settled(self) -> bool:
        """Whether nothing is under way or about to be."""
        return not self.unheard and not any(step.shown in UNDER_WAY for step in self.steps)


def status(platform: Platform, actor: Actor, project_id: str) -> ProjectStatus:
    """Tell how a project stands, as of one moment.

    Raises
    ------
    NotFoundError
    """
    with looking(platform, actor, project_id) as visit:
        now = utc_now()
        state = transitions.state_of(platform, visit.project)
        last = queries.last_runs(visit.session, project_id)
        waiting = queries.unheard(visit.session, project_id, now)
        project = info_of(visit)
    found = shown(platform.graph, state)
    steps = tuple(
        _step(platform.graph, state, step, found[name], last.get(name), now)
        for name, step in platform.graph.steps.items()
    )
    return ProjectStatus(
        project=project,
        at=now,
        steps=steps,
        next=_unheard(waiting, now) or next_thing(steps),
        unheard=waiting.number,
        unheard_since=waiting.since,
    )


def next_thing(steps: Sequence[StepStatus]) -> NextThing:
    """Tell what a person could do next, first what keeps most from going on."""
    for find in (_failed, _awaiting, _missing, _under_way, _cancelled, _stale, _no_worker):
        thing = find(steps)
        if thing is not None:
            return thing
    return NextThing("nothing", "", "everything is up to date")


def _step(
    graph: Graph,
    state: ProjectState,
    step: Step,
    word: Shown,
    run: queries.LastRun | None,
    now: datetime,
) -> StepStatus:
    known = state.steps[step.name]
    at_rest = word == "fresh" or word in UNDER_WAY
    started = run.started if run is not None and run.attempt == known.attempt else None
    ended = run.finished if run is not None and run.finished is not None else now
    return StepStatus(
        name=step.name,
        title=step.title,
        interactive=step.interactive,
        tag=step.worker,
        before=graph.depends_on(step.name),
        shown=word,
        progress=known.progress if word in UNDER_WAY else 0.0,
        waits_for="" if at_rest else _waits_for(graph, state, step, word),
        reason="" if word == "fresh" else known.reason,
        hint="" if word == "fresh" else known.hint,
        attempt=known.attempt,
        worker=known.worker,
        started=started,
        seconds=None if started is None else max(0.0, (ended - started).total_seconds()),
        retry_at=known.retry_at,
    )


def _waits_for(graph: Graph, state: ProjectState, step: Step, word: Shown) -> str:
    if word == "no worker":
        return f"waits for a worker with the tag '{step.worker}'"
    return waits_for(graph, state, step.name)


def _unheard(waiting: queries.Unheard, now: datetime) -> NextThing | None:
    if waiting.since is None:
        return None
    if now - waiting.since <= PATIENCE:
        return NextThing("wait", "", "what was asked for is about to begin")
    requests = "a request waits" if waiting.number == 1 else f"{waiting.number} requests wait"
    return NextThing("serve", "", f"{requests} until `gondwana serve` (or a dispatcher) runs")


def _first(steps: Sequence[StepStatus], *words: Shown) -> StepStatus | None:
    return next((step for step in steps if step.shown in words), None)


def _failed(steps: Sequence[StepStatus]) -> NextThing | None:
    step = _first(steps, "failed")
    if step is None:
        return None
    return NextThing("retry", step.name, f"{step.name} failed: mend the cause, then try it again")


def _awaiting(steps: Sequence[StepStatus]) -> NextThing | None:
    step = _first(steps, "awaiting you")
    if step is None:
        return None
    told = f"{step.name}: save edits, or run it as it is"
    return NextThing("edit", step.name, told)


def _missing(steps: Sequence[StepStatus]) -> NextThing | None:
    things: Mapping[str, Doing] = {
        "needs a file": "give a file",
        "needs other parameters": "set parameters",
        "has to be asked for": "run",
    }
    for step in steps:
        for start, doing in things.items():
            if step.waits_for.startswith(start):
                return NextThing(doing, step.name, f"{step.name} {step.waits_for}")
    return None


def _under_way(steps: Sequence[StepStatus]) -> NextThing | None:
    busy = [step.name for step in steps if step.shown in UNDER_WAY]
    if not busy:
        return None
    verb = "is" if len(busy) == 1 else "are"
    return NextThing("wait", busy[0], f"{', '.join(busy)} {verb} under way")


def _cancelled(steps: Sequence[StepStatus]) -> NextThing | None:
    step = _first(steps, "cancelled")
    if step is None:
        return None
    return NextThing("retry", step.name, f"{step.name} was cancelled: try it again when you like")


def _stale(steps: Sequence[StepStatus]) -> NextThing | None:
    ready = (step for step in steps if step.shown in ("stale", "never run") and not step.waits_for)
    step = next(ready, None)
    if step is None:
        return None
    how = "is stale" if step.shown == "stale" else "was never run"
    return NextThing("run", step.name, f"{step.name} {how}: run it")


def _no_worker(steps: Sequence[StepStatus]) -> NextThing | None:
    step = _first(steps, "no worker")
    if step is None:
        return None
    told = f"all else is done; {step.name} {step.waits_for}"
    return NextThing("start a worker", step.name, told)
