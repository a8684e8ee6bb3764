"""Which words somebody approved before customers get them: by hash, so that a comma changed asks for a new approval."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from database import revisions
from database.tables import ApprovedWordsRow, table

approved = table(ApprovedWordsRow)


def hashes(session: Session) -> frozenset[str]:
    """Of every template that was approved, as it was then."""
    return frozenset(session.execute(select(approved.c.hash)).scalars())


def approve(session: Session, name: str, hash: str, by: str, role: str, now: datetime) -> bool:
    """Records that a person with this role approved a template (`email/welcome.de`); False where its words were approved before."""
    if session.get(ApprovedWordsRow, hash) is not None:
        return False
    session.add(ApprovedWordsRow(hash=hash, name=name, approved_by=by, role=role, approved_at=now))
    revisions.bump(session, revisions.DEFINITIONS)
    return True
