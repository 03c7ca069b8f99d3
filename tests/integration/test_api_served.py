"""The API as it is served: the examples of its documentation, and the status as it changes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from api_world import (
    ANN,
    API,
    BOB,
    ED,
    EVE,
    LARGEST,
    NOBODY,
    PASSWORD,
    VERA,
    Api,
    new_api,
    topography,
)
from gondwana.server.serving import serving
from gondwana.services import sharing, users
from gondwana.storage.database import Database

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture
def api(newest_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    shutil.copy(newest_sqlite, tmp_path / "gondwana.sqlite")
    database = Database(f"sqlite:///{tmp_path / 'gondwana.sqlite'}")
    yield new_api(database, tmp_path, monkeypatch)
    database.close()


@pytest.fixture
def port(api: Api) -> Iterator[int]:
    with serving(api.app, "127.0.0.1", 0, largest=LARGEST) as taken:
        yield taken


def examples() -> str:
    """Return all examples of the documentation as one script."""
    blocks = re.findall(r"^```sh\n(.*?)^```", DOCUMENTATION.read_text(), re.DOTALL | re.MULTILINE)
    return "\n".join(block for block in blocks if "SERVER=" not in block)


def test_the_examples_of_the_documentation(api: Api, port: int, tmp_path: Path) -> None:
    folder = tmp_path / "person"
    folder.mkdir()
    (folder / "topography.nc").write_bytes(topography())
    users.set_password(api.platform, api.place.admin, "ada", PASSWORD)
    script = "set -euo pipefail\n" + examples()
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "SERVER": f"http://127.0.0.1:{port}", "PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert (folder / "source.nc").read_bytes() == topography()
    assert (folder / "rest.nc").read_bytes() == topography()[1000:]
    assert (folder / "all.zip").read_bytes()[:2] == b"PK"
    assert "event: status" in (folder / "events.txt").read_text()
    assert '"code":"sign_in"' in done.stdout


@contextmanager
def watched(api: Api, port: int, project: str, name: str) -> Iterator[HTTPResponse]:
    headers = {"Authorization": api.word(name)} if name else {}
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", f"{API}/projects/{project}/events", headers=headers)
        with connection.getresponse() as answer:
            yield answer


def test_who_may_watch_a_project(api: Api, port: int) -> None:
    project = api.project()
    for name, status in ((NOBODY, 401), (BOB, 404), (VERA, 200), (ED, 200), (ANN, 200), (EVE, 200)):
        with watched(api, port, project, name) as answer:
            assert answer.status == status
            if status != 200:
                assert set(json.load(answer)["error"]) == {"code", "message", "remedy", "where"}


def next_event(answer: HTTPResponse) -> dict[str, str]:
    """Read an event, over the lines that only tell that the connection is alive."""
    event: dict[str, str] = {}
    for raw in answer:
        line = raw.decode().rstrip("\n")
        if not line and event:
            return event
        name, _, text = line.partition(": ")
        if name:
            event[name] = text
    raise AssertionError("there is no event any more")


def test_the_events_tell_what_the_status_tells(api: Api, port: int) -> None:
    project = api.project()
    ann = users.acting_as(api.platform, api.place.admin, ANN)
    with watched(api, port, project, VERA) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        first = next_event(answer)
        assert (first["id"], first["event"]) == ("1", "status")
        told, found = json.loads(first["data"]), api.get(f"/projects/{project}", VERA)
        for one in (told, found):
            one.pop("at")
        assert told == found
        assert api.ask("PATCH", f"/projects/{project}", json={"info": "warm"}).status_code == 200
        assert json.loads(next_event(answer)["data"])["project"]["info"] == "warm"
        sharing.unshare(api.platform, ann, project, VERA)
        while next_event(answer)["event"] != "end":
            pass


def test_large_bodies_are_refused_at_once(api: Api, port: int) -> None:
    project = api.project()
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.putrequest("PUT", f"{API}/projects/{project}/files/source")
        connection.putheader("Authorization", api.word(ANN))
        connection.putheader("Content-Length", str(10**12))
        connection.endheaders()
        with connection.getresponse() as answer:
            assert (answer.status, json.load(answer)["error"]["code"]) == (413, "file_too_large")
