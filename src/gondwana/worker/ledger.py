"""Which attempts are at work here or were told of: a task may come twice."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Protocol

Attempt = tuple[str, int]
"""Id of a run, and its attempt."""

_REMEMBERED = 10_000


class Cancellable(Protocol):
    """Something at work that can be told to stop."""

    def cancel(self, reason: str) -> None:
        """Stop it; any thread may call this."""


class Ledger:
    """Keeps account of attempts; any thread may ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._at_work: dict[Attempt, Cancellable] = {}
        self._told: OrderedDict[Attempt, None] = OrderedDict()

    def begin(self, attempt: Attempt, job: Cancellable) -> bool:
        """Note that a job begins; False if that attempt is at work or was told of already."""
        with self._lock:
            if attempt in self._at_work or attempt in self._told:
                return False
            self._at_work[attempt] = job
            return True

    def end(self, attempt: Attempt, *, told: bool) -> None:
        """Note that a job has ended, and whether the dispatcher was told how."""
        with self._lock:
            del self._at_work[attempt]
            if told:
                self._told[attempt] = None
                while len(self._told) > _REMEMBERED:
                    self._told.popitem(last=False)

    def count(self) -> int:
        """Return how many attempts are at work."""
        with self._lock:
            return len(self._at_work)

    def cancel(self, attempt: Attempt, reason: str) -> None:
        """Stop the job of an attempt, if it is at work here."""
        with self._lock:
            job = self._at_work.get(attempt)
        if job is not None:
            job.cancel(reason)
