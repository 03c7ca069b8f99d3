"""Debian's Firefox, driven by the standard protocol that it speaks itself (WebDriver BiDi)."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from tornado.websocket import WebSocketClientConnection, websocket_connect

from gondwana.server.loop import Loop
from private_rabbitmq import eventually

_LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
_LARGEST = 100_000_000


class Firefox:
    """A window of Firefox. What its pages complain of is kept in ``complaints``."""

    def __init__(self, loop: Loop, line: WebSocketClientConnection) -> None:
        self._loop = loop
        self._line = line
        self._number = count(1)
        self.complaints: list[str] = []
        self.do("session.new", capabilities={})
        self.do("session.subscribe", events=["log.entryAdded"])
        self._window = self.do("browsingContext.getTree")["contexts"][0]["context"]

    def do(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask for something and return the answer."""
        return self._loop.do(lambda: self._asked(method, params))

    async def _asked(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        number = next(self._number)
        asked = {"id": number, "method": method, "params": params}
        await self._line.write_message(json.dumps(asked))
        while True:
            told = json.loads(await self._line.read_message() or "{}")
            if told.get("method") == "log.entryAdded" and told["params"]["level"] == "error":
                self.complaints.append(str(told["params"]["text"]))
            if told.get("id") == number:
                if told["type"] == "error":
                    raise RuntimeError(f"{method}: {told['message']}")
                result: dict[str, Any] = told["result"]
                return result

    def go(self, address: str) -> None:
        """Open a page."""
        self.do("browsingContext.navigate", context=self._window, url=address, wait="complete")

    def evaluate(self, script: str) -> Any:
        """Return what a script finds in the page."""
        target = {"context": self._window}
        told = self.do("script.evaluate", expression=script, target=target, awaitPromise=True)
        assert told["type"] == "success", told
        return told["result"].get("value")

    def sees(self, script: str, limit: float = 60.0) -> None:
        """Wait until something is so in the page; what is not there yet is not so."""
        asked = f"(() => {{ try {{ return {script}; }} catch {{ return false; }} }})()"
        assert eventually(lambda: self.evaluate(asked) is True, limit), script

    def fill(self, selector: str, text: str) -> None:
        """Type into a field that was clicked; what was in it goes."""
        self.evaluate(f"{_one(selector)}.focus(); {_one(selector)}.select()")
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        typing = {"type": "key", "id": "keys", "actions": keys}
        self.do("input.performActions", context=self._window, actions=[typing])

    def click(self, selector: str) -> None:
        """Click in the middle of what is found, as a mouse does."""
        self.evaluate(f"{_one(selector)}.scrollIntoView({{block: 'center'}})")
        element = self._element(selector)
        place = {"type": "element", "element": element}
        actions = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": place},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        mouse = {"type": "pointer", "id": "mouse", "actions": actions}
        self.do("input.performActions", context=self._window, actions=[mouse])

    def drag(self, *places: tuple[float, float]) -> None:
        """Press the mouse at a place of the window, move it to others, release it."""
        moves = [{"type": "pointerMove", "x": round(x), "y": round(y)} for x, y in places]
        pressed = [{"type": "pointerDown", "button": 0}, *moves[1:]]
        actions = [moves[0], *pressed, {"type": "pointerUp", "button": 0}]
        mouse = {"type": "pointer", "id": "mouse", "actions": actions}
        self.do("input.performActions", context=self._window, actions=[mouse])

    def press(self, *keys: str) -> None:
        """Press keys together."""
        downs = [{"type": "keyDown", "value": key} for key in keys]
        ups = [{"type": "keyUp", "value": key} for key in reversed(keys)]
        typing = {"type": "key", "id": "keys", "actions": [*downs, *ups]}
        self.do("input.performActions", context=self._window, actions=[typing])

    def choose_file(self, selector: str, path: Path) -> None:
        """Choose a file, as in the window of the system."""
        self.do(
            "input.setFiles",
            context=self._window,
            element=self._element(selector),
            files=[str(path)],
        )

    def picture(self, target: Path) -> None:
        """Write what the window shows."""
        shot = self.do("browsingContext.captureScreenshot", context=self._window, origin="document")
        target.write_bytes(base64.b64decode(shot["data"]))

    def _element(self, selector: str) -> dict[str, str]:
        target = {"context": self._window}
        told = self.do(
            "script.evaluate", expression=_one(selector), target=target, awaitPromise=False
        )
        return {"sharedId": told["result"]["sharedId"]}


def _one(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)})"


@contextmanager
def firefox(profile: Path) -> Iterator[Firefox]:
    """Run Firefox with a profile of its own until the block ends."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    assert program is not None, "Firefox is not installed (Debian: firefox-esr)"
    process = subprocess.Popen(
        [
            program,
            "--headless",
            "--remote-debugging-port",
            "0",
            "--no-remote",
            "--profile",
            profile,
        ],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    try:
        found = next(filter(None, map(_LISTENS.search, process.stderr)))
        with Loop() as loop:

            async def connected() -> WebSocketClientConnection:
                return await websocket_connect(f"{found[1]}/session", max_message_size=_LARGEST)

            async def left() -> None:
                line.close()

            line = loop.do(connected)
            try:
                yield Firefox(loop, line)
            finally:
                loop.do(left)
    finally:
        process.terminate()
        process.communicate(timeout=30)
