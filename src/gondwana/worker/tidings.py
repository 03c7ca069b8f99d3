"""What the dispatcher is told of one job, and when: its beginning, signs of life, its end.

The message that brought the task is held until the broker has the word that the job has begun;
from then on the run belongs to this worker by that word. A job that ends at once is told of at
once, and its task is held until then.
"""

from __future__ import annotations

import logging
import time
from typing import Protocol

from gondwana.messaging.envelope import Envelope, MessageTooLargeError, encode
from gondwana.messaging.messages import Data, Failed, Progress, Started, Task
from gondwana.messaging.transport import Message
from gondwana.worker.children import Bell
from gondwana.worker.reports import Reports, Ticket
from gondwana.worker.telling import failure

_SOON = 0.03  # seconds
_OFTEN = 0.5  # seconds between two messages of real progress

_log = logging.getLogger(__name__)


class Held(Protocol):
    """The message that brought a task, which stays with the broker until it is let go."""

    def let_go(self, *, busy: bool) -> None:
        """Acknowledge it; who is busy must not be sent another one."""


class Tidings:
    """What is told of one job. It belongs to the thread of its slot.

    Parameters
    ----------
    envelope : Envelope
        Of the task.
    name : str
        The worker's, as the dispatcher knows it.
    reports : Reports
    held : Held
    bell : Bell
        Rung when something has arrived.
    heartbeat : float
        Seconds between two signs of life, at most.
    """

    def __init__(
        self,
        envelope: Envelope[Task],
        name: str,
        reports: Reports,
        held: Held,
        bell: Bell,
        heartbeat: float,
    ) -> None:
        self._envelope = envelope
        self._name = name
        self._reports = reports
        self._held: Held | None = held
        self._bell = bell
        self._heartbeat = heartbeat
        self._progress = Progress(step=envelope.data.step)
        self._news = False
        self._started: Ticket | None = None
        self._ended: Ticket | None = None
        self._spoken = time.monotonic()
        self._due = self._spoken + _SOON

    def heard(self, fraction: float, note: str) -> None:
        """Note how far the job is."""
        self._progress = Progress(step=self._progress.step, fraction=fraction, note=note)
        self._news = True
        if self._started is not None:
            self._due = min(self._due, self._spoken + _OFTEN)

    def look(self, now: float) -> float:
        """Tell what is due, and return when to look again."""
        if self._started is not None and self._started.arrived:
            self._let_go(busy=True)
        if now >= self._due:
            if self._started is None:
                self._started = self._say(self._beginning)
            else:
                self._reports.beat(self._sender, self._written(self._progress))
                self._news = False
            self._spoken = now
            self._due = now + (_OFTEN if self._news else self._heartbeat)
        return self._due

    def end(self, said: Data) -> None:
        """Tell how the job ended."""
        if isinstance(said, Failed):
            _log.warning("'%s' failed (%s): %s", said.step, said.code, said.reason)
        beginning = [] if self._started is not None else [self._beginning]
        try:
            ending = self._written(said)
        except MessageTooLargeError as error:
            ending = self._written(failure(said.step, error.code, str(error), "", retryable=False))
        self._ended = self._say(*beginning, ending)

    def settled(self) -> bool:
        """Tell whether the broker has the end of it, and forget the task then."""
        if self._ended is None or not self._ended.arrived:
            return False
        self._let_go(busy=False)
        return True

    def _let_go(self, *, busy: bool) -> None:
        if self._held is not None:
            self._held.let_go(busy=busy)
            self._held = None

    @property
    def _beginning(self) -> Message:
        return self._written(Started(step=self._progress.step, worker=self._name))

    @property
    def _sender(self) -> str:
        return f"{self._envelope.runid}/{self._envelope.attempt}"

    def _say(self, *messages: Message) -> Ticket:
        return self._reports.say(self._sender, *messages, then=self._bell.ring)

    def _written(self, said: Data) -> Message:
        task = self._envelope
        told = Envelope.of(
            said, source=self._name, project=task.subject, run=task.runid, attempt=task.attempt
        )
        return encode(told)
