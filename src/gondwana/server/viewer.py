"""The map applications (Panel on Bokeh) at ``/viewer/``, for those who are signed in.

The libraries are loaded in the background once the server runs, so that the first page does not
wait for them. The cookie of the pages tells who somebody is, for the page of an application as for
its websocket; a websocket is closed when that session ends or the project may not be seen any more.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.routing import Router
from tornado.web import Application, HTTPError, RequestHandler

from gondwana.accounts.errors import SignInError
from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.errors import GondwanaError
from gondwana.server.wsgi import environ_of
from gondwana.services import projects
from gondwana.web.visitors import actor

if TYPE_CHECKING:
    from bokeh.server.tornado import BokehTornado

PREFIX = "/viewer"
COOKIE = "gondwana"

_SETTLED = 1.0
"""Seconds after the start of the server, when its first page is out."""
_OFTEN = 3.0
"""Seconds between two looks at who may still be here."""
_UNKNOWN = 401
_DENIED = 403
_TOO_MANY = 429
_MANY, _WHILE = 20, 20.0
"""Pages that one person may open within some seconds."""
_MOST_OPEN = 24
"""Maps that one person may have open; an editor of a fine grid takes 100 MB."""
_INNER = {"bokeh-session-id", "bokeh-token"}
_UNUSED = ("/autoload.js", "/metadata")
"""Ways that Bokeh has for pages of other sites."""

_POLICY = (
    "default-src 'none'; script-src 'self' blob: 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""What a page of these may load: Bokeh makes functions from texts, and styles its elements."""

_log = logging.getLogger(__name__)


class Viewer(Router):
    """Finds the handlers of the map applications, as soon as they are loaded."""

    def __init__(self, app: Flask, threads: Executor) -> None:
        self._app = app
        self._threads = threads
        self._platform: Platform = app.extensions["gondwana"]
        self._waiting = Application([(".*", _StillLoading)], log_function=lambda _: None)
        self._loaded: BokehTornado | None = None
        self._guard = PeriodicCallback(self._look_who_is_here, 1000 * _OFTEN)
        self._loading: asyncio.Task[None] | None = None
        self._opened: dict[str, list[float]] = {}  # when somebody opened pages lately

    def begin(self) -> None:
        """Load the applications in a moment; called in the event loop."""
        IOLoop.current().call_later(_SETTLED, self._load)

    def end(self) -> None:
        """Let everybody go; called in the event loop."""
        self._guard.stop()
        if self._loaded is not None:
            self._loaded.stop()

    def find_handler(self, request: HTTPServerRequest, **more: Any) -> HTTPMessageDelegate | None:
        """Find what answers a request."""
        if self._loaded is None:
            self._load()
        return (self._loaded or self._waiting).find_handler(request, **more)

    def _load(self) -> None:
        if self._loading is None:
            self._loading = asyncio.ensure_future(self._load_all())

    async def _load_all(self) -> None:
        loop = IOLoop.current()
        try:
            make = await loop.run_in_executor(self._threads, _imported)
            self._loaded = make(self._platform, str(self._app.secret_key), self._known, loop)
        except Exception:
            _log.exception("the map applications cannot be loaded")
            return
        gc.freeze()  # what the libraries hold is no garbage: not to look at it saves long pauses
        self._loaded.start()
        self._guard.start()

    async def _known(self, handler: RequestHandler) -> str:
        """Return the id of whoever sent a request; refuse nobody, and a websocket of others."""
        handler.set_header("Content-Security-Policy", _POLICY)
        handler.set_header("X-Content-Type-Options", "nosniff")
        handler.set_header("Referrer-Policy", "same-origin")
        handler.set_header("Cross-Origin-Resource-Policy", "same-origin")
        handler.set_header("Cross-Origin-Opener-Policy", "same-origin")
        handler.clear_header("Server")
        if set(handler.request.arguments) & _INNER or handler.request.path.endswith(_UNUSED):
            raise HTTPError(_DENIED)
        is_socket = handler.request.headers.get("Upgrade", "").lower() == "websocket"
        who = await IOLoop.current().run_in_executor(
            self._threads, self._admitted, environ_of(handler.request), None
        )
        if is_socket:
            _refuse_strangers(handler.request, who)
        if who is None:
            raise HTTPError(_UNKNOWN, reason="Sign in first")
        if not is_socket:
            self._refuse_crowd(who.user_id)
        handler.request.gondwana_user = who.user_id  # type: ignore[attr-defined]
        return who.user_id

    def _refuse_crowd(self, user_id: str) -> None:
        """Refuse somebody who opens pages faster than anybody can look at them.

        Raises
        ------
        HTTPError
        """
        now = time.monotonic()
        if self._loaded is not None and self._count_of(user_id) >= _MOST_OPEN:
            raise HTTPError(_TOO_MANY, reason="Too many maps are open, close some of them")
        lately = [at for at in self._opened.get(user_id, ()) if now - at < _WHILE]
        if len(lately) >= _MANY:
            raise HTTPError(_TOO_MANY, reason="Too many maps at once, try again in a moment")
        self._opened[user_id] = [*lately, now]

    def _count_of(self, user_id: str) -> int:
        """Count the maps that somebody has open, and those that were closed just now."""
        contexts = self._loaded._applications.values() if self._loaded is not None else ()
        tokens = (session.token for context in contexts for session in context.sessions)
        return sum(_payload(token).get("user") == user_id for token in tokens)

    def _admitted(self, environ: dict[str, Any], project_id: str | None) -> Actor | None:
        with self._app.request_context(environ):
            try:
                who = actor()
                if project_id is not None:
                    projects.get(self._platform, who, project_id)
            except SignInError:
                return None
            except GondwanaError:
                return None
        return who

    async def _look_who_is_here(self) -> None:
        """Close the line of everybody who may not have it any more."""
        if self._loaded is None:
            return
        for connection in list(self._loaded._clients):
            socket = connection._socket
            try:
                project_id = _argument(_payload(connection.session.token), "project")
                who = await IOLoop.current().run_in_executor(
                    self._threads, self._admitted, environ_of(socket.request), project_id
                )
            except Exception:  # one line that cannot be judged spares no other one
                _log.exception("nobody knows whose line this is; it is closed")
                who = None
            if who is None:
                socket.close(1008, "signed out, or the project is not yours any more")
                connection.session.request_expiration()


class _StillLoading(RequestHandler):
    """What is told until the applications are loaded."""

    def get(self) -> None:
        """Ask the browser to come again in a second."""
        self.set_status(503)
        self.set_header("Retry-After", "1")
        self.set_header("Refresh", "1")
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("The map viewer is starting …")


_Known = Callable[[RequestHandler], Awaitable[str]]
_Make = Callable[[Platform, str, _Known, IOLoop], "BokehTornado"]


def _imported() -> _Make:
    """Import the libraries, which takes a while, and return what makes the applications."""
    from gondwana.server.bokeh import make  # noqa: PLC0415

    return make


def _refuse_strangers(request: HTTPServerRequest, who: Actor | None) -> None:
    """Refuse a websocket from another site, without a session, or with a token of somebody else.

    Raises
    ------
    HTTPError
    """
    origin = urlsplit(request.headers.get("Origin", "")).netloc
    protocols = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
    payload = _payload(protocols[-1].strip()) if len(protocols) == 2 else {}
    if who is None or origin != request.host or payload.get("user") != who.user_id:
        raise HTTPError(_DENIED)


def _payload(token: str) -> dict[str, Any]:
    """Return what a page's token holds; whether it is genuine is checked by Bokeh."""
    from bokeh.util.token import get_token_payload  # noqa: PLC0415

    try:
        return dict(get_token_payload(token))
    except (ValueError, KeyError, TypeError):
        return {}


def _argument(payload: dict[str, Any], name: str) -> str | None:
    values = payload.get("arguments", {}).get(name)
    if not values:
        return None
    value = values[0]
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
