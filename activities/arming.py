"""Arming and disarming sending, for the whole installation. Disarmed, nothing is claimed: messages stay planned."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import Session

from activities.orders import NotOpen
from activities.way_out import DISARMED
from database import installations, runs
from database.installations import Standing
from database.tables import MessageRow, table
from domain.news import Changed

messages = table(MessageRow)


def arm(session: Session, by: str, why: str, now: datetime) -> Standing:
    """What waited leaves in the next turns of its runs. Raises NotOpen."""
    found = _change(session, True, by, why, now)
    waiting = (messages.c.state == "planned", messages.c.reason == DISARMED)
    kept = session.execute(select(messages.c.run_id).where(*waiting).distinct()).scalars().all()
    # A follow-up has no hours to look at; an enrollment does that in its turn, and lets go of what may leave.
    session.execute(update(messages).where(*waiting, messages.c.journey == "follow-up").values(due_at=now))
    runs.notify(session, [(run_id, Changed(now, ("holds",)), True) for run_id in kept], now)
    return found


def disarm(session: Session, by: str, why: str, now: datetime) -> Standing:
    """At once: what is not claimed is not sent. Raises NotOpen."""
    return _change(session, False, by, why, now)


def _change(session: Session, armed: bool, by: str, why: str, now: datetime) -> Standing:
    before = installations.standing(session)
    if before is None:
        raise NotOpen("no worker has looked at this database yet; start one, then arm or disarm it")
    if not installations.arm(session, armed, by, why, now):
        raise NotOpen(f"sending is {'armed' if armed else 'disarmed'} already, since {before.since:%Y-%m-%d %H:%M} UTC: {before.why}")
    after = installations.standing(session)
    assert after
    return after
