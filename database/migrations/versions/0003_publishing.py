"""What publishing chose and foresaw for runs in flight, and the steps somebody named by hand."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "publishings",
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("reach", sa.JSON(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_publishings")),
    )
    op.create_table(
        "foresights",
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("journey", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("choice", sa.String(), nullable=False),
        sa.Column("becomes", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("stood", sa.JSON(), nullable=False),
        sa.Column("run_revision", sa.Integer(), nullable=False),
        sa.Column("last_notice", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moves_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(), nullable=True),
        sa.Column("tasks_lost", sa.Integer(), nullable=False),
        sa.Column("anyway", sa.JSON(), nullable=False),
        sa.Column("touches", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["revision"], ["publishings.revision"], name=op.f("fk_foresights_revision_publishings")),
        sa.PrimaryKeyConstraint("revision", "run_id", name=op.f("pk_foresights")),
    )
    op.create_index(op.f("ix_foresights_run_id"), "foresights", ["run_id"])
    op.add_column("publications", sa.Column("revision", sa.Integer(), nullable=True))
    op.add_column("enrollments", sa.Column("step_map", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("enrollments", "step_map")
    op.drop_column("publications", "revision")
    op.drop_index(op.f("ix_foresights_run_id"), "foresights")
    op.drop_table("foresights")
    op.drop_table("publishings")
