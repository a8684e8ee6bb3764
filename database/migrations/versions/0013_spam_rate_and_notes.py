"""Indexes by which mail and reports of spam are counted, and why somebody decided so about one mail."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

IS_COMMERCIAL = "audience = 'contact' AND operational IS "


def upgrade() -> None:
    op.create_index(
        "ix_messages_commercial",
        "messages",
        ["state", "settled_at"],
        sqlite_where=sa.text(IS_COMMERCIAL + "0"),
        postgresql_where=sa.text(IS_COMMERCIAL + "false"),
    )
    is_complaint = sa.text("name = 'complained'")
    op.create_index("ix_reports_complaints", "reports", ["received_at"], sqlite_where=is_complaint, postgresql_where=is_complaint)
    op.add_column("verdicts", sa.Column("note", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("verdicts", "note")
    op.drop_index("ix_reports_complaints", "reports")
    op.drop_index("ix_messages_commercial", "messages")
