"""What providers tell of messages, what customers answer, and whether sending is armed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOMENTS = ("heard_at", "delivered_at", "opened_at", "clicked_at", "replied_at", "resend_at", "late_at", "slot_at")
WORDS = ("delivery", "via", "settled_by")


def upgrade() -> None:
    for name in WORDS:
        op.add_column("messages", sa.Column(name, sa.String(), nullable=True))
    for name in MOMENTS:
        op.add_column("messages", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("messages", sa.Column("repeats", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_messages_provider_id", "messages", ["provider_id"])
    unheard = sa.text("state = 'accepted' AND channel = 'sendgrid' AND heard_at IS NULL")
    op.create_index("ix_messages_unheard", "messages", ["settled_at"], sqlite_where=unheard, postgresql_where=unheard)
    op.create_table(
        "reports",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("tells", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    op.create_index(op.f("ix_reports_message_id"), "reports", ["message_id"])
    op.create_index(op.f("ix_reports_received_at"), "reports", ["received_at"])
    untold, faulty = sa.text("tells AND told_at IS NULL"), sa.text("fault IS NOT NULL")
    op.create_index("ix_reports_untold", "reports", ["received_at"], sqlite_where=untold, postgresql_where=untold)
    op.create_index("ix_reports_faulty", "reports", ["received_at"], sqlite_where=faulty, postgresql_where=faulty)
    op.create_table(
        "replies",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("contact_id", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replies")),
    )
    op.create_index(op.f("ix_replies_account_id"), "replies", ["account_id"])
    op.create_index(op.f("ix_replies_received_at"), "replies", ["received_at"])
    op.create_table(
        "installations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("armed", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.String(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installations")),
    )
    op.create_table(
        "providers",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("tried", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_providers")),
    )


def downgrade() -> None:
    for name in ("providers", "installations", "replies", "reports"):
        op.drop_table(name)
    for name in ("ix_messages_unheard", "ix_messages_provider_id"):
        op.drop_index(name, "messages")
    for name in ("repeats", *MOMENTS, *WORDS):
        op.drop_column("messages", name)
