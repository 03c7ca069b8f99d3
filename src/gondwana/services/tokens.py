"""Tokens: what a script shows instead of a password."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from gondwana.accounts.errors import SignInError
from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.errors import ParameterError
from gondwana.services.door import admitted, reading, visiting
from gondwana.storage.errors import NotFoundError
from gondwana.storage.marks import utc_now
from gondwana.storage.models import Token, User
from gondwana.storage.names import clean_name

PREFIX = "gdw_"
"""By which a token is recognised wherever it is found."""
LONGEST = 3650
_SELDOM = timedelta(minutes=1)


@dataclass(frozen=True)
class TokenInfo:
    """A token without what is secret."""

    id: str
    name: str
    created: datetime
    used: datetime | None
    expires: datetime | None


@dataclass(frozen=True)
class Made:
    """A new token, which is shown this once."""

    token: str
    info: TokenInfo


def make(platform: Platform, actor: Actor, name: str, days: int | None = None) -> Made:
    """Make a token of one's own.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    name : str
        What it is for.
    days : int, optional
        How long it can be used; without end if left out.

    Raises
    ------
    ParameterError
        It is no name, or no possible time.
    """
    if days is not None and not 1 <= days <= LONGEST:
        raise ParameterError(
            f"a token lasts from 1 to {LONGEST} days", remedy="choose another time"
        )
    wanted, now = clean_name(name), utc_now()
    secret = PREFIX + secrets.token_urlsafe(32)
    with visiting(platform, actor) as visit:
        made = Token(
            user_id=visit.actor.user_id,
            name=wanted,
            sha256=_sum_of(secret),
            created=now,
            expires=None if days is None else now + timedelta(days=days),
        )
        visit.session.add(made)
        visit.session.flush()
        return Made(secret, _info(made))


def actor_of(platform: Platform, token: str) -> Actor:
    """Return whose token this is.

    Raises
    ------
    SignInError
        Nobody's, or it is too old.
    ForbiddenError
        The account is not active.
    """
    now = utc_now()
    with platform.database.reading() as session:
        found = session.scalar(select(Token).where(Token.sha256 == _sum_of(token)))
        if found is None or (found.expires is not None and found.expires < now):
            raise SignInError(
                "this token is unknown or too old", remedy="make another one on your account's page"
            )
        user = session.get_one(User, found.user_id)
        who = admitted(session, Actor(user.id, user.name, user.role))
        is_old = found.used is None or now - found.used > _SELDOM
    if is_old:
        _used(platform, found.id, now)
    return who


def listed(platform: Platform, actor: Actor) -> list[TokenInfo]:
    """List one's own tokens, the newest first."""
    with reading(platform, actor) as visit:
        mine = select(Token).where(Token.user_id == visit.actor.user_id)
        return [_info(one) for one in visit.session.scalars(mine.order_by(Token.created.desc()))]


def revoke(platform: Platform, actor: Actor, token_id: str) -> None:
    """Make one of one's own tokens useless.

    Raises
    ------
    NotFoundError
        There is none of this id, or it is somebody else's.
    """
    with visiting(platform, actor) as visit:
        found = visit.session.get(Token, token_id)
        if found is None or found.user_id != visit.actor.user_id:
            raise NotFoundError("there is no such token")
        visit.session.delete(found)


def _sum_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _used(platform: Platform, token_id: str, now: datetime) -> None:
    with platform.database.transaction() as session:
        found = session.get(Token, token_id)
        if found is not None:
            found.used = now


def _info(token: Token) -> TokenInfo:
    return TokenInfo(token.id, token.name, token.created, token.used, token.expires)
