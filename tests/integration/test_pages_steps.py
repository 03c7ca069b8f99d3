"""The page of a step: its form, its state, its runs, and what somebody may do there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.datastructures import MultiDict

from gondwana.accounts.permissions import Actor
from gondwana.config import load_settings
from gondwana.messaging.messages import ChangeMade, CheckOutcome, Failed
from gondwana.services import runs, sessions, sharing, steps
from gondwana.services.projects import ProjectInfo
from gondwana.steps.registry import STEPS
from gondwana.storage.database import Database
from gondwana.storage.words import Access
from gondwana.web.app import make_app
from services_world import Place, new_place

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def place(tmp_path: Path, newest_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    file = tmp_path / "gondwana.sqlite"
    shutil.copy(newest_sqlite, file)
    database = Database(f"sqlite:///{file}")
    yield new_place(database, tmp_path, monkeypatch)
    database.close()


@pytest.fixture
def project(place: Place) -> ProjectInfo:
    made = place.make()
    place.work()
    return made


class Person:
    """Somebody with a browser, who is signed in."""

    def __init__(self, place: Place, tmp_path: Path, actor: Actor, project: ProjectInfo) -> None:
        self.place, self.actor, self.project = place, actor, project
        settings = load_settings(data_folder=tmp_path, mode="embedded")
        self.client: FlaskClient = make_app(place.platform, settings).test_client()
        begun = sessions.begin(place.platform, actor, agent="", address="")
        with self.client.session_transaction() as session:
            session["key"] = begun.key

    def address(self, step: str) -> str:
        return f"/projects/{self.project.id}/steps/{step}"

    def opens(self, step: str, status: int = 200) -> BeautifulSoup:
        answer = self.client.get(self.address(step))
        assert answer.status_code == status, answer.text
        return soup(answer.text)

    def sends(self, step: str, data: MultiDict[str, str], do: str = "save") -> Any:
        posted = MultiDict(data)
        posted["do"] = do
        return self.client.post(self.address(step), data=posted)


def soup(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "html.parser")


def of_page(page: BeautifulSoup) -> MultiDict[str, str]:
    """Return what a browser would send of the form of a step."""
    form = page.select_one("form[data-step-form]")
    assert form is not None
    for template in form.select("template"):
        template.extract()
    pairs: list[tuple[str, str]] = []
    for field in form.select("input, select, textarea"):
        if field.has_attr("disabled") or not field.get("name"):
            continue
        if field.name == "select":
            options = field.select("option[selected]") or field.select("option")
            pairs.append((str(field["name"]), str(options[0]["value"])))
        elif field.get("type") != "checkbox" or field.has_attr("checked"):
            # a browser drops the first end of a line in a text area
            text = field.text.removeprefix("\n") if field.name == "textarea" else field["value"]
            pairs.append((str(field["name"]), str(text)))
    return MultiDict(pairs)


@pytest.fixture
def ada(place: Place, tmp_path: Path, project: ProjectInfo) -> Person:
    return Person(place, tmp_path, place.ada, project)


def parameters(ada: Person, step: str) -> Any:
    return steps.settings(ada.place.platform, ada.actor, ada.project.id, step).parameters


@pytest.mark.parametrize("step", list(STEPS))
def test_every_step_has_a_page_whose_form_comes_back_as_it_was(ada: Person, step: str) -> None:
    page = ada.opens(step)
    before = parameters(ada, step)
    assert STEPS[step].title in page.select_one("h2").text  # type: ignore[union-attr]
    for field in page.select("input[type=text], select, textarea"):
        is_named = field.get("aria-labelledby") or page.select_one(f'label[for="{field["id"]}"]')
        assert is_named or field.find_parent("template"), field
        for name in ("aria-labelledby", "aria-describedby"):
            for target in str(field.get(name, "")).split():
                assert page.find(id=target) or field.find_parent("template"), (field, target)
    ids = [tag["id"] for tag in page.select("[id]") if not tag.find_parent("template")]
    assert len(set(ids)) == len(ids)
    if not before:
        assert page.select_one("form[data-step-form]") is None
        return
    answer = ada.sends(step, of_page(page))
    assert (answer.status_code, answer.location) == (302, ada.address(step))
    assert parameters(ada, step) == before
    assert "Nothing was changed." in ada.opens(step).text


def test_what_is_saved_stays_and_differs_from_the_default(ada: Person) -> None:
    data = of_page(ada.opens("bathymetry"))
    data["p-minimum_depth"] = "1 000"
    data["p-method"] = "nearest"
    assert ada.sends("bathymetry", data).status_code == 302
    assert parameters(ada, "bathymetry")["minimum_depth"] == 1000.0
    page = ada.opens("bathymetry")
    assert "Saved." in page.text
    field = page.select_one('[data-field="minimum_depth"]')
    assert field is not None
    assert not field.has_attr("data-is-default")
    assert "Default: 10" in field.text
    button = field.select_one("button[value='default:minimum_depth']")
    assert button is not None
    assert not button.has_attr("hidden")
    runs_of = runs.history(ada.place.platform, ada.actor, ada.project.id, "bathymetry")
    assert runs_of == []


def test_save_and_run_asks_for_the_step(ada: Person) -> None:
    data = of_page(ada.opens("internal_oceans"))
    data["p-policy"] = "keep"
    assert ada.sends("internal_oceans", data, do="run").status_code == 302
    assert "was asked to run" in ada.opens("internal_oceans").text
    ada.place.work()
    (run,) = runs.history(ada.place.platform, ada.actor, ada.project.id, "internal_oceans")
    assert run.parameters["policy"] == "keep"
    data = of_page(ada.opens("internal_oceans"))
    data["p-policy"] = "open"
    ada.sends("internal_oceans", data)
    assert "Last run: keep" in ada.opens("internal_oceans").text


def test_what_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost(ada: Person) -> None:
    before = parameters(ada, "bathymetry")
    data = of_page(ada.opens("bathymetry"))
    data["p-minimum_depth"], data["p-ocean_fraction"] = f'deep"{HOSTILE}', "0,25"
    data["p-method"] = "guess"
    answer = ada.sends("bathymetry", data)
    assert answer.status_code == 422
    assert HOSTILE not in answer.text
    page = soup(answer.text)
    field = page.find(id="p-minimum_depth")
    assert isinstance(field, Tag)
    assert (field["value"], field["aria-invalid"]) == (f'deep"{HOSTILE}', "true")
    error = page.find(id="p-minimum_depth-error")
    assert isinstance(error, Tag)
    assert "p-minimum_depth-error" in str(field["aria-describedby"])
    assert "is not a number." in error.text
    summary = page.select_one("[role=alert]")
    assert summary is not None
    links = [str(link["href"]) for link in summary.select("a")]
    assert links == ["#p-method", "#p-minimum_depth"]
    assert all(page.find(id=link[1:]) for link in links)
    fraction = page.find(id="p-ocean_fraction")
    assert isinstance(fraction, Tag)
    assert fraction["value"] == "0,25"
    chosen = page.select_one("#p-method option[selected]")
    assert chosen is not None
    assert chosen["value"] == "guess"
    assert parameters(ada, "bathymetry") == before
    again = of_page(page)
    typed = {key: value for key, value in data.items() if key != "csrf_token"}  # signed anew
    assert {key: again[key] for key in typed} == typed


def test_errors_of_a_table_lead_to_the_cell(ada: Person) -> None:
    data = of_page(ada.opens("pft"))
    column = data.getlist("p-bands-2")
    data.setlist("p-bands-2", ["x", column[1], "5", *column[3:]])
    answer = ada.sends("pft", data)
    assert answer.status_code == 422
    page = soup(answer.text)
    summary = page.select_one("[role=alert]")
    assert summary is not None
    assert [(link["href"], link.text) for link in summary.select("a")] == [
        ("#p-bands-0-2",
         "Bands of latitude, row 1: 2 tropical broadleaf evergreen: “x” is not a number."),
        ("#p-bands-2-0", "Bands of latitude, row 3: sums to 105, not 100."),
    ]  # fmt: skip
    cell = page.find(id="p-bands-0-2")
    assert isinstance(cell, Tag)
    assert (cell["value"], cell["aria-invalid"]) == ("x", "true")
    assert str(cell["aria-describedby"]) == "p-bands-error"
    sums = [one.text for one in page.select('[data-table="bands"] [data-sum]')]
    assert sums[:3] == ["25", "100", "105"]


def test_rows_come_and_go_without_a_script(ada: Person) -> None:
    data = of_page(ada.opens("pft"))
    answer = ada.sends("pft", data, do="add:southern_bands")
    assert answer.status_code == 200
    page = soup(answer.text)
    assert len(page.select('[data-table="southern_bands"] tbody tr')) == 1
    data = of_page(page)
    data["p-southern_bands-0"], data["p-southern_bands-1"] = "90", "typed"
    page = soup(ada.sends("pft", data, do="remove:bands:0").text)
    assert len(page.select('[data-table="bands"] tbody tr')) == 4
    typed = page.find(id="p-southern_bands-0-1")
    assert isinstance(typed, Tag)
    assert typed["value"] == "typed"
    data = of_page(soup(ada.sends("pft", of_page(page), do="defaults").text))
    assert ada.sends("pft", data).status_code == 302
    assert parameters(ada, "pft")["southern_bands"] is None
    assert ada.sends("pft", data, do="explode").status_code == 422


def test_of_two_who_change_the_same_the_second_sees_both(ada: Person) -> None:
    data = of_page(ada.opens("bathymetry"))
    steps.set_parameters(
        ada.place.platform, ada.actor, ada.project.id, "bathymetry", {"minimum_depth": 77}
    )
    data["p-minimum_depth"] = "55"
    answer = ada.sends("bathymetry", data)
    assert answer.status_code == 409
    page = soup(answer.text)
    (row,) = page.select("[data-step-form] table tbody tr")
    assert [cell.text for cell in row.select("th, td")] == ["Minimum depth", "55", "77"]
    assert parameters(ada, "bathymetry")["minimum_depth"] == 77.0
    assert ada.sends("bathymetry", of_page(page)).status_code == 302
    assert parameters(ada, "bathymetry")["minimum_depth"] == 55.0


def test_who_may_only_look_sees_it_and_cannot_change_it(
    ada: Person, place: Place, tmp_path: Path
) -> None:
    bob = Person(place, tmp_path, place.actor("Bob"), ada.project)
    bob.opens("bathymetry", 404)
    sharing.share(place.platform, ada.actor, ada.project.id, "Bob", Access.VIEW)
    for step in STEPS:
        page = bob.opens(step)
        main = page.select_one("main")
        assert main is not None
        assert not [button for button in main.select("button") if not button.has_attr("disabled")]
        for field in main.select("input[type=text], select, textarea"):
            assert field.has_attr("readonly") or field.has_attr("disabled")
    data = of_page(ada.opens("bathymetry"))
    data["csrf_token"] = of_page(bob.opens("bathymetry"))["csrf_token"]
    data["p-minimum_depth"] = "55"
    for do in ("save", "run"):
        assert bob.sends("bathymetry", data, do=do).status_code == 403
    assert parameters(ada, "bathymetry")["minimum_depth"] == 10.0


def test_a_form_from_elsewhere_is_refused(ada: Person) -> None:
    data = of_page(ada.opens("bathymetry"))
    del data["csrf_token"]
    data["p-minimum_depth"] = "55"
    assert ada.sends("bathymetry", data).status_code == 400
    assert parameters(ada, "bathymetry")["minimum_depth"] == 10.0


def test_an_unknown_step_or_project_has_no_page(ada: Person) -> None:
    ada.opens("nonsense", 422)
    assert ada.client.get("/projects/nonsense/steps/pft").status_code == 404


def test_edits_are_listed_in_words(ada: Person) -> None:
    edits = [
        {"operation": "fill", "at": {"point": [0, 10]}, "reason": HOSTILE},
        {"operation": "channel", "value": 50, "width": 2, "at": {"line": [[0, 0], [9, 9]]}},
        {"operation": "set", "value": -200, "at": {"box": [10, 20, 30, 40]}, "only": "land"},
        {"operation": "multiply", "value": 1.5, "at": {"polygon": [[0, 0], [9, 9], [9, 0]]}},
        {"operation": "add", "value": 5, "at": {"cells": [[0, 0], [9, 9]]}},
    ]
    steps.save_edits(ada.place.platform, ada.actor, ada.project.id, "internal_oceans", edits)
    page = ada.opens("internal_oceans")
    rows = [
        [" ".join(cell.text.split()) for cell in row.select("td")]
        for row in page.select("#edits tbody tr")
    ]
    assert rows == [
        ["fill", "0°E, 10°N", HOSTILE, "Ada"],
        ["channel 50 m", "line of 2 points, 2 cells wide", "", "Ada"],
        ["set -200 m, only land", "box from 10 to 30°E, 20 to 40°N", "", "Ada"],
        ["multiply 1.5", "polygon of 3 points", "", "Ada"],
        ["add 5 m", "2 cells", "", "Ada"],
    ]
    assert HOSTILE not in str(page)


def test_a_failure_is_told_with_reason_hint_log_and_a_way_on(
    ada: Person, place: Place, tmp_path: Path
) -> None:
    project = place.make(name="Miocene")
    person = Person(place, tmp_path, ada.actor, project)
    place.pump()
    (task,) = place.tasks()
    place.start(task)
    place.pump()
    page = person.opens("regrid")
    assert page.select_one("#state .badge.running")
    assert page.select_one('#state form[action$="/cancel"]')
    failed = Failed(
        step="regrid", code="bad_input", reason=f"it is flat {HOSTILE}", remedy="give another",
        log=f"Traceback {HOSTILE}", retryable=False,
    )  # fmt: skip
    place.say(task, failed)
    place.pump()
    page = person.opens("regrid")
    state = page.select_one("#state")
    assert state is not None
    assert f"it is flat {HOSTILE}" in state.text
    assert "Give another." in state.text
    retry = state.select_one('form[action$="/retry"]')
    assert retry is not None
    sent = {str(field["name"]): str(field["value"]) for field in retry.select("input")}
    assert (sent["step"], sent["back"]) == ("regrid", "regrid")
    log = page.select_one("#log pre")
    assert log is not None
    assert log.text == f"Traceback {HOSTILE}"
    assert HOSTILE not in str(page)
    answer = person.client.post(str(retry["action"]), data=sent)
    assert answer.location == person.address("regrid")
    assert "Tried again" in person.opens("regrid").text


def test_checks_changes_and_notes_of_the_last_run_are_shown(
    ada: Person, place: Place, tmp_path: Path
) -> None:
    project = place.make(name="Miocene")
    person = Person(place, tmp_path, ada.actor, project)
    place.pump()
    (task,) = place.tasks()
    place.start(task)
    check = CheckOutcome(
        name="odd", status="warn", summary="1 oddity", fix="look",
        table=({"number": 1, "area_km2": 12345.678},),
    )  # fmt: skip
    change = ChangeMade(what="filled a hole", why="the rule", cells=3, lon=1.0, lat=2.0)
    told_too = {"checks": (check,), "changes": (change,), "notes": ("converted from kilometres",)}
    done = place.result(task).model_copy(update=told_too)
    place.say(task, done)
    place.pump()
    told = person.opens("regrid").select_one("#told")
    assert told is not None
    for words in ("1 oddity.", "Look.", "area km2", "12345.7", "Filled a hole. The rule.",
                  "3 cells, near 1.0°E 2.0°N", "Converted from kilometres."):  # fmt: skip
        assert words in told.text, words


def test_a_log_of_an_earlier_run_can_be_opened(ada: Person) -> None:
    answer = ada.client.get(ada.address("regrid") + "?attempt=1")
    assert "Log of run 1" in answer.text
    assert soup(answer.text).select_one("details#log[open]")
    assert ada.client.get(ada.address("regrid") + "?attempt=77").status_code == 404


def test_land_is_drawn_for_the_preview_before_anything_has_run(ada: Person) -> None:
    answer = ada.client.get(f"/projects/{ada.project.id}/land.png")
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    picture = Image.open(BytesIO(answer.data))
    width, height = picture.size
    assert width == 2 * height
    assert picture.getpixel((width // 2, height // 2)) == 255  # the continent
    assert picture.getpixel((5, height // 2)) == 0  # the sea
    assert picture.getpixel((5, height - 1)) == 255  # the south pole
    assert picture.getpixel((5, 0)) == 0
