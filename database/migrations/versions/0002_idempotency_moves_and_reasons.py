"""Idempotency keys, moves of runs to another version, and how old the values of a decision were."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("api_key_id", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("body_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("api_key_id", "route", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_kept_at"), "idempotency_keys", ["kept_at"])
    # Not in batches: SQLite would make the tables anew, and may not drop one that others refer to.
    op.add_column("accounts", sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("decisions", sa.Column("told_at", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("enrollments", sa.Column("pinned", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("enrollments", sa.Column("move_to", sa.Integer(), nullable=True))
    op.add_column("enrollments", sa.Column("move_at_once", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.drop_column("enrollments", "hash")
    op.add_column("publications", sa.Column("segments", sa.JSON(), nullable=True))
    op.drop_index("ix_decisions_account_id", "decisions")
    op.create_index("ix_decisions_account_id", "decisions", ["account_id", "id"])
    op.create_index("ix_notices_taken", "notices", ["run_id", "taken_at"])


def downgrade() -> None:
    op.drop_index("ix_notices_taken", "notices")
    op.drop_index("ix_decisions_account_id", "decisions")
    op.create_index("ix_decisions_account_id", "decisions", ["account_id"])
    op.drop_column("publications", "segments")
    op.add_column("enrollments", sa.Column("hash", sa.String(), nullable=False, server_default=""))
    for name in ("move_at_once", "move_to", "pinned"):
        op.drop_column("enrollments", name)
    op.drop_column("decisions", "told_at")
    op.drop_column("accounts", "revision")
    op.drop_table("idempotency_keys")
