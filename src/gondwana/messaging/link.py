"""One connection to RabbitMQ with one channel, made anew with growing pauses when it is lost.

A link knows nothing of queues. Its owner says what to do with a fresh channel (``prepare``), and
hands in the actions to be done on it. A small thread, the pulse, answers heartbeats while the
owner is busy with other things.
"""

from __future__ import annotations

import logging
import random
import ssl
import time
from collections.abc import Callable, Iterable
from threading import Event, RLock, Thread
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import amqp
from amqp import exceptions

from gondwana.errors import ParameterError
from gondwana.messaging.transport import BrokerRefusedError, BrokerUnavailableError

Result = TypeVar("Result")
Channel = Any
"""The library has no types."""

ANSWER_LIMIT = 10.0
"""Seconds that the broker may take to answer; a longer silence counts as a lost connection."""

_PAUSES = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0)
_LOST = (OSError, exceptions.AMQPError)
_REFUSED = (exceptions.AccessRefused, exceptions.NotAllowed, exceptions.PreconditionFailed)

_log = logging.getLogger(__name__)


class Link:
    """A connection that comes back.

    Parameters
    ----------
    url : str
        ``amqp://user:password@host:port/vhost``, or ``amqps`` with a verified certificate.
    name : str
        Shown by the broker's own tools.
    heartbeat : int
        Seconds.
    prepare : callable
        Called with every new channel.
    """

    def __init__(
        self, url: str, name: str, heartbeat: int, prepare: Callable[[Channel], None]
    ) -> None:
        self._options = _options(url)
        self._name = name
        self._heartbeat = heartbeat
        self._prepare = prepare
        self._connection: Any = None
        self._channel: Channel = None
        self._failures = 0
        self._next_try = 0.0
        self._closed = Event()
        self.lock = RLock()
        self.epoch = 0

    def run(self, action: Callable[[Channel], Result], patience: float) -> Result:
        """Do something on the channel; after a lost connection, do it again on a new one.

        Raises
        ------
        BrokerUnavailableError
            It could not be done in time.
        BrokerRefusedError
            The broker says no.
        """
        deadline = time.monotonic() + patience
        with self.lock:
            while True:
                channel = self._ready(deadline)
                try:
                    result = action(channel)
                except _REFUSED as error:
                    self._lose(error)
                    raise self._refusal(error) from None
                except _LOST as error:
                    self._lose(error)
                else:
                    self._failures = 0
                    return result

    def listen(self, timeout: float) -> None:
        """Let the broker's next word in, if it comes in time; the heartbeat goes on.

        Raises
        ------
        BrokerUnavailableError, BrokerRefusedError
            There is no connection.
        """
        with self.lock:
            self._ready(time.monotonic() + timeout)
            self._listen(timeout)

    def attempt(self, epoch: int, action: Callable[[Channel], object]) -> bool:
        """Do something on the connection of an epoch; False if that one is lost."""
        with self.lock:
            if self._channel is None or self.epoch != epoch:
                return False
            try:
                action(self._channel)
            except _LOST as error:
                self._lose(error)
                return False
            return True

    def pulse(self) -> None:
        """Answer heartbeats, unless the owner is doing it at this moment."""
        if self.lock.acquire(blocking=False):
            try:
                if self._channel is not None:
                    self._listen(0.001)
            finally:
                self.lock.release()

    def close(self) -> None:
        """Hang up for good."""
        self._closed.set()
        with self.lock:
            connection, self._connection, self._channel = self._connection, None, None
            if connection is not None:
                try:
                    connection.close()
                except _LOST as error:
                    _log.debug("%s: closing: %s", self._name, error)
                    connection.collect()

    @property
    def closed(self) -> bool:
        """Whether it was hung up for good."""
        return self._closed.is_set()

    def check_open(self) -> None:
        """Refuse to work after the end."""
        if self.closed:
            raise BrokerUnavailableError("the connection is closed", where=self._where)

    def wait(self, channel: Channel, timeout: float) -> None:
        """Wait for the broker's next word during an action."""
        channel.connection.drain_events(timeout=timeout)

    def _listen(self, timeout: float) -> None:
        try:
            try:
                self._connection.drain_events(timeout=max(timeout, 0.001))
                self._failures = 0
            except TimeoutError:
                pass  # nothing came
            self._connection.heartbeat_tick(rate=4)
        except _LOST as error:
            self._lose(error)

    def _ready(self, deadline: float) -> Channel:
        """Return the channel; connect if there is none."""
        while self._channel is None or self.closed:
            now = time.monotonic()
            pause, left = max(self._next_try - now, 0.0), max(deadline - now, 0.0)
            self._closed.wait(min(pause, left))
            self.check_open()
            if pause > left:
                raise BrokerUnavailableError(
                    "the message broker does not answer",
                    remedy="start it, or check its address",
                    where=self._where,
                )
            self._connect()
        return self._channel

    def _connect(self) -> None:
        connection = amqp.Connection(
            **self._options,
            connect_timeout=ANSWER_LIMIT,
            heartbeat=self._heartbeat,
            client_properties={"connection_name": self._name},
        )
        self._connection = connection
        try:
            connection.connect()
            # bounds every later wait for an answer, which would otherwise be endless
            connection.sock.settimeout(ANSWER_LIMIT)
            channel = connection.Channel(connection, auto_decode=False)
            channel.open()
            self.epoch += 1
            self._prepare(channel)
        except _REFUSED as error:
            self._lose(error)
            raise self._refusal(error) from None
        except _LOST as error:
            self._lose(error)
        else:
            self._channel = channel
            _log.info("%s: connected to %s", self._name, self._where)

    def _lose(self, error: Exception) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        connection.collect()
        pause = _PAUSES[min(self._failures, len(_PAUSES) - 1)] * random.uniform(0.5, 1.0)  # noqa: S311
        self._failures += 1
        self._next_try = time.monotonic() + pause
        level = logging.WARNING if self._failures == 1 else logging.INFO
        _log.log(level, "%s: no connection to %s (%s)", self._name, self._where, error)

    def _refusal(self, error: Exception) -> BrokerRefusedError:
        reason = " ".join(str(getattr(error, "reply_text", None) or error).split())
        return BrokerRefusedError(
            f"the message broker refuses: {reason}",
            remedy="check its address, the password and the queues that are there",
            where=self._where,
        )

    @property
    def _where(self) -> str:
        return str(self._options["host"])


class Pulse:
    """A thread that keeps links alive."""

    def __init__(self, links: Callable[[], Iterable[Link]], interval: float) -> None:
        self._links = links
        self._interval = interval
        self._over = Event()
        self._thread = Thread(target=self._beat, name="broker-pulse", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(self._interval):
            for link in self._links():
                link.pulse()


def _options(url: str) -> dict[str, Any]:
    """Turn a URL into the library's options."""
    parts = urlsplit(url)
    if parts.scheme not in {"amqp", "amqps"} or not parts.hostname:
        raise ParameterError(
            "is not the address of a RabbitMQ",
            remedy="write amqp://user:password@host:5672/",
            where="broker",
        )
    secure = parts.scheme == "amqps"
    options: dict[str, Any] = {
        "host": f"{parts.hostname}:{parts.port or (5671 if secure else 5672)}",
        "userid": unquote(parts.username or "guest"),
        "password": unquote(parts.password or "guest"),
        "virtual_host": unquote(parts.path[1:]) or "/",
        "login_method": "PLAIN",
    }
    if secure:
        purpose = {"purpose": ssl.Purpose.SERVER_AUTH, "check_hostname": True}
        options["ssl"] = {"context": purpose, "server_hostname": parts.hostname}
    return options
