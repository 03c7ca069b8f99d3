"""How messages travel: a small protocol with two implementations that keep the same promises.

- A message is *published* once its queues have it on disk (or, in memory, have it at all).
- A message that no queue takes is told to the publisher, never dropped.
- A message stays with the broker until the consumer acknowledges it. If the consumer goes away,
  hands it back or loses its connection, it comes again, with how often it came back before.
- A message that came back too often, or was rejected, goes to the dead letters, and is kept.

So every message may come twice. The state of a run decides what a message still means.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import ClassVar, Protocol, Self

from gondwana.errors import GondwanaError


@dataclass(frozen=True)
class Message:
    """Bytes on their way.

    Attributes
    ----------
    id : str
        The same for every copy of the same message.
    key : str
        The routing key.
    body : bytes
    """

    id: str
    key: str
    body: bytes


@dataclass(frozen=True)
class Queue:
    """The declaration of a queue.

    Attributes
    ----------
    name : str
    keys : tuple of str
        Routing keys, whole ones, whose messages it takes.
    dead_letters : str or None
        The queue for messages that were rejected or came back too often; None drops them.
    delivery_limit : int or None
        How often a message may come back before it is a dead letter.
    lasting : bool
        Durable and replicated; otherwise it belongs to its one consumer, and goes with it and
        with what it holds.
    """

    name: str
    keys: tuple[str, ...] = ()
    dead_letters: str | None = None
    delivery_limit: int | None = None
    lasting: bool = True


@dataclass(frozen=True)
class Death:
    """Why a message is among the dead letters: the reason, and the queue it was in.

    The reason is ``rejected`` or ``delivery_limit``.
    """

    reason: str
    queue: str


@dataclass(frozen=True)
class Delivery:
    """A message as a consumer gets it.

    Attributes
    ----------
    message : Message
    returned : int
        How often it was delivered from this queue before and came back.
    death : Death or None
        For a dead letter.
    tag : tuple of int
        The transport's own mark of this delivery.
    """

    message: Message
    returned: int
    death: Death | None
    tag: tuple[int, int]


@dataclass(frozen=True)
class Backlog:
    """How many messages wait in a queue, and how many consumers take from it."""

    messages: int
    consumers: int


class Consumer(Protocol):
    """Takes messages from one queue. It belongs to one thread."""

    def receive(self, timeout: float) -> Delivery | None:
        """Return the next message, or None if none came in time.

        An outage is waited for: connections are made anew, with growing pauses.

        Raises
        ------
        BrokerRefusedError
            The broker does not want us; waiting would not help.
        """

    def ack(self, delivery: Delivery) -> bool:
        """Say that a message needs no more care.

        Returns
        -------
        bool
            False if the broker took it back in the meantime, so that it comes again.
        """

    def reject(self, delivery: Delivery) -> bool:
        """Send a message to the dead letters; returns as ``ack`` does."""

    def requeue(self, delivery: Delivery) -> bool:
        """Hand a message back, to be delivered again; returns as ``ack`` does."""

    def pause(self) -> None:
        """Take nothing more until the next ``receive``.

        Called before the last message that is held is acknowledged, it keeps the broker from
        sending the next one to somebody who is busy.
        """

    def close(self) -> None:
        """Stop; what was not acknowledged goes back to its queue."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class Transport(Protocol):
    """A way to a broker. Any thread may publish and declare."""

    def declare(self, *queues: Queue) -> None:
        """Make sure that queues, their dead letters and bindings are there."""

    def publish(self, *messages: Message) -> None:
        """Hand over messages; when it returns, the broker answers for all of them.

        Raises
        ------
        UnroutableError
            No queue takes some of them, which it names; all others are published.
        BrokerUnavailableError
            None is known to be published; publish all again, with the same ids.
        """

    def consume(self, queue: Queue, prefetch: int = 1) -> Consumer:
        """Start to take messages from a queue, which is declared first.

        No more than ``prefetch`` of them are with the consumer unacknowledged at a time.
        """

    def backlog(self, queue: str) -> Backlog | None:
        """Look into a lasting queue; None if there is none of this name."""

    def close(self) -> None:
        """Close all consumers and connections."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class Closing:
    """The end of a ``with`` block closes."""

    def close(self) -> None:
        """Let go of everything."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class BrokerUnavailableError(GondwanaError):
    """The broker does not answer; it may be there again soon."""

    code: ClassVar[str] = "broker_unavailable"
    http_status: ClassVar[int] = 503
    retryable: ClassVar[bool] = True


class BrokerRefusedError(GondwanaError):
    """The broker answers and says no: wrong password, or a queue declared otherwise before."""

    code: ClassVar[str] = "broker_refused"
    http_status: ClassVar[int] = 500


class UnroutableError(GondwanaError):
    """No queue takes these messages: no worker of that tag has ever been there."""

    code: ClassVar[str] = "unroutable"
    http_status: ClassVar[int] = 503
    retryable: ClassVar[bool] = True

    def __init__(self, messages: Iterable[Message]) -> None:
        self.messages = tuple(messages)
        keys = ", ".join(sorted({message.key for message in self.messages}))
        super().__init__(f"no queue takes {keys}", remedy="start a worker for it")
