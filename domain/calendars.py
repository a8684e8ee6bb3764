"""journeys/policies/calendars.yaml: when customers may be written to and when our people work."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, field_validator

from domain import timing, zones
from domain.durations import Duration, SpokenDuration
from domain.facts import Contact, Facts
from domain.grammar import Spoken, Truth, Word

MOST_SPREAD = timedelta(minutes=60)
MOST_FREEZE = timedelta(days=92)
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


class SendHours(WeekHours):
    """When customers are written to."""

    spread: SpokenDuration | None = Field(
        default=None,
        description="mail leaves up to so long after the opening, each account's at a moment of its own; without it all at once",
    )

    @field_validator("spread")
    @classmethod
    def _short(cls, spread: Duration | None) -> Duration | None:
        if spread and (spread.elapsed is None or spread.elapsed > MOST_SPREAD):
            raise ValueError(f"'{spread}' is not a short time; mail of a morning is spread over 60 minutes at most, like '10 minutes'")
        return spread


class Freeze(Spoken):
    """Days on which customers are not written to, both ends included; what is operational goes all the same."""

    first: Day
    last: Day
    because: Word = Field(description="the reason that is recorded")

    @property
    def days(self) -> frozenset[date]:
        return frozenset(self.first + timedelta(days=count) for count in range((self.last - self.first).days + 1))


class Calendars(Spoken):
    """The send window of customers, the working hours of our people, and the days the company is closed or sends nothing."""

    send: SendHours
    work: WeekHours
    public_holidays: Truth = Field(default=True, description="skip the public holidays of the reader's or worker's country")
    closed: tuple[Day, ...] = Field(default=(), description="days on which the company neither writes nor works")
    freezes: tuple[Freeze, ...] = Field(default=(), description="days on which the company works and does not write")

    @field_validator("freezes")
    @classmethod
    def _in_order(cls, freezes: tuple[Freeze, ...]) -> tuple[Freeze, ...]:
        for freeze in freezes:
            if not timedelta() <= freeze.last - freeze.first <= MOST_FREEZE:
                raise ValueError(f"a freeze goes from its first to its last day, {MOST_FREEZE.days} days at most")
        return freezes

    def sending(self, zone: str, country: str) -> timing.Calendar:
        """When a reader in this zone and country may be written to."""
        return _calendar(self._send_hours, zone, country if self.public_holidays else "", self._unwritten)

    def reader(self, contact: Contact, facts: Facts) -> timing.Calendar:
        """When this contact of an account may be written to.

        Their zone is the one told of them, else that of their country where it is another than the account's and keeps one time, else
        the account's. Their country is the one told of them, else the account's.
        """
        country = contact.country or facts.country
        abroad = zones.of_country(country) if country != facts.country else None
        zone = contact.zone or abroad or facts.zone.key
        return _staggered(self.sending(zone, country), stagger(facts.account_id, self.send.spread))

    def without_spread(self) -> Calendars:
        """The same, with all mail of a morning at its opening."""
        return self.model_copy(update={"send": self.send.model_copy(update={"spread": None})})

    def frozen(self, calendar: timing.Calendar, now: datetime) -> str | None:
        """Why nothing is sent on this day, where a freeze is why."""
        today = timing.local_day(now, calendar.zone)
        return next((freeze.because for freeze in self.freezes if freeze.first <= today <= freeze.last), None)

    def working(self, zone: str, country: str) -> timing.Calendar:
        """When a person of ours in this zone and country works."""
        return _calendar(self._hours, zone, country if self.public_holidays else "", self._closed)

    # Made once: runs ask for calendars at every turn.
    @cached_property
    def _hours(self) -> timing.Hours:
        return self.work.hours()

    @cached_property
    def _send_hours(self) -> timing.Hours:
        return self.send.hours()

    @cached_property
    def _closed(self) -> frozenset[date]:
        return frozenset(self.closed)

    @cached_property
    def _unwritten(self) -> frozenset[date]:
        return self._closed.union(*(freeze.days for freeze in self.freezes)) if self.freezes else self._closed


@lru_cache(maxsize=10_000)
def stagger(account_id: str, spread: Duration | None) -> timedelta:
    """How much later than the opening an account's mail leaves: whole seconds, always the same ones, less than `spread`.

    By account and not by message: what several journeys have for one account meets at one moment, where the mail that matters more
    goes first; the rest of the book is spread all the same.
    """
    if spread is None or spread.elapsed is None:
        return timedelta()
    digest = hashlib.sha256(f"stagger\x1f{account_id}".encode()).digest()
    return timedelta(seconds=int.from_bytes(digest[:8]) % int(spread.elapsed.total_seconds()))


@lru_cache(maxsize=16384)
def _staggered(calendar: timing.Calendar, later: timedelta) -> timing.Calendar:
    return replace(calendar, stagger=later) if later else calendar


@lru_cache(maxsize=4096)
def _calendar(hours: timing.Hours, zone: str, country: str, closed: frozenset[date]) -> timing.Calendar:
    return timing.Calendar(hours, timing.zone(zone), country, closed)
