"""The pages of files, history and report: what they show, to whom, and what they never let out."""

import re
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import CSRFProtect
from werkzeug.test import TestResponse

from gondwana.accounts.permissions import Actor
from gondwana.config import load_settings
from gondwana.messaging.messages import Failed
from gondwana.services import files, sessions, sharing, steps, timeline
from gondwana.services.projects import ProjectInfo
from gondwana.storage.database import Database
from gondwana.storage.words import Access
from gondwana.web.app import make_app
from gondwana.web.visitors import KEY
from real_work import COARSE, work
from services_world import Place, globe, netcdf, new_place, upload

LARGEST = 300_000
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return new_place(database, tmp_path, monkeypatch)


@pytest.fixture
def app(place: Place, tmp_path: Path) -> Flask:
    settings = load_settings(data_folder=tmp_path, mode="embedded", largest_file=LARGEST)
    return make_app(place.platform, settings)


@pytest.fixture
def project(place: Place) -> ProjectInfo:
    """Return a project in which the topography was made."""
    made = place.make(name="Eocene", parameters=COARSE)
    steps.run(place.platform, place.ada, made.id, ["internal_oceans"])
    work(place)
    return made


Enter = Callable[[Actor], FlaskClient]


@pytest.fixture
def enter(app: Flask, place: Place) -> Enter:
    """Return a way to get a browser in which somebody is signed in."""

    def entered(who: Actor) -> FlaskClient:
        client = app.test_client()
        begun = sessions.begin(place.platform, who, agent="tests", address="127.0.0.1")
        with client.session_transaction() as held:
            held[KEY] = begun.key
        return client

    return entered


@pytest.fixture
def ada(enter: Enter, place: Place) -> FlaskClient:
    return enter(place.ada)


def soup(answer: TestResponse, status: int = 200) -> BeautifulSoup:
    assert answer.status_code == status, answer.text
    return BeautifulSoup(answer.text, "html.parser")


def send(client: FlaskClient, page: str, action: str, **fields: Any) -> TestResponse:
    """Send a form of a page as a person does who fills in some of its fields."""
    form = soup(client.get(page)).select_one(f'form[action="{action}"]')
    assert form is not None, f"no form for {action}"
    given = {
        str(field["name"]): str(field.get("value", ""))
        for field in form.select("input[name]")
        if field.get("type") != "file"
    }
    return client.post(action, data={**given, **fields}, content_type="multipart/form-data")


def at(project: ProjectInfo, rest: str = "files") -> str:
    return f"/projects/{project.id}/{rest}"


def test_the_list_groups_files_in_the_order_of_the_steps(
    ada: FlaskClient, project: ProjectInfo
) -> None:
    page = soup(ada.get(at(project)))
    assert [title.text for title in page.select("section h2")] == [
        "Given", "Results", "Passed on between steps", "What could be given as well",
    ]  # fmt: skip
    rows = [row.text for row in page.select("tbody th[scope=row] code")]
    assert rows[:2] == ["source.nc", "topography.nc"]
    assert rows[-2:] == ["regridded.nc", "raw_bathymetry.nc"]
    first = page.select("tbody tr")[0].text
    assert "Ada" in first
    assert "eocene.nc" in first
    addresses = {link["href"] for link in page.select("a[href]")}
    for rest in ("files/source/download", "archive.zip", "recipe", "files/topography"):
        assert at(project, rest) in addresses
    assert at(project, "files/soil_map/new") in addresses


def test_a_file_tells_what_it_is_and_what_is_in_it(ada: FlaskClient, project: ProjectInfo) -> None:
    page = soup(ada.get(at(project, "files/topography")))
    told = page.select_one("main").text  # type: ignore[union-attr]
    for word in ("internal_oceans", "gondwana_parameters", "degrees_north", "lat", "NetCDF-3"):
        assert word in told
    assert page.select_one(f'img[src^="{at(project, "files/topography")}"]') is not None
    (current,) = page.select("tr[aria-current]")
    assert "current" in current.text


def test_nothing_in_a_file_becomes_part_of_the_page(
    ada: FlaskClient, place: Place, project: ProjectInfo
) -> None:
    evil = globe()
    evil.attrs = {"title": EVIL, "a<b>c": '"><img src=x onerror=alert(1)>'}
    evil["topo"].attrs["long_name"] = f"</code></details>{EVIL}"
    files.replace(
        place.platform, place.ada, project.id, "source", upload(evil, f"{EVIL}.nc"), note=EVIL
    )
    for rest in ("files", "files/source", "history", "report", "report/document"):
        page = soup(ada.get(at(project, rest)))
        assert all("alert(1)" not in script.text for script in page.select("script"))
        assert not page.select("img[src=x], [onerror]")
    assert EVIL in soup(ada.get(at(project, "files/source"))).text


def test_a_file_that_is_no_netcdf_is_told_as_such(ada: FlaskClient, place: Place) -> None:
    project = place.make()
    place.work()  # files that the test makes up
    page = soup(ada.get(at(project, "files/regridded")))
    assert "cannot be looked into" in page.text
    assert "/tmp" not in page.text  # noqa: S108


def test_replacing_takes_a_file_and_a_note(
    ada: FlaskClient, place: Place, project: ProjectInfo
) -> None:
    page = at(project, "files/source")
    changed = netcdf(globe(5.0))
    answer = send(ada, page, page, file=(BytesIO(changed), "five.nc"), note="finer")
    assert answer.status_code == 302
    made = files.get(place.platform, place.ada, project.id, "source")
    assert (made.number, made.note, made.sha256) == (2, "finer", sha256(changed).hexdigest())
    assert "Revision 2 is in its place now." in ada.get(page).text


@pytest.mark.parametrize(
    ("content", "name", "status", "told"),
    [
        (b"<html><script>alert(1)</script>", "page.nc", 400, "s not a NetCDF file"),
        (b"", "", 400, "No file was chosen."),
    ],
)
def test_what_is_refused_is_told_and_the_note_is_kept(
    ada: FlaskClient, project: ProjectInfo, content: bytes, name: str, status: int, told: str
) -> None:
    page = at(project, "files/source")
    answer = send(ada, page, page, file=(BytesIO(content), name), note="my <note>")
    shown = soup(answer, status)
    assert told in shown.text
    assert shown.select_one("input[name=note]")["value"] == "my <note>"  # type: ignore[index]
    assert not shown.select("main script")


def test_more_than_is_taken_is_refused(ada: FlaskClient, project: ProjectInfo) -> None:
    answer = ada.post(
        at(project, "files/source"),
        data=b"--b",
        content_type="multipart/form-data; boundary=b",
        environ_overrides={"CONTENT_LENGTH": str(10**9)},
    )
    assert answer.status_code == 413


def test_two_who_replace_at_once(ada: FlaskClient, place: Place, project: ProjectInfo) -> None:
    page = at(project, "files/source")
    form = {"file": (BytesIO(netcdf(globe())), "a.nc"), "based_on": "0"}
    answer = send(ada, page, page, **form)
    assert "somebody else" in soup(answer, 409).text.lower()
    assert files.get(place.platform, place.ada, project.id, "source").number == 1


def test_an_earlier_revision_comes_back(
    ada: FlaskClient, place: Place, project: ProjectInfo
) -> None:
    files.replace(place.platform, place.ada, project.id, "source", upload(globe(5.0)))
    page = at(project, "files/source")
    compare = soup(ada.get(page)).select_one(f'a[href^="{at(project, "compare")}"]')
    assert compare is not None
    old = f"{page}?revision=1"
    assert "not the current one" in ada.get(old).text
    answer = send(ada, old, f"{page}/restore", note="back")
    assert answer.status_code == 302
    made = files.get(place.platform, place.ada, project.id, "source")
    assert (made.number, made.restored_from, made.note) == (3, 1, "back")
    assert ada.get(f"{page}?revision=9").status_code == 404


def test_doing_without_a_map_of_ones_own(
    ada: FlaskClient, place: Place, project: ProjectInfo
) -> None:
    page = at(project, "files/soil_map")
    soil = netcdf(globe(soilcolor=globe()["topo"] * 0.0 + 3.0)[["soilcolor"]])
    assert send(ada, page, page, file=(BytesIO(soil), "s.nc")).status_code == 302
    assert send(ada, page, f"{page}/take-away").status_code == 302
    assert "not the current one" in ada.get(page).text
    kinds = [one.kind for one in files.current(place.platform, place.ada, project.id)]
    assert "soil_map" not in kinds


def test_downloads(ada: FlaskClient, project: ProjectInfo) -> None:
    content = netcdf(globe())
    whole = ada.get(at(project, "files/source/download"))
    assert (whole.status_code, whole.data) == (200, content)
    headers = whole.headers
    assert headers["Content-Disposition"] == 'attachment; filename="source.nc"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["ETag"] == f'"{sha256(content).hexdigest()}"'
    assert "sandbox" in headers["Content-Security-Policy"]
    part = ada.get(at(project, "files/source/download"), headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, content[10:20])
    assert ada.get(at(project, "files/source/download?revision=2")).status_code == 404
    assert ada.get(at(project, "files/..%2f..%2fetc/download")).status_code in (404, 422)


def test_everything_in_one_zip(ada: FlaskClient, project: ProjectInfo) -> None:
    answer = ada.get(at(project, "archive.zip"))
    assert answer.headers["Content-Disposition"] == "attachment; filename=Eocene.zip"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    with ZipFile(BytesIO(answer.data)) as zipped:
        assert "Eocene/topography.nc" in zipped.namelist()
        assert zipped.read("Eocene/recipe.yaml") == ada.get(at(project, "recipe")).data


def test_history_tells_who_did_what_when_and_why(
    ada: FlaskClient, place: Place, project: ProjectInfo
) -> None:
    edit = {"operation": "fill", "at": {"point": [0.0, 10.0]}, "reason": "a <lake>"}
    platform, who = place.platform, place.ada
    steps.save_edits(platform, who, project.id, "internal_oceans", [edit])
    files.replace(platform, who, project.id, "source", upload(globe(5.0)), note="finer")
    files.restore(platform, who, project.id, "source", 1)
    moments = soup(ada.get(at(project, "history"))).select(".timeline > li")
    told = [moment.get_text(" ", strip=True) for moment in moments]
    assert "revision 1 was restored, as revision 3" in told[0]
    assert "finer" in told[1]
    assert re.search("1 edit was saved a <lake> .* · Ada", told[2])
    assert any("made topography.nc" in one for one in told)
    assert told[-1].startswith("The project began.")


def test_history_tells_failures_and_goes_on_over_pages(ada: FlaskClient, place: Place) -> None:
    project = place.make()
    place.pump()
    for task in place.tasks():
        place.start(task)
        place.say(task, FAILED)
    place.pump()
    for number in range(timeline.PAGE):
        files.restore(place.platform, place.ada, project.id, "source", 1, note=f"time {number}")
    first, second = (soup(ada.get(at(project, f"history?page={part}"))) for part in (1, 2))
    assert len(first.select(".timeline > li")) == timeline.PAGE
    told = [moment.get_text(" ", strip=True) for moment in second.select(".timeline > li")]
    assert any("Working grid failed it lacks <x>" in one for one in told)
    assert told[-1].startswith("The project began.")
    assert soup(ada.get(at(project, "history?page=99"))).select(".timeline > li")[-1].text
    (earlier,) = first.select(f'a[href="{at(project, "history?page=2")}"]')
    assert earlier.text == "Earlier"


FAILED = Failed(step="regrid", code="bad_input", reason="it lacks <x>", retryable=False)


def test_checks_and_report(ada: FlaskClient, project: ProjectInfo) -> None:
    page = soup(ada.get(at(project, "report")))
    assert "Internal oceans and poles" in page.text
    assert "Regridded" in page.text
    framed = soup(ada.get(at(project, "report/maps")))
    (frame,) = framed.select("iframe")
    assert frame["src"] == at(project, "report/document")
    alone = ada.get(str(frame["src"]))
    policy = alone.headers["Content-Security-Policy"]
    assert "sandbox allow-scripts allow-popups" in policy
    assert "allow-same-origin" not in policy
    assert "frame-ancestors 'self'" in policy
    assert "X-Frame-Options" not in alone.headers
    for link in soup(alone).select("#files a[href]"):
        answer = ada.get(at(project, f"report/{link['href']}"), follow_redirects=True)
        assert answer.status_code == 200, link
    assert ada.get(at(project, "report/nonsense")).status_code == 404


def test_what_prevents_a_report_is_told(
    ada: FlaskClient, place: Place, project: ProjectInfo
) -> None:
    steps.run(place.platform, place.ada, project.id)
    place.work()  # files that the test makes up
    page = soup(ada.get(at(project, "report/maps")))
    assert "cannot be drawn" in page.text
    assert not page.select("iframe")


PAGES = (
    "files", "files/source", "files/source/download", "archive.zip", "recipe", "history",
    "report", "report/maps", "report/document", "report/source.nc",
)  # fmt: skip
DEEDS = ("files/source", "files/source/restore", "files/soil_map/take-away")


def test_who_may_see_and_who_may_change(
    app: Flask, enter: Enter, place: Place, project: ProjectInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob, vera, ed = (place.actor(name) for name in ("Bob", "Vera", "Ed"))
    sharing.share(place.platform, place.ada, project.id, "Vera", Access.VIEW)
    sharing.share(place.platform, place.ada, project.id, "Ed", Access.EDIT)
    for rest in PAGES:
        assert app.test_client().get(at(project, rest)).location.startswith("/sign-in")
        assert enter(bob).get(at(project, rest)).status_code == 404
        for who in (vera, ed, place.admin):
            assert enter(who).get(at(project, rest)).status_code in (200, 302)
    monkeypatch.setattr(CSRFProtect, "protect", lambda _: None)
    for rest in DEEDS:
        form = {"file": (BytesIO(netcdf(globe())), "a.nc"), "revision": "1"}
        assert app.test_client().post(at(project, rest), data=dict(form)).status_code == 401
        for who, status in ((bob, 404), (vera, 403)):
            form["file"] = (BytesIO(netcdf(globe())), "a.nc")
            assert enter(who).post(at(project, rest), data=dict(form)).status_code == status
    assert files.get(place.platform, place.ada, project.id, "source").number == 1
    assert not soup(enter(vera).get(at(project, "files/source"))).select("main form")


def test_forms_of_others_are_refused(ada: FlaskClient, project: ProjectInfo) -> None:
    for rest in DEEDS:
        answer = ada.post(at(project, rest), data={"revision": "1"})
        assert answer.status_code == 400
        assert "form" in answer.text.lower()
