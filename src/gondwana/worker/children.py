"""A child process that is kept warm, and is replaced when it was stopped or has died."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from collections import deque
from contextlib import suppress
from typing import Any

_LOG = 60_000


class ChildDiedError(Exception):
    """The child has ended in the middle of its job."""


class Child:
    """One process for one job after the other. It belongs to one thread; any may stop it."""

    def __init__(self) -> None:
        self._events, theirs = os.pipe()
        os.set_blocking(self._events, False)
        self._log = tempfile.TemporaryFile(prefix="gondwana-log-")  # noqa: SIM115 - closed by us
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "gondwana.worker.child", str(theirs)],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            pass_fds=(theirs,),
            start_new_session=True,  # so that it can be stopped with all it started
            text=True,
        )
        os.close(theirs)
        self._part = b""
        self._told: deque[dict[str, Any]] = deque()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._events, selectors.EVENT_READ)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def send(self, job: dict[str, Any]) -> None:
        """Give it a job."""
        self._log.seek(0)
        self._log.truncate()
        if self._process.stdin is None:
            raise ChildDiedError
        try:
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise ChildDiedError from error

    def next_event(self, timeout: float) -> dict[str, Any] | None:
        """Return what it tells next; None if it told nothing in time.

        Raises
        ------
        ChildDiedError
            It has ended.
        """
        if not self._told:
            for _ in self._selector.select(max(0.0, timeout)):
                self._take_in()
        return self._told.popleft() if self._told else None

    def stop(self) -> None:
        """End it at once, with everything that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it, and let go of everything."""
        self.stop()
        self._process.wait()
        self._selector.close()
        os.close(self._events)
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        self._log.close()

    def ending(self) -> str:
        """Tell how it ended, for a developer."""
        status = self._process.wait()
        if status < 0:
            with suppress(ValueError):
                return f"ended by {signal.Signals(-status).name}"
        return f"ended with exit status {status}"

    def log(self) -> str:
        """Return the end of what it wrote to its outputs during the job."""
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - _LOG))
        return self._log.read().decode("utf-8", "replace")

    def _take_in(self) -> None:
        try:
            data = os.read(self._events, 1 << 20)
        except BlockingIOError:
            return
        if not data:
            raise ChildDiedError
        *lines, self._part = (self._part + data).split(b"\n")
        self._told.extend(json.loads(line) for line in lines)
