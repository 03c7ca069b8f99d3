"""The process in which steps run: jobs come as JSON lines, what happens leaves as JSON lines.

It is started once and runs one job after the other, so that the libraries are loaded and the
kernels compiled only once. It ends with its parent, whatever happened to that one.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from gondwana.errors import GondwanaError
from gondwana.science.checks import Check
from gondwana.steps.edits import Edit
from gondwana.steps.execute import Record, StoredFile, execute, validated
from gondwana.steps.kinds import KINDS
from gondwana.steps.programs import ProgramError
from gondwana.steps.registry import STEPS

_EDITS: TypeAdapter[tuple[Edit, ...]] = TypeAdapter(tuple[Edit, ...])


def main(events: int) -> None:
    """Run jobs until the parent is gone.

    Parameters
    ----------
    events : int
        Number of the open file to which events are written.
    """
    jobs: SimpleQueue[str] = SimpleQueue()
    Thread(target=_read, args=(jobs,), daemon=True).start()
    with open(events, "w", encoding="utf-8", buffering=1) as channel:

        def tell(event: str, **said: Any) -> None:
            channel.write(json.dumps({"event": event, **said}) + "\n")

        tell("ready")
        while True:
            _run(json.loads(jobs.get()), tell)


def _read(jobs: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        jobs.put(line)
    # the parent is gone, or wants no more; so is everything that was started here
    os.killpg(0, signal.SIGKILL)


def _run(job: dict[str, Any], tell: Any) -> None:
    try:
        record = _execute(job, tell)
        told = _told(record)
    except GondwanaError as error:
        tell(
            "failed",
            code=error.code,
            reason=f"{error.where}: {error.problem}" if error.where else error.problem,
            remedy=error.remedy,
            retryable=error.retryable,
            log=error.log if isinstance(error, ProgramError) else traceback.format_exc(),
        )
    except MemoryError:
        tell(
            "failed",
            code="memory",
            reason="there was not enough memory",
            remedy="use a coarser grid, or a machine with more memory",
            retryable=True,
            log=traceback.format_exc(),
        )
    except Exception as error:
        tell(
            "failed",
            code="unexpected",
            reason=f"the step failed in a way that nobody foresaw ({type(error).__name__})",
            remedy="report this with its log",
            retryable=False,
            log=traceback.format_exc(),
        )
    else:
        tell("done", **told)


def _execute(job: dict[str, Any], tell: Any) -> Record:
    step = STEPS[job["step"]]
    if job["program"]:
        step = replace(step, program=Path(job["program"]), run=None)
    inputs = {}
    for kind, sha256 in job["inputs"].items():
        inputs[kind] = StoredFile.of(kind, Path(job["input_folder"]) / KINDS[kind].filename)
        if inputs[kind].sha256 != sha256:
            raise DamagedInputError(
                "the file is not the one that was meant", remedy="check the store", where=kind
            )
    parameters = validated(step, job["parameters"])
    edits = _EDITS.validate_python(job["edits"])
    tell("began")
    return execute(
        step,
        inputs,
        parameters,
        Path(job["output_folder"]),
        created=datetime.fromisoformat(job["created"]),
        edits=edits,
        file_format=job["file_format"],
        progress=lambda fraction, words: tell("progress", fraction=fraction, note=words),
    )


class DamagedInputError(GondwanaError):
    """An input whose bytes are not those that the task names."""

    code = "bad_checksum"
    http_status = 500
    retryable = True


def _told(record: Record) -> dict[str, Any]:
    return {
        "outputs": {kind: file.path.name for kind, file in record.outputs.items()},
        "arrays": record.arrays,
        "checks": [_check(check) for check in record.checks],
        "changes": [asdict(change) for change in record.changes],
        "notes": list(record.notes),
        "seconds": record.seconds,
    }


def _check(check: Check) -> dict[str, Any]:
    """Return all of a check but its mask, which is a map."""
    return {
        "name": check.name,
        "status": check.status,
        "summary": check.summary,
        "fix": check.fix,
        "table": [{name: _plain(value) for name, value in row.items()} for row in check.table],
    }


def _plain(value: Any) -> Any:
    """Return a number of numpy as one of Python."""
    return value.item() if isinstance(value, np.generic) else value


if __name__ == "__main__":
    main(int(sys.argv[1]))
