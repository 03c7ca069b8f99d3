"""Sessions: the browsers in which people are signed in."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import delete, select

from gondwana.accounts.errors import SignInError
from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.services import users
from gondwana.services.door import admitted, reading, visiting
from gondwana.storage.errors import NotFoundError
from gondwana.storage.marks import utc_now
from gondwana.storage.models import SignedIn, User

IDLE = timedelta(days=14)
"""After so long without a visit a session ends."""
LONGEST = timedelta(days=90)
"""After so long it ends in any case."""
_SELDOM = timedelta(minutes=1)
_KEY_LASTS = 600.0


@dataclass(frozen=True)
class Begun:
    """A new session: what the browser is to keep, and until when it lasts without a visit."""

    key: str
    expires: datetime


@dataclass(frozen=True)
class Visitor:
    """Who sent a request, and in which session."""

    actor: Actor
    session_id: str


@dataclass(frozen=True)
class SessionInfo:
    """A session as its owner sees it: what the browser says it is, from where, and since when."""

    id: str
    agent: str
    address: str
    created: datetime
    seen: datetime
    expires: datetime


def begin(platform: Platform, actor: Actor, *, agent: str, address: str) -> Begun:
    """Begin a session of somebody who has shown who they are.

    Raises
    ------
    ForbiddenError
        Their account is not active.
    """
    key, now = secrets.token_urlsafe(32), utc_now()
    with visiting(platform, actor) as visit:
        gone = delete(SignedIn).where(SignedIn.expires < now)
        visit.session.execute(gone)
        visit.session.add(
            SignedIn(
                id=_id_of(key),
                user_id=visit.actor.user_id,
                agent=agent,
                address=address,
                created=now,
                seen=now,
                expires=now + IDLE,
            )
        )
    return Begun(key, now + IDLE)


def visitor(platform: Platform, key: str) -> Visitor:
    """Return whose session a browser's key stands for; the session lasts longer by it.

    Raises
    ------
    SignInError
        There is no such session any more.
    ForbiddenError
        The account is not active.
    """
    now = utc_now()
    with platform.database.reading() as session:
        found = session.get(SignedIn, _id_of(key))
        if found is None or found.expires < now:
            raise SignInError("this session has ended", remedy="sign in again")
        user = session.get(User, found.user_id)
        if user is None:
            raise SignInError("this session has ended", remedy="sign in again")
        who = admitted(session, Actor(user.id, user.name, user.role))
        is_old = now - found.seen > _SELDOM
    if is_old:
        _seen(platform, found.id, now)
    return Visitor(who, found.id)


def end(platform: Platform, key: str) -> None:
    """End a session, if there is one."""
    with platform.database.transaction() as session:
        session.execute(delete(SignedIn).where(SignedIn.id == _id_of(key)))


def listed(platform: Platform, actor: Actor) -> list[SessionInfo]:
    """List one's own sessions, the one seen last first."""
    with reading(platform, actor) as visit:
        mine = select(SignedIn).where(
            SignedIn.user_id == visit.actor.user_id, SignedIn.expires >= utc_now()
        )
        found = visit.session.scalars(mine.order_by(SignedIn.seen.desc(), SignedIn.id))
        return [
            SessionInfo(one.id, one.agent, one.address, one.created, one.seen, one.expires)
            for one in found
        ]


def end_one(platform: Platform, actor: Actor, session_id: str) -> None:
    """End one of one's own sessions.

    Raises
    ------
    NotFoundError
        There is none of this id, or it is somebody else's.
    """
    with visiting(platform, actor) as visit:
        found = visit.session.get(SignedIn, session_id)
        if found is None or found.user_id != visit.actor.user_id:
            raise NotFoundError("there is no such session")
        visit.session.delete(found)


def end_others(platform: Platform, actor: Actor, keep: str) -> None:
    """End all of one's own sessions but one."""
    with visiting(platform, actor) as visit:
        others = delete(SignedIn).where(
            SignedIn.user_id == visit.actor.user_id, SignedIn.id != keep
        )
        visit.session.execute(others)


def local_key(platform: Platform, name: str) -> str:
    """Return a key by which the user of this machine comes in once, within ten minutes.

    Whoever reads what the server prints may do everything with its data anyway.
    """
    del platform
    key = secrets.token_urlsafe(24)
    with _lock:
        _local_keys[_id_of(key)] = (name, time.monotonic() + _KEY_LASTS)
    return key


def local_actor(platform: Platform, key: str) -> Actor:
    """Return the user of this machine for the key that was printed; it is used up by it.

    Raises
    ------
    SignInError
        It is no such key, or it was used, or it is too old.
    """
    with _lock:
        name, until = _local_keys.pop(_id_of(key), ("", 0.0))
    if time.monotonic() > until:
        raise SignInError("this link was used or is too old", remedy="start the server again")
    return users.local_user(platform, name)


_lock = Lock()
_local_keys: dict[str, tuple[str, float]] = {}


def _id_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _seen(platform: Platform, session_id: str, now: datetime) -> None:
    with platform.database.transaction() as session:
        found = session.get(SignedIn, session_id)
        if found is not None:
            found.seen = now
            found.expires = min(now + IDLE, found.created + LONGEST)
