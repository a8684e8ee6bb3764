"""What came in by mail: kept once, and the message that it answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from database.correspondence import LEFT
from database.tables import ContactRow, MessageRow, ReplyRow, table

replies, messages, contacts = table(ReplyRow), table(MessageRow), table(ContactRow)

# An address alone names a mail of ours only while somebody may still be answering it.
ANSWERED_WITHIN = timedelta(days=60)
_new_of = {
    "sqlite": sqlite.insert(replies).on_conflict_do_nothing().returning(replies.c.id),
    "postgresql": postgresql.insert(replies).on_conflict_do_nothing().returning(replies.c.id),
}


def keep(session: Session, values: dict[str, Any]) -> bool:
    """Whether it is new."""
    return session.execute(_new_of[session.get_bind().dialect.name], values).one_or_none() is not None


def change(session: Session, id: str, **values: Any) -> None:
    session.execute(update(replies).where(replies.c.id == id).values(values))


def sent(session: Session, id: str) -> Row[Any] | None:
    """A mail to a customer that left, or may have."""
    of_it = (messages.c.id == id, messages.c.audience == "contact", messages.c.state.in_(LEFT))
    return session.execute(select(messages).where(*of_it)).one_or_none()


def last_sent_to(session: Session, address: str, now: datetime) -> Row[Any] | None:
    """The last mail that a contact with this address got."""
    theirs = (func.lower(contacts.c.email) == address.lower(), messages.c.audience == "contact", messages.c.state == "accepted")
    found = select(messages).join(contacts, contacts.c.id == messages.c.recipient).where(*theirs)
    recent = found.where(messages.c.settled_at >= now - ANSWERED_WITHIN).order_by(messages.c.settled_at.desc(), messages.c.id)
    return session.execute(recent.limit(1)).one_or_none()


def note_replied(session: Session, message_id: str, at: datetime) -> None:
    """The first answer to a message."""
    first = (messages.c.id == message_id, messages.c.replied_at.is_(None))
    session.execute(update(messages).where(*first).values(replied_at=at))


def unmatched(session: Session) -> int:
    """How many answers of people nobody could be asked to answer."""
    lost = (replies.c.kind == "reply", replies.c.message_id.is_(None))
    return int(session.execute(select(func.count()).select_from(replies).where(*lost)).scalar_one())
