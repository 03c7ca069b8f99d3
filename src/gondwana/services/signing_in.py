"""Signing in by name and password, made slow for whoever guesses.

Refusals are counted for each name and for each address. After a few in a row nobody gets in by that
name from anywhere new, or from that address at all, for a time that doubles with each further one.

Whoever knows a name and goes on guessing could so keep its owner out for as long as they like.
Therefore a browser in which somebody has once signed in keeps a mark of their name, also when they
sign out, and refusals in it are counted by themselves: guessing elsewhere does not concern it.
Sessions and tokens are not concerned either. What is left: while somebody guesses, the owner may
not get in by a browser that they have never used.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import ClassVar

from sqlalchemy import delete, select

from gondwana.accounts.errors import SignInError
from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.errors import GondwanaError
from gondwana.services import users
from gondwana.storage.database import insert_if_new
from gondwana.storage.marks import utc_now
from gondwana.storage.models import Refusals
from gondwana.storage.names import compared

FREE = 5
"""Refusals in a row that cost nothing."""
FREE_OF_ADDRESS = 30
"""The same for an address, which a whole institute may share."""
FIRST = timedelta(seconds=1)
LONGEST = timedelta(minutes=15)
FORGET = timedelta(days=1)
_MOST_DOUBLINGS = 12


class TooManyTriesError(GondwanaError):
    """Somebody has guessed too often."""

    code: ClassVar[str] = "too_many_tries"
    http_status: ClassVar[int] = 429
    retryable: ClassVar[bool] = True

    def __init__(self, wait: timedelta) -> None:
        self.retry_after = max(1, round(wait.total_seconds()))
        super().__init__(
            "there were too many wrong passwords",
            remedy=f"try again in {_told(self.retry_after)}",
        )


def sign_in(platform: Platform, name: str, password: str, *, address: str, mark: str = "") -> Actor:
    """Return the user who has this name and password, unless somebody has guessed too often.

    Parameters
    ----------
    platform : Platform
    name, password : str
    address : str
        From where they come.
    mark : str
        What `mark_of` gave their browser, which has to have kept it where nobody can write it.

    Raises
    ------
    SignInError
        Nobody has.
    TooManyTriesError
        Whether somebody has is not even looked at now.
    ForbiddenError
        Their account is not active.
    """
    if mark and _made(mark.partition(".")[0], name) == mark:
        own = _key("browser", mark)
        keys = {own: FREE}
    else:
        own = _key("name", compared(name))
        keys = {own: FREE, _key("address", address): FREE_OF_ADDRESS}
    _refuse_guessing(platform, keys)
    try:
        actor = users.authenticate(platform, name, password)
    except SignInError:
        _count(platform, keys)
        raise
    _forget(platform, own)
    return actor


def mark_of(name: str) -> str:
    """Return a new mark for a browser in which somebody signs in; it does not tell their name."""
    return _made(secrets.token_urlsafe(16), name)


def wait_after(number: int, free: int) -> timedelta:
    """Return how long nobody gets in after so many refusals in a row."""
    if number < free:
        return timedelta()
    return min(LONGEST, FIRST * (1 << min(number - free, _MOST_DOUBLINGS)))


def _made(salt: str, name: str) -> str:
    return f"{salt}.{_sum_of(salt + compared(name))}"


def _sum_of(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _key(what: str, value: str) -> str:
    """Return what is kept of what somebody typed, which may be anything, even their password."""
    return f"{what}:{_sum_of(value)}"


def _refuse_guessing(platform: Platform, keys: dict[str, int]) -> None:
    now = utc_now()
    with platform.database.reading() as session:
        found = session.scalars(select(Refusals).where(Refusals.key.in_(keys)))
        until = [one.last + wait_after(one.number, keys[one.key]) for one in found]
    wait = max(until, default=now) - now
    if wait > timedelta():
        raise TooManyTriesError(wait)


def _count(platform: Platform, keys: Collection[str]) -> None:
    now = utc_now()
    with platform.database.transaction() as session:
        session.execute(delete(Refusals).where(Refusals.last < now - FORGET))
        for key in sorted(keys):
            if not insert_if_new(session, Refusals, key=key, number=1, last=now):
                known = session.get_one(Refusals, key, with_for_update=True)
                known.number += 1
                known.last = now


def _forget(platform: Platform, key: str) -> None:
    with platform.database.reading() as session:
        is_known = session.get(Refusals, key) is not None
    if is_known:
        with platform.database.transaction() as session:
            session.execute(delete(Refusals).where(Refusals.key == key))


def _told(seconds: int) -> str:
    if seconds < 60:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    minutes = -(-seconds // 60)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
