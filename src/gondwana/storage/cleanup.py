"""Removing files that nothing names: first a survey, which removes nothing, then the removal.

A file is only removed if it was put long enough ago that whoever put it would have named it by
now; each is looked at again at the moment of its removal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, exists, select, union
from sqlalchemy.exc import IntegrityError

from gondwana.storage import offers
from gondwana.storage.database import Database, insert_if_new
from gondwana.storage.files import FileStore, StoredFile
from gondwana.storage.marks import utc_now
from gondwana.storage.models import File, Offered, Revision

_DIGITS = "0123456789abcdef"
_WRITING = timedelta(hours=1)
"""A part of a file that nobody has written to for so long will not become a file."""


@dataclass(frozen=True)
class Survey:
    """What a clean-up would do, and what it cannot mend.

    Attributes
    ----------
    before : datetime
        Files put since then are left alone.
    unnamed : tuple of StoredFile
        Files that would be removed.
    missing : tuple of str
        Checksums of files that are named and not there.
    """

    before: datetime
    unnamed: tuple[StoredFile, ...]
    missing: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many bytes would be free."""
        return sum(file.size for file in self.unnamed)


@dataclass(frozen=True)
class Removed:
    """What was removed: files, and parts of files that were never stored whole."""

    files: tuple[StoredFile, ...]
    leftovers: int


def survey(database: Database, store: FileStore, *, before: datetime) -> Survey:
    """Find the files put before a time that nothing names; nothing is removed.

    An offer that has waited for too long counts as forgotten.
    """
    unnamed: list[StoredFile] = []
    missing: list[str] = []
    for first in _DIGITS:
        # rows after files: what was named since the listing is seen as named
        present = {file.sha256: file for two in _DIGITS for file in store.listed(first + two)}
        named = _named(database, first)
        unnamed += [file for sha, file in present.items() if sha not in named and file.put < before]
        missing += [sha for sha in named - present.keys() if store.find(sha) is None]
    return Survey(before, tuple(unnamed), tuple(sorted(missing)))


def remove(database: Database, store: FileStore, found: Survey) -> Removed:
    """Remove what a survey found, except what was named or put again since then.

    Offers that have waited for too long are forgotten first.
    """
    with database.transaction() as session:
        offers.forget(session, utc_now() - offers.KEPT)
    gone = [file for file in found.unnamed if _remove_one(database, store, file, found.before)]
    given_up = min(found.before, utc_now() - _WRITING)
    return Removed(tuple(gone), store.remove_leftovers(given_up))


def _named(database: Database, first: str) -> set[str]:
    """Return the checksums that begin with a digit and are named."""
    with database.reading() as session:
        by_revisions = select(Revision.sha256).where(
            Revision.sha256.between(first, first + "g")  # "f" is the last digit
        )
        by_offers = select(Offered.sha256).where(
            Offered.sha256.between(first, first + "g"), Offered.created >= utc_now() - offers.KEPT
        )
        return set(session.scalars(union(by_revisions, by_offers)))


def _remove_one(database: Database, store: FileStore, file: StoredFile, before: datetime) -> bool:
    """Remove a file while its row is ours, so that nobody can name it meanwhile.

    If we are killed in between, the row is back and the bytes are gone: whoever names the file
    next looks for the bytes first.
    """
    sha256 = file.sha256
    unnamed = and_(
        ~exists().where(Revision.sha256 == sha256), ~exists().where(Offered.sha256 == sha256)
    )
    try:
        with database.transaction() as session:
            insert_if_new(session, File, sha256=sha256, size=file.size, created=utc_now())
            taken = session.scalar(
                delete(File).where(File.sha256 == sha256, unnamed).returning(File.sha256),
                execution_options={"synchronize_session": False},
            )
            now = store.find(sha256) if taken else None
            if now is None or now.put >= before:
                return False
            store.remove(sha256)
            return True
    except IntegrityError:  # somebody named it while we waited for its row
        return False
