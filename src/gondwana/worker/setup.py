"""What a child process is told when it starts, and the folders in which jobs are done."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from gondwana.storage.files import FileStore

REGISTRY = "gondwana.steps.registry:STEPS"
"""Where a child finds the functions and programs of the steps: a module, and a mapping in it."""

_PREFIX = "gondwana-worker-"
_LOCK = "lock"
_YOUNG = 60.0  # seconds in which a folder may still be without its lock


class Setup(BaseModel):
    """What a child needs to know besides its tasks."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    store: str
    largest: int | None
    folder: str
    program: str | None = None
    steps: str = REGISTRY


def place_of(store: FileStore) -> str:
    """Return the URL of a store, from which a child opens it anew."""
    nothing = "0" * 64
    return store.uri(nothing).removesuffix(f"/{nothing[:2]}/{nothing}")


@contextmanager
def job_folders() -> Iterator[Path]:
    """Give a folder for all jobs of a worker; those of workers that were killed are removed."""
    _remove_leftovers()
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder


def _remove_leftovers() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        # another user's, or removed by somebody else at this moment
        with suppress(OSError):
            if _is_left(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_left(folder: Path) -> bool:
    """Tell whether the worker that made a folder is gone: its lock went with it."""
    try:
        with (folder / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime > _YOUNG
    except BlockingIOError:
        return False
