"""The bell: whoever listens hears what was put into the outbox, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import pytest

from gondwana.storage import inbox, outbox
from gondwana.storage.database import Database
from gondwana.storage.errors import DatabaseUnavailableError
from gondwana.storage.marks import new_id
from gondwana.storage.migrations import upgrade
from gondwana.storage.models import Outgoing
from private_postgres import PrivatePostgres
from storage_samples import at_once

LIMIT = 30.0
QUIET = 0.1

RINGER = """
import sys
from gondwana.storage import outbox
from gondwana.storage.database import Database
from gondwana.storage.marks import new_id
database = Database(sys.argv[1])
print("ready", flush=True)
for line in sys.stdin:
    with database.transaction() as session:
        outbox.add(session, message_id=new_id(), subject="s", key="k", body=b"")
"""


def ring(database: Database) -> None:
    with database.transaction() as session:
        outbox.add(session, message_id=new_id(), subject="s", key="k", body=b"")


@contextmanager
def another_process(url: str) -> Iterator[Callable[[], None]]:
    """Run a process that rings when it is told to."""
    command = [sys.executable, "-c", RINGER, url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

        def tell() -> None:
            process.stdin.write("ring\n")
            process.stdin.flush()

        yield tell
        process.stdin.close()
        assert process.wait(LIMIT) == 0


def test_it_is_heard_once(database: Database) -> None:
    with database.bell.listen() as listener:
        assert not listener.wait(0.0)
        for _ in range(2):
            ring(database)
            assert listener.wait(LIMIT)
            assert not listener.wait(QUIET)


def test_what_rang_between_two_waits_is_heard(database: Database) -> None:
    with database.bell.listen() as listener:
        ring(database)
        ring(database)
        assert listener.wait(LIMIT)


def test_only_what_is_stored_in_the_outbox_rings(database: Database) -> None:
    with database.bell.listen() as listener:
        with database.transaction() as session:
            inbox.is_new(session, "a")
        with pytest.raises(ZeroDivisionError), database.transaction() as session:
            outbox.add(session, message_id="m", subject="s", key="k", body=b"")
            raise ZeroDivisionError
        assert not listener.wait(QUIET)


def test_nothing_is_heard_before_it_is_stored(database: Database) -> None:
    with database.bell.listen() as listener:
        with database.transaction() as session:
            outbox.add(session, message_id="m", subject="s", key="k", body=b"")
            assert not listener.wait(QUIET)
        assert listener.wait(LIMIT)


def test_everybody_hears_it(database: Database) -> None:
    ready = Barrier(4)

    def hear() -> bool:
        with database.bell.listen() as listener:
            ready.wait(LIMIT)
            return listener.wait(LIMIT)

    def ring_when_ready() -> bool:
        ready.wait(LIMIT)
        ring(database)
        return True

    assert at_once([hear, hear, hear, ring_when_ready]) == [True] * 4


def test_another_process_is_heard(new_database_url: Callable[[], str]) -> None:
    url = new_database_url()
    database = Database(url)
    with database.bell.listen() as listener, another_process(url) as tell:
        for _ in range(3):
            tell()
            assert listener.wait(LIMIT)
        assert not listener.wait(QUIET)
    database.close()


def test_a_restart_of_the_server_counts_as_a_ring(postgres: PrivatePostgres) -> None:
    url = postgres.borrow_database()
    database = Database(url)
    with database.bell.listen() as listener:
        postgres.stop()
        try:
            assert not listener.wait(QUIET)
        finally:
            postgres.start()
        assert listener.wait(LIMIT), "something may have rung while nobody could hear"
        assert not listener.wait(QUIET)
        ring(database)
        assert listener.wait(LIMIT)
    database.close()
    postgres.give_back_database(url)


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    database = Database(f"postgresql://ada:hidden@/db?host={tmp_path}")
    with pytest.raises(DatabaseUnavailableError) as error, database.bell.listen():
        pass
    assert "hidden" not in str(error.value)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    file = tmp_path / "gondwana.sqlite"
    file.write_bytes(bytes(5000))
    database = Database(f"sqlite:///{file}")
    with pytest.raises(DatabaseUnavailableError, match="cannot be used"), database.bell.listen():
        pass


def test_the_count_of_rings_begins_again_at_its_end(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'gondwana.sqlite'}"
    upgrade(url)
    database = Database(url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"PRAGMA user_version = {2**31 - 1}")
    with database.bell.listen() as listener:
        ring(database)
        assert listener.wait(LIMIT)
    database.close()


def test_who_looks_only_when_it_rings_misses_nothing(database: Database) -> None:
    count = 30

    def write() -> None:
        for _ in range(count):
            ring(database)

    def look() -> None:
        seen = 0
        with database.bell.listen() as listener:
            while seen < 2 * count:
                with database.reading() as session:
                    seen = session.query(Outgoing).count()
                assert seen == 2 * count or listener.wait(LIMIT)

    at_once([look, write, write])
