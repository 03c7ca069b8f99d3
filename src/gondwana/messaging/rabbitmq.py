"""Messages over RabbitMQ: quorum queues, publisher confirms, mandatory publishing.

Publishing and each consumer have a connection of their own, since the broker may hold back one
that publishes while the others go on.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Any

import amqp
from amqp import exceptions

from gondwana.messaging.envelope import CONTENT_TYPE
from gondwana.messaging.link import ANSWER_LIMIT, Channel, Link, Pulse
from gondwana.messaging.messages import EXCHANGE
from gondwana.messaging.transport import (
    Backlog,
    BrokerUnavailableError,
    Closing,
    Death,
    Delivery,
    Message,
    Queue,
    UnroutableError,
)

_IN_FLIGHT = 128
"""Messages sent before their confirmations are waited for."""

_SLICE = 1.0
"""Seconds after which a waiting consumer looks at its heartbeat."""

_DURABLE = 2


class RabbitMQTransport(Closing):
    """A way to a RabbitMQ.

    Parameters
    ----------
    url : str
        ``amqp://user:password@host:port/vhost``
    name : str
        Shown by the broker's own tools.
    heartbeat : int
        Seconds; the broker takes a silence of twice this for a lost connection.
    patience : float
        Seconds after which publishing and declaring give up.
    """

    def __init__(
        self, url: str, *, name: str = "gondwana", heartbeat: int = 30, patience: float = 10.0
    ) -> None:
        self._url = url
        self._name = name
        self._heartbeat = heartbeat
        self._patience = patience
        self._link = Link(url, name, heartbeat, self._prepare)
        self._consumers: list[RabbitMQConsumer] = []
        self._lock = Lock()
        self._pulse = Pulse(self._links, heartbeat / 8)

    def declare(self, *queues: Queue) -> None:
        """Make sure that queues, their dead letters and bindings are there."""
        for queue in queues:
            self._link.run(partial(_declare, queue), self._patience)

    def publish(self, *messages: Message) -> None:
        """Hand over messages, many at a time before their confirmations are awaited."""
        lost: list[Message] = []
        for start in range(0, len(messages), _IN_FLIGHT):
            some = messages[start : start + _IN_FLIGHT]
            lost += self._link.run(partial(self._publish, some), self._patience)
        if lost:
            raise UnroutableError(lost)

    def consume(self, queue: Queue, prefetch: int = 1) -> RabbitMQConsumer:
        """Start to take messages, now or as soon as the broker is there."""
        self._link.check_open()
        name = f"{self._name} {queue.name}"
        consumer = RabbitMQConsumer(self._url, name, self._heartbeat, queue, prefetch)
        with self._lock:
            self._consumers.append(consumer)
        consumer.connect()
        return consumer

    def backlog(self, queue: str) -> Backlog | None:
        """Look into a queue."""
        return self._link.run(partial(_backlog, queue), self._patience)

    def close(self) -> None:
        """Close all consumers and connections."""
        self._pulse.stop()
        for link in self._links():
            link.close()

    def _links(self) -> list[Link]:
        with self._lock:
            self._consumers = [one for one in self._consumers if not one.link.closed]
            return [self._link, *(one.link for one in self._consumers)]

    def _prepare(self, channel: Channel) -> None:
        _declare_exchange(EXCHANGE, "topic", channel)
        channel.confirm_select()
        self._confirms = _Confirms(channel)

    def _publish(self, messages: tuple[Message, ...], channel: Channel) -> list[Message]:
        """Publish, wait for every confirmation, and return what no queue takes."""
        confirms = self._confirms
        for message in messages:
            confirms.expect()
            channel.basic_publish(_packed(message), EXCHANGE, message.key, mandatory=True)
        deadline = time.monotonic() + ANSWER_LIMIT
        while confirms.missing:
            self._link.wait(channel, max(deadline - time.monotonic(), 0.001))
        unroutable = confirms.outcome()
        return [message for message in messages if message.id in unroutable]


class RabbitMQConsumer(Closing):
    """Takes messages from one queue of RabbitMQ."""

    def __init__(self, url: str, name: str, heartbeat: int, queue: Queue, prefetch: int) -> None:
        self.link = Link(url, name, heartbeat, self._prepare)
        self._queue = queue
        self._prefetch = prefetch
        self._arrived: deque[Delivery] = deque()
        self._unsettled: set[tuple[int, int]] = set()
        self._subscription: str | None = None

    def connect(self) -> None:
        """Connect if the broker is there; otherwise ``receive`` will."""
        with suppress(BrokerUnavailableError):
            self.link.listen(0.0)

    def receive(self, timeout: float) -> Delivery | None:
        """Return the next message, or None if none came in time."""
        deadline = time.monotonic() + timeout
        left = timeout
        with self.link.lock:
            while not self._arrived:
                if left < 0:
                    return None
                if self._subscription is None:
                    self.link.attempt(self.link.epoch, self._subscribe)
                try:
                    self.link.listen(min(left, _SLICE))
                except BrokerUnavailableError:
                    if self.link.closed:
                        raise
                left = deadline - time.monotonic()
            delivery = self._arrived.popleft()
            self._unsettled.add(delivery.tag)
            return delivery

    def ack(self, delivery: Delivery) -> bool:
        """Say that a message needs no more care."""
        return self._settle(delivery, lambda channel, tag: channel.basic_ack(tag))

    def reject(self, delivery: Delivery) -> bool:
        """Send a message to the dead letters."""
        return self._settle(delivery, lambda channel, tag: channel.basic_reject(tag, requeue=False))

    def requeue(self, delivery: Delivery) -> bool:
        """Hand a message back."""
        return self._settle(delivery, lambda channel, tag: channel.basic_reject(tag, requeue=True))

    def pause(self) -> None:
        """Take nothing more until the next ``receive``."""
        with self.link.lock:
            if self._subscription is not None:
                self.link.attempt(self.link.epoch, self._unsubscribe)

    def close(self) -> None:
        """Hang up; what was not acknowledged goes back to its queue."""
        self.link.close()

    def _subscribe(self, channel: Channel) -> None:
        self._subscription = channel.basic_consume(self._queue.name, callback=self._arrive)

    def _unsubscribe(self, channel: Channel) -> None:
        channel.basic_cancel(self._subscription)
        self._subscription = None

    def _settle(self, delivery: Delivery, action: Callable[[Channel, int], object]) -> bool:
        epoch, tag = delivery.tag
        with self.link.lock:
            # the broker would close the channel on a tag that it does not know
            if delivery.tag not in self._unsettled:
                return False
            self._unsettled.discard(delivery.tag)
            return self.link.attempt(epoch, lambda channel: action(channel, tag))

    def _prepare(self, channel: Channel) -> None:
        # what came over the connection before will come again
        self._arrived.clear()
        self._unsettled.clear()
        _declare(self._queue, channel)
        channel.basic_qos(0, self._prefetch, False)
        self._subscribe(channel)

    def _arrive(self, raw: Any) -> None:
        headers = raw.properties.get("application_headers") or {}
        info = raw.delivery_info
        # an empty body comes as an empty str
        body = bytes(raw.body or b"")
        message = Message(raw.properties.get("message_id", ""), info["routing_key"], body)
        returned = int(headers.get("x-delivery-count", 0))
        tag = (self.link.epoch, info["delivery_tag"])
        self._arrived.append(Delivery(message, returned, _death(headers), tag))


class _Confirms:
    """What the broker says of the messages published on a channel."""

    def __init__(self, channel: Channel) -> None:
        self.missing: set[int] = set()
        self._published = 0
        self._refused = False
        self._unroutable: set[str] = set()
        channel.events["basic_ack"].add(self._ack)
        channel.events["basic_nack"].add(self._nack)
        channel.events["basic_return"].add(self._return)

    def expect(self) -> None:
        """Count one more message; the broker counts from 1 on each channel, as we do."""
        self._published += 1
        self.missing.add(self._published)

    def outcome(self) -> set[str]:
        """Return the ids of those that no queue takes, and forget them."""
        unroutable, self._unroutable = self._unroutable, set()
        refused, self._refused = self._refused, False
        if refused:
            raise BrokerUnavailableError("the message broker could not store a message")
        return unroutable

    def _ack(self, tag: int, multiple: bool) -> None:
        self.missing -= {one for one in self.missing if one <= tag} if multiple else {tag}

    def _nack(self, tag: int, multiple: bool) -> None:
        self._refused = True
        self._ack(tag, multiple)

    def _return(self, _error: object, _exchange: str, _key: str, message: Any) -> None:
        self._unroutable.add(message.properties["message_id"])


def _packed(message: Message) -> Any:
    return amqp.Message(
        message.body,
        message_id=message.id,
        content_type=CONTENT_TYPE,
        delivery_mode=_DURABLE,
    )


def _declare(queue: Queue, channel: Channel) -> None:
    _declare_exchange(EXCHANGE, "topic", channel)
    if queue.dead_letters is not None:
        dead = Queue(queue.dead_letters)
        _declare_exchange(dead.name, "fanout", channel)
        _declare(dead, channel)
        channel.queue_bind(dead.name, dead.name)
    channel.queue_declare(
        queue.name,
        durable=queue.lasting,
        exclusive=not queue.lasting,
        auto_delete=not queue.lasting,
        arguments=_arguments(queue),
    )
    for key in queue.keys:
        channel.queue_bind(queue.name, EXCHANGE, key)


def _declare_exchange(name: str, kind: str, channel: Channel) -> None:
    channel.exchange_declare(name, kind, durable=True, auto_delete=False)


def _arguments(queue: Queue) -> dict[str, str | int]:
    if not queue.lasting:
        return {}
    arguments: dict[str, str | int] = {"x-queue-type": "quorum"}
    if queue.delivery_limit is not None:
        arguments["x-delivery-limit"] = queue.delivery_limit
    if queue.dead_letters is not None:
        arguments["x-dead-letter-exchange"] = queue.dead_letters
        # keep a dead letter until the queue for it has confirmed that it has it
        arguments["x-dead-letter-strategy"] = "at-least-once"
        arguments["x-overflow"] = "reject-publish"
    return arguments


def _backlog(queue: str, channel: Channel) -> Backlog | None:
    # a channel of its own, because the broker closes it if there is no such queue
    with channel.connection.channel() as looking:
        try:
            found = looking.queue_declare(queue, passive=True)
        except (exceptions.NotFound, exceptions.ResourceLocked):
            return None
    return Backlog(found.message_count, found.consumer_count)


def _death(headers: Mapping[str, Any]) -> Death | None:
    deaths = headers.get("x-death")
    return Death(deaths[0]["reason"], deaths[0]["queue"]) if deaths else None
