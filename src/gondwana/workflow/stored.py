"""A state as JSON values and back, for whoever keeps it between two events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from gondwana.workflow.freshness import File
from gondwana.workflow.model import ProjectState, StepState

_STEP = TypeAdapter(StepState)
_FILE = TypeAdapter(File)


def as_json(state: ProjectState) -> dict[str, Any]:
    """Write a state as JSON values; what is as at the beginning is left out."""
    return {
        "steps": {name: _dumped(_STEP, known) for name, known in state.steps.items()},
        "files": {kind: _dumped(_FILE, file) for kind, file in state.files.items()},
    }


def from_json(values: Mapping[str, Any]) -> ProjectState:
    """Read a state that `as_json` wrote.

    Raises
    ------
    pydantic.ValidationError
        Something else wrote it.
    """
    return ProjectState(
        {name: _STEP.validate_python(known) for name, known in values["steps"].items()},
        {kind: _FILE.validate_python(file) for kind, file in values["files"].items()},
    )


def _dumped(adapter: TypeAdapter[Any], value: StepState | File) -> Any:
    return adapter.dump_python(value, mode="json", exclude_defaults=True)
