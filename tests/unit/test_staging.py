"""Results appear together or not at all."""

import json
from pathlib import Path

import pytest

from gondwana.errors import TargetError
from gondwana.recipes.staging import MANIFEST, staged


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in files}


def write(folder: Path, text: str) -> None:
    """Write what a build leaves: files, and a manifest that lists them."""
    manifest = {"versions": {"gondwana": text}, "files": [{"file": "routing.nc"}]}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    (folder / "routing.nc").write_text(text)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_target_in_new_folders(tmp_path: Path) -> None:
    with staged(tmp_path / "a" / "b" / "out") as folder:
        write(folder, "new")
        assert not (tmp_path / "a" / "b" / "out").exists()
    assert names(tmp_path / "a" / "b" / "out") == [MANIFEST, "routing.nc"]


def test_earlier_results_are_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write(out, "old")
    with staged(out) as folder:
        write(folder, "new")
    assert (out / "routing.nc").read_text() == "new"
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("manifest", ['{"name": "a web page"}', "[]", "no JSON", '{"files": []}'])
def test_a_manifest_of_somebody_else_opens_no_door(tmp_path: Path, manifest: str) -> None:
    (tmp_path / MANIFEST).write_text(manifest)
    with pytest.raises(TargetError, match="no build has written"), staged(tmp_path):
        pytest.fail("the body must not run")
    assert (tmp_path / MANIFEST).read_text() == manifest


def test_a_file_added_to_the_results_is_not_lost(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write(out, "old")
    (out / "thesis.tex").write_text("years of work")
    with pytest.raises(TargetError, match=r"holds thesis\.tex"), staged(out):
        pytest.fail("the body must not run")
    assert "thesis.tex" in names(out)


def test_a_file_added_while_building_is_not_lost(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(TargetError, match=r"holds thesis\.tex"), staged(out) as folder:
        write(folder, "new")
        (out / "thesis.tex").write_text("years of work")
    assert names(out) == ["thesis.tex"]


def test_a_file_that_is_read_is_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write(out, "old")
    with pytest.raises(TargetError, match="this very run reads"), staged(out, [out / "routing.nc"]):
        pytest.fail("the body must not run")


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
    assert names(tmp_path / "out") == [MANIFEST, "routing.nc"]


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with (
        pytest.raises(TargetError, match=r"holds thesis\.tex, which no build has written"),
        staged(tmp_path),
    ):
        pytest.fail("the body must not run")
    assert contents(tmp_path) == {"thesis.tex": "years of work"}


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(TargetError, match="not a folder"), staged(tmp_path / "out"):
        pytest.fail("the body must not run")


def test_a_place_that_cannot_be_written_is_told() -> None:
    with (
        pytest.raises(TargetError, match=r"/proc/nowhere/out.*another place"),
        staged(Path("/proc/nowhere/out")),
    ):
        pytest.fail("the body must not run")
