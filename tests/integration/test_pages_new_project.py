"""Sending a file to the pages: by a form or as a body, looked at, chosen from, used."""

import json
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gondwana.accounts.permissions import Actor
from gondwana.config import load_settings
from gondwana.services import files, offers, projects, sessions, sharing
from gondwana.storage.database import Database
from gondwana.storage.files import FileStore
from gondwana.storage.words import Access
from gondwana.web.app import make_app
from gondwana.web.visitors import KEY
from services_world import Place, globe, netcdf, new_place

LARGEST = 200_000
EVIL = "<script>alert(1)</script>"
RAW = "application/octet-stream"


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return new_place(database, tmp_path, monkeypatch)


@pytest.fixture
def app(place: Place, tmp_path: Path) -> Flask:
    settings = load_settings(data_folder=tmp_path, mode="embedded", largest_file=LARGEST)
    store = FileStore(str(tmp_path / "files"), largest=LARGEST)
    return make_app(replace(place.platform, store=store), settings)


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


def two_maps() -> xr.Dataset:
    data = globe().rename(topo="a")
    data["b"] = data["a"] * 0 - 10.0
    data["a"].attrs["long_name"] = EVIL
    return data


def token(client: FlaskClient, page: str = "/projects/new") -> str:
    return str(soup(client.get(page)).select_one("input[name=csrf_token]")["value"])


def send(
    client: FlaskClient, content: bytes, name: str = "eocene_60Ma.nc", page: str = "/projects/new"
) -> TestResponse:
    """Send a file by the form of a page, without scripts."""
    told = {"csrf_token": token(client, page), "file": (BytesIO(content), name)}
    return client.post(page, data=told, content_type="multipart/form-data")


def send_raw(
    client: FlaskClient, content: bytes, name: str = "eocene.nc", page: str = "/projects/new"
) -> TestResponse:
    """Send a file as the script of a page does."""
    return client.post(
        page,
        query_string={"name": name},
        data=content,
        content_type=RAW,
        headers={"X-CSRFToken": token(client, page)},
    )


def submit(client: FlaskClient, page: BeautifulSoup, action: str, **typed: Any) -> TestResponse:
    """Send a form of a page, with some of its fields filled in."""
    found = page.select(f'form[action="{action}"], button[formaction="{action}"]')
    assert found, f"no form for {action}"
    form = found[0] if found[0].name == "form" else found[0].find_parent("form")
    told = {field["name"]: field.get("value", "") for field in form.select("input[name]")}
    told |= {field["name"]: field.text for field in form.select("textarea[name]")}
    for field in form.select("select[name]"):
        chosen = field.select_one("option[selected]") or field.select_one("option")
        told[field["name"]] = chosen["value"]
    assert set(typed) <= set(told)
    return client.post(action, data={**told, **typed})


def facts(page: BeautifulSoup) -> dict[str, str]:
    names = page.select(".pairs dt")
    return {name.text: " ".join(name.find_next_sibling("dd").text.split()) for name in names}


def test_a_file_becomes_a_project_without_scripts(ada: FlaskClient, place: Place) -> None:
    answer = send(ada, netcdf(globe()))
    assert answer.status_code == 302
    at = answer.location
    page = soup(ada.get(at))
    told = facts(page)
    assert told["Grid"] == "18 × 36 cells of 10° × 10°"
    assert told["Arranged"] == "south first, longitudes from −175° to 175°"
    assert told["Land"].endswith("% of the globe")
    assert told["Lowest, highest"] == "−4 000 m, 1 000 m"
    assert told["Elevations"] == "topo"
    assert page.select_one("#name")["value"] == "eocene 60Ma"
    picture = ada.get(page.select_one("img.map")["src"])
    assert (picture.mimetype, picture.data[:4]) == ("image/png", b"\x89PNG")
    made = submit(ada, page, at, name="Eocene", info="for all")
    (listed,) = projects.listed(place.platform, place.ada)
    assert made.location == f"/projects/{listed.project.id}"
    assert (listed.project.name, listed.project.info) == ("Eocene", "for all")
    assert ada.get(at).status_code == 404


def test_a_world_without_land_is_doubted_and_taken(ada: FlaskClient) -> None:
    page = soup(ada.get(send(ada, netcdf(globe() * 0 - 4000.0)).location))
    seen = page.select_one(".seen .tell.warn")
    assert seen is not None
    assert "There is no land: no cell lies above 0 m" in seen.text
    usual = soup(ada.get(send(ada, netcdf(globe())).location))
    assert not usual.select(".seen .tell.warn")


def test_a_script_sends_the_file_as_a_body_and_is_told_where_to_go(ada: FlaskClient) -> None:
    answer = send_raw(ada, netcdf(globe()), "../a<b>.nc")
    assert answer.status_code == 200
    page = soup(ada.get(answer.json["address"]))
    assert "a<b>.nc" in page.h1.text
    assert "<b>" not in str(page.h1)
    refused = send_raw(ada, bytes(LARGEST + 1))
    assert refused.status_code == 413
    assert refused.json["error"].startswith("The file has more than 200000 bytes")
    none = ada.post("/projects/new", data=netcdf(globe()), content_type=RAW)
    assert none.status_code == 400
    assert "address" not in none.text


def test_what_a_script_needs_stands_in_the_page(ada: FlaskClient) -> None:
    page = soup(ada.get("/projects/new"))
    form = page.select_one("form[data-upload]")
    assert form["data-largest"] == str(LARGEST)
    texts = json.loads(form.select_one("script[type='application/json']").text)
    assert texts["far"] == "{sent} of {whole}"
    assert all(texts.values())
    assert page.select_one("[role=status][data-said]") is not None
    assert page.select_one("label[for=file]") is not None


def test_nothing_chosen_is_told_beside_the_field(ada: FlaskClient) -> None:
    page = soup(send(ada, b"", ""), 400)
    assert page.select_one("#file-error").text.strip() == "No file was chosen; choose one."
    assert "file-error" in page.select_one("#file")["aria-describedby"]
    large = soup(send(ada, bytes(LARGEST + 1)), 413)
    assert "more than 200000 bytes" in large.select_one("#file-error").text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<html>" + EVIL.encode(), "eocene.nc: is not a NetCDF file but a web page. Download"),
        (netcdf(globe())[:-500], "cut short or damaged. Copy or download it again."),
        (netcdf(globe().sel(lat=slice(0, 90))), "covers only 0 to 90 degrees north. Give a topo"),
    ],
)
def test_what_cannot_be_used_is_told_and_another_can_be_sent(
    ada: FlaskClient, content: bytes, sentence: str
) -> None:
    at = send_raw(ada, content).json["address"]
    answer = ada.get(at)
    assert EVIL not in answer.text
    page = soup(answer)
    assert sentence in " ".join(page.select_one(".tell").text.split())
    assert page.select_one("#name") is None
    assert ada.get(f"{at}/map.png").status_code == 404
    back = submit(ada, page, f"{at}/withdraw")
    assert back.location == "/projects/new"
    assert ada.get(at).status_code == 404


def test_a_choice_is_asked_for_only_where_it_is_needed(ada: FlaskClient, place: Place) -> None:
    at = send_raw(ada, netcdf(two_maps())).json["address"]
    answer = ada.get(at)
    assert EVIL not in answer.text
    page = soup(answer)
    assert "One thing is not certain." in page.text
    options = [option.text for option in page.select("#variable option")]
    assert options == ["– choose –", f"a – {EVIL} (m, 18 × 36)", "b (m, 18 × 36)"]
    assert page.select_one("#variable").has_attr("required")
    assert page.select_one("#lon").find_parent("details") is not None
    page = soup(submit(ada, page, f"{at}/reading", variable="a"))
    assert facts(page)["Elevations"] == "a"
    assert page.select_one("#variable option[selected]")["value"] == "a"
    submit(ada, page, at, name="Eocene")
    (listed,) = projects.listed(place.platform, place.ada)
    assert place.state(listed.project.id).steps["regrid"].parameters["variable"] == "a"


def test_nothing_typed_is_lost(ada: FlaskClient, place: Place) -> None:
    place.make(name="Taken")
    at = send_raw(ada, netcdf(two_maps())).json["address"]
    page = soup(submit(ada, soup(ada.get(at)), f"{at}/reading", variable="a"))
    typed = {"name": "Taken", "info": "Of <b>60</b> Ma"}
    page = soup(submit(ada, page, at, **typed), 409)
    assert page.select_one("#name-error").text.strip().startswith("There is a project 'Taken'")
    assert page.select_one("#name")["value"] == "Taken"
    assert page.select_one("#info").text.strip() == typed["info"]
    page = soup(submit(ada, page, at, name="", info="x"), 422)
    assert "The name is empty" in page.select_one("#name-error").text
    page = soup(submit(ada, page, at, name="New", info="x" * 5001), 422)
    assert "longer than 5000" in page.select_one("#info-error").text
    page = soup(submit(ada, page, f"{at}/reading", name="Kept", info="also", units="km"))
    assert page.select_one(".tell.warn, .tell.bad") is not None
    page = soup(submit(ada, page, f"{at}/reading", units="m"))
    assert page.select_one("#name")["value"] == "Kept"
    assert page.select_one("#info").text.strip() == "also"


def test_a_reading_that_was_chosen_and_not_looked_at_counts(ada: FlaskClient, place: Place) -> None:
    at = send_raw(ada, netcdf(globe())).json["address"]
    page = soup(submit(ada, soup(ada.get(at)), at, name="Eocene", units="km"))
    assert "values reach 4e+06 m" in page.text
    assert projects.listed(place.platform, place.ada) == []
    submit(ada, page, f"{at}/reading", units="")
    bad = ada.post(at, data={"csrf_token": token(ada), "units": "miles", "name": "x"})
    assert "units" in soup(bad).select_one("details[open] .error").text


def test_an_offer_is_its_giver_s_alone(ada: FlaskClient, enter: Enter, place: Place) -> None:
    at = send_raw(ada, netcdf(globe())).json["address"]
    for other in (enter(place.actor("Bob")), enter(place.admin)):
        assert other.get(at).status_code == 404
        assert other.get(f"{at}/map.png").status_code == 404
        told = {"csrf_token": token(other), "name": "Mine"}
        for rest in ("", "/reading", "/withdraw"):
            assert other.post(f"{at}{rest}", data=told).status_code == 404
    assert ada.get(at).status_code == 200


def test_nobody_sends_nothing(app: Flask) -> None:
    nobody = app.test_client()
    assert nobody.get("/projects/new").status_code == 302
    form = soup(nobody.get("/sign-in")).select_one("input[name=csrf_token]")
    headers = {"X-CSRFToken": str(form["value"])}
    sent = nobody.post("/projects/new", data=b"x", content_type=RAW, headers=headers)
    assert sent.status_code == 401


def test_a_file_takes_the_place_of_another(ada: FlaskClient, place: Place) -> None:
    project = place.make()
    page = f"/projects/{project.id}/files/source/new"
    at = send_raw(ada, netcdf(two_maps()), "miocene.nc", page).json["address"]
    assert at.startswith(page)
    shown = soup(ada.get(at))
    shown = soup(submit(ada, shown, f"{at}/reading", variable="a"))
    assert "revision 2 of: topography" in shown.text
    long = soup(submit(ada, shown, at, note="x" * 2001), 422)
    assert "longer than 2000" in long.select_one("#note-error").text
    files.replace(
        place.platform, place.ada, project.id, "source", offers.Upload("b.nc", BytesIO(
            netcdf(globe())))
    )  # fmt: skip
    late = soup(submit(ada, shown, at, note="mine"), 409)
    assert "somebody else" in late.select_one("#note-error").text.lower()
    assert late.select_one("#note")["value"] == "mine"
    done = submit(ada, late, at, note="mine")
    assert done.location == f"/projects/{project.id}/files/source"
    now = projects.get(place.platform, place.ada, project.id)
    assert now.file_name == "miocene.nc"
    last = files.get(place.platform, place.ada, project.id, "source")
    assert (last.number, last.note) == (3, "mine")


def test_another_kind_is_shown_without_a_map(ada: FlaskClient, place: Place) -> None:
    project = place.make()
    page = f"/projects/{project.id}/files/soil_map/new"
    soils = xr.Dataset({"soilcolor": globe()["topo"] * 0 + 3, "soiltext": globe()["topo"] * 0 + 2})
    at = send(ada, netcdf(soils), "soils.nc", page).location
    shown = soup(ada.get(at))
    assert shown.select_one("img.map") is None
    assert facts(shown)["Variables"] == "soilcolor, soiltext"
    submit(ada, shown, at)
    assert files.get(place.platform, place.ada, project.id, "soil_map").number == 1
    assert ada.get(f"/projects/{project.id}/files/stones/new").status_code == 422


def test_only_who_may_change_a_project_sends_files_to_it(
    ada: FlaskClient, enter: Enter, place: Place
) -> None:
    project, bob = place.make(), place.actor("Bob")
    page = f"/projects/{project.id}/files/source/new"
    client = enter(bob)
    assert client.get(page).status_code == 404
    sharing.share(place.platform, place.ada, project.id, "Bob", Access.VIEW)
    assert client.get(page).status_code == 403
    told = {"csrf_token": token(client), "file": (BytesIO(netcdf(globe())), "a.nc")}
    assert client.post(page, data=told, content_type="multipart/form-data").status_code == 403
    sharing.share(place.platform, place.ada, project.id, "Bob", Access.EDIT)
    at = send_raw(client, netcdf(globe() * 2), page=page).json["address"]
    assert ada.get(at).status_code == 404
    assert submit(client, soup(client.get(at)), at).status_code == 302
