"""Runs: enrollments and follow-ups, the notices they have not taken, and the starts that lie ahead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, update
from sqlmodel import Session

from database.tables import EnrollmentRow, FollowUpRow, NoticeRow, PlannedStartRow, table
from domain import news as news_of
from domain.entering import PlannedStart
from domain.news import News
from domain.situation import PastRun

enrollments, follow_ups = table(EnrollmentRow), table(FollowUpRow)
notices, starts = table(NoticeRow), table(PlannedStartRow)


_enrollment = select(enrollments).where(enrollments.c.id == bindparam("id"))
_follow_up = select(follow_ups).where(follow_ups.c.id == bindparam("id"))
_untaken = (
    select(notices.c.id, notices.c.news, notices.c.told_at)
    .where(notices.c.run_id == bindparam("run_id"), notices.c.taken_at.is_(None))
    .order_by(notices.c.id)
)


def enrollment(session: Session, id: str) -> Row[Any] | None:
    return session.execute(_enrollment, {"id": id}).one_or_none()


def follow_up(session: Session, id: str) -> Row[Any] | None:
    return session.execute(_follow_up, {"id": id}).one_or_none()


def live(session: Session, account_id: str) -> Sequence[Row[Any]]:
    """The account's runs that are not over, oldest first."""
    found = select(enrollments).where(enrollments.c.account_id == account_id, enrollments.c.ended_at.is_(None))
    return session.execute(found.order_by(enrollments.c.begun_at, enrollments.c.id)).all()


def all_live(session: Session) -> Iterator[Row[Any]]:
    """Every run that is not over, oldest first."""
    found = select(enrollments).where(enrollments.c.ended_at.is_(None)).order_by(enrollments.c.begun_at, enrollments.c.id)
    yield from session.execute(found.execution_options(yield_per=500))


def past(session: Session, account_id: str) -> list[PastRun]:
    columns = select(enrollments.c.journey, enrollments.c.key, enrollments.c.ended_at, enrollments.c.anchor_on, enrollments.c.shadow)
    found = session.execute(columns.where(enrollments.c.account_id == account_id, enrollments.c.ended_at.is_not(None)))
    return [PastRun(row.journey, row.key, row.ended_at, row.anchor_on, row.shadow) for row in found]


def open_enrollment(session: Session, values: dict[str, Any]) -> None:
    session.execute(insert(enrollments).values(values))


def open_follow_up(session: Session, values: dict[str, Any]) -> None:
    session.execute(insert(follow_ups).values(values))


def move(session: Session, table_of: Any, id: str, revision: int, values: dict[str, Any]) -> bool:
    """Writes where a run stands now, unless somebody else moved it since `revision` was read."""
    changed = session.execute(
        update(table_of).where(table_of.c.id == id, table_of.c.revision == revision).values(revision=revision + 1, **values)
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def notify(session: Session, told: Iterable[tuple[str, News, bool]], now: datetime) -> None:
    """Notices for runs: (run id, news, whether it wakes)."""
    rows = [{"run_id": run_id, "news": news_of.dump(news), "wakes": wakes, "told_at": now} for run_id, news, wakes in told]
    if rows:
        session.execute(insert(notices), rows)


def take_notices(session: Session, run_id: str, now: datetime) -> list[tuple[News, datetime]]:
    """The untaken notices of a run and when each was told, in the order they were told, taken by this transaction."""
    found = session.execute(_untaken, {"run_id": run_id}).all()
    if found:
        session.execute(update(notices).where(notices.c.id.in_([row.id for row in found])).values(taken_at=now))
    return [(news_of.load(row.news), row.told_at) for row in found]


def untaken(session: Session, run_id: str) -> list[News]:
    """What a run was told and has not taken yet, in that order."""
    return [news_of.load(row.news) for row in session.execute(_untaken, {"run_id": run_id})]


def plan_starts(session: Session, account_id: str, planned: Iterable[PlannedStart]) -> None:
    """Replaces the starts that lie ahead of an account."""
    session.execute(delete(starts).where(starts.c.account_id == account_id))
    rows = [
        {
            "journey": start.journey,
            "key": start.key,
            "account_id": account_id,
            "contract_id": start.contract_id,
            "anchor_on": start.anchor_on,
            "due_at": start.due_at,
        }
        for start in planned
    ]
    if rows:
        session.execute(insert(starts), rows)


def starts_ahead(session: Session, account_id: str) -> Sequence[Row[Any]]:
    return session.execute(select(starts).where(starts.c.account_id == account_id)).all()


def due_starts(session: Session, now: datetime, limit: int) -> Sequence[Row[Any]]:
    return session.execute(select(starts).where(starts.c.due_at <= now).order_by(starts.c.due_at).limit(limit)).all()


# What the sweep looks for


def lost(session: Session, before: datetime, overdue_before: datetime, limit: int) -> dict[str, list[str]]:
    """Runs that Temporal seems not to have heard of, by account: due before then and never begun, long overdue (Temporal forgot
    them), or with a waking notice told before then and not taken."""
    found: dict[str, list[str]] = {}
    for each in (enrollments, follow_ups):
        columns, is_live = select(each.c.account_id, each.c.id), each.c.ended_at.is_(None)
        unbegun = columns.where(is_live, each.c.running.is_(False), each.c.wake_at <= before)
        overdue = columns.where(is_live, each.c.wake_at <= overdue_before)
        untaken = columns.join(notices, notices.c.run_id == each.c.id).where(
            is_live, notices.c.taken_at.is_(None), notices.c.wakes.is_(True), notices.c.told_at <= before
        )
        for query in (unbegun, overdue, untaken):
            for row in session.execute(query.distinct().limit(limit)):
                if row.id not in found.setdefault(row.account_id, []):
                    found[row.account_id].append(row.id)
    return found


def earliest_wake(session: Session) -> datetime | None:
    """The earliest moment at which anything here will be due."""
    moments = [
        session.execute(select(func.min(column)).where(*conditions)).scalar()
        for column, conditions in (
            (enrollments.c.wake_at, (enrollments.c.ended_at.is_(None),)),
            (follow_ups.c.wake_at, (follow_ups.c.ended_at.is_(None),)),
            (starts.c.due_at, ()),
        )
    ]
    return min((moment for moment in moments if moment), default=None)
