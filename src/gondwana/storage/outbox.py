"""The outbox: messages stored in the transaction of what they tell, to be published after it.

Whoever publishes claims some for a while, publishes them and says so. If it dies in between, they
can be claimed again when the while is over, and may then be published twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from gondwana.storage.database import RINGS, Turn, take_turn
from gondwana.storage.models import Incoming, Outgoing


def add(session: Session, *, message_id: str, subject: str, key: str, body: bytes) -> Outgoing:
    """Put a message into the outbox of this transaction.

    Messages of one subject leave in the order in which they came, if whoever writes them has
    locked what they are about (`projects.lock`).
    """
    message = Outgoing(message_id=message_id, subject=subject, key=key, body=body)
    session.add(message)
    session.info[RINGS] = True
    return message


def claim(
    session: Session, owner: str, *, now: datetime, until: datetime, limit: int = 100
) -> list[Outgoing]:
    """Claim the first messages that nobody else has claimed, in order.

    A message stays back while another owner has an earlier one of its subject, so that no two
    of them overtake each other.

    Parameters
    ----------
    session : Session
        To be committed before anything is published.
    owner : str
        Who claims, different for each publisher.
    now, until : datetime
        The claim lasts until then; what an owner has claimed itself it gets again.
    limit : int
        How many at most.
    """
    take_turn(session, Turn.OUTBOX)
    earlier = aliased(Outgoing)
    overtakes = exists().where(
        earlier.subject == Outgoing.subject,
        earlier.number < Outgoing.number,
        earlier.published.is_(None),
        earlier.claimed_until >= now,
        earlier.claimed_by != owner,
    )
    free = or_(
        Outgoing.claimed_until.is_(None), Outgoing.claimed_until < now, Outgoing.claimed_by == owner
    )
    first = (
        select(Outgoing.number)
        .where(Outgoing.published.is_(None), free, ~overtakes)
        .order_by(Outgoing.number)
        .limit(limit)
    )
    claimed = _change(session, list(session.scalars(first)), claimed_by=owner, claimed_until=until)
    return sorted(claimed, key=lambda message: message.number)


def mark_published(
    session: Session, owner: str, numbers: Collection[int], *, now: datetime
) -> list[Outgoing]:
    """Say that messages are with the broker; return those that were still this owner's."""
    return _change(
        session, numbers, owner=owner, claimed_by=None, claimed_until=None, published=now
    )


def drop_unpublished(session: Session, unwanted: Callable[[str], bool]) -> None:
    """Remove messages that were never published, of the keys that are not wanted any more."""
    rows = select(Outgoing.number, Outgoing.key).where(Outgoing.published.is_(None))
    numbers = [number for number, key in session.execute(rows) if unwanted(key)]
    session.execute(delete(Outgoing).where(Outgoing.number.in_(numbers)))


def publish_again(session: Session, wanted: Callable[[str], bool]) -> None:
    """Let messages be published as if they never were, of the keys that are wanted.

    Those that the inbox has were dealt with, and are left alone.
    """
    dealt_with = exists().where(Incoming.message_id == Outgoing.message_id)
    rows = select(Outgoing.number, Outgoing.key).where(~dealt_with)
    numbers = [number for number, key in session.execute(rows) if wanted(key)]
    again = update(Outgoing).where(Outgoing.number.in_(numbers))
    session.execute(again.values(published=None, claimed_by=None, claimed_until=None))


def forget(session: Session, before: datetime) -> None:
    """Remove messages that were published before a time."""
    session.execute(delete(Outgoing).where(Outgoing.published < before))


def _change(
    session: Session, numbers: Collection[int], *, owner: str | None = None, **values: Any
) -> list[Outgoing]:
    if not numbers:
        return []
    wanted = update(Outgoing).where(Outgoing.number.in_(numbers), Outgoing.published.is_(None))
    if owner is not None:
        wanted = wanted.where(Outgoing.claimed_by == owner)
    changed = wanted.values(**values).returning(Outgoing)
    options = {"populate_existing": True, "synchronize_session": False}
    return list(session.scalars(changed, execution_options=options))
