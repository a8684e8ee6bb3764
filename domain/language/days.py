"""When: days of a journey, waits, and what becomes of a day that has passed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

from domain import durations
from domain.calendars import parse_clock
from domain.durations import Duration, SpokenDuration, Unit
from domain.grammar import Spoken, one_or_more

_DAY = re.compile(r"day (-?\d{1,4})")
_FACT = re.compile(r"([a-z]+\.[a-z][a-z0-9_]*)(?: ([+-]) (.+))?")


@dataclass(frozen=True, slots=True)
class At:
    """A day of a journey: `start` (the moment of enrollment), `day n` from the anchor, or a date fact and an offset."""

    day: int | None = None
    fact: str | None = None
    offset: Duration | None = None
    before: bool = False

    @property
    def is_start(self) -> bool:
        return self.day is None and self.fact is None

    def __str__(self) -> str:
        if self.fact:
            return f"{self.fact} {'-' if self.before else '+'} {self.offset}" if self.offset else self.fact
        return "start" if self.day is None else f"day {self.day}"


def parse_at(value: Any) -> At:
    """Raises ValueError with a sentence."""
    if isinstance(value, At):
        return value
    text = str(value).strip()
    if text == "start":
        return At()
    if match := _DAY.fullmatch(text):
        return At(day=int(match[1]))
    if match := _FACT.fullmatch(text):
        offset = durations.parse(match[3]) if match[3] else None
        if offset and offset.unit not in (Unit.DAY, Unit.WEEK, Unit.BUSINESS_DAY):
            raise ValueError(f"'{text}': a date moves by days, business days or weeks")
        return At(fact=match[1], offset=offset, before=match[2] == "-")
    raise ValueError(f"'{text}' is not a day; write 'start', 'day 30' or 'contract.decision_on - 90 days'")


SpokenAt = Annotated[
    At,
    PlainValidator(parse_at),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "examples": ["start", "day 30", "contract.decision_on - 90 days"]}),
]
Days = Annotated[tuple[SpokenAt, ...], BeforeValidator(one_or_more)]


class SkipAfter(Spoken):
    """In place of `run` or `skip`: `late: {skip_after: 10 days}`."""

    skip_after: SpokenDuration = Field(description="run when at most this late, else skip")


def _late(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"skip_after"}:
        return SkipAfter(skip_after=durations.parse(value["skip_after"]))
    if value not in ("run", "skip"):
        raise ValueError(f"'{value}' is not one of run, skip, {{skip_after: 10 days}}")
    return str(value)


Late = Annotated[
    Literal["run", "skip"] | SkipAfter,
    PlainValidator(_late),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": ["run", "skip"]},
                {"type": "object", "required": ["skip_after"], "properties": {"skip_after": {"type": "string"}}},
            ]
        }
    ),
]


@dataclass(frozen=True, slots=True)
class UntilClock:
    """The next time a local clock shows this time."""

    at: time

    def __str__(self) -> str:
        return f"until {self.at:%H:%M}"


def _wait(value: Any) -> Duration | UntilClock | At:
    text = str(value).strip()
    if not text.startswith("until "):
        return durations.parse(text)
    rest = text.removeprefix("until ")
    if re.fullmatch(r"\d{1,2}:\d{2}", rest):
        return UntilClock(parse_clock(rest.zfill(5)))
    at = parse_at(rest)
    if at.is_start:
        raise ValueError("'until start' never waits; write a day")
    return at


SpokenWait = Annotated[
    Duration | UntilClock | At,
    PlainValidator(_wait),
    PlainSerializer(str),
    WithJsonSchema(
        {"type": "string", "examples": ["3 days", "2 business days", "until 09:00", "until day 30", "until contract.decision_on - 90 days"]}
    ),
]
