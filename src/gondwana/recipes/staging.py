"""All files appear together or not at all: work beside the target, then rename."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gondwana.errors import TargetError
from gondwana.formats.writer import write_failure

MANIFEST = "manifest.json"


@contextmanager
def staged(target: Path, keep: Iterable[Path] = ()) -> Iterator[Path]:
    """Give a temporary folder beside the target that takes its place at the end.

    Parameters
    ----------
    target : Path
        A new folder, an empty one, or the results of an earlier build, which are replaced.
    keep : iterable of Path
        Files that are still needed: a target that holds one of them is refused.

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
    _refuse_other_contents(target, keep)
    new_parents = [parent for parent in target.parents if not parent.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        _remove_empty(new_parents)
        raise write_failure(error, target) from error
    try:
        yield folder
        _refuse_other_contents(target, keep)
        try:
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


def _refuse_other_contents(target: Path, keep: Iterable[Path]) -> None:
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise TargetError(
            "exists and is not a folder", remedy="choose another --out", where=str(target)
        )
    if Path.cwd().is_relative_to(target):
        raise TargetError(
            "is the folder you stand in, which would be replaced",
            remedy="choose a folder inside it",
            where=str(target),
        )
    inside = [path for path in keep if path.resolve().is_relative_to(target.resolve())]
    if inside:
        raise TargetError(
            f"holds {inside[0].name}, which this very run reads",
            remedy="choose another --out",
            where=str(target),
        )
    try:
        foreign = sorted(_names(target) - _written_by_a_build(target)) if target.is_dir() else []
    except OSError as error:
        raise write_failure(error, target) from error
    if foreign:
        raise TargetError(
            f"holds {foreign[0]}, which no build has written",
            remedy="choose another --out, or move the file away",
            where=str(target),
        )


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _written_by_a_build(folder: Path) -> set[str]:
    """Names that the folder's manifest lists; none if it has no manifest of ours."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if "gondwana" not in manifest["versions"]:
            return set()
        return {MANIFEST, *(str(file["file"]) for file in manifest["files"])}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _swap(folder: Path, target: Path) -> None:
    """Put the folder in the target's place; the old results vanish only afterwards."""
    folder.chmod(_usual_mode())
    if not target.exists():
        folder.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
    target.rename(old / "results")
    try:
        folder.rename(target)
    except BaseException:  # also when stopped between the two: nothing may be lost
        if not target.exists():
            (old / "results").rename(target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _usual_mode() -> int:
    """Permissions of a new folder; the temporary one is private."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o777 & ~mask
