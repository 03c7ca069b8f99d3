"""Bringing a database to the form of the models, with everything that is in it.

Each step is a file in ``versions``, named after its number. An upgrade is one transaction: it
happens or it does not. A file of SQLite is copied before. Alembic is loaded for an upgrade alone;
whether there is anything to do is asked whenever somebody opens the database.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, Engine, event, inspect, text
from sqlalchemy.pool import NullPool

from gondwana.errors import TargetError
from gondwana.storage.database import Turn, open_engine, take_turn, translated
from gondwana.storage.errors import SchemaError
from gondwana.storage.marks import utc_now
from gondwana.storage.models import TABLES

FOLDER = Path(__file__).parent

_ALEMBIC = Lock()  # keeps what it is at in a variable of the module


@dataclass(frozen=True)
class Upgrade:
    """What an upgrade did: from which version to which; None is an empty database.

    ``backup`` is the copy of the file as it was before, where there is one.
    """

    before: str | None
    after: str
    backup: Path | None = None

    @property
    def changed(self) -> bool:
        """Whether there was anything to do."""
        return self.before != self.after


def upgrade(url: str) -> Upgrade:
    """Bring a database to the newest form; several may ask for it at once.

    Raises
    ------
    SchemaError
        The database is newer than this program, belongs to something else, or would have rows
        that name what is not there. It is left as it was.
    TargetError
        The copy cannot be written.
    DatabaseUnavailableError
        No connection, or somebody else is writing.
    """
    with _engine(url) as engine, engine.begin() as connection:
        take_turn(connection, Turn.UPGRADE)
        before, newest = _versions(connection)
        if before == newest:
            return Upgrade(before, newest)
        _refuse_foreign(connection, before)
        backup = _copy_of(engine, before) if before else None
        _run_alembic(connection)
        _refuse_dangling(connection)
        return Upgrade(before, newest, backup)


def check(url: str) -> None:
    """Make sure that a database has the newest form.

    Raises
    ------
    SchemaError
        It has not.
    """
    with _engine(url) as engine, engine.begin() as connection:
        before, newest = _versions(connection)
    if before != newest:
        raise SchemaError(
            f"the database has the form {before or 'of an empty one'} and not {newest}",
            remedy="run `gondwana db upgrade`",
        )


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    with translated():
        engine = open_engine(url, poolclass=NullPool)
        if engine.dialect.name == "sqlite":

            @event.listens_for(engine, "connect")
            def connected(connection: sqlite3.Connection, record: object) -> None:  # noqa: ARG001
                # SQLite alters a table by making another and dropping the first, which would take
                # along every row that names one of it
                connection.execute("PRAGMA foreign_keys = OFF").close()

        try:
            yield engine
        finally:
            engine.dispose()


def _run_alembic(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    with _ALEMBIC:
        command.upgrade(config, "head")


def _versions(connection: Connection) -> tuple[str | None, str]:
    """Return the version of the database and the newest there is."""
    known = numbers()
    before = None
    if inspect(connection).has_table("alembic_version"):
        before = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if before is not None and before not in known:
        raise SchemaError(
            f"the database has the form {before}, which is newer than this program",
            remedy="use a newer version of Gondwana",
        )
    return before, known[-1]


def numbers() -> list[str]:
    """Return the numbers of all versions, in their order, as their files are named."""
    return sorted(file.name[1:5] for file in (FOLDER / "versions").glob("v[0-9]*_*.py"))


def _refuse_foreign(connection: Connection, before: str | None) -> None:
    present = set(inspect(connection).get_table_names()) & set(TABLES.tables)
    if before is None and present:
        raise SchemaError(
            f"the database has tables of something else: {', '.join(sorted(present))}",
            remedy="choose an empty database",
        )


def _copy_of(engine: Engine, version: str) -> Path | None:
    """Copy the file of a database, as it was last stored, while nobody else can write."""
    if engine.dialect.name != "sqlite":
        return None
    file = Path(str(engine.url.database))
    now = utc_now().strftime("%Y%m%dT%H%M%S%fZ")
    copy = file.with_name(f"{file.name}.{version}.{now}.backup")
    part = copy.with_name(f"{copy.name}.part")
    try:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(part)) as target:
            source.backup(target)
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        return part.replace(copy)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise TargetError(
            f"the copy before the upgrade cannot be written ({error})",
            remedy="free some space or check the permissions of the folder",
            where=str(copy),
        ) from error


def _refuse_dangling(connection: Connection) -> None:
    """Make sure that no row names one that is not there, since SQLite did not watch meanwhile."""
    if connection.dialect.name != "sqlite":
        return
    dangling = {row[0] for row in connection.exec_driver_sql("PRAGMA foreign_key_check")}
    if dangling:
        raise SchemaError(
            f"the upgrade would leave rows without what they name in {', '.join(sorted(dangling))}",
            remedy="keep the file as it is and report this",
        )
