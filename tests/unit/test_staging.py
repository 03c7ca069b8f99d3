"""Results appear together or not at all."""

import errno
from pathlib import Path

import pytest

from gondwana.errors import TargetError
from gondwana.recipes.staging import MANIFEST, staged


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in files}


def write(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text)
    (folder / "routing.nc").write_text(text)


def test_a_new_target_in_new_folders(tmp_path: Path) -> None:
    with staged(tmp_path / "a" / "b" / "out") as folder:
        write(folder, "new")
        assert not (tmp_path / "a" / "b" / "out").exists()
    assert contents(tmp_path) == {f"a/b/out/{name}": "new" for name in (MANIFEST, "routing.nc")}


def test_earlier_results_are_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write(out, "old")
    (out / "left_over.nc").write_text("old")
    with staged(out) as folder:
        write(folder, "new")
    assert contents(tmp_path) == {f"out/{name}": "new" for name in (MANIFEST, "routing.nc")}


def test_a_failure_leaves_everything_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write(out, "old")
    before = contents(tmp_path)
    with pytest.raises(ZeroDivisionError), staged(out) as folder:
        write(folder, "new")
        raise ZeroDivisionError
    assert contents(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_failure_takes_back_new_folders(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), staged(tmp_path / "a" / "b" / "out"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_may_be_the_target(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with staged(tmp_path / "out") as folder:
        write(folder, "new")
    assert (tmp_path / "out" / MANIFEST).read_text() == "new"


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(TargetError, match="not the results of a build"), staged(tmp_path):
        pytest.fail("the body must not run")
    assert contents(tmp_path) == {"thesis.tex": "years of work"}


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(TargetError, match="not a folder"), staged(tmp_path / "out"):
        pytest.fail("the body must not run")


def test_a_place_that_cannot_be_written_is_told() -> None:
    with (
        pytest.raises(TargetError, match=r"/proc/nowhere/out.*--out"),
        staged(Path("/proc/nowhere/out")),
    ):
        pytest.fail("the body must not run")


def test_a_full_disk_while_writing_is_told(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="disk is full"), staged(tmp_path / "out"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []
