"""What comes in by mail: kept once, told to the run whose mail it answers, and given to a person with its words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from activities import intake
from activities.intake import EventIn
from activities.ledger import Ledger, Office
from database import replies as stored
from database import work
from domain import ladder, replies
from domain.facts import Contact
from domain.health import Sla
from domain.intents import CreateTask
from domain.replies import Answer, Kind
from domain.roles import holder

SLA: Sla = "P2"  # as a person who writes may expect to be answered


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a mail that came in."""

    kind: Kind
    is_new: bool
    message_id: str | None
    ledgers: tuple[Ledger, ...] = ()


def take(session: Session, office: Office, answer: Answer, now: datetime) -> Taken:
    """Machines' answers are kept and told to nobody: a run must not end because somebody is on leave."""
    kind, seen_by = replies.kind(answer)
    message, matched_by = _match(session, answer, now)
    is_new = stored.keep(
        session,
        {
            "id": answer.id, "kind": kind, "message_id": message.id if message else None,
            "account_id": message.account_id if message else None, "contact_id": None,
            "address": answer.sender, "subject": answer.subject, "text": replies.new_text(answer.text),
            "why": "; ".join(part for part in (seen_by, matched_by) if part), "task_id": None, "received_at": now,
        },
    )  # fmt: skip
    if not is_new or message is None or kind != "reply":
        return Taken(kind, is_new, message.id if message else None)
    ledger = Ledger(session, office, message.account_id, now)
    contact = _contact(ledger, answer, message)
    task_id = _give(ledger, message, answer, contact, now)
    stored.change(session, answer.id, contact_id=contact.id if contact else None, task_id=task_id)
    stored.note_replied(session, message.id, now)
    return Taken(kind, True, message.id, (ledger, *_tell(session, office, ledger, message, answer, contact, now)))


def _match(session: Session, answer: Answer, now: datetime) -> tuple[Row[Any] | None, str]:
    for id, by in replies.named(answer):
        if found := stored.sent(session, id):
            return found, f"matched by {by}"
    # Anybody can write somebody's address into a mail; the rest of it nobody can guess.
    if not answer.is_genuine:
        return None, "nothing in it names a mail of ours, and nobody vouches for its sender"
    if found := stored.last_sent_to(session, answer.sender, now):
        return found, "matched by its sender"
    return None, "nothing in it names a mail of ours, nor have we written to its sender of late"


def _contact(ledger: Ledger, answer: Answer, message: Row[Any]) -> Contact | None:
    """Who wrote: a colleague it was forwarded to, as far as we know them, else whom we had written to."""
    there = [contact for contact in ledger.account.contacts if not contact.is_erased]
    theirs, by_id = {contact.email.lower(): contact for contact in there}, {contact.id: contact for contact in there}
    return theirs.get(answer.sender.lower()) or by_id.get(message.recipient)


def _tell(
    session: Session, office: Office, ledger: Ledger, message: Row[Any], answer: Answer, contact: Contact | None, now: datetime
) -> tuple[Ledger, ...]:
    declared = ledger.house.vocabulary.events.get("mail_replied")
    if declared is None:
        return ()
    known = {"message_id": message.id, "text": replies.new_text(answer.text)}
    payload = {name: value for name, value in known.items() if name in declared.tells}
    who = contact.id if contact else None
    told = EventIn(f"reply-{answer.id}", "mail_replied", message.account_id, answer.id, now, who, payload=payload)
    taken = intake.event(session, office, told, now)
    return (taken.ledger,) if taken.ledger else ()


def _give(ledger: Ledger, message: Row[Any], answer: Answer, contact: Contact | None, now: datetime) -> str:
    """A task for the account's owner, with the words; its clock runs like any other's."""
    facts, house, step = ledger.facts(), ledger.house, replies.task_step(answer.id)
    held = holder("owner", house.roles, house.calendars, facts, now)
    person, covering = (held.person, held.covering_for) if held else (None, None)
    calendar = house.calendars.working(person.zone, person.country) if person else house.calendars.working(facts.zone.key, facts.country)
    due_at = calendar.plus(now, house.ladders.tasks[SLA].within)
    made = CreateTask(step, 1, "", "owner", person.id if person else None, SLA, due_at)
    id = work.work_id("task", message.run_id, step, 1)
    title = f"Answer {contact.name if contact else answer.sender}: {answer.subject or 'no subject'}"[:200]
    climb = ladder.task(house, facts, made, id, title, now)
    wake = ladder.first_wake(house, facts, climb)
    follow_up = work.work_id("follow-up", message.run_id, step, 1) if wake else None
    body = f"{replies.new_text(answer.text) or 'The mail has no text.'}\n\nIt answers our mail “{message.subject}” ({message.id})."
    work.open_task(
        ledger.session,
        {
            "id": id, "enrollment_id": message.run_id, "account_id": ledger.account.id, "journey": message.journey, "step": step,
            "visit": 1, "title": title, "body": body, "role": "owner", "assignee_id": made.assignee_id,
            "covering_for": covering.id if covering else None, "sla": SLA,
            "outcomes": [], "state": "open", "created_at": now, "due_at": due_at, "follow_up_id": follow_up,
        },
    )  # fmt: skip
    if follow_up and wake:
        ledger.follow(follow_up, climb, wake, message.run_id)
    return id
