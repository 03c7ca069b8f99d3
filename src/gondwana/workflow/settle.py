"""Deciding, for every step, whether it starts now: the one place where tasks are sent."""

from __future__ import annotations

from dataclasses import replace

from gondwana.workflow.actions import Action, AwaitPerson, SendTask
from gondwana.workflow.freshness import canonical_parameters
from gondwana.workflow.graph import Graph
from gondwana.workflow.model import (
    Phase,
    ProjectState,
    StepState,
    current_fingerprint,
    inputs_of,
    is_settled,
    needs_asking,
)


def settle(graph: Graph, state: ProjectState) -> tuple[ProjectState, list[Action]]:
    """Start every step that can and should start, and call a person where one is needed.

    Steps are looked at in topological order, and a step is passed over as long as any step before
    it is not fresh or has a run out. So where two ways lead to a step, it waits for both and
    runs once.

    Returns
    -------
    ProjectState
        Settling it again gives the same state and no actions.
    list of Action
    """
    fresh: set[str] = set()
    actions: list[Action] = []
    for name in graph.order:
        known = state.steps[name]
        if known.is_open:
            continue
        now = current_fingerprint(graph, state, name) if is_settled(graph, fresh, name) else None
        if now is None:
            after = replace(known, phase=Phase.IDLE) if _is_awaiting(known) else known
        elif now == known.succeeded:
            fresh.add(name)
            after = _at_rest(known)
        elif _starts(graph, known, name, now):
            after = _started(known, now)
            actions.append(_task(graph, state, name, after))
        elif _awaits(graph, known, name, now):
            after = known.enters(Phase.AWAITING, fingerprint=now, reason="", hint="")
            actions.append(AwaitPerson(name, now))
        else:
            after = known
        if after is not known:
            state = state.having(name, after)
    return state, actions


def _is_awaiting(known: StepState) -> bool:
    return known.phase is Phase.AWAITING


def _at_rest(known: StepState) -> StepState:
    """Drop what a fresh step no longer needs; what failed or was cancelled stays remembered."""
    if known.phase in (Phase.FAILED, Phase.CANCELLED):
        return replace(known, wanted=False) if known.wanted else known
    if known.phase is Phase.IDLE and not known.wanted:
        return known
    return known.enters(Phase.IDLE, wanted=False, reason="", hint="")


def _starts(graph: Graph, known: StepState, name: str, now: str) -> bool:
    """Tell whether a stale step with fresh inputs starts."""
    match known.phase:
        case Phase.BACKOFF | Phase.NO_WORKER:
            # its request holds until it has been carried out, whatever the inputs are by then
            return now != known.fingerprint
        case _ if known.wanted:
            return True
        case Phase.CANCELLED:
            return False
        case Phase.FAILED if now == known.fingerprint:
            return False
    step = graph.steps[name]
    return not step.interactive and not needs_asking(step, known)


def _awaits(graph: Graph, known: StepState, name: str, now: str) -> bool:
    """Tell whether a stale step with fresh inputs, which does not start, calls a person."""
    if not graph.steps[name].interactive:
        return False
    if known.phase in (Phase.AWAITING, Phase.FAILED):
        return now != known.fingerprint
    return known.phase is Phase.IDLE


def _started(known: StepState, now: str) -> StepState:
    changes = {"attempt": known.attempt + 1, "fingerprint": now, "wanted": False}
    if now != known.fingerprint:
        changes |= {"failures": 0, "losses": 0}
    return known.enters(Phase.QUEUED, reason="", hint="", **changes)


def _task(graph: Graph, state: ProjectState, name: str, known: StepState) -> SendTask:
    step = graph.steps[name]
    return SendTask(
        step=name,
        attempt=known.attempt,
        tag=step.worker,
        fingerprint=known.fingerprint,
        inputs=inputs_of(step, state),
        parameters=canonical_parameters(step, known.parameters),
        edits=known.edits,
    )
