"""What went to a customer's people lately, ours and what others say they sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, literal, null, or_, select, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from database.messages import Message
from database.tables import EnrollmentRow, ExternalSendRow, MessageRow, table

messages, told, enrollments = table(MessageRow), table(ExternalSendRow), table(EnrollmentRow)

# What reached its reader, or may have.
LEFT = ("claimed", "accepted", "in_doubt")


def _since(rows: Any, at: Any) -> Any:
    whose = or_(rows.c.account_id == bindparam("account"), rows.c.reader == bindparam("reader"), rows.c.domain == bindparam("domain"))
    return whose & (at >= bindparam("since"))


_sent = union_all(
    select(
        messages.c.id, messages.c.account_id, messages.c.reader, messages.c.domain, messages.c.claimed_at.label("at"),
        messages.c.operational, messages.c.survey, messages.c.template.label("what"), messages.c.journey, null().label("source"),
        messages.c.asks,
    ).where(_since(messages, messages.c.claimed_at), messages.c.audience == "contact", messages.c.state.in_(LEFT)),
    select(
        told.c.id, told.c.account_id, told.c.reader, told.c.domain, told.c.sent_at.label("at"), told.c.operational, told.c.survey,
        told.c.what, literal("").label("journey"), told.c.source, null().label("asks"),
    ).where(_since(told, told.c.sent_at)),
)  # fmt: skip


def sent(session: Session, account_id: str, reader: str, domain: str | None, since: datetime) -> Sequence[Row[Any]]:
    """Mail to the account, to the reader wherever they are, and to the domain where one is given; claimed or told to be sent `since`."""
    return session.execute(_sent, {"account": account_id, "reader": reader, "domain": domain or "", "since": since}).all()


_due_runs = select(enrollments).where(
    enrollments.c.account_id == bindparam("account"), enrollments.c.ended_at.is_(None), enrollments.c.wake_at <= bindparam("now"),
    enrollments.c.id != bindparam("own"),
)  # fmt: skip


def due_runs(session: Session, account_id: str, own: str, now: datetime) -> Sequence[Row[Any]]:
    """The account's other runs whose turn has come."""
    return session.execute(_due_runs, {"account": account_id, "own": own, "now": now}).all()


_planned = select(*[messages.c[name] for name in Message.__slots__]).where(
    messages.c.run_id == bindparam("run"), messages.c.state == "planned", messages.c.due_at <= bindparam("now"),
    messages.c.shadow.is_(False),
)  # fmt: skip


def planned(session: Session, run_id: str, now: datetime) -> list[Message]:
    """The messages of a run that are due."""
    return [Message(*row) for row in session.execute(_planned, {"run": run_id, "now": now})]


_tell = {
    "sqlite": sqlite.insert(told).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(told).on_conflict_do_nothing(),
}


def tell(session: Session, values: dict[str, Any]) -> bool:
    """Stores a send that somebody else told of. Whether it is new under its id."""
    return bool(session.execute(_tell[session.get_bind().dialect.name].values(values)).rowcount)  # type: ignore[attr-defined]


def told_of(session: Session, account_id: str, limit: int) -> Sequence[Row[Any]]:
    """What others told they sent to an account, latest first."""
    return session.execute(
        select(told).where(told.c.account_id == account_id).order_by(told.c.sent_at.desc(), told.c.id).limit(limit)
    ).all()


def external(session: Session, id: str) -> Row[Any] | None:
    return session.execute(select(told).where(told.c.id == id)).one_or_none()
