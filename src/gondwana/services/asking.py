"""Questions about files, answered by other processes.

A file from anywhere may bring the NetCDF library down, need much memory or take for ever; none of
these may happen to the process that serves everybody. So a child looks (`looking`), and only
JSON and raw bytes come back from it, of sizes that are checked before they are read.

A `Pool` keeps children warm for a process that answers many people. Without one, each question
has a child of its own.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, Queue
from threading import BoundedSemaphore, Lock
from typing import Any, ClassVar

from gondwana.errors import GondwanaError, InputError, ParameterError
from gondwana.services.children import BrokenDownError, Child, TooSlowError

LIMIT = 600.0
"""Seconds that an answer may take where somebody waits at a command line."""

POOL_LIMIT = 120.0
_PLACES = 10  # for those who wait for a child: the others find the site busy, and not dead
"""The same in a pool, in which others wait as well."""

_OFTEN = 100  # questions after which a child is replaced: what it has read is forgotten with it
_LONGEST = 2000
_REMEDY = "open it with another program and write it anew, then give that file"
_ERRORS: dict[str, type[GondwanaError]] = {
    known.code: known for known in (InputError, ParameterError)
}

_log = logging.getLogger(__name__)


class BusyError(GondwanaError):
    """All who could look into files are doing so."""

    code = "busy"
    http_status = 503
    retryable = True
    retry_after: ClassVar[float] = 10.0


def ask(question: str, **about: Any) -> tuple[dict[str, Any], bytes]:
    """Ask another process: one of the pool if there is one, else a new one.

    Parameters
    ----------
    question : str
        One of `looking.QUESTIONS`.
    **about
        JSON values.

    Returns
    -------
    dict
        What was found; JSON from a process that has read a file from anywhere.
    bytes
        What belongs to it, such as a picture; mostly none.

    Raises
    ------
    InputError, ParameterError
        What is wrong with a file or with the question, in one sentence.
    BusyError
        Too many ask at this time.
    """
    pool = Pool.current
    if pool is not None:
        return pool.ask(question, **about)
    with Child() as child:
        return _asked(child, question, about, LIMIT)


def _busy() -> BusyError:
    return BusyError("too many files are being looked at", remedy="try again in a moment")


class Pool:
    """Children that are kept warm, each for one question at a time; any thread may ask.

    Within its block it is the one that `ask` turns to.

    Parameters
    ----------
    size : int, optional
        How many; by default as many as processors, from 2 to 4.
    limit : float
        Seconds that an answer may take, and that anybody waits for a child to be free.
    """

    current: ClassVar[Pool | None] = None

    def __init__(self, size: int | None = None, *, limit: float = POOL_LIMIT) -> None:
        self.size = size or max(2, min(4, os.cpu_count() or 2))
        self._limit = limit
        self._free: Queue[Child] = Queue()
        self._children: set[Child] = set()
        self._places = BoundedSemaphore(_PLACES)
        self._lock = Lock()
        self._open = False

    def start(self) -> None:
        """Start the children; they load what they need by themselves."""
        self._open = True
        for _ in range(self.size):
            self._hire()
        Pool.current = self

    def close(self) -> None:
        """End all children, also those that are looking at something."""
        if Pool.current is self:
            Pool.current = None
        with self._lock:
            self._open = False
            busy_or_free = tuple(self._children)
        for child in busy_or_free:
            child.kill()
        with suppress(Empty):
            while True:  # whoever has one of the others ends it
                self._free.get_nowait().end()

    def __enter__(self) -> Pool:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, question: str, **about: Any) -> tuple[dict[str, Any], bytes]:
        """Ask one of the children; as `ask`."""
        with self._child() as child:
            return _asked(child, question, about, self._limit)

    @contextmanager
    def _child(self) -> Iterator[Child]:
        """Take a child that is alive, and bring it back, or another if it is no longer."""
        child = self._next()
        while not child.is_alive():
            self._hire(instead_of=child)
            child = self._next()
        try:
            yield child
        finally:
            self._take_back(child)

    def _next(self) -> Child:
        """Wait for a child; only so many may wait that others are still served."""
        if not self._places.acquire(blocking=False):
            raise _busy()
        try:
            return self._free.get(timeout=self._limit)
        except Empty:
            raise _busy() from None
        finally:
            self._places.release()

    def _take_back(self, child: Child) -> None:
        with self._lock:
            if self._open and child.is_alive() and child.asked < _OFTEN:
                self._free.put(child)
                return
        self._hire(instead_of=child)

    def _hire(self, instead_of: Child | None = None) -> None:
        if instead_of is not None:
            instead_of.end()
        with self._lock:
            self._children.discard(instead_of)
            if self._open:
                child = Child()
                self._children.add(child)
                self._free.put(child)


def _asked(
    child: Child, question: str, about: dict[str, Any], limit: float
) -> tuple[dict[str, Any], bytes]:
    try:
        answer, block = child.ask(json.dumps({"question": question, **about}).encode(), limit)
    except TooSlowError:
        raise InputError(f"takes more than {limit:g} s to read", remedy=_REMEDY) from None
    except BrokenDownError as error:
        raise InputError(
            f"cannot be read: whoever tries breaks down ({error})", remedy=_REMEDY
        ) from None
    return found_in(answer), block


def found_in(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what a child has found, or raise what it could not use."""
    match answer:
        case {"found": dict(found)}:
            return found
        case {"error": dict(told)}:
            said = {name: str(told.get(name, ""))[:_LONGEST] for name in ("problem", "remedy")}
            where = str(told.get("where", ""))[:_LONGEST]
            known = _ERRORS.get(str(told.get("code")), InputError)
            raise known(said["problem"], remedy=said["remedy"], where=where)
    reason = str(answer.get("broken", "it answers in an unknown way"))[:_LONGEST]
    _log.warning("a child could not look: %r", reason)
    brief = reason.strip().splitlines()[-1][:200]
    raise InputError(f"cannot be read: whoever tries breaks down ({brief})", remedy=_REMEDY)
