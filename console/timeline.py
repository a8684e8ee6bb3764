"""What happened to an account, from every table that knows of it, the latest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from activities.view import View
from console.few import MOST, Few, few
from console.showing import day, in_words, spelled
from database.tables import (
    ApprovalRow,
    ContactRow,
    DecisionRow,
    EnrollmentRow,
    EscalationRow,
    EventRow,
    MessageRow,
    TaskRow,
    table,
)  # fmt: skip

events, enrollments, decisions, messages = table(EventRow), table(EnrollmentRow), table(DecisionRow), table(MessageRow)
tasks, approvals, escalations, contacts = table(TaskRow), table(ApprovalRow), table(EscalationRow), table(ContactRow)

# Of things at the same moment the cause comes before what followed from it.
KINDS = ("event", "health", "journey", "escalation", "approval", "task", "mail", "notice", "post", "webhook")
_FATES = {
    "accepted": "", "failed": "failed", "skipped": "not sent", "in_doubt": "in doubt", "withdrawn": "withdrawn", "shadowed": "in shadow",
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """`fate` is set where it did not go the usual way."""

    at: datetime
    kind: str
    what: str
    more: str = ""
    fate: str = ""
    href: str = ""


def of(view: View, account_id: str) -> Few[Entry]:
    sources = (_events, _health, _runs, _escalations, _approvals, _tasks, _messages)
    found = [entry for source in sources for entry in source(view, account_id)]
    found.sort(key=lambda entry: (entry.at, KINDS.index(entry.kind)), reverse=True)
    return Few(found[:MOST], len(found) > MOST)


def _latest(view: View, rows: Any, account_id: str, *moments: Any) -> Iterator[Row[Any]]:
    """The rows that changed last, by each of their moments; a row may come twice. One more than is shown tells that there are more."""
    for at in moments:
        found = select(rows).where(rows.c.account_id == account_id, at.is_not(None)).order_by(at.desc(), rows.c.id)
        yield from few(view.session, found, MOST + 1).items


def _once(rows: Iterator[Row[Any]]) -> list[Row[Any]]:
    return list({row.id: row for row in rows}.values())


def _events(view: View, account_id: str) -> Iterator[Entry]:
    for row in _latest(view, events, account_id, events.c.told_at):
        earlier = f"happened {day(row.occurred_at.date())}" if row.told_at - row.occurred_at > timedelta(days=1) else ""
        payload = spelled(row.payload) if row.payload else ""
        yield Entry(row.told_at, "event", in_words(row.name), "; ".join(filter(None, (payload, earlier))))


def _health(view: View, account_id: str) -> Iterator[Entry]:
    found = select(decisions).where(decisions.c.account_id == account_id, decisions.c.what == "health").order_by(decisions.c.id.desc())
    for row in few(view.session, found, MOST + 1).items:
        yield Entry(row.at, "health", row.result, row.rule)


def _runs(view: View, account_id: str) -> Iterator[Entry]:
    for row in _once(_latest(view, enrollments, account_id, enrollments.c.begun_at, enrollments.c.ended_at)):
        title = in_words(row.journey)
        yield Entry(row.begun_at, "journey", f"{title} began", row.why, href=f"/journeys/{row.journey}")
        if row.goal_at:
            yield Entry(row.goal_at, "journey", f"{title} reached its goal", href=f"/journeys/{row.journey}")
        if row.ended_at:
            yield Entry(row.ended_at, "journey", f"{title} ended", row.ended_why or "", href=f"/journeys/{row.journey}")


def _escalations(view: View, account_id: str) -> Iterator[Entry]:
    moments = (escalations.c.opened_at, escalations.c.acknowledged_at, escalations.c.ended_at)
    for row in _once(_latest(view, escalations, account_id, *moments)):
        yield Entry(row.opened_at, "escalation", f"{row.sla} to {_ours(view, row.person_id) or row.role}", row.why)
        if row.acknowledged_at:
            yield Entry(row.acknowledged_at, "escalation", f"Acknowledged by {_ours(view, row.acknowledged_by)}", row.why)
        if row.ended_at:
            by = f" by {_ours(view, row.ended_by)}" if row.ended_by else ""
            yield Entry(row.ended_at, "escalation", f"Resolved{by}: {row.outcome}", row.why)


def _approvals(view: View, account_id: str) -> Iterator[Entry]:
    for row in _once(_latest(view, approvals, account_id, approvals.c.asked_at, approvals.c.decided_at)):
        what, href = in_words(row.title), f"/approvals/{row.id}"
        yield Entry(row.asked_at, "approval", f"{what}: {_ours(view, row.approver_id) or row.role} was asked", _place(row), href=href)
        if row.decided_at:
            by = f" by {_ours(view, row.decided_by)}" if row.decided_by else ""
            yield Entry(row.decided_at, "approval", f"{what}: {row.state}{by}", row.note or _place(row), href=href)


def _tasks(view: View, account_id: str) -> Iterator[Entry]:
    for row in _once(_latest(view, tasks, account_id, tasks.c.created_at, tasks.c.done_at)):
        yield Entry(row.created_at, "task", f"{row.title}: for {_ours(view, row.assignee_id) or row.role}", _place(row))
        if row.done_at:
            by = f" by {_ours(view, row.done_by)}" if row.done_by else ""
            outcome = f", {in_words(row.outcome).lower()}" if row.outcome else ""
            yield Entry(row.done_at, "task", f"{row.title}: {row.state}{by}{outcome}", row.note or "")


def _messages(view: View, account_id: str) -> Iterator[Entry]:
    names = {row.id: row.name for row in view.session.execute(select(contacts).where(contacts.c.account_id == account_id))}
    for row in _latest(view, messages, account_id, messages.c.settled_at):
        kind = {"contact": "mail", "person": "notice", "channel": "post"}.get(row.audience, "webhook")
        to = names.get(row.recipient) or _ours(view, row.recipient) or row.recipient
        to = f"#{to}" if row.audience == "channel" else to
        what, fate = row.subject or in_words(row.template), _FATES.get(row.state, row.state)
        reason = f": {row.reason}" if row.reason and fate else ""
        yield Entry(row.settled_at, kind, f"{what} → {to}", _place(row) + reason, fate, f"/messages/{row.id}")


def _place(row: Row[Any]) -> str:
    return f"{row.journey} / {row.step}" if row.step else "reminder or escalation"


def _ours(view: View, id: str | None) -> str:
    person = view.people.get(id or "")
    return person.name if person else id or ""
