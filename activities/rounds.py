"""The rounds of a turn, each one transaction: settle, hear, decide, write, claim."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row, update

from activities import delivery
from activities.deeds import Deeds
from activities.delivery import Outcome, Parcel, Undeliverable
from activities.ledger import Ledger, Nudge
from channels.channel import Channels
from database import accounts, runs
from database.messages import Message, Outgoing
from database.tables import ContactRow, EnrollmentRow, FollowUpRow, table
from domain import governor, ladder, moving, state
from domain.facts import Facts
from domain.governor import UNTIL_LIFTED, Drop, Go, Letter
from domain.intents import AskApproval, Decision
from domain.journey import Journey
from domain.moving import MoveOrder
from domain.news import News, PutOff, Settled
from domain.protocol import RunKind, Wait
from domain.state import Pause, Rest, State

log = structlog.get_logger()
enrollments, follow_ups, contacts = table(EnrollmentRow), table(FollowUpRow), table(ContactRow)
TABLES = {RunKind.ENROLLMENT: enrollments, RunKind.FOLLOW_UP: follow_ups}

# A turn is told the moment of what woke it, its timer's or its news', unless that is longer ago than this. So a second's delay
# never drifts into what follows, and reality keeps the times that simulation shows.
PUNCTUAL = timedelta(minutes=1)
# How long a run waits that a fault of ours keeps due: long enough not to harm, short enough to go on soon once it is mended.
BREATH = timedelta(minutes=5)
# Characters: what the Temporal UI shows of a run lies in its history, and in its orders when it continues as new.
MOST_DETAILS = 1000


@dataclass(frozen=True)
class Done:
    """What a round leaves: the turn's moment, what the run waits for, a message to send before the next round, and whom to nudge."""

    now: datetime
    wait: Wait
    parcel: Parcel | None
    nudges: list[Nudge]


def take(ledger: Ledger, kind: RunKind, run_id: str, channels: Channels, outcome: Outcome | None, is_first: bool) -> Done:
    """One round, in the ledger's transaction. `outcome` is what became of the message that the last round handed out."""
    find = runs.enrollment if kind is RunKind.ENROLLMENT else runs.follow_up
    row = find(ledger.session, run_id)
    assert row is not None, "its account was found through it"
    round_of = _EnrollmentRound if kind is RunKind.ENROLLMENT else _FollowUpRound
    return round_of(ledger, row, channels).take(outcome, is_first)


class _Round(ABC):
    def __init__(self, ledger: Ledger, row: Row[Any], channels: Channels) -> None:
        self.ledger = ledger
        self.session = ledger.session
        self.row = row
        self.channels = channels
        self.outgoing = Outgoing(ledger.session, row.id)
        self.deeds = Deeds(ledger, row, self.outgoing)
        self.now = ledger.now
        self.news: list[News] = []

    def take(self, outcome: Outcome | None, is_first: bool) -> Done:
        if is_first:
            self.take_notices()
            self.doubt_strays()
        if outcome:
            self.settle(outcome)
        if self.row.ended_at is not None:
            self.outgoing.write()
            return self.done(Wait(over=self.row.ended_why or "over"), None)
        while True:
            rest = self.advance()
            if self.moves_on():
                continue
            parcel = self.claim()
            there = self.outgoing.write()
            if parcel and parcel.message_id in there:
                # It was planned before, by a state that has been lost since: whatever became of it then stands.
                self.news.append(self.as_it_was(parcel.message_id))
                parcel = None
            if parcel or not self.news:
                return self.done(self.write(rest, parcel), parcel)

    def take_notices(self) -> None:
        notices = runs.take_notices(self.session, self.row.id, self.now)
        self.news += [news for news, _ in notices]
        woken_by = [moment for moment in (self.row.wake_at, *(told_at for _, told_at in notices)) if moment and moment <= self.now]
        if woken_by and self.now - max(woken_by) < PUNCTUAL:
            self.now = self.ledger.now = max(woken_by)

    def done(self, wait: Wait, parcel: Parcel | None) -> Done:
        if parcel is None and wait.until is not None and wait.until <= self.now:
            # Nothing came of a turn that was due: asking again at once would ask for ever.
            log.error("a run rests in the past", run=self.row.id, step=wait.step)
            wait = wait.model_copy(update={"until": self.now + BREATH})
        return Done(self.now, wait, parcel, list(self.ledger.nudges.values()))

    # What each kind of run does its own way

    @abstractmethod
    def advance(self) -> Rest: ...

    @abstractmethod
    def write(self, rest: Rest, parcel: Parcel | None) -> Wait: ...

    def moves_on(self) -> bool:
        """Whether the run has gone on and is to move to another version now."""
        return False

    @abstractmethod
    def facts(self) -> Facts: ...

    @property
    @abstractmethod
    def pause(self) -> Pause | None: ...

    # Messages

    def doubt_strays(self) -> None:
        """What an earlier attempt claimed and did not live to settle may have left or not."""
        for stray in self.outgoing.in_state("claimed"):
            self.settle(Outcome(stray.id, "in_doubt", "whoever was sending it stopped before the provider's answer was kept"))

    def as_it_was(self, id: str) -> Settled:
        found = self.outgoing.forget(id)
        return Settled(found.step, found.visit, self.now, found.recipient, found.state)

    def settle(self, outcome: Outcome) -> None:
        sent = self.outgoing.find(outcome.message_id)
        # The provider's word that it has a message counts even after we gave it up as in doubt.
        if sent is None or sent.state not in (("claimed", "in_doubt") if outcome.state == "accepted" else ("claimed",)):
            return
        if outcome.state == "planned":
            again = delivery.retry_at(outcome, sent.attempts, self.now)
            self.outgoing.change(sent.id, state="planned", due_at=again, reason=outcome.reason)
            self.news.append(PutOff(sent.step, sent.visit, self.now, sent.recipient, again, outcome.reason or ""))
            return
        self.outgoing.change(sent.id, state=outcome.state, settled_at=self.now, reason=outcome.reason, provider_id=outcome.provider_id)
        self.news.append(Settled(sent.step, sent.visit, self.now, sent.recipient, outcome.state))
        if outcome.bad_address and sent.audience == "contact":
            self.session.execute(update(contacts).where(contacts.c.id == sent.recipient).values(refused=True))
            accounts.touch(self.session, sent.account_id)

    def claim(self) -> Parcel | None:
        """The next message that is due and may leave, claimed; what may not leave becomes news for the run."""
        while (message := self.outgoing.next_due(self.now)) is not None:
            letter = Letter(message.audience, message.recipient, message.journey, message.mail_class, message.operational)  # type: ignore[arg-type]
            match governor.verdict(letter, self.ledger.house, self.facts(), self.pause, self.now):
                case Drop(why):
                    self.drop(message, "skipped", why)
                case Go():
                    try:
                        parcel = self.parcel(message)
                    except Undeliverable as error:
                        self.drop(message, "failed", str(error))
                        continue
                    self.outgoing.change(message.id, state="claimed", claimed_at=self.now, attempts=message.attempts + 1, **parcel.kept)
                    return parcel
                case wait:
                    self.outgoing.change(message.id, due_at=wait.until, reason=wait.why)
                    self.news.append(PutOff(message.step, message.visit, self.now, message.recipient, wait.until, wait.why))
        return None

    def parcel(self, message: Message) -> Parcel:
        known = self.facts()
        return delivery.parcel(self.ledger.published, known, self.deeds.today(known), message, self.channels)

    def drop(self, message: Message, became: str, why: str) -> None:
        self.outgoing.change(message.id, state=became, settled_at=self.now, reason=why)
        self.ledger.note([Decision("dropped", why, message.step, message.visit, rule=message.recipient)], self.row.id)
        self.news.append(Settled(message.step, message.visit, self.now, message.recipient, became))


class _EnrollmentRound(_Round):
    def __init__(self, ledger: Ledger, row: Row[Any], channels: Channels) -> None:
        super().__init__(ledger, row, channels)
        self.journey: Journey = ledger.journey(row)
        self.order: MoveOrder | None = None
        if row.move_to is not None:
            self.order = MoveOrder(ledger.version(row.journey, row.move_to), row.move_at_once, row.move_at_once)
        self.state: State = state.load(row.state)
        self.deeds.anchor_on = self.state.anchor_on

    def facts(self) -> Facts:
        return self.ledger.facts(self.row.contract_id, self.row.contact_id)

    @property
    def pause(self) -> Pause | None:
        return self.state.pause

    def advance(self) -> Rest:
        news, self.news = self.news, []
        stepped = moving.advance(self.journey, self.order, self.ledger.house, self.state, self.now, self.facts(), news)
        turned, self.journey, self.order = stepped.turned, stepped.journey, stepped.order
        self.state, self.deeds.anchor_on = turned.state, turned.state.anchor_on
        self.ledger.note(turned.decisions, self.row.id, self.journey)
        self.deeds.carry_out(turned.intents)
        for intent in turned.intents:
            if isinstance(intent, AskApproval):
                self.show(intent)
        return turned.rest

    def moves_on(self) -> bool:
        return self.order is not None and self.order.is_due

    def show(self, asked: AskApproval) -> None:
        """The mails of a gate are composed when approval is asked: what is approved is what will be sent."""
        for message in self.outgoing.of_step(asked.step, asked.visit, "gated"):
            try:
                kept = self.parcel(message).kept
            except Undeliverable as error:
                kept = {"reason": str(error)}
            self.outgoing.change(message.id, **kept)

    def write(self, rest: Rest, parcel: Parcel | None) -> Wait:
        over = rest.over
        assert not (over and parcel), "a run is not over while a message of it is on its way"
        values = {
            "state": state.dump(self.state), "wake_at": None if over else rest.until, "verb": rest.verb, "step": rest.step,
            "held": self.state.pause is not None, "goal_at": self.state.goal_at, "anchor_on": self.state.anchor_on, "running": True,
            "version": self.journey.version, "move_to": self.order.journey.version if self.order else None,
            "move_at_once": self.order is not None and self.order.at_once,
        }  # fmt: skip
        if over:
            values |= {"ended_at": self.now, "ended_why": over, "held": False}
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
        self.deeds.carry_out(climbed.intents)
        return climbed.rest

    def write(self, rest: Rest, parcel: Parcel | None) -> Wait:
        # A follow-up that has climbed its ladder still waits for what it could not send yet.
        unsent = self.now if parcel else self.outgoing.next_due_at()
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
    shown = "\n".join(lines)
    if len(shown) <= MOST_DETAILS:
        return shown
    kept = shown[:MOST_DETAILS].splitlines()[:-1]
    return "\n".join([*kept, f"- and {len(lines) - len(kept)} more"])
