"""The store of files in a server that speaks S3, checks who asks, and may be away."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest

from gondwana.storage import cleanup, revisions
from gondwana.storage.database import Database
from gondwana.storage.errors import FileDamagedError, FileMissingError, StoreUnavailableError
from gondwana.storage.files import FileStore
from gondwana.storage.migrations import upgrade
from private_s3 import BUCKET, PrivateS3, s3  # noqa: F401
from storage_samples import DAY, at_once, new_project, put

ABSENT = "0" * 64
CONTENT = b"a topography" * 1000
LARGE = bytes(range(256)) * 60 * 4096  # 60 MiB: sent in parts


@pytest.fixture
def url() -> str:
    return f"s3://{BUCKET}/{uuid4().hex}"


@pytest.fixture
def store(s3: PrivateS3, url: str) -> FileStore:  # noqa: F811
    return FileStore(url, **s3.options())


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    address = f"sqlite:///{tmp_path / 'gondwana.sqlite'}"
    upgrade(address)
    database = Database(address)
    yield database
    database.close()


def test_what_is_put_can_be_read(store: FileStore, tmp_path: Path) -> None:
    stored = store.put(BytesIO(CONTENT))
    assert stored.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert store.verify(stored.sha256) == len(CONTENT)
    for bring in (store.fetch, store.lay):
        target = tmp_path / bring.__name__
        bring(stored.sha256, target)
        assert target.read_bytes() == CONTENT
    with store.open(stored.sha256) as file:
        assert file.read(10) == CONTENT[:10]


def test_a_large_file_is_put_in_parts_and_read_again(store: FileStore) -> None:
    assert store.verify(put(store, LARGE)) == len(LARGE)


def test_what_is_known_of_a_file(store: FileStore) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    found = store.find(put(store, CONTENT))
    assert found is not None
    assert found.size == len(CONTENT)
    assert before < found.put < datetime.now(UTC) + timedelta(seconds=5)
    assert store.find(ABSENT) is None
    with pytest.raises(FileMissingError):
        store.verify(ABSENT)


def test_a_damaged_file_is_told_and_mended(s3: PrivateS3, store: FileStore) -> None:  # noqa: F811
    sha256 = put(store, CONTENT)
    files = fsspec.filesystem("s3", **s3.options())
    files.pipe_file(store.uri(sha256), CONTENT[:-1] + b"?")
    with pytest.raises(FileDamagedError):
        store.verify(sha256)
    put(store, CONTENT)
    assert store.verify(sha256) == len(CONTENT)


def test_many_put_at_once_and_all_are_listed(store: FileStore) -> None:
    contents = [f"{number % 8}".encode() for number in range(16)]
    made = at_once([partial(put, store, content) for content in contents])
    assert [file.sha256 for file in store] == sorted(set(made))
    assert len(set(made)) == 8


def test_a_clean_up_removes_what_nobody_names(database: Database, store: FileStore) -> None:
    project = new_project(database)
    named, unnamed = put(store, b"named"), put(store, b"unnamed")
    with database.transaction() as session:
        revisions.add(session, store, project, "source", named)
    found = cleanup.survey(database, store, before=datetime.now(UTC) + DAY)
    assert [file.sha256 for file in found.unnamed] == [unnamed]
    assert cleanup.remove(database, store, found).files == found.unnamed
    assert [file.sha256 for file in store] == [named]


def uses(store: FileStore, sha256: str) -> dict[str, Callable[[], object]]:
    """Return everything that needs the server."""
    return {
        "put": lambda: put(store, b"more"),
        "find": lambda: store.find(sha256),
        "verify": lambda: store.verify(sha256),
        "list": lambda: list(store.listed(sha256[:2])),
        "remove": lambda: store.remove(sha256),
    }


def told(use: Callable[[], object]) -> str:
    with pytest.raises(StoreUnavailableError) as error:
        use()
    text = str(error.value)
    assert "\n" not in text
    assert len(text) < 400
    return text


@pytest.mark.parametrize(("name", "secret"), [("nobody", "secret"), ("owner", "hidden")])
def test_wrong_keys_are_told_in_one_sentence(
    s3: PrivateS3,  # noqa: F811
    store: FileStore,
    url: str,
    name: str,
    secret: str,
) -> None:
    sha256 = put(store, CONTENT)
    stranger = FileStore(url, **s3.options(name, secret))
    for use in uses(stranger, sha256).values():
        text = told(use)
        assert "refuses us" in text
        assert "check the keys" in text
        assert "hidden" not in text
    assert store.verify(sha256)


def test_who_may_only_read_reads(s3: PrivateS3, store: FileStore, url: str) -> None:  # noqa: F811
    sha256 = put(store, CONTENT)
    reader = FileStore(url, **s3.options("reader"))
    assert reader.verify(sha256) == len(CONTENT)
    assert reader.find(ABSENT) is None
    assert [file.sha256 for file in reader.listed(sha256[:2])] == [sha256]
    for name in ("put", "remove"):
        assert "refuses us" in told(uses(reader, sha256)[name])
    assert store.verify(sha256)


def test_keys_come_from_the_environment(
    s3: PrivateS3,  # noqa: F811
    store: FileStore,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sha256 = put(store, CONTENT)
    options = s3.options()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", options["key"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", options["secret"])
    monkeypatch.setenv("AWS_ENDPOINT_URL", options["endpoint_url"])
    assert FileStore(url, skip_instance_cache=True).verify(sha256) == len(CONTENT)


def test_a_server_that_is_gone_is_told_and_used_again_when_it_is_back(
    s3: PrivateS3,  # noqa: F811
    store: FileStore,
) -> None:
    sha256 = put(store, CONTENT)
    s3.stop()
    try:
        for use in uses(store, sha256).values():
            assert "does not answer" in told(use)
    finally:
        s3.start()
    assert store.verify(sha256) == len(CONTENT)
    assert put(store, b"more") != sha256
