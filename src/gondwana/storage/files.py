"""Files by their checksum, in a folder or in any place that fsspec knows.

A file is stored once, whoever brings it and how often; it is there as a whole or not at all, and
what it holds never changes. Who still needs it is not known here: see `cleanup`.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from gondwana.errors import GondwanaError, ParameterError
from gondwana.storage.disk import sync_folder, told_of_disk
from gondwana.storage.errors import (
    FileDamagedError,
    FileMissingError,
    FileTooLargeError,
    StoreUnavailableError,
)
from gondwana.storage.marks import new_id

_CHUNK = 1024 * 1024
_SHA256 = re.compile(r"[0-9a-f]{64}")
_INCOMING = "incoming"
# s3fs tries again by itself, and so does the library below it: an error would take half a minute
_S3: dict[str, Any] = {
    "config_kwargs": {"connect_timeout": 5, "retries": {"total_max_attempts": 2}}
}
_SETTINGS = {"s3": _S3, "s3a": _S3}
_DAMAGED = "make it again by running its step, or restore it from a backup"


@dataclass(frozen=True)
class StoredFile:
    """A file in the store: its checksum, how many bytes it has, and when it was last put there."""

    sha256: str
    size: int
    put: datetime


class FileStore:
    """A store of files. Any thread or process may use it, and several at once.

    Parameters
    ----------
    url : str
        A folder, or a URL such as ``s3://bucket/folder``.
    largest : int, optional
        Bytes of the largest file that is taken.
    **options
        For the file system of fsspec: keys, end points.
    """

    def __init__(self, url: str, *, largest: int | None = None, **options: Any) -> None:
        self._largest = largest
        protocol, _ = fsspec.core.split_protocol(url)
        # others write as well, so that no listing may be remembered
        settings = {"use_listings_cache": False, **_SETTINGS.get(protocol, {}), **options}
        try:
            self._fs, root = fsspec.core.url_to_fs(url, **settings)
        except (ValueError, ImportError) as error:
            raise ParameterError(
                f"the place for files cannot be used ({error})", remedy="give a folder or a URL"
            ) from None
        self._root = root.rstrip("/")
        self._is_folder = isinstance(self._fs, LocalFileSystem)

    @property
    def largest(self) -> int | None:
        """Bytes of the largest file that is taken; None for any."""
        return self._largest

    def put(self, stream: IO[bytes]) -> StoredFile:
        """Store what a stream gives.

        A file that is there already is put in its place again: it is as young as a new one, and
        whole again if it was damaged.

        Raises
        ------
        FileTooLargeError
            It has more bytes than are taken; reading stops there.
        TargetError
            The disk is full.
        StoreUnavailableError
            The place cannot be written.
        """
        with self._incoming() as (part, file):
            sha256, size = self._copied(stream, file)
            file.close()
            self._place(part, sha256)
        return StoredFile(sha256, size, datetime.now(UTC))

    def put_file(self, path: Path) -> StoredFile:
        """Store a file; raises as ``put`` does."""
        with path.open("rb") as stream:
            return self.put(stream)

    @contextmanager
    def open(self, sha256: str) -> Iterator[IO[bytes]]:
        """Open a file to read, unchecked.

        Raises
        ------
        FileMissingError
            It is not there.
        """
        with self._told(sha256):
            file = self._fs.open(self._path(sha256), "rb")
        with file:
            yield cast("IO[bytes]", file)

    def fetch(self, sha256: str, target: Path) -> None:
        """Copy a file to a path of this machine, which has it whole and right, or not at all.

        Raises
        ------
        FileMissingError, FileDamagedError, TargetError
        """
        part = target.with_name(f"{target.name}.{new_id()}.part")
        try:
            with told_of_disk(target), part.open("xb") as file:
                self._checked(sha256, file)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    def lay(self, sha256: str, target: Path) -> None:
        """Make a file readable under a path of this machine: a link where possible, else a copy.

        A link is not checked; whoever reads the file has to.

        Raises
        ------
        FileMissingError, FileDamagedError, TargetError
        """
        path = Path(self._path(sha256))
        if not self._is_folder:
            self.fetch(sha256, target)
        elif path.is_file():
            target.symlink_to(path.absolute())
        else:
            raise FileMissingError("the file is not in the store", remedy=_DAMAGED, where=sha256)

    def verify(self, sha256: str) -> int:
        """Read a file to see whether it is what it was, and return its size.

        Raises
        ------
        FileMissingError, FileDamagedError
        """
        return self._checked(sha256, None)

    def find(self, sha256: str) -> StoredFile | None:
        """Return what is known of a file without reading it; None if it is not there."""
        path = self._path(sha256)
        try:
            with self._told(sha256):
                return _stored(sha256, self._fs.info(path))
        except FileMissingError:
            return None

    def uri(self, sha256: str) -> str:
        """Tell where a file is, for programs that find it by themselves."""
        return str(self._fs.unstrip_protocol(self._path(sha256)))

    def __iter__(self) -> Iterator[StoredFile]:
        """Go through all files, in the order of their checksums, some at a time."""
        for first in range(256):
            yield from sorted(self.listed(f"{first:02x}"), key=lambda file: file.sha256)

    def listed(self, prefix: str) -> Iterator[StoredFile]:
        """Go through the files whose checksum begins with two digits."""
        try:
            with self._told(prefix):
                found = self._fs.ls(f"{self._root}/{prefix}", detail=True)
        except FileMissingError:
            return
        for info in found:
            name = info["name"].rstrip("/").rsplit("/", 1)[-1]
            if _SHA256.fullmatch(name):
                yield _stored(name, info)

    def remove(self, sha256: str) -> None:
        """Remove a file, if it is there. Whether anybody needs it, the caller must know."""
        with suppress(FileMissingError), self._told(sha256):
            self._fs.rm_file(self._path(sha256))

    def remove_leftovers(self, before: datetime) -> int:
        """Remove what was never stored whole, since its writer was killed; return how many."""
        if not self._is_folder:
            return 0  # parts lie in the folder for temporary files of the writer's machine
        removed = 0
        for part in Path(self._root, _INCOMING).glob("*"):
            # its writer may put it in its place at this very moment
            with suppress(FileNotFoundError):
                if part.stat().st_mtime < before.timestamp():
                    part.unlink()
                    removed += 1
        return removed

    def _path(self, sha256: str) -> str:
        if not _SHA256.fullmatch(sha256):
            raise ParameterError(f"'{sha256[:80]}' is no checksum")
        return f"{self._root}/{sha256[:2]}/{sha256}"

    @contextmanager
    def _incoming(self) -> Iterator[tuple[Path, IO[bytes]]]:
        """Open a new file where nobody looks for files; it is gone at the end."""
        folder = Path(self._root, _INCOMING) if self._is_folder else Path(tempfile.gettempdir())
        part = folder / f"gondwana-{new_id()}"
        with told_of_disk(folder):
            if self._is_folder:
                folder.mkdir(parents=True, exist_ok=True)
            file = part.open("xb")
        try:
            with file:
                yield part, file
        finally:
            part.unlink(missing_ok=True)

    def _copied(self, stream: IO[bytes], file: IO[bytes]) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if self._largest is not None and size > self._largest:
                raise FileTooLargeError(
                    f"the file has more than {self._largest} bytes",
                    remedy="give a smaller one, or raise the limit `largest_file`",
                )
            digest.update(chunk)
            with told_of_disk(self._root):
                file.write(chunk)
        with told_of_disk(self._root):
            file.flush()
            os.fsync(file.fileno())
        return digest.hexdigest(), size

    def _place(self, part: Path, sha256: str) -> None:
        path = self._path(sha256)
        if not self._is_folder:
            # object stores show a file when all of it is there
            with self._told(sha256):
                self._fs.makedirs(self._fs._parent(path), exist_ok=True)
                self._fs.put_file(str(part), path)
            return
        with told_of_disk(self._root):
            folder = Path(path).parent
            if not folder.is_dir():
                folder.mkdir(exist_ok=True)
                sync_folder(folder.parent)
            part.chmod(stat.S_IMODE(part.stat().st_mode) & ~0o222)
            part.replace(path)
            sync_folder(folder)

    def _checked(self, sha256: str, target: IO[bytes] | None) -> int:
        digest, size = hashlib.sha256(), 0
        with self.open(sha256) as source:
            while chunk := self._read(sha256, source):
                digest.update(chunk)
                size += len(chunk)
                if target is not None:
                    target.write(chunk)
        if digest.hexdigest() != sha256:
            raise FileDamagedError("the stored file is damaged", remedy=_DAMAGED, where=sha256)
        return size

    def _read(self, sha256: str, source: IO[bytes]) -> bytes:
        with self._told(sha256):
            return source.read(_CHUNK)

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except GondwanaError:
            raise
        except FileNotFoundError:
            raise FileMissingError(
                "the file is not in the store", remedy=_DAMAGED, where=what
            ) from None
        except PermissionError as error:
            raise StoreUnavailableError(
                f"the place of the files refuses us ({error})",
                remedy="check the keys or rights with which it is used",
                where=what,
            ) from error
        except Exception as error:  # each file system raises errors of its own library
            raise StoreUnavailableError(
                f"the place of the files does not answer as it should ({error})",
                remedy="check its address and the right to use it",
            ) from error


def _stored(sha256: str, info: dict[str, Any]) -> StoredFile:
    return StoredFile(sha256, int(info["size"] or 0), _put_at(info))


def _put_at(info: dict[str, Any]) -> datetime:
    """Return when a file was written, as the many file systems tell it; now if they do not."""
    for name in ("mtime", "LastModified", "last_modified", "updated", "created"):
        match info.get(name):
            case datetime() as time:
                return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
            case int() | float() as seconds:
                return datetime.fromtimestamp(seconds, UTC)
            case str() as written:
                with suppress(ValueError):
                    time = datetime.fromisoformat(written)
                    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    return datetime.now(UTC)
