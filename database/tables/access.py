"""Whose database this is, and which programs may use it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from database.tables.columns import json, moment, words


class InstallationRow(SQLModel, table=True):
    """Whose database this is, as far as the database can tell: where it lies (`place`) and the last `mark` left beside it. A copy
    of it lies elsewhere, and an older state of it has an older mark; neither may send."""

    __tablename__ = "installations"
    id: str = Field(primary_key=True)
    place: str
    mark: str
    armed: bool
    why: str = words(nullable=False)
    by: str | None = None
    since: datetime = moment(nullable=False)


class ApiKeyRow(SQLModel, table=True):
    """A key for programs; only its hash is kept."""

    __tablename__ = "api_keys"
    id: str = Field(primary_key=True)
    name: str
    hash: str = Field(unique=True)
    scopes: Any = json()
    created_at: datetime = moment(nullable=False)
    revoked_at: datetime | None = moment()


class IdempotencyKeyRow(SQLModel, table=True):
    """The first answer to a request that carried an Idempotency-Key; `status` is 0 until its transaction is about to end."""

    __tablename__ = "idempotency_keys"
    api_key_id: str = Field(primary_key=True)
    route: str = Field(primary_key=True)  # method and path
    key: str = Field(primary_key=True)
    body_hash: str
    status: int = 0
    answer: str = words(nullable=False)
    kept_at: datetime = moment(nullable=False, index=True)
