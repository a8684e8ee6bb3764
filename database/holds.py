"""Holds: which stand, placing them, and ending them. One without an account is of all accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, false, insert, literal, or_, select, true, update
from sqlalchemy.types import JSON
from sqlmodel import Session

from database import accounts, revisions
from database.tables import EnrollmentRow, HoldRow, MessageRow, NoticeRow, table
from domain import news as news_of
from domain.facts import COMMERCIAL, Hold
from domain.news import News

holds, enrollments, messages, notices = table(HoldRow), table(EnrollmentRow), table(MessageRow), table(NoticeRow)


def find(session: Session, id: str) -> Row[Any] | None:
    return session.execute(select(holds).where(holds.c.id == id)).one_or_none()


def standing(session: Session, now: datetime, *of: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """The holds in force, oldest first: all of them, or those `of` some account or kind."""
    stand = select(holds).where(holds.c.lifted_at.is_(None), or_(holds.c.until.is_(None), holds.c.until > now), *of)
    return session.execute(stand.order_by(holds.c.placed_at, holds.c.id)).all()


def of_account(account_id: str) -> ColumnElement[bool]:
    """Those of the account alone."""
    return holds.c.account_id == account_id


def of_all() -> ColumnElement[bool]:
    return holds.c.account_id.is_(None)


def of_all_commercial() -> tuple[ColumnElement[bool], ...]:
    """Those of all commercial mail of all accounts."""
    return of_all(), holds.c.mail_class == COMMERCIAL


def concerning(account_id: str) -> ColumnElement[bool]:
    """Those of the account and those of all accounts."""
    return or_(of_account(account_id), of_all())


def place(session: Session, account_id: str | None, hold: Hold, run_id: str | None, by: str | None) -> None:
    values = {
        "id": hold.id, "account_id": account_id, "run_id": run_id, "journey": hold.journey, "mail_class": hold.mail_class,
        "until": hold.until, "reason": hold.reason, "resume": hold.resume, "placed_by": by, "placed_at": hold.placed_at,
    }  # fmt: skip
    session.execute(insert(holds).values(values))
    _show(session, account_id)


def lift(session: Session, row: Row[Any], by: str | None, resume: str | None, now: datetime) -> bool:
    """Ends a hold before its time; whether nobody did before. `resume` replaces its policy. Those who are held are told apart."""
    lifted = update(holds).where(holds.c.id == row.id, holds.c.lifted_at.is_(None))
    done = session.execute(lifted.values(lifted_at=now, lifted_by=by, resume=resume or row.resume))
    _show(session, row.account_id)
    return bool(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def told(session: Session, row: Row[Any], now: datetime) -> bool:
    """Every run that it kept back has been told that it is over; whether nobody told them before."""
    done = session.execute(update(holds).where(holds.c.id == row.id, holds.c.told_at.is_(None)).values(told_at=now))
    _show(session, row.account_id)
    return bool(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def over(session: Session, now: datetime, limit: int) -> Sequence[Row[Any]]:
    """Holds that are over, by their date or by a person, and of which runs were not told yet."""
    is_over = or_(holds.c.until <= now, holds.c.lifted_at.is_not(None))
    return session.execute(select(holds).where(holds.c.told_at.is_(None), is_over).order_by(holds.c.placed_at).limit(limit)).all()


def kept_back(row: Row[Any]) -> ColumnElement[bool]:
    """The live runs that a hold keeps back, or whose mail it does."""
    live = enrollments.c.ended_at.is_(None)
    whose = enrollments.c.account_id == row.account_id if row.account_id else true()
    if row.mail_class is None:
        return and_(live, whose, enrollments.c.journey == row.journey if row.journey else true())
    of_class = messages.c.operational.is_(false()) if row.mail_class == COMMERCIAL else messages.c.mail_class == row.mail_class
    waiting = select(messages.c.run_id).where(messages.c.state == "planned", of_class)
    return and_(live, whose, enrollments.c.id.in_(waiting))


def tell_all(session: Session, row: Row[Any], told: News, now: datetime) -> None:
    """A notice to every run that a hold keeps back, in one statement, however many they are."""
    columns = select(enrollments.c.id, literal(news_of.dump(told), JSON()), true(), literal(now, notices.c.told_at.type))
    session.execute(insert(notices).from_select(["run_id", "news", "wakes", "told_at"], columns.where(kept_back(row))))


def _show(session: Session, account_id: str | None) -> None:
    """Whoever keeps the account, or all of them, in memory reads again."""
    if account_id is None:
        revisions.bump(session, revisions.HOLDS)
    else:
        accounts.touch(session, account_id)
