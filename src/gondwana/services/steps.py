"""What a person does to the steps of a project: settings, edits, run, cancel, try again."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher import transitions
from gondwana.dispatcher.platform import Platform
from gondwana.formats.provenance import canonical_json
from gondwana.services import queries
from gondwana.services.door import ProjectVisit, changing, looking
from gondwana.services.wishes import (
    good_edits,
    good_note,
    good_parameters,
    step_named,
    steps_named,
)
from gondwana.steps.contract import Step
from gondwana.steps.edits import Edit
from gondwana.storage import drafts, projects
from gondwana.storage import edits as saved_edits
from gondwana.storage.errors import ConflictError
from gondwana.storage.marks import utc_now
from gondwana.workflow import events
from gondwana.workflow.actions import NothingToDo
from gondwana.workflow.graph import Graph
from gondwana.workflow.model import Phase, ProjectState, shown
from gondwana.workflow.state import change

_RETRIED = ("failed", "cancelled", "no worker")


@dataclass(frozen=True)
class StepSettings:
    """What a step of a project is set to.

    Attributes
    ----------
    step : str
    parameters : mapping
        All of them as JSON values; those that have no default and were never given are absent.
    mark : str
        Changes with the parameters: give it back with changed ones, so that nobody overwrites
        what somebody else has set meanwhile.
    edits : tuple of mapping
        Those in force, as JSON values.
    number : int
        Number of that list of edits; 0 where none was ever saved.
    """

    step: str
    parameters: Mapping[str, Any]
    mark: str
    edits: tuple[Mapping[str, Any], ...]
    number: int


@dataclass(frozen=True)
class SavedList:
    """Edits of a step as somebody saved them."""

    number: int
    edits: tuple[Mapping[str, Any], ...]
    author: str
    created: datetime
    note: str = ""


@dataclass(frozen=True)
class Asked:
    """What was asked for.

    Attributes
    ----------
    project_id : str
    steps : tuple of str
    messages : tuple of str
        What tells the dispatcher of it (see `unheard`).
    """

    project_id: str
    steps: tuple[str, ...]
    messages: tuple[str, ...]


def settings(platform: Platform, actor: Actor, project_id: str, step: str) -> StepSettings:
    """Tell what a step is set to.

    Raises
    ------
    NotFoundError
    ParameterError
        There is no such step.
    """
    known = step_named(platform.graph, step)
    with looking(platform, actor, project_id) as visit:
        return _settings(platform, visit, known)


def set_parameters(
    platform: Platform,
    actor: Actor,
    project_id: str,
    step: str,
    values: Mapping[str, Any],
    *,
    others_to_default: bool = False,
    mark: str | None = None,
) -> StepSettings:
    """Change parameters of a step. It runs again by itself if it has ever run.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    project_id, step : str
    values : mapping
        By name.
    others_to_default : bool
        What is not named takes its default; otherwise it stays as it is.
    mark : str, optional
        Of the settings that were changed.

    Raises
    ------
    ParameterError
        An unknown step or parameter, or a value out of bounds.
    ConflictError
        Somebody else has changed them meanwhile.
    NotFoundError, ForbiddenError
    """
    known = step_named(platform.graph, step)
    with changing(platform, actor, project_id) as visit:
        projects.lock(visit.session, project_id)
        if mark is not None and mark != _settings(platform, visit, known).mark:
            raise ConflictError(
                f"somebody else has changed the parameters of '{step}' in the meantime",
                remedy="look at them, and make your changes again",
            )
        _set(platform, visit, known, values, others_to_default=others_to_default)
        return _settings(platform, visit, known)


def save_edits(
    platform: Platform,
    actor: Actor,
    project_id: str,
    step: str,
    edits: Sequence[Edit | Mapping[str, Any]],
    *,
    based_on: int | None = None,
    note: str = "",
) -> StepSettings:
    """Save the edits of a step, all of them in their order, and run it.

    Those without an author or a time get the actor and now.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    project_id, step : str
    edits : sequence of Edit or mapping
    based_on : int, optional
        Number of the list that was changed; if left out, the one in force is replaced, and stays
        in the history.
    note : str
        What the history tells about it.

    Raises
    ------
    ParameterError
        An unknown step, one that takes no edits, or something that is no edit.
    ConflictError
        Somebody else has saved edits meanwhile; theirs are in force.
    NotFoundError, ForbiddenError
    """
    known = step_named(platform.graph, step)
    given = good_edits(known, edits)
    with changing(platform, actor, project_id) as visit:
        session, me, now = visit.session, visit.actor, utc_now()
        projects.lock(session, project_id)
        signed = [{"author": me.name, "time": now.isoformat(), **edit} for edit in given]
        plain = good_edits(known, signed)
        last = saved_edits.current(session, project_id, step)
        number = last.number if last else 0
        saved_edits.save(
            session,
            project_id,
            step,
            plain,
            based_on=number if based_on is None else based_on,
            author_id=me.user_id,
            note=good_note(note),
        )
        drafts.drop(session, project_id, me.user_id, step)
        event = events.EditsSaved(at=now, step=step, edits=tuple(plain))
        transitions.tell(platform, session, project_id, event, me.user_id)
        return _settings(platform, visit, known)


def edits_history(platform: Platform, actor: Actor, project_id: str, step: str) -> list[SavedList]:
    """List all that was ever saved for a step, the last one first.

    Raises
    ------
    NotFoundError, ParameterError
    """
    step_named(platform.graph, step)
    with looking(platform, actor, project_id) as visit:
        found = saved_edits.history(visit.session, project_id, step)
        names = queries.names_of(visit.session, [saved.author_id for saved in found])
        return [
            SavedList(
                saved.number,
                tuple(saved.edits),
                names[saved.author_id],
                saved.created,
                saved.note or "",
            )
            for saved in found
        ]


def run(
    platform: Platform,
    actor: Actor,
    project_id: str,
    steps: Collection[str] = (),
    *,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
) -> Asked:
    """Ask for steps, or for all; those that a person could edit run with the edits they have.

    A step that is asked for while its inputs are not ready runs when they are.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    project_id : str
    steps : collection of str
        None of them means all.
    parameters : mapping of str to mapping, optional
        Values to change before, by step and name.

    Raises
    ------
    ParameterError
        An unknown step or parameter, or a value out of bounds; nothing was asked for.
    NotFoundError, ForbiddenError
    """
    wanted = steps_named(platform.graph, steps)
    changes = {step_named(platform.graph, name): told for name, told in (parameters or {}).items()}
    with changing(platform, actor, project_id) as visit:
        projects.lock(visit.session, project_id)
        for step, values in changes.items():
            _set(platform, visit, step, values, others_to_default=False)
        for step in wanted:
            if steps:
                _refuse_without_parameters(platform, visit, step)
            transitions.request(platform, visit.session, project_id, step.name, visit.actor.user_id)
        return _asked(visit, wanted)


def cancel(
    platform: Platform,
    actor: Actor,
    project_id: str,
    steps: Collection[str] = (),
    *,
    reason: str = "",
) -> Asked:
    """Ask for steps to stop, or not to start; for all that are under way if none is named.

    Raises
    ------
    ParameterError
        There is no such step.
    ConflictError
        There is nothing to cancel.
    NotFoundError, ForbiddenError
    """
    wanted = steps_named(platform.graph, steps)
    with changing(platform, actor, project_id) as visit:
        projects.lock(visit.session, project_id)
        state = transitions.state_of(platform, visit.project)
        if not steps:
            wanted = [step for step in wanted if _under_way(state, step.name)]
        elif not queries.sent_with(visit.session, project_id):
            _refuse_idle(platform.graph, state, wanted)
        if not wanted:
            raise ConflictError("nothing is under way", remedy="name a step that is not to start")
        for step in wanted:
            transitions.cancel(
                platform, visit.session, project_id, step.name, visit.actor.user_id, reason
            )
        return _asked(visit, wanted)


def retry(platform: Platform, actor: Actor, project_id: str, steps: Collection[str] = ()) -> Asked:
    """Ask again for steps that failed, were cancelled or found no worker; for all such if none.

    Raises
    ------
    ParameterError
        There is no such step.
    ConflictError
        There is nothing to try again.
    NotFoundError, ForbiddenError
    """
    wanted = steps_named(platform.graph, steps)
    with changing(platform, actor, project_id) as visit:
        projects.lock(visit.session, project_id)
        state = transitions.state_of(platform, visit.project)
        found = shown(platform.graph, state)
        again = [step for step in wanted if _can_be_retried(found, state, step.name)]
        if not again or (steps and len(again) < len(wanted)):
            idle = next((step for step in wanted if steps and step not in again), None)
            raise ConflictError(
                f"'{idle.name}' is {found[idle.name]}" if idle else "nothing failed",
                remedy="what neither failed nor was cancelled can be run instead",
            )
        for step in again:
            transitions.request(platform, visit.session, project_id, step.name, visit.actor.user_id)
        return _asked(visit, again)


def unheard(platform: Platform, asked: Asked) -> int:
    """Tell how many of the messages that were sent the dispatcher has not dealt with yet."""
    with platform.database.reading() as session:
        return queries.unheard_of(session, asked.project_id, asked.messages, utc_now())


def _settings(platform: Platform, visit: ProjectVisit, step: Step) -> StepSettings:
    state = transitions.state_of(platform, visit.project).steps[step.name]
    saved = saved_edits.current(visit.session, visit.project.id, step.name)
    defaults = step.parameters.model_construct().model_dump(mode="json")
    parameters = {**defaults, **state.parameters}
    return StepSettings(
        step=step.name,
        parameters=parameters,
        mark=_mark(parameters),
        edits=tuple(state.edits),
        number=saved.number if saved else 0,
    )


def _mark(parameters: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(parameters).encode()).hexdigest()[:16]


def _set(
    platform: Platform,
    visit: ProjectVisit,
    step: Step,
    values: Mapping[str, Any],
    *,
    others_to_default: bool,
) -> None:
    known = transitions.state_of(platform, visit.project).steps[step.name].parameters
    good = good_parameters(step, values if others_to_default else {**known, **values})
    event = events.ParametersChanged(at=utc_now(), step=step.name, parameters=good)
    transitions.tell(platform, visit.session, visit.project.id, event, visit.actor.user_id)


def _refuse_without_parameters(platform: Platform, visit: ProjectVisit, step: Step) -> None:
    state = transitions.state_of(platform, visit.project)
    good_parameters(step, state.steps[step.name].parameters)


def _under_way(state: ProjectState, name: str) -> bool:
    known = state.steps[name]
    return known.is_open or known.wanted or known.phase is Phase.BACKOFF


def _refuse_idle(graph: Graph, state: ProjectState, wanted: Sequence[Step]) -> None:
    """Refuse what has nothing to cancel, as far as can be known now."""
    for step in wanted:
        event = events.CancelRequested(at=utc_now(), step=step.name)
        for action in change(graph, state, event).actions:
            if isinstance(action, NothingToDo):
                raise ConflictError(f"'{step.name}' {action.why}")


def _can_be_retried(found: Mapping[str, str], state: ProjectState, name: str) -> bool:
    return found[name] in _RETRIED or state.steps[name].phase is Phase.BACKOFF


def _asked(visit: ProjectVisit, steps: Sequence[Step]) -> Asked:
    sent = queries.sent_with(visit.session, visit.project.id)
    return Asked(visit.project.id, tuple(step.name for step in steps), sent)
