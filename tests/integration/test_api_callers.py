"""Who asks the API: tokens, passwords and cookies, good and bad."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from api_world import ANN, API, BOB, EVE, NOBODY, PASSWORD, Api, new_api, told
from gondwana.services import sessions, users
from gondwana.storage.database import Database


@pytest.fixture
def api(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Api:
    return new_api(database, tmp_path, monkeypatch)


def basic(name: str, password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def make_token(api: Api, name: str = ANN, **body: Any) -> dict[str, Any]:
    answer = api.ask("POST", "/tokens", name, json={"name": "script", **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.get_json()
    return made


def browser(api: Api, name: str) -> tuple[FlaskClient, str]:
    """Return a browser in which somebody is signed in, and the word that its forms send."""
    client = api.app.test_client()
    actor = users.acting_as(api.platform, api.place.admin, name)
    begun = sessions.begin(api.platform, actor, agent="test", address="127.0.0.1")
    with client.session_transaction() as session:
        session["key"] = begun.key
        session["csrf_token"] = "0" * 40
    signer = URLSafeTimedSerializer(str(api.app.secret_key), salt="wtf-csrf-token")
    return client, str(signer.dumps("0" * 40))


def test_a_token_stands_for_its_owner_until_it_is_revoked(api: Api) -> None:
    made = make_token(api, days=1)
    assert made["token"].startswith("gdw_")
    me = api.get("/me", NOBODY, headers=bearer(made["token"]))
    assert (me["name"], me["role"]) == (ANN, "user")
    (listed,) = api.get("/tokens")
    assert listed["name"] == "script"
    assert made["token"] not in str(listed)
    told(api.ask("DELETE", f"/tokens/{made['info']['id']}", BOB), 404, "not_found")
    gone = api.ask("DELETE", f"/tokens/{made['info']['id']}", NOBODY, headers=bearer(made["token"]))
    assert gone.status_code == 204
    told(api.ask("GET", "/me", NOBODY, headers=bearer(made["token"])), 401, "sign_in")


def test_a_token_makes_no_other(api: Api) -> None:
    headers = bearer(make_token(api)["token"])
    answer = api.ask("POST", "/tokens", NOBODY, headers=headers, json={"name": "another"})
    told(answer, 403, "forbidden")
    for days in (0, -1, 10**6, "x"):
        wrong = api.ask("POST", "/tokens", json={"name": "x", "days": days})
        told(wrong, 422, "bad_parameter")


def test_a_token_of_somebody_who_was_shut_out_is_worth_nothing(api: Api) -> None:
    headers = bearer(make_token(api, BOB)["token"])
    assert api.ask("PATCH", "/admin/users/bob", EVE, json={"active": False}).status_code == 200
    told(api.ask("GET", "/me", NOBODY, headers=headers), 403, "forbidden")


@pytest.mark.parametrize(
    "word",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer gdw_nonsense",
        "Bearer gdw_\xe9",
        "Bearer " + "x" * 5000,
        "Basic",
        "Basic !!!",
        "Basic " + b64encode(b"ann").decode(),
        "Basic " + b64encode(b":" + PASSWORD.encode()).decode(),
        "Basic " + b64encode(b"ann:").decode(),
        "Basic " + b64encode(b"ann:wrong").decode(),
        "Basic " + b64encode(b"ann\0:wrong").decode(),
        "Basic " + b64encode(b"\xff\xfe:wrong").decode(),
        "Digest username=ann",
        "nonsense",
    ],
)
def test_what_is_nobody_is_told(api: Api, word: str) -> None:
    answer = api.ask("GET", "/me", NOBODY, headers={"Authorization": word})
    told(answer, 401, "sign_in")
    assert "Basic" in answer.headers["WWW-Authenticate"]
    # a cookie that is good does not help a word that is wrong
    client, _ = browser(api, ANN)
    told(client.get(f"{API}/me", headers={"Authorization": word}), 401, "sign_in")


def test_a_cookie_changes_something_only_from_our_pages(api: Api) -> None:
    client, word = browser(api, ANN)
    assert client.get(f"{API}/me").get_json()["name"] == ANN
    project = api.project()
    path = f"{API}/projects/{project}"
    for headers in ({}, {"X-CSRFToken": ""}, {"X-CSRFToken": "nonsense"}):
        told(client.patch(path, json={"info": "x"}, headers=headers), 400, "forged")
    good = client.patch(path, json={"info": "warm"}, headers={"X-CSRFToken": word})
    assert good.get_json()["info"] == "warm"
    # whoever shows a password or a token needs no such word, also beside a cookie
    assert client.patch(path, json={"info": "x"}, headers=basic(ANN)).status_code == 200
    other, _ = browser(api, BOB)
    told(other.patch(path, json={"info": "x"}, headers={"X-CSRFToken": "x"}), 400, "forged")


def test_a_cookie_whose_session_has_ended_is_worth_nothing(api: Api) -> None:
    client, _ = browser(api, ANN)
    with client.session_transaction() as session:
        sessions.end(api.platform, session["key"])
    told(client.get(f"{API}/me"), 401, "sign_in")
    told(api.app.test_client().get(f"{API}/me"), 401, "sign_in")


def test_guessing_a_password_is_slowed_down(api: Api) -> None:
    statuses = []
    for number in range(60):
        answer = api.ask("GET", "/me", NOBODY, headers=basic(ANN, f"wrong {number}"))
        statuses.append(answer.status_code)
        if answer.status_code == 429:
            break
    assert statuses == [401] * (len(statuses) - 1) + [429]
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.get_json()["error"]["remedy"]


def test_administrators_look_after_users(api: Api) -> None:
    body = {"name": "new", "password": PASSWORD, "email": "new@example.org"}
    made = api.ask("POST", "/admin/users", EVE, json=body)
    assert (made.status_code, made.get_json()["email"]) == (201, "new@example.org")
    assert made.headers["Location"] == f"{API}/admin/users/new"
    told(api.ask("POST", "/admin/users", EVE, json=body), 409, "name_taken")
    easy = {"name": "other", "password": "short"}
    told(api.ask("POST", "/admin/users", EVE, json=easy), 422, "bad_parameter")
    changed = api.ask("PATCH", "/admin/users/new", EVE, json={"role": "admin", "active": True})
    assert changed.get_json()["role"] == "admin"
    assert "password" not in changed.get_json()
    assert {user["name"] for user in api.get("/admin/users", EVE)} >= {"new", ANN, EVE}
    told(api.ask("GET", "/admin/users/nobody", EVE), 404, "not_found")
    for quota in (1000, None):
        changed = api.ask("PATCH", "/admin/users/new", EVE, json={"quota": quota})
        assert changed.get_json()["quota"] == quota
    told(api.ask("PATCH", "/admin/users/new", EVE, json={"quota": -1}), 422, "bad_parameter")
    assert api.get("/users?beginning=EV") == ["eve"]
