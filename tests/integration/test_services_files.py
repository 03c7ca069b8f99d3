"""Files and recipes through the services: up, down, back again, compared, exported, cleaned up."""

import hashlib
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from gondwana.errors import InputError, ParameterError, TargetError
from gondwana.recipes.build import Request, build
from gondwana.recipes.recipe import Recipe, locate, read_recipe
from gondwana.services import (
    comparing,
    files,
    projects,
    recipes,
    steps,
    upkeep,
    uploads,
)
from gondwana.services.projects import ProjectInfo
from gondwana.services.uploads import Upload
from gondwana.storage import revisions
from gondwana.storage.cleanup import survey as storage_survey
from gondwana.storage.database import Database
from gondwana.storage.errors import ConflictError, NotFoundError
from services_world import Place, globe, netcdf, new_place, upload


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return new_place(database, tmp_path, monkeypatch)


@pytest.fixture
def project(place: Place) -> ProjectInfo:
    """Return a project whose first two steps were run."""
    made = place.make()
    place.work()
    steps.run(place.platform, place.ada, made.id, ["internal_oceans"])
    place.work()
    return made


def warmer() -> bytes:
    changed = globe()
    changed["topo"][9, 18] = -100.0
    return netcdf(changed)


def test_what_there_is(place: Place, project: ProjectInfo) -> None:
    present = files.current(place.platform, place.ada, project.id)
    kinds = [one.kind for one in present]
    assert kinds[:2] == ["source", "regridded"]
    assert {"topography", "routing", "coordinates"} <= set(kinds)
    source, regridded = present[:2]
    assert (source.number, source.step, source.author, source.note) == (1, "", "Ada", "eocene.nc")
    assert (source.size, source.sha256) == (
        len(netcdf(globe())), hashlib.sha256(netcdf(globe())).hexdigest(),
    )  # fmt: skip
    assert (regridded.step, regridded.file_name) == ("regrid", "regridded.nc")
    assert all(one.is_current for one in present)


def test_downloads(place: Place, project: ProjectInfo, tmp_path: Path) -> None:
    with files.opened(place.platform, place.ada, project.id, "source") as (info, stream):
        assert info.size == len(stream.read())
        stream.seek(100)
        assert stream.read(4) == netcdf(globe())[100:104]
    target = tmp_path / "mine.nc"
    files.fetch(place.platform, place.ada, project.id, "source", target)
    assert target.read_bytes() == netcdf(globe())
    with pytest.raises(NotFoundError, match="no file of the kind 'soil_map'"):
        files.get(place.platform, place.ada, project.id, "soil_map")
    with pytest.raises(NotFoundError, match="no revision 7"):
        files.get(place.platform, place.ada, project.id, "source", 7)
    with pytest.raises(ParameterError, match="no kind of file 'nonsense'"):
        files.get(place.platform, place.ada, project.id, "nonsense")


def test_another_topography_makes_everything_run_again(place: Place, project: ProjectInfo) -> None:
    platform, ada = place.platform, place.ada
    made = files.replace(
        platform, ada, project.id, "source", Upload("b.nc", BytesIO(warmer())), note="wet"
    )
    assert (made.revision.number, made.revision.note) == (2, "wet")
    assert made.file.found["variable"] == "topo"
    assert projects.get(platform, ada, project.id).file_name == "b.nc"
    assert place.words(project)["regrid"] == "stale"
    assert place.work("b")[0] == "regrid"
    history = files.history(platform, ada, project.id, "source")
    assert [(one.number, one.is_current) for one in history] == [(2, True), (1, False)]
    back = files.restore(platform, ada, project.id, "source", 1, note="dry again")
    assert (back.number, back.restored_from, back.sha256) == (3, 1, history[1].sha256)
    with pytest.raises(InputError, match="not a NetCDF"):
        files.replace(platform, ada, project.id, "source", upload(b"<html>"))
    assert files.get(platform, ada, project.id, "source").number == 3


def test_the_same_file_again_runs_nothing(place: Place, project: ProjectInfo) -> None:
    present = files.get(place.platform, place.ada, project.id, "routing")
    with place.store.open(present.sha256) as stream:
        content = stream.read()
    files.replace(place.platform, place.ada, project.id, "source", upload())
    assert place.words(project)["routing"] == "fresh"
    with pytest.raises(InputError):  # made up by the test, and not NetCDF
        files.replace(place.platform, place.ada, project.id, "routing", upload(content))
    assert place.work() == []


def test_ones_own_file_stands_as_a_result(place: Place, project: ProjectInfo) -> None:
    platform, ada = place.platform, place.ada
    mine = upload(globe(), "my routing.nc")
    made = files.replace(platform, ada, project.id, "routing", mine)
    assert (made.revision.step, made.revision.number) == ("", 2)
    place.work()
    assert place.words(project)["routing"] == "fresh"
    assert recipes.exported(platform, ada, project.id).replaced == ("routing",)
    files.restore(platform, ada, project.id, "routing", 1)
    assert recipes.exported(platform, ada, project.id).replaced == ()


def test_a_file_is_not_put_under_a_running_step(place: Place) -> None:
    project = place.make()
    place.pump()
    with pytest.raises(ConflictError, match="'regrid' is running"):
        files.replace(place.platform, place.ada, project.id, "regridded", upload())
    assert files.history(place.platform, place.ada, project.id, "regridded") == []


def test_two_people_with_files_of_one_kind_at_once(place: Place, project: ProjectInfo) -> None:
    platform, ada = place.platform, place.ada
    files.replace(platform, ada, project.id, "source", upload(warmer()), based_on=1)
    with pytest.raises(ConflictError, match="somebody else") as caught:
        files.replace(platform, ada, project.id, "source", upload(), based_on=1)
    assert caught.value.http_status == 409
    assert files.get(platform, ada, project.id, "source").number == 2


def test_doing_without_a_file(place: Place) -> None:
    soil = upload(globe(soilcolor=globe()["topo"] * 0.0 + 3.0)[["soilcolor"]])
    project = place.make(files={"source": upload(), "soil_map": soil})
    platform, ada = place.platform, place.ada
    files.take_away(platform, ada, project.id, "soil_map")
    assert [one.kind for one in files.current(platform, ada, project.id)] == ["source"]
    with pytest.raises(NotFoundError):
        files.take_away(platform, ada, project.id, "soil_map")
    with pytest.raises(ConflictError, match="is needed"):
        files.take_away(platform, ada, project.id, "source")
    files.restore(platform, ada, project.id, "soil_map", 1)
    assert len(files.current(platform, ada, project.id)) == 2


def test_comparing(place: Place, project: ProjectInfo) -> None:
    platform, ada = place.platform, place.ada
    changed = globe()
    changed["topo"][9, 18] = -100.0
    changed["topo"][9, 19] = np.nan
    changed["more"] = ("n", [1, 2])
    files.replace(platform, ada, project.id, "source", upload())
    first, same = (comparing.Which(project.id, "source", number) for number in (1, 2))
    assert comparing.compare(platform, ada, first, same).same_bytes
    other = place.make(name="Other")
    sha256 = place.store.put(BytesIO(netcdf(changed))).sha256
    found = comparing.compare(platform, ada, first, comparing.Which(other.id, "source"))
    assert found.same_arrays
    with place.database.transaction() as session:
        revisions.add(session, place.store, other.id, "source", sha256)
    found = comparing.compare(platform, ada, first, comparing.Which(other.id, "source"))
    assert not (found.same_bytes or found.same_arrays)
    told = {one.name: (one.outcome, one.changed, one.largest) for one in found.variables}
    assert told == {
        "lat": ("same", 0, None),
        "lon": ("same", 0, None),
        "more": ("only in the second", 0, None),
        "topo": ("differs", 2, 600.0),
    }
    with pytest.raises(InputError, match=r"^first routing\.nc: is not a NetCDF"):
        comparing.compare(platform, ada, comparing.Which(project.id, "routing"), first)


def test_a_recipe_goes_out_and_comes_in_and_builds_the_same(place: Place, tmp_path: Path) -> None:
    platform, ada = place.platform, place.ada
    project = place.make(
        name="Eocene",
        files={"source": upload(globe(5.0), "recipe.yaml")},
        parameters={"regrid": {"resolution": 4.0}},
        edits={"internal_oceans": [EDIT]},
    )
    first = tmp_path / "first"
    told = recipes.export_to(platform, ada, project.id, first)
    assert sorted(path.name for path in first.iterdir()) == ["recipe.yaml", "source.nc"]
    assert told.replaced == ()
    with pytest.raises(TargetError, match="holds something already"):
        recipes.export_to(platform, ada, project.id, first)
    recipe = read_recipe(first / "recipe.yaml")
    path = locate(recipe.given["source"], first / "recipe.yaml")
    with uploads.opened({"source": path}, {"source": recipe.given["source"].sha256}) as given:
        again = recipes.import_recipe(platform, ada, "Again", recipe, given).project
    second = tmp_path / "second"
    recipes.export_to(platform, ada, again.id, second)
    assert read_recipe(second / "recipe.yaml") == recipe
    assert built(first, tmp_path / "one") == built(second, tmp_path / "two")
    wished = Request(
        given={"source": path},
        parameters={"regrid": {"resolution": 4.0}},
        edits=recipe.edits,
        until="internal_oceans",
    )
    (record,) = build(wished, tmp_path / "three")[-1:]
    assert record.arrays == built(first, tmp_path / "four")


EDIT = {
    "operation": "set", "at": {"box": [-40.0, -20.0, -20.0, 0.0]}, "value": -200.0,
    "reason": "a bay", "author": "Ada", "time": "2026-11-22T12:00:00Z",
}  # fmt: skip


def built(folder: Path, target: Path) -> dict[str, str]:
    recipe = read_recipe(folder / "recipe.yaml")
    request = Request(
        given={kind: locate(one, folder / "recipe.yaml") for kind, one in recipe.given.items()},
        parameters=recipe.steps,
        edits=recipe.edits,
        until="internal_oceans",
    )
    return build(request, target)[-1].arrays


def test_a_recipe_with_what_is_unknown_is_refused(place: Place) -> None:
    platform, ada = place.platform, place.ada
    given = {"source": upload()}
    with pytest.raises(ParameterError, match="there is no step 'nonsense'"):
        recipes.import_recipe(platform, ada, "x", Recipe(steps={"nonsense": {"a": 1}}), given)
    named = Recipe.model_validate({"given": {"soil_map": {"file": "s.nc", "sha256": "0"}}})
    with pytest.raises(ParameterError, match=r"names s\.nc, which was not given"):
        recipes.import_recipe(platform, ada, "x", named, given)
    assert projects.listed(platform, ada) == []


def test_cleaning_up(place: Place, project: ProjectInfo) -> None:
    platform, admin = place.platform, place.admin
    lost = place.store.put(BytesIO(b"nobody names this")).sha256
    now = timedelta()
    found = upkeep.survey(platform, admin, spare=now)
    assert (found.files, found.size, found.projects) == (1, 17, ())
    assert upkeep.survey(platform, admin).files == 0  # too young
    assert place.store.find(lost) is not None
    removed = upkeep.clean(platform, admin, found)
    assert (removed.files, removed.size, removed.projects) == (1, 17, 0)
    assert place.store.find(lost) is None
    projects.delete(platform, place.ada, project.id)
    place.pump()
    assert upkeep.survey(platform, admin, spare=now).projects == ()
    found = upkeep.survey(platform, admin, spare=now, keep_deleted=now)
    assert found.projects == ("Eocene",)
    removed = upkeep.clean(platform, admin, found)
    assert removed.projects == 1
    assert removed.files > 3
    assert storage_survey(place.database, place.store, before=found.before).unnamed == ()
    with pytest.raises(ParameterError):
        upkeep.survey(platform, admin, spare=timedelta(days=-1))


def test_files_are_checked(place: Place, project: ProjectInfo) -> None:
    platform, admin = place.platform, place.admin
    good = upkeep.check_files(platform, admin, whole=True)
    assert good.files > 3
    assert (good.missing, good.damaged) == ((), ())
    routing, topography = (
        files.get(platform, admin, project.id, kind).sha256 for kind in ("routing", "topography")
    )
    place.store.remove(routing)
    stored = Path(place.store._path(topography))
    stored.chmod(0o644)
    stored.write_bytes(b"other bytes")
    assert upkeep.check_files(platform, admin).missing == (routing,)
    found = upkeep.check_files(platform, admin, whole=True)
    assert (found.missing, found.damaged) == ((routing,), (topography,))


def test_files_are_the_same_whatever_they_are_called(place: Place) -> None:
    one = place.make()
    other = place.make(name="b", files={"source": upload(name="other.nc")})
    a, b = (files.get(place.platform, place.ada, p.id, "source") for p in (one, other))
    assert a.sha256 == b.sha256
    assert len(list(place.store)) == 1
