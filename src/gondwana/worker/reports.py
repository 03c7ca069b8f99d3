"""What the dispatcher is told: nothing that matters is lost while the broker is away.

A thread of its own publishes, so that nobody who watches over a job ever waits for the broker. What
must arrive is kept, in order, and published again and again until the broker has it. Signs of life
need not: of each job only the newest is kept.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Condition, Event, Thread

from gondwana.errors import GondwanaError
from gondwana.messaging.transport import Message, Transport, UnroutableError

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0

_log = logging.getLogger(__name__)


class Ticket:
    """Tells whether what was handed in has arrived."""

    def __init__(self, then: Callable[[], None]) -> None:
        self._then = then
        self.arrived = False

    def settle(self) -> None:
        """Say that it has."""
        self.arrived = True
        self._then()


@dataclass(frozen=True)
class _Letter:
    """A message on its way; without a ticket it need not arrive."""

    message: Message
    sender: str
    ticket: Ticket | None = None


class Reports:
    """Publishes what the slots of a worker hand in."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._waiting: deque[_Letter] = deque()
        self._changed = Condition()
        self._stopping = False
        self._given_up = Event()
        self._thread = Thread(target=self._work, name="gondwana reports", daemon=True)

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def say(self, sender: str, *messages: Message, then: Callable[[], None]) -> Ticket:
        """Hand in messages that must arrive, in this order.

        Parameters
        ----------
        sender : str
            Its signs of life that still wait are dropped: they come too late.
        *messages : Message
        then : callable
            Called, by another thread, once the last of them has arrived.
        """
        ticket = Ticket(then)
        *first, last = messages
        with self._changed:
            self._drop_beats(sender)
            self._waiting.extend(_Letter(message, sender, Ticket(_nothing)) for message in first)
            self._waiting.append(_Letter(last, sender, ticket))
            self._changed.notify()
        return ticket

    def beat(self, sender: str, message: Message) -> None:
        """Hand in a sign of life, which takes the place of the one before."""
        with self._changed:
            self._drop_beats(sender)
            self._waiting.append(_Letter(message, sender))
            self._changed.notify()

    def stop(self, patience: float) -> None:
        """Publish what is left, for so many seconds at most."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(patience)
            self._given_up.set()

    def _drop_beats(self, sender: str) -> None:
        if any(one.ticket is None and one.sender == sender for one in self._waiting):
            kept = [one for one in self._waiting if one.ticket or one.sender != sender]
            self._waiting = deque(kept)

    def _work(self) -> None:
        pauses = _pauses()
        while (letters := self._next()) and not self._given_up.is_set():
            try:
                left = self._publish(letters)
            except GondwanaError as error:
                _log.warning("reports wait for the broker: %s", error)
                left = letters
            except Exception:
                _log.exception("reports cannot be published")
                left = letters
            if left:
                self._put_back(left)
                self._given_up.wait(next(pauses))
            else:
                pauses = _pauses()

    def _next(self) -> list[_Letter]:
        """Return all that waits; nothing once it is time to stop and nothing waits."""
        with self._changed:
            while not (self._waiting or self._stopping):
                self._changed.wait()
            letters = list(self._waiting)
            self._waiting.clear()
            return letters

    def _publish(self, letters: list[_Letter]) -> list[_Letter]:
        """Publish, and return what no queue takes though it must arrive."""
        lost: set[str] = set()
        try:
            self._transport.publish(*(letter.message for letter in letters))
        except UnroutableError as error:
            lost = {message.id for message in error.messages}
        for letter in letters:
            if letter.ticket is not None and letter.message.id not in lost:
                letter.ticket.settle()
        left = [one for one in letters if one.ticket is not None and one.message.id in lost]
        if left:
            keys = ", ".join(sorted({one.message.key for one in left}))
            _log.warning("no dispatcher has ever been there: no queue takes %s", keys)
        return left

    def _put_back(self, letters: list[_Letter]) -> None:
        """Let letters wait again before those that came meanwhile."""
        with self._changed:
            newer = {one.sender for one in self._waiting}
            kept = [one for one in letters if one.ticket is not None or one.sender not in newer]
            self._waiting.extendleft(reversed(kept))


def _nothing() -> None:
    """Do nothing when a message that is not the last one has arrived."""


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(2.0 * pause, _LONGEST_PAUSE)
