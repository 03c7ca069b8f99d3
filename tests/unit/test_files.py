"""The store of files: in a folder, and in another file system of fsspec."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import IO, Any, cast
from uuid import uuid4

import fsspec
import pytest

from gondwana.errors import ParameterError, TargetError
from gondwana.storage import files
from gondwana.storage.errors import (
    FileDamagedError,
    FileMissingError,
    FileTooLargeError,
    StoreUnavailableError,
)
from gondwana.storage.files import FileStore
from storage_samples import put

ABSENT = "0" * 64
CONTENT = b"a topography" * 1000


@pytest.fixture(params=["folder", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "folder":
        yield str(tmp_path / "store")
        return
    root = f"/{uuid4().hex}"
    yield f"memory://{root}"
    memory = fsspec.filesystem("memory")
    if memory.exists(root):
        memory.rm(root, recursive=True)


@pytest.fixture
def store(url: str) -> FileStore:
    return FileStore(url)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "folder"


def everything_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


class Failing:
    """A stream that breaks off."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self._first = True

    def read(self, size: int) -> bytes:
        if self._first:
            self._first = False
            return b"x" * min(size, 10)
        raise self._error


def test_what_is_put_can_be_read(store: FileStore, tmp_path: Path) -> None:
    stored = store.put(BytesIO(CONTENT))
    assert stored.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert stored.size == len(CONTENT)
    with store.open(stored.sha256) as file:
        assert file.read() == CONTENT
    assert store.verify(stored.sha256) == len(CONTENT)
    target = tmp_path / "target.nc"
    store.fetch(stored.sha256, target)
    assert target.read_bytes() == CONTENT


def test_a_file_is_laid_where_a_program_can_read_it(store: FileStore, tmp_path: Path) -> None:
    target = tmp_path / "target.nc"
    store.lay(put(store, CONTENT), target)
    assert target.read_bytes() == CONTENT
    with pytest.raises(FileMissingError):
        store.lay(ABSENT, tmp_path / "other.nc")
    assert not (tmp_path / "other.nc").exists()


def test_a_file_is_put_from_a_path(store: FileStore, tmp_path: Path) -> None:
    path = tmp_path / "source.nc"
    path.write_bytes(CONTENT)
    assert store.put_file(path).sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert path.read_bytes() == CONTENT


def test_an_empty_file_is_a_file(store: FileStore) -> None:
    assert store.verify(put(store, b"")) == 0


def test_the_same_bytes_are_stored_once(store: FileStore) -> None:
    assert put(store, CONTENT) == put(store, CONTENT)
    assert len(list(store)) == 1


def test_all_files_are_gone_through_in_order(store: FileStore) -> None:
    sums = sorted(put(store, bytes([number])) for number in range(40))
    assert [file.sha256 for file in store] == sums
    assert {file.size for file in store} == {1}


def test_an_empty_store_has_no_files(store: FileStore) -> None:
    assert list(store) == []


def test_what_is_known_of_a_file(store: FileStore) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    sha256 = put(store, CONTENT)
    found = store.find(sha256)
    assert found is not None
    assert found.size == len(CONTENT)
    assert before < found.put < datetime.now(UTC) + timedelta(seconds=5)
    assert store.find(ABSENT) is None


def test_a_removed_file_is_gone(store: FileStore) -> None:
    sha256 = put(store, CONTENT)
    store.remove(sha256)
    store.remove(sha256)
    assert list(store) == []


def test_a_missing_file_is_told(store: FileStore, tmp_path: Path) -> None:
    with pytest.raises(FileMissingError), store.open(ABSENT):
        pass
    with pytest.raises(FileMissingError):
        store.verify(ABSENT)
    with pytest.raises(FileMissingError):
        store.fetch(ABSENT, tmp_path / "target.nc")
    assert everything_in(tmp_path) == []


def test_a_damaged_file_is_told_and_mended_by_putting_it_again(url: str, tmp_path: Path) -> None:
    store = FileStore(url)
    sha256 = put(store, CONTENT)
    with fsspec.open(store.uri(sha256), "wb") as file:
        cast("IO[bytes]", file).write(CONTENT[:-1] + b"?")
    target = tmp_path / "target.nc"
    target.write_bytes(b"as before")
    with pytest.raises(FileDamagedError):
        store.verify(sha256)
    with pytest.raises(FileDamagedError):
        store.fetch(sha256, target)
    assert target.read_bytes() == b"as before"
    put(store, CONTENT)
    assert store.verify(sha256) == len(CONTENT)


@pytest.mark.parametrize("name", ["", "..", "../" * 21 + "x", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_only_checksums_name_files(store: FileStore, name: str) -> None:
    for use in (store.find, store.remove, store.verify, store.uri):
        with pytest.raises(ParameterError):
            use(name)


def test_a_file_that_is_too_large_is_refused_early(url: str) -> None:
    store = FileStore(url, largest=10)
    endless = Failing(AssertionError("read on"))
    endless.read = lambda size: b"x" * size  # type: ignore[method-assign]
    with pytest.raises(FileTooLargeError, match="more than 10 bytes"):
        store.put(cast("IO[bytes]", endless))
    assert store.put(BytesIO(b"x" * 10)).size == 10
    assert len(list(store)) == 1


def test_a_stream_that_breaks_off_leaves_nothing(url: str, tmp_path: Path) -> None:
    store = FileStore(url)
    with pytest.raises(ConnectionResetError):
        store.put(cast("IO[bytes]", Failing(ConnectionResetError())))
    assert list(store) == []
    assert everything_in(tmp_path) == []


def test_the_uri_leads_to_the_file(store: FileStore) -> None:
    with fsspec.open(store.uri(put(store, CONTENT)), "rb") as file:
        assert cast("IO[bytes]", file).read() == CONTENT


def test_a_url_that_no_file_system_knows_is_refused() -> None:
    with pytest.raises(ParameterError, match="cannot be used"):
        FileStore("nowhere://store")


def test_a_full_disk_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(TargetError, match="the disk is full"):
        put(FileStore(str(folder)), CONTENT)
    assert everything_in(folder) == []


def test_a_place_that_cannot_be_written_is_told(folder: Path) -> None:
    folder.write_text("a file and no folder")
    with pytest.raises(StoreUnavailableError):
        put(FileStore(str(folder)), CONTENT)


def test_a_file_system_that_fails_is_told(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("no answer")

    sha256 = put(store, CONTENT)
    monkeypatch.setattr(store._fs, "info", fail)
    with pytest.raises(StoreUnavailableError, match="no answer"):
        store.find(sha256)


def test_stored_files_cannot_be_written_by_accident(folder: Path) -> None:
    store = FileStore(str(folder))
    sha256 = put(store, CONTENT)
    mode = stat.S_IMODE((folder / sha256[:2] / sha256).stat().st_mode)
    assert mode & 0o222 == 0
    assert mode & 0o400


def test_a_file_put_again_is_young_again(folder: Path) -> None:
    store = FileStore(str(folder))
    sha256 = put(store, CONTENT)
    os.utime(folder / sha256[:2] / sha256, (1e9, 1e9))
    assert cast("Any", store.find(sha256)).put.year == 2001
    put(store, CONTENT)
    assert cast("Any", store.find(sha256)).put.year > 2001


def test_a_reader_keeps_what_it_reads_while_it_is_put_again(folder: Path) -> None:
    store = FileStore(str(folder))
    sha256 = put(store, CONTENT)
    with store.open(sha256) as file:
        first = file.read(5)
        put(store, CONTENT)
        store.remove(sha256)
        assert first + file.read() == CONTENT


def test_parts_of_killed_writers_are_removed_when_they_are_old(folder: Path) -> None:
    store = FileStore(str(folder))
    put(store, CONTENT)
    part = folder / "incoming" / "part"
    part.write_bytes(b"half")
    assert store.remove_leftovers(datetime.now(UTC) - timedelta(days=1)) == 0
    assert store.remove_leftovers(datetime.now(UTC) + timedelta(days=1)) == 1
    assert len(everything_in(folder)) == 1


def test_foreign_files_are_no_files_of_ours(folder: Path) -> None:
    store = FileStore(str(folder))
    sha256 = put(store, CONTENT)
    (folder / sha256[:2] / "notes.txt").write_text("mine")
    (folder / "readme").write_text("mine")
    assert [file.sha256 for file in store] == [sha256]


def test_a_worker_needs_no_library_of_databases() -> None:
    code = "import sys, gondwana.storage.files; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(told.stdout.split())
    assert "gondwana.storage.files" in modules
    assert not modules & {"sqlalchemy", "alembic", "psycopg"}
