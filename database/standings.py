"""Everything that lies open of accounts, read for many at once: what a copy of them goes on from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, and_, or_, select
from sqlmodel import Session

from database.messages import UNSETTLED
from database.tables import (
    AccountRow,
    ApprovalRow,
    EnrollmentRow,
    EscalationRow,
    FollowUpRow,
    HoldRow,
    MessageRow,
    NoticeRow,
    PlannedStartRow,
    TaskRow,
    table,
)  # fmt: skip

enrollments, follow_ups, notices, starts = table(EnrollmentRow), table(FollowUpRow), table(NoticeRow), table(PlannedStartRow)
messages, tasks, approvals = table(MessageRow), table(TaskRow), table(ApprovalRow)
escalations, holds, accounts = table(EscalationRow), table(HoldRow), table(AccountRow)

Rows = list[Row[Any]]
# Of a message, without its words: they may be long, and nothing goes on from them.
ON_ITS_WAY = (
    "run_id", "step", "visit", "effect", "audience", "recipient", "template", "mail_class", "operational", "context", "state", "due_at",
    "planned_at", "shadow", "queued_at",
)  # fmt: skip


@dataclass
class OpenRows:
    """Of one account: its live `runs`, open `follow_ups`, `tasks`, `approvals` and `escalations`, each oldest first; `messages` that
    are not settled and `notices` not taken, by run; the `told` messages of its open escalations; `passed`, the escalations of
    approvals that ran out of time; the holds' owners, the starts ahead, and the runs that are over."""

    runs: Rows = field(default_factory=list)
    past: Rows = field(default_factory=list)
    follow_ups: Rows = field(default_factory=list)
    tasks: Rows = field(default_factory=list)
    approvals: Rows = field(default_factory=list)
    escalations: Rows = field(default_factory=list)
    passed: Rows = field(default_factory=list)
    holds: Rows = field(default_factory=list)
    starts: Rows = field(default_factory=list)
    told: Rows = field(default_factory=list)
    messages: Mapping[str, Rows] = field(default_factory=dict)
    notices: Mapping[str, Rows] = field(default_factory=dict)
    journeys: Mapping[str, str] = field(default_factory=dict)  # of every run, live or over, by its id
    watch_at: datetime | None = None


def read(session: Session, account_ids: Sequence[str]) -> Mapping[str, OpenRows]:
    """By account id. The ids should be at most a few hundred."""
    found = {id: OpenRows() for id in account_ids}

    def each(of: Table, *conditions: Any, by: Sequence[Any]) -> Rows:
        return list(session.execute(select(of).where(of.c.account_id.in_(account_ids), *conditions).order_by(*by)).all())

    journeys: dict[str, dict[str, str]] = defaultdict(dict)
    columns = [enrollments.c[name] for name in ("id", "account_id", "journey", "key", "ended_at", "anchor_on", "shadow")]
    for row in session.execute(
        select(*columns).where(enrollments.c.account_id.in_(account_ids)).order_by(enrollments.c.ended_at, enrollments.c.id)
    ):
        journeys[row.account_id][row.id] = row.journey
        if row.ended_at is not None:
            found[row.account_id].past.append(row)
    for row in each(enrollments, enrollments.c.ended_at.is_(None), by=(enrollments.c.begun_at, enrollments.c.id)):
        found[row.account_id].runs.append(row)
    for row in each(follow_ups, follow_ups.c.ended_at.is_(None), by=(follow_ups.c.opened_at, follow_ups.c.id)):
        found[row.account_id].follow_ups.append(row)
    for row in each(tasks, tasks.c.state == "open", by=(tasks.c.created_at, tasks.c.id)):
        found[row.account_id].tasks.append(row)
    for row in each(approvals, approvals.c.state == "open", by=(approvals.c.asked_at, approvals.c.id)):
        found[row.account_id].approvals.append(row)
    for row in each(escalations, escalations.c.ended_at.is_(None), by=(escalations.c.opened_at, escalations.c.id)):
        found[row.account_id].escalations.append(row)
    for row in each(holds, holds.c.lifted_at.is_(None), by=(holds.c.placed_at, holds.c.id)):
        found[row.account_id].holds.append(row)
    for row in each(starts, by=(starts.c.due_at, starts.c.journey, starts.c.key)):
        found[row.account_id].starts.append(row)
    _read_passed(session, found)
    _read_told(session, found)
    _read_on_their_way(session, found)
    for row in session.execute(select(accounts.c.id, accounts.c.watch_at).where(accounts.c.id.in_(account_ids))):
        found[row.id].watch_at = row.watch_at
    for id, rows in found.items():
        rows.journeys = journeys[id]
    return found


def _read_passed(session: Session, found: Mapping[str, OpenRows]) -> None:
    """An approval that was passed on has no end any more; when that happened, its escalation says, open or not."""
    passed = [row for rows in found.values() for row in rows.approvals if row.expires_at is None]
    if not passed:
        return
    of_them = [and_(escalations.c.enrollment_id == row.enrollment_id, escalations.c.cause == f"approval-{row.step}") for row in passed]
    for row in session.execute(select(escalations).where(or_(*of_them)).order_by(escalations.c.opened_at)):
        found[row.account_id].passed.append(row)


def _read_told(session: Session, found: Mapping[str, OpenRows]) -> None:
    """A ladder that is climbed has no follow-up any more; who was told stands in its messages."""
    ladders = [f"{row.id}-{number}" for rows in found.values() for row in rows.escalations for number in range(1, row.raised + 1)]
    if not ladders:
        return
    has_left = messages.c.state.in_(("accepted", "in_doubt"))
    told = (
        select(messages.c.account_id, messages.c.run_id, messages.c.recipient, messages.c.settled_at)
        .where(messages.c.run_id.in_(ladders), messages.c.effect == "told", has_left)
        .order_by(messages.c.settled_at)
    )
    for row in session.execute(told):
        found[row.account_id].told.append(row)


def _read_on_their_way(session: Session, found: Mapping[str, OpenRows]) -> None:
    owners = {row.id: id for id, rows in found.items() for row in (*rows.runs, *rows.follow_ups)}
    planned: dict[str, dict[str, Rows]] = defaultdict(lambda: defaultdict(list))
    told: dict[str, dict[str, Rows]] = defaultdict(lambda: defaultdict(list))
    unsettled = select(*(messages.c[name] for name in ON_ITS_WAY)).where(messages.c.run_id.in_(owners), messages.c.state.in_(UNSETTLED))
    for row in session.execute(unsettled.order_by(messages.c.due_at, messages.c.planned_at, messages.c.recipient)):
        planned[owners[row.run_id]][row.run_id].append(row)
    for row in session.execute(select(notices).where(notices.c.run_id.in_(owners), notices.c.taken_at.is_(None)).order_by(notices.c.id)):
        told[owners[row.run_id]][row.run_id].append(row)
    for id, rows in found.items():
        rows.messages, rows.notices = planned[id], told[id]
