"""Climbing a ladder: what becomes of a task or an escalation that nobody acts on.

`advance` has the shape of the interpreter's: a state, what is known, what was told; out come a state, intents and a rest. A
follow-up (one a task with a clock, one an escalation) takes it through the same turn as a journey's run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter

from domain.facts import Facts, Person
from domain.health import Sla
from domain.house import House
from domain.intents import ClimbEscalation, CreateTask, Decision, Intent, RaiseEscalation, SendMessage
from domain.ladders import Rung
from domain.news import Acknowledged, Closed, News, Raised, Reassigned, Snoozed
from domain.roles import Holder, holder, managers
from domain.state import Rest
from domain.timing import Calendar, zone


@dataclass(frozen=True, slots=True)
class Climb:
    """How far a follow-up has climbed: `deadline` is when the present holder's time is up, `rung` the next one to take,
    `level` how often it began anew (a higher role, a worse class, a snooze)."""

    kind: Literal["task", "escalation"]
    subject_id: str
    title: str
    why: str
    sla: Sla
    role: str
    person_id: str | None
    started_at: datetime
    deadline: datetime
    rung: int = 0
    level: int = 1
    told: bool = False
    over: str | None = None


@dataclass(frozen=True, slots=True)
class Climbed:
    """What came of one call."""

    state: Climb
    intents: Sequence[Intent]
    decisions: Sequence[Decision]
    rest: Rest


def task(house: House, facts: Facts, made: CreateTask, subject_id: str, title: str, now: datetime) -> Climb:
    """The clock of a new task: from its creation or from its due date, in the assignee's working time."""
    ladder = house.ladders.tasks[made.sla]
    start = now if ladder.counts_from == "creation" else made.due_at
    deadline = _calendar(house, facts, made.assignee_id).plus(start, ladder.within)
    return Climb("task", subject_id, title, "", made.sla, made.role, made.assignee_id, start, deadline, told=True)


def escalation(house: House, facts: Facts, raised: RaiseEscalation, subject_id: str, now: datetime, level: int = 1) -> Climb:
    """The clock of a new escalation, whose holder is told first."""
    deadline = _calendar(house, facts, raised.person_id).plus(now, house.ladders.escalations[raised.sla].within)
    return Climb("escalation", subject_id, raised.cause, raised.why, raised.sla, raised.role, raised.person_id, now, deadline, level=level)


def first_wake(house: House, facts: Facts, climb: Climb) -> datetime | None:
    """When a new follow-up has something to do; None: never (a class without rungs)."""
    return _rest(climb, _next(house, facts, climb)).until


def advance(house: House, state: Climb, now: datetime, facts: Facts, news: Sequence[News]) -> Climbed:
    climbing = _Climbing(house, state, now, facts)
    for item in news:
        climbing.hear(item)
    climbing.climb()
    return Climbed(climbing.state, climbing.intents, climbing.decisions, _rest(climbing.state, climbing.due()))


class _Climbing:
    def __init__(self, house: House, state: Climb, now: datetime, facts: Facts) -> None:
        self.house = house
        self.state = state
        self.now = now
        self.facts = facts
        self.intents: list[Intent] = []
        self.decisions: list[Decision] = []
        self.reckoned: tuple[Climb, datetime | None] | None = None

    def hear(self, news: News) -> None:
        state = self.state
        match news:
            case Acknowledged():
                self.state = replace(state, over="acknowledged")
            case Closed():
                self.state = replace(state, over=news.why or "closed")
            case Reassigned():
                self.state = replace(state, person_id=news.person_id)
            case Snoozed():
                self.restart(news.until, state.role, state.person_id)
            case Raised():
                held = holder(news.role, self.house.roles, self.house.calendars, self.facts, self.now)
                self.state = replace(state, sla=news.sla)  # type: ignore[arg-type]
                self.restart(self.now, news.role, held.person.id if held else None)
                self.state = replace(self.state, told=False)
            case _:
                pass

    def restart(self, start: datetime, role: str, person_id: str | None) -> None:
        calendar = _calendar(self.house, self.facts, person_id)
        within = (
            self.house.ladders.escalations[self.state.sla].within
            if self.state.kind == "escalation"
            else self.house.ladders.tasks[self.state.sla].within
        )
        self.state = replace(
            self.state,
            role=role,
            person_id=person_id,
            started_at=start,
            deadline=calendar.plus(start, within),
            rung=0,
            level=self.state.level + 1,
        )

    def climb(self) -> None:
        if self.state.over is not None:
            return
        if not self.state.told:
            self.tell("escalation", "told", [self.state.person_id])
            self.state = replace(self.state, told=True)
        while self.state.over is None and (due := self.due()) is not None and due <= self.now:
            rung = _rungs(self.house, self.state)[self.state.rung]
            self.state = replace(self.state, rung=self.state.rung + 1)
            self.take(rung)

    def due(self) -> datetime | None:
        """When the next rung is to be taken; reckoned once for each state."""
        if self.reckoned is None or self.reckoned[0] is not self.state:
            self.reckoned = (self.state, _next(self.house, self.facts, self.state))
        return self.reckoned[1]

    def take(self, rung: Rung) -> None:
        state = self.state
        if rung.remind:
            template = "task-reminder" if state.kind == "task" else "escalation-reminder"
            self.tell(template, f"remind-{state.rung}", list(self.people(rung.remind)))
        if rung.escalate:
            held = holder(rung.escalate, self.house.roles, self.house.calendars, self.facts, self.now)
            self.intents.append(
                RaiseEscalation(
                    "",
                    state.level,
                    overdue(state.subject_id),
                    rung.escalate,
                    held.person.id if held else None,
                    state.sla,
                    f"{state.title} is overdue.",
                )
            )
            self.decide("escalated", f"{state.title} is overdue: {rung.escalate}")
        if rung.climb:
            self.go_up()

    def go_up(self) -> None:
        found = above(self.house, self.facts, self.state.role, self.state.person_id, self.now)
        if found is None:
            self.state = replace(self.state, over="nobody is above")
            return
        role, held = found
        person = held.person
        self.intents.append(ClimbEscalation(role, person.id))
        self.decide("climbed", f"nobody acknowledged in time: {role}")
        self.restart(self.now, role, person.id)
        self.tell("escalation", "told", [person.id])

    def people(self, roles: Sequence[str]) -> Iterator[str | None]:
        for role in roles:
            if role == "assignee":
                yield self.state.person_id
            elif role == "manager":
                above = next(managers(self.state.person_id, self.facts), None)
                yield above.id if above else None
            else:
                held = holder(role, self.house.roles, self.house.calendars, self.facts, self.now)
                yield held.person.id if held else None

    def tell(self, template: str, effect: str, people: Sequence[str | None]) -> None:
        state = self.state
        for id in dict.fromkeys(id for id in people if id):
            person = self.facts.people.get(id)
            due = state.deadline.astimezone(zone(person.zone) if person else self.facts.zone)
            context = {"title": state.title, "sla": state.sla, "why": state.why, "due": f"{due.day} {due:%B, %H:%M}"}
            self.intents.append(SendMessage("", state.level, effect, "person", id, template, self.now, "internal", True, context=context))
            self.decide("told", f"{id}: {template}")

    def decide(self, what: str, result: str) -> None:
        self.decisions.append(Decision(what, result, rule=f"{self.state.kind} {self.state.sla}", visit=self.state.level))


def above(house: House, facts: Facts, role: str, person_id: str | None, now: datetime) -> tuple[str, Holder] | None:
    """The nearest role above that somebody else holds, and who acts for it; where a role is vacant, its stand-in may have it already."""
    higher = house.ladders.above(role)
    while higher is not None:
        held = holder(higher, house.roles, house.calendars, facts, now)
        if held and held.person.id != person_id:
            return higher, held
        higher = house.ladders.above(higher)
    return None


def undecided(step: str) -> str:
    """The cause of the escalation that an approval raises when nobody decides in time."""
    return f"approval-{step}"


def renamed(cause: str, step: str, becomes: str) -> str:
    """The cause of an escalation whose step has another id now."""
    return undecided(becomes) if cause == undecided(step) else cause


def overdue(task_id: str) -> str:
    """The cause of the escalation that an overdue task raises; it ends when the task is done."""
    return f"overdue/{task_id}"


def _calendar(house: House, facts: Facts, person_id: str | None) -> Calendar:
    person: Person | None = facts.people.get(person_id or "")
    if person is None:
        return house.calendars.working(facts.zone.key, facts.country)
    return house.calendars.working(person.zone, person.country)


def _rungs(house: House, state: Climb) -> tuple[Rung, ...]:
    return house.ladders.tasks[state.sla].rungs if state.kind == "task" else house.ladders.escalations[state.sla].rungs


def _next(house: House, facts: Facts, state: Climb) -> datetime | None:
    rungs = _rungs(house, state)
    if state.rung >= len(rungs):
        return None
    rung = rungs[state.rung]
    calendar = _calendar(house, facts, state.person_id)
    if rung.after:
        return calendar.plus(state.deadline, rung.after)
    return calendar.part(state.started_at, state.deadline, rung.at or 0)


def _rest(state: Climb, until: datetime | None) -> Rest:
    if state.over is not None:
        return Rest(None, "", "", state.over)
    if not state.told:
        return Rest(state.started_at, "tell", state.kind)
    if until is None:
        return Rest(None, "", "", "its ladder is climbed")
    return Rest(until, "climb", state.kind)


_adapter: TypeAdapter[Climb] = TypeAdapter(Climb)


def dump(state: Climb) -> dict[str, Any]:
    dumped: dict[str, Any] = _adapter.dump_python(state, mode="json")
    return dumped


def load(values: Any) -> Climb:
    return _adapter.validate_python(values)
