"""One account in virtual time: what turns and tellings decide is carried out here, in a few dictionaries.

It is to virtual time what `activities.ledger` is to the database: it decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, assert_never

from domain import ladder, listening, telling
from domain.account import Account, facts, same_until
from domain.entering import PlannedStart
from domain.facts import Facts, Hold, Resume
from domain.house import House
from domain.intents import Decision, EndEscalation, RaiseEscalation
from domain.journey import Journey
from domain.ladder import Climb
from domain.news import Changed, Closed, EscalationEnded, News, Raised, ResumeOrdered
from domain.people import Behaviour
from domain.situation import PastRun, Situation
from domain.standing import AskedApproval, AskedTask, FollowUp, OpenEscalation, RunStanding
from domain.state import Rest
from domain.telling import Effect, Enroll, Event, KeepContract, KeepReading, Notify, ReachGoal, Told
from domain.timing import Calendar
from domain.touches import Touch, Why
from domain.virtual_mail import VirtualMail

FOR_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Known:
    """Facts, and from when until when they are so while nothing but time changes."""

    facts: Facts
    since: datetime
    until: datetime


class VirtualLedger:
    """`journeys` are the published ones; `behaviour` says how our people act."""

    def __init__(
        self,
        house: House,
        journeys: Sequence[Journey],
        account: Account,
        now: datetime,
        behaviour: Behaviour = "prompt",
        outcomes: Mapping[str, str] | None = None,
    ) -> None:
        self.house = house
        self.journeys = {journey.name: journey for journey in journeys}
        self.account = account
        self.now = now
        self.behaviour = behaviour
        self.outcomes = dict(outcomes or {})
        self.runs: dict[str, RunStanding] = {}
        self.begun: dict[str, str] = {}  # the journey of every run there was, by its id
        self.past: list[PastRun] = []
        self.follow_ups: dict[str, FollowUp] = {}
        self.tasks: dict[tuple[str, str, int], AskedTask] = {}
        self.approvals: dict[tuple[str, str, int], AskedApproval] = {}
        self.escalations: dict[str, OpenEscalation] = {}
        self.holds: dict[str, tuple[str, Hold]] = {}
        self.starts: tuple[PlannedStart, ...] = ()
        self.watch_at: datetime | None = None
        self.touches: list[Touch] = []
        self.shadows: list[Touch] = []  # what steps in shadow would have done
        self.whys: list[Why] = []
        self.mail = VirtualMail()
        self.count = 0
        self.turns = 0
        self._known_of = account
        self._facts_of: dict[tuple[str | None, str | None], _Known] = {}
        self._agenda: list[tuple[datetime, int, Callable[[Any], None]]] = []

    # What is told

    def _tell(
        self,
        events: Sequence[Event] = (),
        values: Mapping[str, Any] | None = None,
        contract_id: str | None = None,
        contact_id: str | None = None,
        read_health: bool = False,
        teller: str | None = None,
    ) -> None:
        self._store(telling.tell(self._situation(), events, values, contract_id, contact_id, read_health, teller))

    def read_health(self) -> None:
        """The weekly reading."""
        self._tell(read_health=True)

    def _situation(self) -> Situation:
        live = [run.live() for run in self.runs.values()]
        return Situation(self.house, list(self.journeys.values()), self.account, live, self.past, self.now)

    def _store(self, told: Told) -> None:
        self.account = told.account
        self.starts, self.watch_at = told.starts, told.watch_at
        self._note("", told.decisions)
        for effect in told.effects:
            self._take_effect(effect)

    def _take_effect(self, effect: Effect) -> None:
        match effect:
            case Notify():
                self._deliver_news(effect.run_id, effect.news, effect.wakes)
            case Enroll():
                run = RunStanding(
                    self._name(effect.journey.name),
                    effect.journey,
                    effect.key,
                    effect.contract_id,
                    effect.contact_id,
                    effect.state,
                    Rest(self.now, "enter", ""),
                )
                self.runs[run.id] = run
                self.begun[run.id] = run.journey.name
                self._note(effect.journey.name, [Decision("enrolled", effect.why)])
            case ReachGoal():
                run = self.runs[effect.run_id]
                run.state = replace(run.state, goal_at=effect.at)
            case KeepReading() | KeepContract():
                pass  # `told.account` holds them
            case RaiseEscalation():
                self._raise(effect, "")
            case EndEscalation():
                self._end_escalation(effect.cause, effect.why)
            case _:
                assert_never(effect)

    def _deliver_news(self, run_id: str, news: News, wakes: bool) -> None:
        if run := self.runs.get(run_id):
            run.news.append(news)
            run.woken |= wakes

    def _notify_run(self, run_id: str, news: News) -> None:
        if run := self.runs.get(run_id):
            cares = listening.interest(run.journey, self.house, run.state, self.now, self._facts(run), news)
            if cares.wants:
                self._deliver_news(run_id, news, cares.wakes)

    # Escalations and holds

    def _raise(self, intent: RaiseEscalation, run_id: str) -> None:
        known = self._known()
        if escalation := self.escalations.get(intent.cause):
            if intent.sla < escalation.sla:
                escalation.sla, escalation.role, escalation.person_id = intent.sla, intent.role, intent.person_id
                escalation.acknowledged_at, escalation.raised = None, escalation.raised + 1
                if (follow_up := self.follow_ups.get(escalation.follow_up or "")) is not None:
                    follow_up.news.append(Raised(self.now, intent.sla, intent.role))
                else:
                    climb = ladder.escalation(self.house, known, intent, escalation.id, self.now, level=escalation.raised)
                    escalation.follow_up = self._follow(climb, escalation.run, self.now)
            return
        escalation = OpenEscalation(
            self._name("escalation"), run_id, intent.cause, intent.step, intent.visit, intent.sla, intent.role, intent.person_id
        )
        self.escalations[intent.cause] = escalation
        climb = ladder.escalation(self.house, known, intent, escalation.id, self.now)
        escalation.follow_up = self._follow(climb, run_id, self.now)

    def _end_escalation(self, cause: str, why: str) -> None:
        escalation = self.escalations.pop(cause, None)
        if escalation is None:
            return
        self._close_follow_up(escalation.follow_up, why)
        if escalation.step:
            self._notify_run(escalation.run, EscalationEnded(escalation.step, escalation.visit, self.now, why))

    def _lift_holds(self, run: RunStanding) -> None:
        for id in [id for id, (owner, _) in self.holds.items() if owner == run.id]:
            self._end_hold(id)

    def _end_hold(self, id: str, resume: Resume | None = None) -> None:
        """A hold is over; the runs that it kept back are told, and those whose mail it kept back."""
        owner, hold = self.holds.pop(id)
        over_since = hold.until if hold.until and hold.is_over(self.now) else self.now
        self._show_holds()
        for run in self.runs.values():
            if hold.keeps_back(run.journey.name):
                self._deliver_news(run.id, ResumeOrdered(over_since, since=hold.placed_at, resume=resume or hold.resume), True)
            elif run.id != owner:
                self._notify_run(run.id, Changed(self.now, ("holds",)))

    # Small things

    def _facts(self, run: RunStanding) -> Facts:
        return self._known(run.contract_id, run.contact_id)

    def _known(self, contract_id: str | None = None, contact_id: str | None = None) -> Facts:
        """The facts now; made once for as long as neither the account changes nor time changes a fact, whoever asks."""
        if self._known_of is not self.account:
            self._known_of, self._facts_of = self.account, {}
        key = (contract_id, contact_id)
        known = self._facts_of.get(key)
        if known is None or not known.since <= self.now < known.until:
            made = facts(self.account, self.house, self.now, contract_id, contact_id)
            until = same_until(self.account, self.house, made, self.now) or FOR_EVER
            known = self._facts_of[key] = _Known(made, self.now, until)
        return known.facts

    def _working(self, person_id: str | None) -> Calendar:
        person = self.account.people.get(person_id or "")
        zone, country = (person.zone, person.country) if person else (self.account.zone, self.account.country)
        return self.house.calendars.working(zone, country)

    def _follow(self, climb: Climb, run_id: str, wake: datetime) -> str:
        id = self._name("follow-up")
        self.follow_ups[id] = FollowUp(id, run_id, self.begun.get(run_id, "follow-up"), climb, wake)
        return id

    def _close_follow_up(self, id: str | None, why: str) -> None:
        if follow_up := self.follow_ups.get(id or ""):
            follow_up.news.append(Closed(self.now, why))

    def _show_holds(self) -> None:
        self.account = replace(self.account, holds=tuple(hold for _, hold in self.holds.values()))

    def _show_journeys(self) -> None:
        self.account = replace(self.account, journeys=tuple(run.journey.name for run in self.runs.values() if not run.state.shadow))

    def _touch(self, run: RunStanding, step: str, visit: int, effect: str, recipient: str, what: str) -> None:
        self.touches.append(Touch(self.now, run.journey.name, step, visit, effect, recipient, what, run.id))

    def _record(self, run: RunStanding, step: str, visit: int, effect: str, recipient: str, what: str) -> None:
        self.shadows.append(Touch(self.now, run.journey.name, step, visit, effect, recipient, what, run.id))

    def _note(self, journey: str, decisions: Iterable[Decision]) -> None:
        self.whys += [Why(self.now, journey, decision) for decision in decisions]

    def _number(self) -> int:
        self.count += 1
        return self.count

    def _name(self, kind: str) -> str:
        return f"{kind}#{self._number()}"
