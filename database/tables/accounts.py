"""The customers: who they are, and what was told of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlmodel import Field, SQLModel

from database.tables.columns import json, moment, words


class AccountRow(SQLModel, table=True):
    """A customer company. `watch_at`: when the passing of time alone will change one of its facts."""

    __tablename__ = "accounts"
    id: str = Field(primary_key=True)
    name: str
    zone: str
    country: str = ""
    currency: str = "EUR"
    owner_id: str | None = Field(default=None, index=True)
    since: date | None = None
    facts: Any = json()
    told_at: Any = json()
    tags: Any = json()
    watch_at: datetime | None = moment(index=True)
    revision: int = 0  # counts the changes of the account and of everything that belongs to it
    created_at: datetime = moment(nullable=False)


class ContactRow(SQLModel, table=True):
    """A person at a customer."""

    __tablename__ = "contacts"
    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    name: str
    email: str
    roles: Any = json()
    zone: str = ""
    country: str = ""
    active: bool = True
    refused: bool = False
    facts: Any = json()
    erased_at: datetime | None = moment()


class ErasureRow(SQLModel, table=True):
    """That a contact was erased, under their id, which is all that is left of them. `reader` is their address's digest, by which whoever
    knows the address can tell whose erasure it was; `wiped` counts rows by table; `archived` are their mails that the law keeps, until
    `archived_until`; `sent_through` counts their mails by the provider that may have kept its own copies."""

    __tablename__ = "erasures"
    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    reader: str
    by: str
    why: str = words(nullable=False)
    erased_at: datetime = moment(nullable=False, index=True)
    wiped: Any = json()
    archived: int = 0
    archived_until: datetime | None = moment()
    sent_through: Any = json()


class ContractRow(SQLModel, table=True):
    """One term of a contract."""

    __tablename__ = "contracts"
    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    starts_on: date
    ends_on: date
    auto_renews: bool = False
    notice_days: int = 0
    value: float | None = None
    status: str = "active"
    facts: Any = json()


class EventRow(SQLModel, table=True):
    """Something told to us, once and for ever under its id."""

    __tablename__ = "events"
    id: str = Field(primary_key=True)
    name: str = Field(index=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    contact_id: str | None = None
    contract_id: str | None = None
    payload: Any = json()
    occurred_at: datetime = moment(nullable=False)
    told_at: datetime = moment(nullable=False)
    body_hash: str


class ReadingRow(SQLModel, table=True):
    """The health of an account on one day."""

    __tablename__ = "health_readings"
    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    day: date = Field(primary_key=True)
    read_at: datetime = moment(nullable=False)
    score: float | None = None
    raw: str | None = None
    band: str | None = None
    components: Any = json()
    known_weight: float = 0
    reasons: Any = json()
    overridden: bool = False
