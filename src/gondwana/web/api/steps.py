"""Steps: what there is, and in a project what they are set to, run, stop, try again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from gondwana.accounts.permissions import Actor
from gondwana.services import steps
from gondwana.services.steps import Asked, SavedList, StepSettings
from gondwana.steps.edits import Edit
from gondwana.web.api.routes import Count, Wanted, route
from gondwana.web.visitors import platform

PROJECT = "/projects/<project_id>"
ONE = f"{PROJECT}/steps/<step>"


@dataclass(frozen=True)
class Declaration:
    """A step as it is declared.

    Attributes
    ----------
    name : str
    version : int
    title, about : str
    inputs, optional_inputs, outputs : tuple of str
        Kinds of files.
    interactive : bool
        A person may edit it.
    worker : str
        Tag of the workers that can run it.
    parameters : mapping
        The JSON schema of its parameters, with units, bounds and defaults.
    """

    name: str
    version: int
    title: str
    about: str
    inputs: tuple[str, ...]
    optional_inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    interactive: bool
    worker: str
    parameters: Mapping[str, Any]


class NewParameters(Wanted):
    """Values by name."""

    parameters: dict[str, Any] = Field(description="see the schema of the step, `GET /steps`")
    mark: str | None = Field(
        None, description="of the settings that you changed; if others have changed them since, 409"
    )


class NewEdits(Wanted):
    """All edits of a step, in their order."""

    edits: tuple[Edit, ...]
    based_on: Count | None = Field(
        None, description="number of the list that you changed; if there is a newer one, 409"
    )
    note: str = Field("", description="what the history tells about it")


class Chosen(Wanted):
    """Which steps are meant."""

    steps: tuple[str, ...] = Field((), description="names; none of them means all")


class ToRun(Chosen):
    """Which steps are to run, and with which changes."""

    parameters: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="values to change before, by step and name"
    )


@route("GET", "/steps", "steps", answer=list[Declaration])
def list_steps(_: Actor) -> list[Declaration]:
    """List all steps with the schemas of their parameters."""
    return [
        Declaration(
            name=step.name,
            version=step.version,
            title=step.title,
            about=step.about,
            inputs=step.inputs,
            optional_inputs=step.optional_inputs,
            outputs=step.outputs,
            interactive=step.interactive,
            worker=step.worker,
            parameters=step.parameters.model_json_schema(),
        )
        for step in platform().graph.steps.values()
    ]


@route("GET", ONE, "steps", answer=StepSettings)
def show_settings(who: Actor, project_id: str, step: str) -> StepSettings:
    """Tell what a step is set to: its parameters and its edits."""
    return steps.settings(platform(), who, project_id, step)


@route("PATCH", f"{ONE}/parameters", "steps", answer=StepSettings, body=NewParameters, also=(409,))
def change_parameters(who: Actor, project_id: str, step: str, body: NewParameters) -> StepSettings:
    """Change some parameters of a step; it runs again by itself if it has ever run."""
    return steps.set_parameters(platform(), who, project_id, step, body.parameters, mark=body.mark)


@route("PUT", f"{ONE}/parameters", "steps", answer=StepSettings, body=NewParameters, also=(409,))
def set_parameters(who: Actor, project_id: str, step: str, body: NewParameters) -> StepSettings:
    """Set all parameters of a step; what is not named takes its default."""
    return steps.set_parameters(
        platform(),
        who,
        project_id,
        step,
        body.parameters,
        others_to_default=True,
        mark=body.mark,
    )


@route("GET", f"{ONE}/edits", "steps", answer=list[SavedList])
def list_edits(who: Actor, project_id: str, step: str) -> list[SavedList]:
    """List all edits that were ever saved for a step, the last ones first."""
    return steps.edits_history(platform(), who, project_id, step)


@route("PUT", f"{ONE}/edits", "steps", answer=StepSettings, body=NewEdits, also=(409,))
def save_edits(who: Actor, project_id: str, step: str, body: NewEdits) -> StepSettings:
    """Save the edits of a step, all of them, and run it."""
    given = [edit.model_dump(mode="json", exclude_unset=True) for edit in body.edits]
    return steps.save_edits(
        platform(), who, project_id, step, given, based_on=body.based_on, note=body.note
    )


@route("POST", f"{PROJECT}/run", "steps", answer=Asked, status=202, body=ToRun)
def run(who: Actor, project_id: str, body: ToRun) -> Asked:
    """Ask for steps, or for all; each runs as soon as what it needs is there."""
    return steps.run(platform(), who, project_id, body.steps, parameters=body.parameters)


@route("POST", f"{PROJECT}/cancel", "steps", answer=Asked, status=202, body=Chosen, also=(409,))
def cancel(who: Actor, project_id: str, body: Chosen) -> Asked:
    """Stop steps, or all that are under way."""
    return steps.cancel(platform(), who, project_id, body.steps)


@route("POST", f"{PROJECT}/retry", "steps", answer=Asked, status=202, body=Chosen, also=(409,))
def retry(who: Actor, project_id: str, body: Chosen) -> Asked:
    """Try steps again that failed or were cancelled, or all such."""
    return steps.retry(platform(), who, project_id, body.steps)
