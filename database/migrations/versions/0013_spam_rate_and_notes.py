"""An index by which mail is counted that may be reported as spam, and why somebody decided so about one mail."""

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
    op.add_column("verdicts", sa.Column("note", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("verdicts", "note")
    op.drop_index("ix_messages_commercial", "messages")
