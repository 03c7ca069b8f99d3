"""A child process that is kept warm for one job after the other, and can be ended at any time."""

from __future__ import annotations

import json
import os
import select
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import deque
from contextlib import suppress
from threading import Lock
from typing import Any

from gondwana.messaging.messages import LOG_LIMIT
from gondwana.worker.sessions import end_session
from gondwana.worker.setup import Setup

_CHUNK = 1 << 16
_NOT_FOR_STEPS = frozenset(
    {"GONDWANA_DATABASE_URL", "GONDWANA_BROKER_URL", "GONDWANA_SECRET", "GONDWANA_CONFIG"}
)
"""Settings of other parts, some with passwords, that the code of a step need not see."""


class ChildDiedError(Exception):
    """The child has ended, or says what nobody understands."""


class Bell:
    """Lets a thread that waits for a child look up; any thread may ring it."""

    def __init__(self) -> None:
        self._heard, self._rung = os.pipe()
        os.set_blocking(self._rung, False)
        self._lock = Lock()
        self._closed = False

    def ring(self) -> None:
        """Wake whoever waits now, or will wait next."""
        with self._lock:
            if not self._closed:
                with suppress(BlockingIOError):
                    os.write(self._rung, b".")

    def fileno(self) -> int:
        """Return what to wait on."""
        return self._heard

    def clear(self) -> None:
        """Forget what was rung."""
        os.read(self._heard, _CHUNK)

    def wait(self, timeout: float) -> None:
        """Wait until it is rung, or for some seconds."""
        if select.select([self._heard], [], [], timeout)[0]:
            self.clear()

    def close(self) -> None:
        """Fall silent for good."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._heard)
                os.close(self._rung)


class Child:
    """A process for one job after the other. It belongs to one thread.

    Parameters
    ----------
    setup : Setup
        What it has to know; its folder is made inside the one named.
    bell : Bell
        Ends a wait for it.
    """

    def __init__(self, setup: Setup, bell: Bell) -> None:
        self._bell = bell
        self._ending: str | None = None
        self._part = b""
        self._told: deque[dict[str, Any]] = deque()
        self._log: deque[bytes] = deque()
        self._log_size = 0
        self._folder = tempfile.mkdtemp(dir=setup.folder)
        self._events, theirs = os.pipe()
        try:
            self._process = _started(theirs)
        except BaseException:
            os.close(self._events)
            raise
        finally:
            os.close(theirs)
        self._selector = self._listening()
        with suppress(ChildDiedError):
            self._write(setup.model_copy(update={"folder": self._folder}).model_dump_json())

    def send(self, task: str) -> None:
        """Give it a task, as JSON.

        Raises
        ------
        ChildDiedError
            It has ended.
        """
        self._log.clear()
        self._log_size = 0
        self._write(task)

    def next_event(self, timeout: float) -> dict[str, Any] | None:
        """Return what it tells next; None after the time, or when woken.

        Raises
        ------
        ChildDiedError
            It has ended.
        """
        if not self._told:
            for key, _ in self._selector.select(max(timeout, 0.0)):
                key.data()
        return self._told.popleft() if self._told else None

    def has_ended(self) -> bool:
        """Tell whether it is gone; nothing of it is left then."""
        if self._ending is None:
            try:
                for key, _ in self._selector.select(0.0):
                    key.data()
            except ChildDiedError:
                self.end()
        return self._ending is not None

    def end(self) -> str:
        """End it at once with all that it has started, and tell how it ended."""
        if self._ending is None:
            end_session(self._process.pid)
            self._ending = _told(self._process.wait())
            self._hear_last_words()
            self._close()
        return self._ending

    @property
    def log(self) -> str:
        """The end of what it printed since it was given its task."""
        return b"".join(self._log)[-LOG_LIMIT:].decode("utf-8", "replace")

    @property
    def _output(self) -> int:
        assert self._process.stdout is not None  # noqa: S101 - as it was opened
        return self._process.stdout.fileno()

    def _hear_last_words(self) -> None:
        os.set_blocking(self._output, False)
        with suppress(BlockingIOError):
            while self._hear_log():
                pass

    def _close(self) -> None:
        self._selector.close()
        os.close(self._events)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _listening(self) -> selectors.BaseSelector:
        selector = selectors.DefaultSelector()
        selector.register(self._events, selectors.EVENT_READ, self._hear_events)
        selector.register(self._output, selectors.EVENT_READ, self._hear_log)
        selector.register(self._bell, selectors.EVENT_READ, self._bell.clear)
        return selector

    def _write(self, line: str) -> None:
        stream = self._process.stdin
        try:
            if stream is not None:
                stream.write(line.encode() + b"\n")
                stream.flush()
        except OSError as error:
            raise ChildDiedError from error

    def _hear_events(self) -> None:
        data = os.read(self._events, _CHUNK)
        if not data:
            raise ChildDiedError
        *lines, self._part = (self._part + data).split(b"\n")
        try:
            self._told.extend(json.loads(line) for line in lines)
        except ValueError as error:
            raise ChildDiedError from error

    def _hear_log(self) -> bool:
        data = os.read(self._output, _CHUNK)
        if not data:
            # closed by the step itself, or by the end of the child, which the events tell
            with suppress(KeyError):
                self._selector.unregister(self._output)
            return False
        self._log.append(data)
        self._log_size += len(data)
        while self._log_size - len(self._log[0]) > LOG_LIMIT:
            self._log_size -= len(self._log.popleft())
        return True


def _started(channel: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-P", "-m", "gondwana.worker.child", str(channel)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(channel,),
        env={name: text for name, text in os.environ.items() if name not in _NOT_FOR_STEPS},
        start_new_session=True,  # so that it is ended with all that it has started
    )


def _told(status: int) -> str:
    if status < 0:
        try:
            return f"was ended by {signal.Signals(-status).name}"
        except ValueError:
            return f"was ended by signal {-status}"
    return f"ended with the exit status {status}"
