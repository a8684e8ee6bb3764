"""The facts and events a company declares: what may be known, what may happen, and what happening makes known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from pydantic import Field, field_validator

from domain.conditions import SpokenCondition
from domain.durations import SpokenDuration
from domain.facts import Scope
from domain.faults import suggestion
from domain.grammar import Spoken, Truth, Word, Words

NAMESPACES = ("account", "contract", "contact", "health")
COHORT = "account.cohort"  # a number from 0 to 99 that every account has; nobody declares or tells it


class Kind(StrEnum):
    """What sort of value a fact or a payload field holds."""

    TEXT = "text"
    NUMBER = "number"
    COUNT = "count"  # a whole number from 0
    SHARE = "share"  # 0 to 1
    SCORE = "score"  # 0 to 100
    MONEY = "money"  # in the account's currency
    BOOLEAN = "boolean"
    DATE = "date"
    LIST = "list"  # of texts

    @property
    def is_number(self) -> bool:
        return self in (Kind.NUMBER, Kind.COUNT, Kind.SHARE, Kind.SCORE, Kind.MONEY)


_RANGE = {Kind.COUNT: (0, 2**53), Kind.SHARE: (0, 1), Kind.SCORE: (0, 100), Kind.NUMBER: (-(2**53), 2**53), Kind.MONEY: (-(2**53), 2**53)}
MOST_TEXT = 4000
FIRST_YEAR, LAST_YEAR = 1990, 2100  # days of a journey are reckoned from dates, and calendars must know them


def read_value(kind: Kind, value: Any, one_of: tuple[str, ...] = ()) -> Any:
    """A JSON value as this kind of fact (dates are ISO texts). Raises ValueError with a sentence; None is 'not known'."""
    if value is None:
        return None
    match kind:
        case Kind.BOOLEAN:
            if not isinstance(value, bool):
                raise ValueError(f"{value!r} is neither true nor false")
            return value
        case Kind.TEXT:
            if not isinstance(value, str) or len(value) > MOST_TEXT:
                raise ValueError(f"a text of at most {MOST_TEXT} characters was expected")
            if one_of and value not in one_of:
                raise ValueError(f"'{value}' is not one of {', '.join(one_of)}{suggestion(value, one_of)}")
            return value
        case Kind.DATE:
            if isinstance(value, date) and not isinstance(value, datetime):
                return value
            try:
                day = date.fromisoformat(value)
            except (TypeError, ValueError):
                day = None
            if day is None or day.isoformat() != value:
                raise ValueError(f"{value!r} is not a date like '2026-03-31'")
            if not FIRST_YEAR <= day.year <= LAST_YEAR:
                raise ValueError(f"'{value}' lies outside {FIRST_YEAR} to {LAST_YEAR}")
            return day
        case Kind.LIST:
            if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value) or len(value) > 100:
                raise ValueError("a list of at most 100 texts was expected")
            return tuple(value)
        case _:
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(f"{value!r} is not a number")
            low, high = _RANGE[kind]
            if not low <= value <= high or (kind is Kind.COUNT and value != int(value)):
                raise ValueError(f"{value} is not a {kind} ({low} to {high:,})")
            return value


def write_value(value: Any) -> Any:
    """A fact's value as JSON."""
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


@dataclass
class UnfitPayload(ValueError):
    """An event's payload that is not as declared. Each fault: where (a JSON pointer within the payload), a code and a sentence."""

    faults: list[tuple[str, str, str]]

    def __str__(self) -> str:
        return "; ".join(sentence for _, _, sentence in self.faults)


class Quiet(Spoken):
    """True when a date fact lies at least this long ago: nothing of the kind happened since."""

    fact: Word
    for_: SpokenDuration = Field(alias="for")


class Fact(Spoken):
    """One thing that may be known of an account, a contract, a contact or its health."""

    type: Kind
    one_of: Words = ()
    default: Any = None
    fresh_for: SpokenDuration | None = Field(default=None, description="older than this, it counts as unknown")
    while_: Word | None = Field(default=None, alias="while", description="true while a run of this journey is live")
    quiet: Quiet | None = None
    phi: Truth = Field(default=False, description="about somebody's health; the healthcare pack keeps it out of messages")
    meaning: Word = Field(default="", description="what it is, for whoever supplies it; shown by the API")
    example: Any = Field(default=None, description="what previews of words show")

    @field_validator("default", "example", mode="before")
    @classmethod
    def _typed_default(cls, value: Any) -> Any:
        return spoken_value(value)

    def read(self, value: Any) -> Any:
        return read_value(self.type, value, self.one_of)


def spoken_value(value: Any) -> Any:
    """A scalar of a journey or policy text as the value it looks like."""
    if not isinstance(value, str) or not getattr(value, "plain", True):
        return tuple(value) if isinstance(value, list) else value
    if value in ("true", "false"):
        return value == "true"
    for kind in (int, float, date.fromisoformat):
        with suppress(ValueError):
            spoken = kind(value)
            if not isinstance(spoken, float) or math.isfinite(spoken):  # `nan` and `infinity` are words here
                return spoken
    return str(value)


class Setting(Spoken):
    """A fact that an event sets only sometimes."""

    to: Any
    when: SpokenCondition = Field(description="a condition over event.<field>")

    @field_validator("to", mode="before")
    @classmethod
    def _typed(cls, value: Any) -> Any:
        return spoken_value(value)


class EventKind(Spoken):
    """One thing that may happen: what it tells, and which facts it makes known."""

    tells: dict[str, Kind] = Field(default_factory=dict, description="the payload's fields")
    sets: dict[str, Any] = Field(
        default_factory=dict, description="facts it sets: a value, `event.<field>`, `on` for its day, or {to: …, when: …}"
    )
    answer: Word | None = Field(default=None, description="the payload field that becomes steps.<id>.answer of a wait_for")
    meaning: Word = ""

    @field_validator("sets", mode="before")
    @classmethod
    def _typed_values(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("write the facts it sets as a mapping: {account.first_value_on: on}")
        return {name: Setting.model_validate(item) if isinstance(item, dict) else spoken_value(item) for name, item in value.items()}


class Vocabulary(Spoken):
    """journeys/policies/vocabulary.yaml."""

    facts: dict[str, dict[str, Fact]]
    events: dict[str, EventKind]
    values: dict[str, Any] = Field(default_factory=dict, description="numbers and texts that journeys name as policy.<name>")

    @field_validator("events", mode="before")
    @classmethod
    def _events(cls, value: Any) -> Any:
        return {name: event or {} for name, event in value.items()} if isinstance(value, dict) else value

    @field_validator("values", mode="before")
    @classmethod
    def _values(cls, value: Any) -> Any:
        return {name: spoken_value(item) for name, item in value.items()} if isinstance(value, dict) else value

    @cached_property
    def by_name(self) -> Mapping[str, Fact]:
        """Every fact by its full name, `account.segment`."""
        return {f"{space}.{name}": fact for space, facts in self.facts.items() for name, fact in facts.items()}

    @cached_property
    def defaults(self) -> Mapping[str, Any]:
        values: dict[str, Any] = {name: fact.default for name, fact in self.by_name.items()}
        return values | {f"policy.{name}": value for name, value in self.values.items()}

    @cached_property
    def quiets(self) -> Mapping[str, Quiet]:
        return {name: fact.quiet for name, fact in self.by_name.items() if fact.quiet}

    @cached_property
    def perishable(self) -> Mapping[str, timedelta]:
        """The facts that go stale, and after how long."""
        return {name: timedelta(days=fact.fresh_for.days) for name, fact in self.by_name.items() if fact.fresh_for}

    @cached_property
    def whiles(self) -> Mapping[str, str]:
        return {name: fact.while_ for name, fact in self.by_name.items() if fact.while_}

    def read(self, name: str, value: Any) -> Any:
        """A fact's JSON value checked against its declaration. Raises ValueError with a sentence."""
        fact = self.by_name.get(name)
        if fact is None:
            raise ValueError(f"'{name}' is not a declared fact{suggestion(name, self.by_name)}")
        if fact.while_ or fact.quiet:
            raise ValueError(f"'{name}' follows from other facts and cannot be set")
        return fact.read(value)

    def imagine(self, name: str, value: Any) -> Any:
        """The same for an account that is only described: it may also be given its cohort, which no real account can be told."""
        if name != COHORT:
            return self.read(name, value)
        if type(value) is not int or not 0 <= value <= 99:
            raise ValueError(f"a cohort is a whole number from 0 to 99, not {value}")
        return value

    def read_payload(self, event: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """What a declared event tells, checked against its declaration, as JSON values. Raises UnfitPayload with everything wrong."""
        declared = self.events[event].tells
        faults: list[tuple[str, str, str]] = []
        for name in payload:
            if name not in declared:
                faults.append((f"/{name}", "unknown_field", f"{event} does not tell '{name}'{suggestion(name, declared)}"))
        read: dict[str, Any] = {}
        for name, kind in declared.items():
            if name in payload:
                try:
                    read[name] = write_value(read_value(kind, payload[name]))
                except ValueError as error:
                    faults.append((f"/{name}", "type", f"'{name}': {error}"))
        if not faults:
            try:
                self.made_known(event, read, date(FIRST_YEAR, 1, 1))
            except ValueError as error:
                faults.append(("", "fact", str(error)))
        if faults:
            raise UnfitPayload(faults)
        return read

    def made_known(self, event: str, payload: Mapping[str, Any], on: date) -> dict[str, Any]:
        """The facts that an event of this name, told with this payload on this local day, sets."""
        told = {f"event.{name}": value for name, value in payload.items()}
        known: dict[str, Any] = {}
        for name, value in self.events[event].sets.items():
            if isinstance(value, Setting):
                if not value.when.holds(Scope(told)):
                    continue
                setting = value.to
            else:
                setting = value
            if setting == "on":
                known[name] = on
            elif isinstance(setting, str) and setting.startswith("event."):
                if (given := told.get(setting)) is not None:
                    known[name] = self.read(name, given)
            else:
                known[name] = setting
        return known


@dataclass(frozen=True, slots=True)
class Flip:
    """A fact about quiet that becomes true on a day (local to the account) unless something happens before."""

    name: str
    on: date


def quiet_facts(vocabulary: Vocabulary, values: Mapping[str, Any], today: date) -> tuple[dict[str, bool], list[Flip]]:
    """Which facts about quiet are true on this day, and on which later days others will become true."""
    now, later = {}, []
    for name, quiet in vocabulary.quiets.items():
        last = values.get(quiet.fact)
        flips = None if last is None else last + timedelta(days=round(quiet.for_.days))
        now[name] = flips is not None and flips <= today
        if flips is not None and flips > today:
            later.append(Flip(name, flips))
    return now, later
