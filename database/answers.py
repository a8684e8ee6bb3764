"""What readers answered to surveys: one row a mail, the last answer that counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlmodel import Session

from database.tables import AnswerRow, table

answers = table(AnswerRow)


def of_message(session: Session, id: str) -> Row[Any] | None:
    """The answer to a mail, if there is one."""
    return session.execute(select(answers).where(answers.c.id == id)).one_or_none()


def of_messages(session: Session, ids: Collection[str]) -> dict[str, Row[Any]]:
    """The answers to these mails, by mail."""
    if not ids:
        return {}
    return {row.id: row for row in session.execute(select(answers).where(answers.c.id.in_(sorted(ids))))}


def latest(session: Session, account_id: str, limit: int) -> Sequence[Row[Any]]:
    """What an account's people answered, the latest first."""
    found = select(answers).where(answers.c.account_id == account_id).order_by(answers.c.answered_at.desc(), answers.c.id)
    return session.execute(found.limit(limit)).all()


def add(session: Session, values: dict[str, Any]) -> None:
    session.execute(insert(answers).values(values))


def change(session: Session, id: str, values: dict[str, Any]) -> None:
    session.execute(update(answers).where(answers.c.id == id).values(values))
