"""A broker inside the process: the same promises as a real one, for as long as the process lives.

A ``MemoryBroker`` holds the messages; each ``MemoryTransport`` is a connection to it, from any
thread. What was not acknowledged when the process ends is gone: the embedded mode takes up
unfinished runs from the database when it starts again.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field, replace
from itertools import count
from threading import Condition

from gondwana.messaging.transport import (
    Backlog,
    BrokerRefusedError,
    BrokerUnavailableError,
    Closing,
    Death,
    Delivery,
    Message,
    Queue,
    UnroutableError,
)


@dataclass
class _Waiting:
    """A message in a queue."""

    message: Message
    returned: int = 0
    death: Death | None = None


@dataclass
class _Held:
    """A queue with its messages, and who takes from it."""

    queue: Queue
    waiting: deque[_Waiting] = field(default_factory=deque)
    consumers: int = 0


class MemoryBroker:
    """The queues and what is in them; one lock guards all of it."""

    def __init__(self) -> None:
        self.changed = Condition()  # its lock may be taken again by the thread that has it
        self._queues: dict[str, _Held] = {}
        self._takers: dict[str, set[str]] = {}

    def declare(self, queue: Queue) -> None:
        """Make a queue unless it is there."""
        with self.changed:
            there = self._queues.get(queue.name)
            if there is not None and replace(there.queue, keys=()) != replace(queue, keys=()):
                raise BrokerRefusedError(
                    "the queue is there with other properties",
                    remedy="delete it or declare it as it is",
                    where=queue.name,
                )
            if there is None:
                self._queues[queue.name] = _Held(queue)
            if queue.dead_letters is not None and queue.dead_letters not in self._queues:
                self._queues[queue.dead_letters] = _Held(Queue(queue.dead_letters))
            for key in queue.keys:
                self._takers.setdefault(key, set()).add(queue.name)

    def publish(self, message: Message) -> bool:
        """Put a message into every queue that takes its key; False if there is none."""
        with self.changed:
            takers = self._takers.get(message.key, ())
            for name in takers:
                self._queues[name].waiting.append(_Waiting(message))
            self.changed.notify_all()
            return bool(takers)

    def enter(self, name: str) -> None:
        """Count a consumer."""
        with self.changed:
            self._queues[name].consumers += 1

    def leave(self, name: str) -> None:
        """Forget a consumer, and with it a queue that was its own."""
        with self.changed:
            held = self._queues[name]
            held.consumers -= 1
            if not held.queue.lasting:
                del self._queues[name]
                for key in held.queue.keys:
                    self._takers[key].discard(name)

    def take(self, name: str) -> _Waiting | None:
        """Take the first message out of a queue, if there is one."""
        with self.changed:
            waiting = self._queues[name].waiting
            return waiting.popleft() if waiting else None

    def give_back(self, name: str, taken: list[_Waiting]) -> None:
        """Put messages back where they were, in their order; too often makes them dead letters."""
        with self.changed:
            held = self._queues[name]
            limit = held.queue.delivery_limit
            for one in reversed(taken):
                one.returned += 1
                if limit is None or one.returned <= limit:
                    held.waiting.appendleft(one)
                else:
                    self._bury(held.queue, one, "delivery_limit")
            self.changed.notify_all()

    def reject(self, name: str, taken: _Waiting) -> None:
        """Make a message a dead letter."""
        with self.changed:
            self._bury(self._queues[name].queue, taken, "rejected")
            self.changed.notify_all()

    def backlog(self, name: str) -> Backlog | None:
        """Count what waits in a queue."""
        with self.changed:
            held = self._queues.get(name)
            if held is None or not held.queue.lasting:
                return None
            return Backlog(len(held.waiting), held.consumers)

    def _bury(self, queue: Queue, taken: _Waiting, reason: str) -> None:
        if queue.dead_letters is not None:
            dead = _Waiting(taken.message, death=Death(reason, queue.name))
            self._queues[queue.dead_letters].waiting.append(dead)


class MemoryTransport(Closing):
    """A connection to a broker in this process."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self._consumers: list[MemoryConsumer] = []
        self._closed = False

    def declare(self, *queues: Queue) -> None:
        """Make sure that queues are there."""
        self._check_open()
        for queue in queues:
            self._broker.declare(queue)

    def publish(self, *messages: Message) -> None:
        """Hand over messages."""
        self._check_open()
        lost = [message for message in messages if not self._broker.publish(message)]
        if lost:
            raise UnroutableError(lost)

    def consume(self, queue: Queue, prefetch: int = 1) -> MemoryConsumer:
        """Start to take messages."""
        self.declare(queue)
        consumer = MemoryConsumer(self._broker, queue.name, prefetch)
        self._consumers = [one for one in self._consumers if not one.closed]
        self._consumers.append(consumer)
        return consumer

    def backlog(self, queue: str) -> Backlog | None:
        """Look into a queue."""
        self._check_open()
        return self._broker.backlog(queue)

    def close(self) -> None:
        """Close all consumers."""
        self._closed = True
        for consumer in self._consumers:
            consumer.close()

    def _check_open(self) -> None:
        if self._closed:
            raise BrokerUnavailableError("the connection is closed")


class MemoryConsumer(Closing):
    """Takes messages from one queue of the process."""

    def __init__(self, broker: MemoryBroker, queue: str, prefetch: int) -> None:
        self._broker = broker
        self._queue = queue
        self._prefetch = prefetch
        self._tags = count(1)
        self._taken: dict[tuple[int, int], _Waiting] = {}
        self.closed = False
        broker.enter(queue)

    def receive(self, timeout: float) -> Delivery | None:
        """Return the next message, or None if none came in time."""
        deadline = time.monotonic() + timeout
        with self._broker.changed:
            while not self.closed:
                found = self._take()
                left = deadline - time.monotonic()
                if found is not None or left <= 0:
                    return found
                self._broker.changed.wait(left)
        raise BrokerUnavailableError("the consumer is closed", where=self._queue)

    def ack(self, delivery: Delivery) -> bool:
        """Say that a message needs no more care."""
        return self._settled(delivery) is not None

    def reject(self, delivery: Delivery) -> bool:
        """Send a message to the dead letters."""
        taken = self._settled(delivery)
        if taken is not None:
            self._broker.reject(self._queue, taken)
        return taken is not None

    def requeue(self, delivery: Delivery) -> bool:
        """Hand a message back."""
        taken = self._settled(delivery)
        if taken is not None:
            self._broker.give_back(self._queue, [taken])
        return taken is not None

    def pause(self) -> None:
        """Take nothing more until the next ``receive``; this consumer never does."""

    def close(self) -> None:
        """Stop; what was not acknowledged goes back."""
        with self._broker.changed:
            if not self.closed:
                self.closed = True
                self._broker.give_back(self._queue, list(self._taken.values()))
                self._taken.clear()
                self._broker.leave(self._queue)

    def _take(self) -> Delivery | None:
        if len(self._taken) >= self._prefetch:
            return None
        found = self._broker.take(self._queue)
        if found is None:
            return None
        tag = (0, next(self._tags))
        self._taken[tag] = found
        return Delivery(found.message, found.returned, found.death, tag)

    def _settled(self, delivery: Delivery) -> _Waiting | None:
        with self._broker.changed:
            return self._taken.pop(delivery.tag, None)
