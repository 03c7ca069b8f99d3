"""What is known of a project's steps, and what follows from it by looking alone.

States are values: an event makes a new one and leaves the old one as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

from gondwana.errors import ParameterError
from gondwana.steps.contract import Step
from gondwana.workflow.freshness import File, canonical_parameters, fingerprint
from gondwana.workflow.graph import Graph, kinds_of


class Phase(StrEnum):
    """What is under way for a step. Whether it is fresh is computed and stands beside this."""

    IDLE = "idle"
    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    BACKOFF = "backoff"
    NO_WORKER = "no worker"
    AWAITING = "awaiting"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN: frozenset[Phase] = frozenset({Phase.QUEUED, Phase.RUNNING, Phase.STOPPING})
"""Phases with a task that is out; no other task of the step may be sent."""

Shown = Literal[
    "fresh", "stale", "never run", "queued", "running",
    "awaiting you", "failed", "cancelled", "no worker",
]  # fmt: skip


@dataclass(frozen=True)
class StepState:
    """What is known of one step.

    Attributes
    ----------
    phase : Phase
    attempt : int
        Number of the latest run; it only grows, and fences off messages of earlier ones.
    fingerprint : str
        What the latest run was sent with, or what a person is awaited for.
    succeeded : str
        Fingerprint of the last success; empty if there was none.
    parameters, edits
        As JSON values; parameters left out take their defaults.
    asked : bool
        A person asked for the step at least once.
    wanted : bool
        A person's request, or a run that was lost, waits to be carried out.
    failures, losses : int
        Failed tries and vanished workers of this fingerprint.
    worker : str
        Which worker has the run, once known.
    progress : float
    reason, hint : str
        Why it failed or is tried again, and what to do.
    retry_at : datetime or None
        When it is to be tried again; set in the phase ``BACKOFF`` alone.
    ends_as : Phase or None
        What follows ``STOPPING``: ``CANCELLED``, or ``FAILED`` after a time limit.
    """

    phase: Phase = Phase.IDLE
    attempt: int = 0
    fingerprint: str = ""
    succeeded: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    edits: tuple[Mapping[str, Any], ...] = ()
    asked: bool = False
    wanted: bool = False
    failures: int = 0
    losses: int = 0
    worker: str = ""
    progress: float = 0.0
    reason: str = ""
    hint: str = ""
    retry_at: datetime | None = None
    ends_as: Phase | None = None

    @property
    def is_open(self) -> bool:
        """Whether a task of the step is out."""
        return self.phase in OPEN

    def enters(self, phase: Phase, **changes: Any) -> StepState:
        """Return the state in another phase, without what belongs to a run alone."""
        left = replace(self, phase=phase, worker="", progress=0.0, retry_at=None, ends_as=None)
        return replace(left, **changes)


@dataclass(frozen=True)
class ProjectState:
    """What is known of a project: a state for every step, and the current file of each kind."""

    steps: Mapping[str, StepState]
    files: Mapping[str, File] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", MappingProxyType(dict(self.steps)))
        object.__setattr__(self, "files", MappingProxyType(dict(self.files)))

    @classmethod
    def new(cls, graph: Graph) -> ProjectState:
        """Return a project in which nothing has happened."""
        return cls(dict.fromkeys(graph.steps, StepState()))

    def having(self, name: str, step: StepState) -> ProjectState:
        """Return the same project with another state of one step."""
        return replace(self, steps={**self.steps, name: step})

    def holding(self, files: Mapping[str, File | None]) -> ProjectState:
        """Return the same project with other files; None takes a file away."""
        files = {**self.files, **files}
        return replace(self, files={kind: file for kind, file in files.items() if file is not None})


def inputs_of(step: Step, state: ProjectState) -> dict[str, File]:
    """Return the current files a step would be sent, by kind."""
    return {kind: state.files[kind] for kind in kinds_of(step) if kind in state.files}


def current_fingerprint(graph: Graph, state: ProjectState, name: str) -> str | None:
    """Return the fingerprint of a step as things stand; None if it cannot be computed.

    It cannot where a needed file is missing, or where parameters are missing or no longer valid.
    """
    step, known = graph.steps[name], state.steps[name]
    if any(kind not in state.files for kind in step.inputs):
        return None
    inputs = {kind: file.content for kind, file in inputs_of(step, state).items()}
    try:
        return fingerprint(step, known.parameters, known.edits, inputs)
    except ParameterError:
        return None


def is_settled(graph: Graph, settled: Collection[str], name: str) -> bool:
    """Tell whether all steps before one are among those that are fresh with no run out."""
    return all(before in settled for before in graph.depends_on(name))


def fresh_steps(graph: Graph, state: ProjectState) -> frozenset[str]:
    """Return the steps whose results are up to date, with no run out that would change them.

    A step is fresh only if all before it are, since it may be stale as soon as they have run.
    """
    fresh: set[str] = set()
    for name in graph.order:
        known = state.steps[name]
        at_rest = known.succeeded and not known.is_open and is_settled(graph, fresh, name)
        if at_rest and current_fingerprint(graph, state, name) == known.succeeded:
            fresh.add(name)
    return frozenset(fresh)


def shown(graph: Graph, state: ProjectState) -> dict[str, Shown]:
    """Tell for every step, in topological order, what a person is shown."""
    fresh = fresh_steps(graph, state)
    return {name: "fresh" if name in fresh else _shown(state.steps[name]) for name in graph.order}


_SHOWN: dict[Phase, Shown] = {
    Phase.QUEUED: "queued",
    Phase.BACKOFF: "queued",
    Phase.RUNNING: "running",
    Phase.STOPPING: "running",
    Phase.AWAITING: "awaiting you",
    Phase.FAILED: "failed",
    Phase.CANCELLED: "cancelled",
    Phase.NO_WORKER: "no worker",
}


def _shown(known: StepState) -> Shown:
    return _SHOWN.get(known.phase, "stale" if known.succeeded else "never run")


def waits_for(graph: Graph, state: ProjectState, name: str) -> str:
    """Tell in a few words what keeps a step from starting; empty if nothing does."""
    step, known = graph.steps[name], state.steps[name]
    fresh = fresh_steps(graph, state)
    before = [other for other in graph.depends_on(name) if other not in fresh]
    if before:
        return f"waits for {_listed(before)}"
    missing = [kind for kind in step.inputs if kind not in state.files]
    if missing:
        return f"needs a file: {_listed(missing)}"
    try:
        canonical_parameters(step, known.parameters)
    except ParameterError as error:
        return f"needs other parameters: {error.problem}"
    if needs_asking(step, known) and not known.wanted:
        return "has to be asked for, since it needs parameters"
    return ""


def needs_asking(step: Step, known: StepState) -> bool:
    """Tell whether a step does not start by itself: never run, with parameters to be given."""
    required = any(field.is_required() for field in step.parameters.model_fields.values())
    return required and not known.asked and not known.succeeded


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
