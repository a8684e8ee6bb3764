"""What follows when something is told of an account: an event, facts, a moved date, a reading.

`tell` decides it all at once, from data alone: which facts become known, what that does to health, who must be told, which
journeys begin and which will on a later day. Whoever calls stores the effects in one transaction and nudges afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from domain import entering, health, interpreter, knowing, listening
from domain.account import Account, age_in_days, facts, next_change, with_reading
from domain.entering import PlannedStart
from domain.facts import Contract, Facts, Scope
from domain.health import Crossing, Reading
from domain.intents import Decision, EndEscalation, RaiseEscalation
from domain.journey import Journey, Plan
from domain.news import BandChanged, Changed, Happened, News
from domain.roles import holder
from domain.run import Run, told_at
from domain.situation import LiveRun, Situation
from domain.state import State

HEALTH = "health"  # the cause of the escalations that bands raise


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as told: `payload` holds JSON values, `at` is when it was told."""

    name: str
    at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    contract_id: str | None = None
    contact_id: str | None = None
    occurred_on: date | None = None


@dataclass(frozen=True, slots=True)
class Notify:
    run_id: str
    news: News
    wakes: bool


@dataclass(frozen=True, slots=True)
class Enroll:
    """A run begins. `state` is its beginning."""

    journey: Journey
    key: str
    contract_id: str | None
    contact_id: str | None
    state: State
    why: str


@dataclass(frozen=True, slots=True)
class ReachGoal:
    run_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KeepReading:
    reading: Reading


@dataclass(frozen=True, slots=True)
class KeepContract:
    """A contract is new or changed."""

    contract: Contract


Effect = Notify | Enroll | ReachGoal | KeepReading | KeepContract | RaiseEscalation | EndEscalation


@dataclass
class Told:
    """What follows: the account as it is now, what to store, the starts that lie ahead, and when time alone changes a fact."""

    account: Account
    effects: list[Effect] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    starts: tuple[PlannedStart, ...] = ()
    watch_at: datetime | None = None


def tell(
    situation: Situation,
    events: Sequence[Event] = (),
    values: Mapping[str, Any] | None = None,
    contract_id: str | None = None,
    contact_id: str | None = None,
    read_health: bool = False,
    teller: str | None = None,
) -> Told:
    """`values` are facts by full name, already of their kinds; `teller` is the run that tells, which is not told itself.

    `situation.account` is the account as stored before; changes to its contacts, contracts or owner that the caller makes are
    passed as an already changed account. Events must be declared; see Vocabulary.
    """
    return _Telling(situation, teller).take(events, dict(values or {}), contract_id, contact_id, read_health)


class _Telling:
    def __init__(self, situation: Situation, teller: str | None) -> None:
        self.at = situation
        self.house = situation.house
        self.account = situation.account
        self.now = situation.now
        self.teller = teller
        self.told = Told(situation.account)
        self.begun: set[tuple[str, str]] = set()
        self.known_of = situation.account
        self.known: dict[tuple[str | None, str | None], Facts] = {}

    def take(
        self, events: Sequence[Event], values: dict[str, Any], contract_id: str | None, contact_id: str | None, read_health: bool
    ) -> Told:
        before = self.account
        for event in events:
            known = self.house.vocabulary.made_known(event.name, event.payload, event.occurred_on or self.at.today)
            self.know(known, event.contract_id, event.contact_id)
        self.know(values, contract_id, contact_id)
        crossing = self.read_health(before, read_health)
        for event in events:
            self.start(lambda starts, event=event: event.name in starts.on, event.name, event)
        stage = self.account.values.get("account.stage")
        if stage != before.values.get("account.stage"):
            self.start(lambda starts: stage in starts.stage, f"stage {stage}")
        if crossing and not crossing.quiet:
            self.start(lambda starts: crossing.after in starts.band, f"band {crossing.after}")
        self.notify(events, crossing)
        self.plan_starts()
        self.told.account = self.account
        self.told.watch_at = next_change(self.account, self.house, self.now)
        return self.told

    def know(self, values: Mapping[str, Any], contract_id: str | None, contact_id: str | None) -> None:
        self.account, contracts = knowing.know(self.account, self.house, values, contract_id, contact_id, self.now)
        self.told.effects += map(KeepContract, contracts)

    # Health

    def read_health(self, before: Account, due: bool) -> Crossing | None:
        policy = self.house.health
        if not due:
            if before is self.account:
                return None
            known = facts(before, self.house, self.now).values
            told = self.facts().values
            if all(known.get(name) == told.get(name) for name in policy.inputs()):
                return None
        today = self.at.today
        earlier = [reading for reading in self.account.readings if reading.day != today]
        stood = self.account.readings[-1].band if self.account.readings else None
        reading = health.read(policy, self.facts().values, today, earlier)
        self.account = with_reading(self.account, reading)
        self.told.effects.append(KeepReading(reading))
        if reading.score is None and (not earlier or earlier[-1].score is not None):
            self.decide("health", f"not enough is known ({reading.known_weight:.0f}% of the weight): for {policy.unknown_to}")
        last_read = earlier[-1].day if earlier else None
        crossing = health.crossing(policy, stood, reading, age_in_days(self.account, today), last_read)
        if crossing:
            self.cross(crossing, reading)
        return crossing

    def cross(self, crossing: Crossing, reading: Reading) -> None:
        policy = self.house.health
        score = "unknown" if reading.score is None else f"{math.floor(reading.score * 10) / 10}"  # 69.96 is not 70
        before, after = (policy.band(name).title if name else "unknown" for name in (crossing.before, crossing.after))
        self.decide(
            "health",
            f"{before} to {after} at {score}" + (", too new to act on" if crossing.quiet else ""),
            "; ".join(reading.reasons),
        )
        band = policy.band(crossing.after) if crossing.after else None
        if band and band.escalate and crossing.worse and not crossing.quiet:
            held = holder(band.owner, self.house.roles, self.house.calendars, self.facts(), self.now)
            why = f"Health is {band.title} at {score}: {'; '.join(reading.reasons)}"
            self.told.effects.append(RaiseEscalation("", 1, HEALTH, band.owner, held.person.id if held else None, band.escalate, why))
        elif band and not crossing.worse and not band.escalate:
            self.told.effects.append(EndEscalation(HEALTH, "recovered"))

    # Runs

    def start(self, triggered: Any, why: str, event: Event | None = None) -> None:
        segment = self.facts().segment
        contract_id, contact_id = (event.contract_id, event.contact_id) if event else (None, None)
        for journey in self.at.journeys:
            plan = journey.plan(segment)
            starts = plan.text.starts
            if not triggered(starts):
                continue
            for key, contract, contact in entering.keys(self.account, plan, contract_id, contact_id, self.at.today):
                if event and not entering.fits(starts.where, self.facts(contract, contact), self.now, event.payload):
                    continue
                self.enroll(journey, key, contract, contact, why)

    def enroll(self, journey: Journey, key: str, contract_id: str | None, contact_id: str | None, why: str) -> bool:
        known = self.facts(contract_id, contact_id)
        refusal = entering.may_enter(self.at, journey, key, known)
        if (journey.name, key) in self.begun:
            refusal = "a run of it is live"
        if refusal:
            self.refuse(journey, known, refusal, why)
            return False
        self.begun.add((journey.name, key))
        state = interpreter.enter(journey, known, self.now)
        self.told.effects.append(Enroll(journey, key, contract_id, contact_id, state, why))
        if not state.shadow:
            self.account = replace(self.account, journeys=(*self.account.journeys, journey.name))
        return True

    def refuse(self, journey: Journey, known: Facts, refusal: str, why: str) -> None:
        """Not enrolled, with what the journey's own condition saw of the account."""
        asks = journey.plan(known.segment).text.starts.when
        inputs = asks.seen(Scope({**known.values, "today": known.today(self.now)})) if asks else {}
        ages = told_at(inputs, self.house, known)
        self.told.decisions.append(Decision("not enrolled", f"{journey.name}: {refusal}", rule=why, inputs=inputs, told_at=ages))

    def notify(self, events: Sequence[Event], crossing: Crossing | None) -> None:
        changed = Changed(self.now)
        for run in self.at.runs:
            if run.id == self.teller:
                continue
            known = self.facts(run.contract_id, run.contact_id)
            state = run.state
            woken = False
            concerning = [event for event in events if _concerns(event, run, run.journey.plan(known.segment))]
            news: list[News] = [Happened(event.name, self.now, {**event.payload, **_about(event)}) for event in concerning]
            if crossing and not crossing.quiet:
                news.append(BandChanged(self.now, crossing.before, crossing.after))
            for item in news:
                cares = listening.interest(run.journey, self.house, state, self.now, known, item)
                if cares.wants:
                    self.told.effects.append(Notify(run.id, item, cares.wakes))
                    woken |= cares.wakes
            if not woken and listening.interest(run.journey, self.house, state, self.now, known, changed).wakes:
                self.told.effects.append(Notify(run.id, changed, True))
            goal = run.journey.plan(known.segment).text.goal
            if goal and state.goal_at is None and not woken and Run(run.journey, self.house, state, self.now, known).holds(goal):
                self.told.effects.append(ReachGoal(run.id, self.now))

    def plan_starts(self) -> None:
        starts: list[PlannedStart] = []
        segment = self.facts().segment
        for journey in self.at.journeys:
            plan = journey.plan(segment)
            if plan.text.starts.at is None:
                continue
            for key, contract_id in entering.dated_keys(self.account, plan):
                known = self.facts(contract_id)
                if planned := entering.planned(self.at, journey, key, contract_id, known, self.begun):
                    starts.append(planned)
        self.told.starts = tuple(starts)

    # What is known

    def facts(self, contract_id: str | None = None, contact_id: str | None = None) -> Facts:
        """Made once for as long as nothing that is told changes the account."""
        if self.known_of is not self.account:
            self.known_of, self.known = self.account, {}
        key = (contract_id, contact_id)
        if key not in self.known:
            self.known[key] = facts(self.account, self.house, self.now, contract_id, contact_id)
        return self.known[key]

    def decide(self, what: str, result: str, rule: str = "") -> None:
        self.told.decisions.append(Decision(what, result, rule=rule))


def _about(event: Event) -> dict[str, Any]:
    return {name: value for name, value in (("contract_id", event.contract_id), ("contact_id", event.contact_id)) if value}


def _concerns(event: Event, run: LiveRun, plan: Plan) -> bool:
    """What happened to one contract (or contact) is no news to the run of another."""
    match plan.text.for_:
        case "account":
            return True
        case "contract":
            return event.contract_id in (None, run.contract_id)
        case "contact":
            return event.contact_id in (None, run.contact_id)


def enroll(situation: Situation, journey: Journey, contract_id: str | None, contact_id: str | None, why: str) -> Told:
    """One enrollment by hand, by another journey or on its day; refused with a decision where the rules refuse."""
    telling = _Telling(situation, None)
    keys = entering.keys(situation.account, journey.plan(telling.facts(contract_id).segment), contract_id, contact_id, situation.today)
    if not keys:
        missing = (
            f"the account has no contract '{contract_id}'"
            if contract_id
            else f"it is for a {journey.any_plan.text.for_}, and none was named"
        )
        telling.decide("not enrolled", f"{journey.name}: {missing}", why)
    for key, contract, contact in keys:
        telling.enroll(journey, key, contract, contact, why)
    telling.notify((), None)
    telling.plan_starts()
    telling.told.account = telling.account
    telling.told.watch_at = next_change(telling.account, telling.house, telling.now)
    return telling.told
