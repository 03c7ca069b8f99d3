"""The bell of PostgreSQL, which rings by itself: NOTIFY and LISTEN.

A module of its own, since its driver is of no use to those whose database is a file.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from gondwana.storage.bell import REMEDY, Listener
from gondwana.storage.errors import DatabaseUnavailableError

_CHANNEL = "gondwana"
_RECONNECT = 0.2


class ServerBell:
    """The bell of a database of PostgreSQL.

    Parameters
    ----------
    url : str
        Where the database is, with its password.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def ring_with(self, session: Session) -> None:
        """Let the server tell with the commit."""
        session.execute(text(f"NOTIFY {_CHANNEL}"))

    def rung(self) -> None:
        """Leave it to the server."""

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """Hear it from now on."""
        try:
            listener = _ServerListener(self._url)
        except psycopg.Error as error:
            raise DatabaseUnavailableError("the database does not answer", remedy=REMEDY) from error
        with closing(listener):
            yield listener


class _ServerListener:
    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection | None = self._connected()

    def wait(self, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while True:
            left = max(0.0, deadline - time.monotonic())
            try:
                if self._connection is None:
                    self._connection = self._connected()
                    return True
                return bool(list(self._connection.notifies(timeout=left, stop_after=1)))
            except psycopg.Error:
                self.close()
            if left == 0.0:
                return False
            time.sleep(min(left, _RECONNECT))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> psycopg.Connection:
        """Connect so that a server that is gone without a word is noticed, too."""
        connection = psycopg.connect(
            self._url,
            autocommit=True,
            application_name="gondwana bell",
            connect_timeout=10,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
        )
        connection.execute(f"LISTEN {_CHANNEL}")
        return connection
