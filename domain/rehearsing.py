"""A journey test played in virtual time: its account set up, its happenings told, and what came of it kept for looking at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from domain import archetypes, health, shadow
from domain.account import Account, facts, with_reading
from domain.expecting import ASK, TEN, Expectation, Given, GivenContact, Happening, Rehearsal, called, day_value
from domain.facts import Absence, Contact, Contract, Facts, Hold
from domain.house import House
from domain.intents import CreateTask, RaiseEscalation
from domain.journey import Journey
from domain.ladder import overdue
from domain.language import Task
from domain.news import ExitOrdered, News, SkipOrdered
from domain.reaching import Place, reached
from domain.simulation import Touch, World
from domain.standing import RunStanding
from domain.timing import MIDNIGHT, moment, zone
from domain.vocabulary import write_value

_TERMS = ("starts_on", "ends_on", "auto_renews", "notice_days", "value")
_Asked = tuple[str, str, int]  # run, step, visit


class Stage(World):
    """A world that remembers where its runs have been, and what it was told that made no sense there."""

    def __init__(self, house: House, journeys: Iterable[Journey], account: Account, now: datetime, given: Given) -> None:
        # A test says the hour at which mail may leave, not the minute that falls to this account.
        super().__init__(replace(house, calendars=house.calendars.without_spread()), list(journeys), account, now, given.people)
        self.trodden: set[Place] = set()
        self.amiss: list[tuple[datetime, str]] = []
        self.contracts: dict[str, str | None] = {}  # of each run, by its id
        self.raised: list[tuple[datetime, RaiseEscalation]] = []

    def _turn(self, run: RunStanding) -> None:
        before, told = run.state, len(self.whys)
        plan = run.journey.plan(self._facts(run).segment)
        super()._turn(run)
        mine = [why.decision for why in self.whys[told:] if why.journey == run.journey.name]
        self.trodden.update(reached(run.journey.name, plan, before, run.state, mine))
        self.contracts[run.id] = run.contract_id

    def _raise(self, intent: RaiseEscalation, run_id: str) -> None:
        self.raised.append((self.now, intent))
        super()._raise(intent, run_id)

    def task_of(self, touch: Touch) -> CreateTask | None:
        """The task that reached somebody as this touch."""
        task = self.tasks.get((touch.run, touch.step, touch.visit))
        return task.intent if task and touch.effect == "task" else None

    def sla_of(self, touch: Touch) -> str | None:
        """The class of the task or escalation that reached somebody as this touch."""
        if task := self.task_of(touch):
            return task.sla
        return min((intent.sla for at, intent in self.raised if intent.cause == touch.step and at <= touch.at), default=None)

    def title(self, cause: str) -> str:
        """A cause as tests name it: an overdue task by its title."""
        return next((f"overdue/{task.intent.title}" for task in self.tasks.values() if overdue(task.id) == cause), cause)

    def tell(self, journey: str, *news: News) -> None:
        if all(run.journey.name != journey for run in self.runs.values()):
            self.amiss.append((self.now, f"no run of {journey} is live"))
        for item in news:
            self.order(journey, item)

    def finish(self, journey: str, step: str, outcome: str | None) -> None:
        """The task asked last at a step is completed."""
        open = {key for key, task in self.tasks.items() if task.open}
        if at := self._asked(called(self.journeys[journey], step, (Task,)), journey, open, f"no task '{step}' is open"):
            self.complete_task(*at, outcome)

    def decide(self, journey: str, step: str, approved: bool) -> None:
        open = {key for key, approval in self.approvals.items() if approval.open}
        if at := self._asked(called(self.journeys[journey], step, ASK), journey, open, f"no approval of '{step}' is asked"):
            self.decide_approval(*at, approved)

    def _asked(self, steps: Collection[str], journey: str, open: set[_Asked], otherwise: str) -> _Asked | None:
        mine = [at for at in open if at[0].rpartition("#")[0] == journey and at[1] in steps]
        if not mine:
            self.amiss.append((self.now, otherwise))
        return max(mine, key=lambda at: at[2], default=None)

    def answer(self, cause: str, act: Callable[[str], None]) -> None:
        found = next((open for open in self.escalations if cause in (open, self.title(open))), None)
        if found is None:
            self.amiss.append((self.now, f"no escalation '{cause}' is open"))
        else:
            act(found)

    def hold_all(self, holds: Iterable[Hold]) -> None:
        for hold in holds:
            self.place(hold)

    def lift_all(self) -> None:
        """Every hold that a person placed ends."""
        mine = [id for id, (owner, _) in self.holds.items() if not owner]
        if not mine:
            self.amiss.append((self.now, "nothing is held"))
        for id in mine:
            self.lift(id)


@dataclass
class Performance:
    """What came of a rehearsal. `told` is what the test let happen, in words; `days` the facts at the end of the days it asks about."""

    rehearsal: Rehearsal
    stage: Stage
    opening: Account
    day_0: date
    told: list[tuple[datetime, str]] = field(default_factory=list)
    days: dict[int, Facts] = field(default_factory=dict)

    def day(self, at: datetime) -> int:
        """The day of the journey, on the account's calendar."""
        return (at.astimezone(zone(self.opening.zone)).date() - self.day_0).days


def play(rehearsal: Rehearsal, house: House, journeys: Mapping[str, Journey]) -> Performance:
    """Names must have been checked (`expecting_names`). What is in shadow is played as if it were live."""
    return _Director(rehearsal, house, {name: shadow.as_live(journey) for name, journey in journeys.items()}).play()


class _Director:
    def __init__(self, rehearsal: Rehearsal, house: House, journeys: Mapping[str, Journey]) -> None:
        self.rehearsal = rehearsal
        self.given = rehearsal.given
        self.day_0 = rehearsal.given.day_0
        self.house = house
        self.journey = journeys[rehearsal.journey]
        self.zone = zone(archetypes.HERE)
        described = archetypes.at_beginning_of(self.journey, house, rehearsal.segment, self.day_0)
        ahead = (self.day_0 - self._anchor(described)).days  # from the anchor to where a described account begins
        self.begins = ahead if self.given.begins is None else self.given.begins
        self.now = self.on(self.begins)
        account = self._account(archetypes.at_beginning_of(self.journey, house, rehearsal.segment, self.day_0 + timedelta(days=ahead)))
        self.stage = Stage(house, [self.journey, *(journeys[name] for name in self.given.beside)], account, self.now, self.given)
        self.stage.outcomes = {
            id: str(answer) for step, answer in self.given.answers.items() for id in called(self.journey, step, (Task, *ASK))
        }
        self.performance = Performance(rehearsal, self.stage, account, self.day_0)

    def play(self) -> Performance:
        stage, test = self.stage, self.rehearsal.test
        for happening in test.happens:
            self._let(happening)
        self._let_health_be_told()
        for day in {day for each in (*test.expect, *test.never) if each.known for day in self._days_of(each)}:
            if day >= self.begins:
                stage.at(self._end_of(day), lambda world, day=day: self._keep(world, day))  # type: ignore[misc]
        if self.given.enrolled:
            stage.enroll(self.journey.name, "by the test")
            if not stage.runs:
                stage.amiss.append((stage.now, f"the account may not enter: {stage.whys[-1].decision.result}"))
        else:
            stage.know({})
        stage.play(self._end_of(self.rehearsal.until))
        return self.performance

    def on(self, day: int, clock: time = TEN) -> datetime:
        return moment(self.day_0 + timedelta(days=day), clock, self.zone)

    def _end_of(self, day: int) -> datetime:
        return self.on(day + 1, MIDNIGHT) - timedelta(seconds=1)

    def _days_of(self, expectation: Expectation) -> Iterable[int]:
        if not expectation.day:
            return (self.rehearsal.until,)
        return (day for span in expectation.day for day in range(span.first, span.last + 1))

    def _keep(self, world: World, day: int) -> None:
        contract = next((id for id in reversed(self.stage.contracts.values()) if id), None)
        self.performance.days[day] = facts(world.account, self.house, world.now, contract)

    # The account

    def _anchor(self, account: Account) -> date:
        name = self.journey.plan(self.rehearsal.segment).text.anchor
        found = None if name == "start" else facts(account, self.house, self.on(0)).values.get(name)
        return found if isinstance(found, date) else self.day_0

    def _account(self, plain: Account) -> Account:
        """The described account with what is given instead; its contract still lies where day 0 is the day that is given."""
        given = self.given
        told = {name: self._read(name, value) for name, value in given.facts.items()}
        if given.health is not None:
            told |= _scores(self.house, given.health)
        tags = tuple(told.pop("account.tags", ()))
        values = {name: value for name, value in told.items() if name.startswith("account.")}
        terms = {name.removeprefix("contract."): value for name, value in told.items() if name.startswith("contract.")}
        account = replace(
            plain, id=given.account, tags=tags, values={**plain.values, **values}, contracts=(_contract(plain.contracts[0], terms),),
            told_at=dict.fromkeys(values, self.now),
        )  # fmt: skip
        (contract,) = account.contracts
        if moved := self.day_0 - self._anchor(account):
            account = replace(account, contracts=(replace(contract, ends_on=contract.ends_on + moved),))
        if given.contacts is not None:
            account = replace(account, contacts=tuple(_contact(each) for each in given.contacts))
        for weeks in (2, 1) if given.health is not None else ():
            known = facts(account, self.house, self.now)
            reading = health.read(self.house.health, known.values, known.today(self.now) - timedelta(weeks=weeks), account.readings)
            account = with_reading(account, reading)
        return account

    def _read(self, name: str, value: Any, today: int = 0) -> Any:
        """A fact as written: of its kind, a day of the journey as its date."""
        dated = f"day {today}" if value == "today" else value
        return self.house.vocabulary.imagine(name, write_value(day_value(dated, self.day_0)))

    # What happens

    def _let(self, happening: Happening) -> None:
        at = self.on(happening.day, happening.clock)
        name = happening.deed
        if name == "health":
            return
        word = getattr(happening, name)
        words = f"{name} {word}" if isinstance(word, str) else name
        if happening.tells or happening.know:
            words += " " + ", ".join(f"{key} = {spoken(value)}" for key, value in (happening.tells or happening.know or {}).items())
        self._at(at, words, self._deed(happening))

    def _at(self, at: datetime, words: str, act: Callable[[], None]) -> None:
        if at < self.now:
            self.stage.amiss.append((at, f"{words} comes too early: the test begins on day {self.begins}"))
            return
        self.performance.told.append((at, words))
        self.stage.at(at, lambda _: act())

    def _deed(self, happening: Happening) -> Callable[[], None]:
        stage, journey, until = self.stage, self.journey.name, happening.until
        ends = self.on(until, MIDNIGHT) if until is not None else None
        match happening.deed, getattr(happening, happening.deed):
            case "event", name:
                tells = {key: write_value(day_value(value, self.day_0)) for key, value in happening.tells.items()}
                payload = self.house.vocabulary.read_payload(name, tells)
                return lambda: stage.event(name, payload, contact_id=happening.contact)
            case "know", values:
                known = {name: self._read(name, value, happening.day) for name, value in values.items()}
                return lambda: stage.know(known)
            case "done", step:
                return lambda: stage.finish(journey, step, happening.outcome)
            case "approve" | "refuse" as verdict, step:
                return lambda: stage.decide(journey, step, verdict == "approve")
            case "acknowledge", cause:
                return lambda: stage.answer(cause, stage.acknowledge)
            case "resolve", cause:
                return lambda: stage.answer(cause, stage.resolve)
            case "hold", held:
                journeys = () if held == "account" else (held.journey,) if held.journey else ()
                classes = () if held == "account" else held.classes
                holds = [Hold(f"test/{happening.day}/{name}", name, None, ends, "the test") for name in journeys]
                holds += [Hold(f"test/{happening.day}/{name}", None, name, ends, "the test") for name in classes]
                holds = holds or [Hold(f"test/{happening.day}", None, None, ends, "the test")]
                return lambda: stage.hold_all(holds)
            case "resume", _:
                return stage.lift_all
            case "skip", step:
                ids = called(self.journey, step)
                return lambda: stage.tell(journey, *(SkipOrdered(id, stage.now, "the test") for id in ids))
            case "exit", why:
                return lambda: stage.tell(journey, ExitOrdered(stage.now, why))
            case "enroll", name:
                return lambda: stage.enroll(name, "by the test")
            case "leaves", id:
                return lambda: _leaves(stage, id)
            case "away", id:
                first, last = (self.day_0 + timedelta(days=day) for day in (happening.day, until or 0))
                return lambda: _goes_away(stage, id, Absence(first, last))
            case deed, _:
                raise AssertionError(f"nobody does '{deed}'")

    def _let_health_be_told(self) -> None:
        """Scores go stale, so they are told each week, with the weekly reading, until another is."""
        scores = [(self.on(happening.day, happening.clock), happening.health) for happening in self.rehearsal.test.happens]
        told = sorted((at, score) for at, score in scores if score is not None)
        if self.given.health is not None:
            told.insert(0, (self.now, self.given.health))
        end = self._end_of(self.rehearsal.until)
        for (at, score), (following, _) in pairwise([*told, (end, 0.0)]):
            self.performance.told.append((at, f"health {score:g}"))
            for weeks in range((following - at) // timedelta(weeks=1) + 1):
                self.stage.at(at + timedelta(weeks=weeks), lambda _, score=score: self._tell_health(score))  # type: ignore[misc]

    def _tell_health(self, score: float) -> None:
        self.stage.know(_scores(self.house, score))
        self.stage.read_health()


def spoken(value: Any) -> str:
    """A fact's value in words."""
    return "unknown" if value is None else str(value).lower() if isinstance(value, bool) else str(write_value(value))


def _scores(house: House, score: float) -> dict[str, float]:
    return {component.told: score for component in house.health.components.values() if component.told}


def _contract(plain: Contract, terms: Mapping[str, Any]) -> Contract:
    fields = {name: value for name, value in terms.items() if name in _TERMS}
    return replace(plain, **fields, facts={name: value for name, value in terms.items() if name not in _TERMS})


def _contact(given: GivenContact) -> Contact:
    name = given.contact.replace("-", " ").title()
    return Contact(given.contact, name, f"{given.contact}@example.com", tuple(given.roles), given.zone or "", given.country)


def _leaves(stage: Stage, id: str) -> None:
    if person := stage.account.people.get(id):
        stage.change_person(replace(person, active=False))
    else:
        stage.change_contact(id, active=False)


def _goes_away(stage: Stage, id: str, absence: Absence) -> None:
    person = stage.account.people[id]
    stage.change_person(replace(person, absences=(*person.absences, absence)))
