"""The dispatcher: hears requests and workers, lets the state machine decide, and sees to the rest.

Five loops, each in its thread: `events` handles what comes from the broker, `relay` publishes the
outbox, `rounds` does what a clock asks for, `dead letters` makes failures of what nobody could
read or do, `attendance` notes which workers there are. None of them keeps anything in memory that
matters, so any number of dispatchers may work side by side, and each may be killed at any time.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Self

from gondwana.dispatcher.attendance import Attendance
from gondwana.dispatcher.desk import LEASE
from gondwana.dispatcher.feeder import Pace
from gondwana.dispatcher.hearing import Hearing
from gondwana.dispatcher.loops import Loop
from gondwana.dispatcher.platform import Platform
from gondwana.dispatcher.relay import AT_ONCE, Relay
from gondwana.dispatcher.rounds import Rounds
from gondwana.messaging.topology import DEAD_LETTERS, dispatcher_queue
from gondwana.messaging.transport import Consumer, Delivery, Transport

_AT_ONCE = 128
_WAIT = 0.5
_COMPANY = 0.004


class Dispatcher:
    """One dispatcher of an installation.

    Parameters
    ----------
    platform : Platform
    transport : Transport
    lease : timedelta
        How long a worker may be silent before its run is given to another.
    """

    def __init__(
        self, platform: Platform, transport: Transport, *, lease: timedelta = LEASE
    ) -> None:
        self._platform = platform
        self._transport = transport
        pace = Pace()
        self._queue = dispatcher_queue(platform.graph.steps.values())
        self._relay = Relay(platform, transport)
        self._hearing = Hearing(platform, pace, lease)
        self._rounds = Rounds(platform, transport, self._queue.name, pace, lease)
        self._attendance = Attendance(platform, transport)
        self._loops = [
            Loop("events", self._hear),
            Loop("relay", self._publish),
            Loop("rounds", self._rounds.walk),
            Loop("dead letters", self._bury),
            Loop("attendance", self._attendance.hear),
        ]

    def start(self) -> None:
        """Declare the queue and start all loops."""
        self._transport.declare(self._queue, DEAD_LETTERS)
        for loop in self._loops:
            loop.start()

    def stop(self) -> None:
        """End all loops; what is being handled is finished, the rest stays with the broker."""
        for loop in self._loops:
            loop.ask_to_stop()
        for loop in self._loops:
            loop.join()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def _hear(self, loop: Loop) -> None:
        with self._transport.consume(self._queue, prefetch=_AT_ONCE) as consumer:
            while not loop.stopping:
                deliveries = _received(consumer)
                if deliveries:
                    # kept while the database is away: handed back, they would come back too often
                    loop.until_done(partial(self._hearing.take, consumer, deliveries))

    def _publish(self, loop: Loop) -> None:
        with self._platform.bell.listen() as listener:
            while not loop.stopping:
                while self._relay.flush() == AT_ONCE:
                    pass  # there may be more; what comes later rings
                listener.wait(_WAIT)

    def _bury(self, loop: Loop) -> None:
        with self._transport.consume(DEAD_LETTERS, prefetch=1) as consumer:
            while not loop.stopping:
                delivery = consumer.receive(_WAIT)
                if delivery is not None:
                    loop.until_done(partial(self._hearing.bury, consumer, delivery))


def _received(consumer: Consumer) -> list[Delivery]:
    """Return what has come, at most so many; nothing after a while."""
    first = consumer.receive(_WAIT)
    deliveries = [first] if first is not None else []
    while deliveries and len(deliveries) < _AT_ONCE:
        # under load it pays to wait a moment for company: a batch costs little more than one
        more = consumer.receive(_COMPANY if len(deliveries) > 1 else 0.0)
        if more is None:
            break
        deliveries.append(more)
    return deliveries
