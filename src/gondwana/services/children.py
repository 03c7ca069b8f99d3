"""A process that answers questions for `asking`, and what is believed of its answers: nothing.

A question is a line of JSON. An answer is two lengths, then JSON of the one and bytes of the other.
"""

from __future__ import annotations

import json
import os
import select
import struct
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any, NoReturn

LENGTHS = struct.Struct("<QQ")
LARGEST_JSON = 4 * 1024**2
LARGEST_BLOCK = 64 * 1024**2

_CHUNK = 1 << 18
_FOR_CHILDREN = ("PATH", "HOME", "LANG", "TMPDIR", "TZ", "VIRTUAL_ENV")
_ALSO_FOR_CHILDREN = ("LC_", "PYTHON", "NUMBA_", "XDG_", "OMP_", "OPENBLAS_", "LD_")
"""What a child may know of its surroundings: nothing of databases, stores and their passwords."""


class BrokenDownError(Exception):
    """The process has ended, or says what nobody understands."""


class TooSlowError(Exception):
    """The process has taken longer than it may."""


class Child:
    """A process for one question after the other; one thread at a time may ask it."""

    def __init__(self) -> None:
        self.asked = 0
        """How many questions it was asked."""
        self._answers, theirs = os.pipe()
        try:
            self._process = _started(theirs)
        except BaseException:
            os.close(self._answers)
            raise
        finally:
            os.close(theirs)
        self._closed = False

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def is_alive(self) -> bool:
        """Tell whether it can be asked."""
        return not self._closed and self._process.poll() is None

    def ask(self, question: bytes, limit: float) -> tuple[dict[str, Any], bytes]:
        """Ask it something and wait for the answer; it is ended if it gives none.

        Parameters
        ----------
        question : bytes
            JSON without a line break.
        limit : float
            Seconds that it may take.

        Raises
        ------
        BrokenDownError, TooSlowError
        """
        self.asked += 1
        until = time.monotonic() + limit
        try:
            self._write(question + b"\n")
            said, block = LENGTHS.unpack(self._read(LENGTHS.size, until))
            if said > LARGEST_JSON or block > LARGEST_BLOCK:
                raise BrokenDownError("its answer is too long")
            return _understood(self._read(said, until)), self._read(block, until)
        except BaseException:
            self.end()
            raise

    def kill(self) -> None:
        """Let it die; any thread may do this. Whoever has asked it finds it broken down."""
        self._process.kill()

    def end(self) -> None:
        """End it at once, and leave nothing of it."""
        if self._closed:
            return
        self._closed = True
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        os.close(self._answers)

    def _write(self, line: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 - as it was opened
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except OSError:
            self._tell_end()

    def _read(self, size: int, until: float) -> bytes:
        """Read so many bytes, as they come."""
        parts, left = [], size
        poll = select.poll()
        poll.register(self._answers, select.POLLIN)
        while left:
            if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
                raise TooSlowError
            part = os.read(self._answers, min(left, _CHUNK))
            if not part:
                self._tell_end()
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def _tell_end(self) -> NoReturn:
        """Tell how it ended; one that has only closed its pipe is ended by us."""
        try:
            status = self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            raise BrokenDownError("it fell silent") from None
        raise BrokenDownError(f"signal {-status}" if status < 0 else f"status {status}")


def _understood(said: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(said, parse_constant=_refused)
    except (ValueError, RecursionError):
        raise BrokenDownError("it answers what nobody understands") from None
    if not isinstance(answer, dict):
        raise BrokenDownError("it answers what nobody understands")
    return answer


def _refused(word: str) -> NoReturn:
    raise ValueError(word)


def _started(channel: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-P", "-m", "gondwana.services.looking", str(channel)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(channel,),
        env=_surroundings(),
        start_new_session=True,
    )


def _surroundings() -> dict[str, str]:
    return {
        name: text
        for name, text in os.environ.items()
        if name in _FOR_CHILDREN or name.startswith(_ALSO_FOR_CHILDREN)
    }
