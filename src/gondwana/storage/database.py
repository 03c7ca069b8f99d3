"""The way to the database: SQLite in a file, or PostgreSQL, told apart by the URL alone.

``transaction`` gives a session in which everything is stored or nothing; ``reading`` one that
cannot store and does not make anybody wait.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from functools import partial
from pathlib import Path
from typing import Any, cast

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Table,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from gondwana.errors import GondwanaError, ParameterError, TargetError
from gondwana.storage.bell import bell_of
from gondwana.storage.columns import Base
from gondwana.storage.errors import DatabaseUnavailableError, SchemaError

PATIENCE = 30.0
"""Seconds that a transaction waits for another one."""

RINGS = "gondwana_rings"
"""Set in the `info` of a session that stores something others have to look at."""

_READ_ONLY = "gondwana_read_only"
_JSON = partial(json.dumps, allow_nan=False)
_AGAIN = "try again in a moment"


class Turn(IntEnum):
    """What only one transaction at a time may do in PostgreSQL; in SQLite only one writes anyway.

    The numbers name advisory locks of the database.
    """

    UPGRADE = 7300001
    OUTBOX = 7300002


class Database:
    """A pool of connections to one database. Any thread may use it."""

    def __init__(self, url: str, *, patience: float = PATIENCE) -> None:
        self._engine = open_engine(url, patience=patience)
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)
        self.bell = bell_of(self._engine)

    @property
    def engine(self) -> Engine:
        """The engine of SQLAlchemy."""
        return self._engine

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a session whose changes are stored at the end, or not at all after an error.

        Raises
        ------
        DatabaseUnavailableError
            No connection, or another transaction took too long. Whether the changes were stored
            is not known if the connection broke while they were; a repetition must tolerate it.
        TargetError
            The disk is full.
        SchemaError
            The database has another form than this version needs.
        """
        with translated(), self._sessions() as session:
            with session.begin():
                yield session
                rings = RINGS in session.info
                if rings:
                    self.bell.ring_with(session)
            if rings:
                self.bell.rung()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that sees one moment's state and cannot change it; raises as above."""
        with translated(), self._sessions() as session:
            session.connection(execution_options={_READ_ONLY: True})
            yield session

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def open_engine(url: str, *, patience: float = PATIENCE, **options: Any) -> Engine:
    """Make an engine for one of the two databases.

    Raises
    ------
    ParameterError
        Another database, or not a URL.
    TargetError
        The folder of an SQLite file cannot be made.
    """
    parsed = database_url(url)
    if parsed.get_backend_name() == "sqlite":
        _make_folder(Path(str(parsed.database)))
        engine = create_engine(
            parsed, connect_args={"timeout": patience}, json_serializer=_JSON, **options
        )
        _prepare_sqlite(engine, patience)
        return engine
    # a client that stands still in a transaction loses it, so that it does not hold up all others
    limits = {"lock_timeout": patience, "idle_in_transaction_session_timeout": 2 * patience}
    settings = " ".join(f"-c {name}={int(1000 * limit)}" for name, limit in limits.items())
    arguments = {"connect_timeout": 10, "options": settings, "application_name": "gondwana"}
    engine = create_engine(
        parsed, connect_args=arguments, json_serializer=_JSON, pool_pre_ping=True, **options
    )
    _prepare_postgresql(engine)
    return engine


def database_url(url: str) -> URL:
    """Understand a URL, with the driver that is used here.

    Raises
    ------
    ParameterError
        Neither PostgreSQL nor a file of SQLite. The URL is not repeated: it may hold a password.
    """
    remedy = "give sqlite:///FILE or postgresql://USER@HOST/NAME"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ParameterError("the URL of the database cannot be read", remedy=remedy) from None
    match parsed.drivername:
        case "sqlite" | "sqlite+pysqlite" if parsed.database not in (None, "", ":memory:"):
            return parsed.set(drivername="sqlite+pysqlite")
        case "postgres" | "postgresql" | "postgresql+psycopg":
            return parsed.set(drivername="postgresql+psycopg")
    raise ParameterError(f"'{parsed.drivername}' is no database we keep things in", remedy=remedy)


def take_turn(connection: Connection | Session, turn: Turn) -> None:
    """Wait until no other transaction has this turn; it is given back with the transaction."""
    bind = connection.get_bind() if isinstance(connection, Session) else connection
    if bind.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": int(turn)})


def insert_if_new(session: Session, table: type[Base], **values: Any) -> bool:
    """Insert a row; False if one with a key of it is there already.

    If another transaction is about to insert or delete such a row, wait for how that ends.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(**values).on_conflict_do_nothing()
    return session.scalar(statement.returning(inspect(table).primary_key[0])) is not None


def insert_all_new(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, in their order, but those with a key that is there already."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(cast("Table", table.__table__)).on_conflict_do_nothing()
    session.execute(statement, [dict(row) for row in rows])


@contextmanager
def translated() -> Iterator[None]:
    """Turn errors of the database that a person can do something about into ours."""
    try:
        yield
    except PoolTimeoutError as error:
        raise DatabaseUnavailableError("too much is going on", remedy=_AGAIN) from error
    except DBAPIError as error:
        known = _from_sqlite(error.orig) or _from_postgresql(error.orig)
        if known is None:
            raise
        raise known from error


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TargetError(
            f"its folder cannot be made ({error.strerror})",
            remedy="choose another place for the database",
            where=str(file),
        ) from None


def _prepare_sqlite(engine: Engine, patience: float) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, record: object) -> None:  # noqa: ARG001
        # the driver must not begin transactions by itself: it would begin them too late
        connection.isolation_level = None
        _use_wal(connection, patience)
        for setting in ("synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {setting}").close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # whoever may write waits at the beginning; a reader that turned into a writer later would
        # fail at once if another had written in between
        reading = connection.get_execution_options().get(_READ_ONLY, False)
        connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reading else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _use_wal(connection: sqlite3.Connection, patience: float) -> None:
    """Let readers and a writer work side by side; the file itself keeps that it is so.

    SQLite does not wait for others who use a new file, as it does everywhere else.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def _prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        if connection.get_execution_options().get(_READ_ONLY, False):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _from_sqlite(error: BaseException | None) -> GondwanaError | None:
    if not isinstance(error, sqlite3.Error):
        return None
    reason = str(error)
    known: GondwanaError | None = None
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            known = DatabaseUnavailableError("the database is busy", remedy=_AGAIN)
        case sqlite3.SQLITE_FULL:
            known = _full()
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_IOERR | sqlite3.SQLITE_PERM:
            known = DatabaseUnavailableError(
                f"the database cannot be used ({reason})", remedy="check its folder and disk"
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            known = SchemaError(
                f"the file of the database is damaged ({reason})", remedy="restore a backup of it"
            )
        case sqlite3.SQLITE_ERROR if reason.startswith(("no such table", "no such column")):
            known = _outdated()
    return known


def _from_postgresql(error: BaseException | None) -> GondwanaError | None:
    import psycopg  # noqa: PLC0415  (of no use to those whose database is a file)

    if not isinstance(error, psycopg.Error):
        return None
    state = error.sqlstate or ""
    if state == "53100":
        return _full()
    if state in ("42P01", "42703"):
        return _outdated()
    # connections, resources, conflicts with other transactions, locks, shutdown
    passing = state.startswith(("08", "53", "40", "55P", "57P")) or state in ("25P03", "")
    if isinstance(error, psycopg.OperationalError | psycopg.InternalError) and passing:
        lines = str(error).strip().splitlines() or ["no answer"]
        return DatabaseUnavailableError(
            f"the database cannot be used ({lines[0]})", remedy="check that it runs, and try again"
        )
    return None


def _outdated() -> SchemaError:
    return SchemaError("the database has an older form", remedy="run `gondwana db upgrade`")


def _full() -> TargetError:
    return TargetError("the disk of the database is full", remedy="free some space")
