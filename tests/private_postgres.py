"""A PostgreSQL of our own, and databases in either of the two systems, each in its newest form."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from gondwana.storage.database import Database
from gondwana.storage.migrations import upgrade
from gondwana.storage.models import TABLES

START_LIMIT = 60.0
STOP_LIMIT = 60.0
_USER = "postgres"
_TEMPLATE = "newest"


def programs() -> Path | None:
    """Folder of the programs of PostgreSQL, which Debian keeps off the path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda f: int(f.parent.name))
    found = shutil.which("initdb")
    return next((f for f in reversed(folders) if (f / "initdb").exists()), None) or (
        Path(found).parent if found else None
    )


class PrivatePostgres:
    """One server that belongs to the tests alone; it speaks through a socket in its folder."""

    def __init__(self, folder: Path) -> None:
        found = programs()
        if found is None:
            raise RuntimeError("PostgreSQL is not installed")
        self._programs = found
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        self._idle: list[str] = []
        # it refuses to run as root; the name of its administrator is that of its user
        self._as_user = {"user": _USER, "group": _USER} if os.geteuid() == 0 else {}
        if self._as_user:
            shutil.chown(folder, _USER, _USER)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{_USER}@/{database}?host={self._folder}"

    def make(self) -> None:
        """Make the data of the server, once."""
        options = ["--username", _USER, "--auth", "trust", "--no-sync", "--encoding", "UTF8"]
        data = str(self._folder / "data")
        command = [self._programs / "initdb", "--locale", "C.UTF-8", *options, "-D", data]
        made = subprocess.run(
            command, cwd="/", capture_output=True, timeout=START_LIMIT, **self._as_user
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed:\n{made.stderr.decode(errors='replace')}")

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._folder),
            "fsync": "off",
            "max_connections": "60",
            "shared_buffers": "32MB",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "output.log").open("ab") as log:
            self._server = subprocess.Popen(
                [self._programs / "postgres", "-D", self._folder / "data", *options],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                **self._as_user,
            )
        deadline = time.monotonic() + START_LIMIT
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() > deadline:
                lines = (self._folder / "output.log").read_text(errors="replace")[-3000:]
                self.stop()
                raise RuntimeError(f"PostgreSQL did not start; its last lines:\n{lines}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: by SIGINT with an end to all connections, by SIGQUIT as a crash would."""
        if self._server is None:
            return
        if self._server.poll() is None:
            self._server.send_signal(how)
        try:
            self._server.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait(STOP_LIMIT)
        self._server = None

    def new_database(self, template: str = "template0") -> str:
        """Make a database and return its URL."""
        name = f"db_{uuid4().hex}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def new_template(self) -> None:
        """Make the database from which those of the tests are copied."""
        self._execute(f'CREATE DATABASE "{_TEMPLATE}" TEMPLATE template0')
        upgrade(self.url(_TEMPLATE))

    def borrow_database(self) -> str:
        """Return the URL of a database in the newest form with nothing in it."""
        return self._idle.pop() if self._idle else self.new_database(_TEMPLATE)

    def give_back_database(self, url: str) -> None:
        """Empty a database for the next test, which takes less time than to make another."""
        with psycopg.connect(url, options="-c lock_timeout=20s") as connection:
            for table in reversed(TABLES.sorted_tables):
                connection.execute(f'DELETE FROM "{table.name}"'.encode())  # noqa: S608
        self._idle.append(url)

    def drop_database(self, url: str) -> None:
        name = make_url(url).database
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url(), connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    """Run a server; tests that stop it start it again."""
    if programs() is None:
        reason = "PostgreSQL is not installed (Debian: postgresql)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    # the folders of pytest are closed to other users, and their names too long for a socket
    folder = Path(tempfile.mkdtemp(prefix="gondwana-pg-"))
    server = PrivatePostgres(folder)
    try:
        server.make()
        server.start()
        server.new_template()
        yield server
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def newest_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of SQLite in the newest form, to be copied."""
    file = tmp_path_factory.mktemp("sqlite") / "newest.sqlite"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'gondwana.sqlite'}"
        return
    server: PrivatePostgres = request.getfixturevalue("postgres")
    url = server.new_database()
    yield url
    server.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Make databases in the newest form; gone at the end."""
    made: list[str] = []
    if request.param == "sqlite":

        def new() -> str:
            file = tmp_path / f"{uuid4().hex}.sqlite"
            shutil.copy(request.getfixturevalue("newest_sqlite"), file)
            return f"sqlite:///{file}"

        yield new
        return
    server: PrivatePostgres = request.getfixturevalue("postgres")

    def new_one() -> str:
        made.append(server.borrow_database())
        return made[-1]

    yield new_one
    for url in made:
        server.give_back_database(url)


@pytest.fixture
def database(new_database_url: Callable[[], str]) -> Iterator[Database]:
    """Open a new database in the newest form."""
    opened = Database(new_database_url())
    yield opened
    opened.close()
