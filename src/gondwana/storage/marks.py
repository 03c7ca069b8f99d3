"""What marks a row: an identifier and a time. Without SQLAlchemy, since workers use it too."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4


def new_id() -> str:
    """Return an identifier that nobody else has."""
    return uuid4().hex


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)
