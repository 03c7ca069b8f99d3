"""What people have done in the editors and not saved yet, and notes on what they saved."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table of drafts, and let saved edits have a note."""
    op.add_column("edits", sa.Column("note", sa.Text, nullable=True))
    op.create_table(
        "drafts",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="drafts_pk"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="drafts_project_id_fk", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="drafts_user_id_fk", ondelete="CASCADE"
        ),
        sa.UniqueConstraint(
            "project_id", "user_id", "subject", name="drafts_project_id_user_id_subject_unique"
        ),
    )
    op.create_index("drafts_by_user_id", "drafts", ["user_id"])
