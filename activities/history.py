"""What the database shows of how long things took and how they came out: the cases that a forecast draws from."""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from database.tables import ApprovalRow, DecisionRow, EnrollmentRow, EscalationRow, EventRow, TaskRow, table
from domain.drawing import REFUSED
from domain.habits import Case, Habits, Subject

tasks, approvals, escalations = table(TaskRow), table(ApprovalRow), table(EscalationRow)
decisions, enrollments, events = table(DecisionRow), table(EnrollmentRow), table(EventRow)

BACK = timedelta(days=730)  # people and customers of longer ago were others
MOST = 50_000  # the latest cases of each sort
# A turn is told the moment of what woke it; an event's own moment may lie a little after that.
SOON = timedelta(minutes=1)

Cases = dict[Subject, list[Case]]


def habits(session: Session, now: datetime) -> Habits:
    """Of the last two years. What is still open shows nothing yet."""
    found: Cases = defaultdict(list)
    _tasks(session, now, found)
    _approvals(session, now, found)
    _acknowledgements(session, now, found)
    _waits(session, now, found)
    return Habits({subject: tuple(found[subject]) for subject in sorted(found, key=lambda each: (each.kind, each.journey, each.step))})


def _tasks(session: Session, now: datetime, found: Cases) -> None:
    over = (
        select(tasks)
        .where(tasks.c.state != "open", tasks.c.created_at > now - BACK)
        .order_by(tasks.c.created_at.desc(), tasks.c.id)
        .limit(MOST)
    )
    for row in session.execute(over):
        after = row.done_at - row.created_at if row.state == "done" and row.done_at else None
        found[Subject("task", row.journey, row.step)].append(Case(after, row.outcome))


def _approvals(session: Session, now: datetime, found: Cases) -> None:
    over = select(approvals).where(approvals.c.state.not_in(("open", "withdrawn")), approvals.c.asked_at > now - BACK)
    for row in session.execute(over.order_by(approvals.c.asked_at.desc(), approvals.c.id).limit(MOST)):
        decided = row.state in ("approved", REFUSED) and row.decided_at
        found[Subject("approval", row.journey, row.step)].append(Case(row.decided_at - row.asked_at if decided else None, row.state))


def _acknowledgements(session: Session, now: datetime, found: Cases) -> None:
    known = (
        select(escalations)
        .where(escalations.c.opened_at > now - BACK)
        .order_by(escalations.c.opened_at.desc(), escalations.c.id)
        .limit(MOST)
    )
    for row in session.execute(known):
        if row.acknowledged_at or row.ended_at:
            after = row.acknowledged_at - row.opened_at if row.acknowledged_at else None
            found[Subject("acknowledgement", "", row.sla)].append(Case(after))


def _waits(session: Session, now: datetime, found: Cases) -> None:
    """Of waits for events. A decision says that one was heard, as `name at …`, or that the time was up."""
    columns = (decisions.c.at, decisions.c.account_id, decisions.c.journey, decisions.c.step, decisions.c.what, decisions.c.result)
    over = (
        select(*columns, enrollments.c.begun_at)
        .join(enrollments, enrollments.c.id == decisions.c.run_id)
        .where(decisions.c.what.in_(("heard", "timed out")), decisions.c.at > now - BACK, decisions.c.step.is_not(None))
        .order_by(decisions.c.id.desc())
        .limit(MOST)
    )
    rows = session.execute(over).all()
    heard = {row.result.partition(" at ")[0] for row in rows if row.what == "heard" and " at " in row.result}
    told = _told(session, heard, now)
    for row in rows:
        subject = Subject("wait", row.journey, row.step)
        name, is_event, _ = row.result.partition(" at ")
        if row.what == "timed out":
            found[subject].append(Case(None))
        elif is_event:
            moments, payloads = told.get((row.account_id, name), ((), ()))
            latest = bisect.bisect_right(moments, row.at + SOON) - 1
            if latest >= 0:
                found[subject].append(Case(row.at - row.begun_at, None, payloads[latest]))


def _told(session: Session, names: set[str], now: datetime) -> Mapping[tuple[str, str], tuple[Sequence[datetime], Sequence[Any]]]:
    """By account and name: when the events were told, in order, and what each told."""
    found: dict[tuple[str, str], tuple[list[datetime], list[Any]]] = defaultdict(lambda: ([], []))
    told = select(events).where(events.c.name.in_(names), events.c.told_at > now - BACK).order_by(events.c.told_at, events.c.id)
    for row in session.execute(told):
        moments, payloads = found[row.account_id, row.name]
        moments.append(row.told_at)
        payloads.append(row.payload or {})
    return found
