"""Local time to UTC and back: gaps, overlaps, business days, windows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.durations import Duration, Unit
from domain.timing import Calendar, Hours, local_day, moment, public_holidays, zone

BERLIN, NEW_YORK, AUCKLAND = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Pacific/Auckland")
WEEK = frozenset(range(5))
OFFICE = Calendar(Hours(time(9), time(17), WEEK), BERLIN, "DE")
NIGHT = Calendar(Hours(time(22), time(6), WEEK), BERLIN)

ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/", "SystemV/")))
days = st.dates(date(2024, 1, 1), date(2032, 12, 31))
instants = st.datetimes(datetime(2024, 1, 1), datetime(2032, 12, 31), timezones=st.just(UTC))
spans = st.timedeltas(timedelta(0), timedelta(days=40))


def wall(text: str, where: ZoneInfo = BERLIN) -> datetime:
    """`2026-03-29 02:30` on the clock of `where`, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=where).astimezone(UTC)


# Zones


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/Argentina/Ushuaia", "UTC"])
def test_iana_zones_are_known(name: str) -> None:
    assert zone(name).key == name


@pytest.mark.parametrize(
    "name", ["", "CET", "EST5EDT", "+02:00", "Mars/Phobos", "../etc/passwd", "/etc/localtime", "Europe", "a\x00b", "x" * 5000]
)
def test_what_is_no_zone_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(ValueError, match="is not an IANA time zone like 'Europe/Berlin'"):
        zone(name)


# Moments


@pytest.mark.parametrize(
    ("day", "at", "where", "instant"),
    [
        (date(2026, 1, 5), time(9), BERLIN, "2026-01-05T08:00"),
        (date(2026, 7, 6), time(9), BERLIN, "2026-07-06T07:00"),
        (date(2026, 3, 29), time(2, 30), BERLIN, "2026-03-29T01:00"),  # skipped: 02:00 to 03:00
        (date(2026, 3, 29), time(2), BERLIN, "2026-03-29T01:00"),
        (date(2026, 3, 29), time(3), BERLIN, "2026-03-29T01:00"),
        (date(2026, 10, 25), time(2, 30), BERLIN, "2026-10-25T00:30"),  # shown twice
        (date(2026, 10, 25), time(2, 30, fold=1), BERLIN, "2026-10-25T00:30"),
        (date(2026, 10, 4), time(2, 15), ZoneInfo("Australia/Lord_Howe"), "2026-10-03T15:30"),  # a gap of half an hour
        (date(2011, 12, 30), time(9), ZoneInfo("Pacific/Apia"), "2011-12-30T10:00"),  # a day that never was
        (date(2026, 1, 5), time(9), ZoneInfo("Asia/Kathmandu"), "2026-01-05T03:15"),
    ],
)
def test_a_wall_time_becomes_an_instant(day: date, at: time, where: ZoneInfo, instant: str) -> None:
    assert moment(day, at, where) == datetime.fromisoformat(instant).replace(tzinfo=UTC)


@cache
def transitions(name: str) -> tuple[datetime, ...]:
    """The instants of 2024 to 2032 at which the clocks of a zone change, to the minute."""
    where = zone(name)
    return tuple(_changes(where, datetime(2024, 1, 1, tzinfo=UTC), datetime(2033, 1, 1, tzinfo=UTC)))


def _changes(where: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        following = start + timedelta(days=7)
        if start.astimezone(where).utcoffset() != following.astimezone(where).utcoffset():
            before, after = start, following
            while after - before > timedelta(minutes=1):
                middle = before + (after - before) / 2
                if middle.astimezone(where).utcoffset() == start.astimezone(where).utcoffset():
                    before = middle
                else:
                    after = middle
            yield after.replace(second=0, microsecond=0)
        start = following


def is_never_before_what_was_asked(day: date, at: time, where: ZoneInfo) -> None:
    asked = datetime.combine(day, at)
    found = moment(day, at, where)
    shown = found.astimezone(where).replace(tzinfo=None)
    assert found.tzinfo is UTC
    assert shown >= asked
    exists = asked.replace(tzinfo=where).astimezone(UTC).astimezone(where).replace(tzinfo=None) == asked
    assert (shown == asked) is exists
    if not exists:  # the clock jumps over it at just this instant
        assert (found - timedelta(minutes=1)).astimezone(where).replace(tzinfo=None) < asked


def test_every_change_of_every_clock_is_survived() -> None:
    """All zones, all changes of nine years, every quarter of an hour around each."""
    for name in ZONES:
        for change in transitions(name):
            local = change.astimezone(zone(name)).replace(tzinfo=None)
            for quarters in range(-10, 11):
                asked = local + timedelta(minutes=15 * quarters)
                is_never_before_what_was_asked(asked.date(), asked.time(), zone(name))


@given(st.sampled_from(ZONES), days, st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0)))
def test_a_moment_is_never_before_the_wall_time_asked(name: str, day: date, at: time) -> None:
    is_never_before_what_was_asked(day, at, zone(name))


@given(st.sampled_from(ZONES), days, st.times(), st.times())
def test_later_wall_times_are_not_earlier_moments(name: str, day: date, one: time, other: time) -> None:
    first, second = sorted((one.replace(fold=0, second=0, microsecond=0), other.replace(fold=0, second=0, microsecond=0)))
    assert moment(day, first, zone(name)) <= moment(day, second, zone(name))


# Business days


@pytest.mark.parametrize(
    ("country", "start", "count", "expected"),
    [
        ("DE", date(2026, 4, 2), 1, date(2026, 4, 7)),  # from Maundy Thursday: Good Friday and Easter Monday are holidays
        ("DE", date(2026, 4, 2), 3, date(2026, 4, 9)),
        ("US", date(2026, 4, 2), 1, date(2026, 4, 3)),
        ("US", date(2026, 4, 2), 3, date(2026, 4, 7)),
        ("DE", date(2026, 12, 23), 2, date(2026, 12, 28)),
        ("US", date(2026, 11, 25), 1, date(2026, 11, 27)),  # Thanksgiving
        ("", date(2026, 12, 24), 1, date(2026, 12, 25)),
        ("XX", date(2026, 12, 24), 1, date(2026, 12, 25)),  # no such country, no holidays
    ],
)
def test_business_days_follow_the_country(country: str, start: date, count: int, expected: date) -> None:
    assert Calendar(Hours(time(9), time(17), WEEK), BERLIN, country).business_days_after(start, count) == expected


def test_the_companys_closed_days_are_skipped_too() -> None:
    closed = Calendar(Hours(time(9), time(17), WEEK), BERLIN, "DE", frozenset({date(2026, 1, 6), date(2026, 1, 7)}))
    assert closed.business_days_after(date(2026, 1, 5), 1) == date(2026, 1, 8)
    assert closed.opening(date(2026, 1, 6)) == wall("2026-01-08 09:00")


def test_holidays_are_those_of_the_year_asked() -> None:
    assert date(2026, 10, 3) in public_holidays("DE", 2026)
    assert public_holidays("XX", 2026) == frozenset()


def test_local_days_change_at_local_midnight() -> None:
    instant = datetime(2026, 1, 5, 11, 30, tzinfo=UTC)
    assert (local_day(instant, BERLIN), local_day(instant, AUCKLAND)) == (date(2026, 1, 5), date(2026, 1, 6))


# Adding time


@pytest.mark.parametrize(
    ("start", "count", "unit", "expected"),
    [
        ("2026-01-05 10:00", 90, Unit.MINUTE, "2026-01-05 11:30"),
        ("2026-03-28 12:00", 24, Unit.HOUR, "2026-03-29 13:00"),  # hours are elapsed time, days keep the clock
        ("2026-03-28 12:00", 1, Unit.DAY, "2026-03-29 12:00"),
        ("2026-01-05 10:00", 2, Unit.WEEK, "2026-01-19 10:00"),
        ("2026-01-09 16:00", 1, Unit.BUSINESS_DAY, "2026-01-12 16:00"),
        ("2026-01-10 16:00", 1, Unit.BUSINESS_DAY, "2026-01-12 16:00"),  # from a Saturday
        ("2026-01-05 15:00", 4, Unit.WORKING_HOUR, "2026-01-06 11:00"),
        ("2026-01-05 13:00", 4, Unit.WORKING_HOUR, "2026-01-05 17:00"),
        ("2026-01-09 15:00", 4, Unit.WORKING_HOUR, "2026-01-12 11:00"),
        ("2026-01-10 03:00", 1, Unit.WORKING_HOUR, "2026-01-12 10:00"),
        ("2026-01-05 10:00", 24, Unit.WORKING_HOUR, "2026-01-08 10:00"),
    ],
)
def test_durations_are_added(start: str, count: int, unit: Unit, expected: str) -> None:
    assert OFFICE.plus(wall(start), Duration(count, unit)) == wall(expected)


def test_working_hours_cross_the_change_of_clocks() -> None:
    every_day = Calendar(Hours(time(0), time(6), frozenset(range(7))), BERLIN)
    assert every_day.working_time(wall("2026-03-28 12:00"), wall("2026-03-29 12:00")) == timedelta(hours=5)
    assert every_day.working_time(wall("2026-10-24 12:00"), wall("2026-10-25 12:00")) == timedelta(hours=7)


@given(instants, st.integers(1, 400), st.sampled_from(Unit), st.sampled_from(ZONES))
def test_time_added_is_time_later(start: datetime, count: int, unit: Unit, name: str) -> None:
    calendar = Calendar(OFFICE.hours, zone(name), "US")
    assert calendar.plus(start, Duration(count, unit)) > start


# Windows


@pytest.mark.parametrize(
    ("calendar", "now", "opens"),
    [
        (OFFICE, "2026-01-05 08:59", "2026-01-05 09:00"),
        (OFFICE, "2026-01-05 09:00", "2026-01-05 09:00"),
        (OFFICE, "2026-01-05 16:59", "2026-01-05 16:59"),
        (OFFICE, "2026-01-05 17:00", "2026-01-06 09:00"),
        (OFFICE, "2026-01-09 17:00", "2026-01-12 09:00"),
        (OFFICE, "2026-04-03 12:00", "2026-04-07 09:00"),
        (NIGHT, "2026-01-05 21:59", "2026-01-05 22:00"),
        (NIGHT, "2026-01-06 05:59", "2026-01-06 05:59"),
        (NIGHT, "2026-01-06 06:00", "2026-01-06 22:00"),
        (NIGHT, "2026-01-10 03:00", "2026-01-10 03:00"),  # Friday's night reaches into Saturday
        (NIGHT, "2026-01-10 06:00", "2026-01-12 22:00"),
        (NIGHT, "2026-01-05 03:00", "2026-01-05 22:00"),  # Sunday has no night
    ],
)
def test_a_window_is_open_or_opens_next(calendar: Calendar, now: str, opens: str) -> None:
    assert calendar.next_open(wall(now)) == wall(opens)


def test_a_window_overnight_closes_the_next_morning() -> None:
    assert NIGHT.closing(date(2026, 1, 5)) == wall("2026-01-06 06:00")
    assert NIGHT.working_time(wall("2026-01-05 12:00"), wall("2026-01-07 00:00")) == timedelta(hours=10)
    assert NIGHT.plus(wall("2026-01-05 23:00"), Duration(8, Unit.WORKING_HOUR)) == wall("2026-01-06 23:00")


windows = st.builds(
    lambda opens, closes, on, name, country: Calendar(Hours(opens, closes, on), zone(name), country),
    st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0)),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.sampled_from(ZONES),
    st.sampled_from(["", "DE", "US", "JP"]),
).filter(lambda calendar: calendar.hours.opens != calendar.hours.closes)


@given(windows, instants)
@example(Calendar(Hours(time(2), time(3), frozenset(range(7))), BERLIN), wall("2026-03-28 12:00"))  # a window inside a gap
def test_the_next_opening_is_open(calendar: Calendar, now: datetime) -> None:
    opens = calendar.next_open(now)
    assert opens >= now
    assert calendar.next_open(opens) == opens


@given(windows, days)
def test_an_opening_lies_on_an_open_day(calendar: Calendar, day: date) -> None:
    opened = calendar.opening(day)
    assert calendar.is_open_on(local_day(opened, calendar.zone))
    assert local_day(opened, calendar.zone) >= day


@given(windows, instants, spans, st.floats(0, 1))
def test_a_part_of_a_span_holds_that_part_of_its_working_time(calendar: Calendar, start: datetime, span: timedelta, share: float) -> None:
    end = start + span
    whole = calendar.working_time(start, end)
    part = calendar.part(start, end, share)
    assert timedelta(0) <= whole <= span
    assert abs(calendar.working_time(start, part) - whole * share) <= timedelta(microseconds=1)
    assert part <= max(end, calendar.next_open(start))


@given(windows, instants, spans, spans)
def test_working_time_adds_up(calendar: Calendar, start: datetime, first: timedelta, second: timedelta) -> None:
    middle, end = start + first, start + first + second
    assert calendar.working_time(start, middle) + calendar.working_time(middle, end) == calendar.working_time(start, end)
