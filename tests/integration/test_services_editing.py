"""Editing on a map through the services: opening, drafts, saving, rights; steps really run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import real_work
from gondwana.accounts.errors import ForbiddenError
from gondwana.accounts.permissions import Actor
from gondwana.editors.map_editor import _Door
from gondwana.editors.session import EditingSession
from gondwana.errors import GondwanaError, InputError, ParameterError
from gondwana.science.planet import random_planet
from gondwana.services import editing, files, projects, sharing, steps, timeline
from gondwana.services.editing import Subject
from gondwana.services.editing_bases import variable_base
from gondwana.services.projects import ProjectInfo
from gondwana.storage.database import Database
from gondwana.storage.errors import ConflictError, NotFoundError
from services_world import Place, new_place, upload

BOX = {"box": [-40.0, -20.0, 40.0, 20.0]}
EDIT: dict[str, Any] = {"operation": "set", "value": 333.0, "at": BOX, "reason": "a plateau"}
BANDS = [[90.0, *(100.0 if pft == 2 else 0.0 for pft in range(13))]]
FACES = ("internal_oceans", "passage_problems", "sub_basins")


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return new_place(database, tmp_path, monkeypatch)


@pytest.fixture
def planet(place: Place) -> ProjectInfo:
    """Return a project on a coarse planet, of which all steps were run."""
    source = upload(random_planet(6.0, seed=3, land_fraction=0.4).to_dataset(name="topo"))
    made = place.make(files={"source": source})
    steps.run(place.platform, place.ada, made.id, parameters=real_work.COARSE)
    real_work.work(place)
    return made


def read(place: Place, project: ProjectInfo, kind: str, variable: str) -> np.ndarray:
    """Return the values of a file as it is now."""
    with files.opened(place.platform, place.ada, project.id, kind) as (_, stream):
        data = xr.open_dataset(stream, engine="scipy", decode_times=False)
        return np.asarray(data[variable].load().values)


@pytest.mark.parametrize("step", FACES)
def test_what_is_seen_is_what_the_step_makes(place: Place, planet: ProjectInfo, step: str) -> None:
    subject = Subject(planet.id, step=step)
    door = _Door(place.platform, place.ada, subject)
    session = EditingSession(door, door.opened())
    asks: dict[str, dict[str, Any]] = {
        "internal_oceans": {"operation": "add", "value": 25.0, "shape": BOX, "in": "places"},
        "passage_problems": {"operation": "multiply", "value": 1.5, "shape": BOX, "in": "places"},
        "sub_basins": {"operation": "assign", "basin": "indian", "shape": BOX, "in": "places"},
    }
    told, _ = session.handle({"do": "apply", "id": 1, **asks[step]}).block()
    assert "error" not in told
    assert told["counts"]["changed"] > 0
    told, _ = session.handle({"do": "save", "id": 2, "note": "trial"}).block()
    assert told["saved"] == {"number": 1}
    done = real_work.work(place)
    assert step in done
    assert len(done) > 1 or step == "sub_basins"  # what depends on it ran as well
    again = editing.opened(place.platform, place.ada, subject)
    assert [edit["operation"] for edit in again.edits] == [asks[step]["operation"]]
    shown = EditingSession(door, again)._work.history.values
    if step == "sub_basins":
        made = sum(
            number * read(place, planet, "subbasins", name)
            for number, name in enumerate(("atlmsk", "pacmsk", "indmsk"), start=1)
        )
        assert np.array_equal(made, shown)
    elif step == "internal_oceans":
        made = read(place, planet, "topography", "topography")
        land = (shown != again.values) & (shown > 0)  # the step mends seas and poles by itself
        assert land.any()
        assert np.array_equal(made[land], shown[land])
    else:
        made = read(place, planet, "bathy", "Bathymetry")
        deep = (shown != again.values) & (made > 0)
        assert np.allclose(made[deep], shown[deep], rtol=1e-6)
    happened = timeline.timeline(place.platform, place.ada, planet.id).moments
    (moment,) = [one for one in happened if one.what == "edited"]
    assert moment.why == "trial"


def test_a_draft_is_kept_for_its_person_alone(place: Place, planet: ProjectInfo) -> None:
    platform, ada = place.platform, place.ada
    mary = place.actor("Mary")
    sharing.share(platform, ada, planet.id, "Mary", "edit")
    subject = Subject(planet.id, step="internal_oceans")
    draft = {"history": {"start": [], "deeds": [], "at": 0}}
    editing.keep_draft(platform, ada, subject, draft, based_on=0, base="b")
    assert editing.opened(platform, mary, subject).draft is None
    found = editing.opened(platform, ada, subject).draft
    assert found is not None
    assert found["based_on"] == 0
    other = Subject(planet.id, step="passage_problems")
    assert editing.opened(platform, ada, other).draft is None
    editing.keep_draft(platform, ada, subject, {"history": None}, based_on=1, base="c")
    again = editing.opened(platform, ada, subject).draft
    assert again == {"history": None, "based_on": 1, "base": "c"}
    editing.drop_draft(platform, ada, subject)
    assert editing.opened(platform, ada, subject).draft is None


def test_a_draft_goes_when_its_edits_are_saved(place: Place, planet: ProjectInfo) -> None:
    platform, ada = place.platform, place.ada
    subject = Subject(planet.id, step="internal_oceans")
    editing.keep_draft(platform, ada, subject, {}, based_on=0, base="b")
    assert editing.save(platform, ada, subject, [EDIT], based_on=0, note="why") == 1
    opened = editing.opened(platform, ada, subject)
    assert opened.draft is None
    assert opened.number == 1
    now = editing.saved(platform, ada, subject)
    assert (now.number, now.author, now.note, len(now.edits)) == (1, "Ada", "why", 1)


@pytest.mark.parametrize("draft", [{"x": float("nan")}, {"x": "y" * 9_000_000}, {"x": object()}])
def test_a_draft_is_json_of_some_size(
    place: Place, planet: ProjectInfo, draft: dict[str, Any]
) -> None:
    subject = Subject(planet.id, step="internal_oceans")
    with pytest.raises(ParameterError):
        editing.keep_draft(place.platform, place.ada, subject, draft, based_on=0, base="b")


def test_a_draft_that_makes_no_sense_does_no_harm(place: Place, planet: ProjectInfo) -> None:
    platform, ada = place.platform, place.ada
    subject = Subject(planet.id, step="internal_oceans")
    door = _Door(platform, ada, subject)
    for history in (
        7, {}, {"start": [{}], "deeds": [], "at": 0}, {"start": [], "deeds": 3, "at": 0},
        {"start": [], "deeds": [], "at": 10**9},
    ):  # fmt: skip
        editing.keep_draft(platform, ada, subject, {"history": history}, based_on=0, base="b")
        session = EditingSession(door, door.opened())
        assert "error" not in session.handle({"do": "begin"}).told


def test_of_two_who_save_one_is_told(place: Place, planet: ProjectInfo) -> None:
    platform, ada = place.platform, place.ada
    subject = Subject(planet.id, step="internal_oceans")
    editing.save(platform, ada, subject, [EDIT], based_on=0)
    with pytest.raises(ConflictError):
        editing.save(platform, ada, subject, [EDIT], based_on=0)
    variable = Subject(planet.id, file="pft", variable="maxvegetfrac", index={"veget": 1})
    number = editing.opened(platform, ada, variable).number
    edit = {"operation": "set", "value": 0.5, "at": BOX}
    assert editing.save(platform, ada, variable, [edit], based_on=number) == number + 1
    with pytest.raises(ConflictError):
        editing.save(platform, ada, variable, [edit], based_on=number)


def rights(place: Place, project: ProjectInfo) -> dict[str, Actor]:
    """Return people with all kinds of rights."""
    people = {name: place.actor(name) for name in ("Reader", "Editor", "Stranger")}
    sharing.share(place.platform, place.ada, project.id, "Reader", "view")
    sharing.share(place.platform, place.ada, project.id, "Editor", "edit")
    return people | {"Owner": place.ada}


def test_who_may_look_and_who_may_change(place: Place, planet: ProjectInfo) -> None:
    platform = place.platform
    subject = Subject(planet.id, step="internal_oceans")
    for name, actor in rights(place, planet).items():
        if name == "Stranger":
            deeds = (
                lambda who: editing.opened(platform, who, subject),
                lambda who: editing.saved(platform, who, subject),
                lambda who: editing.keep_draft(platform, who, subject, {}, based_on=0, base=""),
                lambda who: editing.drop_draft(platform, who, subject),
                lambda who: editing.save(platform, who, subject, [], based_on=0),
            )
            for deed in deeds:
                with pytest.raises(NotFoundError):
                    deed(actor)
            continue
        opened = editing.opened(platform, actor, subject)
        assert opened.may_change is (name != "Reader")
        assert opened.author == name.replace("Owner", "Ada")
        if name == "Reader":
            with pytest.raises(ForbiddenError):
                editing.keep_draft(platform, actor, subject, {}, based_on=0, base="")
            with pytest.raises(ForbiddenError):
                editing.save(platform, actor, subject, [EDIT], based_on=0)
        else:
            editing.keep_draft(platform, actor, subject, {}, based_on=0, base="")


def test_a_right_that_is_lost_while_editing(place: Place, planet: ProjectInfo) -> None:
    platform = place.platform
    mary = place.actor("Mary")
    sharing.share(platform, place.ada, planet.id, "Mary", "edit")
    subject = Subject(planet.id, step="internal_oceans")
    door = _Door(platform, mary, subject)
    session = EditingSession(door, door.opened())
    session.handle({"do": "apply", "operation": "add", "value": 9.0, "shape": BOX, "in": "places"})
    sharing.share(platform, place.ada, planet.id, "Mary", "view")
    with pytest.raises(ForbiddenError):
        session.keep()
    told = session.handle({"do": "save", "note": ""}).told
    assert told["error"]["about"] == "save"
    sharing.unshare(platform, place.ada, planet.id, "Mary")
    assert session.handle({"do": "save", "note": ""}).told["error"]
    assert editing.saved(platform, place.ada, subject).number == 0


def test_a_variable_of_any_file_is_edited(place: Place, planet: ProjectInfo) -> None:
    platform, ada = place.platform, place.ada
    subject = Subject(planet.id, file="pft", variable="maxvegetfrac", index={"veget": 2})
    before = read(place, planet, "pft", "maxvegetfrac")
    door = _Door(platform, ada, subject)
    opened = door.opened()
    assert opened.surface.limits == (0.0, 1.0)
    session = EditingSession(door, opened)
    told = session.handle(
        {"do": "apply", "operation": "set", "value": 2.0, "shape": BOX, "in": "places"}
    ).told
    assert "leaves a value of 2" in told["error"]["problem"]
    told = session.handle(
        {"do": "apply", "operation": "set", "value": 0.25, "shape": BOX, "in": "places"}
    ).told
    assert "error" not in told
    told = session.handle({"do": "save", "note": "more savanna"}).told
    assert told["saved"]["number"] == opened.number + 1
    after = read(place, planet, "pft", "maxvegetfrac")
    changed = before != after
    changed &= ~(np.isnan(before) & np.isnan(after))
    assert changed[:, 2].any()
    assert (after[changed] == 0.25).all()
    assert not np.delete(changed, 2, axis=1).any()
    assert np.array_equal(np.isnan(before), np.isnan(after))
    info = files.get(platform, ada, planet.id, "pft")
    assert info.note == "more savanna"
    (edit,) = editing.opened(platform, ada, subject).edits
    assert (edit["operation"], edit["index"]) == ("set", {"veget": 2})


def sharing_in(place: Place, project: ProjectInfo, index: int) -> EditingSession:
    """Open the editor of one plant type."""
    subject = Subject(project.id, file="pft", variable="maxvegetfrac", index={"veget": index})
    door = _Door(place.platform, place.ada, subject)
    return EditingSession(door, door.opened())


def do(session: EditingSession, verb: str, **about: Any) -> dict[str, Any]:
    """Ask for something that can be done."""
    told = session.handle({"do": verb, **about}).told
    assert "error" not in told, told["error"]
    return told


def test_edits_of_a_file_are_never_applied_twice(place: Place, planet: ProjectInfo) -> None:
    first = read(place, planet, "pft", "maxvegetfrac")
    shares = np.nansum(first[:, :, 160:200, 320:400], axis=(0, 2, 3))  # within the box
    one, two = (int(index) for index in np.argsort(shares)[-2:])
    session = sharing_in(place, planet, one)
    half: dict[str, Any] = {"operation": "multiply", "value": 0.5, "shape": BOX, "in": "places"}
    do(session, "apply", **half)
    do(session, "save", note="")
    do(session, "apply", **half)
    do(session, "save", note="")  # from the same page
    do(session, "undo")
    do(session, "redo")
    again = sharing_in(place, planet, one)
    do(again, "apply", **half)
    do(again, "save", note="")  # from another one
    other = sharing_in(place, planet, two)
    do(other, "apply", **half)
    do(other, "save", note="")  # of another plant type
    now = read(place, planet, "pft", "maxvegetfrac")
    changed = (now != first) & ~np.isnan(first)
    for index, part in ((one, 8), (two, 2)):
        cells = changed[:, index]
        assert cells.any()
        assert np.allclose(now[:, index][cells], first[:, index][cells] / part)
    assert not np.delete(changed, (one, two), axis=1).any()
    last = sharing_in(place, planet, one)
    for number in (1, 2, 3):
        do(last, "switch", number=number, off=True)
    do(last, "save", note="")
    back = read(place, planet, "pft", "maxvegetfrac")
    assert np.array_equal(back[:, one], first[:, one], equal_nan=True)
    assert np.array_equal(back[:, two], now[:, two], equal_nan=True)


def test_edits_of_a_file_are_offered_again_once_its_step_has_run(
    place: Place, planet: ProjectInfo
) -> None:
    platform, ada = place.platform, place.ada
    session = sharing_in(place, planet, 2)
    assert do(session, "begin")["subject"]["earlier"] is None
    do(session, "apply", operation="multiply", value=0.5, shape=BOX, **{"in": "places"})
    do(session, "save", note="less forest")
    edited = read(place, planet, "pft", "maxvegetfrac")
    steps.run(platform, ada, planet.id, ["pft"], parameters={"pft": {"bands": BANDS}})
    assert "pft" in real_work.work(place)
    session = sharing_in(place, planet, 2)
    told = do(session, "begin")["subject"]["earlier"]
    assert (told["edits"], told["author"], told["note"]) == (1, ada.name, "less forest")
    assert sharing_in(place, planet, 3)._work.opened.earlier is None
    anew = read(place, planet, "pft", "maxvegetfrac")
    assert not np.array_equal(anew, edited, equal_nan=True)
    do(session, "again")
    do(session, "save", note="")
    now = read(place, planet, "pft", "maxvegetfrac")
    changed = (now != anew) & ~np.isnan(anew)
    assert changed[:, 2].any()
    assert np.allclose(now[:, 2][changed[:, 2]], anew[:, 2][changed[:, 2]] / 2)
    assert do(sharing_in(place, planet, 2), "begin")["subject"]["earlier"] is None


@pytest.mark.parametrize(
    "said",
    ["nonsense", "[]", '{"beneath": "0", "edits": [{"operation": "eval"}]}', "{" * 5000,
     '{"beneath": "0000", "edits": []}'],
)  # fmt: skip
def test_what_a_file_says_of_its_edits_is_not_believed(place: Place, said: str) -> None:
    data = random_planet(6.0, seed=3).to_dataset(name="topo")
    data.attrs["gondwana_touched"] = said
    made = place.make(files={"source": upload(data)})
    found = editing.opened(place.platform, place.ada, Subject(made.id, file="source"))
    assert found.edits == ()
    assert found.subject.variable == "topo"


def test_the_given_topography_is_edited(place: Place, planet: ProjectInfo) -> None:
    subject = Subject(planet.id, file="source", variable="topo")
    number = editing.opened(place.platform, place.ada, subject).number
    editing.save(place.platform, place.ada, subject, [EDIT], based_on=number)
    assert "regrid" in real_work.work(place)
    assert (read(place, planet, "regridded", "topography") == 333.0).any()


def test_what_is_not_there_is_told(place: Place) -> None:
    platform, ada = place.platform, place.ada
    made = place.make()
    for subject, told in (
        (Subject(made.id, step="internal_oceans"), "nothing to edit yet"),
        (Subject(made.id, step="routing"), "is not edited on a map"),
        (Subject(made.id, file="pft", variable="maxvegetfrac"), "pft"),
        (Subject(made.id, file="nonsense", variable="x"), "nonsense"),
        (Subject(made.id, file="source", variable="nonsense"), "there is no variable"),
        (Subject(made.id), "kind"),
        (Subject("nobody's", step="internal_oceans"), "no such project"),
    ):
        with pytest.raises(GondwanaError, match=told) as caught:
            editing.opened(platform, ada, subject)
        assert caught.value.remedy or isinstance(caught.value, NotFoundError)


def test_a_file_without_coordinates_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.nc"
    xr.Dataset({"soilcolor": (("y", "x"), np.ones((6, 12), np.float32))}).to_netcdf(path)
    with pytest.raises(InputError, match="where its cells lie"):
        variable_base({"path": str(path), "beside": [], "variable": "soilcolor", "index": {}})


def test_a_project_that_is_deleted_takes_its_drafts_along(
    place: Place, planet: ProjectInfo
) -> None:
    subject = Subject(planet.id, step="internal_oceans")
    editing.keep_draft(place.platform, place.ada, subject, {}, based_on=0, base="")
    projects.delete(place.platform, place.ada, planet.id)
    with pytest.raises(GondwanaError):
        editing.keep_draft(place.platform, place.ada, subject, {}, based_on=0, base="")
