"""The REST API over services whose dispatcher works when told to, for tests."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from gondwana.accounts import passwords
from gondwana.config import Settings, load_settings
from gondwana.services import sharing, users
from gondwana.storage.database import Database
from gondwana.storage.files import FileStore
from gondwana.storage.words import Access, Role
from gondwana.web.app import make_app
from services_world import Place, globe, netcdf, new_place

PASSWORD = "granite and gneiss"  # noqa: S105 - of the tests alone
LARGEST = 300_000
API = "/api/v1"

NOBODY = ""
ANN = "ann"  # owns the project
VERA = "vera"  # may look at it
ED = "ed"  # may change it
BOB = "bob"  # has nothing to do with it
EVE = "eve"  # is an administrator


class Api:
    """An application, and people who ask it."""

    def __init__(self, place: Place, settings: Settings) -> None:
        self.place = place
        store = FileStore(settings.file_store_url, largest=settings.largest_file)
        self.platform = replace(place.platform, store=store)
        self.app: Flask = make_app(self.platform, settings)
        self.app.config["PROPAGATE_EXCEPTIONS"] = False
        for name in (ANN, VERA, ED, BOB, EVE):
            role = Role.ADMIN if name == EVE else Role.USER
            users.create(place.platform, place.admin, name, password=PASSWORD, role=role)

    def ask(self, method: str, path: str, name: str = ANN, **more: Any) -> TestResponse:
        """Ask for a path of the API, or from a slash on for any; as nobody with an empty name."""
        headers = dict(more.pop("headers", {}))
        if name:
            headers.setdefault("Authorization", self.word(name))
        whole = f"{API}{path}"
        return self.app.test_client().open(whole, method=method, headers=headers, **more)

    def word(self, name: str) -> str:
        """Return what somebody says in the header ``Authorization``."""
        return "Basic " + b64encode(f"{name}:{PASSWORD}".encode()).decode()

    def get(self, path: str, name: str = ANN, **more: Any) -> Any:
        """Return what an address tells, which has to be good."""
        answer = self.ask("GET", path, name, **more)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def create(self, content: bytes | None = None, **form: Any) -> TestResponse:
        source = BytesIO(topography() if content is None else content)
        return self.ask(
            "POST", "/projects", data={"name": "Eocene", "source": (source, "topo.nc"), **form}
        )

    def project(self, name: str = "Eocene") -> str:
        """Make a project of Ann that Vera may look at and Ed may change."""
        answer = self.create(name=name)
        assert answer.status_code == 201, answer.text
        project = str(answer.get_json()["project"]["id"])
        ann = users.acting_as(self.place.platform, self.place.admin, ANN)
        sharing.share(self.place.platform, ann, project, VERA, Access.VIEW)
        sharing.share(self.place.platform, ann, project, ED, Access.EDIT)
        return project


def new_api(database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Api:
    """Return an application in a new place; its largest file is small."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(1, 8, 1))  # so that tests are quick
    place = new_place(database, folder, monkeypatch)
    settings = load_settings(data_folder=folder, mode="embedded", largest_file=LARGEST)
    return Api(place, settings)


def topography() -> bytes:
    return netcdf(globe())


def told(answer: TestResponse, status: int, code: str) -> dict[str, str]:
    """Make sure that an error has the one shape."""
    error: dict[str, str] = answer.get_json()["error"]
    assert (answer.status_code, error["code"]) == (status, code), answer.text
    assert set(error) == {"code", "message", "remedy", "where"}
    assert error["message"]
    assert "Traceback" not in answer.text
    return error
