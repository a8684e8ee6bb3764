"""What people do with tasks and escalations they were asked about. Each is one transaction on the account's ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from activities.ledger import Ledger, Office
from database import work
from domain import ladder, news
from domain.durations import Duration
from domain.faults import suggestion
from domain.intents import Decision


class NotOpen(ValueError):
    """What somebody acts on is over, or not there."""


class NotThere(NotOpen):
    """There is no such task, approval, escalation or hold."""

    def __init__(self, what: str, id: str) -> None:
        super().__init__(f"there is no {what} '{id}'")
        self.what = what


class NotAllowed(ValueError):
    """What somebody asks for breaks a house rule; says which."""


def _open_task(session: Session, id: str) -> Row[Any]:
    row = work.task(session, id)
    if row is None:
        raise NotThere("task", id)
    return row


def complete_task(session: Session, office: Office, id: str, by: str, outcome: str | None, note: str | None, now: datetime) -> Ledger:
    """Raises NotOpen, NotAllowed."""
    ledger = Ledger(session, office, _open_task(session, id).account_id, now)
    row = _open_task(session, id)
    if row.state != "open":
        raise NotOpen(f"this task is {row.state} already")
    outcomes = list(row.outcomes or ())
    if outcomes and outcome not in outcomes:
        what = f"'{outcome}' is not" if outcome else "say"
        raise NotAllowed(f"{what} one of this task's outcomes: {', '.join(outcomes)}{suggestion(outcome or '', outcomes)}")
    if outcome and not outcomes:
        raise NotAllowed("this task has no outcomes; leave 'outcome' out")
    work.change_task(session, id, {"state": "done", "outcome": outcome, "note": note, "done_at": now, "done_by": by})
    ledger.tell_follow_up(row.follow_up_id, news.Closed(now, "done"))
    ledger.end_escalation(ladder.overdue(id), "done", by)
    ledger.notify_if_concerned(row.enrollment_id, news.TaskDone(row.step, row.visit, now, outcome, by))
    return ledger


def snooze_task(session: Session, office: Office, id: str, by: str, until: datetime, reason: str, now: datetime) -> Ledger:
    """Once a task, for as long as the house allows. Raises NotOpen, NotAllowed."""
    ledger = Ledger(session, office, _open_task(session, id).account_id, now)
    row = _open_task(session, id)
    if row.state != "open":
        raise NotOpen(f"this task is {row.state} already")
    if row.snoozed_until is not None:
        raise NotAllowed("this task was snoozed before; a task can be snoozed once")
    longest: Duration = ledger.house.ladders.snooze
    person = ledger.account.people.get(row.assignee_id or "")
    zone, country = (person.zone, person.country) if person else (ledger.account.zone, ledger.account.country)
    if not now < until <= ledger.house.calendars.working(zone, country).plus(now, longest):
        raise NotAllowed(f"a task can be snoozed for {longest} at most, from now on")
    work.change_task(session, id, {"snoozed_until": until, "snooze_reason": reason, "due_at": max(until, row.due_at)})
    ledger.note([Decision("snoozed", f"until {until:%Y-%m-%d %H:%M} UTC by {by}", row.step, row.visit, rule=reason)], row.enrollment_id)
    ledger.tell_follow_up(row.follow_up_id, news.Snoozed(now, until))
    return ledger


def reassign_task(session: Session, office: Office, id: str, by: str, to: str, now: datetime) -> Ledger:
    """Raises NotOpen, NotAllowed."""
    ledger = Ledger(session, office, _open_task(session, id).account_id, now)
    row = _open_task(session, id)
    if row.state != "open":
        raise NotOpen(f"this task is {row.state} already")
    person = ledger.account.people.get(to)
    if person is None or not person.active:
        raise NotAllowed(f"nobody active has the id '{to}'")
    work.change_task(session, id, {"assignee_id": to, "covering_for": None})
    ledger.note([Decision("reassigned", f"from {row.assignee_id or 'nobody'} to {to} by {by}", row.step, row.visit)], row.enrollment_id)
    ledger.tell_follow_up(row.follow_up_id, news.Reassigned(now, to))
    return ledger


def _escalation(session: Session, id: str) -> Row[Any]:
    row = work.escalation(session, id)
    if row is None:
        raise NotThere("escalation", id)
    return row


def acknowledge(session: Session, office: Office, id: str, by: str, now: datetime) -> Ledger:
    """Somebody has the escalation: its ladder stops. Raises NotOpen."""
    ledger = Ledger(session, office, _escalation(session, id).account_id, now)
    row = _escalation(session, id)
    if row.ended_at is not None:
        raise NotOpen("this escalation is over")
    if row.state == "acknowledged":
        raise NotOpen(f"{row.acknowledged_by} has this escalation already")
    work.change_escalation(session, id, {"state": "acknowledged", "acknowledged_at": now, "acknowledged_by": by})
    ledger.tell_follow_up(row.follow_up_id, news.Acknowledged(now, by))
    return ledger


def resolve(session: Session, office: Office, id: str, by: str, outcome: str, now: datetime) -> Ledger:
    """The escalation's cause is dealt with. Raises NotOpen."""
    ledger = Ledger(session, office, _escalation(session, id).account_id, now)
    row = _escalation(session, id)
    if row.ended_at is not None:
        raise NotOpen("this escalation is over")
    ledger.end_escalation(row.cause, outcome, by)
    return ledger
