"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)
OPEN = sa.text("status IN ('waiting', 'queued', 'running')")
STATUSES = (
    "waiting", "queued", "running",
    "done", "failed", "cancelled", "lost", "no worker",
)  # fmt: skip


def upgrade() -> None:
    """Make all tables, each after those it names."""
    _users()
    _files()
    _projects()
    _runs()
    _revisions()
    _edits()
    _outbox()
    _inbox()
    _shares()


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=16)


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.Text, nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _partial(name: str, table: str, columns: list[str], where: sa.TextClause, unique: bool) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _users() -> None:
    op.create_table(
        "users",
        _id(),
        _text("name"),
        _text("key"),
        _text("email"),
        _text("password", nullable=True),
        sa.Column("role", _choice("role_known", "user", "admin"), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="users_pk"),
        sa.UniqueConstraint("key", name="users_key_unique"),
    )


def _files() -> None:
    op.create_table(
        "files",
        _text("sha256"),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("created", TIME, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="files_pk"),
        sa.CheckConstraint("length(sha256) = 64", name="sha256_whole"),
        sa.CheckConstraint("size >= 0", name="size_possible"),
    )


def _projects() -> None:
    op.create_table(
        "projects",
        _id(),
        _text("owner_id"),
        _text("name"),
        _text("file_name"),
        _text("longitude"),
        _text("latitude"),
        _text("info"),
        sa.Column("state", sa.JSON, nullable=False),
        _text("copied_from", nullable=True),
        sa.Column("due", TIME, nullable=True),
        sa.Column("created", TIME, nullable=False),
        sa.Column("modified", TIME, nullable=False),
        sa.Column("deleted", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="projects_pk"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="projects_owner_id_fk"),
        sa.ForeignKeyConstraint(
            ["copied_from"], ["projects.id"], name="projects_copied_from_fk", ondelete="SET NULL"
        ),
        sa.CheckConstraint("length(name) > 0", name="name_given"),
    )
    op.create_index("projects_by_copied_from", "projects", ["copied_from"])
    op.create_index("projects_by_due", "projects", ["due"])
    _partial(
        "projects_name_unique", "projects", ["owner_id", "name"], sa.text("deleted IS NULL"), True
    )


def _runs() -> None:
    op.create_table(
        "runs",
        _id(),
        _text("project_id"),
        _text("step"),
        _text("tag"),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("status", _choice("status_known", *STATUSES), nullable=False),
        _text("fingerprint"),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("inputs", sa.JSON, nullable=False),
        sa.Column("edits", sa.JSON, nullable=False),
        _text("author_id"),
        _text("owner", nullable=True),
        sa.Column("lease_until", TIME, nullable=True),
        sa.Column("progress", sa.Double, nullable=False),
        _text("code"),
        _text("reason"),
        _text("hint"),
        _text("log"),
        sa.Column("report", sa.JSON, nullable=False),
        sa.Column("created", TIME, nullable=False),
        sa.Column("queued", TIME, nullable=True),
        sa.Column("started", TIME, nullable=True),
        sa.Column("finished", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="runs_pk"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="runs_project_id_fk", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="runs_author_id_fk"),
        sa.UniqueConstraint(
            "project_id", "step", "attempt", name="runs_project_id_step_attempt_unique"
        ),
        sa.CheckConstraint("attempt >= 1", name="attempt_counted"),
        sa.CheckConstraint("progress BETWEEN 0 AND 1", name="progress_possible"),
        sa.CheckConstraint(
            "(status = 'running') = (lease_until IS NOT NULL)"
            " AND (lease_until IS NULL OR owner IS NOT NULL)",
            name="leased_while_running",
        ),
        sa.CheckConstraint(f"({OPEN.text}) = (finished IS NULL)", name="finished_once_closed"),
    )
    _partial("runs_one_open", "runs", ["project_id", "step"], OPEN, True)
    _partial("runs_by_lease", "runs", ["lease_until"], sa.text("lease_until IS NOT NULL"), False)
    waiting = sa.text("status = 'waiting'")
    _partial("runs_waiting", "runs", ["tag", "author_id", "created", "id"], waiting, False)
    at_work = sa.text("status IN ('queued', 'running')")
    _partial("runs_at_work", "runs", ["tag", "status", "author_id"], at_work, False)
    without_worker = sa.text("status = 'no worker'")
    _partial("runs_without_worker", "runs", ["tag", "project_id"], without_worker, False)


def _revisions() -> None:
    op.create_table(
        "revisions",
        _id(),
        _text("project_id"),
        _text("kind"),
        sa.Column("number", sa.Integer, nullable=False),
        _text("sha256"),
        _text("arrays_sha256"),
        _text("step"),
        _text("fingerprint"),
        _text("run_id", nullable=True),
        _text("author_id", nullable=True),
        _text("note"),
        sa.Column("restored_from", sa.Integer, nullable=True),
        sa.Column("created", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="revisions_pk"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="revisions_project_id_fk", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["sha256"], ["files.sha256"], name="revisions_sha256_fk"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name="revisions_run_id_fk", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="revisions_author_id_fk"),
        sa.UniqueConstraint(
            "project_id", "kind", "number", name="revisions_project_id_kind_number_unique"
        ),
        sa.UniqueConstraint("run_id", "kind", name="revisions_run_id_kind_unique"),
        sa.CheckConstraint("number >= 1", name="number_counted"),
    )
    op.create_index("revisions_by_sha256", "revisions", ["sha256"])


def _edits() -> None:
    op.create_table(
        "edits",
        _id(),
        _text("project_id"),
        _text("step"),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("edits", sa.JSON, nullable=False),
        _text("author_id", nullable=True),
        sa.Column("created", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="edits_pk"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="edits_project_id_fk", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="edits_author_id_fk"),
        sa.UniqueConstraint(
            "project_id", "step", "number", name="edits_project_id_step_number_unique"
        ),
        sa.CheckConstraint("number >= 1", name="number_counted"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        _text("message_id"),
        _text("subject"),
        _text("key"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        _text("claimed_by", nullable=True),
        sa.Column("claimed_until", TIME, nullable=True),
        sa.Column("published", TIME, nullable=True),
        sa.Column("created", TIME, nullable=False),
        sa.PrimaryKeyConstraint("number", name="outbox_pk"),
        sa.UniqueConstraint("message_id", name="outbox_message_id_unique"),
        sa.CheckConstraint(
            "(claimed_by IS NULL) = (claimed_until IS NULL)", name="claimed_by_somebody"
        ),
    )
    unpublished = sa.text("published IS NULL")
    _partial("outbox_unpublished", "outbox", ["subject", "number"], unpublished, False)
    op.create_index("outbox_by_published", "outbox", ["published"])


def _inbox() -> None:
    op.create_table(
        "inbox",
        _text("message_id"),
        sa.Column("received", TIME, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="inbox_pk"),
    )
    op.create_index("inbox_by_received", "inbox", ["received"])


def _shares() -> None:
    op.create_table(
        "shares",
        _text("project_id"),
        _text("user_id"),
        sa.Column("access", _choice("access_known", "view", "edit"), nullable=False),
        sa.Column("created", TIME, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "user_id", name="shares_pk"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="shares_project_id_fk", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="shares_user_id_fk"),
    )
    op.create_index("shares_by_user_id", "shares", ["user_id"])
