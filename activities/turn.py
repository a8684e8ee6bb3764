"""The turn: from a wake-up to the next rest, for a journey's run and for a follow-up alike.

It goes round as long as messages are due. Each round is one transaction that holds the account's row: settle what the last
round sent, take what was told, decide, write, and claim the next message that is due. Only then, outside of it, does that
message leave. So whatever kills a turn, a message is either not claimed (the next attempt sends it) or claimed and not settled
(the next attempt puts it in doubt, and the run goes on), and nothing is decided twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row, update
from sqlmodel import Session
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import delivery
from activities.delivery import Outcome, Parcel, Undeliverable
from activities.ledger import Ledger, Nudge, Office
from channels.channel import Channels
from database import messages, runs
from database.engine import Database
from database.tables import ContactRow, EnrollmentRow, FollowUpRow, table
from domain import governor, interpreter, ladder, state
from domain.facts import Facts
from domain.governor import UNTIL_LIFTED, Drop, Go, Letter
from domain.intents import AskApproval, Decision
from domain.journey import Journey
from domain.news import News, PutOff, Settled
from domain.protocol import UNKNOWN_RUN, RunKind, TurnOrder, Wait
from domain.state import Pause, Rest, State

log = structlog.get_logger()
enrollments, follow_ups, contacts = table(EnrollmentRow), table(FollowUpRow), table(ContactRow)

# A turn is told the moment of what woke it, its timer's or its news', unless that is longer ago than this. So a second's delay
# never drifts into what follows, and reality keeps the times that simulation shows.
PUNCTUAL = timedelta(minutes=1)

Nudges = Callable[[Iterable[Nudge]], None]


@dataclass(frozen=True)
class Turns:
    """Takes turns. `nudge` tells Temporal of runs, after the commit; it may fail or be lost, the sweep finds what it missed."""

    database: Database
    office: Office
    channels: Channels
    nudge: Nudges

    def take(self, order: TurnOrder) -> Wait:
        """The whole turn; answers what the run waits for next."""
        outcome: Outcome | None = None
        now: datetime | None = None
        while True:
            done = self.database.transact(_round(self, order, outcome, now))
            if done.nudges:
                self.nudge(done.nudges)
            if done.parcel is None:
                return done.wait
            now = done.now
            outcome = delivery.send(done.parcel, self.channels)
            if outcome.state != "accepted":
                log.warning("message not accepted", message=outcome.message_id, state=outcome.state, reason=outcome.reason)

    def activity(self, verb: str) -> Callable[[TurnOrder], Wait]:
        """The turn under the name of the step that is due, for Temporal's history."""

        @activity.defn(name=verb)
        def take(order: TurnOrder) -> Wait:
            return self.take(order)

        return take


@dataclass(frozen=True)
class _Done:
    now: datetime
    wait: Wait
    parcel: Parcel | None
    nudges: list[Nudge]


def _round(turns: Turns, order: TurnOrder, outcome: Outcome | None, now: datetime | None) -> Callable[[Session], _Done]:
    """`now` is the turn's moment, which its first round finds."""

    def work(session: Session) -> _Done:
        find = runs.enrollment if order.kind is RunKind.ENROLLMENT else runs.follow_up
        row = find(session, order.run_id)
        if row is None:
            raise ApplicationError(f"there is no run '{order.run_id}'", type=UNKNOWN_RUN, non_retryable=True)
        ledger = Ledger(session, turns.office, row.account_id, now or order.now)
        row = find(session, order.run_id)  # again, now that nobody else can change it
        assert row is not None
        round_of = _EnrollmentRound if order.kind is RunKind.ENROLLMENT else _FollowUpRound
        return round_of(ledger, row, turns.channels).take(outcome, now is None)

    return work


class _Round:
    """One transaction of a turn."""

    def __init__(self, ledger: Ledger, row: Row[Any], channels: Channels) -> None:
        self.ledger = ledger
        self.session = ledger.session
        self.row = row
        self.channels = channels
        self.now = ledger.now
        self.news: list[News] = []

    def take(self, outcome: Outcome | None, first: bool) -> _Done:
        self.take_notices(first)
        if first:
            self.doubt_strays()
        if outcome:
            self.settle(outcome)
        if self.row.ended_at is not None:
            return self.done(Wait(over=self.row.ended_why or "over"), None)
        rest = self.advance()
        parcel = self.claim()
        while parcel is None and self.news:
            rest = self.advance()  # a message was put off or dropped, and the run goes on without it
            parcel = self.claim()
        return self.done(self.write(rest, parcel), parcel)

    def take_notices(self, first: bool) -> None:
        notices = runs.take_notices(self.session, self.row.id, self.now)
        self.news += [news for news, _ in notices]
        woken_by = [moment for moment in (self.row.wake_at, *(told_at for _, told_at in notices)) if moment and moment <= self.now]
        if first and woken_by and self.now - max(woken_by) < PUNCTUAL:
            self.now = self.ledger.now = max(woken_by)

    def done(self, wait: Wait, parcel: Parcel | None) -> _Done:
        return _Done(self.now, wait, parcel, list(self.ledger.nudges.values()))

    # What each kind of run does its own way

    def advance(self) -> Rest:
        raise NotImplementedError

    def write(self, rest: Rest, parcel: Parcel | None) -> Wait:
        raise NotImplementedError

    def facts(self) -> Facts:
        raise NotImplementedError

    @property
    def pause(self) -> Pause | None:
        raise NotImplementedError

    # Messages

    def doubt_strays(self) -> None:
        """What an earlier attempt claimed and did not live to settle may have left or not."""
        for stray in messages.strays(self.session, self.row.id):
            self.settle(Outcome(stray.id, "in_doubt", "whoever was sending it stopped before the provider's answer was kept"))

    def settle(self, outcome: Outcome) -> None:
        sent = messages.find(self.session, outcome.message_id)
        if sent is None:
            return
        if outcome.state == "planned":
            again = delivery.retry_at(outcome, sent.attempts, self.now)
            if messages.change(self.session, sent.id, ("claimed",), {"state": "planned", "due_at": again, "reason": outcome.reason}):
                self.news.append(PutOff(sent.step, sent.visit, self.now, sent.recipient, again, outcome.reason or ""))
            return
        # The provider's word that it has a message counts even after we gave it up as in doubt.
        states = ("claimed", "in_doubt") if outcome.state == "accepted" else ("claimed",)
        changed = {"state": outcome.state, "settled_at": self.now, "reason": outcome.reason, "provider_id": outcome.provider_id}
        if messages.change(self.session, sent.id, states, changed):
            self.news.append(Settled(sent.step, sent.visit, self.now, sent.recipient, outcome.state))
            if outcome.bad_address and sent.audience == "contact":
                self.session.execute(update(contacts).where(contacts.c.id == sent.recipient).values(refused=True))

    def claim(self) -> Parcel | None:
        """The next message that is due and may leave, claimed; what may not leave becomes news for the run."""
        if self.row.ended_at is not None:
            return None
        while (row := messages.next_due(self.session, self.row.id, self.now)) is not None:
            letter = Letter(row.audience, row.recipient, row.journey, row.mail_class, row.operational)
            match governor.verdict(letter, self.ledger.house, self.facts(), self.pause, self.now):
                case Drop(why):
                    self.drop(row, "skipped", why)
                case Go():
                    try:
                        parcel = self.parcel(row)
                    except Undeliverable as error:
                        self.drop(row, "failed", str(error))
                        continue
                    claimed = {"state": "claimed", "claimed_at": self.now, "attempts": row.attempts + 1, **parcel.kept}
                    messages.change(self.session, row.id, ("planned",), claimed)
                    return parcel
                case wait:
                    messages.change(self.session, row.id, ("planned",), {"due_at": wait.until, "reason": wait.why})
                    self.news.append(PutOff(row.step, row.visit, self.now, row.recipient, wait.until, wait.why))
        return None

    def parcel(self, row: Row[Any]) -> Parcel:
        known = self.facts()
        return delivery.parcel(self.ledger.published, known, self.ledger.today(known), row, self.channels)

    def drop(self, row: Row[Any], became: str, why: str) -> None:
        messages.change(self.session, row.id, ("planned",), {"state": became, "settled_at": self.now, "reason": why})
        self.ledger.note([Decision("dropped", why, row.step, row.visit, rule=row.recipient)], self.row.id)
        self.news.append(Settled(row.step, row.visit, self.now, row.recipient, became))


class _EnrollmentRound(_Round):
    def __init__(self, ledger: Ledger, row: Row[Any], channels: Channels) -> None:
        super().__init__(ledger, row, channels)
        self.journey: Journey = ledger.journey(row)
        self.state: State = state.load(row.state)

    def facts(self) -> Facts:
        return self.ledger.facts(self.row.contract_id, self.row.contact_id)

    @property
    def pause(self) -> Pause | None:
        return self.state.pause

    def advance(self) -> Rest:
        news, self.news = self.news, []
        turned = interpreter.advance(self.journey, self.ledger.house, self.state, self.now, self.facts(), news)
        self.state = turned.state
        self.ledger.anchor_on = turned.state.anchor_on
        self.ledger.note(turned.decisions, self.row.id, self.journey)
        self.ledger.carry_out(turned.intents, self.row)
        for intent in turned.intents:
            if isinstance(intent, AskApproval):
                self.show(intent)
        return turned.rest

    def show(self, asked: AskApproval) -> None:
        """The mails of a gate are composed when approval is asked: what is approved is what will be sent."""
        for row in messages.gated(self.session, self.row.id, asked.step, asked.visit):
            try:
                kept = self.parcel(row).kept
            except Undeliverable as error:
                kept = {"reason": str(error)}
            messages.change(self.session, row.id, ("gated",), kept)

    def write(self, rest: Rest, parcel: Parcel | None) -> Wait:
        over = rest.over
        values = {
            "state": state.dump(self.state), "wake_at": None if over else rest.until, "verb": rest.verb, "step": rest.step,
            "held": self.state.pause is not None, "goal_at": self.state.goal_at, "anchor_on": self.state.anchor_on, "running": True,
        }  # fmt: skip
        if over:
            values |= {"ended_at": self.now, "ended_why": over}
        moved = runs.move(self.session, enrollments, self.row.id, self.row.revision, values)
        assert moved, "the account's row was held"
        if over:
            self.ledger.close()
        return Wait(until=values["wake_at"], verb=rest.verb, step=rest.step, over=over, details=_details(self.state))


class _FollowUpRound(_Round):
    def __init__(self, ledger: Ledger, row: Row[Any], channels: Channels) -> None:
        super().__init__(ledger, row, channels)
        self.climb = ladder.load(row.state)

    def facts(self) -> Facts:
        return self.ledger.facts()

    @property
    def pause(self) -> Pause | None:
        return None

    def advance(self) -> Rest:
        news, self.news = self.news, []
        climbed = ladder.advance(self.ledger.house, self.climb, self.now, self.facts(), news)
        self.climb = climbed.state
        self.ledger.note(climbed.decisions, self.row.id)
        self.ledger.carry_out(climbed.intents, self.row)
        return climbed.rest

    def write(self, rest: Rest, parcel: Parcel | None) -> Wait:
        # A follow-up that has climbed its ladder still waits for what it could not send yet.
        unsent = self.now if parcel else messages.next_due_at(self.session, self.row.id)
        over = rest.over if unsent is None else None
        until = min((moment for moment in (rest.until, unsent) if moment), default=None)
        values: dict[str, Any] = {"state": ladder.dump(self.climb), "wake_at": until, "verb": "climb", "running": True}
        if over:
            values |= {"ended_at": self.now, "ended_why": over, "wake_at": None}
        runs.move(self.session, follow_ups, self.row.id, self.row.revision, values)
        return Wait(until=values["wake_at"], verb="climb", step=self.climb.kind, over=over)


def _details(run: State) -> str:
    """What the Temporal UI shows of a resting run: a line a track."""
    lines = []
    for name, position in run.tracks.items():
        until = f" until {position.until:%Y-%m-%d %H:%M} UTC" if position.until and position.until < UNTIL_LIFTED else ""
        lines.append(f"- **{name}**: {position.step} #{position.visit} {position.phase}{until}")
    if run.pause:
        lines.insert(0, "**held**" + (f" until {run.pause.until:%Y-%m-%d}" if run.pause.until else ""))
    return "\n".join(lines)
