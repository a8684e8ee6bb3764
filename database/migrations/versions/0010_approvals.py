"""What was decided about each mail that waits for approval, and what was changed in it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("approvals", sa.Column("asked_role", sa.String(), nullable=True))
    op.create_table(
        "verdicts",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("approval_id", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_hash", sa.String(), nullable=True),
        sa.Column("template_hash", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["approval_id"], ["approvals.id"], name=op.f("fk_verdicts_approval_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_verdicts")),
    )
    op.create_index(op.f("ix_verdicts_approval_id"), "verdicts", ["approval_id"])
    op.create_table(
        "edits",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("approval_id", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("was_subject", sa.Text(), nullable=True),
        sa.Column("was_text", sa.Text(), nullable=True),
        sa.Column("was_html", sa.Text(), nullable=True),
        sa.Column("was_hash", sa.String(), nullable=True),
        sa.Column("body_hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["approval_id"], ["approvals.id"], name=op.f("fk_edits_approval_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edits")),
    )
    for name in ("message_id", "approval_id"):
        op.create_index(op.f(f"ix_edits_{name}"), "edits", [name])


def downgrade() -> None:
    op.drop_table("edits")
    op.drop_table("verdicts")
    op.drop_column("approvals", "asked_role")
