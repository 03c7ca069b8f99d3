"""Projects at work: locked together, changed in memory, and stored together.

What a batch of messages is about is read with a few statements, however many messages there are,
and written with a few. So a busy dispatcher asks the database about as often as an idle one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gondwana.dispatcher.perform import Said, Scene, perform
from gondwana.dispatcher.platform import Platform
from gondwana.storage import projects, revisions, runs
from gondwana.storage.database import RINGS
from gondwana.storage.errors import ConflictError, NotFoundError
from gondwana.storage.marks import utc_now
from gondwana.storage.models import Project, Run
from gondwana.workflow import stored
from gondwana.workflow.actions import Action, NothingToDo
from gondwana.workflow.events import EditsSaved, Event, InputChanged, ParametersChanged
from gondwana.workflow.model import ProjectState
from gondwana.workflow.state import change, handle

LEASE = timedelta(seconds=60)
"""How long a worker may be silent before its run is given to another."""

PersonEvent = InputChanged | ParametersChanged | EditsSaved


class Desk:
    """Some projects in one transaction; nobody else changes them until it ends.

    Parameters
    ----------
    platform : Platform
    session : Session
        The transaction.
    project_ids : collection of str
        Those that do not exist are left out. Deleted ones are taken too: their runs come to their
        ends, and nothing new starts.
    run_ids : collection of str
        Runs that will be looked at, to be read together.
    lease : timedelta
        What a worker that takes up a run is given.
    """

    def __init__(
        self,
        platform: Platform,
        session: Session,
        project_ids: Collection[str],
        *,
        run_ids: Collection[str] = (),
        lease: timedelta = LEASE,
    ) -> None:
        self.platform = platform
        self.session = session
        self.lease = lease
        self.new_revisions: list[revisions.New] = []
        self._runs: dict[tuple[str, str, int], Run] = {}
        self._projects = {
            project.id: ProjectAtWork(self, project)
            for project in projects.lock_all(session, project_ids)
        }
        self.keep(runs.get_all(session, run_ids))

    def project(self, project_id: str) -> ProjectAtWork:
        """Return one of the projects.

        Raises
        ------
        NotFoundError
            It does not exist.
        """
        if project_id not in self._projects:
            raise NotFoundError("there is no such project")
        return self._projects[project_id]

    def keep(self, found: Iterable[Run]) -> None:
        """Remember runs, so that they are not read again."""
        self._runs.update({(run.project_id, run.step, run.attempt): run for run in found})

    def run_of(self, project_id: str, step: str, attempt: int) -> Run | None:
        """Return the run of an attempt."""
        key = (project_id, step, attempt)
        if key not in self._runs:
            wanted = select(Run).where(
                Run.project_id == project_id, Run.step == step, Run.attempt == attempt
            )
            found = self.session.scalar(wanted)
            if found is None:
                return None
            self._runs[key] = found
        return self._runs[key]

    def store(self) -> None:
        """Write everything that has changed; nothing is handled after that."""
        for project in self._projects.values():
            project.store()
        revisions.add_all(self.session, self.platform.store, self.new_revisions)
        self.new_revisions = []
        self.session.flush()


@dataclass
class ProjectAtWork:
    """A project whose events are handled one after the other."""

    desk: Desk
    project: Project
    state: ProjectState = field(init=False)

    def __post_init__(self) -> None:
        self.state = self._before = state_of(self.desk.platform, self.project)

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
            Who asked; by default the owner of the project.
        """
        machine = change if self.project.deleted is not None else handle
        after = machine(self.desk.platform.graph, self.state, event)
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
        after = change(self.desk.platform.graph, self.state, event)
        for action in after.actions:
            if isinstance(action, NothingToDo):
                raise ConflictError(
                    f"'{action.step}' {action.why}", remedy="try again when that has changed"
                )
        self.state = after.state
        self._perform(after.actions, event.at, None, author_id)

    def store(self) -> None:
        """Put the state into the row, if it has changed."""
        if self.state is self._before:
            return
        self.project.state = stored.as_json(self.state)
        self.project.due = _next_due(self.state)
        self.project.modified = utc_now()
        self._before = self.state
        self.desk.session.info[RINGS] = True  # somebody may be watching

    def _perform(
        self,
        actions: tuple[Action, ...],
        now: datetime,
        said: Said | None,
        author_id: str | None,
    ) -> None:
        author = author_id or self.project.owner_id
        scene = Scene(self.desk, self.project, now, said or Said(), author)
        for action in actions:
            perform(action, scene)


def state_of(platform: Platform, project: Project) -> ProjectState:
    """Read the state of a project: a state for every step of the graph, and for no other."""
    new = ProjectState.new(platform.graph)
    if not project.state:
        return new
    known = stored.from_json(project.state)
    return replace(
        known, steps={name: known.steps.get(name, new.steps[name]) for name in new.steps}
    )


def _next_due(state: ProjectState) -> datetime | None:
    """Tell when something has to be tried again."""
    times = [known.retry_at for known in state.steps.values() if known.retry_at is not None]
    return min(times, default=None)
