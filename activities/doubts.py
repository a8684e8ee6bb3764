"""Messages of which nobody knows whether they left: looked for at their provider, sent once more, or settled by a person.

Their runs have gone on, so nothing of this waits for a turn. A message that is sent once more is claimed again, in a transaction
that holds its account and asks everything that is asked of any message.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

import structlog
from sqlalchemy import Row
from sqlmodel import Session

from activities import delivery, rounds, suppressing
from activities.delivery import Outcome, Parcel, Undeliverable
from activities.ledger import Ledger, Office
from activities.orders import NotAllowed, NotOpen, NotThere
from activities.rounds import Round
from activities.way_out import DISARMED
from channels.channel import Channels, Post
from channels.outbox import Outbox
from database import doubts, messages
from database.doubts import Hanging
from database.engine import Database
from database.messages import Message
from domain import queueing
from domain.governor import Drop, Go, Verdict
from domain.intents import Decision
from domain.pacing import Leave, Queue
from domain.protocol import RunKind

log = structlog.get_logger()

AT_ONCE = 100
# How soon what is to be sent once more asks again, where nobody can say when it may leave.
AGAIN_WITHIN = timedelta(hours=1)

How = Literal["resend", "sent", "skip"]
# For whoever only asks whether a message may leave, and sends none.
NOWHERE = Channels(Outbox(), Outbox(), Outbox())


@dataclass
class Doubts:
    """What a worker does about them, now and then."""

    database: Database
    office: Office
    channels: Channels
    clock: Callable[[], datetime]
    rest: Callable[[float], None] = time.sleep
    _said: Hanging | None = None

    def once(self, now: datetime) -> int:
        """How many were dealt with."""
        dealt = self.database.transact(partial(doubts.heal, now=now))
        dealt += self.database.transact(partial(doubts.give_up_repeats, now=now))
        with self.database.read() as session:
            due = doubts.due(session, now, AT_ONCE)
        for row in due:
            if not self.find(row, now):
                self.send_again(row, now)
        self.watch(now)
        return dealt + len(due)

    def find(self, row: Row[Any], now: datetime) -> bool:
        """Whether Slack shows that it has the post."""
        if row.channel != self.channels.posts.name or row.settled_by is not None:
            return False  # a person who wants it sent again has looked
        found = self.channels.posts.find(Post(row.id, row.address, row.text), row.claimed_at)
        if found is None:
            return False
        return self.database.transact(partial(doubts.settle, id=row.id, state="accepted", via="report", now=now))

    def send_again(self, row: Row[Any], now: datetime) -> None:
        kind = RunKind.FOLLOW_UP if row.journey == "follow-up" else RunKind.ENROLLMENT
        parcel = self.database.transact(partial(self._claim, kind, row, now))
        if parcel is None:
            return
        if parcel.leaves_at and (ahead := (parcel.leaves_at - self.clock()).total_seconds()) > 0:
            self.rest(ahead)
        outcome = delivery.send(parcel, self.channels)
        log.warning("message sent once more", message=row.id, state=outcome.state, reason=outcome.reason)
        self.database.transact(partial(self._settle, kind, row, outcome, now))

    def _claim(self, kind: RunKind, row: Row[Any], now: datetime, session: Session) -> Parcel | None:
        return claim_again(self._open(kind, row, now, session), row.id)

    def _settle(self, kind: RunKind, row: Row[Any], outcome: Outcome, now: datetime, session: Session) -> None:
        settle_again(self._open(kind, row, now, session), outcome)

    def _open(self, kind: RunKind, row: Row[Any], now: datetime, session: Session) -> Round:
        ledger = Ledger(session, self.office, row.account_id, now)
        return rounds.open_round(ledger, kind, row.run_id, self.channels, self.clock())

    def watch(self, now: datetime) -> None:
        """Says once what hangs, and again when it is more or less."""
        with self.database.read() as session:
            hanging = doubts.hanging(session, now)
        if hanging != self._said and (hanging.any or self._said):
            said = log.error if hanging.any else log.info
            said("messages hang", claimed=hanging.claimed, in_doubt=hanging.in_doubt, unheard=hanging.unheard)
        self._said = hanging


def claim_again(run: Round, id: str) -> Parcel | None:
    """What may not leave a second time stays in doubt."""
    message = run.outgoing.find(id)
    if message is None or message.state != "in_doubt" or message.resend_at is None or message.resend_at > run.now:
        return None
    made = _again(run, message)
    if isinstance(made, Parcel):
        sent = {"claimed_at": run.now, "attempts": message.attempts + 1, "repeats": message.repeats + 1, "waits_for": None}
        run.outgoing.change(id, state="claimed", resend_at=None, **sent)
    else:
        run.outgoing.change(id, state="in_doubt", resend_at=made.at, reason=made.why, waits_for=made.waits_for)
    run.outgoing.write()
    return made if isinstance(made, Parcel) else None


@dataclass(frozen=True, slots=True)
class NotYet:
    """It does not leave again now, and why. `at`: when to ask again; None: never by itself. `waits_for`: the provider in trouble."""

    at: datetime | None
    why: str
    waits_for: str | None = None


def _again(run: Round, message: Message) -> Parcel | NotYet:
    """The message as it leaves again."""
    facts = run.facts()
    match _verdict(run, message):
        case Drop(why):
            return NotYet(None, why)
        case Go():
            pass
        case wait:
            return NotYet(min(wait.until, run.now + AGAIN_WITHIN), wait.why)
    try:
        made = delivery.again(run.ledger.published, facts, run.deeds.today(facts), message, run.channels)
        parcel = run.in_its_conversation(made, message)
    except Undeliverable as error:
        return NotYet(None, str(error))
    if not run.ledger.armed:
        return NotYet(run.now + AGAIN_WITHIN, DISARMED)
    match run.way_out.ask(parcel.channel, has_place=True):
        case Leave(at):
            return replace(parcel, leaves_at=at)
        case Queue(at, why):
            until = run.now + (at - run.way_out.clock)
            return NotYet(until, why or f"{parcel.channel} has no room yet", parcel.channel if why else None)


def settle_again(run: Round, outcome: Outcome) -> None:
    """Accepted, it is settled. Else nothing is known but what was known before, and a person is asked; where the second certainly
    did not leave, it is tried again."""
    sent = run.outgoing.find(outcome.message_id)
    if sent is None or sent.state != "claimed" or not sent.repeats:
        return
    if outcome.bad_address and sent.audience == "contact":
        suppressing.give_up(run.session, sent, outcome.reason or "", run.now, f"the answer to message {sent.id}")
    pause = run.way_out.answered(outcome, sent.channel or "")
    match outcome.state:
        case "accepted":
            run.outgoing.change(sent.id, **delivery.settled(outcome, sent, run.ledger.house.contact, run.now))
        case "planned":
            again = run.now + pause if pause else delivery.retry_at(outcome, sent.attempts, run.now)
            waits_for = sent.channel if pause else None
            waits = {"resend_at": again, "reason": outcome.reason, "waits_for": waits_for}
            run.outgoing.change(sent.id, state="in_doubt", repeats=sent.repeats - 1, **waits)
        case _:
            run.outgoing.change(sent.id, state="in_doubt", reason=outcome.reason)
    run.outgoing.write()
    run.ledger.note([Decision("sent again", outcome.reason or "accepted", sent.step, sent.visit, rule=sent.recipient)], run.row.id)


def settle(session: Session, office: Office, id: str, how: How, by: str, why: str, now: datetime) -> Ledger:
    """A person settles what is in doubt, once: it is sent once more, it was sent, or it is not to be.

    What may not leave any more is not ordered; what may not yet is, and its row says why it waits. Raises NotOpen, NotAllowed.
    """
    found = messages.find(session, id)
    if found is None:
        raise NotThere("message", id)
    ledger = Ledger(session, office, found.account_id, now)
    if how == "resend":
        done = _order_again(ledger, id, by)
    else:
        state = "accepted" if how == "sent" else "skipped"
        via, reason = ("person", None) if how == "sent" else (None, why)
        done = doubts.settle(session, id, state, via, now, by, reason)
    if not done:
        now_is = messages.find(session, id)
        assert now_is
        what = "is being sent once more" if now_is.state == "in_doubt" else f"is {now_is.state.replace('_', ' ')}, not in doubt"
        raise NotOpen(f"this message {what}")
    result = {"resend": "to be sent once more", "sent": "it was sent", "skip": "not to be sent"}[how]
    ledger.note([Decision("settled", f"{result}, says {by}", found.step, found.visit, rule=why)], found.run_id)
    return ledger


def _order_again(ledger: Ledger, id: str, by: str) -> bool:
    """Asks what the claim will ask again, so that whoever orders it hears at once that it must not be."""
    message = messages.find(ledger.session, id)
    if message is None or message.state != "in_doubt":
        return False
    kind = RunKind.FOLLOW_UP if message.journey == "follow-up" else RunKind.ENROLLMENT
    run = rounds.open_round(ledger, kind, message.run_id, NOWHERE, ledger.now)
    match _verdict(run, message):
        case Drop(why):
            raise NotAllowed(f"this message may not be sent again: {why}; settle it as sent or skip")
        case Go():
            waits = None if ledger.armed else NotYet(ledger.now + AGAIN_WITHIN, DISARMED)
        case later:
            waits = NotYet(min(later.until, ledger.now + AGAIN_WITHIN), later.why)
    at, reason = (waits.at, waits.why) if waits else (ledger.now, message.reason)
    return doubts.order_again(ledger.session, id, by, at, reason)


def _verdict(run: Round, message: Message) -> Verdict:
    """It is not counted among what its reader got: it would stand in its own way."""
    run.outgoing.known[message.id] = replace(message, state="planned")
    return run.verdict(queueing.letter(message, run.ledger.house, message.journey, run.plan))
