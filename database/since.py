"""Everything that happened to accounts since a moment, read for many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select
from sqlmodel import Session

from database.tables import (
    AccountRow,
    ApprovalRow,
    DecisionRow,
    EnrollmentRow,
    EventRow,
    FollowUpRow,
    MessageRow,
    NoticeRow,
    TaskRow,
    table,
)  # fmt: skip

enrollments, follow_ups, notices, events = table(EnrollmentRow), table(FollowUpRow), table(NoticeRow), table(EventRow)
messages, tasks, approvals, decisions = table(MessageRow), table(TaskRow), table(ApprovalRow), table(DecisionRow)
accounts = table(AccountRow)

Rows = list[Row[Any]]


@dataclass
class Since:
    """Of one account, each oldest first: its runs by id; by run what was told it (`notices`), decided, asked and sent, and its
    follow-ups; settled messages of any state; the account's events; and the names of the facts that were told, by when."""

    runs: dict[str, Row[Any]] = field(default_factory=dict)
    follow_ups: dict[str, Rows] = field(default_factory=lambda: defaultdict(list))
    notices: dict[str, Rows] = field(default_factory=lambda: defaultdict(list))
    decisions: dict[str, Rows] = field(default_factory=lambda: defaultdict(list))
    messages: dict[str, Rows] = field(default_factory=lambda: defaultdict(list))
    tasks: dict[str, Rows] = field(default_factory=lambda: defaultdict(list))
    approvals: dict[str, Rows] = field(default_factory=lambda: defaultdict(list))
    events: Rows = field(default_factory=list)
    facts: dict[datetime, frozenset[str]] = field(default_factory=dict)


def read(session: Session, account_ids: Sequence[str], moment: datetime) -> Mapping[str, Since]:
    """By account id, from that moment on and including it. The ids should be at most a few hundred."""
    found = {id: Since() for id in account_ids}
    live = or_(enrollments.c.ended_at.is_(None), enrollments.c.ended_at >= moment)
    for row in session.execute(select(enrollments).where(enrollments.c.account_id.in_(account_ids), live)):
        found[row.account_id].runs[row.id] = row
    for row in session.execute(select(follow_ups).where(follow_ups.c.account_id.in_(account_ids))):
        if row.enrollment_id:
            found[row.account_id].follow_ups[row.enrollment_id].append(row)
    owners = {id: account_id for account_id, since in found.items() for id in since.runs}
    told = select(notices).where(notices.c.run_id.in_(owners), notices.c.told_at >= moment).order_by(notices.c.id)
    for row in session.execute(told):
        found[owners[row.run_id]].notices[row.run_id].append(row)
    made = select(decisions).where(decisions.c.account_id.in_(account_ids), decisions.c.at >= moment).order_by(decisions.c.id)
    for row in session.execute(made):
        found[row.account_id].decisions[row.run_id or ""].append(row)
    sent = (messages.c.account_id.in_(account_ids), messages.c.settled_at.is_not(None), messages.c.settled_at >= moment)
    for row in session.execute(select(messages).where(*sent).order_by(messages.c.settled_at)):
        found[row.account_id].messages[row.run_id].append(row)
    asked = (tasks.c.account_id.in_(account_ids), tasks.c.created_at >= moment)
    for row in session.execute(select(tasks).where(*asked).order_by(tasks.c.created_at)):
        found[row.account_id].tasks[row.enrollment_id].append(row)
    to_decide = (approvals.c.account_id.in_(account_ids), approvals.c.asked_at >= moment)
    for row in session.execute(select(approvals).where(*to_decide).order_by(approvals.c.asked_at)):
        found[row.account_id].approvals[row.enrollment_id].append(row)
    happened = (events.c.account_id.in_(account_ids), events.c.told_at >= moment)
    for row in session.execute(select(events).where(*happened).order_by(events.c.told_at)):
        found[row.account_id].events.append(row)
    for row in session.execute(select(accounts.c.id, accounts.c.told_at).where(accounts.c.id.in_(account_ids))):
        by_moment: dict[datetime, set[str]] = defaultdict(set)
        for name, at in (row.told_at or {}).items():
            by_moment[datetime.fromisoformat(at)].add(f"account.{name}")
        found[row.id].facts = {at: frozenset(names) for at, names in sorted(by_moment.items()) if at >= moment}
    return found
