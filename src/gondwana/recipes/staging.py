"""All files appear together or not at all: work beside the target, then rename."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gondwana.errors import TargetError
from gondwana.formats.writer import write_failure

MANIFEST = "manifest.json"


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Give a temporary folder beside the target that takes its place at the end.

    Parameters
    ----------
    target : Path
        A new folder, an empty one, or the results of an earlier build, which are replaced.

    Yields
    ------
    Path
        Where to write. If anything goes wrong it is removed and the target stays as it was.

    Raises
    ------
    TargetError
        The target holds something else, or cannot be written.
    """
    target = target.absolute()
    _refuse_other_contents(target)
    new_parents = [parent for parent in target.parents if not parent.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        _remove_empty(new_parents)
        raise write_failure(error, target) from error
    try:
        yield folder
        _swap(folder, target)
    except OSError as error:
        raise write_failure(error, target) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _remove_empty(new_parents)


def _remove_empty(folders: list[Path]) -> None:
    """Take back the parents that were made for nothing, innermost first."""
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()


def _refuse_other_contents(target: Path) -> None:
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise TargetError(
            "exists and is not a folder", remedy="choose another --out", where=str(target)
        )
    try:
        foreign = target.is_dir() and any(target.iterdir()) and not (target / MANIFEST).is_file()
    except OSError as error:
        raise write_failure(error, target) from error
    if foreign:
        raise TargetError(
            "holds files that are not the results of a build",
            remedy="choose another --out, or empty it",
            where=str(target),
        )


def _swap(folder: Path, target: Path) -> None:
    """Put the folder in the target's place; the old results vanish only afterwards."""
    folder.chmod(0o755)
    if not target.exists():
        folder.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
    target.rename(old / "results")
    try:
        folder.rename(target)
    except OSError:
        (old / "results").rename(target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
