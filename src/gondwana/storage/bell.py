"""A bell that tells others when something was stored that they have to look at.

Messages that were put into the outbox ring it with the transaction, so that nobody has to ask
again and again. Who hears it looks for himself: it carries nothing, and may ring for nothing.

PostgreSQL rings itself (NOTIFY). SQLite has no such thing: threads of the same process are told at
once, and other processes notice that the file has changed.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Condition
from typing import Protocol

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from gondwana.storage.errors import DatabaseUnavailableError

CHANNEL = "gondwana"
_LOOK = 0.02
"""Seconds between two looks at a file of SQLite."""


class Listener(Protocol):
    """Hears the bell. It belongs to one thread."""

    def wait(self, timeout: float) -> bool:
        """Wait until it has rung since the last call; False if it has not in time.

        Raises
        ------
        DatabaseUnavailableError
            The database does not answer.
        """


class Bell(Protocol):
    """Rings for whoever listens."""

    def rung_with(self, session: Session) -> None:
        """Ring when this transaction is committed, and only then."""

    def committed(self) -> None:
        """Say that a transaction that rings was committed."""

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """Listen from now on."""


def bell_of(engine: Engine) -> Bell:
    """Return the bell of a database."""
    if engine.dialect.name == "sqlite":
        return SqliteBell(str(engine.url.database))
    return PostgresBell(engine.url.set(drivername="postgresql").render_as_string(False))


class SqliteBell:
    """The bell of a file."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._rung = Condition()
        self._count = 0

    def rung_with(self, session: Session) -> None:
        """Nothing to do: the commit itself can be seen."""

    def committed(self) -> None:
        """Tell all threads of this process."""
        with self._rung:
            self._count += 1
            self._rung.notify_all()

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """Listen from now on."""
        with closing(sqlite3.connect(self._file, isolation_level=None)) as connection:
            yield _SqliteListener(self, connection)

    def wait_beyond(self, count: int, timeout: float) -> int:
        """Wait in this process for another count than the one that was heard last."""
        with self._rung:
            self._rung.wait_for(lambda: self._count != count, timeout)
            return self._count


class _SqliteListener:
    def __init__(self, bell: SqliteBell, connection: sqlite3.Connection) -> None:
        self._bell = bell
        self._connection = connection
        self._heard = bell.wait_beyond(-1, 0.0)
        self._version = self._data_version()

    def wait(self, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            heard = self._bell.wait_beyond(self._heard, max(0.0, min(_LOOK, left)))
            version = self._data_version()
            if (heard, version) != (self._heard, self._version):
                self._heard, self._version = heard, version
                return True
            if left <= 0:
                return False

    def _data_version(self) -> int:
        """Return a number that changes when any other connection has stored something."""
        try:
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error as error:
            raise DatabaseUnavailableError(f"the database cannot be used ({error})") from error
        return int(version)


class PostgresBell:
    """The bell of a server."""

    def __init__(self, url: str) -> None:
        self._url = url

    def rung_with(self, session: Session) -> None:
        """Let the server tell with the commit."""
        session.execute(text(f"NOTIFY {CHANNEL}"))

    def committed(self) -> None:
        """Nothing to do: the server tells."""

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """Listen from now on."""
        listener = _PostgresListener(self._url)
        try:
            yield listener
        finally:
            listener.close()


class _PostgresListener:
    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection | None = None
        self._connect()

    def wait(self, timeout: float) -> bool:
        if self._connection is None:
            # what rang meanwhile was not heard
            self._connect()
            return True
        try:
            heard = next(self._connection.notifies(timeout=timeout, stop_after=1), None)
        except psycopg.Error as error:
            self.close()
            raise DatabaseUnavailableError("the database does not answer") from error
        return heard is not None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> None:
        try:
            self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=10)
            self._connection.execute(f"LISTEN {CHANNEL}")
        except psycopg.Error as error:
            self.close()
            raise DatabaseUnavailableError("the database does not answer") from error
