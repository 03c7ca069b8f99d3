"""The archive of a project: what a build makes of its recipe, in a zip that is never whole here."""

import json
import tracemalloc
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import pytest
import xarray as xr

from gondwana.formats.provenance import arrays_sha256, file_sha256
from gondwana.recipes.build import Request, build
from gondwana.recipes.recipe import locate, read_recipe
from gondwana.services import files, projects, steps
from gondwana.services.archive import archive
from gondwana.services.projects import ProjectInfo
from gondwana.steps.registry import STEPS
from gondwana.storage import revisions
from gondwana.storage.database import Database
from gondwana.storage.errors import FileDamagedError, FileMissingError, NotFoundError
from real_work import COARSE, work
from services_world import Place, globe, new_place, upload

EDIT = {
    "operation": "set", "at": {"box": [-40.0, -20.0, -20.0, 0.0]}, "value": -200.0,
    "reason": "a <bay>", "author": "Ada", "time": "2026-11-22T12:00:00Z",
}  # fmt: skip


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return new_place(database, tmp_path, monkeypatch)


@pytest.fixture
def done(place: Place) -> ProjectInfo:
    """Return a project in which everything was computed."""
    soil = upload(globe(soilcolor=globe()["topo"] * 0.0 + 3.0)[["soilcolor"]], "colours.nc")
    made = place.make(
        name="Eocene: 50 Ma",
        files={"source": upload(name="Routing.nc"), "soil_map": soil},
        parameters=COARSE,
        edits={"internal_oceans": [EDIT]},
    )
    place.employ("demo-fortran")
    place.employ("coupling")
    steps.run(place.platform, place.ada, made.id)
    assert set(work(place, "python", "demo-fortran", "coupling")) == set(STEPS)
    return made


def unpacked(place: Place, project: ProjectInfo, folder: Path) -> Path:
    """Write an archive as a browser would, unpack it, and return its one folder."""
    told = archive(place.platform, place.ada, project.id)
    path = folder / told.name
    with path.open("wb") as file:
        for chunk in told.chunks:
            file.write(chunk)
    assert path.stat().st_size == told.size
    with ZipFile(path) as zipped:
        assert zipped.testzip() is None
        assert {one.compress_type for one in zipped.infolist()} == {ZIP_STORED}
        assert {Path(name).parent for name in zipped.namelist()} == {Path(path.stem)}
        zipped.extractall(folder)
    return folder / path.stem


def built(folder: Path, target: Path) -> None:
    """Build from a recipe and what lies beside it."""
    recipe = read_recipe(folder / "recipe.yaml")
    given = {kind: locate(one, folder / "recipe.yaml") for kind, one in recipe.given.items()}
    build(Request(given=given, parameters=recipe.steps, edits=recipe.edits), target)


def test_it_holds_what_a_build_of_its_recipe_makes(
    place: Place, done: ProjectInfo, tmp_path: Path
) -> None:
    ours = unpacked(place, done, tmp_path)
    theirs = tmp_path / "built"
    built(ours, theirs)
    assert ours.name == "Eocene_50_Ma"
    names = {path.name for path in theirs.iterdir()}
    assert {path.name for path in ours.iterdir()} == {*names, "source.nc", "soil_map.nc"}
    for name in names - {"recipe.yaml", "manifest.json", "checks.json", "report.html"}:
        if name.endswith(".nc"):
            with xr.open_dataset(ours / name) as one, xr.open_dataset(theirs / name) as other:
                assert arrays_sha256(one.load()) == arrays_sha256(other.load()), name
        elif name == "weights_certificate.json":  # its origin tells the time, as attributes do
            pair = [read(folder, name) for folder in (ours, theirs)]
            assert {**pair[0], "origin": None} == {**pair[1], "origin": None}
        else:
            assert (ours / name).read_bytes() == (theirs / name).read_bytes(), name
    assert read(ours, "checks.json") == read(theirs, "checks.json")
    one, other = read_recipe(ours / "recipe.yaml"), read_recipe(theirs / "recipe.yaml")
    assert (one.edits, one.format) == (other.edits, other.format)
    assert {name: one.steps[name] for name in other.steps} == other.steps


def test_its_manifest_tells_what_that_of_a_build_does(
    place: Place, done: ProjectInfo, tmp_path: Path
) -> None:
    ours = unpacked(place, done, tmp_path)
    built(ours, tmp_path / "built")
    one, other = read(ours, "manifest.json"), read(tmp_path / "built", "manifest.json")
    assert list(one) == list(other)
    assert one["versions"] == other["versions"]
    assert one["inputs"] == other["inputs"]
    told = [
        {row["file"]: {**row, "bytes": 0, "sha256": ""} for row in manifest["files"]}
        for manifest in (one, other)
    ]
    assert told[0] == told[1]
    for row in one["files"]:
        path = ours / row["file"]
        assert (row["bytes"], row["sha256"]) == (path.stat().st_size, file_sha256(path))
    assert [{**row, "seconds": 0} for row in one["steps"]] == [
        {**row, "seconds": 0} for row in other["steps"]
    ]
    assert all(row["seconds"] > 0.0 for row in one["steps"])
    page = (ours / "report.html").read_text(encoding="utf-8")
    assert "<title>Eocene: 50 Ma" in page
    assert "a &lt;bay&gt;" in page


def test_a_copy_and_what_was_restored_tell_the_same(
    place: Place, done: ProjectInfo, tmp_path: Path
) -> None:
    files.replace(place.platform, place.ada, done.id, "bathy", upload())
    files.restore(place.platform, place.ada, done.id, "bathy", 1)
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    copy = projects.duplicate(place.platform, place.ada, done.id, name="Copy")
    ours = unpacked(place, done, first)
    theirs = unpacked(place, copy, second)
    for name in ("checks.json", "routing.nc", "bathy.nc", "recipe.yaml"):
        assert (ours / name).read_bytes() == (theirs / name).read_bytes()
    checks = read(theirs, "checks.json")["steps"]
    assert all("no longer" not in note for step in checks for note in step["notes"])


def test_a_project_in_which_nothing_has_run(place: Place, tmp_path: Path) -> None:
    project = place.make(files={"source": upload(name="topo.nc")})
    folder = unpacked(place, project, tmp_path)
    assert {path.name for path in folder.iterdir()} == {
        "topo.nc", "recipe.yaml", "checks.json", "manifest.json", "report.html",
    }  # fmt: skip
    assert read(folder, "checks.json") == {"status": "pass", "steps": []}


def test_files_in_the_place_of_results(place: Place, done: ProjectInfo, tmp_path: Path) -> None:
    for kind in ("regridded", "routing", "coordinates"):
        files.replace(place.platform, place.ada, done.id, kind, upload(name="my own.nc"))
    folder = unpacked(place, done, tmp_path)
    assert (folder / "regridded.nc").read_bytes() == (folder / "routing.nc").read_bytes()
    told = {step["step"]: step["notes"] for step in read(folder, "checks.json")["steps"]}
    assert "routing.nc was given by Ada" in told["routing"]
    assert told["regrid"] == ["regridded.nc was given by Ada"]
    assert told["internal_oceans"][-1].endswith("not up to date")
    assert (folder / "report.txt").read_text().startswith("There is no report: ")
    assert not (folder / "report.html").exists()


def test_who_may_not_see_it_gets_nothing(place: Place) -> None:
    project = place.make()
    with pytest.raises(NotFoundError):
        archive(place.platform, place.actor("Bob"), project.id)


def test_a_missing_file_is_told_before_anything_is_sent(place: Place) -> None:
    project = place.make()
    place.store.remove(files.get(place.platform, place.ada, project.id, "source").sha256)
    with pytest.raises(FileMissingError):
        archive(place.platform, place.ada, project.id)


def test_a_damaged_file_does_not_pass_for_whole(place: Place) -> None:
    project = place.make()
    one = files.get(place.platform, place.ada, project.id, "source")
    told = archive(place.platform, place.ada, project.id)
    path = Path(place.store.uri(one.sha256).removeprefix("file://"))
    path.chmod(0o600)
    path.write_bytes(b"\0" * one.size)
    with pytest.raises(FileDamagedError):
        sum(len(chunk) for chunk in told.chunks)


class Zeros(BytesIO):
    """A stream of so many bytes that are never all there."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.left = size

    def read(self, size: int | None = -1) -> bytes:
        count = self.left if size is None or size < 0 else min(size, self.left)
        self.left -= count
        return bytes(count)


def test_large_files_are_never_in_memory(place: Place) -> None:
    project = place.make()
    sha256 = place.store.put(Zeros(50_000_000)).sha256
    with place.database.transaction() as session:
        revisions.add(session, place.store, project.id, "source", sha256)
    told = archive(place.platform, place.ada, project.id)
    tracemalloc.start()
    try:
        assert sum(len(chunk) for chunk in told.chunks) == told.size > 50_000_000
        assert tracemalloc.get_traced_memory()[1] < 6_000_000
    finally:
        tracemalloc.stop()


def read(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    return found
