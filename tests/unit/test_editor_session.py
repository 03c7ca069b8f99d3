"""One person's work on one field: asks and answers, checked on planets that fit on a page."""

from __future__ import annotations

import numpy as np
import pytest
from tests.editor_world import Browser, FakeDoor, browser, opened_globe

from gondwana.editors import history
from gondwana.editors.overlays import CHANGED, CONTACT, PREVIEW, SEA, SELECTED

SEAS = np.full((12, 24), -4000.0)
SEAS[:3] = 500.0  # the south is land
SEAS[5:10, 8:16] = 300.0  # a continent
SEAS[7, 11:13] = -80.0  # with a sea of two cells

BOX = {"shape": {"box": [0, 0, 40, 40]}, "in": "map"}


def test_the_start_shows_the_field_and_what_is_wrong_with_it() -> None:
    page = browser(SEAS)
    assert np.array_equal(page.rasters["whole"], SEAS.astype(np.float32))
    assert page.told["counts"]["seas"] == 1
    marked = page.rasters["whole marks"] & SEA
    assert np.argwhere(marked).tolist() == [[7, 11], [7, 12]]
    (problem,) = [one for one in page.told["problems"] if one["kind"] == "sea"]
    assert [fix["name"] for fix in problem["fixes"]] == ["fill", "open", "keep"]
    assert page.told["history"]["unsaved"] is False


def test_a_fix_is_shown_before_it_is_done() -> None:
    page = browser(SEAS)
    told = page.ask("preview", problem="sea 1", fix="fill")
    assert told["preview"]["cells"] == 2
    assert np.count_nonzero(page.rasters["whole marks"] & PREVIEW) == 2
    assert np.array_equal(page.rasters["whole"], SEAS.astype(np.float32))
    page.ask("fix", problem="sea 1", fix="fill")
    assert page.told["counts"]["seas"] == 0
    assert not (page.rasters["whole marks"] & (SEA | PREVIEW)).any()
    assert page.rasters["whole"][7, 11] == 1.0
    assert page.told["edits"][0]["title"] == "Fill a sea"


def test_a_box_is_set_and_undone_and_done_again() -> None:
    page = browser(SEAS)
    page.ask("select", how="new", shape={"box": [-60, 15, 0, 30]}, **{"in": "map"})
    assert page.told["selection"]["cells"] == 4
    assert np.count_nonzero(page.rasters["whole marks"] & SELECTED) == 4
    page.ask("apply", operation="set", value=750.0, reason="a plateau")
    assert np.count_nonzero(page.rasters["whole"] == 750.0) == 4
    assert page.told["counts"]["changed"] == 4
    assert page.told["history"]["undo"] == 1
    page.ask("undo")
    assert np.array_equal(page.rasters["whole"], SEAS.astype(np.float32))
    assert not (page.rasters["whole marks"] & CHANGED).any()
    page.ask("redo")
    assert np.count_nonzero(page.rasters["whole"] == 750.0) == 4


def test_selections_are_combined() -> None:
    page = browser(SEAS)
    whole = {"in": "map", "shape": {"box": [-180, -90, 180, 90]}}
    page.ask("select", how="new", **whole)
    assert page.told["selection"]["cells"] == SEAS.size
    page.ask("select", how="subtract", **whole)
    assert page.told["selection"]["cells"] == 0
    page.ask("invert")
    assert page.told["selection"]["cells"] == SEAS.size
    page.ask("only", only="land")
    assert page.told["selection"]["cells"] == np.count_nonzero(SEAS > 0)
    page.ask("select", how="intersect", shape={"values": [400, 600]}, **{"in": "places"})
    assert page.told["selection"]["cells"] == 72
    page.ask("clear")
    assert page.told["selection"]["cells"] == 0


def test_the_wand_takes_what_is_connected() -> None:
    page = browser(SEAS)
    page.ask("select", how="new", shape={"region": [-7, 20]}, **{"in": "map"})
    assert page.told["selection"]["cells"] == 2  # the sea
    page.ask("select", how="new", shape={"region": [-55, 0]}, **{"in": "map"})
    assert page.told["selection"]["cells"] == 38  # the continent around it


def test_a_channel_opens_the_sea() -> None:
    page = browser(SEAS)
    line = {"line": [[-7, 22], [-7, 70]]}
    page.ask("apply", operation="channel", value=60.0, width=1, shape=line, **{"in": "map"})
    assert page.told["counts"]["seas"] == 0
    assert page.told["edits"][0]["title"] == "Channel, 60 m deep"


def test_edits_are_switched_off_moved_changed_and_removed() -> None:
    page = browser(SEAS)
    box = {"in": "map", "shape": {"box": [-60, 15, 0, 30]}}
    page.ask("apply", operation="set", value=100.0, **box)
    page.ask("apply", operation="add", value=10.0, **box)
    cell = (7, 9)
    assert page.rasters["whole"][cell] == 110.0
    page.ask("move", number=2, to=1)
    assert page.rasters["whole"][cell] == 100.0
    assert [one["operation"] for one in page.told["edits"]] == ["add", "set"]
    page.ask("switch", number=2, off=True)
    assert page.rasters["whole"][cell] == 310.0
    page.ask("change", number=1, value=20.0, reason="more")
    assert page.rasters["whole"][cell] == 320.0
    assert page.told["edits"][0]["reason"] == "more"
    page.ask("remove", number=1)
    assert page.rasters["whole"][cell] == 300.0
    for _ in range(6):
        page.ask("undo")
    assert np.array_equal(page.rasters["whole"], SEAS.astype(np.float32))
    assert page.told["edits"] == []


def test_a_closed_browser_loses_nothing() -> None:
    page = browser(SEAS)
    box = {"in": "map", "shape": {"box": [-60, 15, 0, 30]}}
    page.ask("apply", operation="set", value=100.0, **box)
    page.ask("apply", operation="add", value=10.0, **box)
    page.ask("undo")
    page.load()
    assert page.rasters["whole"][7, 9] == 100.0
    assert (page.told["history"]["undo"], page.told["history"]["redo"]) == (1, 1)
    page.ask("redo")
    assert page.rasters["whole"][7, 9] == 110.0
    page.ask("undo")
    page.ask("undo")
    assert np.array_equal(page.rasters["whole"], SEAS.astype(np.float32))


def test_what_is_saved_is_there_for_everybody() -> None:
    page = browser(SEAS)
    page.ask("fix", problem="sea 1", fix="fill", reason="too small")
    page.ask("save", note="first")
    assert page.told["saved"] == {"number": 1}
    assert page.told["history"]["unsaved"] is False
    assert page.door.draft is None
    other = Browser(page.door)
    assert other.told["counts"]["seas"] == 0
    assert other.told["edits"][0]["saved"] is True
    assert other.told["edits"][0]["reason"] == "too small"


def test_two_people_who_save_over_each_other_are_told() -> None:
    door = FakeDoor(opened_globe(SEAS))
    one, two = Browser(door), Browser(door)
    box = {"in": "map", "shape": {"box": [-60, 15, 0, 30]}}
    one.ask("apply", operation="set", value=100.0, **box)
    two.ask("apply", operation="add", value=5.0, **box)
    one.ask("save", note="mine")
    told = two.ask("save", note="no, mine")
    assert told["conflict"]["note"] == "mine"
    assert len(door.lists) == 1
    told = two.ask("save", note="both", on_top=True)
    assert told["saved"] == {"number": 2}
    assert [edit["operation"] for edit in door.lists[-1].edits] == ["set", "add"]
    assert two.rasters["whole"][7, 9] == 105.0


def test_a_file_that_was_made_anew_beneath_is_told_before_saving() -> None:
    page = browser(SEAS)
    page.ask("apply", operation="add", value=5.0, shape={"box": [-60, 15, 0, 30]}, **{"in": "map"})
    door = page.door
    door.field = opened_globe(SEAS + 1.0, base="c" * 64)
    told = page.ask("save", note="")
    assert told["conflict"]["beneath"] is True
    assert not door.lists
    told = page.ask("refresh")
    assert "conflict" not in told
    assert len(told["edits"]) == 1
    assert page.rasters["whole"][7, 9] == SEAS[7, 9] + 6.0
    page.ask("save", note="seen")
    assert len(door.lists) == 1


def test_a_file_that_was_made_anew_beneath_is_no_hindrance() -> None:
    page = browser(SEAS)
    page.ask("apply", operation="add", value=5.0, shape={"box": [-60, 15, 0, 30]}, **{"in": "map"})
    page.door.field = opened_globe(SEAS + 1.0, base="c" * 64)
    page.ask("save", note="", on_top=True)
    assert [edit["operation"] for edit in page.door.lists[-1].edits] == ["add"]


def test_a_list_that_takes_too_long_is_opened_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = browser(SEAS)
    box = {"in": "map", "shape": {"box": [-60, 15, 0, 30]}}
    for value in (1.0, 2.0):
        page.ask("apply", operation="add", value=value, **box)
    page.ask("save", note="")
    monkeypatch.setattr(history, "MOST_SECONDS", -1.0)
    other = Browser(page.door)
    told = other.told
    assert ["take too long" in edit["conflict"] for edit in told["edits"]] == [True, True]
    other.ask("remove", number=2)
    other.ask("switch", number=1, off=True)
    assert other.ask("save", note="")["saved"]


def test_an_edit_that_changes_nothing_is_told() -> None:
    page = browser(SEAS)
    box = {"in": "map", "shape": {"box": [-60, 15, 0, 30]}}
    told = page.ask("apply", operation="multiply", value=1.0, **box)
    assert told["done"] == "Listed, but it changes no value"
    assert len(page.told["edits"]) == 1
    assert "done" not in page.ask("apply", operation="add", value=1.0, **box)


def test_an_edit_that_cannot_be_applied_any_more_stops_the_saving() -> None:
    page = browser(SEAS)
    page.ask("fix", problem="sea 1", fix="open")
    page.ask("apply", operation="set", value=5.0, shape={"region": [-7, 20]}, **{"in": "map"})
    door = page.door
    moved = SEAS.copy()
    moved[7, 11:13] = 300.0  # another age: there is no such sea
    door.field = opened_globe(moved, base="c" * 64)
    page.load()
    assert "has changed" in page.told["beneath"]["text"]
    assert page.told["edits"][0]["conflict"]
    assert "means ocean, and there is land" in page.told["edits"][1]["conflict"]
    told = page.try_to("save", note="")
    assert "edit 1 cannot be applied" in told["error"]["problem"]
    page.ask("switch", number=1, off=True)
    assert "edit 2 cannot" in page.try_to("save", note="")["error"]["problem"]
    page.ask("switch", number=2, off=True)
    page.ask("save", note="")
    assert door.lists[-1].edits[0]["off"] is True


@pytest.mark.parametrize(
    ("verb", "about"),
    [
        ("dance", {}),
        ("apply", {"operation": "set", "value": 5.0}),
        ("apply", {"operation": "set", **BOX}),
        ("apply", {"operation": "eval", "value": 1, **BOX}),
        ("apply", {"operation": "set", "value": 1e9, **BOX}),
        ("apply", {"operation": "set", "value": "x", **BOX}),
        ("apply", {"operation": "multiply", "value": 1e300, **BOX}),
        ("select", {"shape": {"box": [0, 0]}, "in": "map"}),
        ("select", {"shape": {"polygon": [[0, 0], [1, 1]]}, "in": "map"}),
        ("select", {"shape": {"polygon": [[0, 0]] * 20_000}, "in": "map"}),
        ("select", {"shape": {"cell": [0, 500]}, "in": "map"}),
        ("select", {"shape": {"stroke": {"points": [[0, 0]], "radius": -1}}, "in": "map"}),
        ("select", {"shape": {"cell": [float("nan"), 0]}, "in": "map"}),
        ("select", {"shape": "everything", "in": "map"}),
        ("select", {"how": "steal", "shape": {"cell": [0, 0]}, "in": "map"}),
        ("switch", {"number": 3, "off": True}),
        ("move", {"number": "many", "to": 1}),
        ("fix", {"problem": "sea 99", "fix": "fill"}),
        ("fix", {"problem": "sea 1", "fix": "sell"}),
        ("fix", {"problem": None, "fix": None}),
        ("look", {"window": [1, 2]}),
        ("globe", {"projection": "banana"}),
        ("paste", {"to": [0, 0], "in": "map"}),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told_and_changes_nothing(verb: str, about: dict) -> None:
    page = browser(SEAS)
    told = page.try_to(verb, **about)
    assert told["error"]["problem"]
    assert told["error"]["remedy"]
    assert told["error"]["about"] == verb
    assert np.array_equal(page.session._work.history.values, SEAS)
    assert page.session._work.history.entries == ()


def test_a_reader_may_look_and_not_touch() -> None:
    page = browser(SEAS, may_change=False)
    page.ask("select", how="new", shape={"box": [-60, 15, 0, 30]}, **{"in": "map"})
    told = page.try_to("apply", operation="set", value=5.0)
    assert "cannot change" in told["error"]["problem"]
    assert page.try_to("save", note="")["error"]


def test_a_copy_is_pasted_elsewhere() -> None:
    page = browser(SEAS)
    page.ask("select", how="new", shape={"region": [-7, 20]}, **{"in": "map"})
    page.ask("copy")
    page.ask("paste", to=[100.0, 50.0], **{"in": "map"})
    assert np.count_nonzero(page.rasters["whole"] == -80.0) == 4


def test_two_cells_that_touch_at_a_corner_are_joined_or_parted() -> None:
    field = np.full((12, 24), 500.0)
    field[6:9, 5:8], field[9:12, 8:11] = -100.0, -200.0
    for fix, contacts in (("join", 0), ("part", 0)):
        page = browser(field)
        assert page.told["counts"]["contacts"] == 1
        assert np.count_nonzero(page.rasters["whole marks"] & CONTACT) == 2
        (problem,) = [one for one in page.told["problems"] if one["kind"] == "contact"]
        page.ask("fix", problem=problem["id"], fix=fix)
        assert page.told["counts"]["contacts"] == contacts


def test_a_fine_map_is_thinned_and_looked_at_closely() -> None:
    field = np.full((360, 1500), -4000.0)
    field[200, 700] = 9.0
    page = browser(field)
    assert page.rasters["whole"].shape[1] <= 720
    x = (700.5 / 1500) * 360 - 180
    y = (200.5 / 360) * 180 - 90
    page.ask("look", window=[x - 10, y - 5, x + 10, y + 5], width=800)
    assert np.count_nonzero(page.rasters["detail"] == 9.0) == 1
    page.ask("select", how="new", shape={"cell": [x, y]}, **{"in": "map"})
    assert np.count_nonzero(page.rasters["detail marks"] & SELECTED) == 1
    assert np.count_nonzero(page.rasters["whole marks"] & SELECTED) == 1
    page.ask("apply", operation="set", value=77.0)
    assert np.count_nonzero(page.rasters["detail"] == 77.0) == 1
    page.ask("look", window=[170.0, -5.0, 190.0, 5.0], width=800)  # across the date line
    page.ask("apply", operation="set", value=5.0, shape={"cell": [181.0, 0.1]}, **{"in": "map"})
    assert np.count_nonzero(page.rasters["detail"] == 5.0) == 1
    page.ask("look", window=[-180.0, -90.0, 180.0, 90.0], width=800)
    assert "detail" not in page.rasters


def test_the_globe_shows_every_place() -> None:
    page = browser(SEAS)
    for name in ("north", "south", "mollweide", "plate_carree"):
        told = page.ask("globe", projection=name, centre=0.0)
        table = page.rasters["lookup"]
        assert table.shape == (told["globe"]["rows"], told["globe"]["columns"])
        assert table.max() < SEAS.size
    assert (page.rasters["lookup"] >= 0).all()
    middle = page.rasters["lookup"][table.shape[0] // 2 + 1, 1]
    assert middle == 6 * 24


def test_the_difference_from_the_start_is_shown() -> None:
    page = browser(SEAS)
    box = {"in": "map", "shape": {"box": [-60, 15, 0, 30]}}
    page.ask("apply", operation="add", value=25.0, **box)
    page.ask("show", what="difference")
    assert set(np.unique(page.rasters["whole"])) == {0.0, 25.0}
    page.ask("undo")
    assert set(np.unique(page.rasters["whole"])) == {0.0}
    page.ask("show", what="field")
    assert np.array_equal(page.rasters["whole"], SEAS.astype(np.float32))
