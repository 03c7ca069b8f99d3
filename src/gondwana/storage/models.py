"""The tables. Keys and checks guard every rule, whatever the program around them does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Connection,
    ForeignKey,
    Index,
    Integer,
    TextClause,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from gondwana.storage.columns import Base
from gondwana.storage.marks import new_id, utc_now
from gondwana.storage.words import OPEN, Access, Role, RunStatus

# The conditions of partial indices. Queries that are to use one repeat its condition as it stands
# here: SQLite does not see that a condition with a parameter is the same.
IS_OPEN = text(f"status IN ({', '.join(repr(status.value) for status in OPEN)})")
IS_WAITING = text("status = 'waiting'")
IS_AT_WORK = text("status IN ('queued', 'running')")
IS_WITHOUT_WORKER = text("status = 'no worker'")
IS_FAILED = text("status = 'failed'")


def _partial(name: str, *columns: str, where: TextClause, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


class User(Base):
    """A person. ``key`` is the name as it is compared: two names may not differ by case alone."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str] = mapped_column(default="")
    password: Mapped[str | None]  # a hash; None where somebody else checks who it is
    role: Mapped[Role] = mapped_column(default=Role.USER)
    active: Mapped[bool] = mapped_column(default=True)
    quota: Mapped[int | None] = mapped_column(BigInteger)  # bytes; None is that of everybody
    created: Mapped[datetime] = mapped_column(default=utc_now)


class SignedIn(Base):
    """A browser in which somebody is signed in. ``id`` is the checksum of what its cookie holds."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    agent: Mapped[str] = mapped_column(default="")  # what the browser says it is
    address: Mapped[str] = mapped_column(default="")
    created: Mapped[datetime] = mapped_column(default=utc_now)
    seen: Mapped[datetime] = mapped_column(default=utc_now)
    expires: Mapped[datetime] = mapped_column(index=True)


class Token(Base):
    """What a script shows instead of a password; only the checksum of it is kept."""

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(unique=True)
    created: Mapped[datetime] = mapped_column(default=utc_now)
    used: Mapped[datetime | None]
    expires: Mapped[datetime | None]


class Invitation(Base):
    """Somebody may register once; only the checksum of what the link holds is kept."""

    __tablename__ = "invitations"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    sha256: Mapped[str] = mapped_column(unique=True)
    note: Mapped[str] = mapped_column(default="")  # for whom it is
    author_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    created: Mapped[datetime] = mapped_column(default=utc_now)
    expires: Mapped[datetime]
    used_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    used: Mapped[datetime | None]


class Refusals(Base):
    """How often in a row a sign-in was refused, for a name or from an address."""

    __tablename__ = "refusals"

    key: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    last: Mapped[datetime] = mapped_column(index=True)


class File(Base):
    """A file in the store. Its row is what a clean-up has to win before it removes the bytes."""

    __tablename__ = "files"
    __table_args__ = (
        CheckConstraint("length(sha256) = 64", name="sha256_whole"),
        CheckConstraint("size >= 0", name="size_possible"),
    )

    sha256: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    created: Mapped[datetime] = mapped_column(default=utc_now)


class Offered(Base):
    """A file that somebody has sent and not yet used; after a while it is forgotten."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("files.sha256"), index=True)
    kind: Mapped[str]
    name: Mapped[str]
    reading: Mapped[dict[str, Any]] = mapped_column(default=dict)  # how it is to be read
    found: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created: Mapped[datetime] = mapped_column(default=utc_now, index=True)


class Project(Base):
    """What belongs together: files of many kinds, made from one topography.

    ``state`` is the workflow's own account of the project, which nobody else looks into.
    """

    __tablename__ = "projects"
    __table_args__ = (
        _partial(
            "projects_name_unique", "owner_id", "name", where=text("deleted IS NULL"), unique=True
        ),
        CheckConstraint("length(name) > 0", name="name_given"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    file_name: Mapped[str] = mapped_column(default="")
    longitude: Mapped[str] = mapped_column(default="")  # names of variables in that file
    latitude: Mapped[str] = mapped_column(default="")
    info: Mapped[str] = mapped_column(default="")
    state: Mapped[dict[str, Any]] = mapped_column(default=dict)
    copied_from: Mapped[str | None] = mapped_column(
        ForeignKey("projects.id", ondelete="SET NULL"), index=True
    )
    due: Mapped[datetime | None] = mapped_column(index=True)  # when something is tried again
    created: Mapped[datetime] = mapped_column(default=utc_now)
    modified: Mapped[datetime] = mapped_column(default=utc_now)
    deleted: Mapped[datetime | None]


class Run(Base):
    """One attempt after another at a step of a project, until it is over.

    ``reason`` and ``hint`` are for a person, ``log`` is for a developer.
    """

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("project_id", "step", "attempt"),
        _partial("runs_one_open", "project_id", "step", where=IS_OPEN, unique=True),
        _partial("runs_by_lease", "lease_until", where=text("lease_until IS NOT NULL")),
        _partial("runs_waiting", "tag", "author_id", "created", "id", where=IS_WAITING),
        _partial("runs_at_work", "tag", "status", "author_id", where=IS_AT_WORK),
        _partial("runs_without_worker", "tag", "project_id", where=IS_WITHOUT_WORKER),
        _partial("runs_failed", "finished", where=IS_FAILED),
        CheckConstraint("attempt >= 1", name="attempt_counted"),
        CheckConstraint("progress BETWEEN 0 AND 1", name="progress_possible"),
        CheckConstraint(
            "(status = 'running') = (lease_until IS NOT NULL)"
            " AND (lease_until IS NULL OR owner IS NOT NULL)",
            name="leased_while_running",
        ),
        CheckConstraint(f"({IS_OPEN.text}) = (finished IS NULL)", name="finished_once_closed"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    step: Mapped[str]
    tag: Mapped[str] = mapped_column(default="")  # of the workers that can run it
    attempt: Mapped[int]
    status: Mapped[RunStatus] = mapped_column(default=RunStatus.WAITING)
    fingerprint: Mapped[str] = mapped_column(default="")
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    inputs: Mapped[dict[str, Any]] = mapped_column(default=dict)  # checksums by kind
    edits: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    author_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    owner: Mapped[str | None]  # the worker that has the lease
    lease_until: Mapped[datetime | None]
    progress: Mapped[float] = mapped_column(default=0.0)
    code: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    hint: Mapped[str] = mapped_column(default="")
    log: Mapped[str] = mapped_column(default="")
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)  # checks, changes, notes
    created: Mapped[datetime] = mapped_column(default=utc_now)
    queued: Mapped[datetime | None]
    started: Mapped[datetime | None]
    finished: Mapped[datetime | None]


class Revision(Base):
    """A file of a kind in a project, once and for all; the highest number is the current one."""

    __tablename__ = "revisions"
    __table_args__ = (
        UniqueConstraint("project_id", "kind", "number"),
        UniqueConstraint("run_id", "kind"),
        CheckConstraint("number >= 1", name="number_counted"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    kind: Mapped[str]
    number: Mapped[int]
    sha256: Mapped[str] = mapped_column(ForeignKey("files.sha256"), index=True)
    arrays_sha256: Mapped[str] = mapped_column(default="")  # of the arrays alone, if known
    step: Mapped[str] = mapped_column(default="")
    fingerprint: Mapped[str] = mapped_column(default="")
    run_id: Mapped[str | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"))
    author_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str] = mapped_column(default="")
    given: Mapped[dict[str, Any] | None]  # what the project tells of a topography, see `Project`
    restored_from: Mapped[int | None]  # number of an earlier revision
    created: Mapped[datetime] = mapped_column(default=utc_now)


class SavedEdits(Base):
    """The edits of a step as somebody saved them; the highest number is in force."""

    __tablename__ = "edits"
    __table_args__ = (
        UniqueConstraint("project_id", "step", "number"),
        CheckConstraint("number >= 1", name="number_counted"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    step: Mapped[str]
    number: Mapped[int]
    edits: Mapped[list[dict[str, Any]]]
    note: Mapped[str | None]
    author_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    created: Mapped[datetime] = mapped_column(default=utc_now)


class Draft(Base):
    """What somebody has done in an editor and not saved yet."""

    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("project_id", "user_id", "subject"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    subject: Mapped[str]  # what is edited: a step, or a variable of a file
    content: Mapped[dict[str, Any]]
    modified: Mapped[datetime] = mapped_column(default=utc_now)


class Outgoing(Base):
    """A message that is to be published, stored together with what it tells."""

    __tablename__ = "outbox"
    __table_args__ = (
        _partial("outbox_unpublished", "subject", "number", where=text("published IS NULL")),
        Index("outbox_by_published", "published"),
        CheckConstraint(
            "(claimed_by IS NULL) = (claimed_until IS NULL)", name="claimed_by_somebody"
        ),
    )

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True
    )
    message_id: Mapped[str] = mapped_column(unique=True)
    subject: Mapped[str]  # messages of one subject, a project, leave in order
    key: Mapped[str]
    body: Mapped[bytes]
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[datetime | None]
    published: Mapped[datetime | None]
    created: Mapped[datetime] = mapped_column(default=utc_now)


class Incoming(Base):
    """A message that was dealt with, by its id alone."""

    __tablename__ = "inbox"

    message_id: Mapped[str] = mapped_column(primary_key=True)
    received: Mapped[datetime] = mapped_column(index=True)


class WorkerSeen(Base):
    """A worker, as it last told of itself."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(primary_key=True)
    tag: Mapped[str]
    places: Mapped[int]  # jobs that it can do at a time
    busy: Mapped[int]  # jobs that it is doing
    version: Mapped[str] = mapped_column(default="")
    since: Mapped[datetime] = mapped_column(default=utc_now)
    seen: Mapped[datetime] = mapped_column(default=utc_now, index=True)


class Share(Base):
    """Somebody else may see or change a project."""

    __tablename__ = "shares"

    project_id: Mapped[str] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    access: Mapped[Access]
    created: Mapped[datetime] = mapped_column(default=utc_now)


TABLES = Base.metadata
"""All of them, as SQLAlchemy and Alembic know them."""


@event.listens_for(Revision, "before_update")
@event.listens_for(SavedEdits, "before_update")
def _refuse_update(
    mapper: Mapper[Any], connection: Connection, target: Revision | SavedEdits
) -> None:
    del mapper, connection
    raise TypeError(f"{type(target).__name__} {target.id} is immutable; add another")
