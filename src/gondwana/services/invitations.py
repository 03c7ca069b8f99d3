"""Invitations: each lets one person register, where not everybody may."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from gondwana.accounts import passwords
from gondwana.accounts.permissions import Actor
from gondwana.dispatcher.platform import Platform
from gondwana.errors import ParameterError
from gondwana.services.door import reading, visiting
from gondwana.storage import users
from gondwana.storage.errors import ConflictError, NotFoundError
from gondwana.storage.marks import utc_now
from gondwana.storage.models import Invitation
from gondwana.storage.names import LONGEST, clean_name

MOST_DAYS = 365
KEEP = timedelta(days=365)
"""So long it is remembered who came by which invitation."""

_NONE = "this invitation was used, has expired or was withdrawn"
_REMEDY = "ask for another one"


@dataclass(frozen=True)
class InvitationInfo:
    """An invitation without what is secret; ``used`` is when somebody came by it."""

    id: str
    note: str
    created: datetime
    expires: datetime
    used: datetime | None


@dataclass(frozen=True)
class Made:
    """A new invitation; its secret is shown this once."""

    secret: str
    info: InvitationInfo


def invite(platform: Platform, actor: Actor, *, note: str = "", days: int = 14) -> Made:
    """Make an invitation, as an administrator.

    Parameters
    ----------
    platform : Platform
    actor : Actor
    note : str
        For whom it is.
    days : int
        How long it can be used.

    Raises
    ------
    ForbiddenError
    ParameterError
        The note is too long, or it is no possible time.
    """
    if not 1 <= days <= MOST_DAYS:
        raise ParameterError(
            f"an invitation lasts from 1 to {MOST_DAYS} days", remedy="choose another time"
        )
    told = " ".join(note.split())
    if len(told) > LONGEST:
        raise ParameterError(f"the note is longer than {LONGEST} letters", remedy="shorten it")
    secret, now = secrets.token_urlsafe(24), utc_now()
    with visiting(platform, actor, admin=True) as visit:
        visit.session.execute(delete(Invitation).where(Invitation.expires < now - KEEP))
        made = Invitation(
            sha256=_sum_of(secret),
            note=told,
            author_id=visit.actor.user_id,
            created=now,
            expires=now + timedelta(days=days),
        )
        visit.session.add(made)
        visit.session.flush()
        return Made(secret, _info(made))


def listed(platform: Platform, actor: Actor) -> list[InvitationInfo]:
    """List all invitations that are remembered, the newest first, for an administrator."""
    with reading(platform, actor, admin=True) as visit:
        wanted = select(Invitation).order_by(Invitation.created.desc(), Invitation.id)
        return [_info(one) for one in visit.session.scalars(wanted)]


def withdraw(platform: Platform, actor: Actor, invitation_id: str) -> None:
    """Make an invitation useless that nobody has used, as an administrator.

    Raises
    ------
    NotFoundError
        There is none of this id that can be used.
    ForbiddenError
    """
    with visiting(platform, actor, admin=True) as visit:
        found = visit.session.get(Invitation, invitation_id)
        if found is None or found.used is not None:
            raise NotFoundError("there is no such invitation")
        visit.session.delete(found)


def open_one(platform: Platform, secret: str) -> InvitationInfo:
    """Return an invitation that can be used.

    Raises
    ------
    NotFoundError
        It cannot.
    """
    with platform.database.reading() as session:
        return _info(_usable(session, secret))


def register(
    platform: Platform, secret: str, name: str, password: str, *, email: str = ""
) -> Actor:
    """Add a user who comes by an invitation, which is used up by it.

    Raises
    ------
    NotFoundError
        It cannot be used.
    ConflictError
        Somebody else came by it at the same time.
    NameTakenError, ParameterError
        As in `users.create`; the invitation can still be used.
    """
    open_one(platform, secret)  # a password is not hashed for nothing
    passwords.require_good(password, clean_name(name))
    kept = passwords.hashed(password)
    with platform.database.transaction() as session:
        found = _usable(session, secret)
        user = users.create(session, name, email=email, password=kept)
        mine = update(Invitation).where(Invitation.id == found.id, Invitation.used.is_(None))
        taken = session.execute(mine.values(used=utc_now(), used_by=user.id))
        if taken.rowcount != 1:  # type: ignore[attr-defined]
            raise ConflictError(_NONE, remedy=_REMEDY)
        return Actor(user.id, user.name, user.role)


def _usable(session: Session, secret: str) -> Invitation:
    found = session.scalar(select(Invitation).where(Invitation.sha256 == _sum_of(secret)))
    if found is None or found.used is not None or found.expires < utc_now():
        raise NotFoundError(_NONE, remedy=_REMEDY)
    return found


def _sum_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _info(one: Invitation) -> InvitationInfo:
    return InvitationInfo(one.id, one.note, one.created, one.expires, one.used)
