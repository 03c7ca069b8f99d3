"""Everything of a project as one zip file, which is written while it is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from zipstream import ZipStream

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.errors import InputError
from gondwana.services.outcome import REPORT, outcome, papers
from gondwana.services.reports import report_of
from gondwana.storage.errors import FileDamagedError, FileMissingError
from gondwana.storage.files import FileStore

_CHUNK = 1024 * 1024
_LONGEST_NAME = 80
_NO_REPORT = "report.txt"


@dataclass(frozen=True)
class Archive:
    """A zip file on its way out.

    Attributes
    ----------
    name : str
        Name of the file; its folder is called the same, without the ending.
    size : int
        Bytes.
    chunks : iterator of bytes
        To be read once. It stops with an error if a stored file turns out to be damaged.
    """

    name: str
    size: int
    chunks: Iterator[bytes]


def archive(platform: Platform, actor: Actor, project_id: str) -> Archive:
    """Return all that a build makes of a project, and what it makes it from, as a zip file.

    It holds the published files, ``checks.json``, ``manifest.json`` and ``report.html`` under the
    names that a build gives them, and ``recipe.yaml`` beside the files that were given, so that
    ``gondwana build --recipe recipe.yaml`` makes the same again. A file that a person put in the
    place of a result may be such that no report can be drawn; ``report.txt`` then tells why.

    Raises
    ------
    NotFoundError
        There is no such project.
    FileMissingError
        A file is not in the store.
    BusyError
        Too many reports are being drawn.
    """
    found = outcome(platform, actor, project_id)
    wanted = {**found.exported.files, **{one.file_name: one for one in found.files}}
    for one in wanted.values():
        if platform.store.find(one.sha256) is None:
            raise FileMissingError("the file is not in the store", where=one.file_name)
    texts: dict[str, bytes] = {}
    try:
        page = texts[REPORT] = report_of(platform, found)
    except InputError as error:
        page, texts[_NO_REPORT] = None, f"There is no report: {error}.\n".encode()
    texts |= papers(found, page)
    name = _plain(found.project.name)
    zipped = ZipStream(sized=True)
    for file, one in wanted.items():
        content = _checked(platform.store, one.sha256, file)
        zipped.add(content, f"{name}/{file}", size=one.size)
    for file, text in sorted(texts.items()):
        zipped.add(text, f"{name}/{file}")
    return Archive(f"{name}.zip", len(zipped), iter(zipped))


def _checked(store: FileStore, checksum: str, name: str) -> Iterator[bytes]:
    """Read a file; what is damaged ends in an error, so that nobody takes it for whole."""
    digest = sha256()
    with store.open(checksum) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            yield chunk
    if digest.hexdigest() != checksum:
        raise FileDamagedError("the stored file is damaged", where=name)


def _plain(name: str) -> str:
    """Return the name of a project as every system takes it for a file or folder."""
    plain = re.sub(r"[^\w\-.]+", "_", name).strip("._")
    return plain[:_LONGEST_NAME].rstrip("._") or "project"
