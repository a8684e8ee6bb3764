"""What a journey test expected beside what came: where they differ, and the story of the days around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from domain.account import facts
from domain.expecting import ANY, CHOOSE, TEN, Expectation, Rehearsal, Span, called, day_value
from domain.faults import Mark
from domain.house import House
from domain.rehearsing import Performance, spoken
from domain.roles import holder, recipients
from domain.simulation import Touch, Why
from domain.timing import moment, zone
from domain.vocabulary import write_value

PASSED_OVER = ("skipped", "withdrawn", "dropped", "expired")
TOLD = (*PASSED_OVER, "chosen", "enrolled", "over", "reacted", "timed out")
CONTEXT = 3  # lines of the story before and after a difference
FOLLOW_UP = "follow-up"  # whose the touches of an account's own escalations are


@dataclass(frozen=True, slots=True)
class Failure:
    """One difference: where it was expected or ruled out, what it is, and what is known of why."""

    mark: Mark
    sentence: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.sentence}; {self.why}" if self.why else self.sentence


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the story. `sign` is '-' for what was expected and did not come, '+' for what came and should not have."""

    at: datetime
    sign: str
    words: str


@dataclass(frozen=True)
class Outcome:
    """A rehearsal judged."""

    rehearsal: Rehearsal
    performance: Performance
    failures: tuple[Failure, ...]
    lines: tuple[Line, ...]

    @property
    def story(self) -> list[str]:
        """Like a diff: each difference, and what happened around it, by the account's clock."""
        differing = [index for index, line in enumerate(self.lines) if line.sign != " "]
        near = {index for at in differing for index in range(at - CONTEXT, at + CONTEXT + 1) if 0 <= index < len(self.lines)}
        told: list[str] = []
        where = zone(self.performance.opening.zone)
        for index in sorted(near):
            if index and index - 1 not in near:
                told.append("  …")
            line = self.lines[index]
            told.append(f"{line.sign} day {self.performance.day(line.at):>3}  {line.at.astimezone(where):%a %d %b %H:%M}  {line.words}")
        return told


def judge(performance: Performance, house: House) -> Outcome:
    return _Judge(performance, house).outcome()


class _Judge:
    def __init__(self, performance: Performance, house: House) -> None:
        self.performance = performance
        self.house = house
        self.stage = performance.stage
        self.rehearsal = performance.rehearsal
        self.failures: list[Failure] = []
        self.missing: list[Line] = []
        self.wrong: dict[int, str] = {}  # what came and should not have, by its identity
        self.expected: set[int] = set()

    def outcome(self) -> Outcome:
        test = self.rehearsal.test
        for at, sentence in self.stage.amiss:
            self.fail(test.mark, f"on day {self.performance.day(at)}, {sentence}")
            self.missing.append(Line(at, "-", sentence))
        for claim, span, to in _each(test.expect):
            self.must_come(claim, span, to)
        for claim, span, to in _each(test.never):
            self.must_not_come(claim, span, to)
        self.nothing_else()
        lines = sorted([*self.story(), *self.missing], key=lambda line: line.at)
        return Outcome(self.rehearsal, self.performance, tuple(self.failures), tuple(lines))

    def fail(self, mark: Mark, sentence: str, why: str = "") -> None:
        self.failures.append(Failure(mark, sentence, why))

    # What was expected

    def must_come(self, claim: Expectation, span: Span | None, to: str | None) -> None:
        if claim.known is not None:
            why = self.differing(claim, span)
        else:
            found = [each for each in self.candidates(claim) if self.fits(claim, each, span, to)]
            self.expected |= {id(each) for each in found}
            why = "" if found else self.explained(claim) or "nothing of the kind came"
        if why:
            words = self.words(claim, to)
            self.fail(claim.mark, f"expected {words}{_on(span)}", why)
            self.missing.append(Line(self.moment(claim, span), "-", f"{words}: {why}"))

    def must_not_come(self, claim: Expectation, span: Span | None, to: str | None) -> None:
        if claim.known is not None:
            if not self.differing(claim, span):
                words = self.words(claim, to)
                self.fail(claim.mark, f"{words}{_on(span)}, and must not be")
                self.missing.append(Line(self.moment(claim, span), "+", f"{words}: must not be"))
            return
        for each in self.candidates(claim):
            if self.fits(claim, each, span, to):
                self.fail(claim.mark, f"{self.came(each)} came on day {self.performance.day(each.at)}, and must not come{_on(span)}")
                self.wrong[id(each)] = "must not come"

    def nothing_else(self) -> None:
        test = self.rehearsal.test
        for touch in self.own(self.rehearsal.journey):
            kind, _ = self.named(touch)
            if kind in test.nothing_else and id(touch) not in self.expected:
                self.fail(
                    test.place("nothing else"), f"{self.came(touch)} came on day {self.performance.day(touch.at)}, which is not expected"
                )
                self.wrong[id(touch)] = "not expected"

    def differing(self, claim: Expectation, span: Span | None) -> str:
        """How the facts differ from the expected ones on each of the days; empty when on one of them they do not."""
        wanted = {name: write_value(day_value(value, self.performance.day_0)) for name, value in (claim.known or {}).items()}
        differing = ""
        for day in range(span.first, span.last + 1) if span else (self.rehearsal.until,):
            if day not in self.performance.days:
                return "the test had not begun"
            known = self.performance.days[day].values
            differing = ", ".join(
                f"{name} was {spoken(known.get(name))}" for name, value in wanted.items() if write_value(known.get(name)) != value
            )
            if not differing:
                return ""
        return differing

    # What came

    def own(self, journey: str) -> Iterator[Touch]:
        """The touches of a journey, and of escalations that belong to none."""
        return (touch for touch in self.stage.touches if touch.journey in (journey, FOLLOW_UP))

    def candidates(self, claim: Expectation) -> Sequence[Touch | Why]:
        """Everything of the sort that is expected, whenever and to whomever it came."""
        journey = claim.journey or self.rehearsal.journey
        match claim.claim:
            case "chosen":
                ((step, result),) = (claim.chosen or {}).items()
                chosen = self.decisions(journey, "chosen")
                return [why for why in chosen if self.is_about(journey, why, step, CHOOSE) and why.decision.result == str(result)]
            case "skipped":
                passed = self.decisions(journey, *PASSED_OVER)
                return [why for why in passed if self.is_about(journey, why, claim.name) and (claim.because or "") in _reason(why)]
            case "over":
                return [why for why in self.decisions(journey, "over") if claim.over in (ANY, why.decision.result)]
            case "enrolled":
                return self.decisions(claim.name, "enrolled")
            case kind:
                return [touch for touch in self.own(journey) if self.named(touch) == (kind, claim.name)]

    def decisions(self, journey: str, *what: str) -> list[Why]:
        return [why for why in self.stage.whys if why.journey == journey and why.decision.what in what]

    def is_about(self, journey: str, why: Why, step: str, kinds: tuple[type, ...] = (object,)) -> bool:
        return why.decision.step in called(self.stage.journeys[journey], step, kinds)

    def named(self, touch: Touch) -> tuple[str, str]:
        """A touch as tests call it: its kind and its name."""
        if touch.kind != "notice":
            return touch.kind, touch.what
        return ("escalation" if touch.effect == "told" else "reminder"), self.stage.title(touch.step)

    def fits(self, claim: Expectation, each: Touch | Why, span: Span | None, to: str | None) -> bool:
        if span and self.performance.day(each.at) not in span:
            return False
        if isinstance(each, Why):
            return True
        if to and to != each.recipient and each.recipient not in self.holders(to, each.at):
            return False
        if claim.sla and claim.sla != self.stage.sla_of(each):
            return False
        if claim.due and ((task := self.stage.task_of(each)) is None or self.performance.day(task.due_at) not in claim.due):
            return False
        return claim.clock is None or f"{claim.clock:%H:%M}" == f"{each.at.astimezone(self.clock_of(each.recipient)):%H:%M}"

    def holders(self, role: str, at: datetime) -> set[str]:
        """Who holds a role, at the beginning or at the end of the test."""
        found: set[str] = set()
        for account in (self.performance.opening, self.stage.account):
            known = facts(account, self.house, at)
            found |= {contact.id for contact in recipients(role, self.house.roles, known)}
            if held := holder(role, self.house.roles, self.house.calendars, known, at):
                found.add(held.person.id)
        return found

    def clock_of(self, recipient: str) -> ZoneInfo:
        account = self.performance.opening
        person = account.people.get(recipient)
        contact = next((contact for contact in account.contacts if contact.id == recipient), None)
        return zone((person and person.zone) or (contact and contact.zone) or account.zone)

    # In words

    def moment(self, claim: Expectation, span: Span | None) -> datetime:
        """Where in the story something that is missing belongs."""
        day = span.last if span else self.rehearsal.until
        return moment(self.performance.day_0 + timedelta(days=day), claim.clock or TEN, zone(self.performance.opening.zone))

    def words(self, claim: Expectation, to: str | None) -> str:
        match claim.claim:
            case "chosen":
                return ", ".join(f"{step} to choose {result}" for step, result in (claim.chosen or {}).items())
            case "known":
                return ", ".join(f"{name} = {spoken(value)}" for name, value in (claim.known or {}).items())
            case "over":
                return "the run to be over" + ("" if claim.over == ANY else f" because of '{claim.over}'")
            case "enrolled":
                return f"a run of {claim.enrolled} to begin"
            case "skipped":
                return f"{claim.skipped} to be skipped" + (f" because of '{claim.because}'" if claim.because else "")
            case kind:
                words = f"{kind} {claim.name}" + (f" to {to}" if to else "") + (f" at {claim.clock:%H:%M}" if claim.clock else "")
                return words + (f" as {claim.sla}" if claim.sla else "") + (f" due on {claim.due}" if claim.due else "")

    def came(self, each: Touch | Why) -> str:
        if isinstance(each, Why):
            return f"{each.decision.step or each.journey} {each.decision.what}: {_reason(each)}"
        return f"{' '.join(self.named(each))} to {each.recipient}"

    def explained(self, claim: Expectation) -> str:
        """What is known of why it did not come: when it did, or what was decided instead."""
        journey = claim.journey or self.rehearsal.journey
        nearest, refused = self.candidates(claim), self.refused(claim)
        if nearest or refused:
            came = ["it came " + ", ".join(self.when(each) for each in nearest[:4]) + (" …" if len(nearest) > 4 else "")] if nearest else []
            return "; ".join([*came, *refused])
        passed = [why for why in self.decisions(journey, *PASSED_OVER, "chosen") if self.concerns(journey, why, claim)]
        if passed:
            return "; ".join(f"on day {self.performance.day(why.at)} it was {why.decision.what}: {_reason(why)}" for why in passed[:3])
        if over := self.decisions(journey, "over"):
            return f"the run was over on day {self.performance.day(over[-1].at)}: {over[-1].decision.result}"
        return ""

    def refused(self, claim: Expectation) -> list[str]:
        """The enrollments of this sort that were refused."""
        found = [why for why in self.stage.whys if claim.enrolled and why.decision.what == "not enrolled"]
        mine = [why for why in found if why.decision.result.startswith(f"{claim.enrolled}: ")]
        return [f"refused on day {self.performance.day(why.at)}: {why.decision.result.removeprefix(f'{claim.enrolled}: ')}" for why in mine]

    def when(self, each: Touch | Why) -> str:
        day = f"on day {self.performance.day(each.at)}"
        if isinstance(each, Why):
            return day
        words = f"{day} at {each.at.astimezone(self.clock_of(each.recipient)):%H:%M} to {each.recipient}"
        sla = f" as {sla}" if (sla := self.stage.sla_of(each)) else ""
        task = self.stage.task_of(each)
        return words + sla + (f" due on day {self.performance.day(task.due_at)}" if task else "")

    def concerns(self, journey: str, why: Why, claim: Expectation) -> bool:
        """Whether a decision is about the step that would have brought what is expected."""
        match claim.claim:
            case "chosen":
                return any(self.is_about(journey, why, step, CHOOSE) for step in claim.chosen or ())
            case "known" | "over" | "enrolled" | "skipped":
                return False
            case _:
                nodes = [plan.nodes.get(why.decision.step or "") for plan in self.stage.journeys[journey].plans.values()]
                return any(node and getattr(node.step, node.step.verb) == claim.name for node in nodes)

    def story(self) -> Iterator[Line]:
        """Everything that happened and was decided, in words: of one moment first what was told, then why, then what came of it."""
        for at, words in self.performance.told:
            yield Line(at, " ", f"({words})")
        decided = [why for why in self.stage.whys if why.decision.what in TOLD and why.journey]
        yield from (self.line(why) for why in decided if why.decision.what != "over")
        yield from (self.line(touch) for touch in self.stage.touches)
        yield from (self.line(why) for why in decided if why.decision.what == "over")

    def line(self, each: Touch | Why) -> Line:
        wrong = self.wrong.get(id(each))
        return Line(each.at, "+" if wrong else " ", self.came(each) + (f": {wrong}" if wrong else ""))


def _each(expectations: Iterable[Expectation]) -> Iterator[tuple[Expectation, Span | None, str | None]]:
    """Every single claim of these: one choice, one day or span, one recipient."""
    for expectation in expectations:
        choices: list[dict[str, Any] | None] = [{step: result} for step, result in (expectation.chosen or {}).items()]
        for chosen, span, to in product(choices or [None], expectation.day or (None,), expectation.to or (None,)):
            yield expectation.model_copy(update={"chosen": chosen}), span, to


def _on(span: Span | None) -> str:
    return f" on {span}" if span else ""


def _reason(why: Why) -> str:
    decision = why.decision
    words = f"{decision.result}: {decision.rule}" if decision.rule and decision.rule != decision.result else decision.result
    seen = ", ".join(f"{name} is {spoken(value)}" for name, value in decision.inputs.items())
    return f"{words} ({seen})" if seen else words
