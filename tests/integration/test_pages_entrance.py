"""Coming in and going out by the pages, and one's own account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from gondwana.services import invitations, sessions, signing_in, users
from gondwana.web.pages.entrance import own_path
from services_world import Place
from web_world import PASSWORD, Site, sqlite_place

NEW = "sandstone and slate"


@pytest.fixture
def place(newest_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    with sqlite_place(newest_sqlite, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def site(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr("gondwana.services.example.give", lambda *_: None)  # tried by itself
    return Site(place, tmp_path)


def error_of(answer: Any, field: str) -> str:
    found = BeautifulSoup(answer.text, "html.parser").select_one(f"#{field}-error")
    assert found is not None, answer.text[:3000]
    return found.get_text(" ", strip=True)


def test_an_account_from_its_beginning_to_signing_out(site: Site) -> None:
    browser = site.browser()
    browser.register("Grace")
    assert "Grace" in browser.page("/projects").get_text()
    assert browser.get("/register").status_code == 302
    answer = browser.send("/projects", "/sign-out")
    assert answer.headers["Location"] == "/sign-in"
    assert browser.get("/projects").headers["Location"] == "/sign-in?next=/projects"
    assert browser.sign_in("grace").status_code == 302
    assert browser.get("/sign-in").status_code == 302
    assert browser.page("/projects")


def test_errors_stand_beside_their_field_and_nothing_typed_is_lost(site: Site) -> None:
    browser = site.browser()
    wrong = browser.send("/register", name="Ada", password=PASSWORD, email="a@b.org")
    assert wrong.status_code == 422
    assert "already" in error_of(wrong, "name")
    assert 'value="Ada"' in wrong.text
    assert 'value="a@b.org"' in wrong.text
    assert PASSWORD not in wrong.text
    short = browser.send("/register", name="Grace", password="short")
    assert "shorter than" in error_of(short, "password")
    refused = browser.sign_in("Ada", "wrong wrong wrong")
    assert refused.status_code == 401
    assert "wrong" in error_of(refused, "password")
    assert 'value="Ada"' in refused.text
    assert "wrong wrong" not in refused.text


def test_guessing_is_refused_for_a_while(site: Site) -> None:
    browser = site.browser()
    for _ in range(signing_in.FREE):
        assert browser.sign_in("Ada", "wrong wrong wrong").status_code == 401
    refused = browser.sign_in("Ada", "wrong wrong wrong")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    assert "try again in" in error_of(refused, "password")


def test_a_browser_that_was_used_before_is_let_in_while_others_guess(site: Site) -> None:
    mine, theirs = site.browser("Ada"), site.browser()
    mine.send("/projects", "/sign-out")
    assert mine.get("/projects").status_code == 302
    for _ in range(signing_in.FREE):
        assert theirs.sign_in("Ada", "wrong wrong wrong").status_code == 401
    assert theirs.sign_in("Ada").status_code == 429
    assert mine.sign_in("Ada").status_code == 302
    assert theirs.sign_in("Ada").status_code == 429


PATHS = [
    ("/projects?page=2", "/projects?page=2"),
    ("https://elsewhere.org/", ""),
    ("//elsewhere.org/", ""),
    ("/\\elsewhere.org", ""),
    ("\\\\elsewhere.org", ""),
    ("/\t/elsewhere.org", ""),
    ("javascript:alert(1)", ""),
    ("projects", ""),
    ("", ""),
    ("/a\r\nSet-Cookie: x=y", ""),
]


@pytest.mark.parametrize(("given_path", "taken"), PATHS)
def test_one_goes_on_to_our_own_pages_alone(site: Site, given_path: str, taken: str) -> None:
    assert own_path(given_path) == taken
    users.set_password(site.place.platform, site.place.admin, "Ada", PASSWORD)
    answer = site.browser().sign_in("Ada", next=given_path)
    assert answer.headers["Location"] == (taken or "/projects")


@given(st.text())
def test_no_text_leads_elsewhere(text: str) -> None:
    taken = own_path(text)
    assert taken in ("", text)
    assert not taken or (taken[0] == "/" and taken[1:2] not in ("/", "\\"))


def test_a_key_that_somebody_planted_is_not_used(site: Site) -> None:
    users.set_password(site.place.platform, site.place.admin, "Ada", PASSWORD)
    browser = site.browser()
    with browser.client.session_transaction() as cookie:
        cookie["key"] = "planted"
    browser.sign_in("Ada")
    with browser.client.session_transaction() as cookie:
        first = cookie["key"]
    assert first != "planted"
    browser.send("/projects", "/sign-out")
    browser.sign_in("Ada")
    with browser.client.session_transaction() as cookie:
        assert cookie["key"] != first
        cookie["key"] = first
    assert browser.get("/projects").status_code == 302, "a session that was ended opens nothing"


def test_the_cookie_is_kept_from_scripts_and_other_sites(site: Site) -> None:
    answer = site.browser().send("/register", name="Grace", password=PASSWORD)
    cookie = next(told for told in answer.headers.getlist("Set-Cookie") if "gondwana=" in told)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_form_that_is_not_ours_changes_nothing(site: Site) -> None:
    browser = site.browser("Ada")
    for path in ("/sign-out", "/account/tokens", "/account/email", "/sign-in", "/register"):
        for token in ({}, {"csrf_token": "forged"}):
            answer = browser.client.post(path, data=token)
            assert answer.status_code in (400, 302)
            assert "open for too long" in answer.text or path == "/register"
    assert browser.page("/projects")


@pytest.mark.parametrize("mode", ["invitation", "closed"])
def test_where_not_everybody_may_register(place: Place, tmp_path: Path, mode: str) -> None:
    site = Site(place, tmp_path, registration=mode)
    browser = site.browser()
    assert "administrator" in browser.page("/register", 403).get_text()
    assert "expired" in browser.page("/register?invitation=nonsense", 403).get_text()
    typed = {"name": "Eve", "password": PASSWORD, "csrf_token": browser.token("/sign-in")}
    assert browser.client.post("/register", data=typed).status_code == 403


def test_coming_by_invitation(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gondwana.services.example.give", lambda *_: None)
    site = Site(place, tmp_path, registration="invitation")
    secret = invitations.invite(place.platform, place.admin).secret
    path = f"/register?invitation={secret}"
    taken = site.browser().send(path, name="Ada", password=PASSWORD)
    assert "already" in error_of(taken, "name")
    assert secret in taken.text
    browser = site.browser()
    assert browser.send(path, name="Bob", password=PASSWORD).status_code == 302
    assert browser.page("/projects")
    assert site.browser().get(path).status_code == 403


def test_the_user_of_the_machine_comes_in_by_the_link(site: Site) -> None:
    key = sessions.local_key(site.place.platform, "root")
    browser = site.browser()
    assert browser.get(f"/enter?key={key}").headers["Location"] == "/projects"
    assert "Administration" in browser.page("/projects").get_text()
    again = site.browser().get(f"/enter?key={key}")
    assert again.status_code == 401
    assert "used or is too old" in again.text
    assert browser.get(f"/enter?key={key}").headers["Location"] == "/projects"


def test_the_account(site: Site) -> None:
    browser, other = site.browser("Ada"), site.browser()
    other.sign_in("Ada")
    assert len(browser.page("/account").select("table tr")) == 3  # two sessions
    bad = browser.send("/account", "/email", email="nonsense")
    assert (bad.status_code, error_of(bad, "email")[:7]) == (422, "this is")
    assert 'value="nonsense"' in bad.text
    browser.send("/account", "/email", email="ada@b.org")
    assert 'value="ada@b.org"' in browser.get("/account").text

    wrong = browser.send("/account", "/password", old="wrong", new=NEW)
    assert "old password is wrong" in error_of(wrong, "old")
    short = browser.send("/account", "/password", old=PASSWORD, new="short")
    assert "shorter" in error_of(short, "new")
    assert other.get("/projects").status_code == 200
    assert browser.send("/account", "/password", old=PASSWORD, new=NEW).status_code == 302
    assert browser.get("/projects").status_code == 200
    assert other.get("/projects").status_code == 302
    assert site.browser().sign_in("Ada", NEW).status_code == 302


def test_tokens_of_the_account(site: Site) -> None:
    browser = site.browser("Ada")
    bad = browser.send("/account", "/tokens", token=" ")
    assert bad.status_code == 422
    made = browser.send("/account", "/tokens", token="nightly")
    token = next(word for word in made.text.split() if "gdw_" in word)
    secret = token[token.index("gdw_") :].split("<")[0]
    asked = {"Authorization": f"Bearer {secret}"}
    script = site.browser()
    assert script.get("/api/v1/projects", headers=asked).status_code == 200
    assert secret not in browser.get("/account").text
    browser.send("/account", "/tokens/revoke")
    assert script.get("/api/v1/projects", headers=asked).status_code == 401
    site.place.actor("Bob")
    assert site.browser("Bob").client.post(
        "/account/sessions/end", data={"id": "nonsense"}
    ).status_code == 400  # fmt: skip


def test_sessions_of_the_account(site: Site) -> None:
    browser, other, third = site.browser("Ada"), site.browser(), site.browser()
    for one in (other, third):
        one.sign_in("Ada")
    form = browser.page("/account").select("form[action$='sessions/end']")[0]
    one = str(form.find("input", {"name": "id"})["value"])  # type: ignore[index]
    browser.client.post(
        "/account/sessions/end", data={"id": one, "csrf_token": browser.token("/account")}
    )
    assert [b.get("/projects").status_code for b in (other, third)].count(302) == 1
    browser.client.post("/account/sessions/end", data={"csrf_token": browser.token("/account")})
    assert [b.get("/projects").status_code for b in (browser, other, third)] == [200, 302, 302]
