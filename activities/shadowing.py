"""Records of what steps in shadow would have done, kept in the transaction of the turn that would have done it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from activities import words
from activities.ledger import Ledger
from activities.orders import NotOpen, NotThere
from database import messages, shadows
from database.messages import Message
from database.shadows import Verdict
from domain import shadow
from domain.facts import Facts
from domain.filling import Today
from domain.intents import CreateTask, RaiseEscalation, Shadowed
from domain.journey import Journey


@dataclass(frozen=True, slots=True)
class Words:
    """What would have been read, as far as there are words."""

    subject: str | None = None
    text: str | None = None


def judge(session: Session, id: str, verdict: Verdict, by: str, note: str | None, now: datetime) -> Row[Any]:
    """The record with what somebody says of it now. Whoever judged it first is the only one who can change that. Raises NotOpen."""
    judged = shadows.judge(session, id, verdict, by, note, now)
    row = shadows.find(session, id)
    if row is None:
        raise NotThere("shadow", id)
    if not judged:
        raise NotOpen(f"{row.judged_by} has judged this already ({row.verdict}), and is the only one who can change it")
    return row


def of_deed(ledger: Ledger, run: Row[Any], journey: Journey, known: Facts, today: Today, intent: Shadowed) -> None:
    deed = intent.deed
    kind, recipient, what = shadow.kind_of(deed), shadow.recipient_of(deed), shadow.what_of(deed)
    id = messages.message_id(run.id, intent.step, intent.visit, f"shadow/{kind}", recipient or what)
    match deed:
        case CreateTask():
            title, body = words.of_task(ledger.published, deed.title, known, today)
            read = Words(title, body)
        case RaiseEscalation():
            read = Words(None, deed.why)
        case _:
            read = Words()
    _keep(ledger, run, journey, known, intent.step, intent.visit, id, kind, recipient, what, read)


def of_message(
    ledger: Ledger, run: Row[Any], journey: Journey, known: Facts, message: Message, read: Words, fault: str | None = None
) -> None:
    """`fault` is why it could not have been sent."""
    kind = shadow.kind_of_message(message.effect)
    _keep(
        ledger, run, journey, known, message.step, message.visit, message.id, kind, message.recipient, message.template, read, fault
    )  # fmt: skip


def _keep(
    ledger: Ledger, run: Row[Any], journey: Journey, known: Facts, step: str, visit: int, id: str, kind: shadow.Kind, recipient: str,
    what: str, read: Words, fault: str | None = None,
) -> None:  # fmt: skip
    why = shadow.because(journey.plan(known.segment).node(step).step, visit)
    shadows.keep(
        ledger.session,
        {
            "id": id, "run_id": run.id, "account_id": ledger.account.id, "journey": journey.name, "version": journey.version,
            "segment": known.segment, "step": step, "visit": visit, "kind": kind, "recipient": recipient, "what": what, "at": ledger.now,
            "why": why, "subject": read.subject, "text": read.text, "fault": fault,
        },
    )  # fmt: skip
