"""Looking into files in a process of its own.

A file from anywhere may bring the NetCDF library down, or need much memory; neither may happen to
the process that serves everybody.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Literal

from gondwana.errors import GondwanaError, InputError, ParameterError

Question = Literal["file", "difference"]

LIMIT = 600.0
"""Seconds that a look may take."""

_ERRORS: dict[str, type[GondwanaError]] = {
    known.code: known for known in (InputError, ParameterError)
}
_REMEDY = "open it with another program and write it anew, then give that file"


def examine(question: Question, **about: Any) -> dict[str, Any]:
    """Ask a child process (`looking`) about files.

    Parameters
    ----------
    question : str
    **about
        JSON values.

    Raises
    ------
    InputError, ParameterError
        What is wrong with a file, in one sentence.
    """
    try:
        child = subprocess.run(
            [sys.executable, "-m", "gondwana.services.looking"],
            input=json.dumps({"question": question, **about}).encode(),
            capture_output=True,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"takes more than {LIMIT:g} s to read", remedy=_REMEDY) from None
    if child.returncode:
        reason = child.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise InputError(
            f"cannot be read: whoever tries breaks down ({_ending(child.returncode, reason)})",
            remedy=_REMEDY,
        )
    return found_in(json.loads(child.stdout))


def found_in(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what the child has found, or raise what it could not use."""
    if "error" in answer:
        told = answer["error"]
        raise _ERRORS.get(told["code"], InputError)(
            told["problem"], remedy=told["remedy"], where=told["where"]
        )
    found: dict[str, Any] = answer["found"]
    return found


def _ending(status: int, reason: list[str]) -> str:
    if status < 0:
        return f"signal {-status}"
    return reason[0] if reason else f"status {status}"
