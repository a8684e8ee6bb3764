"""The rounds of a turn, each one transaction: settle, hear, decide, write, claim."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row

from activities import claiming, delivery, suppressing
from activities.deeds import Deeds
from activities.delivery import Outcome, Parcel, Undeliverable
from activities.ledger import Ledger, Nudge
from activities.way_out import DISARMED, WayOut
from channels.channel import Channels, Mail, mail_id
from database import runs, work
from database.messages import Message, Outgoing, last_sent_of
from database.tables import EnrollmentRow, FollowUpRow, table
from domain import governor, ladder, moving, pacing, queueing, state
from domain.facts import Facts
from domain.governor import UNTIL_LIFTED, Drop, Go, Letter, Verdict
from domain.intents import AskApproval, Decision, Show
from domain.journey import Journey, Plan
from domain.moving import MoveOrder
from domain.news import News, PutOff, Settled
from domain.pacing import Leave, Queue
from domain.protocol import RunKind, Wait
from domain.shadow import SHADOWED
from domain.state import Pause, Rest, State

log = structlog.get_logger()
enrollments, follow_ups = table(EnrollmentRow), table(FollowUpRow)
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


def take(ledger: Ledger, kind: RunKind, run_id: str, channels: Channels, outcome: Outcome | None, is_first: bool, clock: datetime) -> Done:
    """One round, in the ledger's transaction. `outcome` is what became of the message that the last round handed out; `clock` is
    the time by which providers are paced, which may be later than the turn's."""
    return open_round(ledger, kind, run_id, channels, clock).take(outcome, is_first)


def open_round(ledger: Ledger, kind: RunKind, run_id: str, channels: Channels, clock: datetime) -> Round:
    """A run as the ledger's transaction finds it."""
    find = runs.enrollment if kind is RunKind.ENROLLMENT else runs.follow_up
    row = find(ledger.session, run_id)
    assert row is not None, "its account was found through it"
    round_of = _EnrollmentRound if kind is RunKind.ENROLLMENT else _FollowUpRound
    return round_of(ledger, row, channels, clock)


class Round(ABC):
    """A run within one transaction."""

    def __init__(self, ledger: Ledger, row: Row[Any], channels: Channels, clock: datetime) -> None:
        self.ledger = ledger
        self.way_out = WayOut(ledger.session, channels, clock)
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

    @property
    def plan(self) -> Plan | None:
        """What an enrollment follows; a follow-up has none."""
        return None

    # Messages

    def doubt_strays(self) -> None:
        """What an earlier attempt claimed and did not live to settle may have left or not."""
        for stray in self.outgoing.in_state("claimed"):
            if stray.repeats:
                continue  # sent once more, by whoever settles doubts
            self.settle(Outcome(stray.id, "in_doubt", "whoever was sending it stopped before the provider's answer was kept"))

    def as_it_was(self, id: str) -> Settled:
        found = self.outgoing.forget(id)
        return Settled(found.step, found.visit, self.now, found.recipient, found.state)

    def settle(self, outcome: Outcome) -> None:
        sent = self.outgoing.find(outcome.message_id)
        # The provider's word that it has a message counts even after we gave it up as in doubt.
        if sent is None or sent.state not in (("claimed", "in_doubt") if outcome.state == "accepted" else ("claimed",)):
            return
        if outcome.bad_address and sent.audience == "contact":
            suppressing.give_up(self.session, sent, outcome.reason or "", self.now, f"the answer to message {sent.id}")
        pause = self.way_out.answered(outcome, sent.channel or "")
        if outcome.state == "planned":
            again = self.now + pause if pause else delivery.retry_at(outcome, sent.attempts, self.now)
            self.put_off(sent, again, outcome.reason or "", **(self.queued(sent, again, sent.channel) if pause else {}))
            return
        settled = delivery.settled(outcome, sent, self.ledger.house.contact, self.now)
        self.outgoing.change(sent.id, **settled)
        self.news.append(Settled(sent.step, sent.visit, self.now, sent.recipient, settled["state"]))

    def claim(self) -> Parcel | None:
        """The next message that is due and may leave, claimed; what may not leave becomes news for the run."""
        # What came of one is heard before the next is asked about: a track that was put off is not left standing in the past.
        while not self.news and (message := self.outgoing.next_due(self.now)) is not None:
            if message.late_at is not None and message.late_at <= self.now:
                self.drop(message, "skipped", f"late: {message.reason}")
                continue
            letter = queueing.letter(message, self.ledger.house, message.journey, self.plan)
            match self.verdict(letter):
                case Drop(why):
                    self.drop(message, "skipped", why)
                case Go() if message.shadow:
                    self.record(message)
                case Go():
                    try:
                        parcel = self.parcel(message)
                    except Undeliverable as error:
                        self.drop(message, "failed", str(error))
                        continue
                    if (leaves_at := self.leaves_at(message, parcel.channel)) is None:
                        continue
                    self.note_words(message)
                    whose = claiming.whose(letter, self.ledger.house, self.facts())
                    attempts = message.attempts + 1
                    claimed = {"state": "claimed", "claimed_at": self.now, "attempts": attempts, "waits_for": None}
                    self.outgoing.change(message.id, **claimed, **parcel.kept, **whose)
                    return replace(parcel, leaves_at=leaves_at)
                case wait:
                    queued_at = message.queued_at or (self.now if wait.is_queued else None)
                    self.put_off(message, wait.until, wait.why, queued_at=queued_at)
        return None

    def note_words(self, message: Message) -> None:
        """An approval stands whatever became of the template since; the record says where it is another now."""
        if message.audience != "contact" or message.text is None or message.attempts:
            return
        now = delivery.words_now(self.ledger.published, self.facts(), message)
        if now != message.template_hash:
            then = f"its template was {(message.template_hash or '')[:12]} then and is {now[:12] if now else 'gone'} now"
            made = Decision("approved words", f"what was approved is sent; {then}", message.step, message.visit, rule=message.recipient)
            self.ledger.note([made], self.row.id)

    def verdict(self, letter: Letter) -> Verdict:
        facts = self.facts()
        known = claiming.known(self.ledger, self.row, self.plan, self.outgoing, letter, facts)
        return governor.verdict(letter, self.ledger.house, facts, self.pause, self.now, known)

    def leaves_at(self, message: Message, channel: str) -> datetime | None:
        """When it may be handed over in this turn; None where it is put off."""
        if not self.ledger.armed:
            self.put_off(message, UNTIL_LIFTED, DISARMED)
            return None
        match self.way_out.ask(channel, message.slot_at is not None):
            case Leave(at):
                return at
            case Queue(at, why):
                until = self.now + (at - self.way_out.clock)
                queued = self.queued(message, until, channel if why else None)
                self.put_off(message, until, f"{channel} has no room yet" + (f": {why}" if why else ""), **queued)
                return None

    def queued(self, message: Message, until: datetime, troubled: str | None) -> dict[str, Any]:
        """What its row keeps of its place in the queue of a provider, which may be in trouble."""
        return {"slot_at": until, "late_at": message.late_at or self.late_at(message), "waits_for": troubled}

    def late_at(self, message: Message) -> datetime | None:
        """From when on it is not worth sending, if it queues from now on."""
        node = self.plan.nodes.get(message.step) if self.plan else None
        if self.plan is None or node is None:
            return None
        return pacing.too_late_at(node.step.late or self.plan.text.late, self.now)

    def put_off(self, message: Message, until: datetime, why: str, **values: Any) -> None:
        self.outgoing.change(message.id, **{"state": "planned", "due_at": until, "reason": why, "waits_for": None, **values})
        self.news.append(PutOff(message.step, message.visit, self.now, message.recipient, until, why))

    def record(self, message: Message) -> None:
        """A message in shadow would leave now, or could not: that is kept, and nobody is told."""
        kept: dict[str, Any] = {}
        fault: str | None = None
        try:
            kept = self.parcel(message).kept
        except Undeliverable as error:
            fault = str(error)
        self.deeds.record(message, self.facts(), kept, fault)
        self.outgoing.change(message.id, state=SHADOWED, settled_at=self.now, reason=fault, **kept)
        self.news.append(Settled(message.step, message.visit, self.now, message.recipient, "failed" if fault else SHADOWED))

    def parcel(self, message: Message) -> Parcel:
        known = self.facts()
        made = delivery.parcel(self.ledger.published, known, self.deeds.today(known), message, self.channels)
        return self.in_its_conversation(made, message)

    def in_its_conversation(self, made: Parcel, message: Message) -> Parcel:
        """The mails of one run to one reader are one conversation."""
        if not isinstance(made.load, Mail) or message.audience != "contact":
            return made
        if earlier := last_sent_of(self.session, message):
            return replace(made, load=replace(made.load, answers=mail_id(earlier, made.load.from_address)))
        return made

    def drop(self, message: Message, became: str, why: str) -> None:
        self.outgoing.change(message.id, state=became, settled_at=self.now, reason=why)
        self.ledger.note([Decision("dropped", why, message.step, message.visit, rule=message.recipient)], self.row.id)
        self.news.append(Settled(message.step, message.visit, self.now, message.recipient, became))


class _EnrollmentRound(Round):
    def __init__(self, ledger: Ledger, row: Row[Any], channels: Channels, clock: datetime) -> None:
        super().__init__(ledger, row, channels, clock)
        self.journey: Journey = ledger.journey(row)
        self.deeds.journey = self.journey
        self.order: MoveOrder | None = None
        if row.move_to is not None:
            self.order = MoveOrder(ledger.version(row.journey, row.move_to), row.move_at_once, row.move_at_once, row.step_map or {})
        self.state: State = state.load(row.state)
        self.deeds.anchor_on = self.state.anchor_on

    def facts(self) -> Facts:
        return self.ledger.facts(self.row.contract_id, self.row.contact_id)

    @property
    def pause(self) -> Pause | None:
        return self.state.pause

    @property
    def plan(self) -> Plan | None:
        return self.journey.plan(self.facts().segment)

    def advance(self) -> Rest:
        news, self.news = self.news, []
        stepped = moving.advance(self.journey, self.order, self.ledger.house, self.state, self.now, self.facts(), news)
        turned, self.journey, self.order = stepped.turned, stepped.journey, stepped.order
        was_in_shadow = self.state.shadow
        self.state, self.deeds.anchor_on, self.deeds.journey = turned.state, turned.state.anchor_on, self.journey
        self.ledger.note(turned.decisions, self.row.id, self.journey)
        self.deeds.carry_out(turned.intents)
        for intent in turned.intents:
            if isinstance(intent, AskApproval | Show):
                self.show(intent)
        if was_in_shadow and not turned.state.shadow:
            self.ledger.leave_shadow(self.row.id)
        return turned.rest

    def moves_on(self) -> bool:
        return self.order is not None and self.order.is_due

    def show(self, asked: AskApproval | Show) -> None:
        """The mails of a gate are composed when approval is asked, and anew when what they lacked is known: what is approved is what
        will be sent. What somebody has changed stays as they wrote it."""
        shown = [
            each
            for each in self.outgoing.of_step(asked.step, asked.visit, "gated")
            if isinstance(asked, AskApproval) or each.recipient in asked.recipients
        ]
        edited = work.edits_of(self.session, [each.id for each in shown])
        lacking = {reader: why for at in self.state.tracks.values() if at.step == asked.step for reader, why in at.lacking.items()}
        for message in shown:
            if message.id in edited:
                continue
            kept: dict[str, Any] = dict.fromkeys(("subject", "text", "html", "body_hash", "filled_hash", "template_hash"))
            why = lacking.get(message.recipient)
            try:
                kept = self.parcel(replace(message, text=None)).kept
            except Undeliverable as error:
                why = why or str(error)
            self.outgoing.change(message.id, **kept, reason=why)

    def write(self, rest: Rest, parcel: Parcel | None) -> Wait:
        over = rest.over
        assert not (over and parcel), "a run is not over while a message of it is on its way"
        values = {
            "state": state.dump(self.state), "wake_at": None if over else rest.until, "verb": rest.verb, "step": rest.step,
            "held": self.state.pause is not None, "goal_at": self.state.goal_at, "anchor_on": self.state.anchor_on, "running": True,
            "version": self.journey.version, "move_to": self.order.journey.version if self.order else None,
            "move_at_once": self.order is not None and self.order.at_once,
            "step_map": dict(self.order.told) if self.order and self.order.told else None,
        }  # fmt: skip
        if over:
            values |= {"ended_at": self.now, "ended_why": over, "held": False}
        moved = runs.move(self.session, enrollments, self.row.id, self.row.revision, values)
        assert moved, "the account's row was held"
        if over:
            self.ledger.close()
        return Wait(until=values["wake_at"], verb=rest.verb, step=rest.step, over=over, details=_details(self.state))


class _FollowUpRound(Round):
    def __init__(self, ledger: Ledger, row: Row[Any], channels: Channels, clock: datetime) -> None:
        super().__init__(ledger, row, channels, clock)
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
