"""Live status of projects as server-sent events: whoever watches a project hears what changes.

One thread listens to the bell of the database and looks at the projects that somebody watches.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from tornado.ioloop import IOLoop
from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.errors import GondwanaError
from gondwana.server.wsgi import environ_of
from gondwana.services import status
from gondwana.services.status import ProjectStatus
from gondwana.web.api.callers import caller
from gondwana.web.api.routes import json_of
from gondwana.web.errors import problem
from gondwana.web.headers import NOTHING

_OFTEN = 0.04
"""Seconds between two looks at least, so that a busy engine does not keep us busy."""
_BEAT = 5.0
"""Seconds after which a silent line is told to be alive, and its reader's session is looked at."""
_WAITING = 1.0

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Watcher:
    """Somebody who watches a project.

    Attributes
    ----------
    project_id : str
    actor : Actor
    tell : callable
        Given the text of each new status, and None at the end; called in the thread of `Watch`.
    """

    project_id: str
    actor: Actor
    tell: Callable[[str | None], None]
    told: str = field(default="")


class Watch:
    """Looks at projects whenever the bell rings, and tells those who watch them."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._watchers: set[Watcher] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gondwana watch", daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(timeout=5)

    @contextmanager
    def watched(self, watcher: Watcher) -> Iterator[None]:
        """Tell somebody of all changes as long as the block lasts."""
        with self._lock:
            self._watchers.add(watcher)
        try:
            yield
        finally:
            with self._lock:
                self._watchers.discard(watcher)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                with self._platform.bell.listen() as listener:
                    while not self._stopped.is_set():
                        listener.wait(_WAITING)
                        began = time.monotonic()
                        self._look()
                        # as long a rest as the look took: the pages come first
                        self._stopped.wait(max(_OFTEN, time.monotonic() - began))
            except GondwanaError as error:
                _log.warning("the projects cannot be watched: %s", error)
                self._stopped.wait(_WAITING)

    def _look(self) -> None:
        with self._lock:
            watchers = list(self._watchers)
        seen: dict[tuple[str, str], str | None] = {}
        for watcher in watchers:
            key = (watcher.project_id, watcher.actor.user_id)
            if key not in seen:
                seen[key] = told(self._platform, watcher.actor, watcher.project_id)
            text = seen[key]
            if text is None or _lasting(text) != watcher.told:
                watcher.told = _lasting(text) if text is not None else ""
                watcher.tell(text)


def told(platform: Platform, actor: Actor, project_id: str) -> str | None:
    """Return the status of a project as JSON; None if the actor may not see it any more."""
    try:
        found = status.status(platform, actor, project_id)
    except GondwanaError:
        return None
    return json.dumps(json_of(ProjectStatus, found), allow_nan=False)


class EventsHandler(RequestHandler):
    """``GET /api/v1/projects/<id>/events``."""

    def initialize(self, app: Flask, watch: Watch, threads: Executor) -> None:
        """Take what the route was made with."""
        self._app = app
        self._watch = watch
        self._threads = threads
        self._news: asyncio.Queue[str | None] = asyncio.Queue()

    def set_default_headers(self) -> None:
        """Set what every answer of ours has."""
        self.clear_header("Server")
        self.set_header("Content-Security-Policy", NOTHING)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")

    async def get(self, project_id: str) -> None:
        """Send the status now and after each change, until the reader goes or may not see it."""
        loop = IOLoop.current()
        environ = environ_of(self.request)
        who = await loop.run_in_executor(self._threads, self._admitted, environ, project_id)
        if not isinstance(who, Actor):
            self._refuse(*who)
            return
        watcher = Watcher(project_id, who, lambda text: loop.add_callback(self._news.put, text))
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        self.set_header("X-Accel-Buffering", "no")
        with self._watch.watched(watcher):
            first = await loop.run_in_executor(
                self._threads, told, self._watch_platform, who, project_id
            )
            await self._news.put(first)
            await self._tell_all(environ, project_id)

    def on_connection_close(self) -> None:
        """Let go of a reader who went away."""
        self._news.put_nowait(None)

    async def _tell_all(self, environ: dict[str, Any], project_id: str) -> None:
        number, checked = 0, time.monotonic()
        try:
            while True:
                text = await self._next()
                if text is None:
                    break
                if text:
                    number += 1
                    self.write(f"id: {number}\nevent: status\ndata: {text}\n\n")
                else:
                    self.write(": still here\n\n")
                await self.flush()
                if time.monotonic() - checked > _BEAT:
                    checked = time.monotonic()
                    admitted = await IOLoop.current().run_in_executor(
                        self._threads, self._admitted, environ, project_id
                    )
                    if not isinstance(admitted, Actor):
                        break
            self.write("event: end\ndata: {}\n\n")
            await self.finish()
        except StreamClosedError:
            pass

    async def _next(self) -> str | None:
        try:
            return await asyncio.wait_for(self._news.get(), _BEAT)
        except TimeoutError:
            return ""

    @property
    def _watch_platform(self) -> Platform:
        platform: Platform = self._app.extensions["gondwana"]
        return platform

    def _admitted(self, environ: dict[str, Any], project_id: str) -> Actor | tuple[int, bytes]:
        """Return who asks, or the status and text of what they are told."""
        with self._app.request_context(dict(environ)):
            try:
                who = caller()
                status.status(self._watch_platform, who, project_id)
            except GondwanaError as error:
                answer = problem(
                    error.http_status, error.code, error.problem, error.remedy, error.where
                )
                return answer.status_code, answer.data
        return who

    def _refuse(self, code: int, body: bytes) -> None:
        self.set_status(code)
        self.set_header("Content-Type", "application/json")
        self.finish(body)


def _lasting(text: str | None) -> str:
    """Return what counts as a change: all but the clock."""
    if text is None:
        return ""
    found = json.loads(text)
    found.pop("at")
    for step in found["steps"]:
        if step["shown"] == "running":
            step.pop("seconds")
    return json.dumps(found)
