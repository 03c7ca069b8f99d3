"""What must be true of every state and of every transition, whatever has happened before.

The tests ask after every event; a dispatcher may ask too, when it takes up a project.
"""

from __future__ import annotations

from collections.abc import Iterator

from gondwana.workflow.actions import CLOSING, SendTask
from gondwana.workflow.events import (
    EditsSaved,
    Event,
    Requested,
    RetryRequested,
    TaskEvent,
    TaskLost,
    WorkerVanished,
)
from gondwana.workflow.graph import Graph
from gondwana.workflow.model import (
    Phase,
    ProjectState,
    StepState,
    fresh_steps,
    inputs_of,
    is_settled,
    needs_asking,
)
from gondwana.workflow.settle import settle
from gondwana.workflow.state import Transition


def broken_by_state(graph: Graph, state: ProjectState) -> list[str]:
    """Name every rule that a state breaks; an empty list if it is sound."""
    if state.steps.keys() != graph.steps.keys():
        return ["every step has a state, and nothing else has"]
    broken = [
        f"{name}: {rule}"
        for name, known in state.steps.items()
        for rule in _broken_by_step(graph, state, name, known)
    ]
    if settle(graph, state) != (state, []):
        broken.append("nothing that could start is left lying")
    return broken


def _broken_by_step(
    graph: Graph, state: ProjectState, name: str, known: StepState
) -> Iterator[str]:
    step = graph.steps[name]
    rules = {
        "a task that is out has an attempt and a fingerprint": not known.is_open
        or (known.attempt > 0 and known.fingerprint != ""),
        "only a run has a worker and progress": known.phase in (Phase.RUNNING, Phase.STOPPING)
        or (known.worker == "" and known.progress == 0.0),
        "a backoff, and nothing else, has an end": (known.retry_at is not None)
        == (known.phase is Phase.BACKOFF),
        "what stops, and nothing else, knows what it ends as": (known.ends_as is not None)
        == (known.phase is Phase.STOPPING),
        "what failed says why": known.phase is not Phase.FAILED or known.reason != "",
        "what is cancelled is not wanted": known.phase is not Phase.CANCELLED or not known.wanted,
        "only a step with edits awaits a person": known.phase is not Phase.AWAITING
        or (step.interactive and is_settled(graph, fresh_steps(graph, state), name)),
        "a step that succeeded has all its outputs": not known.succeeded
        or all(kind in state.files for kind in step.outputs),
        "a progress lies between 0 and 1": 0.0 <= known.progress <= 1.0,
    }
    return (rule for rule, holds in rules.items() if not holds)


def broken_by_transition(
    graph: Graph, before: ProjectState, event: Event, transition: Transition
) -> list[str]:
    """Name every rule that a transition breaks; an empty list if it is sound."""
    after = transition.state
    sent = [action for action in transition.actions if isinstance(action, SendTask)]
    closed = {
        (action.step, action.attempt)
        for action in transition.actions
        if isinstance(action, CLOSING)
    }
    broken = [
        f"{task.step}: {rule}"
        for task in sent
        for rule in _broken_by_task(graph, before, event, after, task, closed)
    ]
    if len({task.step for task in sent}) != len(sent):
        broken.append("at most one task of a step is sent")
    broken += [
        f"{name}: the attempt never shrinks"
        for name, known in before.steps.items()
        if name in after.steps and after.steps[name].attempt < known.attempt
    ]
    if not transition.actions:
        broken.append("the actions tell at least why nothing is done")
    foreign = isinstance(event, TaskEvent) and event.attempt != _of(before, event.step).attempt
    if foreign and after != before:
        broken.append("a message of another attempt changes nothing")
    return broken


def _broken_by_task(
    graph: Graph,
    before: ProjectState,
    event: Event,
    after: ProjectState,
    task: SendTask,
    closed: set[tuple[str, int]],
) -> Iterator[str]:
    step, last, known = graph.steps[task.step], _of(before, task.step), after.steps[task.step]
    fresh = fresh_steps(graph, after)
    rules = {
        "an attempt is one more than the last": task.attempt == last.attempt + 1 == known.attempt,
        "a step whose task was just sent is queued": known.phase is Phase.QUEUED,
        "a task has the current files": dict(task.inputs) == inputs_of(step, after),
        "a task has all files it needs": set(step.inputs) <= set(task.inputs),
        "a step starts only when all before it are fresh": is_settled(graph, fresh, task.step),
        "nothing starts unasked that is for a person to start": not _is_for_a_person(
            graph, last, task
        )
        or _is_asked_for(last, event, task),
        "nothing fresh runs again": task.fingerprint != known.succeeded,
        "a run that was out is closed before": not last.is_open
        or (task.step, last.attempt) in closed,
    }
    return (rule for rule, holds in rules.items() if not holds)


def _is_for_a_person(graph: Graph, last: StepState, task: SendTask) -> bool:
    step = graph.steps[task.step]
    failed = last.phase is Phase.FAILED and last.fingerprint == task.fingerprint
    cancelled = last.phase is Phase.CANCELLED
    return step.interactive or failed or cancelled or needs_asking(step, last)


def _is_asked_for(last: StepState, event: Event, task: SendTask) -> bool:
    asking = (Requested, RetryRequested, EditsSaved)
    # a run that was lost is sent again: the request for it has not been carried out
    lost = (WorkerVanished, TaskLost)
    return last.wanted or (isinstance(event, (*asking, *lost)) and event.step == task.step)


def _of(state: ProjectState, name: str) -> StepState:
    return state.steps.get(name, StepState())
