"""Lengths of time as people say them: `3 days`, `2 business days`, `4 working hours`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

MOST_DAYS = 800


class Unit(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    WORKING_HOUR = "working hour"
    DAY = "day"
    BUSINESS_DAY = "business day"
    WEEK = "week"


_DAYS = {
    Unit.MINUTE: 1 / 1440,
    Unit.HOUR: 1 / 24,
    Unit.WORKING_HOUR: 1 / 5,
    Unit.DAY: 1,
    Unit.BUSINESS_DAY: 7 / 5,
    Unit.WEEK: 7,
}
_SPOKEN = re.compile(r"(\d{1,6}) (minute|hour|working hour|day|business day|week)s?")


@dataclass(frozen=True, slots=True)
class Duration:
    """A count of one unit. What a day or a working hour is, a calendar decides (domain/timing.py)."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"

    @property
    def days(self) -> float:
        """Its rough length in calendar days, for limits and for telling long from short."""
        return self.count * _DAYS[self.unit]

    @property
    def elapsed(self) -> timedelta | None:
        """The exact length of minutes and hours; None for what needs a calendar."""
        match self.unit:
            case Unit.MINUTE:
                return timedelta(minutes=self.count)
            case Unit.HOUR:
                return timedelta(hours=self.count)
            case _:
                return None


def parse(text: Any) -> Duration:
    """Raises ValueError with a sentence."""
    if isinstance(text, Duration):
        return text
    match = _SPOKEN.fullmatch(str(text).strip())
    if not match:
        raise ValueError(f"'{text}' is not a duration; write it like '3 days', '2 business days' or '4 working hours'")
    duration = Duration(int(match[1]), Unit(match[2]))
    if duration.count == 0:
        raise ValueError("a duration of 0 waits for nothing; leave it out")
    if duration.days > MOST_DAYS:
        raise ValueError(f"{duration} is longer than {MOST_DAYS} days")
    return duration


SpokenDuration = Annotated[
    Duration,
    PlainValidator(parse),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": f"^{_SPOKEN.pattern}$", "examples": ["3 days", "2 business days"]}),
]
