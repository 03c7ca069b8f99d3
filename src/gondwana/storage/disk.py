"""Writing to a disk: what goes wrong, told; what was written, kept through a power cut."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gondwana.errors import TargetError
from gondwana.storage.errors import StoreUnavailableError


@contextmanager
def told_of_disk(where: str | Path) -> Iterator[None]:
    """Tell a failed write as something a person can act on.

    Raises
    ------
    TargetError
        The disk is full.
    StoreUnavailableError
        Anything else.
    """
    try:
        yield
    except OSError as error:
        place = str(where)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise TargetError("the disk is full", remedy="free some space", where=place) from error
        raise StoreUnavailableError(
            f"cannot be written ({error.strerror})", remedy="check the permissions", where=place
        ) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
