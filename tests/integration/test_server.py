"""The server: bodies of any size both ways, refusals, and people who go away."""

from __future__ import annotations

import hashlib
import http.client
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from gondwana.server.loop import Loop
from gondwana.server.wsgi import ApplicationHandler

LARGEST = 300_000_000
PIECE = b"x" * 65536

Start = Callable[..., Any]


class Wsgi:
    """An application that tells what it was sent, and sends as much as it is asked for."""

    def __init__(self) -> None:
        self.closed = threading.Event()
        self.sent = 0

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        length = int(environ["CONTENT_LENGTH"])
        if length > LARGEST:
            start("413 Too Large", [("Content-Type", "text/plain")])
            return [b"too large"]
        match environ["PATH_INFO"]:
            case "/sum":
                told = self._sum(environ["wsgi.input"])
                start("200 OK", [("Content-Type", "text/plain"), ("X-Own", "a"), ("X-Own", "b")])
                return [f"{length} {told}".encode()]
            case "/large":
                start("200 OK", [("Content-Length", environ["QUERY_STRING"])])
                return self._pieces(int(environ["QUERY_STRING"]))
            case "/nothing":
                start("304 Not Modified", [("ETag", '"mark"')])
                return []
        start("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "4")])
        return [b"none"]

    def _sum(self, stream: Any) -> str:
        found = hashlib.sha256()
        while chunk := stream.read(65536):
            found.update(chunk)
        return found.hexdigest()

    def _pieces(self, size: int) -> Iterator[bytes]:
        try:
            while self.sent < size:
                piece = PIECE[: size - self.sent]
                self.sent += len(piece)
                yield piece
        finally:
            self.closed.set()


@contextmanager
def served(wsgi: Any, threads: int = 2) -> Iterator[int]:
    sockets = bind_sockets(0, "127.0.0.1")
    with ThreadPoolExecutor(threads) as pool, Loop() as loop:
        route = {
            "wsgi": wsgi,
            "threads": pool,
            "largest": LARGEST,
            "knows": lambda environ: environ.get("HTTP_COOKIE") != "nobody",
        }

        async def begin() -> HTTPServer:
            app = Application([(".*", ApplicationHandler, route)], log_function=lambda _: None)
            server = HTTPServer(app, max_body_size=1 << 62, max_buffer_size=4 * 1024**2)
            server.add_sockets(sockets)
            return server

        server = loop.do(begin)
        try:
            yield sockets[0].getsockname()[1]
        finally:

            async def end() -> None:
                server.stop()
                await server.close_all_connections()

            loop.do(end)


@pytest.fixture
def wsgi() -> Wsgi:
    return Wsgi()


@pytest.fixture
def line(wsgi: Wsgi) -> Iterator[http.client.HTTPConnection]:
    with served(wsgi) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        yield connection
        connection.close()


def asked(line: http.client.HTTPConnection, method: str, path: str, **more: Any) -> Any:
    line.request(method, path, **more)
    answer = line.getresponse()
    return answer, answer.read()


def test_requests_and_answers_pass_as_they_are(line: http.client.HTTPConnection) -> None:
    answer, body = asked(line, "POST", "/sum", body=b"abc")
    assert answer.status == 200
    assert body == b"3 " + hashlib.sha256(b"abc").hexdigest().encode()
    assert answer.headers.get_all("X-Own") == ["a", "b"]
    assert "Server" not in answer.headers
    answer, body = asked(line, "GET", "/nonsense")
    assert (answer.status, body) == (404, b"none")
    answer, body = asked(line, "HEAD", "/nonsense")
    assert (answer.status, answer.headers["Content-Length"], body) == (404, "4", b"")
    answer, body = asked(line, "GET", "/nothing")
    assert (answer.status, answer.headers["ETag"], body) == (304, '"mark"', b"")


def test_a_body_in_chunks_comes_whole(line: http.client.HTTPConnection) -> None:
    pieces = [b"one", b"two" * 50_000]
    answer, body = asked(line, "POST", "/sum", body=iter(pieces), encode_chunked=True, headers={
        "Transfer-Encoding": "chunked"})  # fmt: skip
    whole = b"".join(pieces)
    assert answer.status == 200
    assert body == f"{len(whole)} {hashlib.sha256(whole).hexdigest()}".encode()


def grown(work: Callable[[], None]) -> float:
    """Return by how many MB the memory of this process grew at most while something was done."""
    process, done, most = psutil.Process(), threading.Event(), [0]
    before = process.memory_info().rss

    def look() -> None:
        while not done.wait(0.005):
            most[0] = max(most[0], process.memory_info().rss - before)

    watch = threading.Thread(target=look)
    watch.start()
    try:
        work()
    finally:
        done.set()
        watch.join()
    return most[0] / 1e6


def test_large_bodies_need_no_memory(line: http.client.HTTPConnection) -> None:
    size = 100_000_000

    def up() -> None:
        body = (PIECE for _ in range(size // len(PIECE)))
        answer, told = asked(line, "PUT", "/sum", body=body, headers={
            "Content-Length": str(size // len(PIECE) * len(PIECE))})  # fmt: skip
        assert answer.status == 200
        assert told.startswith(str(size // len(PIECE) * len(PIECE)).encode())

    def down() -> None:
        line.request("GET", f"/large?{size}")
        answer = line.getresponse()
        count = 0
        while chunk := answer.read(65536):
            count += len(chunk)
        assert count == size

    for work in (up, down):
        assert grown(work) < 40


def test_a_body_that_is_too_large_is_refused_before_it_comes(wsgi: Wsgi) -> None:
    with served(wsgi) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(b"PUT /sum HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (LARGEST + 1))
        answer = b""
        while chunk := line.recv(65536):
            answer += chunk
        assert answer.startswith(b"HTTP/1.1 413")
        assert b"\r\ntoo large\r\n" in answer


@pytest.mark.parametrize("how", ["Content-Length: 2000000", "Transfer-Encoding: chunked"])
def test_a_large_body_of_nobody_is_not_awaited(wsgi: Wsgi, how: str) -> None:
    with served(wsgi) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        asked = f"PUT /sum HTTP/1.1\r\nHost: x\r\nCookie: nobody\r\n{how}\r\n\r\n"
        line.sendall(asked.encode())
        answer = b""
        while chunk := line.recv(65536):
            answer += chunk
        assert b"\r\n0 " + hashlib.sha256(b"").hexdigest().encode() in answer


@pytest.mark.parametrize("told", ["3, 3", "3\r\nContent-Length: 3", "+3", "0x3", "\u0663"])
def test_a_length_that_is_no_number_is_refused(wsgi: Wsgi, told: str) -> None:
    with served(wsgi) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        asked = f"POST /sum HTTP/1.1\r\nHost: x\r\nContent-Length: {told}\r\n\r\nabc"
        line.sendall(asked.encode())
        assert line.recv(65536).startswith(b"HTTP/1.1 400")


def test_a_slow_reader_holds_no_thread(wsgi: Wsgi) -> None:
    with served(wsgi, threads=1) as port:
        slow = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        slow.request("GET", "/large?200000000")
        other = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        answer, _ = asked(other, "GET", "/nonsense")
        assert answer.status == 404
        assert not wsgi.closed.is_set()
        slow.close()
        slow.sock = None
        assert wsgi.closed.wait(10), "the application is told that its reader went away"
        assert wsgi.sent < 200_000_000
        other.close()
