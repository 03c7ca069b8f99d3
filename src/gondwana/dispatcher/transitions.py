"""Events put to the state machine, and what follows stored: a project at a time, under its lock.

Everything here happens in the caller's transaction: the new state, the runs, the revisions and
the messages are stored together or not at all.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from gondwana.dispatcher.perform import Said, Scene, perform, send
from gondwana.dispatcher.platform import Platform
from gondwana.messaging.envelope import Envelope
from gondwana.messaging.messages import CancelRequested, Data, StepRequested
from gondwana.steps.contract import Step
from gondwana.storage import projects
from gondwana.storage.errors import ConflictError
from gondwana.storage.marks import new_id, utc_now
from gondwana.storage.models import Project
from gondwana.workflow import stored
from gondwana.workflow.actions import Action, NothingToDo
from gondwana.workflow.events import Checked, EditsSaved, Event, InputChanged, ParametersChanged
from gondwana.workflow.graph import Graph, kinds_of
from gondwana.workflow.model import Phase, ProjectState
from gondwana.workflow.state import change, handle

LEASE = timedelta(seconds=60)
"""How long a worker may be silent before its run is given to another."""

PersonEvent = InputChanged | ParametersChanged | EditsSaved


class ProjectAtWork:
    """A project whose events are handled one after the other; nobody else changes it meanwhile.

    Parameters
    ----------
    platform : Platform
    session : Session
        The transaction in which the project is locked from now on.
    project_id : str
        A deleted project is taken too: its runs come to their ends, and nothing new starts.
    lease : timedelta
        What a worker that takes up a run is given.

    Raises
    ------
    NotFoundError
        There is no such project.
    """

    def __init__(
        self, platform: Platform, session: Session, project_id: str, *, lease: timedelta = LEASE
    ) -> None:
        self._platform = platform
        self._session = session
        self._lease = lease
        self.project: Project = projects.lock(session, project_id, deleted=True)
        self.state = state_of(platform, self.project)
        self._before = self.state

    def handle(
        self, event: Event, said: Said | None = None, author_id: str | None = None
    ) -> tuple[Action, ...]:
        """Put an event to the machine, do what it wants, and tell what that was.

        Parameters
        ----------
        event : Event
        said : Said, optional
            What a worker said beside the event itself.
        author_id : str, optional
            Who asked; by default whoever did last, or the owner of the project.
        """
        machine = change if self.project.deleted is not None else handle
        after = machine(self._platform.graph, self.state, event)
        self.state = after.state
        self._perform(after.actions, event.at, said, author_id)
        return after.actions

    def tell(self, event: PersonEvent, author_id: str) -> None:
        """Change what a person changed, and start nothing.

        Raises
        ------
        ConflictError
            It is not the time for this; the machine's reason.
        """
        after = change(self._platform.graph, self.state, event)
        for action in after.actions:
            if isinstance(action, NothingToDo):
                raise ConflictError(
                    f"'{action.step}' {action.why}", remedy="try again when that has changed"
                )
        self.state = after.state
        self._perform(after.actions, event.at, None, author_id)

    def store(self) -> None:
        """Write the state back, if it has changed."""
        if self.state is self._before:
            return
        self.project.state = stored.as_json(self.state)
        self.project.due = next_due(self.state)
        self.project.modified = utc_now()
        self._before = self.state
        self._session.flush()

    def _perform(
        self,
        actions: tuple[Action, ...],
        now: datetime,
        said: Said | None,
        author_id: str | None,
    ) -> None:
        scene = Scene(
            platform=self._platform,
            session=self._session,
            project=self.project,
            now=now,
            lease=self._lease,
            said=said or Said(),
            author_id=author_id or self.project.owner_id,
        )
        for action in actions:
            perform(action, scene)


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
    project = ProjectAtWork(platform, session, project_id)
    project.tell(event, author_id)
    project.store()
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
    project = ProjectAtWork(platform, session, project_id)
    project.handle(Checked(at=utc_now()))
    project.store()


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


def state_of(platform: Platform, project: Project) -> ProjectState:
    """Read the state of a project: a state for every step of the graph, and for no other."""
    if not project.state:
        return ProjectState.new(platform.graph)
    state = stored.from_json(project.state)
    if state.steps.keys() == platform.graph.steps.keys():
        return state
    new = ProjectState.new(platform.graph).steps
    return replace(state, steps={name: state.steps.get(name, new[name]) for name in new})


def next_due(state: ProjectState) -> datetime | None:
    """Tell when something has to be tried again."""
    times = [known.retry_at for known in state.steps.values() if known.retry_at is not None]
    return min(times, default=None)


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
