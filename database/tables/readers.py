"""Who may be written to, and how often."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from database.tables.columns import index_where, moment, words


class ReaderRow(SQLModel, table=True):
    """A reader (by the digest of an address) or a mail domain. Who claims a mail to it, or says that it wants none, holds the row
    until the transaction ends: so that both come one after the other, and limits hold across accounts."""

    __tablename__ = "readers"
    key: str = Field(primary_key=True)
    claimed_at: datetime = moment(nullable=False)


class SuppressionRow(SQLModel, table=True):
    """An address that is not to be written to: at all (scope `everything`), over a channel or about a topic (`name`) with what is not
    operational. Kept under the address's digest, so that it outlives the address. Rows are lifted, never deleted or changed."""

    __tablename__ = "suppressions"
    __table_args__ = (index_where("uq_suppressions_standing", "reader", "scope", "name", unique=True, where="lifted_at IS NULL"),)
    id: str = Field(primary_key=True)
    reader: str = Field(index=True)
    address: str | None = None
    scope: str
    name: str = ""
    reason: str = words(nullable=False)
    source: str
    proof: str | None = words()
    message_id: str | None = None
    placed_by: str | None = None
    effective_at: datetime = moment(nullable=False)
    lifted_at: datetime | None = moment()
    lifted_by: str | None = None
    lift_proof: str | None = words()


class ConsentRow(SQLModel, table=True):
    """A reader's consent to a topic ("" for all), and how it can be proved."""

    __tablename__ = "consents"
    id: str = Field(primary_key=True)
    reader: str = Field(index=True)
    address: str | None = None
    topic: str = ""
    source: str
    text_version: str
    proof: str = words(nullable=False)
    ip: str | None = None
    given_at: datetime = moment(nullable=False)
    withdrawn_at: datetime | None = moment()


class ExternalSendRow(SQLModel, table=True):
    """A mail that somebody else (sales, marketing) says they sent to a customer; it counts as ours do."""

    __tablename__ = "external_sends"
    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    contact_id: str | None = None
    reader: str = Field(index=True)
    domain: str | None = Field(default=None, index=True)
    source: str
    what: str
    operational: bool = False
    survey: bool = False
    sent_at: datetime = moment(nullable=False)
    told_at: datetime = moment(nullable=False)
