"""Publications that wait for a second pair of eyes, who published what, and holds of everything."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

PUBLISHED = ("published_by", "proposal_id")


def upgrade() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("differences", sa.JSON(), nullable=False),
        sa.Column("preview", sa.JSON(), nullable=False),
        sa.Column("rolls_back_to", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("ended_why", sa.String(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    for name in PUBLISHED:
        op.add_column("publishings", sa.Column(name, sa.String(), nullable=True))
    op.add_column("publishings", sa.Column("rolls_back_to", sa.Integer(), nullable=True))
    # SQLite cannot change a column in place; nothing refers to this table, so it may make it anew.
    with op.batch_alter_table("holds") as holds:
        holds.alter_column("account_id", existing_type=sa.String(), nullable=True)
        holds.add_column(sa.Column("resume", sa.String(), nullable=False, server_default="shift"))
        holds.add_column(sa.Column("lifted_by", sa.String(), nullable=True))
        holds.add_column(sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_holds_untold", "holds", ["until"], sqlite_where=sa.text("told_at IS NULL"), postgresql_where=sa.text("told_at IS NULL")
    )
    op.execute("UPDATE holds SET told_at = lifted_at WHERE lifted_at IS NOT NULL")
    op.execute("UPDATE holds SET told_at = until WHERE lifted_at IS NULL AND until <= CURRENT_TIMESTAMP")


def downgrade() -> None:
    op.drop_index("ix_holds_untold", "holds")
    op.execute("DELETE FROM holds WHERE account_id IS NULL")
    with op.batch_alter_table("holds") as holds:
        for name in ("told_at", "lifted_by", "resume"):
            holds.drop_column(name)
        holds.alter_column("account_id", existing_type=sa.String(), nullable=False)
    for name in ("rolls_back_to", *PUBLISHED):
        op.drop_column("publishings", name)
    op.drop_table("proposals")
