"""Proposals: texts that one of us wants published, and that somebody else has to approve."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlmodel import Session

from database import definitions
from database.definitions import Texts
from database.tables import DefinitionRow, ProposalRow, table
from domain.journey import content_hash

proposals = table(ProposalRow)


def fingerprint(texts: Texts) -> str:
    """The same for the same texts under the same names, and for no others."""
    parts = sorted((kind, name, content_hash(text)) for (kind, name), text in texts.items())
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def add(session: Session, author: str, texts: Texts, now: datetime, **kept: Any) -> str:
    """Stores what is proposed, against what is published now; returns its id. An open proposal of the same author is replaced by it."""
    id = secrets.token_hex(4)
    for text in texts.values():
        if session.get(DefinitionRow, content_hash(text)) is None:
            session.add(DefinitionRow(hash=content_hash(text), text=text))
            session.flush()
    mine = update(proposals).where(proposals.c.author_id == author, proposals.c.ended_at.is_(None))
    session.execute(mine.values(ended_at=now, ended_by=author, ended_why=f"replaced by {id}"))
    values = {
        "id": id, "author_id": author, "proposed_at": now, "hash": fingerprint(texts),
        "base": fingerprint(definitions.current_texts(session)[0]),
        "texts": [[kind, name, content_hash(text)] for (kind, name), text in sorted(texts.items())], **kept,
    }  # fmt: skip
    session.execute(insert(proposals).values(values))
    return id


def find(session: Session, id: str) -> Row[Any] | None:
    return session.execute(select(proposals).where(proposals.c.id == id)).one_or_none()


def everything(session: Session) -> Sequence[Row[Any]]:
    """All of them, the latest first."""
    return session.execute(select(proposals).order_by(proposals.c.proposed_at.desc(), proposals.c.id)).all()


def texts_of(session: Session, row: Row[Any]) -> dict[tuple[str, str], str]:
    """The very texts that were proposed, as they are stored."""
    return {(kind, name): session.get_one(DefinitionRow, hash).text for kind, name, hash in row.texts}


def void_because(session: Session, row: Row[Any], current: Texts | None = None) -> str | None:
    """Why a proposal can be approved no more; None while it can."""
    if row.revision is not None:
        return f"it was published as revision {row.revision} on {row.ended_at:%Y-%m-%d}"
    if row.ended_at is not None:
        return f"it is void: {row.ended_why}"
    if fingerprint(definitions.current_texts(session)[0] if current is None else current) != row.base:
        return "it is void: what is published has changed since it was proposed; look at the difference and propose it again"
    if fingerprint(texts_of(session, row)) != row.hash:
        return "it is void: its texts are not those that were proposed; propose them again"
    return None


def publish(session: Session, id: str, by: str, revision: int, now: datetime) -> None:
    """It was approved, and published as this revision."""
    session.execute(update(proposals).where(proposals.c.id == id).values(ended_at=now, ended_by=by, revision=revision))
