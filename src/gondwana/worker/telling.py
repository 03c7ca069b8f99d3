"""What came of a job, as the messages that tell of it, kept within their limits."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from gondwana.errors import GondwanaError, TargetError
from gondwana.messaging.messages import (
    LOG_LIMIT,
    ChangeMade,
    CheckOutcome,
    Done,
    Failed,
    OutputFile,
)
from gondwana.science.checks import Change, Check
from gondwana.steps.execute import Record

MOST_ROWS = 500
"""Rows of a table, and changes, that travel in a message; summaries tell how many there are."""
_LONGEST = 2000  # characters of a sentence


def done(step: str, record: Record, outputs: Mapping[str, OutputFile], seconds: float) -> Done:
    """Tell that a step ran to its end.

    Parameters
    ----------
    step : str
    record : Record
    outputs : mapping of str to OutputFile
        Where its files are.
    seconds : float
        Wall time of the job.
    """
    notes = [*record.notes]
    if len(record.changes) > MOST_ROWS:
        notes.append(f"the first {MOST_ROWS} of {len(record.changes)} changes are told")
    return Done(
        step=step,
        outputs=dict(outputs),
        checks=tuple(_check(check) for check in record.checks),
        changes=tuple(_change(change) for change in record.changes[:MOST_ROWS]),
        notes=tuple(note[:_LONGEST] for note in notes),
        seconds=seconds,
    )


def failed(step: str, error: BaseException, folder: Path) -> Failed:
    """Tell that a step failed: a sentence for a person, a log for a developer.

    Parameters
    ----------
    step : str
    error : BaseException
    folder : Path
        That of the job, which a person does not know and is not told.
    """
    log = "".join(traceback.format_exception(error))
    if isinstance(error, GondwanaError):
        problem = f"{error.where}: {error.problem}" if error.where else error.problem
        return failure(
            step,
            error.code,
            _without(folder, problem),
            _without(folder, error.remedy),
            retryable=error.retryable,
            log=log,
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return failure(
            step,
            TargetError.code,
            "the disk of the worker is full",
            "free some space there",
            retryable=True,
            log=log,
        )
    if isinstance(error, MemoryError):
        return failure(
            step,
            "crash",
            "there was not enough memory",
            "ask for less, or use a machine with more memory",
            retryable=True,
            log=log,
        )
    return failure(
        step,
        "unexpected",
        f"the step failed in a way that nobody foresaw ({type(error).__name__})",
        "report this with its log",
        retryable=False,
        log=log,
    )


def failure(
    step: str, code: str, reason: str, remedy: str, *, retryable: bool, log: str = ""
) -> Failed:
    """Tell a failure, each part no longer than a message allows."""
    return Failed(
        step=step,
        code=code,
        reason=reason[:_LONGEST] or "it failed",
        remedy=remedy[:_LONGEST],
        retryable=retryable,
        log=log[-LOG_LIMIT:],
    )


def _without(folder: Path, text: str) -> str:
    for part in (folder / "inputs", folder / "outputs", folder):
        text = text.replace(f"{part}/", "")
    return text.replace(str(folder), "the folder of the job")


def _check(check: Check) -> CheckOutcome:
    """Return all of a check but its mask, which is a map."""
    return CheckOutcome(
        name=check.name,
        status=check.status,
        summary=check.summary[:_LONGEST],
        fix=check.fix[:_LONGEST],
        table=tuple(
            {name: _plain(value) for name, value in row.items()} for row in check.table[:MOST_ROWS]
        ),
    )


def _change(change: Change) -> ChangeMade:
    return ChangeMade(
        what=change.what[:_LONGEST],
        why=change.why[:_LONGEST],
        cells=int(change.cells),
        lon=float(change.lon),
        lat=float(change.lat),
    )


def _plain(value: Any) -> float | int | str:
    """Return a value as JSON knows it; a number that is none as a word."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value if isinstance(value, float | int) else str(value)
