"""All problems of a kind mended by one deed."""

import numpy as np
import pytest

from editor_world import browser
from gondwana.editors.overlays import PREVIEW
from gondwana.science.planet import random_planet

TWO_CONTACTS = np.full((12, 24), 500.0)
TWO_CONTACTS[6:9, 5:8], TWO_CONTACTS[9:11, 8:11] = -100.0, -200.0  # at a corner
TWO_CONTACTS[3:6, 8:11] = -50.0  # and at another corner of the first

MAKES_ANOTHER = np.full((12, 24), 500.0)  # without -100 in the middle two others touch
MAKES_ANOTHER[4, 6] = MAKES_ANOTHER[4, 8] = MAKES_ANOTHER[5, 8] = MAKES_ANOTHER[6, 7] = -200.0
MAKES_ANOTHER[5, 7] = -100.0


@pytest.mark.parametrize(("fix", "cells"), [("join", 2), ("part", 2)])
def test_all_of_a_kind_are_mended_and_undone_at_once(fix: str, cells: int) -> None:
    page = browser(TWO_CONTACTS)
    assert page.told["counts"]["contacts"] == 2
    told = page.ask("preview", kind="contact", fix=fix)
    assert told["preview"]["cells"] == cells
    assert told["preview"]["text"].startswith("2 edits: 2 cells change")
    assert np.count_nonzero(page.rasters["whole marks"] & PREVIEW) == cells
    assert np.array_equal(page.rasters["whole"], TWO_CONTACTS.astype(np.float32))
    page.ask("fix", kind="contact", fix=fix)
    assert page.told["counts"]["contacts"] == 0
    assert not (page.rasters["whole marks"] & PREVIEW).any()
    assert len(page.told["edits"]) == 2
    assert {edit["author"] for edit in page.told["edits"]} == {"ada"}
    assert page.told["history"]["undo"] == 1
    page.ask("undo")
    assert page.told["edits"] == []
    assert np.array_equal(page.rasters["whole"], TWO_CONTACTS.astype(np.float32))


def test_what_mends_two_problems_is_done_once() -> None:
    field = np.full((12, 24), 500.0)
    field[5, 5] = field[5, 7] = -100.0
    field[6, 6] = -50.0  # touches both, and is the shallower one
    page = browser(field)
    assert page.told["counts"]["contacts"] == 2
    page.ask("fix", kind="contact", fix="part")
    assert page.told["counts"]["contacts"] == 0
    assert len(page.told["edits"]) == 1


@pytest.mark.parametrize(
    ("kind", "fix"),
    [("passage", "widen"), ("passage", "close"), ("contact", "join"), ("contact", "part"),
     ("sea", "fill"), ("sea", "open")],
)  # fmt: skip
def test_a_planet_has_fewer_problems_after_it(kind: str, fix: str) -> None:
    field = random_planet(3.0, seed=5, land_fraction=0.5).values
    page = browser(field)
    count = {"passage": "passages", "contact": "contacts", "sea": "seas"}[kind]
    before = page.told["counts"][count]
    assert before > 1
    page.ask("fix", kind=kind, fix=fix)
    assert page.told["counts"][count] < before
    assert not any(edit["conflict"] for edit in page.told["edits"])
    page.ask("undo")
    assert np.array_equal(page.session._work.history.values, field)
    page.ask("redo")
    assert page.told["counts"][count] < before


def test_problems_that_mending_makes_are_mended_too() -> None:
    page = browser(MAKES_ANOTHER)
    assert page.told["counts"]["contacts"] == 1
    page.ask("fix", kind="contact", fix="part")
    assert page.told["counts"]["contacts"] == 0
    assert len(page.told["edits"]) == 2


def test_all_seas_are_kept() -> None:
    field = random_planet(6.0, seed=3, land_fraction=0.5).values
    page = browser(field)
    seas = page.told["counts"]["seas"]
    page.ask("fix", kind="sea", fix="keep")
    assert [edit["operation"] for edit in page.told["edits"]] == ["keep"] * seas
    assert np.array_equal(page.session._work.history.values, field)


@pytest.mark.parametrize(
    "about",
    [{"kind": "moon", "fix": "fill"}, {"kind": "sea", "fix": "sell"},
     {"kind": "sea", "fix": "fill"},
     {"kind": None, "fix": "fill"}],
)  # fmt: skip
def test_what_cannot_be_mended_is_told(about: dict) -> None:
    page = browser(TWO_CONTACTS - 5000.0)  # all of it is sea
    for verb in ("preview", "fix"):
        told = page.try_to(verb, **about)
        assert told["error"]["remedy"]
    assert page.session._work.history.entries == ()
