"""Journey tests: what CS ops expect of a journey, as they write it in journeys/tests/*.yaml.

A test says what is given, what happens on which days, and which touches and decisions then come or never do. Days are the journey's own,
counted from its anchor. Here is what a file may say; `expecting_names` looks whether its names exist, `rehearsing` plays it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator, field_validator, model_validator

from domain import grammar, source
from domain.calendars import ClockTime, Day
from domain.grammar import Real, Spoken, Truth, Whole, Word, Words, one_or_more
from domain.health import Sla
from domain.journey import Journey
from domain.language import Approval, Branch, Check, Event, Held, Name, Send, Split, Step
from domain.people import Behaviour
from domain.vocabulary import spoken_value

TEN = time(10)
MONDAY = date(2026, 1, 5)
ANY = "any"
REFUSE = "refuse"
CHOOSE = (Branch, Check, Split)
ASK = (Approval, Send)
DEEDS = (
    "event", "know", "health", "done", "approve", "refuse", "acknowledge", "resolve", "hold", "resume", "skip", "exit", "enroll",
    "leaves", "away",
)  # fmt: skip
TOUCHES = ("mail", "post", "task", "approval", "escalation", "reminder", "webhook")
CLAIMS = (*TOUCHES, "chosen", "known", "skipped", "over", "enrolled")
_SPAN = re.compile(r"(-?\d{1,4})(?: to (-?\d{1,4}))?")
_DAY = re.compile(r"day (-?\d{1,4})")


@dataclass(frozen=True, slots=True)
class Span:
    """A day of the journey, or several in a row; both ends included."""

    first: int
    last: int

    def __contains__(self, day: int) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        return f"day {self.first}" if self.first == self.last else f"days {self.first} to {self.last}"


def _span(value: Any) -> Span:
    if isinstance(value, Span):
        return value
    match = _SPAN.fullmatch(str(value).strip())
    if not match:
        raise ValueError(f"'{value}' is not a day of the journey; write 5, -90 or '5 to 7'")
    first, last = int(match[1]), int(match[2] or match[1])
    if last < first:
        raise ValueError(f"'{value}' ends before it begins")
    return Span(first, last)


def _values(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError("a mapping was expected here: {name: value}")
    return {name: spoken_value(item) for name, item in value.items()}


SpokenSpan = Annotated[Span, PlainValidator(_span)]
Spans = Annotated[tuple[SpokenSpan, ...], BeforeValidator(one_or_more)]
Values = Annotated[dict[str, Any], BeforeValidator(_values)]


def day_value(value: Any, day_0: date) -> Any:
    """`day 5` as the date it is; any other value as it stands."""
    match = _DAY.fullmatch(value) if isinstance(value, str) else None
    return day_0 + timedelta(days=int(match[1])) if match else value


class GivenContact(Spoken):
    """One person at the customer."""

    contact: Name
    roles: Words
    zone: Word | None = Field(default=None, description="an IANA zone; the account's when not written")
    country: Word = ""


class Given(Spoken):
    """The account and how things stand when the journey begins."""

    segment: Words | None = Field(default=None, description="one or several, each played; all when not written")
    account: Word = Field(default="example", description="its id; a split goes by it")
    day_0: Day = Field(default=MONDAY, alias="day 0", description="the date of the journey's anchor")
    begins: Whole | None = Field(
        default=None, description="the day of the journey on which the test begins; before its first step when not written"
    )
    enrolled: Truth = Field(default=True, description="false: the account is not in the journey yet; what happens must begin it")
    facts: Values = Field(default_factory=dict, description="told when the test begins; a date may be 'day 5'")
    health: Real | None = Field(default=None, description="every component has this score, and is told so each week")
    contacts: tuple[GivenContact, ...] | None = Field(default=None, description="instead of ann, ben and cleo")
    people: Behaviour = Field(default="prompt", description="how our people act: prompt, late, or silent")
    answers: Values = Field(default_factory=dict, description="what a task is completed with, or 'refuse' for an approval, by step")
    beside: Words = Field(default=(), description="other journeys that are published too; only this one when not written")

    def over(self, wider: Given) -> Given:
        """This, and what it leaves unsaid as the file says it for all its tests."""
        said = {name: getattr(self, name) for name in self.model_fields_set}
        merged = {name: {**getattr(wider, name), **getattr(self, name)} for name in ("facts", "answers")}
        return wider.model_copy(update={**said, **merged})


class Happening(Spoken):
    """One thing that happens from outside."""

    day: Whole
    clock: ClockTime = Field(default=TEN, alias="time", description="on the account's clock")
    event: Event | None = None
    tells: Values = Field(default_factory=dict, description="what the event tells")
    contact: Name | None = Field(default=None, description="the contact it is about")
    know: Values | None = Field(default=None, description="facts that become known; a date may be 'day 5', which also moves an anchor")
    health: Real | None = Field(default=None, description="from now on, every component has this score")
    done: Word | None = Field(default=None, description="a task, by its step")
    outcome: Word | None = None
    approve: Word | None = Field(default=None, description="what was asked at this step")
    refuse: Word | None = None
    acknowledge: Word | None = Field(default=None, description="an escalation, by its cause")
    resolve: Word | None = None
    hold: Literal["account"] | Held | None = None
    until: Whole | None = Field(default=None, description="the day on which a hold or an absence ends")
    resume: Truth = Field(default=False, description="every hold placed before ends")
    skip: Word | None = Field(default=None, description="the run's track goes past this step")
    exit: Word | None = Field(default=None, description="the run is taken out, for this reason")
    enroll: Name | None = Field(default=None, description="in this journey")
    leaves: Name | None = Field(default=None, description="a contact is there no more")
    away: Name | None = Field(default=None, description="one of us is, until a day")

    @property
    def deed(self) -> str:
        return next(name for name in DEEDS if getattr(self, name) not in (None, False))

    @model_validator(mode="after")
    def _one_deed(self) -> Happening:
        said = [name for name in DEEDS if getattr(self, name) not in (None, False)]
        if len(said) != 1:
            raise ValueError(
                f"one thing happens at a time: write one of {', '.join(DEEDS)}" + (f", not {' and '.join(said)}" if said else "")
            )
        for word, owners in (("tells", ("event",)), ("contact", ("event",)), ("outcome", ("done",)), ("until", ("hold", "away"))):
            if word in self.model_fields_set and said[0] not in owners:
                raise ValueError(f"'{word}' belongs to {' or '.join(owners)}, not to {said[0]}")
        if self.away and self.until is None:
            raise ValueError("an absence ends: add 'until: 20'")
        if self.until is not None and self.until <= self.day:
            raise ValueError(f"it begins on day {self.day} and ends on day {self.until}")
        return self


class Expectation(Spoken):
    """A touch or a decision that comes (or, under `never`, does not)."""

    mail: Name | None = None
    post: Name | None = None
    task: Word | None = None
    approval: Name | None = Field(default=None, description="asked: of a step, or before this mail goes out")
    escalation: Word | None = Field(default=None, description="somebody is told of this cause; 'overdue/<task>' for one nobody did in time")
    reminder: Word | None = Field(default=None, description="of this task or cause")
    webhook: Name | None = None
    to: Words = Field(default=(), description="roles or ids; each of them")
    sla: Sla | None = Field(default=None, description="of a task or an escalation")
    due: SpokenSpan | None = Field(default=None, description="the day by which a task is to be done")
    chosen: Values | None = Field(default=None, description="by a branch, check or split: {exit-gate: succeeded}")
    known: Values | None = Field(default=None, description="facts as they stand at the end of the day")
    skipped: Word | None = Field(default=None, description="a step that did not act, or whose message was withdrawn")
    because: Word | None = Field(default=None, description="a part of the reason")
    over: Word | None = Field(default=None, description="the run ends, for this reason; 'any' for whichever")
    enrolled: Name | None = Field(default=None, description="a run of this journey begins")
    day: Spans = Field(default=(), description="5, '5 to 7', or a list: one on each; any day when not written")
    clock: ClockTime | None = Field(default=None, alias="time", description="on the clock of whom it reaches")
    journey: Name | None = Field(default=None, description="of another journey that is published beside")

    @property
    def claim(self) -> str:
        return next(name for name in CLAIMS if getattr(self, name) is not None)

    @property
    def name(self) -> str:
        """What the claim is about, where that is one word."""
        return str(getattr(self, self.claim))

    @model_validator(mode="after")
    def _one_claim(self) -> Expectation:
        said = [name for name in CLAIMS if getattr(self, name) is not None]
        if len(said) != 1:
            raise ValueError(
                f"one thing is expected at a time: write one of {', '.join(CLAIMS)}" + (f", not {' and '.join(said)}" if said else "")
            )
        if said[0] not in TOUCHES and (self.to or self.clock):
            raise ValueError(f"'to' and 'time' belong to what reaches somebody: {', '.join(TOUCHES)}")
        for word, owners in (("sla", ("task", "escalation")), ("due", ("task",))):
            if getattr(self, word) and said[0] not in owners:
                raise ValueError(f"'{word}' belongs to {' or '.join(owners)}")
        if self.because and said[0] != "skipped":
            raise ValueError("'because' belongs to 'skipped'")
        return self


class JourneyTest(Spoken):
    """One test: a sentence, and how it is tried."""

    test: Word
    given: Given = Field(default_factory=Given)
    happens: tuple[Happening, ...] = ()
    until: Whole | None = Field(default=None, description="the last day that is played; the last one named when not written")
    expect: tuple[Expectation, ...] = ()
    never: tuple[Expectation, ...] = ()
    nothing_else: Annotated[tuple[Literal[TOUCHES], ...], BeforeValidator(one_or_more)] = Field(  # type: ignore[valid-type]
        default=(), alias="nothing else", description="touches of these kinds that are not expected must not come"
    )

    @model_validator(mode="after")
    def _can_fail(self) -> JourneyTest:
        if not (self.expect or self.never or self.nothing_else):
            raise ValueError("it expects nothing: add 'expect:' or 'never:'")
        return self

    @property
    def days(self) -> Iterator[int]:
        """Every day it names."""
        for happening in self.happens:
            yield happening.day
            if happening.until is not None:
                yield happening.until
        for expectation in (*self.expect, *self.never):
            yield from (span.last for span in expectation.day)

    @model_validator(mode="after")
    def _ends(self) -> JourneyTest:
        if self.until is None and not any(True for _ in self.days):
            raise ValueError("no day is named in it; add 'until: 30'")
        if self.until is not None and (beyond := max(self.days, default=self.until)) > self.until:
            raise ValueError(f"it is played until day {self.until} and names day {beyond}")
        return self


class JourneyTests(Spoken):
    """One file of journeys/tests."""

    journey: Name
    given: Given = Field(default_factory=Given, description="for every test of the file, where the test does not say otherwise")
    tests: tuple[JourneyTest, ...]

    @field_validator("tests")
    @classmethod
    def _told_apart(cls, tests: tuple[JourneyTest, ...]) -> tuple[JourneyTest, ...]:
        if not tests:
            raise ValueError("there are none; write one at least")
        seen: set[str] = set()
        for test in tests:
            if test.test in seen:
                raise ValueError(f"two tests are called '{test.test}'")
            seen.add(test.test)
        return tests


@dataclass(frozen=True)
class Rehearsal:
    """One test for one segment."""

    journey: str
    test: JourneyTest
    given: Given
    segment: str

    @property
    def until(self) -> int:
        return self.test.until if self.test.until is not None else max(self.test.days)


def compile(text: str, file: str) -> JourneyTests:
    """Raises FaultyText with everything the grammar refuses."""
    return grammar.load(JourneyTests, source.read(text, file), file)


def called(journey: Journey, name: str, kinds: tuple[type, ...] = (object,)) -> dict[str, Step]:
    """The steps of these kinds that a test may call by this name, in any segment: by their id, else by what they are about."""
    nodes = {id: node.step for plan in journey.plans.values() for id, node in plan.nodes.items() if isinstance(node.step, kinds)}
    flat = name.replace("_", "-")
    return {id: step for id, step in nodes.items() if id == flat} or {id: step for id, step in nodes.items() if step.object == flat}


def rehearsals(tests: JourneyTests, segments: tuple[str, ...]) -> Iterator[Rehearsal]:
    for test in tests.tests:
        given = test.given.over(tests.given)
        for segment in given.segment or segments:
            yield Rehearsal(tests.journey, test, given, segment)
