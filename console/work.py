"""What waits for one of us: escalations, tasks and approvals that are open, the most urgent first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, case, func, select, tuple_

from activities.view import View
from console.few import Few, few
from database.tables import AccountRow, ApprovalRow, ContactRow, EscalationRow, FollowUpRow, MessageRow, TaskRow, table
from domain import ladder

accounts, tasks, approvals, messages = table(AccountRow), table(TaskRow), table(ApprovalRow), table(MessageRow)
escalations, follow_ups, contacts = table(EscalationRow), table(FollowUpRow), table(ContactRow)


@dataclass(frozen=True)
class Escalation:
    """`acknowledge_by` is when it climbs or is chased unless its holder says that they have it; None once they did."""

    row: Row[Any]
    arr: float | None
    acknowledge_by: datetime | None


@dataclass(frozen=True)
class Task:
    row: Row[Any]
    overdue: bool
    snoozed: bool


@dataclass(frozen=True)
class Approval:
    """`letters` are the mails that wait for it, with the names of their `reader`s; none where something else does."""

    row: Row[Any]
    letters: Sequence[Row[Any]] = ()

    @property
    def subject(self) -> str | None:
        return next((letter.subject for letter in self.letters if letter.subject), None)

    @property
    def readers(self) -> str:
        """Ann Lee, Ben Ito and 3 others"""
        names = [letter.reader for letter in self.letters]
        return ", ".join(names[:2]) + (f" and {len(names) - 2} others" if len(names) > 2 else "")

    @property
    def lacks(self) -> bool:
        return any(letter.reason for letter in self.letters)


@dataclass(frozen=True)
class Work:
    escalations: Few[Escalation]
    tasks: Few[Task]
    approvals: Few[Approval]


def open_work(view: View, account_id: str | None = None) -> Work:
    """Of one account, or of all."""
    return Work(_escalations(view, account_id), _tasks(view, account_id), _approvals(view, account_id))


def _escalations(view: View, account_id: str | None) -> Few[Escalation]:
    found = (
        select(escalations, accounts.c.name.label("account"), accounts.c.currency, accounts.c.facts, follow_ups.c.state.label("climb"))
        .join(accounts, accounts.c.id == escalations.c.account_id)
        .outerjoin(follow_ups, follow_ups.c.id == escalations.c.follow_up_id)
        .where(escalations.c.ended_at.is_(None))
        .order_by(escalations.c.sla, escalations.c.opened_at, escalations.c.id)
    )
    return few(view.session, _only(found, escalations, account_id)).of(_escalation)


def _escalation(row: Row[Any]) -> Escalation:
    is_clock_running = row.state == "open" and row.climb
    return Escalation(row, (row.facts or {}).get("arr"), ladder.load(row.climb).deadline if is_clock_running else None)


def _tasks(view: View, account_id: str | None) -> Few[Task]:
    is_snoozed = case((tasks.c.snoozed_until > view.now, 1), else_=0)
    found = (
        select(tasks, accounts.c.name.label("account"))
        .join(accounts, accounts.c.id == tasks.c.account_id)
        .where(tasks.c.state == "open")
        .order_by(is_snoozed, func.date(tasks.c.due_at), tasks.c.sla, tasks.c.due_at, tasks.c.id)
    )
    return few(view.session, _only(found, tasks, account_id)).of(
        lambda row: Task(row, row.due_at < view.now, row.snoozed_until is not None and row.snoozed_until > view.now)
    )


def _approvals(view: View, account_id: str | None) -> Few[Approval]:
    found = (
        select(approvals, accounts.c.name.label("account"))
        .join(accounts, accounts.c.id == approvals.c.account_id)
        .where(approvals.c.state == "open")
        .order_by(approvals.c.expires_at.is_(None), approvals.c.expires_at, approvals.c.id)
    )
    asked = few(view.session, _only(found, approvals, account_id))
    letters = _letters(view, asked)
    return asked.of(lambda row: Approval(row, letters.get((row.enrollment_id, row.step, row.visit), ())))


def _letters(view: View, asked: Few[Row[Any]]) -> dict[tuple[str, str, int], list[Row[Any]]]:
    """The mails that wait at each of these gates, without their words."""
    gates = [(row.enrollment_id, row.step, row.visit) for row in asked.items]
    place = (messages.c.run_id, messages.c.step, messages.c.visit)
    reader = func.coalesce(contacts.c.name, messages.c.recipient).label("reader")
    waiting = (
        select(*place, messages.c.subject, messages.c.reason, reader)
        .outerjoin(contacts, contacts.c.id == messages.c.recipient)
        .where(tuple_(*place).in_(gates), messages.c.state == "gated")
        .order_by(messages.c.recipient)
    )
    found: dict[tuple[str, str, int], list[Row[Any]]] = {}
    for row in view.session.execute(waiting):
        found.setdefault((row.run_id, row.step, row.visit), []).append(row)
    return found


def _only(found: Select[Any], rows: Any, account_id: str | None) -> Select[Any]:
    return found if account_id is None else found.where(rows.c.account_id == account_id)
