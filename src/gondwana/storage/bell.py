"""A bell that tells others when something was stored that they have to look at.

A transaction that puts a message into the outbox rings it, so that nobody has to ask the database
again and again. It carries nothing: whoever hears it looks for himself.

PostgreSQL rings by itself (NOTIFY). In a file of SQLite rings are counted, in the same transaction;
threads of the same process are told at once, other processes look at the count many times a second.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Condition
from typing import Protocol

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from gondwana.storage.errors import DatabaseUnavailableError

_LOOK = 0.02
"""Seconds between two looks at the count in a file of SQLite."""
_MOST = 2**31
REMEDY = "check that it runs, and try again"


class Listener(Protocol):
    """Hears the bell. It belongs to the thread that made it."""

    def wait(self, timeout: float) -> bool:
        """Wait until it has rung since the last call; False if it has not within some seconds.

        Also true after a server was away: what rang meanwhile was not heard.

        Raises
        ------
        DatabaseUnavailableError
            The file of SQLite cannot be read.
        """


class Bell(Protocol):
    """The bell of a database."""

    def ring_with(self, session: Session) -> None:
        """Ring when this transaction is committed, and only then; the last thing it does."""

    def rung(self) -> None:
        """Say that a transaction that rings was committed."""

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """Hear it from now on.

        Raises
        ------
        DatabaseUnavailableError
            No connection.
        """


def bell_of(engine: Engine) -> Bell:
    """Return the bell of a database."""
    if engine.dialect.name == "sqlite":
        return _FileBell(str(engine.url.database))
    from gondwana.storage.server_bell import ServerBell  # noqa: PLC0415

    url = engine.url.set(drivername="postgresql")
    return ServerBell(url.render_as_string(hide_password=False))


class _FileBell:
    def __init__(self, file: str) -> None:
        self._file = file
        self._condition = Condition()
        self._here = 0  # how often it was rung in this process

    def ring_with(self, session: Session) -> None:
        """Count one more ring in a number that the file has for its users."""
        count = session.execute(text("PRAGMA user_version")).scalar_one()
        session.execute(text(f"PRAGMA user_version = {(count + 1) % _MOST}"))

    def rung(self) -> None:
        """Tell the threads of this process."""
        with self._condition:
            self._here += 1
            self._condition.notify_all()

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """Hear it from now on."""
        with closing(sqlite3.connect(self._file, isolation_level=None)) as connection:
            yield _FileListener(self, connection)

    def rung_here(self, known: int, timeout: float) -> int:
        """Return how often it was rung here, as soon as that is another number than is known."""
        with self._condition:
            self._condition.wait_for(lambda: self._here != known, timeout)
            return self._here


class _FileListener:
    def __init__(self, bell: _FileBell, connection: sqlite3.Connection) -> None:
        self._bell = bell
        self._connection = connection
        self._here = 0
        self._heard = self._count()

    def wait(self, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while (count := self._count()) == self._heard:
            left = deadline - time.monotonic()
            if left <= 0.0:
                return False
            self._here = self._bell.rung_here(self._here, min(left, _LOOK))
        self._heard = count
        return True

    def _count(self) -> int:
        try:
            (count,) = self._connection.execute("PRAGMA user_version").fetchone()
        except sqlite3.Error as error:
            raise DatabaseUnavailableError(
                f"the database cannot be used ({error})", remedy=REMEDY
            ) from error
        return int(count)
