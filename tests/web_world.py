"""The application of the pages beside a dispatcher that works when told to, for tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gondwana.config import Settings, load_settings
from gondwana.services import users
from gondwana.storage.database import Database
from gondwana.web.app import make_app
from services_world import Place, new_place

PASSWORD = "granite and gneiss"  # noqa: S105 - of the tests alone


class Browser:
    """Somebody's browser: it keeps cookies and fills in forms as they stand on a page."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def page(self, path: str, status: int = 200) -> BeautifulSoup:
        answer = self.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:800])
        return BeautifulSoup(answer.text, "html.parser")

    def send(self, path: str, action: str = "", follow: bool = False, **typed: Any) -> TestResponse:
        """Open a page, fill in the form that leads to an action, and send it."""
        form = self.form(self.page(path), action)
        target = str(form.get("action") or path)
        return self.client.post(target, data=held(form) | typed, follow_redirects=follow)

    def form(self, page: BeautifulSoup, action: str = "") -> Tag:
        forms = [one for one in page.find_all("form") if one.get("method") == "post"]
        main = [one for one in forms if str(one.get("action") or "").endswith(action)]
        found = main if action else [one for one in forms if one.get("action") != "/sign-out"]
        assert found, f"no form {action}: {[one.get('action') for one in forms]}"
        return found[0]

    def token(self, path: str = "/help") -> str:
        """Return the token that proves that a request comes from our pages."""
        field = self.page(path).select_one("input[name=csrf_token]")
        assert field is not None
        return str(field["value"])

    def register(self, name: str) -> None:
        answer = self.send("/register", name=name, password=PASSWORD)
        assert answer.status_code == 302, answer.text[:2000]

    def sign_in(self, name: str, password: str = PASSWORD, **more: Any) -> TestResponse:
        return self.send("/sign-in", name=name, password=password, **more)


def held(form: Tag) -> dict[str, str]:
    """Return what a form holds as it stands."""
    return {
        str(field["name"]): str(field.get("value", ""))
        for field in form.find_all("input")
        if field.get("name") and field.get("type") not in ("file", "checkbox", "radio", "submit")
    }


class Site:
    """The application, and people with browsers."""

    def __init__(self, place: Place, folder: Path, **settings: Any) -> None:
        self.place = place
        self.settings: Settings = load_settings(
            mode="embedded", data_folder=folder / "site", **settings
        )
        self.app = make_app(place.platform, self.settings)

    def browser(self, name: str = "") -> Browser:
        """Return a new browser; if a name is given, that user is signed in."""
        found = Browser(self.app.test_client())
        if name:
            users.set_password(self.place.platform, self.place.admin, name, PASSWORD)
            assert found.sign_in(name).status_code == 302
        return found


@contextmanager
def sqlite_place(newest: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Return a place on SQLite alone: pages do not know which database there is."""
    file = folder / "place.sqlite"
    shutil.copy(newest, file)
    with closing(Database(f"sqlite:///{file}")) as database:
        yield new_place(database, folder, monkeypatch)
