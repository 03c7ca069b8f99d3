"""A WSGI application under Tornado, with bodies of any size in both directions.

What comes is kept on disk until it is complete, and what goes is fetched piece by piece as fast as
the other side takes it: a slow line holds no thread, and no body has to fit into memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast
from wsgiref.types import WSGIApplication

from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPServerRequest
from tornado.ioloop import IOLoop
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler, stream_request_body
from tornado.wsgi import WSGIContainer

_IN_MEMORY = 256 * 1024
_BAD = 400
_NO_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_FREE = 1024 * 1024
"""Bytes that anybody may send; more is for those who are known, so that nobody fills the disk."""
_LINGER = 2.0
"""Seconds for which somebody whose body is refused may go on sending, to hear the answer."""


Knows = Callable[[dict[str, Any]], bool]


@stream_request_body
class ApplicationHandler(RequestHandler):
    """Hands requests to a WSGI application."""

    def initialize(
        self, wsgi: WSGIApplication, threads: Executor, largest: int, knows: Knows
    ) -> None:
        """Take what the route was made with.

        Parameters
        ----------
        wsgi : WSGI application
        threads : Executor
            In which it runs.
        largest : int
            Bytes of the largest body that is taken.
        knows : callable
            Tells of a request without its body whether it is known who sends it.
        """
        self._knows = knows
        self._wsgi = wsgi
        self._threads = threads
        self._largest = largest
        self._body = cast("IO[bytes]", SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115
        self._taken = 0

    def set_default_headers(self) -> None:
        """Leave all headers to the application."""
        self.clear_header("Server")
        self.clear_header("Content-Type")

    def compute_etag(self) -> str | None:
        """Leave marks of content to the application, too."""
        return None

    async def prepare(self) -> None:
        """Answer at once where the body is not going to be taken: the application refuses it."""
        self._connection.set_max_body_size(self._largest)
        declared = self.request.headers.get("Content-Length", "0")
        if not (declared.isascii() and declared.isdecimal()):
            raise HTTPError(_BAD)  # twice, or in a way that others may read as another number
        length = int(declared)
        is_large = length > _FREE or "Transfer-Encoding" in self.request.headers
        if length > self._largest:
            await self._answer_at_once(length)
        elif is_large and not await self._is_known():
            await self._answer_at_once(0)

    async def _is_known(self) -> bool:
        loop = IOLoop.current()
        return await loop.run_in_executor(self._threads, self._knows, environ_of(self.request))

    async def _answer_at_once(self, length: int) -> None:
        self.request.headers["Connection"] = "close"
        await self._answer(length)
        self._close_soon()

    def data_received(self, chunk: bytes) -> None:
        """Keep a piece of the body; one that did not say its length may prove too large."""
        self._taken += len(chunk)
        if self._finished:
            return
        if self._taken > self._largest:
            self._connection.stream.close()
        else:
            self._body.write(chunk)

    def on_connection_close(self) -> None:
        """Forget the body of somebody who went away."""
        super().on_connection_close()
        self._body.close()

    async def _act(self, *_: str) -> None:
        await self._answer(self._taken)

    get = head = post = put = patch = delete = options = _act

    async def _answer(self, length: int) -> None:
        environ = _environ(self.request, self._body, length)
        loop = IOLoop.current()
        answer = await loop.run_in_executor(self._threads, _Answer, self._wsgi, environ)
        self._body.close()
        try:
            await self._send(answer, loop)
        except StreamClosedError:
            pass  # nobody listens any more
        finally:
            await loop.run_in_executor(self._threads, answer.close)

    async def _send(self, answer: _Answer, loop: IOLoop) -> None:
        self.set_status(answer.status, answer.reason)
        self.clear_header("Date")
        for name, value in answer.headers:
            self.add_header(name, value)
        if self.request.method == "HEAD" or answer.status in _NO_BODY:
            await self.finish()
            return
        chunk = answer.first
        while chunk is not None:
            self.write(chunk)
            await self.flush()
            chunk = await loop.run_in_executor(self._threads, answer.next_chunk)
        await self.finish()

    def _close_soon(self) -> None:
        stream = self._connection.stream
        IOLoop.current().call_later(_LINGER, stream.close)

    @property
    def _connection(self) -> HTTP1Connection:
        return cast("HTTP1Connection", self.request.connection)


class _Answer:
    """What an application answers; made and read in threads, one after another."""

    def __init__(self, wsgi: WSGIApplication, environ: dict[str, Any]) -> None:
        self.status, self.reason = 500, ""
        self.headers: list[tuple[str, str]] = []
        self._body: Iterable[bytes] = wsgi(environ, self._start)
        self._pieces: Iterator[bytes] = iter(self._body)
        self.first = self.next_chunk()  # an application may start its answer with its first piece

    def _start(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        del exc_info  # nothing was sent before, so that another answer can take its place
        code, _, self.reason = status.partition(" ")
        self.status, self.headers = int(code), headers
        return _refuse_write

    def next_chunk(self) -> bytes | None:
        """Return the next piece, or None after the last."""
        return next((piece for piece in self._pieces if piece), None)

    def close(self) -> None:
        """Let the application clean up."""
        close = getattr(self._body, "close", None)
        if close is not None:
            close()


def _refuse_write(_: bytes) -> object:
    raise NotImplementedError("the application has to return its answer")


def environ_of(request: HTTPServerRequest) -> dict[str, Any]:
    """Return a request without its body as WSGI tells it; the request stays as it is."""
    headers = request.headers
    request.headers = headers.copy()  # some are taken out, and the body is read by them
    try:
        return WSGIContainer(_nothing).environ(request)
    finally:
        request.headers = headers


def _environ(request: HTTPServerRequest, body: IO[bytes], length: int) -> dict[str, Any]:
    environ = environ_of(request)
    body.seek(0)
    environ |= {
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "CONTENT_LENGTH": str(length),
    }
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.pop("HTTP_PROXY", None)  # a program below may take it for a setting
    return environ


def _nothing(environ: Any, start_response: Any) -> list[bytes]:
    del environ, start_response
    return []
