"""What the commands that run until they are stopped have in common."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


@contextmanager
def until_stopped() -> Iterator[Event]:
    """Give an event that is set by Ctrl-C, or by the signal that asks a process to end.

    A second one ends the process at once: what it did is taken up at the next start.
    """
    stopped = Event()

    def ask(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if stopped.is_set():
            sys.exit(130)
        stopped.set()

    endings = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {ending: signal.signal(ending, ask) for ending in endings}
    try:
        yield stopped
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)


def tell_log() -> None:
    """Write warnings and errors of all parts to the standard error output, a line each."""
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
