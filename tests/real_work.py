"""Steps that really run, in the process of a test, for a place whose workers it plays."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gondwana.messaging.envelope import Envelope
from gondwana.messaging.messages import Data, Task
from gondwana.steps.execute import execute, validated
from gondwana.steps.registry import STEPS
from gondwana.worker.files import lay_inputs, store_outputs
from gondwana.worker.telling import done
from services_world import Place

COARSE: dict[str, dict[str, Any]] = {
    "regrid": {"resolution": 6.0},
    "ocean_grid": {"resolution": 8.0},
}
"""Parameters with which all steps together take about a second."""


def work(place: Place, *tags: str) -> list[str]:
    """Do all tasks as they come, until none is left, and tell which steps they were."""
    found: list[str] = []
    place.pump()
    while tasks := [task for tag in tags or ("python",) for task in place.tasks(tag)]:
        for task in tasks:
            place.start(task)
            place.say(task, _done(place, task))
            found.append(task.data.step)
        place.pump()
    return found


def _done(place: Place, task: Envelope[Data]) -> Data:
    asked = task.data
    assert isinstance(asked, Task)
    step = STEPS[asked.step]
    with TemporaryDirectory() as name:
        inputs, outputs = Path(name, "inputs"), Path(name, "outputs")
        inputs.mkdir()
        outputs.mkdir()
        record = execute(
            step,
            lay_inputs(step, asked.inputs, inputs, place.store),
            validated(step, asked.parameters),
            outputs,
            created=asked.created,
            edits=asked.edits,
            file_format=asked.file_format,
        )
        return done(step.name, record, store_outputs(record, place.store), record.seconds)
