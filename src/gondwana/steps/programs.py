"""Steps that are programs of their own, in any language: how one is run and what it has to keep to.

    PROGRAM INPUT_FOLDER PARAMETER_FILE OUTPUT_FOLDER

It reads files under the names of their kinds and a JSON file, and writes files; it may tell how
far it is on its standard output. ``docs/workers.md`` says it in full.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from gondwana.errors import GondwanaError, TargetError
from gondwana.formats.writer import Format
from gondwana.steps.contract import Step
from gondwana.steps.kinds import KINDS

Progress = Callable[[float | None, str], None]
"""Told how much is done, from 0 to 1 or None where that is not known, and a few words."""

BAD_INPUT, MAY_PASS = 65, 75
"""Exit statuses with a meaning, as sysexits.h has them: EX_DATAERR, EX_TEMPFAIL."""
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH")
_KEPT_PREFIX = "GONDWANA_STEP_"
_LONGEST_LOG = 60_000
_PROGRESS = re.compile(r"progress\s+([0-9.]+)\s*(.*)")


class ProgramError(GondwanaError):
    """A program that failed, or did not keep to what was agreed.

    Attributes
    ----------
    log : str
        What it wrote to its standard error output, for a developer.
    """

    code: ClassVar[str] = "program_failed"
    http_status: ClassVar[int] = 500

    def __init__(self, problem: str, *, remedy: str = "", where: str = "", log: str = "") -> None:
        super().__init__(problem, remedy=remedy, where=where)
        self.log = log


class ProgramBusyError(ProgramError):
    """A program that failed in a way that may pass by itself."""

    code: ClassVar[str] = "program_busy"
    retryable: ClassVar[bool] = True


class ProgramInputError(ProgramError):
    """A program that cannot use what it was given."""

    code: ClassVar[str] = "bad_input"


def silent(_fraction: float | None, _words: str) -> None:
    """Tell nobody."""


def run_program(
    step: Step,
    inputs: Mapping[str, Path],
    parameters: Mapping[str, Any],
    edits: Sequence[Mapping[str, Any]],
    folder: Path,
    created: datetime,
    file_format: Format = "netcdf3",
    progress: Progress = silent,
) -> None:
    """Run the program of a step and put its outputs into a folder.

    Parameters
    ----------
    step : Step
    inputs : mapping of str to Path
        By kind.
    parameters, edits
        As JSON values.
    folder : Path
        Where the outputs go, under the names of their kinds.
    created : datetime
        Time that the outputs may tell of themselves.
    file_format : {"netcdf3", "netcdf4"}
    progress : callable

    Raises
    ------
    ProgramError, ProgramInputError, ProgramBusyError
        It failed, or its outputs are not what was agreed.
    TargetError
        The disk is full.
    """
    if step.program is None:
        raise ValueError(f"{step.name} is no program")
    try:
        with tempfile.TemporaryDirectory(prefix="gondwana-", dir=folder) as name:
            work = Path(name)
            task = _task(step, inputs, parameters, edits, created, file_format)
            arguments = _prepared(work, inputs, task)
            _run(step.program, arguments, work, progress)
            for kind in step.outputs:
                _collect(work / "outputs" / KINDS[kind].filename, folder, kind)
    except OSError as error:
        raise TargetError(
            f"the files of the program cannot be written ({error.strerror})",
            remedy="free some space or check the permissions",
            where=str(folder),
        ) from error


def _task(
    step: Step,
    inputs: Mapping[str, Path],
    parameters: Mapping[str, Any],
    edits: Sequence[Mapping[str, Any]],
    created: datetime,
    file_format: Format,
) -> dict[str, Any]:
    return {
        "step": step.name,
        "version": step.version,
        "parameters": dict(parameters),
        "edits": list(edits),
        "inputs": {kind: KINDS[kind].filename for kind in inputs},
        "outputs": {kind: KINDS[kind].filename for kind in step.outputs},
        "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "file_format": file_format,
    }


def _prepared(work: Path, inputs: Mapping[str, Path], task: dict[str, Any]) -> list[str]:
    """Lay out what a program is given, and return its arguments."""
    given, wanted = work / "inputs", work / "outputs"
    given.mkdir()
    wanted.mkdir()
    for kind, path in inputs.items():
        (given / KINDS[kind].filename).symlink_to(path.resolve())
    parameter_file = work / "parameters.json"
    parameter_file.write_text(json.dumps(task, indent=1), encoding="utf-8")
    return [str(given), str(parameter_file), str(wanted)]


def _run(program: Path, arguments: list[str], work: Path, progress: Progress) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or name.startswith(_KEPT_PREFIX)
    }
    with (work / "log").open("w+b") as log:
        try:
            process = subprocess.Popen(  # noqa: S603 - a declared program, never a shell
                [str(program.resolve()), *arguments],
                cwd=work,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        except OSError as error:
            raise ProgramError(
                f"the program cannot be started ({error.strerror})",
                remedy="build it, and make it executable",
                where=str(program),
            ) from error
        with process:
            _follow(process, progress)
        _judge(process.returncode, _end_of(log.name))


def _follow(process: subprocess.Popen[bytes], progress: Progress) -> None:
    for line in process.stdout or ():
        told = _PROGRESS.fullmatch(line.decode("utf-8", "replace").strip())
        if told is not None:
            with suppress(ValueError):
                progress(min(float(told[1]), 1.0), told[2][:200])


def _judge(status: int, log: str) -> None:
    if status == 0:
        return
    told = [line[6:].strip() for line in log.splitlines() if line.lower().startswith("error:")]
    reason = told[-1] if told else f"the program ended with the exit status {status}"
    reason = reason.rstrip(".")[:1000]
    if status == BAD_INPUT:
        raise ProgramInputError(reason, remedy="give other files or parameters", log=log)
    if status == MAY_PASS:
        raise ProgramBusyError(reason, remedy="try again later", log=log)
    raise ProgramError(reason, remedy="see its log", log=log)


def _end_of(path: str) -> str:
    with Path(path).open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LONGEST_LOG))
        return file.read().decode("utf-8", "replace")


def _collect(path: Path, folder: Path, kind: str) -> None:
    """Take an output over: a regular file under its own name, and nothing it points to."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        raise ProgramError(
            f"the program wrote no {path.name}", remedy="tell whoever wrote it", where=kind
        ) from None
    if not stat.S_ISREG(mode):
        raise ProgramError(
            f"{path.name} is not a file of its own", remedy="write a regular file", where=kind
        )
    shutil.move(path, folder / path.name)
