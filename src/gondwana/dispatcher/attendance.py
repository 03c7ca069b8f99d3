"""What workers tell of themselves, kept for those who look after the installation.

It is of no use later and nothing depends on it: what cannot be read or stored is dropped, since
every worker tells anew a few seconds later. It has a queue and a thread of its own, and writes at
most once a second, so that it never stands in the way of what matters.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta

from gondwana.dispatcher.loops import Loop
from gondwana.dispatcher.platform import Platform
from gondwana.errors import GondwanaError
from gondwana.messaging.envelope import UndecodableError, decode_presence
from gondwana.messaging.messages import WorkerPresent
from gondwana.messaging.topology import presence_queue
from gondwana.messaging.transport import Consumer, Delivery, Transport
from gondwana.storage import workers
from gondwana.storage.marks import new_id, utc_now
from gondwana.storage.workers import Seen

FORGOTTEN = timedelta(days=1)
"""After so long a worker that fell silent is forgotten."""

_AT_ONCE = 1000
_WAIT = 0.5
_PAUSE = 1.0

_log = logging.getLogger(__name__)


class Attendance:
    """Hears which workers there are."""

    def __init__(self, platform: Platform, transport: Transport) -> None:
        self._platform = platform
        self._transport = transport

    def hear(self, loop: Loop) -> None:
        """Hear until the loop is asked to stop."""
        queue = presence_queue(new_id())
        with self._transport.consume(queue, prefetch=_AT_ONCE) as consumer:
            while not loop.stopping:
                self.take(consumer, _received(consumer, _WAIT))
                loop.pause(_PAUSE)
            # those who stop together with this dispatcher say so just before
            self.take(consumer, _received(consumer, 0.0))

    def take(self, consumer: Consumer, deliveries: Iterable[Delivery]) -> None:
        """Keep what was told; of each worker, the last word counts."""
        last: dict[str, WorkerPresent] = {}
        for delivery in deliveries:
            consumer.ack(delivery)
            try:
                told = decode_presence(delivery.message).data
            except UndecodableError as error:
                _log.warning("%s", error)
            else:
                last[told.worker] = told
        if not last:
            return
        try:
            self._store(list(last.values()))
        except GondwanaError as error:
            _log.info("what workers tell of themselves is not stored: %s", error)

    def _store(self, last: list[WorkerPresent]) -> None:
        now = utc_now()
        with self._platform.database.transaction() as session:
            workers.note(
                session,
                [
                    Seen(
                        name=told.worker,
                        tag=told.tag,
                        places=told.places,
                        busy=told.busy,
                        version=told.release,
                        # by our clock, whatever that of the worker shows
                        since=now - timedelta(seconds=told.seconds),
                        seen=now,
                    )
                    for told in last
                    if not told.leaving
                ],
            )
            workers.drop(session, [told.worker for told in last if told.leaving])


def _received(consumer: Consumer, timeout: float) -> list[Delivery]:
    """Return what has come; nothing after a while."""
    deliveries: list[Delivery] = []
    delivery = consumer.receive(timeout)
    while delivery is not None:
        deliveries.append(delivery)
        delivery = consumer.receive(0.0) if len(deliveries) < _AT_ONCE else None
    return deliveries
