"""How much of our commercial mail was reported as spam, and whether it is held for that."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, distinct, false, func, literal_column, select
from sqlmodel import Session

from database import holds
from database.tables import HoldRow, MessageRow, ReportRow, table
from domain.complaints import WINDOW, Complaints, Held
from domain.reports import ReportName

messages, reports, hold_rows = table(MessageRow), table(ReportRow), table(HoldRow)

BY = "tenure"  # who placed a hold that nobody did


def count(session: Session, now: datetime) -> Complaints:
    """What is counted is mails: one that is reported twice counts once."""
    mail = _accepted_since(now - WINDOW)
    # Of few reports the mail each is about, and not of all mail its reports.
    of_mail = select(messages.c.id).where(messages.c.id == reports.c.message_id, mail).exists()
    is_complaint = reports.c.name == literal_column(f"'{ReportName.COMPLAINED}'")
    reported = select(func.count(distinct(reports.c.message_id)), func.max(reports.c.received_at))
    reported = reported.where(is_complaint, reports.c.received_at >= now - WINDOW, of_mail)
    times, last_at = session.execute(reported).one()
    mails = session.execute(select(func.count()).select_from(messages).where(mail)).scalar_one()
    return Complaints(mails, times, last_at)


def _accepted_since(moment: datetime) -> ColumnElement[bool]:
    # Written out, for a database finds a partial index only by what it is told before it plans.
    is_commercial = and_(messages.c.audience == literal_column("'contact'"), messages.c.operational.is_(false()))
    return and_(is_commercial, messages.c.state == "accepted", messages.c.settled_at >= moment)


def are_among(session: Session, ids: list[str]) -> bool:
    """Whether somebody complains in one of these reports."""
    found = select(reports.c.id).where(reports.c.id.in_(ids), reports.c.name == str(ReportName.COMPLAINED)).limit(1)
    return session.execute(found).first() is not None


def held(session: Session, now: datetime) -> Held:
    ours = select(func.max(hold_rows.c.lifted_at)).where(*holds.of_all_commercial(), hold_rows.c.placed_by == BY)
    return Held(bool(holds.standing(session, now, *holds.of_all_commercial())), session.execute(ours).scalar())
