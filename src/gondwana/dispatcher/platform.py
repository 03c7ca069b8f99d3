"""What every part of an installation that keeps something stands on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gondwana.config import Settings
from gondwana.steps.registry import STEPS
from gondwana.storage.bell import Bell
from gondwana.storage.database import Database
from gondwana.storage.files import FileStore
from gondwana.storage.migrations import check, upgrade
from gondwana.workflow.graph import Graph


@dataclass(frozen=True)
class Platform:
    """Rows, files, and the graph of steps they are about.

    Attributes
    ----------
    database : Database
    store : FileStore
    graph : Graph
    quota : int or None
        Bytes that the files of a user may have who has no quota of their own; None for any.
    """

    database: Database
    store: FileStore
    graph: Graph
    quota: int | None = None

    @property
    def bell(self) -> Bell:
        """Rings when something was stored that somebody else has to look at."""
        return self.database.bell

    def close(self) -> None:
        """Close all connections."""
        self.database.close()


@contextmanager
def open_platform(settings: Settings) -> Iterator[Platform]:
    """Open the platform that the settings describe, and close it at the end.

    On one machine the database is made or brought to its newest form; in distributed mode, where
    others may be using it, an administrator does that with ``gondwana db upgrade``.

    Raises
    ------
    SchemaError
        The database has another form than this version needs.
    DatabaseUnavailableError, ParameterError, TargetError
        It cannot be reached or made.
    """
    if settings.mode == "embedded":
        upgrade(settings.database_url)
    else:
        check(settings.database_url)
    database = Database(settings.database_url)
    platform = Platform(
        database,
        FileStore(settings.file_store_url, largest=settings.largest_file),
        Graph.of(STEPS.values()),
        settings.quota,
    )
    try:
        yield platform
    finally:
        platform.close()
