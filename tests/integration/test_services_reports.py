"""The report of a project: that of a build, drawn once, for those who may see the project."""

from pathlib import Path
from typing import Any

import pytest

from gondwana.errors import InputError
from gondwana.messaging.messages import ChangeMade, CheckOutcome, Done
from gondwana.services import asking, files, projects, reports, sharing, steps
from gondwana.services.projects import ProjectInfo
from gondwana.storage.database import Database
from gondwana.storage.errors import NotFoundError
from gondwana.storage.words import Access
from real_work import COARSE, work
from services_world import Place, asked_here, new_place


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return new_place(database, tmp_path, monkeypatch)


@pytest.fixture
def done(place: Place) -> ProjectInfo:
    """Return a project in which the topography was made."""
    made = place.make(name="Eocene <script>", parameters=COARSE)
    steps.run(place.platform, place.ada, made.id, ["internal_oceans"])
    place.pump()
    work(place)
    return made


def told(place: Place, project: ProjectInfo) -> dict[str, Any]:
    return {
        one.step.name: one for one in reports.checks(place.platform, place.ada, project.id).steps
    }


def tell(place: Place, step: str, *checks: CheckOutcome, **more: Any) -> None:
    """Let all steps that are asked for be done, one of them with something to tell."""
    place.pump()
    while tasks := place.tasks():
        for task in tasks:
            place.start(task)
            result = place.result(task)
            if task.data.step == step:
                result = Done(**{**dict(result), "checks": checks, **more})
            place.say(task, result)
        place.pump()


def test_checks_by_step(place: Place, done: ProjectInfo) -> None:
    found = reports.checks(place.platform, place.ada, done.id)
    assert found.status in ("pass", "warn", "fail")
    assert found.project.name == "Eocene <script>"
    names = [one.step.name for one in found.steps]
    assert names[:2] == ["regrid", "internal_oceans"]
    second = found.steps[1]
    assert {check.name for check in second.checks} >= {"internal_oceans", "poles"}
    assert (second.shown, second.attempt) == ("fresh", 1)
    assert second.seconds is not None
    assert second.finished is not None
    assert second.parameters["policy"]


def test_what_a_run_told_comes_out_as_it_went_in(place: Place) -> None:
    project = place.make()
    row = {"lon": 1.5, "cells": 3, "what": "<b>"}
    check = CheckOutcome(name="a", status="warn", summary="s", fix="f", table=(row,))
    change = ChangeMade(what="filled", why="small", cells=2, lon=3.0, lat=4.0)
    tell(place, "regrid", check, changes=(change,), notes=("n",), seconds=7.0)
    found = reports.checks(place.platform, place.ada, project.id)
    assert found.status == "warn"
    (regrid,) = found.steps
    assert (regrid.status, regrid.seconds, regrid.notes) == ("warn", 7.0, ("n",))
    assert (regrid.checks[0].table, regrid.checks[0].fix) == ([row], "f")
    assert (regrid.changes[0].what, regrid.changes[0].lat) == ("filled", 4.0)


def test_they_are_those_of_the_run_that_made_the_file(place: Place) -> None:
    platform, ada = place.platform, place.ada
    project = place.make()
    tell(place, "regrid", CheckOutcome(name="a", status="fail", summary="first"))
    first = files.get(platform, ada, project.id, "regridded")
    steps.set_parameters(platform, ada, project.id, "regrid", {"resolution": 2.0})
    assert told(place, project)["regrid"].shown == "stale"
    assert told(place, project)["regrid"].remarks[-1].endswith("not up to date")
    place.pump()
    for task in place.tasks():
        place.start(task)
        second = CheckOutcome(name="a", status="pass", summary="second")
        place.say(task, Done(**{**dict(place.result(task, "2")), "checks": (second,)}))
    place.pump()
    assert told(place, project)["regrid"].checks[0].summary == "second"
    assert told(place, project)["regrid"].parameters["resolution"] == 2.0
    files.restore(platform, ada, project.id, "regridded", first.number)
    restored = told(place, project)["regrid"]
    assert (restored.checks[0].summary, restored.parameters["resolution"]) == ("first", 1.0)


def test_copies_tell_what_their_originals_did(place: Place) -> None:
    platform, ada = place.platform, place.ada
    bob = place.actor("Bob")
    project = place.make()
    tell(place, "regrid", CheckOutcome(name="a", status="warn", summary="once"))
    sent = projects.send(platform, ada, project.id, "Bob")
    copy = projects.duplicate(platform, bob, sent.id, name="Mine")
    (regrid,) = reports.checks(platform, bob, copy.id).steps
    assert regrid.checks[0].summary == "once"
    projects.delete(platform, ada, project.id)
    assert reports.checks(platform, bob, copy.id).status == "warn"


def test_a_report_shows_maps_and_checks_and_escapes_names(place: Place, done: ProjectInfo) -> None:
    page = reports.report(place.platform, place.ada, done.id).decode()
    assert "<title>Eocene &lt;script&gt;" in page
    assert '<h2 id="topography-title">Topography</h2>' in page
    assert "Internal oceans" in page
    assert "eocene.nc" in page


def test_a_report_is_drawn_once(
    place: Place, done: ProjectInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def counted(question: str, **about: Any) -> Any:
        drawn.append(question)
        return asked_here(question, **about)

    monkeypatch.setattr(asking, "ask", counted)
    platform, ada = place.platform, place.ada
    first = reports.report(platform, ada, done.id)
    assert reports.report(platform, ada, done.id) is first
    assert drawn == ["report"]
    projects.rename(platform, ada, done.id, "Another")
    assert b"<title>Another" in reports.report(platform, ada, done.id)
    projects.rename(platform, ada, done.id, "Eocene <script>")
    assert reports.report(platform, ada, done.id) == first
    assert len(drawn) == 2


def test_a_report_of_nothing_yet(place: Place) -> None:
    project = place.make()
    assert reports.checks(place.platform, place.ada, project.id).status is None
    assert b"Eocene" in reports.report(place.platform, place.ada, project.id)


def test_a_file_that_cannot_be_drawn_is_named(place: Place, done: ProjectInfo) -> None:
    place.work()  # files that the test makes up, and that are no NetCDF
    steps.run(place.platform, place.ada, done.id)
    place.work()
    with pytest.raises(InputError, match="is not a NetCDF file") as caught:
        reports.report(place.platform, place.ada, done.id)
    assert "/" not in caught.value.where


def test_only_for_those_who_may_see_it(place: Place, done: ProjectInfo) -> None:
    bob = place.actor("Bob")
    for deed in (reports.checks, reports.report):
        with pytest.raises(NotFoundError):
            deed(place.platform, bob, done.id)
    sharing.share(place.platform, place.ada, done.id, "Bob", Access.VIEW)
    assert reports.checks(place.platform, bob, done.id).steps
    assert reports.report(place.platform, bob, done.id)
