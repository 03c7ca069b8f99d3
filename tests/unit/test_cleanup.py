"""The clean-up: it tells first, and removes nothing that anybody names or is about to name."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gondwana.storage import cleanup, projects, revisions
from gondwana.storage.database import Database
from gondwana.storage.files import FileStore
from storage_samples import DAY, new_project, put

NOW = datetime.now(UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(folder: Path) -> FileStore:
    return FileStore(str(folder))


def age(folder: Path, sha256: str) -> None:
    """Let a file be put long ago."""
    os.utime(folder / sha256[:2] / sha256, (1e9, 1e9))


def name(database: Database, store: FileStore, project: str, sha256: str) -> None:
    with database.transaction() as session:
        revisions.add(session, store, project, "source", sha256)


def sums(files: object) -> set[str]:
    return {file.sha256 for file in files}  # type: ignore[attr-defined]


def test_a_survey_removes_nothing(database: Database, store: FileStore, folder: Path) -> None:
    project = new_project(database)
    named, unnamed, young = (put(store, content) for content in (b"named", b"unnamed", b"young"))
    name(database, store, project, named)
    for sha256 in (named, unnamed):
        age(folder, sha256)
    found = cleanup.survey(database, store, before=NOW - DAY)
    assert sums(found.unnamed) == {unnamed}
    assert found.size == len(b"unnamed")
    assert found.missing == ()
    assert sums(store) == {named, unnamed, young}
    removed = cleanup.remove(database, store, found)
    assert removed.files == found.unnamed
    assert sums(store) == {named, young}
    assert cleanup.remove(database, store, found).files == ()


def test_what_was_named_since_the_survey_stays(
    database: Database, store: FileStore, folder: Path
) -> None:
    project = new_project(database)
    sha256 = put(store, b"late")
    age(folder, sha256)
    found = cleanup.survey(database, store, before=NOW - DAY)
    name(database, store, project, sha256)
    assert cleanup.remove(database, store, found).files == ()
    assert store.verify(sha256)


def test_what_was_put_again_since_the_survey_stays(
    database: Database, store: FileStore, folder: Path
) -> None:
    sha256 = put(store, b"again")
    age(folder, sha256)
    found = cleanup.survey(database, store, before=NOW - DAY)
    put(store, b"again")
    assert cleanup.remove(database, store, found).files == ()
    assert store.verify(sha256)


def test_files_of_a_deleted_project_stay_until_it_is_removed_for_good(
    database: Database, store: FileStore
) -> None:
    project = new_project(database)
    shared, own = put(store, b"shared"), put(store, b"own")
    name(database, store, project, shared)
    with database.transaction() as session:
        copy = projects.duplicate(session, project).id
    name(database, store, project, own)
    later = datetime.now(UTC) + DAY
    with database.transaction() as session:
        projects.remove(session, project)
    assert cleanup.survey(database, store, before=later).unnamed == ()
    with database.transaction() as session:
        projects.purge(session, later)
    found = cleanup.survey(database, store, before=later)
    assert sums(found.unnamed) == {own}
    cleanup.remove(database, store, found)
    # a file that was once named can be put and named again
    name(database, store, copy, put(store, b"own"))
    assert sums(store) == {shared, own}


def test_a_named_file_that_is_missing_is_told(database: Database, store: FileStore) -> None:
    project = new_project(database)
    sha256 = put(store, b"lost")
    name(database, store, project, sha256)
    store.remove(sha256)
    assert cleanup.survey(database, store, before=NOW).missing == (sha256,)


def test_parts_of_killed_writers_are_removed(
    database: Database, store: FileStore, folder: Path
) -> None:
    put(store, b"whole")
    part = folder / "incoming" / "gondwana-part"
    part.write_bytes(b"half")
    os.utime(part, (1e9, 1e9))
    found = cleanup.survey(database, store, before=NOW - DAY)
    assert part.exists()
    assert cleanup.remove(database, store, found).leftovers == 1
    assert not part.exists()
