"""The inbox: which messages were dealt with already."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from gondwana.storage.database import insert_if_new
from gondwana.storage.marks import utc_now
from gondwana.storage.models import Incoming


def is_new(session: Session, message_id: str) -> bool:
    """Take up a message; False if a copy of it was dealt with before.

    Remembered with the transaction: if it fails, the message is new again. While another
    transaction deals with a copy, this waits for how that ends.
    """
    return insert_if_new(session, Incoming, message_id=message_id, received=utc_now())


def forget(session: Session, before: datetime) -> None:
    """Forget messages received before a time, which no broker will bring again."""
    session.execute(delete(Incoming).where(Incoming.received < before))
