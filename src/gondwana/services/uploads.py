"""Files that somebody gives: stored as they come, then looked at before anything names them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from gondwana.dispatcher.platform import Platform
from gondwana.errors import GondwanaError, InputError
from gondwana.services import asking
from gondwana.services.quotas import Usage, bounded
from gondwana.steps.kinds import KINDS

TOPOGRAPHY = "source"
"""The kind that every project begins with."""

_LONGEST_NAME = 120


@dataclass(frozen=True)
class Upload:
    """A file on its way in.

    Attributes
    ----------
    name : str
        What its giver calls it.
    stream : binary file
        Read once, from where it stands.
    sha256 : str
        If given, what it has to be.
    """

    name: str
    stream: IO[bytes]
    sha256: str = ""


@dataclass(frozen=True)
class Stored:
    """A file that was taken in: it is in the store, and what was found in it.

    Attributes
    ----------
    kind, name, sha256 : str
    size : int
    found : mapping
        Of a topography: ``variable``, ``longitude``, ``latitude`` (names), ``rows``, ``columns``,
        ``land`` (fraction of the area), ``lowest``, ``highest`` (metres), ``notes``. Of any other
        file: ``variables``, ``notes``.
    """

    kind: str
    name: str
    sha256: str
    size: int
    found: Mapping[str, Any]

    @property
    def given(self) -> dict[str, str] | None:
        """What a project tells of its topography; None for any other file."""
        if self.kind != TOPOGRAPHY:
            return None
        names = {name: str(self.found[name]) for name in ("longitude", "latitude")}
        return {"file_name": self.name, **names}


@contextmanager
def opened(paths: Mapping[str, Path], sha256: Mapping[str, str]) -> Iterator[dict[str, Upload]]:
    """Open files of this machine as uploads.

    Parameters
    ----------
    paths : mapping of str to Path
        By kind.
    sha256 : mapping of str to str
        What some of them have to be.

    Raises
    ------
    InputError
        One cannot be read.
    """
    with ExitStack() as stack:
        uploads = {}
        for kind, path in paths.items():
            try:
                stream = stack.enter_context(path.open("rb"))
            except OSError as error:
                raise InputError(
                    f"cannot be read ({error.strerror})", remedy="check the path", where=str(path)
                ) from None
            uploads[kind] = Upload(path.name, stream, sha256.get(kind, ""))
        yield uploads


def take_in(
    platform: Platform,
    kind: str,
    upload: Upload,
    usage: Usage,
    reading: Mapping[str, Any] | None = None,
) -> Stored:
    """Store a file and look at it.

    What is refused stays in the store without a name until the next clean-up.

    Parameters
    ----------
    platform : Platform
    kind : str
    upload : Upload
    usage : Usage
        Of whoever's file it will be.
    reading : mapping, optional
        Of a topography: parameters of the step ``regrid``, which say how to read it.

    Raises
    ------
    InputError
        It is not NetCDF, cannot be used as this kind, or is not the file that was meant.
    QuotaError, FileTooLargeError, TargetError, StoreUnavailableError
        It cannot be stored.
    """
    file = stored(platform, kind, upload, usage)
    if not is_netcdf(kind):
        return file
    with laid_out(platform, {file.name: file.sha256}) as folder, told_by_name(folder):
        path = str(folder / file.name)
        found, _ = asking.ask("file", kind=kind, path=path, reading=dict(reading or {}))
    return replace(file, found=found)


def stored(platform: Platform, kind: str, upload: Upload, usage: Usage) -> Stored:
    """Store a file, without a look at it; raises as `take_in`."""
    name = plain_name(upload.name)
    file = platform.store.put(bounded(upload.stream, usage))
    if upload.sha256 and upload.sha256 != file.sha256:
        raise InputError(
            "is not the file that was meant (its sha256 differs)",
            remedy="send it again, or give the right one",
            where=name,
        )
    return Stored(kind, name, file.sha256, file.size, {"variables": [], "notes": []})


def is_netcdf(kind: str) -> bool:
    """Tell whether files of a kind are NetCDF, as all of ours are."""
    return kind not in KINDS or KINDS[kind].filename.endswith(".nc")


@contextmanager
def laid_out(platform: Platform, files: Mapping[str, str]) -> Iterator[Path]:
    """Make stored files readable in a folder for a while, under names of our choice."""
    with TemporaryDirectory(prefix="gondwana-") as name:
        folder = Path(name)
        for file, sha256 in files.items():
            platform.store.lay(sha256, folder / file)
        yield folder


@contextmanager
def told_by_name(folder: Path) -> Iterator[None]:
    """Let errors about files of a folder name them as their giver does."""
    try:
        yield
    except GondwanaError as error:
        error.where = error.where.replace(f"{folder}/", "")
        error.problem = error.problem.replace(f"{folder}/", "")
        raise


def plain_name(name: str) -> str:
    """Return the name of a file without folders and without what cannot be seen."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join(letter for letter in last if not unicodedata.category(letter).startswith("C"))
    plain = " ".join(seen.split()).lstrip(".")
    if len(plain) > _LONGEST_NAME:
        suffix = Path(plain).suffix[:20]
        plain = plain[: _LONGEST_NAME - len(suffix)] + suffix
    return plain or "file.nc"
