"""What people do to a project, in the caller's transaction: what follows is for the dispatcher."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from gondwana.dispatcher.desk import Desk, PersonEvent, state_of
from gondwana.dispatcher.perform import send
from gondwana.dispatcher.platform import Platform
from gondwana.messaging.envelope import Envelope
from gondwana.messaging.messages import CancelRequested, Data, StepRequested
from gondwana.steps.contract import Step
from gondwana.storage.marks import new_id, utc_now
from gondwana.storage.models import Project
from gondwana.workflow import stored
from gondwana.workflow.events import Checked, InputChanged
from gondwana.workflow.graph import Graph, kinds_of
from gondwana.workflow.model import Phase, ProjectState

__all__ = [
    "PersonEvent",
    "cancel",
    "look",
    "new_state",
    "request",
    "resting_state",
    "state_of",
    "tell",
]


def tell(
    platform: Platform, session: Session, project_id: str, event: PersonEvent, author_id: str
) -> ProjectState:
    """Change what a person changed, and let the dispatcher look at what follows.

    Parameters
    ----------
    platform : Platform
    session : Session
    project_id : str
    event : InputChanged, ParametersChanged or EditsSaved
        A revision or a list of edits that it stands for is the caller's to store.
    author_id : str

    Returns
    -------
    ProjectState
        As it is stored.

    Raises
    ------
    ConflictError
        The machine does not take the event now; its reason.
    NotFoundError
        There is no such project.
    """
    desk = Desk(platform, session, [project_id])
    project = desk.project(project_id)
    project.tell(event, author_id)
    desk.store()
    wanted = StepRequested(
        step=_concerned(platform.graph, event).name, author=author_id, asked=False
    )
    _send(session, project_id, wanted)
    return project.state


def request(
    platform: Platform, session: Session, project_id: str, step: str, author_id: str
) -> None:
    """Ask for a step: to run if it is stale, also if it failed, was stopped or awaits somebody."""
    name = platform.graph.steps[step].name
    _send(session, project_id, StepRequested(step=name, author=author_id))


def cancel(
    platform: Platform,
    session: Session,
    project_id: str,
    step: str,
    author_id: str,
    reason: str = "",
) -> None:
    """Ask for a step to stop, or not to start."""
    name = platform.graph.steps[step].name
    _send(session, project_id, CancelRequested(step=name, author=author_id, reason=reason))


def look(platform: Platform, session: Session, project_id: str) -> None:
    """Start whatever is to start in a project, in this transaction."""
    desk = Desk(platform, session, [project_id])
    desk.project(project_id).handle(Checked(at=utc_now()))
    desk.store()


def new_state(graph: Graph) -> dict[str, Any]:
    """Return the state of a project in which nothing has happened, as it is stored."""
    return stored.as_json(ProjectState.new(graph))


def resting_state(platform: Platform, project: Project) -> dict[str, Any]:
    """Return the state for a copy of a project: the same, but that nothing runs or is wanted."""
    state = state_of(platform, project)
    resting = {
        name: replace(known.enters(Phase.IDLE, wanted=False), attempt=0)
        if known.is_open or known.phase in (Phase.BACKOFF, Phase.NO_WORKER)
        else replace(known, attempt=0)
        for name, known in state.steps.items()
    }
    return stored.as_json(replace(state, steps=resting))


def _concerned(graph: Graph, event: PersonEvent) -> Step:
    """Name a step that an event is about: of several that use a file, the first."""
    if not isinstance(event, InputChanged):
        return graph.steps[event.step]
    users = (step for step in graph.steps.values() if event.kind in kinds_of(step))
    maker = graph.steps[graph.makers[event.kind]] if event.kind in graph.makers else None
    found = next(users, maker)
    return found or next(iter(graph.steps.values()))


def _send(session: Session, project_id: str, data: Data) -> None:
    send(
        session,
        Envelope.of(data, source="services", project=project_id, run=new_id(), attempt=1),
    )
