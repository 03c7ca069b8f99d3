"""What an administrator does for the whole installation: looking after files, cleaning up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.errors import ParameterError
from gondwana.services.door import reading, visiting
from gondwana.storage import cleanup, projects
from gondwana.storage.errors import FileDamagedError, FileMissingError
from gondwana.storage.marks import utc_now
from gondwana.storage.models import File, Project, Revision

KEEP_DELETED = timedelta(days=30)
"""So long a deleted project can be taken back."""

SPARE = timedelta(days=1)
"""Files younger than this are never removed: somebody may be about to name them."""


@dataclass(frozen=True)
class Survey:
    """What a clean-up would do.

    Attributes
    ----------
    projects : tuple of str
        Names of projects that were deleted long ago and would be removed for good, with what
        they alone name.
    files, size : int
        How many files nothing names already, and their bytes.
    missing : tuple of str
        Checksums of files that are named and not there, which no clean-up can mend.
    before : datetime
        Files put since then are left alone.
    keep_deleted : timedelta
    """

    projects: tuple[str, ...]
    files: int
    size: int
    missing: tuple[str, ...]
    before: datetime
    keep_deleted: timedelta


@dataclass(frozen=True)
class Removed:
    """What a clean-up has done: projects, files and their bytes, and parts of files."""

    projects: int
    files: int
    size: int
    leftovers: int


@dataclass(frozen=True)
class FilesChecked:
    """What was found in the store: how many files are named, which are missing or damaged."""

    files: int
    missing: tuple[str, ...]
    damaged: tuple[str, ...]


def survey(
    platform: Platform,
    actor: Actor,
    *,
    keep_deleted: timedelta = KEEP_DELETED,
    spare: timedelta = SPARE,
) -> Survey:
    """Find out what a clean-up would do, as an administrator; nothing is removed.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    keep_deleted : timedelta
        How long a deleted project can be taken back.
    spare : timedelta
        How young a file has to be so that it is left alone.

    Raises
    ------
    ForbiddenError
    ParameterError
        A time below 0.
    """
    if min(keep_deleted, spare) < timedelta():
        raise ParameterError("a time is below 0", remedy="give days from 0")
    now = utc_now()
    with reading(platform, actor, admin=True) as visit:
        gone = select(Project.name).where(Project.deleted < now - keep_deleted)
        names = tuple(visit.session.scalars(gone.order_by(Project.name)))
    found = cleanup.survey(platform.database, platform.store, before=now - spare)
    return Survey(names, len(found.unnamed), found.size, found.missing, found.before, keep_deleted)


def clean(platform: Platform, actor: Actor, found: Survey) -> Removed:
    """Do what a survey told, as an administrator; what was named since then stays.

    Raises
    ------
    ForbiddenError
    """
    with visiting(platform, actor, admin=True) as visit:
        purged = projects.purge(visit.session, utc_now() - found.keep_deleted)
    files = cleanup.survey(platform.database, platform.store, before=found.before)
    removed = cleanup.remove(platform.database, platform.store, files)
    size = sum(file.size for file in removed.files)
    return Removed(purged, len(removed.files), size, removed.leftovers)


def check_files(platform: Platform, actor: Actor, *, whole: bool = False) -> FilesChecked:
    """Look for every file that is named, as an administrator.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    whole : bool
        Read each, to see whether its bytes are what they were; this takes long.

    Raises
    ------
    ForbiddenError
    """
    with reading(platform, actor, admin=True) as visit:
        named = select(File.sha256).where(File.sha256.in_(select(Revision.sha256)))
        checksums = list(visit.session.scalars(named.order_by(File.sha256)))
    missing, damaged = [], []
    for sha256 in checksums:
        try:
            if whole:
                platform.store.verify(sha256)
            elif platform.store.find(sha256) is None:
                missing.append(sha256)
        except FileMissingError:
            missing.append(sha256)
        except FileDamagedError:
            damaged.append(sha256)
    return FilesChecked(len(checksums), tuple(missing), tuple(damaged))
