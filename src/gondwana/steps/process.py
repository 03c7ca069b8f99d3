"""Running a program in a process group of its own, watched until its end.

No shell is involved. The program sees a small environment, tells its progress on its standard
output and its troubles on its standard error output, and leaves nothing running behind.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import IO, ClassVar

from gondwana.errors import GondwanaError, InputError
from gondwana.steps.contract import Progress

BAD_INPUT, MAY_PASS = 65, 75
"""Exit statuses with a meaning; sysexits.h calls them EX_DATAERR and EX_TEMPFAIL."""
LOG_LIMIT = 65_536
"""Bytes of the log that are kept; the last ones are the useful ones."""

_KEPT = ("PATH", "HOME", "LANG")
_KEPT_PREFIX = "GONDWANA_STEP_"
_PROGRESS = re.compile(r"progress\s+([0-9.eE+-]+)\s*(.*)")
_ERROR = "error:"
_LONGEST_LINE = 4096
_LONGEST_SENTENCE = 500
_LOOK = 0.1  # seconds between two looks at whether it is to be stopped
_DRAIN = 2.0  # seconds for its last words


class ProgramFailedError(GondwanaError):
    """A program that says that it failed, or cannot be started."""

    code: ClassVar[str] = "program_failed"
    http_status: ClassVar[int] = 500


class ProgramBusyError(GondwanaError):
    """A program that failed in a way that may pass by itself."""

    code: ClassVar[str] = "program_busy"
    http_status: ClassVar[int] = 503
    retryable: ClassVar[bool] = True


class ProgramCrashedError(GondwanaError):
    """A program that was ended by a signal: a fault of its own, or no memory left."""

    code: ClassVar[str] = "crash"
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = True


class OutputTooLargeError(GondwanaError):
    """A program that wrote more than a file may hold."""

    code: ClassVar[str] = "file_too_large"
    http_status: ClassVar[int] = 413


class TimeLimitError(GondwanaError):
    """A program that took longer than it may."""

    code: ClassVar[str] = "timeout"
    http_status: ClassVar[int] = 504


class StoppedError(GondwanaError):
    """A program that was stopped because nobody waits for it any more."""

    code: ClassVar[str] = "stopped"


def run_process(
    arguments: Sequence[str],
    scratch: Path,
    *,
    timeout: float,
    progress: Progress,
    stopped: Event | None = None,
    largest: int | None = None,
) -> None:
    """Run a program to its end.

    Parameters
    ----------
    arguments : sequence of str
        The program first.
    scratch : Path
        The folder it stands in, and where its temporary files go.
    timeout : float
        Seconds after which it is ended.
    progress : callable
    stopped : Event, optional
        Once set, it is ended.
    largest : int, optional
        Bytes of the largest file that it may write.

    Raises
    ------
    InputError
        It cannot use what it was given.
    ProgramBusyError
        It says that trying again later may help.
    ProgramFailedError, ProgramCrashedError, OutputTooLargeError, TimeLimitError, StoppedError
        It did not come to a good end. In all cases its log is a note of the error.
    """
    words = _Words(progress)
    with _running(arguments, scratch, largest, words) as process:
        problem = _wait(process, timeout, stopped)
    if problem is None:
        problem = _judged(process.returncode, words.error, largest)
    if problem is not None:
        if words.log:
            problem.add_note(words.log)
        raise problem


@contextmanager
def _running(
    arguments: Sequence[str], scratch: Path, largest: int | None, words: _Words
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program; at the end of the block nothing of it is left."""
    try:
        process = subprocess.Popen(  # noqa: S603 - a declared program, and never a shell
            list(arguments),
            cwd=scratch,
            env=_environment(scratch),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0,
        )
    except OSError as error:
        raise ProgramFailedError(
            f"the program cannot be started ({error.strerror})",
            remedy="build it and make it executable; a script begins with a line such as #!/bin/sh",
            where=arguments[0],
        ) from error
    if largest is not None:
        _limit_files(process.pid, largest)
    readers = words.listen(process)
    try:
        yield process
    finally:
        # also what it has left running, so that the readers come to an end
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for reader in readers:
            reader.join(_DRAIN)


def _wait(
    process: subprocess.Popen[bytes], timeout: float, stopped: Event | None
) -> GondwanaError | None:
    """Wait for the end of a program; return why it must be ended, if it must."""
    deadline = time.monotonic() + timeout
    while (left := deadline - time.monotonic()) > 0:
        if stopped is not None and stopped.is_set():
            return StoppedError("the program was stopped")
        with suppress(subprocess.TimeoutExpired):
            process.wait(left if stopped is None else min(left, _LOOK))
            return None
    return TimeLimitError(
        f"the program was stopped after its time limit of {timeout:g} s",
        remedy="ask for less, or raise the limit of the step",
    )


def _limit_files(process: int, largest: int) -> None:
    """Let the system end a process that writes a larger file, before the disk is full."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    limit = largest if hard == resource.RLIM_INFINITY else min(largest, hard)
    with suppress(ProcessLookupError):
        resource.prlimit(process, resource.RLIMIT_FSIZE, (limit, limit))


def _environment(scratch: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or name.startswith(_KEPT_PREFIX)
    }
    return {"PATH": os.defpath, **kept, "TMPDIR": str(scratch)}


class _Words:
    """What a program says while it runs: progress, the end of its log, the last error told."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._log: deque[bytes] = deque()
        self._size = 0
        self._lock = Lock()
        self.error = ""

    def listen(self, process: subprocess.Popen[bytes]) -> list[Thread]:
        """Begin to read both of its outputs."""
        heard = ((process.stdout, self._hear_output), (process.stderr, self._hear_errors))
        readers = [
            Thread(target=_read, args=(stream, hear), daemon=True)
            for stream, hear in heard
            if stream is not None
        ]
        for reader in readers:
            reader.start()
        return readers

    @property
    def log(self) -> str:
        """The end of what it wrote, but for its progress."""
        with self._lock:
            return b"".join(self._log)[-LOG_LIMIT:].decode("utf-8", "replace")

    def _hear_output(self, line: bytes) -> None:
        found = _PROGRESS.fullmatch(line.decode("utf-8", "replace").strip())
        fraction = _number(found[1]) if found else None
        if found is None or fraction is None:
            self._keep(line)
        else:
            self._progress(min(max(fraction, 0.0), 1.0), _sentence(found[2]))

    def _hear_errors(self, line: bytes) -> None:
        self._keep(line)
        text = line.decode("utf-8", "replace").strip()
        if text.lower().startswith(_ERROR):
            self.error = _sentence(text[len(_ERROR) :])

    def _keep(self, line: bytes) -> None:
        with self._lock:
            self._log.append(line)
            self._size += len(line)
            while self._size - len(self._log[0]) > LOG_LIMIT:
                self._size -= len(self._log.popleft())


def _read(stream: IO[bytes], hear: Callable[[bytes], None]) -> None:
    with stream:
        while line := stream.readline(_LONGEST_LINE):
            hear(line)


def _number(word: str) -> float | None:
    try:
        value = float(word)
    except ValueError:
        return None
    return value if value == value else None  # noqa: PLR0124 - not a number is unlike itself


def _sentence(text: str) -> str:
    """Clean what a program says for a person: one line, no control characters, no full stop."""
    line = "".join(letter for letter in text if letter.isprintable()).strip()
    return line[:_LONGEST_SENTENCE].rstrip(".")


def _judged(status: int, told: str, largest: int | None) -> GondwanaError | None:
    """Return how a program ended, unless it ended well."""
    see_log = "" if told else "see the log of the run"
    error: GondwanaError | None
    if status == 0:
        error = None
    elif status == -signal.SIGXFSZ:
        error = OutputTooLargeError(
            f"the program wrote a file of more than {largest} bytes",
            remedy="ask for less, or raise the limit `largest_file`",
        )
    elif status < 0:
        error = ProgramCrashedError(
            told or f"the program was ended by {_signal_name(-status)}",
            remedy="try again; if it stays so, it may lack memory: ask for less, or see the log",
        )
    elif status == BAD_INPUT:
        error = InputError(told or "the program cannot use what it was given", remedy=see_log)
    elif status == MAY_PASS:
        error = ProgramBusyError(told or "the program cannot do it now", remedy="try again later")
    else:
        problem = told or f"the program ended with the exit status {status}"
        error = ProgramFailedError(problem, remedy=see_log)
    return error


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
