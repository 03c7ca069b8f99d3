"""What a person does to a project, and what it changes. What then starts is for `settle`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gondwana.errors import ParameterError
from gondwana.workflow.actions import Action, CancelTask, HoldStep, MarkCancelled, NothingToDo
from gondwana.workflow.events import (
    CancelRequested,
    EditsSaved,
    InputChanged,
    ParametersChanged,
    Requested,
    RetryRequested,
    StepEvent,
)
from gondwana.workflow.freshness import canonical, canonical_parameters
from gondwana.workflow.graph import Graph
from gondwana.workflow.model import (
    Phase,
    ProjectState,
    StepState,
    current_fingerprint,
    fresh_steps,
    needs_asking,
)

Change = tuple[ProjectState, list[Action]]

_RETRIED = (Phase.FAILED, Phase.CANCELLED, Phase.NO_WORKER, Phase.BACKOFF, Phase.STOPPING)


def step_changed(graph: Graph, state: ProjectState, event: StepEvent) -> Change:
    """Carry out what a person did to one step."""
    name = event.step
    match event:
        case Requested(parameters=values):
            change = _checked(graph, state, name, values, asks=True)
        case ParametersChanged(parameters=values):
            change = _checked(graph, state, name, values, asks=False)
        case EditsSaved():
            change = _edited(graph, state, event)
        case CancelRequested():
            change = _cancelled(graph, state, name)
        case RetryRequested() if state.steps[name].phase in _RETRIED:
            change = _asked(graph, state, name), []
        case _:
            change = state, [NothingToDo(name, "there is nothing to try again")]
    return change


def input_changed(graph: Graph, state: ProjectState, event: InputChanged) -> Change:
    """Put a file in its place; in the place of a result it stands as that result."""
    changed = state.holding({event.kind: event.file})
    maker = graph.makers.get(event.kind)
    if maker is None:
        return changed, []
    known = state.steps[maker]
    if known.is_open:
        return state, [NothingToDo(maker, f"is running and would replace '{event.kind}'")]
    now = current_fingerprint(graph, state, maker) if event.file else ""
    if now is None:
        return state, [NothingToDo(maker, f"lacks what '{event.kind}' would have been made from")]
    if event.file and now != known.succeeded and len(graph.steps[maker].outputs) > 1:
        # its other files would pass for fresh
        return state, [
            NothingToDo(maker, f"has to be fresh first: it makes not only '{event.kind}'")
        ]
    phase = Phase.CANCELLED if known.phase is Phase.CANCELLED else Phase.IDLE
    return changed.having(maker, known.enters(phase, succeeded=now, wanted=False)), []


def _checked(
    graph: Graph, state: ProjectState, name: str, values: Mapping[str, Any] | None, *, asks: bool
) -> Change:
    known = state.steps[name]
    try:
        parameters = canonical_parameters(
            graph.steps[name], known.parameters if values is None else values
        )
    except ParameterError as error:
        return state, [NothingToDo(name, str(error))]
    changed = state.having(name, replace(known, parameters=parameters))
    return (_asked(graph, changed, name) if asks else changed), []


def _edited(graph: Graph, state: ProjectState, event: EditsSaved) -> Change:
    if not graph.steps[event.step].interactive:
        return state, [NothingToDo(event.step, "takes no edits")]
    try:
        edits = tuple(canonical(event.edits))
    except ParameterError as error:
        return state, [NothingToDo(event.step, str(error))]
    changed = state.having(event.step, replace(state.steps[event.step], edits=edits))
    return _asked(graph, changed, event.step), []


def _asked(graph: Graph, state: ProjectState, name: str) -> ProjectState:
    """Note that a step is wanted, unless a run that answers the request is out already."""
    known = state.steps[name]
    if known.phase in (Phase.QUEUED, Phase.RUNNING):
        new = current_fingerprint(graph, state, name) != known.fingerprint
        return state.having(name, replace(known, asked=True, wanted=known.wanted or new))
    if known.phase is Phase.STOPPING:
        return state.having(name, replace(known, asked=True, wanted=True, failures=0, losses=0))
    wanted = known.enters(
        Phase.IDLE, asked=True, wanted=True, failures=0, losses=0, reason="", hint=""
    )
    return state.having(name, wanted)


def _cancelled(graph: Graph, state: ProjectState, name: str) -> Change:
    known = state.steps[name]
    match known.phase:
        case Phase.CANCELLED:
            return state, [NothingToDo(name, "is cancelled already")]
        case Phase.RUNNING | Phase.STOPPING:
            stopping = replace(known, phase=Phase.STOPPING, ends_as=Phase.CANCELLED, wanted=False)
            action = CancelTask(name, known.attempt, known.worker)
            return state.having(name, stopping), [action]
        case Phase.QUEUED:
            # nobody has taken it up; whoever does so later is told to stop
            actions: list[Action] = [
                CancelTask(name, known.attempt),
                MarkCancelled(name, known.attempt),
            ]
        case _ if _is_pending(graph, state, name):
            actions = [HoldStep(name)]
        case _:
            return state, [NothingToDo(name, "has nothing to cancel")]
    return state.having(name, known.enters(Phase.CANCELLED, wanted=False)), actions


def _is_pending(graph: Graph, state: ProjectState, name: str) -> bool:
    """Tell whether a step without a task that is out would start by itself sooner or later."""
    known: StepState = state.steps[name]
    if known.wanted or known.phase in (Phase.AWAITING, Phase.BACKOFF, Phase.NO_WORKER):
        return True
    if known.phase is Phase.FAILED or name in fresh_steps(graph, state):
        return False
    return not needs_asking(graph.steps[name], known)
