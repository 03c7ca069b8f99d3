"""The map editor in the browser: a Bokeh document that passes asks to a session and answers back.

Asks are done in threads, one after the other, so that nobody waits for somebody else's map. A
draft is kept after each of them, once nothing else is to be done.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any
from weakref import WeakSet, WeakValueDictionary

from bokeh.document import Document

from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.editors.editor_document import make_document
from gondwana.editors.session import EditingSession
from gondwana.editors.telling import Answer
from gondwana.errors import GondwanaError
from gondwana.services import editing
from gondwana.services.editing import Opened, SavedNow, Subject

MOST_WAITING = 200
"""Asks of one browser that wait at the same time; more of them come from no person."""

LARGEST_ASK = 2_000_000
"""Characters of one ask."""

_THREADS_EACH = 2
"""Threads of one person, so that nobody's large shapes keep others waiting."""

_threads: WeakValueDictionary[str, ThreadPoolExecutor] = WeakValueDictionary()
_QUIET = 400  # milliseconds after an ask, after which a draft is kept
_MOST_INDICES = 8
_log = logging.getLogger(__name__)


def open_editor(platform: Platform, document: Document) -> None:
    """Fill a document with the editor of what its address names.

    Parameters
    ----------
    platform : Platform
    document : Document
        Of a session whose signed token names its person as ``user``.
    """
    context = document.session_context
    arguments = getattr(getattr(context, "request", None), "arguments", {})
    payload = getattr(context, "token_payload", {})
    told = {name: values[0].decode(errors="replace") for name, values in arguments.items()}
    who = Actor(str(payload.get("user", "")), "")
    MapEditor(_Door(platform, who, _subject(told)), document).begin()


def keep_all() -> None:
    """Keep the drafts of all open editors, as the server is about to stop.

    What an editor is at work on is not in them: it was not answered, and its browser asks again.
    """
    for editor in list(_editors):
        editor.keep_now()


class _Door:
    """The services of editing, for one person and one subject."""

    def __init__(self, platform: Platform, who: Actor, subject: Subject) -> None:
        self.user_id = who.user_id
        self._about = (platform, who, subject)

    def opened(self) -> Opened:
        found = editing.opened(*self._about)
        self._about = (*self._about[:2], found.subject)  # with the variable that was found
        return found

    def keep_draft(self, draft: Mapping[str, Any], based_on: int, base: str) -> datetime:
        return editing.keep_draft(*self._about, draft, based_on=based_on, base=base)

    def drop_draft(self) -> None:
        editing.drop_draft(*self._about)

    def save(self, edits: list[dict[str, Any]], based_on: int, note: str) -> int:
        return editing.save(*self._about, edits, based_on=based_on, note=note)

    def saved(self) -> SavedNow:
        return editing.saved(*self._about)

    def beneath(self) -> str:
        return editing.beneath(*self._about)


class MapEditor:
    """One browser's line to its session."""

    def __init__(self, door: _Door, document: Document) -> None:
        self._door = door
        self._document = document
        self._shown = make_document(document)
        self._threads = _threads_of(door.user_id)
        self._opening: Future[EditingSession] | None = self._threads.submit(self._open)
        self._session: EditingSession | None = None
        self._waiting: deque[Mapping[str, Any]] = deque()
        self._is_busy = False
        self._is_to_keep = False
        self._is_over = False
        _editors.add(self)

    def begin(self) -> None:
        """Listen to the browser; what it sees first is told before it asks."""
        self._shown.asks.on_change("data", self._asked)
        self._document.on_session_destroyed(self._ended)
        self._waiting.append({"do": "begin", "id": 0})
        self._go_on()

    def _open(self) -> EditingSession:
        return EditingSession(self._door, self._door.opened())

    def _asked(self, _attr: str, _old: Any, new: Mapping[str, Any]) -> None:
        for said in list(new.get("said", ()))[:MOST_WAITING]:
            ask = _understood(said)
            if ask is not None and len(self._waiting) < MOST_WAITING:
                self._waiting.append(ask)
        self._go_on()

    async def _work(self) -> None:
        try:
            session = await self._ready()
            while session is not None and self._waiting and not self._is_over:
                self._tell(await self._later(session.handle, self._waiting.popleft()))
            if session is not None and session.has_news:
                self._keep_soon()
        except Exception:
            _log.exception("the map editor has failed")
            self._tell(_trouble("something went wrong here", "load the page again"))
        finally:
            self._is_busy = False

    def _keep_soon(self) -> None:
        """Keep a draft in a moment, unless that is to be done already."""
        if not self._is_to_keep and not self._is_over:
            self._is_to_keep = True
            self._document.add_timeout_callback(self._keep, _QUIET)  # type: ignore[arg-type]

    async def _keep(self) -> None:
        self._is_to_keep = False
        session = self._session
        if session is None or not session.has_news or self._is_over:
            return
        if self._is_busy:  # somebody is at work: when that is done
            self._keep_soon()
            return
        self._is_busy = True
        try:
            self._tell(await self._later(_kept, session))
        finally:
            self._is_busy = False
            self._go_on()

    def keep_now(self) -> None:
        """Keep what was done last."""
        if self._session is not None and self._session.has_news and not self._is_busy:
            _kept(self._session)

    async def _later(self, do: Any, *about: Any) -> Answer:
        loop = asyncio.get_running_loop()
        found: Answer = await loop.run_in_executor(self._threads, do, *about)
        return found

    def _go_on(self) -> None:
        if self._waiting and not self._is_busy:
            self._is_busy = True
            self._document.add_next_tick_callback(self._work)  # type: ignore[arg-type]

    async def _ready(self) -> EditingSession | None:
        """Wait for the session; tell why there is none."""
        if self._session is None and self._opening is not None:
            try:
                self._session = await asyncio.wrap_future(self._opening)
            except GondwanaError as error:
                self._waiting.clear()
                self._tell(_trouble(error.problem, error.remedy))
        return self._session

    def _tell(self, answer: Answer) -> None:
        if self._is_over:
            return
        told, block = answer.block()
        said = json.dumps(told, allow_nan=False, separators=(",", ":"))
        self._shown.answers.data = {"said": [said], "block": [block]}

    def _ended(self, _context: Any) -> None:
        """Keep what was done last, whoever closed the line."""
        self._is_over = True
        self._waiting.clear()
        session, self._session = self._session, None  # its arrays are large
        self._opening = None
        if session is not None and session.has_news:
            self._threads.submit(_kept, session)


_editors: WeakSet[MapEditor] = WeakSet()


def _understood(said: Any) -> Mapping[str, Any] | None:
    if not isinstance(said, str) or len(said) > LARGEST_ASK:
        return None
    try:
        ask = json.loads(said)
    except (ValueError, RecursionError):
        return None
    return ask if isinstance(ask, dict) and isinstance(ask.get("id"), int) else None


def _kept(session: EditingSession) -> Answer:
    """Keep a draft; whoever may not change the project any more is told so."""
    try:
        return Answer(session.keep())
    except GondwanaError as error:
        told = "; ".join(filter(None, (error.problem, error.remedy)))
        return Answer({"draft": {"trouble": told}})


def _trouble(problem: str, remedy: str) -> Answer:
    return Answer({"error": {"problem": problem, "remedy": remedy, "about": "begin"}})


def _threads_of(user_id: str) -> ThreadPoolExecutor:
    """Return the threads of a person; they end with the last editor that this person has open."""
    found = _threads.get(user_id)
    if found is None:
        found = _threads[user_id] = ThreadPoolExecutor(_THREADS_EACH, "gondwana editor")
    return found


def _subject(told: Mapping[str, str]) -> Subject:
    index = {}
    for part in told.get("index", "").split(",")[:_MOST_INDICES]:
        name, _, number = part.partition(":")
        if name and number.isascii() and number.isdigit() and len(number) < 7:
            index[name] = int(number)
    return Subject(
        project_id=told.get("project", ""),
        step=told.get("step", ""),
        file=told.get("file", ""),
        variable=told.get("variable", ""),
        index=index,
    )
