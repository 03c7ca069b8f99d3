"""Who comes: the platform that a request is about, and the actor whose browser sent it.

The cookie is signed and holds a random key and nothing about the person; the key leads to a row,
so that a session can be ended from anywhere. A mark of who signed in last stays beside it.
"""

from __future__ import annotations

from typing import cast

from flask import current_app, g, request, session

from gondwana.accounts.errors import SignInError
from gondwana.accounts.permissions import Actor
from gondwana.config import Settings
from gondwana.dispatcher.platform import Platform
from gondwana.services import sessions, signing_in
from gondwana.services.sessions import Visitor

KEY = "key"
_MARK = "mark"


def platform() -> Platform:
    """Return the platform of this application."""
    return cast("Platform", current_app.extensions["gondwana"])


def settings() -> Settings:
    """Return the settings of this application."""
    return cast("Settings", current_app.extensions["gondwana_settings"])


def visitor() -> Visitor:
    """Return who sent this request, and in which session.

    Raises
    ------
    SignInError
        Nobody is signed in.
    """
    if "visitor" not in g:
        key = session.get(KEY)
        if not isinstance(key, str):
            raise SignInError("nobody is signed in", remedy="sign in")
        g.visitor = sessions.visitor(platform(), key)
    return cast("Visitor", g.visitor)


def actor() -> Actor:
    """Return who sent this request; raises as `visitor`."""
    return visitor().actor


def somebody() -> Actor | None:
    """Return who sent this request, or None if nobody is signed in."""
    try:
        return actor()
    except SignInError:
        return None


def enter(who: Actor) -> None:
    """Let somebody in who has shown who they are, in a session of their own.

    Whatever the browser held before goes, so that nobody can have put it there.
    """
    leave()
    begun = sessions.begin(
        platform(), who, agent=request.user_agent.string[:200], address=address()
    )
    session[KEY] = begun.key
    session[_MARK] = signing_in.mark_of(who.name)
    session.permanent = True


def leave() -> None:
    """End the session of this browser, if there is one; its mark stays."""
    key, kept = session.get(KEY), mark()
    if isinstance(key, str):
        sessions.end(platform(), key)
    session.clear()
    if kept:
        session[_MARK] = kept
        session.permanent = True
    g.pop("visitor", None)
    g.pop("csrf_token", None)


def mark() -> str:
    """Return the mark of who signed in last in this browser, see `signing_in`; or nothing."""
    kept = session.get(_MARK)
    return kept if isinstance(kept, str) else ""


def address() -> str:
    """Return where the request comes from."""
    return request.remote_addr or ""
