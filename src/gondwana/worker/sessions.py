"""Ending a process with everything that it has started, whatever process group that is in."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PASSES = 20


def end_session(leader: int, *, but: int | None = None) -> None:
    """Kill every process of a session; those that are being started meanwhile as well.

    Parameters
    ----------
    leader : int
        Number of the process that began the session; nobody may have waited for its end yet.
    but : int, optional
        A process that is spared.
    """
    if but is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)
    for _ in range(_PASSES):
        found = [process for process in _members(leader) if process != but]
        if not found:
            return
        for process in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)


def _members(leader: int) -> Iterator[int]:
    """Yield the living processes of a session, as the system lists them."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError):
                # the name of the program, in parentheses, may hold anything
                told = (entry / "stat").read_bytes().rpartition(b")")[2]
                state, _parent, _group, session = told.split()[:4]
                if int(session) == leader and state not in (b"Z", b"X"):
                    yield int(entry.name)
