"""Running one step on files: read, compute, write, and record what came of it.

The same function serves the headless build and every worker, so both give the same bytes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gondwana.errors import GondwanaError, InputError, ParameterError
from gondwana.formats.netcdf import open_netcdf
from gondwana.formats.provenance import Origin, Provenance, arrays_sha256, file_sha256
from gondwana.formats.writer import Format, write_dataset
from gondwana.science.checks import Change, Check
from gondwana.steps.contract import Step, StepParameters, Task
from gondwana.steps.edits import Edit
from gondwana.steps.kinds import KINDS
from gondwana.steps.programs import Progress, run_program, silent


@dataclass(frozen=True)
class StoredFile:
    """A file of a known kind, with its checksum."""

    kind: str
    path: Path
    sha256: str
    origin: Origin

    @classmethod
    def of(cls, kind: str, path: Path) -> StoredFile:
        """Take up a file that is there already.

        Raises
        ------
        InputError
            It cannot be read.
        """
        try:
            sha256 = file_sha256(path)
        except OSError as error:
            raise InputError(
                f"cannot be read ({error.strerror})", remedy="check the path", where=str(path)
            ) from None
        return cls(kind, path, sha256, Origin.of(path, sha256))


@dataclass(frozen=True)
class Record:
    """What a run of a step did.

    Attributes
    ----------
    step : Step
    parameters : dict
        Every parameter as a JSON value.
    outputs : dict of str to StoredFile
        By kind.
    arrays : dict of str to str
        Checksum of the arrays alone, by kind, of each output that is NetCDF.
    checks, changes, notes
        As the step gave them.
    seconds : float
        Wall time, reading and writing included.
    """

    step: Step
    parameters: dict[str, Any]
    outputs: dict[str, StoredFile]
    arrays: dict[str, str]
    checks: tuple[Check, ...]
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    seconds: float


def execute(
    step: Step,
    inputs: Mapping[str, StoredFile],
    parameters: StepParameters,
    folder: Path,
    *,
    created: datetime,
    edits: tuple[Edit, ...] = (),
    file_format: Format = "netcdf3",
    progress: Progress = silent,
) -> Record:
    """Run a step and write its outputs into a folder.

    Parameters
    ----------
    step : Step
    inputs : mapping of str to StoredFile
        By kind; all that the step needs.
    parameters : StepParameters
        An instance of the step's own model.
    folder : Path
        Where the outputs go, under the names of their kinds.
    created : datetime
        Time that the outputs tell of themselves.
    edits : tuple of Edit
        For interactive steps.
    file_format : {"netcdf3", "netcdf4"}
    progress : callable
        Told by a program how far it is.

    Returns
    -------
    Record

    Raises
    ------
    GondwanaError
        With the step's name where no better place is known.
    """
    began = time.perf_counter()
    wanted = [kind for kind in (*step.inputs, *step.optional_inputs) if kind in inputs]
    used = {kind: inputs[kind] for kind in wanted}
    try:
        if step.program is not None:
            return _run_program(
                step, used, parameters, folder, created, edits, file_format, progress
            )
        if step.run is None:
            raise ParameterError("nothing on this machine can run it", remedy="start its worker")
        outcome = step.run(Task({k: file.path for k, file in used.items()}, parameters, edits))
    except GondwanaError as error:
        raise error.at(f"step {step.name}") from error
    values = parameters.model_dump(mode="json")
    provenance = Provenance(
        step=f"{step.name} {step.version}",
        parameters=values,
        inputs={KINDS[kind].filename: inputs[kind].sha256 for kind in wanted},
        edits=tuple(edit.model_dump(mode="json", exclude_defaults=True) for edit in edits),
        created=created,
        origin=reduce(Origin.merged, (inputs[kind].origin for kind in wanted), Origin()),
    )
    outputs, arrays = {}, {}
    for kind in step.outputs:
        path = folder / KINDS[kind].filename
        write_dataset(outcome.outputs[kind], path, provenance, file_format)
        outputs[kind] = StoredFile(kind, path, file_sha256(path), provenance.here())
        arrays[kind] = arrays_sha256(outcome.outputs[kind])
    return Record(
        step=step,
        parameters=values,
        outputs=outputs,
        arrays=arrays,
        checks=tuple(outcome.checks),
        changes=tuple(outcome.changes),
        notes=tuple(outcome.notes),
        seconds=time.perf_counter() - began,
    )


def _run_program(
    step: Step,
    inputs: Mapping[str, StoredFile],
    parameters: StepParameters,
    folder: Path,
    created: datetime,
    edits: tuple[Edit, ...],
    file_format: Format,
    progress: Progress,
) -> Record:
    began = time.perf_counter()
    values = parameters.model_dump(mode="json")
    edited = [edit.model_dump(mode="json", exclude_defaults=True) for edit in edits]
    paths = {kind: file.path for kind, file in inputs.items()}
    run_program(step, paths, values, edited, folder, created, file_format, progress)
    origin = reduce(Origin.merged, (file.origin for file in inputs.values()), Origin())
    outputs, arrays = {}, {}
    for kind in step.outputs:
        path = folder / KINDS[kind].filename
        outputs[kind] = StoredFile(kind, path, file_sha256(path), origin)
        if path.suffix == ".nc":
            arrays[kind] = arrays_sha256(open_netcdf(path))
    seconds = time.perf_counter() - began
    return Record(step, values, outputs, arrays, (), (), (), seconds)


def validated(step: Step, values: Mapping[str, Any]) -> StepParameters:
    """Turn given values into the step's parameters.

    Parameters
    ----------
    step : Step
    values : mapping
        Any of the step's parameters by name.

    Returns
    -------
    StepParameters

    Raises
    ------
    ParameterError
        One sentence that names each parameter and what is wrong with it.
    """
    try:
        return step.parameters.model_validate(dict(values))
    except ValidationError as error:
        raise ParameterError(
            told(error),
            remedy=f"see `gondwana steps {step.name}`",
            where=f"step {step.name}",
        ) from None


def told(error: ValidationError) -> str:
    """Tell a validation error in one sentence for a person."""
    return ", and ".join(_problems(error))


def _problems(error: ValidationError) -> Iterable[str]:
    told_already: set[str] = set()
    for detail in error.errors(include_url=False):
        # a union tells every alternative, whose names hold brackets or hyphens: one is enough
        parts = [str(part) for part in detail["loc"]]
        named = [part for part in parts if part.replace("_", "").isalnum()]
        place = ".".join(named)
        if named != parts and place in told_already:
            continue
        told_already.add(place)
        message = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            yield f"there is no parameter '{place}'"
        else:
            yield f"'{place}': {message[:1].lower()}{message[1:]}" if place else message
