"""Messages that wait for a provider's trouble to be over: planned ones, and ones in doubt that are to be sent once more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlmodel import Session

from database.tables import MessageRow, table

messages = table(MessageRow)
_waits = (messages.c.waits_for.is_not(None), messages.c.state.in_(("planned", "in_doubt")))


def providers(session: Session) -> Sequence[str]:
    """Whom somebody waits for."""
    return session.execute(select(messages.c.waits_for).where(*_waits).distinct().order_by(messages.c.waits_for)).scalars().all()


def first(session: Session, provider: str, limit: int) -> Sequence[Row[Any]]:
    """Those that have waited longest for it."""
    found = select(messages.c.id, messages.c.account_id).where(*_waits, messages.c.waits_for == provider)
    return session.execute(found.order_by(messages.c.planned_at, messages.c.slot_at, messages.c.id).limit(limit)).all()


def let_go(session: Session, id: str, provider: str, now: datetime) -> Row[Any] | None:
    """It may ask from now on; None where it waits no more."""
    still = (messages.c.id == id, messages.c.waits_for == provider)
    found = session.execute(select(messages).where(*_waits, *still)).one_or_none()
    if found is not None:
        moment = {"resend_at": now} if found.state == "in_doubt" else {"due_at": now, "slot_at": now}
        session.execute(update(messages).where(*still).values(waits_for=None, **moment))
    return found
