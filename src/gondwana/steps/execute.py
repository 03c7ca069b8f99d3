"""Running one step on files: read, compute, write, and record what came of it.

The same function serves the headless build and every worker, so both give the same bytes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError

from gondwana.errors import GondwanaError, InputError, ParameterError
from gondwana.formats.provenance import Origin, Provenance, arrays_sha256, file_sha256
from gondwana.formats.writer import Format, write_dataset
from gondwana.science.checks import Change, Check
from gondwana.steps.contract import Outcome, Step, StepParameters, Task
from gondwana.steps.edits import Edit
from gondwana.steps.kinds import KINDS
from gondwana.steps.programs import Watch, run_program, sign
from gondwana.steps.sentences import told

_NOBODY = Watch()


class NoWorkerError(GondwanaError):
    """A step that has neither function nor program on this machine."""

    code: ClassVar[str] = "no_worker"
    http_status: ClassVar[int] = 503


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


@dataclass(frozen=True)
class _Made:
    """What a function or a program has made, as files."""

    files: Mapping[str, Path]
    arrays: dict[str, str]
    checks: tuple[Check, ...]
    changes: tuple[Change, ...]
    notes: tuple[str, ...]


def execute(
    step: Step,
    inputs: Mapping[str, StoredFile],
    parameters: StepParameters,
    folder: Path,
    *,
    created: datetime,
    edits: tuple[Edit, ...] = (),
    file_format: Format = "netcdf3",
    watch: Watch = _NOBODY,
) -> Record:
    """Run a step, a function or a program, and write its outputs into a folder.

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
    watch : Watch
        Who is told of progress, and may stop a program.

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
    task = Task({kind: inputs[kind].path for kind in wanted}, parameters, edits, watch.progress)
    values = parameters.model_dump(mode="json")
    provenance = Provenance(
        step=f"{step.name} {step.version}",
        parameters=values,
        inputs={KINDS[kind].filename: inputs[kind].sha256 for kind in wanted},
        edits=tuple(edit.model_dump(mode="json", exclude_defaults=True) for edit in edits),
        created=created,
        origin=reduce(Origin.merged, (inputs[kind].origin for kind in wanted), Origin()),
    )
    try:
        made = _make(step, task, folder, provenance, file_format, watch)
    except GondwanaError as error:
        raise error.at(f"step {step.name}") from error
    origin = provenance.here()
    return Record(
        step=step,
        parameters=values,
        outputs={
            kind: StoredFile(kind, path, file_sha256(path), origin)
            for kind, path in made.files.items()
        },
        arrays=made.arrays,
        checks=made.checks,
        changes=made.changes,
        notes=made.notes,
        seconds=time.perf_counter() - began,
    )


def _make(
    step: Step,
    task: Task,
    folder: Path,
    provenance: Provenance,
    file_format: Format,
    watch: Watch,
) -> _Made:
    if step.run is not None:
        return _by_function(step.run(task), step, folder, provenance, file_format)
    if step.program is None:
        raise NoWorkerError(
            f"nothing here can run it: it needs a worker for '{step.worker}'",
            remedy="build its program, or leave it out",
        )
    written = run_program(
        step,
        step.program,
        task,
        folder,
        created=provenance.created,
        file_format=file_format,
        watch=watch,
    )
    arrays = {}
    for kind, path in written.files.items():
        checksum = sign(path, provenance)
        if checksum is not None:
            arrays[kind] = checksum
    return _Made(written.files, arrays, written.checks, written.changes, written.notes)


def _by_function(
    outcome: Outcome, step: Step, folder: Path, provenance: Provenance, file_format: Format
) -> _Made:
    files = {kind: folder / KINDS[kind].filename for kind in step.outputs}
    with ThreadPoolExecutor(1) as beside:  # checksums take as long as files, on another core
        sums = {kind: beside.submit(arrays_sha256, outcome.outputs[kind]) for kind in files}
        for kind, path in files.items():
            write_dataset(outcome.outputs[kind], path, provenance, file_format)
    arrays = {kind: checksum.result() for kind, checksum in sums.items()}
    return _Made(files, arrays, tuple(outcome.checks), tuple(outcome.changes), tuple(outcome.notes))


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
            remedy="correct it; the description of the step tells what each parameter may be",
            where=f"step {step.name}",
        ) from None
