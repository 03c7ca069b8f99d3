"""Projects through the services: making, finding, copying, sharing, deleting."""

import hashlib
from collections.abc import Callable
from io import BytesIO
from itertools import count
from pathlib import Path

import pytest

from gondwana.accounts.errors import ForbiddenError
from gondwana.accounts.permissions import Actor, Right
from gondwana.errors import GondwanaError, InputError, ParameterError
from gondwana.services import comparing, files, projects, recipes, runs, sharing, status, steps
from gondwana.services.uploads import Upload, plain_name
from gondwana.storage.database import Database
from gondwana.storage.errors import ConflictError, NameTakenError, NotFoundError
from gondwana.storage.words import Access, RunStatus
from services_world import Place, globe, netcdf, new_place, upload


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return new_place(database, tmp_path, monkeypatch)


def test_a_new_project_knows_its_file_and_begins_to_run(place: Place) -> None:
    made = projects.create(
        place.platform,
        place.ada,
        "Eocene",
        {"source": upload(name="C:\\maps\\../eocene 60Ma.nc")},
        info="  the first one ",
        parameters={"regrid": {"resolution": "native"}, "bathymetry": {"minimum_depth": 20}},
        edits={
            "internal_oceans": [
                {"operation": "keep", "at": {"point": [0, 0]}, "reason": "a lake"},
            ]
        },
    )
    project = made.project
    assert (project.name, project.owner, project.right) == ("Eocene", "Ada", Right.OWN)
    assert (project.file_name, project.longitude, project.latitude) == (
        "eocene 60Ma.nc", "lon", "lat",
    )  # fmt: skip
    assert project.info == "the first one"
    found = made.files["source"].found
    assert (found["rows"], found["columns"], found["variable"]) == (18, 36, "topo")
    assert 0.2 < found["land"] < 0.4
    assert steps.settings(place.platform, place.ada, project.id, "regrid").parameters[
        "resolution"
    ] == ("native")
    done = place.work()
    assert {"regrid", "internal_oceans", "routing"} <= set(done)  # edits ask for their step
    assert projects.listed(place.platform, place.ada)[0].overall == "awaiting you"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the file is empty"),
        (b"<html>not found</html>", "is not a NetCDF file"),
        (netcdf(globe())[:2000], "cut short or damaged"),
        (b"\x89HDF\r\n\x1a\n" + b"junk" * 500, "the file is damaged or cut short"),
        (netcdf(globe(other=globe()["topo"] * 2.0)[["topo", "other"]].rename(topo="a")), "several"),
        (netcdf(globe().isel(lat=slice(3, 12))), "covers only"),
        (netcdf(globe() + 9000.0), "has no ocean"),
    ],
)
def test_what_is_no_topography_is_refused_in_a_sentence(
    place: Place, content: bytes, told: str
) -> None:
    with pytest.raises(InputError, match=told) as caught:
        place.make(files={"source": upload(content, "my file.nc")})
    sentence = str(caught.value)
    assert sentence.startswith("my file.nc")
    assert "gondwana-" not in sentence  # the folder in which it was looked at
    assert projects.listed(place.platform, place.ada) == []


def test_choices_of_the_reader_are_used_at_once(place: Place) -> None:
    kilometres = globe() / 1000.0
    with pytest.raises(InputError, match=r"say km.*'units' of the step regrid"):
        place.make(files={"source": upload(kilometres)})
    made = place.make(files={"source": upload(kilometres)}, parameters={"regrid": {"units": "km"}})
    two = globe(z=globe()["topo"]).rename(lat="rows", lon="columns", topo="t")
    chosen = {"variable": "t", "lon": "columns", "lat": "rows"}
    other = place.make(name="Other", files={"source": upload(two)}, parameters={"regrid": chosen})
    assert made.longitude == "lon"
    assert (other.longitude, other.latitude) == ("columns", "rows")


def test_other_files_are_looked_at_too(place: Place) -> None:
    classes = globe()["topo"] * 0.0 + 3.0
    made = place.make(
        files={
            "source": upload(),
            "soil_map": upload(globe(soilcolor=classes)[["soilcolor"]]),
            "biome_map": upload(globe(biome=classes)[["biome"]]),
        }
    )
    kinds = [one.kind for one in files.current(place.platform, place.ada, made.id)]
    assert kinds == ["source", "soil_map", "biome_map"]
    with pytest.raises(InputError, match="has no variable 'biome'"):
        place.make(name="b", files={"source": upload(), "biome_map": upload()})
    with pytest.raises(InputError, match="grid"):
        place.make(name="c", files={"source": upload(), "ocean_grid_file": upload()})


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"name": " "}, "the name is empty"),
        ({"name": "a/b"}, "slash"),
        ({"parameters": {"nonsense": {"a": 1}}}, "there is no step 'nonsense'"),
        ({"parameters": {"bathymetry": {"nonsense": 1}}}, "there is no parameter 'nonsense'"),
        ({"parameters": {"bathymetry": {"minimum_depth": -1}}}, "'minimum_depth'"),
        ({"parameters": {"bathymetry": {"minimum_depth": float("nan")}}}, "finite"),
        ({"edits": {"routing": [{"operation": "set"}]}}, "takes no edits"),
        ({"edits": {"sub_basins": [{"operation": "dig"}]}}, "operation"),
        ({"info": "x" * 6000}, "longer than"),
        ({"files": {"soil_map": upload()}}, "needs a topography"),
        ({"files": {"source": upload(), "routing": upload()}}, "cannot be given"),
    ],
)
def test_bad_input_is_told_in_a_sentence_and_makes_nothing(
    place: Place, more: dict[str, object], told: str
) -> None:
    with pytest.raises(ParameterError, match=told) as caught:
        place.make(**more)
    assert "\n" not in str(caught.value)
    assert (caught.value.http_status, caught.value.exit_code) == (422, 2)
    assert projects.listed(place.platform, place.ada) == []


def test_a_file_is_read_once_and_no_further_than_it_may_be(place: Place) -> None:
    class Endless(BytesIO):
        given = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.given += size or 0
            return b"x" * (size or 0)

    place.store._largest = 5_000_000
    stream = Endless()
    with pytest.raises(GondwanaError, match="more than 5000000 bytes") as caught:
        place.make(files={"source": Upload("big.nc", stream)})
    assert caught.value.http_status == 413
    assert stream.given < 8_000_000
    wrong = Upload("eocene.nc", BytesIO(netcdf(globe())), sha256="0" * 64)
    with pytest.raises(InputError, match="sha256 differs"):
        place.make(files={"source": wrong})
    with pytest.raises(NameTakenError):
        place.make()
        place.make(files={"source": Upload("never read.nc", Endless())})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.nc", "a.nc"),
        ("../../etc/passwd", "passwd"),
        ("C:\\maps\\a.nc", "a.nc"),
        ("..", "file.nc"),
        ("", "file.nc"),
        ("a\x00\u202eb\n.nc", "ab.nc"),
        ("x" * 300 + ".nc", "x" * 117 + ".nc"),
    ],
)
def test_names_of_files_are_names_and_nothing_else(given: str, kept: str) -> None:
    assert plain_name(given) == kept


def test_finding_by_name_id_and_owner(place: Place) -> None:
    platform, ada = place.platform, place.ada
    mary = place.actor("Mary")
    mine = place.make()
    theirs = place.make(mary)
    odd = place.make(name="50@Ma")
    assert projects.find(platform, ada, "Eocene") == mine
    assert projects.find(platform, ada, mine.id) == mine
    assert projects.find(platform, ada, "Eocene@ada") == mine
    assert projects.find(platform, ada, "50@Ma") == odd
    assert projects.find(platform, place.admin, "Eocene@Mary").id == theirs.id
    for name in ("Nothing", "Eocene@Mary", theirs.id, "Eocene@nobody", "", "@", "0" * 32):
        with pytest.raises(NotFoundError, match="there is no project") as caught:
            projects.find(platform, ada, name)
        assert caught.value.http_status == 404
    sharing.share(platform, mary, theirs.id, "Ada", Access.VIEW)
    seen = projects.find(platform, ada, "Eocene@Mary")
    assert (seen.id, seen.right, seen.owner) == (theirs.id, Right.VIEW, "Mary")
    listed = {(one.project.owner, one.project.name) for one in projects.listed(platform, ada)}
    assert listed == {("Ada", "50@Ma"), ("Ada", "Eocene"), ("Mary", "Eocene")}
    everybodys = projects.listed(platform, place.admin, everybodys=True)
    assert len(everybodys) == 3
    assert {one.project.right for one in everybodys} == {Right.OWN}


def test_renaming_and_describing(place: Place) -> None:
    project = place.make()
    place.make(name="Other")
    renamed = projects.rename(place.platform, place.ada, project.id, " Late  Eocene ")
    assert renamed.name == "Late Eocene"
    with pytest.raises(NameTakenError):
        projects.rename(place.platform, place.ada, project.id, "Other")
    assert projects.describe(place.platform, place.ada, project.id, "cold").info == "cold"


def test_a_copy_has_everything_and_lives_its_own_life(place: Place) -> None:
    platform, ada = place.platform, place.ada
    project = place.make()
    place.work()
    copy = projects.duplicate(platform, ada, project.id)
    named = projects.duplicate(platform, ada, project.id, name="Third")
    assert (copy.name, named.name) == ("Eocene (2)", "Third")
    assert place.words(copy)["regrid"] == "fresh"
    assert place.words(copy)["internal_oceans"] == "awaiting you"
    steps.run(platform, ada, copy.id, ["internal_oceans"])
    assert "internal_oceans" in place.work()
    assert place.words(project)["internal_oceans"] == "awaiting you"


def test_what_runs_in_the_original_begins_anew_in_the_copy(place: Place) -> None:
    project = place.make()
    place.pump()
    assert place.words(project)["regrid"] == "queued"
    copy = projects.duplicate(place.platform, place.ada, project.id)
    assert place.words(copy)["regrid"] == "queued"
    place.rounds._feed()
    assert place.work().count("regrid") == 2
    assert place.words(copy)["regrid"] == "fresh"


def test_sending_gives_a_copy_to_somebody_else(place: Place) -> None:
    platform, ada = place.platform, place.ada
    mary = place.actor("Mary")
    project = place.make()
    place.make(mary)
    sent = projects.send(platform, ada, project.id, "mary")
    assert (sent.name, sent.owner, sent.right) == ("Eocene (2)", "Mary", Right.NONE)
    assert projects.find(platform, mary, "Eocene (2)").right is Right.OWN
    with pytest.raises(ConflictError, match="theirs already"):
        projects.send(platform, ada, project.id, "Ada")
    with pytest.raises(NotFoundError, match="no user"):
        projects.send(platform, ada, project.id, "nobody")


def test_deleting_stops_what_runs_and_can_be_undone(place: Place) -> None:
    platform, ada = place.platform, place.ada
    project = place.make()
    place.pump()
    (task,) = place.tasks()
    place.start(task)
    place.pump()
    sharing.share(platform, ada, project.id, place.actor("Mary").name, Access.EDIT)
    assert projects.delete(platform, ada, project.id).deleted is not None
    place.pump()
    assert [told.data.step for told in place.cancelled()] == ["regrid"]
    mary = Actor(place.user("Mary"), "Mary")
    for actor in (ada, mary):
        with pytest.raises(NotFoundError):
            projects.get(platform, actor, project.id)
        with pytest.raises(NotFoundError):
            status.status(platform, actor, project.id)
    with pytest.raises(NotFoundError):
        projects.find(platform, mary, project.id, deleted=True)
    with pytest.raises(NotFoundError):
        projects.undelete(platform, mary, project.id)
    (gone,) = projects.listed(platform, ada, deleted=True)
    assert gone.project.id == project.id
    place.make()
    found = projects.find(platform, ada, "Eocene", deleted=True)
    with pytest.raises(NameTakenError):
        projects.undelete(platform, ada, found.id)
    back = projects.undelete(platform, ada, found.id, name="Again")
    assert (back.name, back.deleted) == ("Again", None)
    assert projects.get(platform, mary, project.id).right is Right.CHANGE


def test_shares_are_given_changed_and_taken_back(place: Place) -> None:
    platform, ada = place.platform, place.ada
    mary = place.actor("Mary")
    project = place.make()
    sharing.share(platform, ada, project.id, "mary", Access.VIEW)
    sharing.share(platform, ada, project.id, "Mary", Access.EDIT)
    (share,) = sharing.listed(platform, mary, project.id)
    assert (share.user, share.access) == ("Mary", Access.EDIT)
    with pytest.raises(ConflictError, match="theirs already"):
        sharing.share(platform, ada, project.id, "Ada", Access.VIEW)
    with pytest.raises(ForbiddenError):
        sharing.unshare(platform, mary, project.id, "Ada")
    sharing.unshare(platform, mary, project.id, "Mary")
    with pytest.raises(NotFoundError):
        sharing.listed(platform, mary, project.id)
    with pytest.raises(NotFoundError, match="not shared with 'Mary'"):
        sharing.unshare(platform, ada, project.id, "Mary")


WIDTHS = count(1.0, 0.5)


def _make_stale(place: Place, actor: Actor, project_id: str) -> None:
    values = {"resolution": next(WIDTHS)}
    steps.set_parameters(place.platform, actor, project_id, "regrid", values)
    place.pump()


Deed = Callable[[Place, Actor, str], object]

LOOK: dict[str, Deed] = {
    "get": lambda p, a, i: projects.get(p.platform, a, i),
    "find": lambda p, a, i: projects.find(p.platform, a, i),
    "find by name": lambda p, a, _: projects.find(p.platform, a, "Eocene@Ada"),
    "shares": lambda p, a, i: sharing.listed(p.platform, a, i),
    "status": lambda p, a, i: status.status(p.platform, a, i),
    "files": lambda p, a, i: files.current(p.platform, a, i),
    "file history": lambda p, a, i: files.history(p.platform, a, i, "source"),
    "file": lambda p, a, i: files.get(p.platform, a, i, "source"),
    "open": lambda p, a, i: files.opened(p.platform, a, i, "source").__enter__(),
    "compare": lambda p, a, i: comparing.compare(
        p.platform, a, comparing.Which(i, "source"), comparing.Which(i, "source", 1)
    ),
    "settings": lambda p, a, i: steps.settings(p.platform, a, i, "regrid"),
    "edits": lambda p, a, i: steps.edits_history(p.platform, a, i, "sub_basins"),
    "runs": lambda p, a, i: runs.history(p.platform, a, i),
    "log": lambda p, a, i: runs.log(p.platform, a, i, "regrid"),
    "export": lambda p, a, i: recipes.exported(p.platform, a, i),
    "duplicate": lambda p, a, i: projects.duplicate(p.platform, a, i),
}
CHANGE: dict[str, Deed] = {
    "describe": lambda p, a, i: projects.describe(p.platform, a, i, "x"),
    "set": lambda p, a, i: steps.set_parameters(
        p.platform, a, i, "bathymetry", {"minimum_depth": 30}
    ),
    "save edits": lambda p, a, i: steps.save_edits(p.platform, a, i, "sub_basins", []),
    "run": lambda p, a, i: steps.run(p.platform, a, i),
    "cancel": lambda p, a, i: (_make_stale(p, a, i), steps.cancel(p.platform, a, i, ["regrid"])),
    "replace": lambda p, a, i: files.replace(p.platform, a, i, "source", upload()),
    "restore": lambda p, a, i: files.restore(p.platform, a, i, "source", 1),
    "take away": lambda p, a, i: files.take_away(p.platform, a, i, "soil_map"),
    "retry": lambda p, a, i: steps.retry(p.platform, a, i, ["regrid"]),
}
OWN: dict[str, Deed] = {
    "rename": lambda p, a, i: projects.rename(p.platform, a, i, "y"),
    "share": lambda p, a, i: sharing.share(p.platform, a, i, "root", Access.VIEW),
    "send": lambda p, a, i: projects.send(p.platform, a, i, "Other"),
    "delete": lambda p, a, i: projects.delete(p.platform, a, i),
}
NEEDED = {
    **dict.fromkeys(LOOK, Right.VIEW),
    **dict.fromkeys(CHANGE, Right.CHANGE),
    **dict.fromkeys(OWN, Right.OWN),
}


def test_everybody_may_what_they_may_and_nothing_else(place: Place) -> None:
    """Go through every deed with everybody, from those who may least to those who may most."""
    soil = upload(globe(soilcolor=globe()["topo"] * 0.0 + 3.0)[["soilcolor"]])
    project = place.make(files={"source": upload(), "soil_map": soil})
    place.actor("Other")
    viewer, editor, stranger = (place.actor(name) for name in ("Viewer", "Editor", "Stranger"))
    sharing.share(place.platform, place.ada, project.id, "Viewer", Access.VIEW)
    sharing.share(place.platform, place.ada, project.id, "Editor", Access.EDIT)
    place.work()
    rights = {
        stranger: Right.NONE,
        viewer: Right.VIEW,
        editor: Right.CHANGE,
        Actor(place.admin.user_id, place.admin.name): Right.OWN,
        place.ada: Right.OWN,
    }
    for actor, right in rights.items():
        for name, deed in {**LOOK, **CHANGE, **OWN}.items():
            place.work()
            told = _told(lambda deed=deed, actor=actor: deed(place, actor, project.id))
            if right is Right.NONE:
                assert told == "NotFoundError", (name, told)
            elif right < NEEDED[name]:
                assert told == "ForbiddenError", (actor.name, name, told)
            else:
                assert told == "", (actor.name, name, told)
            _put_back(place, project.id)


def _told(deed: Callable[[], object]) -> str:
    try:
        deed()
    except GondwanaError as error:
        return type(error).__name__
    return ""


def _put_back(place: Place, project_id: str) -> None:
    """Undo what the deeds have done that keeps others from being done."""
    projects.undelete(place.platform, place.ada, project_id)
    projects.rename(place.platform, place.ada, project_id, "Eocene")
    if not any(
        one.kind == "soil_map" for one in files.current(place.platform, place.ada, project_id)
    ):
        files.restore(place.platform, place.ada, project_id, "soil_map", 1)


def test_runs_and_logs(place: Place) -> None:
    platform, ada = place.platform, place.ada
    project = place.make()
    place.work()
    (run,) = runs.history(platform, ada, project.id)
    assert (run.step, run.attempt, run.status, run.author) == (
        "regrid", 1, RunStatus.DONE, "Ada",
    )  # fmt: skip
    assert run.inputs == {"source": hashlib.sha256(netcdf(globe())).hexdigest()}
    assert run.seconds is not None
    log = runs.log(platform, ada, project.id, "regrid")
    assert (log.run, log.report["checks"]) == (run, [])
    with pytest.raises(NotFoundError, match="'routing' was never run"):
        runs.log(platform, ada, project.id, "routing")
    with pytest.raises(NotFoundError, match="no attempt 7"):
        runs.log(platform, ada, project.id, "regrid", 7)
    with pytest.raises(ParameterError, match="there is no step"):
        runs.log(platform, ada, project.id, "nonsense")
