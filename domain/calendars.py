"""journeys/policies/calendars.yaml: when customers may be written to and when our people work."""

from __future__ import annotations

from datetime import date, time
from functools import lru_cache
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer

from domain import timing
from domain.grammar import Spoken, Truth

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def parse_clock(value: object) -> time:
    if isinstance(value, time):
        return value
    try:
        return time.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"'{value}' is not a time of day like 09:00") from None


def _weekday(value: object) -> int:
    if isinstance(value, int):
        return value
    if value not in WEEKDAYS:
        raise ValueError(f"'{value}' is not one of {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(str(value))


def _day(value: object) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"'{value}' is not a date like 2026-12-24") from None


ClockTime = Annotated[time, BeforeValidator(parse_clock), PlainSerializer(str)]
Weekday = Annotated[int, BeforeValidator(_weekday)]
Day = Annotated[date, BeforeValidator(_day)]


class WeekHours(Spoken):
    """A window of the local day on some weekdays; one that closes before it opens runs overnight."""

    opens: ClockTime
    closes: ClockTime
    days: Annotated[frozenset[Weekday], Field(min_length=1)]

    def hours(self) -> timing.Hours:
        if self.opens == self.closes:
            raise ValueError("a window that opens and closes at the same time is empty")
        return timing.Hours(self.opens, self.closes, self.days)


class Calendars(Spoken):
    """The send window of customers, the working hours of our people, and the days the company is closed."""

    send: WeekHours
    work: WeekHours
    public_holidays: Truth = Field(default=True, description="skip the public holidays of the reader's or worker's country")
    closed: tuple[Day, ...] = Field(default=(), description="days on which the company neither writes nor works")

    def sending(self, zone: str, country: str) -> timing.Calendar:
        """When a reader in this zone and country may be written to."""
        return _calendar(self.send.hours(), zone, country if self.public_holidays else "", frozenset(self.closed))

    def working(self, zone: str, country: str) -> timing.Calendar:
        """When a person of ours in this zone and country works."""
        return _calendar(self.work.hours(), zone, country if self.public_holidays else "", frozenset(self.closed))


@lru_cache(maxsize=4096)
def _calendar(hours: timing.Hours, zone: str, country: str, closed: frozenset[date]) -> timing.Calendar:
    return timing.Calendar(hours, timing.zone(zone), country, closed)
