"""API keys: made once, shown once, kept as a hash. Each has scopes; acting for a person needs one of its own."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlmodel import Session

from database.engine import Database
from database.tables import ApiKeyRow, table

PREFIX = "tn_live_"
SCOPES = (
    "accounts:read", "accounts:write", "people:write", "events:write", "enrollments:write", "tasks:write", "approvals:write",
    "escalations:write", "health:write", "journeys:read", "messages:read", "messages:write", "sending:write", "shadow:write",
    "suppressions:write", "sends:write", "act_for_people", "hold_everything", "privacy",
)  # fmt: skip
REMEMBERED_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that was shown and is valid."""

    id: str
    name: str
    scopes: frozenset[str]


def digest(secret: str) -> str:
    # A key has 256 random bits, so a plain hash cannot be guessed back.
    return hashlib.sha256(secret.encode()).hexdigest()


def make(session: Session, name: str, scopes: Iterable[str], now: datetime) -> str:
    """A new key; the secret is returned and cannot be read again."""
    secret = PREFIX + secrets.token_urlsafe(32)
    session.add(ApiKeyRow(id=uuid.uuid4().hex, name=name, hash=digest(secret), scopes=sorted(scopes), created_at=now))
    return secret


def everything(session: Session) -> Sequence[Row[Any]]:
    """All keys ever made, oldest first, without their secrets."""
    rows = table(ApiKeyRow)
    return session.execute(select(rows).order_by(rows.c.created_at, rows.c.id)).all()


def revoke(session: Session, id: str, now: datetime) -> bool:
    """Whether a valid key of this id was there."""
    rows = table(ApiKeyRow)
    changed = session.execute(update(rows).where(rows.c.id == id, rows.c.revoked_at.is_(None)).values(revoked_at=now))
    return bool(changed.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


@dataclass
class Keys:
    """Looks keys up; an answer is remembered for a few seconds, so a revoked key stops within them."""

    database: Database
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _known: dict[str, tuple[float, ApiKey | None]] = field(default_factory=dict)

    def find(self, secret: str) -> ApiKey | None:
        hashed = digest(secret)
        with self._lock:
            if (found := self._known.get(hashed)) and time.monotonic() - found[0] < REMEMBERED_SECONDS:
                return found[1]
        with self.database.read() as session:
            keys = table(ApiKeyRow)
            row = session.execute(select(keys).where(keys.c.hash == hashed, keys.c.revoked_at.is_(None))).one_or_none()
        key = ApiKey(row.id, row.name, frozenset(row.scopes)) if row else None
        with self._lock:
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[hashed] = (time.monotonic(), key)
        return key
