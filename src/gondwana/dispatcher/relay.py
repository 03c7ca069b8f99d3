"""From the outbox to the broker: what was stored is published, if need be twice."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from gondwana.dispatcher.desk import Desk
from gondwana.dispatcher.platform import Platform
from gondwana.messaging.envelope import decode
from gondwana.messaging.messages import Task
from gondwana.messaging.transport import Message, Transport, UnroutableError
from gondwana.storage import outbox
from gondwana.storage.errors import NotFoundError
from gondwana.storage.marks import new_id, utc_now
from gondwana.workflow.events import TaskUnroutable

_CLAIM = timedelta(seconds=15)
AT_ONCE = 128
"""Messages that are published together at most."""

_log = logging.getLogger(__name__)


class Relay:
    """Publishes what the outbox holds. Several may do so at once, each with its own share."""

    def __init__(self, platform: Platform, transport: Transport) -> None:
        self._platform = platform
        self._transport = transport
        self._name = new_id()

    def flush(self) -> int:
        """Publish what is there, and return how many messages that were.

        Raises
        ------
        BrokerUnavailableError
            They are published by the next call, or by another relay when our claim is over.
        """
        now = utc_now()
        with self._platform.database.transaction() as session:
            claimed = outbox.claim(session, self._name, now=now, until=now + _CLAIM, limit=AT_ONCE)
        if not claimed:
            return 0
        lost = self._publish([Message(row.message_id, row.key, row.body) for row in claimed])
        with self._platform.database.transaction() as session:
            numbers = [row.number for row in claimed]
            outbox.mark_published(session, self._name, numbers, now=utc_now())
        for message in lost:
            self._tell_unroutable(message)
        return len(claimed)

    def _publish(self, messages: Sequence[Message]) -> Sequence[Message]:
        try:
            self._transport.publish(*messages)
        except UnroutableError as error:
            return error.messages
        return ()

    def _tell_unroutable(self, message: Message) -> None:
        """Show that no worker takes a task; nobody misses a cancellation that no worker takes."""
        envelope = decode(message)
        if not isinstance(envelope.data, Task):
            return
        event = TaskUnroutable(at=utc_now(), step=envelope.data.step, attempt=envelope.attempt)
        try:
            with self._platform.database.transaction() as session:
                desk = Desk(self._platform, session, [envelope.subject])
                desk.project(envelope.subject).handle(event)
                desk.store()
        except NotFoundError:
            _log.info("a task of project %s, which is gone, found no worker", envelope.subject)
