"""The way to the database: transactions, and what goes wrong in plain words."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from gondwana.errors import ParameterError, TargetError
from gondwana.storage import inbox, projects, users
from gondwana.storage.database import Database, Turn, database_url, take_turn, translated
from gondwana.storage.errors import DatabaseUnavailableError, SchemaError
from gondwana.storage.models import Incoming, Project, Run
from gondwana.storage.words import RunStatus
from storage_samples import NOON, add_run, new_project


def test_what_fails_is_not_stored(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        users.create(session, "Ada")
        raise ZeroDivisionError
    with database.reading() as session:
        assert users.everybody(session) == []


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"read.?only"), database.reading() as session:
        users.create(session, "Ada")
    # the same connection is used again, and can write
    with database.transaction() as session:
        users.create(session, "Ada")


def test_a_reader_sees_one_moment(database: Database) -> None:
    with database.reading() as reader:
        assert users.everybody(reader) == []
        with database.transaction() as writer:
            users.create(writer, "Ada")
        assert users.everybody(reader) == []
    with database.reading() as reader:
        assert len(users.everybody(reader)) == 1


def test_a_writer_does_not_make_readers_wait(database: Database) -> None:
    with database.transaction() as writer:
        users.create(writer, "Ada")
        with database.reading() as reader:
            assert users.everybody(reader) == []


def test_foreign_keys_are_watched(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(Project(owner_id="nobody", name="Eocene"))


def test_times_are_utc_whatever_zone_they_came_in(database: Database) -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    time = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=east)
    with database.transaction() as session:
        session.add(Incoming(message_id="a", received=time))
    with database.reading() as session:
        back = session.scalar(select(Incoming.received))
        assert session.scalar(select(Incoming.message_id).where(Incoming.received == time)) == "a"
    assert back == time
    assert back.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with (
        pytest.raises(StatementError, match="needs a time zone"),
        database.transaction() as session,
    ):
        session.add(Incoming(message_id="a", received=datetime(2026, 3, 1)))


def test_text_holds_whatever_a_broken_log_may_hold(database: Database) -> None:
    project = new_project(database)
    log = "core\0dump \ud800 Σ"
    with database.transaction() as session:
        add_run(session, project, status=RunStatus.FAILED, log=log)
    with database.reading() as session:
        assert session.scalar(select(Run.log)) == "core\ufffddump ? Σ"


def test_numbers_that_are_none_are_refused_in_json(database: Database) -> None:
    refused = pytest.raises((StatementError, ValueError), match="not JSON compliant")
    with refused, database.transaction() as session:
        user = users.create(session, "Ada")
        projects.create(session, user.id, "Eocene", state={"age": float("nan")})


def test_a_database_without_tables_is_told(empty_url: str) -> None:
    database = Database(empty_url)
    with pytest.raises(SchemaError, match="gondwana db upgrade"), database.reading() as session:
        users.everybody(session)
    database.close()


def test_a_writer_that_takes_too_long_is_told(new_database_url: Any) -> None:
    url = new_database_url()
    first, second = Database(url), Database(url, patience=0.2)
    with first.transaction() as session:
        inbox.is_new(session, "a")
        with pytest.raises(DatabaseUnavailableError), second.transaction() as other:
            inbox.is_new(other, "a")
    first.close()
    second.close()


def test_one_turn_at_a_time(new_database_url: Any) -> None:
    url = new_database_url()
    first, second = Database(url), Database(url, patience=0.2)
    with first.transaction() as session:
        take_turn(session, Turn.OUTBOX)
        session.execute(text("SELECT 1"))
        with pytest.raises(DatabaseUnavailableError), second.transaction() as other:
            take_turn(other, Turn.OUTBOX)
            other.execute(text("SELECT 1"))
    with second.transaction() as other:
        take_turn(other, Turn.OUTBOX)
    first.close()
    second.close()


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path: Path) -> None:
    database = Database(f"postgresql://ada:hidden@/db?host={tmp_path}")
    with pytest.raises(DatabaseUnavailableError) as error, database.reading():
        pass
    assert "hidden" not in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.retryable


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(TargetError, match="folder cannot be made"):
        Database(f"sqlite:///{tmp_path / 'file' / 'gondwana.sqlite'}")


@pytest.mark.parametrize(
    "url", ["", "mysql://ada:hidden@h/d", "sqlite://", "sqlite:///:memory:", "x"]
)
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ParameterError) as error:
        database_url(url)
    assert "hidden" not in str(error.value)


@pytest.mark.parametrize("url", ["postgres://h/d", "postgresql://h/d", "postgresql+psycopg://h/d"])
def test_postgresql_has_several_names(url: str) -> None:
    assert database_url(url).drivername == "postgresql+psycopg"


def _sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("told by SQLite")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("original", "told"),
    [
        (_sqlite_error(sqlite3.SQLITE_FULL), TargetError),
        (_sqlite_error(sqlite3.SQLITE_IOERR_WRITE), DatabaseUnavailableError),
        (_sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), DatabaseUnavailableError),
        (_sqlite_error(sqlite3.SQLITE_CORRUPT), SchemaError),
        (_sqlite_error(sqlite3.SQLITE_CONSTRAINT), DBAPIError),
        (psycopg.errors.DiskFull("no space left"), TargetError),
        (psycopg.errors.AdminShutdown("going down"), DatabaseUnavailableError),
        (psycopg.errors.DeadlockDetected("deadlock"), DatabaseUnavailableError),
        (psycopg.errors.TooManyConnections("too many"), DatabaseUnavailableError),
        (psycopg.errors.IdleInTransactionSessionTimeout("idle"), DatabaseUnavailableError),
        (psycopg.errors.UniqueViolation("twice"), DBAPIError),
    ],
)
def test_errors_of_the_database_in_plain_words(original: Exception, told: type[Exception]) -> None:
    with pytest.raises(told), translated():
        raise DBAPIError("INSERT", {}, original)


def test_the_outcome_of_a_transaction_is_on_disk(new_database_url: Any) -> None:
    url = new_database_url()
    first = Database(url)
    with first.transaction() as session:
        inbox.is_new(session, "a")
    if "sqlite" in url:
        with first.reading() as session:
            settings = {
                name: session.execute(text(f"PRAGMA {name}")).scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            }
        assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    second = Database(url)
    with second.reading() as session:
        assert session.scalars(select(Incoming.message_id)).all() == ["a"]
        assert NOON.tzinfo is not None
    first.close()
    second.close()
