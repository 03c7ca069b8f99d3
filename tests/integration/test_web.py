"""The REST API: who may do what, what comes back, and what is told of everything that is wrong."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gondwana.config import load_settings
from gondwana.dispatcher.platform import Platform, open_platform
from gondwana.services import users
from gondwana.services.users import local_user
from gondwana.steps.registry import STEPS
from gondwana.storage.words import Role
from gondwana.web.app import make_app
from gondwana.web.server import PortTakenError, serving
from services_world import globe, netcdf

PASSWORD = "granite and gneiss"  # noqa: S105 - of the tests alone
LARGEST = 300_000


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    settings = load_settings(data_folder=tmp_path, mode="embedded")
    with open_platform(settings) as opened:
        admin = local_user(opened, "admin")
        for name in ("ada", "bob"):
            users.create(opened, admin, name, password=PASSWORD)
        users.create(opened, admin, "eve", password=PASSWORD, role=Role.ADMIN)
        yield opened


@pytest.fixture
def client(platform: Platform) -> FlaskClient:
    return make_app(platform, largest=LARGEST).test_client()


Ask = Callable[..., TestResponse]


@pytest.fixture
def ask(client: FlaskClient) -> Ask:
    """Return a way to ask as somebody; as nobody with an empty name."""

    def asking(method: str, path: str, name: str = "ada", **more: Any) -> TestResponse:
        headers = dict(more.pop("headers", {}))
        if name:
            word = b64encode(f"{name}:{PASSWORD}".encode()).decode()
            headers["Authorization"] = f"Basic {word}"
        return client.open(path, method=method, headers=headers, **more)

    return asking


@pytest.fixture
def project(ask: Ask) -> str:
    return str(created(ask).get_json()["project"]["id"])


def topography() -> bytes:
    return netcdf(globe())


def created(ask: Ask, content: bytes | None = None, **form: Any) -> TestResponse:
    source = BytesIO(topography() if content is None else content)
    data = {"name": "Eocene", "source": (source, "topo.nc"), **form}
    return ask("POST", "/api/v1/projects", data=data)


def told(answer: TestResponse, status: int, code: str) -> dict[str, str]:
    """Make sure that an error has the one shape."""
    error: dict[str, str] = answer.get_json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert set(error) == {"code", "message", "remedy", "where"}
    assert error["message"]
    assert "Traceback" not in answer.text
    return error


def test_a_project_from_upload_to_status(ask: Ask) -> None:
    made = created(ask)
    assert made.status_code == 201
    project = made.get_json()["project"]
    assert made.get_json()["files"]["source"]["found"]["rows"] == 18
    assert [one["project"]["name"] for one in ask("GET", "/api/v1/projects").get_json()] == [
        "Eocene"
    ]
    found = ask("GET", f"/api/v1/projects/{project['id']}").get_json()
    assert {step["name"] for step in found["steps"]} == set(STEPS)
    asked = ask("POST", f"/api/v1/projects/{project['id']}/run", json={"steps": ["regrid"]})
    assert asked.status_code == 202
    assert ask("DELETE", f"/api/v1/projects/{project['id']}").status_code == 200
    told(ask("GET", f"/api/v1/projects/{project['id']}"), 404, "not_found")


def test_a_download_is_the_upload_whole_and_in_parts(ask: Ask, project: str) -> None:
    content = topography()
    path = f"/api/v1/projects/{project}/files/source"
    whole = ask("GET", path)
    assert (whole.status_code, whole.data) == (200, content)
    assert whole.headers["ETag"] == f'"{sha256(content).hexdigest()}"'
    part = ask("GET", path, headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.data) == (206, content[1000:2000])
    rest = ask("GET", path, headers={"Range": f"bytes={len(content) - 10}-"})
    assert rest.data == content[-10:]
    again = ask("GET", path, headers={"If-None-Match": whole.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert ask("GET", path, headers={"Range": f"bytes={len(content)}-"}).status_code == 416
    (listed,) = ask("GET", f"/api/v1/projects/{project}/files").get_json()
    assert (listed["kind"], listed["size"]) == ("source", len(content))


ROUTES = [
    ("GET", ""),
    ("GET", "/runs"),
    ("GET", "/files"),
    ("GET", "/files/source"),
    ("POST", "/run"),
    ("POST", "/cancel"),
    ("POST", "/retry"),
    ("DELETE", ""),
]


def test_every_route_asks_who_it_is(ask: Ask, project: str) -> None:
    for method, path in ROUTES:
        check_route(ask, method, f"/api/v1/projects/{project}{path}")


def check_route(ask: Ask, method: str, whole: str) -> None:
    nobody = ask(method, whole, name="")
    told(nobody, 401, "sign_in")
    assert "Basic" in nobody.headers["WWW-Authenticate"]
    wrong = b64encode(b"ada:wrong").decode()
    refused = ask(method, whole, name="", headers={"Authorization": f"Basic {wrong}"})
    told(refused, 401, "sign_in")
    told(ask(method, whole, name="bob"), 404, "not_found")
    assert ask(method, whole, name="eve").status_code in (200, 202, 409)


def test_lists_ask_who_it_is(ask: Ask) -> None:
    for path in ("/api/v1/steps", "/api/v1/projects"):
        told(ask("GET", path, name=""), 401, "sign_in")
        assert ask("GET", path).status_code == 200


def test_others_projects_are_not_listed(ask: Ask, project: str) -> None:
    assert project
    assert ask("GET", "/api/v1/projects", name="bob").get_json() == []


def test_bad_input_is_told(ask: Ask, project: str) -> None:
    told(created(ask, b"no netcdf at all", name="other"), 400, "bad_input")
    told(created(ask), 409, "name_taken")
    told(created(ask, name=""), 422, "bad_parameter")
    told(ask("POST", "/api/v1/projects", data={"name": "x"}), 400, "bad_input")
    told(created(ask, b"x" * (LARGEST + 1)), 413, "request_entity_too_large")
    run = f"/api/v1/projects/{project}/run"
    for body, code in (
        ({"steps": ["nonsense"]}, "bad_parameter"),
        ({"steps": [1]}, "bad_parameter"),
        ({"steps": "regrid"}, "bad_parameter"),
        ({"stepz": []}, "bad_parameter"),
        ([], "bad_parameter"),
        ({"parameters": {"regrid": {"nonsense": 1}}}, "bad_parameter"),
        ({"parameters": {"regrid": {"method": "guess"}}}, "bad_parameter"),
    ):
        told(ask("POST", run, json=body), 422, code)
    told(ask("POST", run, data=b"{", content_type="application/json"), 422, "bad_parameter")
    told(ask("GET", f"/api/v1/projects/{project}/files/nonsense"), 422, "bad_parameter")
    told(ask("GET", f"/api/v1/projects/{project}/files/routing"), 404, "not_found")
    told(ask("GET", f"/api/v1/projects/{project}/files/source?revision=7"), 404, "not_found")
    told(ask("GET", "/api/v1/projects/" + "f" * 32), 404, "not_found")
    told(ask("GET", "/nonsense"), 404, "not_found")
    told(ask("PUT", "/api/v1/projects"), 405, "method_not_allowed")


def test_what_nobody_foresaw_tells_nothing_of_the_inside(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("gondwana.services.projects.listed", broken)
    error = told(ask("GET", "/api/v1/projects"), 500, "unexpected")
    assert "secret" not in str(error)


def test_answers_are_guarded(ask: Ask) -> None:
    headers = ask("GET", "/health", name="").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'"
    assert headers["Cache-Control"] == "no-store"


def test_a_real_server_on_a_port(platform: Platform) -> None:
    app = make_app(platform, largest=LARGEST)
    with serving(app, "127.0.0.1", 0, largest=LARGEST) as port:
        with urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
            assert answer.status == 200
        with (
            pytest.raises(PortTakenError, match="--port"),
            serving(app, "127.0.0.1", port, largest=LARGEST),
        ):
            pass
