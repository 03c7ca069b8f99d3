"""The outbox and the inbox: messages leave in order, and are dealt with once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy.exc import IntegrityError

from gondwana.storage import inbox, outbox
from gondwana.storage.database import Database
from gondwana.storage.marks import new_id, utc_now
from gondwana.storage.models import Outgoing
from storage_samples import DAY, LATER, NOON, SECOND


def filled(database: Database, subjects: str) -> list[int]:
    """Add messages, each in a transaction of its own, and return their numbers."""
    numbers = []
    for subject in subjects:
        with database.transaction() as session:
            made = outbox.add(session, message_id=new_id(), subject=subject, key="k", body=b"{}")
            session.flush()
            numbers.append(made.number)
    return numbers


def claimed(database: Database, owner: str, *, at: int = 0, limit: int = 100) -> list[int]:
    now = NOON + at * SECOND
    with database.transaction() as session:
        found = outbox.claim(session, owner, now=now, until=now + 60 * SECOND, limit=limit)
        return [message.number for message in found]


def published(database: Database, owner: str, numbers: Sequence[int]) -> list[int]:
    with database.transaction() as session:
        done = outbox.mark_published(session, owner, numbers, now=NOON)
        return sorted(message.number for message in done)


def test_messages_are_claimed_in_order_and_published_once(database: Database) -> None:
    numbers = filled(database, "abab")
    assert claimed(database, "p1", limit=3) == numbers[:3]
    assert published(database, "p1", numbers[:2]) == numbers[:2]
    assert published(database, "p1", numbers[:2]) == []
    # what is one's own comes again, before what follows
    assert claimed(database, "p1") == numbers[2:]
    assert published(database, "p1", numbers[2:]) == numbers[2:]
    assert claimed(database, "p1") == []


def test_what_is_claimed_is_whole(database: Database) -> None:
    with database.transaction() as session:
        outbox.add(session, message_id="m", subject="s", key="a.b", body=b"\0\xff")
    with database.transaction() as session:
        (one,) = outbox.claim(session, "p1", now=NOON, until=LATER)
        assert (one.message_id, one.subject, one.key, one.body) == ("m", "s", "a.b", b"\0\xff")
        assert (one.claimed_by, one.claimed_until) == ("p1", LATER)


def test_a_message_of_a_transaction_that_failed_is_none(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        outbox.add(session, message_id="m", subject="s", key="k", body=b"")
        raise ZeroDivisionError
    assert claimed(database, "p1") == []


def test_a_claim_is_one_owners_until_it_is_over(database: Database) -> None:
    numbers = filled(database, "ab")
    assert claimed(database, "p1", limit=1) == numbers[:1]
    assert claimed(database, "p2", at=60) == numbers[1:]
    assert claimed(database, "p2", at=61) == numbers
    # the first owner comes back, too late
    assert published(database, "p1", numbers) == []
    assert published(database, "p2", numbers) == numbers


def test_nothing_overtakes_within_a_subject(database: Database) -> None:
    numbers = filled(database, "aabb")
    assert claimed(database, "p1", limit=1) == numbers[:1]
    assert claimed(database, "p2") == numbers[2:]
    assert published(database, "p1", numbers[:1]) == numbers[:1]
    assert claimed(database, "p2") == numbers[1:]


def test_nothing_is_changed_for_nothing(database: Database) -> None:
    filled(database, "a")
    assert published(database, "p1", []) == []


def test_a_message_id_is_used_once(database: Database) -> None:
    with database.transaction() as session:
        outbox.add(session, message_id="m", subject="s", key="k", body=b"")
    with pytest.raises(IntegrityError), database.transaction() as session:
        outbox.add(session, message_id="m", subject="s", key="k", body=b"")


def test_published_messages_are_forgotten(database: Database) -> None:
    numbers = filled(database, "aab")
    claimed(database, "p1")
    published(database, "p1", numbers[:2])
    with database.transaction() as session:
        outbox.forget(session, NOON)
        assert session.query(Outgoing).count() == 3
        outbox.forget(session, NOON + SECOND)
        assert [message.published for message in session.query(Outgoing)] == [None]


def test_a_message_is_new_once(database: Database) -> None:
    with database.transaction() as session:
        assert inbox.is_new(session, "a")
        assert not inbox.is_new(session, "a")
    with database.transaction() as session:
        assert not inbox.is_new(session, "a")
        assert inbox.is_new(session, "b")


def test_a_message_is_new_again_if_dealing_with_it_failed(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        assert inbox.is_new(session, "a")
        raise ZeroDivisionError
    with database.transaction() as session:
        assert inbox.is_new(session, "a")


def test_old_messages_are_forgotten(database: Database) -> None:
    with database.transaction() as session:
        inbox.is_new(session, "a")
    with database.transaction() as session:
        inbox.forget(session, utc_now() - DAY)
        assert not inbox.is_new(session, "a")
        inbox.forget(session, utc_now() + DAY)
        assert inbox.is_new(session, "a")
