"""The server of the application: threads that share it, on one port."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from waitress.server import create_server

from gondwana.errors import GondwanaError

_THREADS = 8


class PortTakenError(GondwanaError):
    """Something else listens there already."""

    code = "port_taken"
    http_status = 500


@contextmanager
def serving(app: Flask, host: str, port: int, *, largest: int) -> Iterator[int]:
    """Serve an application until the block ends, and give the port that it has.

    Parameters
    ----------
    app : Flask
    host : str
    port : int
        0 for any that is free.
    largest : int
        Bytes of the largest request that is taken; it is kept on disk while it comes.

    Raises
    ------
    PortTakenError
        The port is not free.
    """
    listening = _listening(host, port)
    server = create_server(
        app,
        sockets=[listening],
        threads=_THREADS,
        max_request_body_size=largest,
        ident=None,
        clear_untrusted_proxy_headers=True,
    )
    thread = threading.Thread(target=server.run, name="gondwana web", daemon=True)
    thread.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        server.close()
        thread.join(timeout=5)
        server.trigger.close()


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise PortTakenError(
            f"it cannot be listened to ({error.strerror})",
            remedy="choose another with --port",
            where=f"{host}:{port}",
        ) from None
