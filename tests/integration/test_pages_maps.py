"""The pages of maps and comparisons: pictures, legends, numbers, and what is never let in."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from gondwana.accounts.permissions import Actor
from gondwana.config import load_settings
from gondwana.services import files, map_files, sessions, sharing
from gondwana.services.projects import ProjectInfo
from gondwana.storage.database import Database
from gondwana.storage.words import Access
from gondwana.web.app import make_app
from gondwana.web.visitors import KEY
from services_world import Place, globe, netcdf, new_place, upload

EVIL = "</script><script>alert(1)</script>"


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(map_files, "known", map_files.Known())
    return new_place(database, tmp_path, monkeypatch)


@pytest.fixture
def app(place: Place, tmp_path: Path) -> Flask:
    return make_app(place.platform, load_settings(data_folder=tmp_path, mode="embedded"))


@pytest.fixture
def project(place: Place) -> ProjectInfo:
    """Return a project with two revisions of its topography."""
    made = place.make(name="Eocene")
    changed = globe()
    changed["topo"][9, 18] = -100.0
    files.replace(place.platform, place.ada, made.id, "source", upload(netcdf(changed), "b.nc"))
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


def page(client: FlaskClient, address: str, status: int = 200) -> BeautifulSoup:
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:500]
    assert "style=" not in answer.text
    return BeautifulSoup(answer.text, "html.parser")


def addresses(project: ProjectInfo) -> list[str]:
    beginning = f"/projects/{project.id}"
    return [
        f"{beginning}/thumbnail.png",
        f"{beginning}/files/source/map.png?width=100",
        f"{beginning}/files/source/map",
        f"{beginning}/files/source/difference.png?first=1&second=2&width=100",
        f"{beginning}/compare",
    ]


def test_who_may_see_maps(
    app: Flask, place: Place, project: ProjectInfo, ada: FlaskClient, enter: Enter
) -> None:
    reader, stranger = place.actor("Bob"), place.actor("Eve")
    sharing.share(place.platform, place.ada, project.id, reader.name, Access.VIEW)
    for address in addresses(project):
        assert app.test_client().get(address).status_code == 302
        assert enter(stranger).get(address).status_code == 404
        assert enter(reader).get(address).status_code == 200
        assert ada.get(address).status_code == 200


def test_pictures_are_sent_once(ada: FlaskClient, project: ProjectInfo) -> None:
    for address in addresses(project)[:2]:
        answer = ada.get(address)
        assert (answer.mimetype, answer.headers["Cache-Control"]) == (
            "image/png", "private, no-cache",
        )  # fmt: skip
        again = ada.get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
    small = ada.get(addresses(project)[0])
    assert Image.open(io.BytesIO(small.data)).size == (320, 160)
    kept = ada.get(f"/projects/{project.id}/files/source/map.png?download=1")
    assert kept.headers["Content-Disposition"] == "attachment; filename=source-topo.png"


def test_the_map_page(ada: FlaskClient, project: ProjectInfo) -> None:
    found = page(ada, f"/projects/{project.id}/files/source/map?revision=1")
    stage = found.select_one("#stage")
    assert stage is not None
    assert stage["data-viewer"] == f"/viewer/map?project={project.id}&kind=source&revision=1"
    image = found.select_one("#stage img")
    assert image is not None
    assert "−4\u202f000 to 1\u202f000 m" in str(image["alt"])
    assert ada.get(str(image["src"])).mimetype == "image/png"
    assert len(found.select("svg.scale rect")) == 124
    assert [option.text.strip() for option in found.select("#revision option")] == [
        "2 · current", "1",
    ]  # fmt: skip


def test_the_form_draws_what_it_says(ada: FlaskClient, project: ProjectInfo) -> None:
    query = "projection=mollweide&colours=oslo&steps=7&low=-5000&high=1000&shown=1&width=200"
    found = page(ada, f"/projects/{project.id}/files/source/map?{query}")
    assert len(found.select("svg.scale rect")) == 7
    image = found.select_one("#drawing img")
    assert image is not None
    assert Image.open(io.BytesIO(ada.get(str(image["src"])).data)).size == (200, 100)
    boxes = {
        str(box["name"]): box.has_attr("checked") for box in found.select("input[type=checkbox]")
    }
    assert boxes["coast"] is False
    assert found.select_one("#colours option[selected]").text == "oslo"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "query",
    ["low=x", "low=5&high=1", "width=9999", "steps=1", "projection=flat", "variable=nothing",
     "colours=jet", "centre=nan", "width=٣", "log=on&low=-1"],
)  # fmt: skip
def test_what_makes_no_sense_is_told(ada: FlaskClient, project: ProjectInfo, query: str) -> None:
    beginning = f"/projects/{project.id}/files/source/map"
    found = page(ada, f"{beginning}?{query}", 422)
    assert found.select_one(".tell.bad") is not None
    name, _, value = query.split("&", maxsplit=1)[0].partition("=")
    field = found.select_one(f"#drawing input[name={name}]:not([type=checkbox])")
    if field is not None:
        assert field["value"] == value  # nothing typed is lost
    assert ada.get(f"{beginning}.png?{query}").status_code == 422


def test_names_from_a_file_are_texts(place: Place, enter: Enter) -> None:
    data = globe()
    data["topo"].attrs |= {"long_name": EVIL, "units": "m"}
    made = place.make(name="Eocene", files={"source": upload(netcdf(data), "a.nc")})
    client = enter(place.ada)
    for address in ("files/source/map", f"compare?variable={EVIL}&kind=source"):
        assert "<script>alert" not in client.get(f"/projects/{made.id}/{address}").text


def test_comparing_two_revisions(ada: FlaskClient, project: ProjectInfo) -> None:
    found = page(ada, f"/projects/{project.id}/compare")
    text = " ".join(found.get_text(" ").split())
    assert "1 of 648 cells differ" in text
    assert "−600 m" in text
    assert "5°N 5°E" in text
    rows = {
        row.th.text: [cell.text for cell in row.select("td")]  # type: ignore[union-attr]
        for row in found.select("table")[0].select("tbody tr")
    }
    assert rows["Internal oceans"] == ["0", "1", "+1"]
    assert rows["Lowest value (m)"] == ["−4\u202f000", "−4\u202f000", "0"]
    pictures = [str(image["src"]) for image in found.select("main img")]
    assert len(pictures) == 3
    limits = {tuple(re.findall(r"(?:low|high)=[-.0-9]+", src)) for src in pictures[:2]}
    assert len(limits) == 1  # the same colours on both sides
    for src in pictures:
        assert ada.get(src).mimetype == "image/png"
    slider = found.select_one("input[type=range]")
    assert slider is not None
    assert slider.find_parent("label") is not None


def test_comparing_two_projects(ada: FlaskClient, place: Place, project: ProjectInfo) -> None:
    fine = globe(5.0).rename(topo="height")
    other = place.make(name="Fine", files={"source": upload(netcdf(fine), "fine.nc")})
    found = page(ada, f"/projects/{project.id}/compare?with={other.id}&kind=source")
    text = found.get_text(" ")
    assert "18 × 36 and 36 × 72 cells" in text
    assert "“topo” of the first file is compared with “height” of the second" in text
    hidden = place.make(place.actor("Eve"), name="Hidden")
    assert ada.get(f"/projects/{project.id}/compare?with={hidden.id}").status_code == 404
    assert hidden.name not in text


def test_nothing_to_compare(ada: FlaskClient, place: Place) -> None:
    made = place.make(name="Lonely")
    assert "There is one of it only" in page(ada, f"/projects/{made.id}/compare").get_text()
    # left from another kind, and of no use for this one
    stale = f"/projects/{made.id}/compare?first=77&second=1&variable=gone&slice.veget=5"
    assert page(ada, stale).select_one(".tell.bad") is None
    assert ada.get(f"/projects/{made.id}/compare?kind=nonsense").status_code == 422
