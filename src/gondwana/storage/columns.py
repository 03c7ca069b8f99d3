"""Types of columns that mean the same on SQLite and PostgreSQL, and the base of all tables."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Dialect, Double, Enum, Integer, LargeBinary, MetaData, Text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from gondwana.storage.words import Access, Role, RunStatus


class UtcTime(TypeDecorator[datetime]):
    """A time that always knows that it is UTC; SQLite itself knows no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone, whose meaning nobody knows."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time needs a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Return the time in UTC."""
        if value is None:
            return None
        known: datetime = value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value
        return known.astimezone(UTC)


class PlainText(TypeDecorator[str]):
    """Text without the two things PostgreSQL cannot hold: NUL and lone surrogates.

    The log of a broken job may hold either, and must not keep its run from being closed.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Put a mark in the place of what cannot be held."""
        if value is None:
            return None
        return value.replace("\0", "�").encode("utf-8", "replace").decode()


def _choice(kind: type[StrEnum], name: str) -> Enum:
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=16,
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """Base of all tables; every constraint has a name, by which an upgrade can change it."""

    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pk",
            "uq": "%(table_name)s_%(column_0_N_name)s_unique",
            "ix": "%(table_name)s_by_%(column_0_name)s",
            "fk": "%(table_name)s_%(column_0_name)s_fk",
            "ck": "%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        str: PlainText(),
        datetime: UtcTime(),
        int: Integer(),
        float: Double(),
        bytes: LargeBinary(),
        dict[str, Any]: JSON(),
        list[dict[str, Any]]: JSON(),
        RunStatus: _choice(RunStatus, "status_known"),
        Role: _choice(Role, "role_known"),
        Access: _choice(Access, "access_known"),
    }
