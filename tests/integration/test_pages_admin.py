"""The pages of administration: what they show, what they do, and to whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gondwana.accounts.errors import ForbiddenError, SignInError
from gondwana.accounts.permissions import Actor
from gondwana.config import load_settings
from gondwana.services import invitations, projects, sessions, upkeep, users
from gondwana.storage import revisions
from gondwana.storage import workers as rows
from gondwana.storage.database import Database
from gondwana.storage.marks import utc_now
from gondwana.storage.models import Project
from gondwana.storage.words import Role, RunStatus
from gondwana.storage.workers import Seen
from gondwana.web.app import make_app
from gondwana.web.visitors import KEY
from services_world import Place, new_place
from storage_samples import add_run, put

PASSWORD = "granite and gneiss"  # noqa: S105 - of the tests alone
EVIL = "<script>alert(1)<script>"
GETS = (
    "/admin",
    "/admin/runs",
    "/admin/upkeep",
    "/admin/upkeep/survey",
    "/admin/upkeep/check",
    "/admin/users",
    "/admin/users/one?name=Ada",
)
POSTS = (
    "/admin/upkeep/clean",
    "/admin/users",
    "/admin/users/invite",
    "/admin/users/withdraw",
    "/admin/users/role",
    "/admin/users/quota",
    "/admin/users/password",
    "/admin/users/deactivate",
    "/admin/users/activate",
)
Enter = Callable[[Actor], FlaskClient]


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return new_place(database, tmp_path, monkeypatch)


@pytest.fixture
def app(place: Place, tmp_path: Path) -> Flask:
    return make_app(place.platform, load_settings(data_folder=tmp_path, mode="embedded"))


@pytest.fixture
def enter(app: Flask, place: Place) -> Enter:
    def entered(who: Actor) -> FlaskClient:
        client = app.test_client()
        begun = sessions.begin(place.platform, who, agent="tests", address="127.0.0.1")
        with client.session_transaction() as held:
            held[KEY] = begun.key
        return client

    return entered


@pytest.fixture
def root(enter: Enter, place: Place) -> FlaskClient:
    """Return the browser of an administrator."""
    return enter(place.admin)


def soup(answer: TestResponse, status: int = 200) -> BeautifulSoup:
    assert answer.status_code == status, answer.text
    return BeautifulSoup(answer.text, "html.parser")


def send(client: FlaskClient, page: str, action: str, **fields: str) -> TestResponse:
    """Send a form of a page as a person does who fills in some of its fields."""
    form = soup(client.get(page)).select_one(f'form[action="{action}"]')
    assert form is not None, f"no form for {action}"
    assert form["method"] == "post"
    given = {str(one["name"]): str(one.get("value", "")) for one in form.select("input[name]")}
    assert set(fields) <= {str(one["name"]) for one in form.select("[name]")}
    return client.post(action, data={**given, **fields})


def told(client: FlaskClient, answer: TestResponse) -> str:
    """Follow where a form leads, and return what is said there."""
    assert answer.status_code == 302, answer.text
    page = soup(client.get(answer.headers["Location"]))
    return " ".join(one.get_text(" ", strip=True) for one in page.select(".flashes .tell"))


def one(name: str) -> str:
    return f"/admin/users/one?name={name}"


def words(page: BeautifulSoup) -> str:
    return " ".join(page.main.get_text(" ", strip=True).split()) if page.main else ""


def test_the_overview_of_an_empty_installation(root: FlaskClient) -> None:
    page = soup(root.get("/admin"))
    assert "No workers" in words(page)
    assert "No run has failed" in words(page)
    assert "python" in [code.text for code in page.select("tbody th code")]
    assert page.select_one('.tabs a[aria-current="page"]').text == "Overview"  # type: ignore[union-attr]
    assert page.select_one('header a[href="/admin"]') is not None


def test_the_overview_tells_of_queues_workers_and_failures(place: Place, root: FlaskClient) -> None:
    project, now = place.make(name=EVIL), utc_now()
    with place.database.transaction() as session:
        about: dict[str, Any] = {"tag": "python", "finished": now, "code": "bad_input"}
        add_run(session, project.id, "pft", RunStatus.FAILED, reason=EVIL, hint="fill it", **about)
        add_run(session, project.id, "soils", RunStatus.NO_WORKER, tag="cobol")
        rows.note(
            session,
            [
                Seen("w-1", "python", 4, 3, "0.1.0", now, now),
                Seen("w-2", "python", 4, 3, EVIL, now, now - timedelta(minutes=5)),
            ],
        )
    answer = root.get("/admin")
    assert EVIL not in answer.text
    page = soup(answer)
    states = {row.select_one("th").text: row.select_one(".badge").text
              for row in page.select("table.names:not(.runs) tbody tr")}  # fmt: skip
    assert states == {"w-1": "at work", "w-2": "silent"}
    assert "1 run waits for a worker with the tag “cobol”" in words(page)
    failed = page.select_one("table.runs tbody tr")
    assert failed is not None
    assert EVIL in failed.text
    assert "Fill it." in failed.text
    links = [str(link["href"]) for link in failed.select("a")]
    assert links == [f"/projects/{project.id}", f"/projects/{project.id}/steps/pft"]
    assert all(root.get(link).status_code == 200 for link in links)
    assert EVIL in soup(root.get("/admin/runs")).select_one("table.runs").text  # type: ignore[union-attr]


def test_all_workers_silent_is_told(place: Place, root: FlaskClient) -> None:
    now = utc_now()
    with place.database.transaction() as session:
        rows.note(session, [Seen("w-2", "python", 1, 0, "", now, now - timedelta(minutes=5))])
    assert "no dispatcher runs that would hear them" in words(soup(root.get("/admin")))


def test_a_user_is_added_and_looked_after(place: Place, root: FlaskClient) -> None:
    platform, admin = place.platform, place.admin
    answer = send(root, "/admin/users", "/admin/users", name="Mary", email="mary@lyme.org")
    assert answer.headers["Location"].endswith(one("Mary"))
    assert "Mary is added" in told(root, answer)
    assert "Mary" in words(soup(root.get("/admin/users")))

    answer = send(root, one("Mary"), "/admin/users/password", password=PASSWORD)
    assert "safe way" in told(root, answer)
    mary = users.authenticate(platform, "Mary", PASSWORD)

    assert "role is changed" in told(
        root, send(root, one("Mary"), "/admin/users/role", role="admin")
    )
    assert users.get(platform, admin, "Mary").role is Role.ADMIN

    for typed, kept in (("2.5", 2_500_000_000), ("0,001", 1_000_000), ("", None)):
        answer = send(root, one("Mary"), "/admin/users/quota", quota=typed)
        assert "quota is changed" in told(root, answer)
        assert users.get(platform, admin, "Mary").quota == kept
    send(root, one("Mary"), "/admin/users/quota", quota="3")
    assert soup(root.get(one("Mary"))).select_one("#quota")["value"] == "3"  # type: ignore[index]

    assert "shut out" in told(root, send(root, one("Mary"), "/admin/users/deactivate"))
    with pytest.raises(ForbiddenError):
        projects.listed(platform, mary)
    assert "sign in again" in told(root, send(root, one("Mary"), "/admin/users/activate"))
    assert projects.listed(platform, mary) == []


@pytest.mark.parametrize(
    ("page", "action", "fields", "problem", "status"),
    [
        ("/admin/users", "/admin/users", {"name": "ADA"}, "name", 409),
        ("/admin/users", "/admin/users", {"name": " "}, "name", 422),
        ("/admin/users", "/admin/users", {"name": "a/b"}, "name", 422),
        ("/admin/users", "/admin/users/invite", {"days": "0"}, "days", 422),
        ("/admin/users", "/admin/users/invite", {"days": "1e9"}, "days", 422),
        ("/admin/users", "/admin/users/invite", {"days": "٣"}, "days", 422),
        ("/admin/users", "/admin/users/invite", {"note": "x" * 101}, "note", 422),
        (one("Ada"), "/admin/users/quota", {"quota": "much"}, "quota", 422),
        (one("Ada"), "/admin/users/quota", {"quota": "-1"}, "quota", 422),
        (one("Ada"), "/admin/users/quota", {"quota": "nan"}, "quota", 422),
        (one("Ada"), "/admin/users/quota", {"quota": "1e300"}, "quota", 422),
        (one("Ada"), "/admin/users/role", {"role": "queen"}, "role", 422),
        (one("Ada"), "/admin/users/password", {"password": "short"}, "password", 422),
        (one("root"), "/admin/users/role", {"role": "user"}, "role", 409),
    ],
)
def test_what_is_wrong_stands_beside_the_field_and_nothing_typed_is_lost(
    root: FlaskClient, page: str, action: str, fields: dict[str, str], problem: str, status: int
) -> None:
    answer = send(root, page, action, **fields)
    shown = soup(answer, status)
    assert shown.select_one(f"#{problem}-error") is not None
    field = shown.select_one(f"#{problem}")
    assert field is not None
    assert field["aria-invalid"] == "true"
    if problem == "password":
        assert not field["value"]
    elif problem != "role":
        assert field["value"] == fields[problem].strip()


def test_the_only_administrator_cannot_leave(place: Place, root: FlaskClient) -> None:
    page = soup(send(root, one("root"), "/admin/users/deactivate"), 409)
    assert "'root' is the only administrator" in words(page)
    assert users.get(place.platform, place.admin, "root").active


def test_an_invitation_is_shown_once_lets_one_register_and_can_be_withdrawn(
    place: Place, root: FlaskClient, app: Flask
) -> None:
    answer = send(root, "/admin/users", "/admin/users/invite", note="Mary", days="3")
    page = soup(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    link = str(page.select_one("#link")["value"])  # type: ignore[index]
    (info,) = invitations.listed(place.platform, place.admin)
    assert (info.note, info.expires - info.created) == ("Mary", timedelta(days=3))
    again = root.get("/admin/users")
    secret = urlsplit(link).query.partition("=")[2]
    assert secret not in again.text
    assert "Mary" in again.text
    newcomer = app.test_client()
    assert newcomer.get(link).status_code == 200
    answer = send(root, "/admin/users", "/admin/users/withdraw")
    assert "withdrawn" in told(root, answer)
    assert invitations.listed(place.platform, place.admin) == []


def test_a_clean_up_removes_what_the_survey_has_shown(place: Place, root: FlaskClient) -> None:
    project = place.make(name="Long gone")
    projects.delete(place.platform, place.ada, project.id)
    with place.database.transaction() as session:
        session.get_one(Project, project.id).deleted = utc_now() - upkeep.KEEP_DELETED * 2
        revisions.name_file(session, place.store, put(place.store, b"nobody's"))
    page = soup(root.get("/admin/upkeep/survey"))
    assert "Long gone" in words(page)
    assert page.select_one("details.sure form") is not None  # nothing goes at the first click
    answer = send(root, "/admin/upkeep/survey", "/admin/upkeep/clean")
    # the files are younger than a day
    assert "Removed 1 project and 0 files" in told(root, answer)
    with place.database.reading() as session:
        assert session.get(Project, project.id) is None
    assert "nothing to clean up" in words(soup(root.get("/admin/upkeep/survey")))


@pytest.mark.parametrize("shift", [None, timedelta(minutes=1), timedelta(days=-9)])
def test_a_clean_up_that_nobody_has_seen_is_refused(
    root: FlaskClient, shift: timedelta | None
) -> None:
    token = soup(root.get("/admin/users")).select_one("input[name=csrf_token]")["value"]  # type: ignore[index]
    before = "now" if shift is None else (utc_now() - upkeep.SPARE + shift).isoformat()
    answer = root.post("/admin/upkeep/clean", data={"csrf_token": token, "before": before})
    assert "Survey again" in words(soup(answer, 422))


def test_files_and_whose_they_are(place: Place, root: FlaskClient) -> None:
    place.make(name="Eocene")
    users.set_quota(place.platform, place.admin, "Ada", 1000)
    page = soup(root.get("/admin/upkeep"))
    first = page.select_one("table tbody tr")
    assert first is not None
    cells = [cell.get_text(" ", strip=True) for cell in first.select("th, td")]
    assert cells[:3] == ["Ada", "1", "1"]
    assert cells[4] == "1 kB more than that"
    assert "All files that are named are there: 1." in words(soup(root.get("/admin/upkeep/check")))


def test_a_missing_file_is_told(place: Place, root: FlaskClient) -> None:
    place.make(name="Eocene")
    sha256 = next(iter(place.store)).sha256
    place.store.remove(sha256)
    for address in ("/admin/upkeep/survey", "/admin/upkeep/check"):
        page = soup(root.get(address))
        assert "restore a backup" in words(page)
        assert page.select_one(".sums code").text == sha256  # type: ignore[union-attr]


@pytest.mark.parametrize("address", GETS)
def test_an_administrator_alone_may_look(
    place: Place, enter: Enter, app: Flask, address: str
) -> None:
    assert enter(place.admin).get(address).status_code == 200
    refused = soup(enter(place.ada).get(address), 403)
    assert "Only an administrator" in words(refused)
    assert enter(place.ada).get("/projects").text.count('href="/admin"') == 0
    answer = app.test_client().get(address)
    assert answer.status_code == 302
    assert "/sign-in" in answer.headers["Location"]


@pytest.mark.parametrize("address", POSTS)
def test_an_administrator_alone_may_act(
    place: Place, enter: Enter, app: Flask, address: str
) -> None:
    known = {"before": (utc_now() - upkeep.SPARE).isoformat()}
    fields = {"name": "Ada", "role": "admin", "password": PASSWORD, "days": "3", **known}
    ada = enter(place.ada)
    token = soup(ada.get("/projects")).select_one("input[name=csrf_token]")["value"]  # type: ignore[index]
    refused = ada.post(address, data={**fields, "csrf_token": token})
    assert "Only an administrator" in words(soup(refused, 403))
    root = enter(place.admin)
    before = users.everybody(place.platform, place.admin)
    assert root.post(address, data=fields).status_code == 400  # not a form of ours
    assert app.test_client().post(address, data=fields).status_code in (302, 400, 401)
    assert users.everybody(place.platform, place.admin) == before
    assert invitations.listed(place.platform, place.admin) == []
    with pytest.raises(SignInError):
        users.authenticate(place.platform, "Ada", PASSWORD)


def test_somebody_who_is_no_administrator_any_more(place: Place, enter: Enter) -> None:
    mary = place.actor("Mary")
    users.set_role(place.platform, place.admin, "Mary", Role.ADMIN)
    client = enter(mary)
    assert client.get("/admin").status_code == 200
    users.set_role(place.platform, place.admin, "Mary", Role.USER)
    assert client.get("/admin").status_code == 403


def test_there_is_no_such_user(root: FlaskClient) -> None:
    assert root.get(one("Nobody")).status_code == 404
    assert root.get("/admin/users/one").status_code == 404
    assert EVIL not in root.get(one(EVIL)).text


def test_no_page_has_a_script_or_style_of_its_own(root: FlaskClient) -> None:
    for address in GETS:
        page = soup(root.get(address))
        assert not page.select("[style], [onclick], style")
        assert all(script.get("src") or script.get("type") == "application/json"
                   for script in page.select("script"))  # fmt: skip
        assert len(page.select("h1")) == 1
        for field in page.select("input:not([type=hidden]):not([hidden]), select"):
            assert page.select_one(f'label[for="{field["id"]}"]'), field
        assert re.search(r"Administration|Ada", page.title.text)  # type: ignore[union-attr]
