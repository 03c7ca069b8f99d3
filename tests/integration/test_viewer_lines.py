"""The lines of the map viewer: who gets one, with whose page, from where, and for how long."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import requests
from bokeh.util.token import get_token_payload
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from gondwana.server import viewer
from gondwana.server.serving import serving
from gondwana.services import sharing, users
from gondwana.storage.words import Access
from private_rabbitmq import eventually
from services_world import Place
from support import in_a_loop
from web_world import Site, sqlite_place

OFTEN = 0.1


class Viewers:
    """People with the cookies of the pages, before a served viewer."""

    def __init__(self, site: Site, port: int) -> None:
        self.site = site
        self.host = f"127.0.0.1:{port}"
        place = site.place
        for name in ("Bob", "Vera"):
            place.actor(name)
        self.project = place.make().id
        self.file = f"project={self.project}&kind=source"
        sharing.share(place.platform, place.ada, self.project, "Vera", Access.VIEW)
        self.browsers = {name: site.browser(name) for name in ("Ada", "Bob", "Vera")}

    def cookie(self, name: str) -> str:
        """Return the cookie of somebody; of nobody it is empty."""
        if not name:
            return ""
        found = self.browsers[name].client.get_cookie("gondwana")
        assert found is not None
        return f"gondwana={found.value}"

    def page(self, name: str) -> requests.Response:
        """Open the page of the viewer, as soon as it is loaded."""
        answers: list[requests.Response] = []

        def asked() -> bool:
            address = f"http://{self.host}/viewer/map?{self.file}"
            answers[:] = [requests.get(address, headers={"Cookie": self.cookie(name)}, timeout=30)]
            return answers[0].status_code != 503

        assert eventually(asked)
        return answers[0]

    def token(self, name: str) -> str:
        found = re.search(r'"token":"([^"]+)"', self.page(name).text)
        assert found is not None
        return found[1]

    async def line(self, name: str, token: str) -> WebSocketClientConnection:
        """Open the websocket of a page."""
        asked = HTTPRequest(
            f"ws://{self.host}/viewer/map/ws?{self.file}",
            headers={"Cookie": self.cookie(name), "Origin": f"http://{self.host}"},
        )
        return await websocket_connect(asked, subprotocols=["bokeh", token])

    def answer(self, name: str, token: str, origin: str | None = None) -> int:
        """Return the status with which a line is answered: 101 if it is opened."""
        with closing(HTTPConnection(self.host, timeout=20)) as connection:
            connection.request(
                "GET",
                f"/viewer/map/ws?{self.file}",
                headers={
                    "Cookie": self.cookie(name),
                    "Origin": origin or f"http://{self.host}",
                    "Connection": "Upgrade",
                    "Upgrade": "websocket",
                    "Sec-WebSocket-Version": "13",
                    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
                    "Sec-WebSocket-Protocol": f"bokeh, {token}",
                },
            )
            with connection.getresponse() as answer:
                return answer.status

    def lasts_until(self, name: str, change: Callable[[], Any]) -> bool:
        """Open a line that is heard, change something, and tell whether the line is closed."""
        token = self.token(name)

        async def trial() -> bool:
            line = await self.line(name, token)
            assert await asyncio.wait_for(line.read_message(), 20)
            await asyncio.sleep(5 * OFTEN)
            assert line.close_code is None, "it stays open as long as nothing changes"
            await asyncio.to_thread(change)
            try:
                while await asyncio.wait_for(line.read_message(), 20) is not None:
                    pass
            except TimeoutError:
                return False
            finally:
                line.close()
            return True

        return bool(in_a_loop(trial()))

    def ends(self, name: str, content: Any) -> bool:
        """Say something on a line, and tell whether it is closed for it."""
        token = self.token(name)

        async def trial() -> bool:
            line = await self.line(name, token)
            assert await asyncio.wait_for(line.read_message(), 20)
            header = {"msgid": "1", "msgtype": "PATCH-DOC"}
            for part in (header, {}, content):
                await line.write_message(json.dumps(part))
            while await asyncio.wait_for(line.read_message(), 20) is not None:
                pass
            line.close()
            return True

        return bool(in_a_loop(trial()))


@pytest.fixture
def viewers(
    newest_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Viewers]:
    monkeypatch.setattr(viewer, "_OFTEN", OFTEN)
    monkeypatch.setattr(viewer, "_SETTLED", 0.0)
    with sqlite_place(newest_sqlite, tmp_path, monkeypatch) as place:
        site = Site(place, tmp_path)
        with serving(site.app, "127.0.0.1", 0, largest=10**7) as port:
            yield Viewers(site, port)


def test_who_gets_a_page_and_a_line(viewers: Viewers) -> None:
    assert viewers.page("").status_code == 401
    page = viewers.page("Ada")
    assert page.status_code == 200
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    held = get_token_payload(viewers.token("Ada"))
    assert (held["cookies"], held["headers"]) == ({}, {}), "the page tells nothing of the cookie"
    ada, vera, bob = (viewers.token(name) for name in ("Ada", "Vera", "Bob"))
    for name, token in (("Ada", ada), ("Vera", vera), ("Bob", bob)):
        assert viewers.answer(name, token) == 101
    for name, token in (("", ada), ("Bob", ada), ("Ada", vera), ("Ada", "nonsense"), ("Ada", "")):
        assert viewers.answer(name, token) == 403, (name, token)
    assert viewers.answer("Ada", ada, "https://elsewhere.org") == 403


@pytest.mark.parametrize(
    "path", ["/viewer/map/autoload.js?bokeh-autoload-element=x", "/viewer/map/metadata",
             "/viewer/map?bokeh-session-id=x", "/viewer/map?bokeh-token=x"],
)  # fmt: skip
def test_ways_for_other_sites_are_closed(viewers: Viewers, path: str) -> None:
    viewers.page("Ada")
    headers = {"Cookie": viewers.cookie("Ada")}
    answer = requests.get(f"http://{viewers.host}{path}", headers=headers, timeout=30)
    assert answer.status_code == 403


def test_pages_are_not_opened_without_end(viewers: Viewers) -> None:
    assert viewers.page("Vera").status_code == 200
    found = {viewers.page("Ada").status_code for _ in range(viewer._MANY + 1)}
    assert found == {200, 429}
    assert viewers.page("Vera").status_code == 200


def test_nobody_has_maps_open_without_end(
    viewers: Viewers, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert viewers.page("Vera").status_code == 200
    monkeypatch.setattr(viewer, "_MOST_OPEN", 3)
    found = [viewers.page("Ada").status_code for _ in range(4)]
    assert found == [200, 200, 200, 429]
    assert viewers.page("Vera").status_code == 200


def test_a_page_tells_nothing_of_a_project_that_is_not_ones_own(viewers: Viewers) -> None:
    text = viewers.page("Bob").text
    assert "Eocene" not in text
    assert "eocene.nc" not in text


def signs_out(viewers: Viewers, name: str) -> None:
    browser = viewers.browsers[name]
    browser.client.post("/sign-out", data={"csrf_token": browser.token()})


@pytest.mark.parametrize("how", ["sign out", "unshare", "deactivate"])
def test_a_line_ends_with_the_right_to_it(viewers: Viewers, how: str) -> None:
    place: Place = viewers.site.place
    changes: dict[str, Callable[[], Any]] = {
        "sign out": lambda: signs_out(viewers, "Vera"),
        "unshare": lambda: sharing.unshare(place.platform, place.ada, viewers.project, "Vera"),
        "deactivate": lambda: users.deactivate(place.platform, place.admin, "Vera"),
    }
    assert viewers.lasts_until("Vera", changes[how])


def test_a_line_that_says_what_no_page_says_is_closed(viewers: Viewers) -> None:
    """Thousands of models in one message would keep everybody waiting while they are made."""
    models = [{"type": "object", "name": "Range1d", "id": f"x{k}"} for k in range(1000)]
    hostile = {"kind": "ModelChanged", "model": {"id": "p1"}, "attr": "tags", "new": models}
    assert viewers.ends("Vera", {"events": [hostile]})


def test_a_line_that_cannot_be_judged_spares_no_other(viewers: Viewers) -> None:
    place: Place = viewers.site.place
    fine, viewers.file = viewers.file, "project=%ff&kind=source"
    strange = viewers.token("Bob")
    viewers.file = fine

    async def open_one() -> WebSocketClientConnection:
        viewers.file = "project=%ff&kind=source"
        try:
            return await viewers.line("Bob", strange)
        finally:
            viewers.file = fine

    def unshare() -> None:
        sharing.unshare(place.platform, place.ada, viewers.project, "Vera")

    async def trial() -> bool:
        line = await open_one()
        closed = await asyncio.to_thread(viewers.lasts_until, "Vera", unshare)
        line.close()
        while await asyncio.wait_for(line.read_message(), 20) is not None:
            pass
        return closed

    assert in_a_loop(trial())
