"""Messages in doubt: nobody knows whether they left. Every change asks whether that is still so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, or_, select, update
from sqlmodel import Session

from database.tables import MessageRow, ReportRow, table
from domain import doubt

messages, reports = table(MessageRow), table(ReportRow)

SENDGRID = "sendgrid"
# What nobody has looked after for so long, nobody will.
FORGOTTEN_AFTER = timedelta(days=30)


def everything(session: Session, limit: int) -> Sequence[Row[Any]]:
    """Those in doubt, longest first; what is sent once more by itself last."""
    found = select(messages).where(messages.c.state == "in_doubt")
    return session.execute(found.order_by(messages.c.resend_at.is_not(None), messages.c.claimed_at, messages.c.id).limit(limit)).all()


def heal(session: Session, now: datetime) -> int:
    """What a provider has spoken of is not in doubt; how many that were. (It may have spoken while the doubt was being stored.)"""
    heard = update(messages).where(messages.c.state == "in_doubt", messages.c.heard_at.is_not(None))
    done = session.execute(heard.values(state="accepted", via="report", reason=None, resend_at=None, settled_at=now))
    return int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def give_up_repeats(session: Session, now: datetime) -> int:
    """What was being sent once more by a process that died stays in doubt, and is not sent a third time by itself."""
    stuck = (messages.c.state == "claimed", messages.c.repeats > 0, messages.c.claimed_at <= now - doubt.STUCK_AFTER)
    done = session.execute(update(messages).where(*stuck).values(state="in_doubt", resend_at=None, reason="it was being sent once more"))
    return int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def due(session: Session, now: datetime, limit: int) -> Sequence[Row[Any]]:
    found = select(messages).where(messages.c.state == "in_doubt", messages.c.resend_at <= now)
    return session.execute(found.order_by(messages.c.resend_at, messages.c.id).limit(limit)).all()


def settle(session: Session, id: str, state: str, via: str | None, now: datetime, by: str | None = None, reason: str | None = None) -> bool:
    """Whether it was in doubt and, where a person settles it, nobody has ordered it to be sent once more."""
    open_to = [messages.c.id == id, messages.c.state == "in_doubt"]
    if by:
        open_to.append(or_(messages.c.resend_at.is_(None), messages.c.settled_by.is_(None)))
    values = {"state": state, "via": via, "settled_at": now, "settled_by": by, "reason": reason, "resend_at": None}
    return bool(session.execute(update(messages).where(*open_to).values(values)).rowcount)  # type: ignore[attr-defined]


def order_again(session: Session, id: str, by: str, at: datetime | None, why: str | None) -> bool:
    """A person has it sent once more, from then on; whether it was in doubt, and nobody else has. `why` it is not sent at once."""
    is_open = (messages.c.state == "in_doubt", or_(messages.c.resend_at.is_(None), messages.c.settled_by.is_(None)))
    ordered = update(messages).where(messages.c.id == id, *is_open).values(resend_at=at, settled_by=by, reason=why)
    return bool(session.execute(ordered).rowcount)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Hanging:
    """How many messages somebody must look at: claimed and not settled, in doubt and not settled, accepted by a provider that tells
    of its mails and has told nothing of these."""

    claimed: int
    in_doubt: int
    unheard: int

    @property
    def any(self) -> bool:
        return bool(self.claimed or self.in_doubt or self.unheard)


def hanging(session: Session, now: datetime) -> Hanging:
    def count(*of: Any) -> int:
        return int(session.execute(select(func.count()).select_from(messages).where(*of)).scalar_one())

    telling = select(reports.c.received_at).where(reports.c.provider == SENDGRID).order_by(reports.c.received_at).limit(1)
    tells_since = session.execute(telling).scalar()
    unheard = (messages.c.state == "accepted", messages.c.channel == SENDGRID, messages.c.heard_at.is_(None))
    old = now - doubt.UNHEARD_AFTER
    unsettled = (messages.c.state == "in_doubt", messages.c.resend_at.is_(None))
    return Hanging(
        claimed=count(messages.c.state == "claimed", messages.c.claimed_at <= now - doubt.STUCK_AFTER),
        in_doubt=count(*unsettled, messages.c.claimed_at <= now - doubt.UNSETTLED_AFTER),
        unheard=count(*unheard, messages.c.settled_at.between(max(tells_since, old - FORGOTTEN_AFTER), old)) if tells_since else 0,
    )


def quarantined(session: Session) -> int:
    """How many reports could not be used."""
    return int(session.execute(select(func.count()).select_from(reports).where(reports.c.fault.is_not(None))).scalar_one())
