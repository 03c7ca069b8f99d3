"""What people bring through the web, and which workers there are."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, each after those it names."""
    op.add_column("users", sa.Column("quota", sa.BigInteger, nullable=True))
    op.add_column("revisions", sa.Column("given", sa.JSON, nullable=True))
    _sessions()
    _tokens()
    _invitations()
    _refusals()
    _uploads()
    _workers()
    failed = sa.text("status = 'failed'")
    op.create_index(
        "runs_failed", "runs", ["finished"], sqlite_where=failed, postgresql_where=failed
    )


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, TIME, nullable=nullable)


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=f"{table}_user_id_fk", ondelete="CASCADE"
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        _text("id"),
        _text("user_id"),
        _text("agent"),
        _text("address"),
        _time("created"),
        _time("seen"),
        _time("expires"),
        sa.PrimaryKeyConstraint("id", name="sessions_pk"),
        _of_user("sessions"),
    )
    op.create_index("sessions_by_user_id", "sessions", ["user_id"])
    op.create_index("sessions_by_expires", "sessions", ["expires"])


def _tokens() -> None:
    op.create_table(
        "tokens",
        _text("id"),
        _text("user_id"),
        _text("name"),
        _text("sha256"),
        _time("created"),
        _time("used", nullable=True),
        _time("expires", nullable=True),
        sa.PrimaryKeyConstraint("id", name="tokens_pk"),
        _of_user("tokens"),
        sa.UniqueConstraint("sha256", name="tokens_sha256_unique"),
    )
    op.create_index("tokens_by_user_id", "tokens", ["user_id"])


def _invitations() -> None:
    op.create_table(
        "invitations",
        _text("id"),
        _text("sha256"),
        _text("note"),
        _text("author_id"),
        _time("created"),
        _time("expires"),
        _text("used_by", nullable=True),
        _time("used", nullable=True),
        sa.PrimaryKeyConstraint("id", name="invitations_pk"),
        sa.UniqueConstraint("sha256", name="invitations_sha256_unique"),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="invitations_author_id_fk"),
        sa.ForeignKeyConstraint(["used_by"], ["users.id"], name="invitations_used_by_fk"),
    )


def _refusals() -> None:
    op.create_table(
        "refusals",
        _text("key"),
        sa.Column("number", sa.Integer, nullable=False),
        _time("last"),
        sa.PrimaryKeyConstraint("key", name="refusals_pk"),
    )
    op.create_index("refusals_by_last", "refusals", ["last"])


def _uploads() -> None:
    op.create_table(
        "uploads",
        _text("id"),
        _text("user_id"),
        _text("sha256"),
        _text("kind"),
        _text("name"),
        sa.Column("reading", sa.JSON, nullable=False),
        sa.Column("found", sa.JSON, nullable=False),
        _time("created"),
        sa.PrimaryKeyConstraint("id", name="uploads_pk"),
        _of_user("uploads"),
        sa.ForeignKeyConstraint(["sha256"], ["files.sha256"], name="uploads_sha256_fk"),
    )
    op.create_index("uploads_by_user_id", "uploads", ["user_id"])
    op.create_index("uploads_by_sha256", "uploads", ["sha256"])
    op.create_index("uploads_by_created", "uploads", ["created"])


def _workers() -> None:
    op.create_table(
        "workers",
        _text("name"),
        _text("tag"),
        sa.Column("places", sa.Integer, nullable=False),
        sa.Column("busy", sa.Integer, nullable=False),
        _text("version"),
        _time("since"),
        _time("seen"),
        sa.PrimaryKeyConstraint("name", name="workers_pk"),
    )
    op.create_index("workers_by_seen", "workers", ["seen"])
