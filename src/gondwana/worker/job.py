"""One attempt at a step: run in a child and watched until its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from gondwana.messaging.messages import Cancelled, Data, Done, Failed, Progress, Task
from gondwana.worker.children import Bell, Child, ChildDiedError
from gondwana.worker.telling import failure
from gondwana.worker.tidings import Tidings

_GRACE = 2.0  # seconds in which a program that is too slow can be ended with its log kept
_FOREVER = 3600.0
_ENDINGS: Mapping[str, type[Done] | type[Failed]] = {Done.name: Done, Failed.name: Failed}


class Job:
    """An attempt at a step. It belongs to the thread of its slot, but any may stop it.

    Parameters
    ----------
    task : Task
    bell : Bell
        Of the slot.
    is_program : bool
        A program does it, whose log is lost if it is not ended by the child itself.
    """

    def __init__(self, task: Task, bell: Bell, *, is_program: bool) -> None:
        self._task = task
        self._bell = bell
        self._limit = task.timeout + (_GRACE if is_program else 0.0)
        self._cancelled: str | None = None
        self._abandoned_from = float("inf")

    def cancel(self, reason: str) -> None:
        """Stop it: nobody wants its result."""
        self._cancelled = reason
        self._bell.ring()

    def abandon(self, grace: float) -> None:
        """Stop it without a word, unless it ends within some seconds: the worker stops."""
        self._abandoned_from = time.monotonic() + grace
        self._bell.ring()

    def run(self, child: Child, tidings: Tidings) -> bool:
        """Run it in a child that waits for a task; the child may have ended afterwards.

        Returns
        -------
        bool
            Whether the dispatcher was told how it ended; if not, the worker stops.

        Raises
        ------
        ChildDiedError
            The child had died before; nothing was begun, and nobody told.
        """
        child.send(self._task.model_dump_json())
        try:
            ending = self._wait(child, tidings)
        except ChildDiedError:
            ending = self._died(child.end(), child.log)
        except ValidationError as error:
            ending = self._died(f"{child.end()} since it told nonsense ({error})", child.log)
        if ending is None:
            return False
        tidings.end(ending)
        return self.settle(tidings)

    def settle(self, tidings: Tidings) -> bool:
        """Wait until the broker has the end of it; False if the worker stops before."""
        while not tidings.settled():
            left = self._abandoned_from - time.monotonic()
            if left <= 0.0:
                return False
            self._bell.wait(min(left, _FOREVER))
        return True

    def _wait(self, child: Child, tidings: Tidings) -> Data | None:
        """Return how it ended; None if it was abandoned."""
        limit = time.monotonic() + self._limit
        while True:
            now = time.monotonic()
            if self._cancelled is not None:
                child.end()
                return Cancelled(step=self._task.step, reason=self._cancelled)
            if now >= limit:
                child.end()
                return self._too_long(child.log)
            if now >= self._abandoned_from:
                child.end()
                return None
            until = min(tidings.look(now), limit, self._abandoned_from)
            event = child.next_event(until - now) or {}
            name: Any = event.get("event")
            if name == Progress.name:
                tidings.heard(event["fraction"], event["note"])
            elif name in _ENDINGS:
                return _ENDINGS[name].model_validate_json(event["data"])

    def _died(self, how: str, log: str) -> Data:
        if self._cancelled is not None:
            return Cancelled(step=self._task.step, reason=self._cancelled)
        return failure(
            self._task.step,
            "crash",
            f"the process of the step {how}",
            "try again; if it stays so, it may lack memory: ask for less, or see its log",
            retryable=True,
            log=f"{log}\nThe process {how}.",
        )

    def _too_long(self, log: str) -> Failed:
        return failure(
            self._task.step,
            "timeout",
            f"it was stopped after its time limit of {self._task.timeout:g} s",
            "ask for less, or raise the limit of the step",
            retryable=False,
            log=log,
        )
