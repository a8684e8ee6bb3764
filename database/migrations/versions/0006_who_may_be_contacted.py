"""Suppressions, topics, consent and sends told by others."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _moment(name: str, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _word(name: str, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=nullable)


def upgrade() -> None:
    # Not in batches: SQLite would make the table anew, and may not drop one that others refer to.
    op.add_column("messages", _moment("queued_at"))
    op.add_column("messages", _word("reader"))
    op.add_column("messages", _word("domain"))
    op.add_column("messages", sa.Column("survey", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(op.f("ix_messages_reader"), "messages", ["reader"])
    op.create_index(op.f("ix_messages_domain"), "messages", ["domain"])
    op.create_table(
        "readers",
        _word("key", nullable=False),
        _moment("claimed_at", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_readers")),
    )
    op.create_table(
        "suppressions",
        _word("id", nullable=False),
        _word("reader", nullable=False),
        _word("address"),
        _word("scope", nullable=False),
        _word("name", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _word("source", nullable=False),
        sa.Column("proof", sa.Text(), nullable=True),
        _word("message_id"),
        _word("placed_by"),
        _moment("effective_at", nullable=False),
        _moment("lifted_at"),
        _word("lifted_by"),
        sa.Column("lift_proof", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
    )
    standing = sa.text("lifted_at IS NULL")
    op.create_index(
        "uq_suppressions_standing",
        "suppressions",
        ["reader", "scope", "name"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_index(op.f("ix_suppressions_reader"), "suppressions", ["reader"])
    op.create_table(
        "consents",
        _word("id", nullable=False),
        _word("reader", nullable=False),
        _word("address"),
        _word("topic", nullable=False),
        _word("source", nullable=False),
        _word("text_version", nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        _word("ip"),
        _moment("given_at", nullable=False),
        _moment("withdrawn_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_reader"), "consents", ["reader"])
    op.create_table(
        "external_sends",
        _word("id", nullable=False),
        _word("account_id", nullable=False),
        _word("contact_id"),
        _word("reader", nullable=False),
        _word("domain"),
        _word("source", nullable=False),
        _word("what", nullable=False),
        sa.Column("operational", sa.Boolean(), nullable=False),
        sa.Column("survey", sa.Boolean(), nullable=False),
        _moment("sent_at", nullable=False),
        _moment("told_at", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_external_sends_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_sends")),
    )
    for column in ("account_id", "reader", "domain"):
        op.create_index(op.f(f"ix_external_sends_{column}"), "external_sends", [column])


def downgrade() -> None:
    for table in ("external_sends", "consents", "suppressions", "readers"):
        op.drop_table(table)
    for column in ("domain", "reader"):
        op.drop_index(op.f(f"ix_messages_{column}"), "messages")
    for column in ("survey", "domain", "reader", "queued_at"):
        op.drop_column("messages", column)
