"""A thread that does not die: what fails is logged and begun again after a pause that grows."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from threading import Event, Thread

from gondwana.errors import GondwanaError

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 10.0

_log = logging.getLogger(__name__)


class Loop:
    """Work that goes on until it is asked to stop.

    Parameters
    ----------
    name : str
    work : callable
        Is given the loop, and returns when `stopping` is set.
    """

    def __init__(self, name: str, work: Callable[[Loop], None]) -> None:
        self._work = work
        self._asked = Event()
        self._thread = Thread(target=self._run, name=f"gondwana {name}", daemon=True)

    @property
    def stopping(self) -> bool:
        """Whether the loop was asked to stop."""
        return self._asked.is_set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Let the work come to its end."""
        self._asked.set()

    def join(self) -> None:
        """Wait for the end."""
        if self._thread.is_alive():
            self._thread.join()

    def pause(self, seconds: float) -> None:
        """Do nothing for a while, or until asked to stop."""
        self._asked.wait(seconds)

    def until_done(self, work: Callable[[], None]) -> None:
        """Do something again and again while it fails in a way that may pass, or until stopped."""
        pauses = _pauses()
        while not self.stopping:
            try:
                work()
            except GondwanaError as error:
                if not error.retryable:
                    raise
                _log.warning("%s: %s", self._thread.name, error)
                self.pause(next(pauses))
            else:
                return

    def _run(self) -> None:
        pauses = _pauses()
        while not self.stopping:
            began = time.monotonic()
            try:
                self._work(self)
            except GondwanaError as error:
                _log.warning("%s: %s", self._thread.name, error)
            except Exception:
                _log.exception("%s failed", self._thread.name)
            if time.monotonic() - began > _LONGEST_PAUSE:
                pauses = _pauses()
            self.pause(next(pauses))


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(2.0 * pause, _LONGEST_PAUSE)
