"""What all answers have in common, and the server on its port."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from api_world import LARGEST, Api, new_api
from gondwana.server.serving import PortTakenError, serving
from gondwana.storage.database import Database


@pytest.fixture
def api(newest_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    shutil.copy(newest_sqlite, tmp_path / "gondwana.sqlite")
    database = Database(f"sqlite:///{tmp_path / 'gondwana.sqlite'}")
    yield new_api(database, tmp_path, monkeypatch)
    database.close()


def test_answers_are_guarded(api: Api) -> None:
    headers = api.app.test_client().get("/health").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Cache-Control"] == "no-store"


def test_a_real_server_on_a_port(api: Api) -> None:
    with serving(api.app, "127.0.0.1", 0, largest=LARGEST) as port:
        with urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
            assert answer.status == 200
        with (
            pytest.raises(PortTakenError, match="--port"),
            serving(api.app, "127.0.0.1", port, largest=LARGEST),
        ):
            pass
