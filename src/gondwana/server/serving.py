"""The server: an event loop in a thread of its own, on one port."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

from flask import Flask
from tornado.httpserver import HTTPServer
from tornado.routing import AnyMatches, PathMatches, Rule, RuleRouter
from tornado.web import Application

from gondwana.dispatcher.platform import Platform
from gondwana.errors import GondwanaError
from gondwana.server.events import EventsHandler, Watch
from gondwana.server.loop import Loop
from gondwana.server.viewer import Viewer
from gondwana.server.wsgi import ApplicationHandler
from gondwana.web.known import is_known

_THREADS = 16
_CHUNK = 256 * 1024
_SMALL = 64 * 1024
_IDLE = 60.0
_PROJECT = r"/api/v1/projects/([^/]+)/events"


class PortTakenError(GondwanaError):
    """Something else listens there already."""

    code = "port_taken"
    http_status = 500


@contextmanager
def serving(app: Flask, host: str, port: int, *, largest: int) -> Iterator[int]:
    """Serve an application with all that belongs to it until the block ends, and give its port.

    Parameters
    ----------
    app : Flask
    host : str
    port : int
        0 for any that is free.
    largest : int
        Bytes of the largest body that is taken.

    Raises
    ------
    PortTakenError
        The port is not free.
    """
    sockets = _listening(host, port)
    platform: Platform = app.extensions["gondwana"]

    def knows(environ: dict[str, Any]) -> bool:
        return is_known(app, environ)

    with ExitStack() as stack:
        threads = stack.enter_context(ThreadPoolExecutor(_THREADS, "gondwana web"))
        watch = stack.enter_context(Watch(platform))
        viewer = Viewer(app, threads)
        pages = Application(
            [
                (_PROJECT, EventsHandler, {"app": app, "watch": watch, "threads": threads}),
                (
                    ".*",
                    ApplicationHandler,
                    {"wsgi": app, "threads": threads, "largest": largest, "knows": knows},
                ),
            ],
            log_function=lambda _: None,
        )
        router = RuleRouter([Rule(PathMatches("/viewer/.*"), viewer), Rule(AnyMatches(), pages)])
        loop = stack.enter_context(Loop())

        async def begin() -> HTTPServer:
            server = HTTPServer(
                router,
                max_body_size=_SMALL,  # what takes large bodies says so itself
                max_buffer_size=4 * 1024**2,
                chunk_size=_CHUNK,
                idle_connection_timeout=_IDLE,
            )
            server.add_sockets(sockets)
            viewer.begin()
            return server

        server = loop.do(begin)
        try:
            yield int(sockets[0].getsockname()[1])
        finally:

            async def end() -> None:
                viewer.end()
                server.stop()
                await server.close_all_connections()

            loop.do(end)


def _listening(host: str, port: int) -> list[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # unlike tornado's, it leaves nothing open where it fails
        listener = socket.create_server((host, port), family=family)
        listener.setblocking(False)
        return [listener]
    except OSError as error:
        raise PortTakenError(
            f"it cannot be listened to ({error.strerror})",
            remedy="choose another with --port",
            where=f"{host}:{port}",
        ) from None
