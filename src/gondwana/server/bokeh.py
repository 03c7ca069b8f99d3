"""The Bokeh server of the map applications. To import this takes about a second."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

# Panel puts its own handlers into Bokeh's when it is imported
from bokeh.application import Application
from bokeh.application.application import ServerContext
from bokeh.application.handlers.function import FunctionHandler
from bokeh.protocol.message import Message
from bokeh.server.auth_provider import AuthProvider
from bokeh.server.tornado import BokehTornado
from bokeh.server.urls import per_app_patterns
from bokeh.server.views.ws import WSHandler
from tornado.httputil import HTTPServerRequest
from tornado.ioloop import IOLoop
from tornado.web import RequestHandler

from gondwana.dispatcher.platform import Platform
from gondwana.editors.applications import applications
from gondwana.editors.map_editor import keep_all
from gondwana.server.modesty import LARGEST_MESSAGE, is_modest
from gondwana.server.viewer import PREFIX

_UNUSED = 30_000
Known = Callable[[RequestHandler], Awaitable[str]]


class _Session(AuthProvider):
    """Who somebody is, as the session of the pages tells."""

    def __init__(self, known: Known) -> None:
        self._known = known
        super().__init__()

    @property
    def get_user_async(self) -> Any:
        """Return the function that tells who sent a request."""
        return self._known

    @property
    def login_url(self) -> str:
        """Return where one signs in, which Bokeh wants to know and nobody is sent to."""
        return "/sign-in"


class _Line(WSHandler):
    """A line that takes what a page of ours could say."""

    async def _receive(self, fragment: str | bytes) -> Message[Any] | None:
        message = await super()._receive(fragment)
        if message is not None and not is_modest(message.content):
            self._protocol_error("this is more than a page says")
            return None
        return message


per_app_patterns[:] = [
    ("/ws", _Line) if pattern[0] == "/ws" else pattern for pattern in per_app_patterns
]


class _Guarded(Application):
    """An application whose pages name their reader in the signed token."""

    def process_request(self, request: HTTPServerRequest) -> dict[str, Any]:
        """Put the reader into the token of the page."""
        return {
            **super().process_request(request),
            "user": getattr(request, "gondwana_user", ""),
        }

    def on_server_unloaded(self, server_context: ServerContext) -> None:
        """Keep what people are at work on, before the server stops."""
        keep_all()
        super().on_server_unloaded(server_context)


def make(platform: Platform, secret: str, known: Known, loop: IOLoop) -> BokehTornado:
    """Make the server of all map applications.

    Parameters
    ----------
    platform : Platform
    secret : str
        Signs the tokens of pages.
    known : callable
        Tells who sent a request.
    loop : IOLoop
    """
    found = {
        path: _Guarded(FunctionHandler(function))
        for path, function in applications(platform).items()
    }
    server = BokehTornado(
        found,
        prefix=PREFIX,
        extra_websocket_origins=["*"],  # compared with the host in `viewer`
        secret_key=secret.encode(),
        sign_sessions=True,
        auth_provider=_Session(known),
        include_headers=[],  # the token stands in the page, where scripts can read it
        include_cookies=[],
        unused_session_lifetime_milliseconds=_UNUSED,
        use_index=False,
        websocket_compression_level=1,
        websocket_max_message_size_bytes=LARGEST_MESSAGE,
        default_handler_class=None,
    )
    server.initialize(io_loop=loop)
    return server
