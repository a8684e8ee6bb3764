"""Which messages wait for a provider's trouble to be over, and what a message was before anybody changed its words."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

IS_WAITING = sa.text("waits_for IS NOT NULL")


def upgrade() -> None:
    op.add_column("messages", sa.Column("waits_for", sa.String(), nullable=True))
    op.add_column("messages", sa.Column("filled_hash", sa.String(), nullable=True))
    # Until now nobody could change the words of a mail.
    op.execute("UPDATE messages SET filled_hash = body_hash WHERE state IN ('gated', 'planned', 'claimed', 'in_doubt')")
    op.create_index("ix_messages_waiting", "messages", ["waits_for", "slot_at"], sqlite_where=IS_WAITING, postgresql_where=IS_WAITING)


def downgrade() -> None:
    op.drop_index("ix_messages_waiting", "messages")
    op.drop_column("messages", "filled_hash")
    op.drop_column("messages", "waits_for")
