"""Local dates and wall-clock times, resolved to UTC by pure rules.

Everything returned is an aware datetime in UTC. Holidays come from the `holidays` library, zones from the pinned `tzdata`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from domain.durations import Duration, Unit

MIDNIGHT = time(0)


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The IANA zone of that name; raises ValueError for anything else (fixed offsets are not zones)."""
    try:
        found = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"'{name}' is not an IANA time zone like 'Europe/Berlin'") from None
    if "/" not in name and name != "UTC":
        raise ValueError(f"'{name}' is not an IANA time zone like 'Europe/Berlin'")
    return found


@lru_cache(maxsize=65536)
def moment(day: date, at: time, where: ZoneInfo) -> datetime:
    """The instant a wall clock in `where` shows `at` on `day`.

    A time that the clocks skip is the first instant after the gap; one they show twice is the first of the two.
    """
    asked = datetime.combine(day, at.replace(fold=0))
    instant = asked.replace(tzinfo=where).astimezone(UTC)
    if instant.astimezone(where).replace(tzinfo=None) == asked:
        return instant
    # Read by the clock after the change the time lies before it, and by the clock before it after it (PEP 495): halve what is between.
    before, after = int(asked.replace(tzinfo=where, fold=1).timestamp()), int(instant.timestamp())
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, where).replace(tzinfo=None) < asked:
            before = middle
        else:
            after = middle
    return datetime.fromtimestamp(after, UTC)


def local_day(now: datetime, where: ZoneInfo) -> date:
    return now.astimezone(where).date()


@lru_cache(maxsize=4096)
def public_holidays(country: str, year: int) -> frozenset[date]:
    """The public holidays of an ISO 3166 country; none for a country the library does not know."""
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()


@dataclass(frozen=True, slots=True)
class Hours:
    """When people of one place can be reached: a window of the local day on some weekdays (0 = Monday)."""

    opens: time
    closes: time
    days: frozenset[int]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The hours of one place: its zone, its country's public holidays, and the days the company is closed.

    `stagger`: whatever waits for an opening comes so much later, so that not everybody's mail leaves at the same moment.
    """

    hours: Hours
    zone: ZoneInfo
    country: str = ""
    closed: frozenset[date] = frozenset()
    stagger: timedelta = timedelta()

    def is_open_on(self, day: date) -> bool:
        return (
            day.weekday() in self.hours.days
            and day not in self.closed
            and not (self.country and day in public_holidays(self.country, day.year))
        )

    def opening(self, day: date) -> datetime:
        """When it opens on `day`, or on the next day on which it opens at all."""
        if not self.stagger:
            return _opening(self, day)
        opens = _opening(self.without_stagger(), day)
        later = opens + self.stagger
        return later if later < self.closing(local_day(opens, self.zone)) else opens

    def without_stagger(self) -> Calendar:
        return replace(self, stagger=timedelta())

    def closing(self, day: date) -> datetime:
        """When the window that opens on `day` closes (the next morning for an overnight window)."""
        overnight = self.hours.closes <= self.hours.opens
        return moment(day + timedelta(days=1) if overnight else day, self.hours.closes, self.zone)

    def next_open(self, now: datetime) -> datetime:
        """`now` when it is open, else the next opening."""
        day = local_day(now, self.zone)
        for candidate in (day - timedelta(days=1), day):
            if self.is_open_on(candidate) and moment(candidate, self.hours.opens, self.zone) <= now < self.closing(candidate):
                return now
        opening = self.opening(day)
        return opening if opening > now else self.opening(day + timedelta(days=1))

    def next_open_day(self, day: date) -> date:
        while not self.is_open_on(day):
            day += timedelta(days=1)
        return day

    def business_days_after(self, day: date, count: int) -> date:
        """The `count`-th open day after `day`."""
        while count:
            day = self.next_open_day(day + timedelta(days=1))
            count -= 1
        return day

    def plus(self, start: datetime, duration: Duration) -> datetime:
        """`start` and then `duration`: days keep the wall-clock time here, business days count open days, working hours open hours."""
        if (elapsed := duration.elapsed) is not None:
            return start + elapsed
        if duration.unit is Unit.WORKING_HOUR:
            return self._after_working(start, timedelta(hours=duration.count))
        local = start.astimezone(self.zone)
        if duration.unit is Unit.BUSINESS_DAY:
            day = self.business_days_after(local.date(), duration.count)
        else:
            day = local.date() + timedelta(days=duration.count * (7 if duration.unit is Unit.WEEK else 1))
        return moment(day, local.time(), self.zone)

    def part(self, start: datetime, end: datetime, share: float) -> datetime:
        """The instant at which `share` of the open time between `start` and `end` has passed."""
        return _part(self, start, end, share)

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """How much open time lies between two instants."""
        total, now = timedelta(), self.next_open(start)
        while now < end:
            closes = self._closes_after(now)
            total += min(closes, end) - now
            now = self.next_open(closes)
        return total

    def _after_working(self, start: datetime, left: timedelta) -> datetime:
        now = self.next_open(start)
        while True:
            closes = self._closes_after(now)
            if now + left <= closes:
                return now + left
            left -= closes - now
            now = self.next_open(closes)

    def _closes_after(self, now: datetime) -> datetime:
        """The end of the window that is open at `now`."""
        day = local_day(now, self.zone)
        yesterday = self.closing(day - timedelta(days=1))
        return yesterday if now < yesterday and self.is_open_on(day - timedelta(days=1)) else self.closing(day)


@lru_cache(maxsize=65536)
def _opening(calendar: Calendar, day: date) -> datetime:
    day = calendar.next_open_day(day)
    opens = moment(day, calendar.hours.opens, calendar.zone)
    # A window that the clocks skip as a whole is none.
    return opens if opens < calendar.closing(day) else _opening(calendar, day + timedelta(days=1))


# A ladder asks for the same moments each time it looks where it stands.
@lru_cache(maxsize=16384)
def _part(calendar: Calendar, start: datetime, end: datetime, share: float) -> datetime:
    return calendar._after_working(start, calendar.working_time(start, end) * share)
