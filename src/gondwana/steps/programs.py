"""Steps that are programs of their own, in any language: what one is given and has to keep to.

    PROGRAM INPUT_FOLDER PARAMETERS_FILE OUTPUT_FOLDER

It reads files under the names of their kinds and its parameters as JSON or as a namelist, and
writes files; on its standard output it may tell how far it is. ``docs/workers.md`` says it in full.
"""

from __future__ import annotations

import json
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from gondwana.errors import GondwanaError, InputError
from gondwana.formats.netcdf import NETCDF_LOCK, open_netcdf
from gondwana.formats.provenance import Provenance, arrays_sha256
from gondwana.formats.writer import Format, write_failure
from gondwana.science.checks import Change, Check
from gondwana.steps.contract import Progress, Step, Task, silent
from gondwana.steps.kinds import KINDS
from gondwana.steps.process import run_process
from gondwana.steps.sentences import told

REPORT = "report.json"
"""What a program may write beside its outputs: checks, changes, notes."""
_LARGEST_REPORT = 2_000_000  # bytes


class BadOutputError(GondwanaError):
    """What a program has written is not what was agreed."""

    code: ClassVar[str] = "bad_output"
    http_status: ClassVar[int] = 500


@dataclass(frozen=True)
class Watch:
    """How somebody watches over a run.

    Attributes
    ----------
    progress : callable
        Told how far the run is.
    stopped : Event or None
        Once set, a program is ended.
    largest : int or None
        Bytes of the largest file that a program may write.
    """

    progress: Progress = silent
    stopped: Event | None = None
    largest: int | None = None


@dataclass(frozen=True)
class Written:
    """What a program has made: its files by kind, and what it says of them."""

    files: Mapping[str, Path]
    checks: tuple[Check, ...] = ()
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Places:
    """The folders and files of one run, all in one folder that vanishes with it."""

    inputs: Path
    parameters: Path
    outputs: Path
    scratch: Path


def run_program(
    step: Step,
    program: Path,
    task: Task,
    folder: Path,
    *,
    created: datetime,
    file_format: Format,
    watch: Watch,
) -> Written:
    """Run the program of a step and take over what it has written.

    Parameters
    ----------
    step : Step
    program : Path
    task : Task
    folder : Path
        Where the outputs go, under the names of their kinds.
    created : datetime
        Time that the outputs may tell of themselves.
    file_format : {"netcdf3", "netcdf4"}
    watch : Watch

    Returns
    -------
    Written

    Raises
    ------
    GondwanaError
        It failed, was stopped, took too long, or its outputs are not what was agreed; what it
        wrote to its standard error output is a note of the error.
    """
    try:
        with tempfile.TemporaryDirectory(
            prefix=".program-", dir=folder, ignore_cleanup_errors=True
        ) as name:
            places = _prepared(Path(name), step, task, created, file_format)
            run_process(
                (str(program), *map(str, (places.inputs, places.parameters, places.outputs))),
                places.scratch,
                timeout=step.timeout,
                progress=watch.progress,
                stopped=watch.stopped,
                largest=watch.largest,
            )
            if places.outputs.is_symlink():
                raise BadOutputError("the program has moved its output folder", remedy=_REMEDY)
            report = _read_report(places.outputs)
            files = {kind: _take(places.outputs, kind, folder) for kind in step.outputs}
    except OSError as error:
        raise write_failure(error, folder) from error
    return Written(
        files,
        tuple(check.plain() for check in report.checks),
        tuple(change.plain() for change in report.changes),
        report.notes,
    )


def _prepared(
    work: Path, step: Step, task: Task, created: datetime, file_format: Format
) -> _Places:
    """Lay out what a program is given."""
    places = _Places(work / "inputs", work / "parameters.json", work / "outputs", work / "scratch")
    for made in (places.inputs, places.outputs, places.scratch):
        made.mkdir()
    for kind, path in task.inputs.items():
        (places.inputs / KINDS[kind].filename).symlink_to(path.resolve())
    values = task.parameters.model_dump(mode="json")
    about = {
        "step": step.name,
        "version": step.version,
        "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "file_format": file_format,
    }
    told_all = {
        **about,
        "parameters": values,
        "edits": [edit.model_dump(mode="json", exclude_defaults=True) for edit in task.edits],
        "inputs": {kind: KINDS[kind].filename for kind in task.inputs},
        "outputs": {kind: KINDS[kind].filename for kind in step.outputs},
    }
    places.parameters.write_text(json.dumps(told_all, indent=1), encoding="utf-8")
    places.parameters.with_suffix(".nml").write_text(
        namelist("task", about) + namelist("parameters", values), encoding="utf-8"
    )
    return places


def sign(path: Path, provenance: Provenance) -> str | None:
    """Write into a NetCDF file of a program where it comes from; return its arrays' checksum.

    Attributes that it has already are kept. Files of other forms stay as they are; None for them.

    Raises
    ------
    BadOutputError
        It is named as a NetCDF file and is none, or holds none that can be read.
    """
    import netCDF4  # noqa: PLC0415

    if path.suffix != ".nc":
        return None
    try:
        arrays = open_netcdf(path)
    except InputError as error:
        raise BadOutputError(
            f"the program's {path.name} {error.problem}", remedy=_REMEDY
        ) from error
    with NETCDF_LOCK, netCDF4.Dataset(path, "a") as file:
        there = set(file.ncattrs())
        file.setncatts(
            {
                name: value
                for name, value in provenance.attributes().items()
                if name.startswith("gondwana_") or name not in there
            }
        )
    if any(variable.dtype.hasobject for variable in arrays.variables.values()):
        return None  # texts of any length, whose bits say nothing
    return arrays_sha256(arrays)


def namelist(group: str, values: Mapping[str, Any]) -> str:
    """Write values as a namelist of Fortran: those that are one number, one text or yes/no."""
    lines = [
        f"  {name} = {_in_fortran(value)}"
        for name, value in values.items()
        if isinstance(value, bool | int | float | str)
    ]
    return "\n".join([f"&{group}", *lines, "/", ""])


def _in_fortran(value: bool | int | float | str) -> str:
    if isinstance(value, bool):
        return ".true." if value else ".false."
    if isinstance(value, str):
        one_line = " ".join(value.splitlines()).replace("'", "''")
        return f"'{one_line}'"
    return repr(value)


def _take(outputs: Path, kind: str, folder: Path) -> Path:
    """Take an output over: a regular file under its own name, shared with nobody."""
    name = KINDS[kind].filename
    path = outputs / name
    try:
        found = path.lstat()
    except FileNotFoundError:
        raise BadOutputError(f"the program has not written {name}", remedy=_REMEDY) from None
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        raise BadOutputError(f"the program's {name} is not a file of its own", remedy=_REMEDY)
    path.chmod(0o644)
    target = folder / name
    return path.replace(target)


_REMEDY = "mend the program; see docs/workers.md"

Sentence = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class _Check(_Strict):
    name: Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_-]{0,63}$")]
    status: Literal["pass", "warn", "fail"]
    summary: Sentence
    fix: Annotated[str, StringConstraints(max_length=2000)] = ""
    table: tuple[dict[str, float | int | str], ...] = ()

    def plain(self) -> Check:
        """Return it as steps in Python give it."""
        return Check(self.name, self.status, self.summary, list(self.table), fix=self.fix)


class _Change(_Strict):
    what: Sentence
    why: Sentence
    cells: Annotated[int, Field(ge=0)]
    lon: float
    lat: float

    def plain(self) -> Change:
        """Return it as steps in Python give it."""
        return Change(self.what, self.why, self.cells, self.lon, self.lat)


class _Report(_Strict):
    checks: tuple[_Check, ...] = ()
    changes: tuple[_Change, ...] = ()
    notes: tuple[Sentence, ...] = ()


def _read_report(outputs: Path) -> _Report:
    path = outputs / REPORT
    if not path.exists():
        return _Report()
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST_REPORT:
        raise BadOutputError(
            f"the program's {REPORT} is not a file of at most {_LARGEST_REPORT} bytes",
            remedy=_REMEDY,
        )
    try:
        return _Report.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise BadOutputError(
            f"the program's {REPORT}: {told(error, 'field')}", remedy=_REMEDY
        ) from None
