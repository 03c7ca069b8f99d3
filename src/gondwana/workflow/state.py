"""The state machine of the workflow: a state and an event give a new state and actions.

Nothing here reads a clock, a file, a database or a message, and nothing is changed in place. So any
order of events can be tried in a test, and two dispatchers that are given the same state and the
same event want the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from gondwana.workflow.actions import Action, NothingToDo
from gondwana.workflow.events import (
    Event,
    InputChanged,
    StepEvent,
    TaskEvent,
    TaskProgress,
    TaskStarted,
    WorkerAvailable,
)
from gondwana.workflow.graph import Graph
from gondwana.workflow.model import ProjectState, fresh_steps, waits_for
from gondwana.workflow.people import input_changed, step_changed
from gondwana.workflow.settle import settle
from gondwana.workflow.tasks import Policy, task_changed, worker_available


@dataclass(frozen=True)
class Transition:
    """What follows from an event: the new state, and what is to be done, in order."""

    state: ProjectState
    actions: tuple[Action, ...]


DEFAULT_POLICY = Policy()


def handle(
    graph: Graph, state: ProjectState, event: Event, policy: Policy = DEFAULT_POLICY
) -> Transition:
    """Tell what follows from an event.

    Parameters
    ----------
    graph : Graph
    state : ProjectState
        With a state for every step of the graph.
    event : Event
        Events of unknown steps and messages of earlier attempts change nothing.
    policy : Policy

    Returns
    -------
    Transition
        Its actions are never empty; where nothing is to be done, `NothingToDo` tells why.
    """
    changed = change(graph, state, event, policy)
    if isinstance(event, StepEvent) and event.step not in graph.steps:
        return changed
    if isinstance(event, TaskStarted | TaskProgress):
        # signs of life decide nothing about what starts, and there are many of them
        return Transition(
            changed.state, changed.actions or (_nothing(graph, changed.state, event),)
        )
    settled, started = settle(graph, changed.state)
    actions = (*changed.actions, *started)
    return Transition(settled, actions or (_nothing(graph, settled, event),))


def change(
    graph: Graph, state: ProjectState, event: Event, policy: Policy = DEFAULT_POLICY
) -> Transition:
    """Tell what an event changes by itself, before anything is started because of it.

    Whoever uses this has to see to it that `handle` is called later, if only with `Checked`.

    Parameters
    ----------
    graph, state, event, policy
        As in `handle`.

    Returns
    -------
    Transition
        Without actions where only the state changes.
    """
    state = _complete(graph, state)
    if isinstance(event, StepEvent) and event.step not in graph.steps:
        return Transition(state, (NothingToDo(event.step, "there is no such step"),))
    changed, actions = _direct(graph, state, event, policy)
    return Transition(changed, tuple(actions))


def _complete(graph: Graph, state: ProjectState) -> ProjectState:
    """Give a state to steps that were added since the project was last looked at."""
    if state.steps.keys() == graph.steps.keys():
        return state
    new = ProjectState.new(graph).steps
    return ProjectState({name: state.steps.get(name, new[name]) for name in new}, state.files)


def _direct(
    graph: Graph, state: ProjectState, event: Event, policy: Policy
) -> tuple[ProjectState, list[Action]]:
    match event:
        case TaskEvent():
            return task_changed(graph, state, event, policy)
        case StepEvent():
            return step_changed(graph, state, event)
        case InputChanged():
            return input_changed(graph, state, event)
        case WorkerAvailable(tag=tag):
            return worker_available(graph, state, tag), []
    return state, []


def _nothing(graph: Graph, state: ProjectState, event: Event) -> NothingToDo:
    if not isinstance(event, StepEvent):
        return NothingToDo("", "nothing is to start")
    if state.steps[event.step].is_open:
        return NothingToDo(event.step, f"is {state.steps[event.step].phase} already")
    if event.step in fresh_steps(graph, state):
        return NothingToDo(event.step, "is fresh")
    why = waits_for(graph, state, event.step)
    return NothingToDo(event.step, why or f"stays {state.steps[event.step].phase}")
