"""Local times in every zone there is, over every change of its clocks: never early, right on the wall, and once.

What is right is reckoned here another way than the rules do it: by walking through the minutes around a change in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import zones
from domain.account import facts
from domain.calendars import Calendars, stagger
from domain.durations import parse
from domain.facts import Contact, Contract, successor
from domain.timing import Calendar, Hours, local_day, moment, zone
from tests.domain.kit import a_contact, a_house, an_account, at

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2033, 1, 1, tzinfo=UTC)
NAMES = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/")))


@cache
def transitions() -> tuple[tuple[str, datetime], ...]:
    """Each change of each zone's clocks from 2024 to 2032: the first instant of the new offset, to the second."""
    found = []
    for name in NAMES:
        where, before = ZoneInfo(name), FIRST
        while before < LAST:
            after = before + 5 * DAY
            if before.astimezone(where).utcoffset() != after.astimezone(where).utcoffset():
                low, high = before, after
                while high - low > timedelta(seconds=1):
                    middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
                    same = middle.astimezone(where).utcoffset() == low.astimezone(where).utcoffset()
                    low, high = (middle, high) if same else (low, middle)
                found.append((name, high))
            before = after
    return tuple(found)


def test_the_clocks_of_the_world_change_often_enough_to_be_a_test() -> None:
    assert len(NAMES) > 400
    assert len(transitions()) > 2000


def walls(where: ZoneInfo, around: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The minutes around a change as (wall clock, instant), in the order of time."""
    for count in range(-150, 151, 5):
        instant = around + count * MINUTE
        yield instant.astimezone(where).replace(tzinfo=None), instant


def test_every_wall_time_around_every_change_is_the_first_instant_that_shows_it() -> None:
    """And each is shown; a time that two instants show is the first of them."""
    for name, change in transitions():
        where, shown = zone(name), dict[datetime, datetime]()
        for wall, instant in walls(where, change):
            shown.setdefault(wall, instant)
        for wall, instant in shown.items():
            assert moment(wall.date(), wall.time(), where) == instant, (name, wall)


def test_every_wall_time_that_a_change_skips_is_the_first_instant_after_it() -> None:
    for name, change in transitions():
        where = zone(name)
        before, after = ((change - MINUTE).astimezone(where), change.astimezone(where))
        skipped = after.replace(tzinfo=None) - before.replace(tzinfo=None) - MINUTE
        for part in (0.01, 0.5, 0.99):
            if skipped > timedelta():
                wall = (before + MINUTE).replace(tzinfo=None) + skipped * part
                assert moment(wall.date(), wall.time().replace(microsecond=0), where) == change, (name, wall)


def a_window(name: str, opens: str = "09:00", closes: str = "17:00", days: frozenset[int] = frozenset(range(7))) -> Calendar:
    return Calendar(Hours(time.fromisoformat(opens), time.fromisoformat(closes), days), zone(name))


@pytest.mark.parametrize(("opens", "closes"), [("09:00", "17:00"), ("02:30", "03:30"), ("00:00", "01:00"), ("22:00", "06:00")])
def test_over_every_change_a_window_opens_once_a_day_and_never_early(opens: str, closes: str) -> None:
    for name, change in transitions():
        window = a_window(name, opens, closes)
        day = local_day(change, window.zone)
        openings = [window.opening(day + count * DAY) for count in range(-2, 3)]
        assert openings == sorted(openings)
        for count, opening in zip(range(-2, 3), openings, strict=True):
            local = opening.astimezone(window.zone)
            assert local.replace(tzinfo=None) >= datetime.combine(day + count * DAY, window.hours.opens), (name, opening)
            assert window.next_open(opening) == opening
            # Nothing between two openings opens again: who waits for the next one gets the next one.
            assert window.opening(local.date()) == opening


def test_a_week_of_mail_over_every_change_goes_out_at_nine_each_day() -> None:
    """What is due at the opening of each of seven days, sent by somebody who wakes every half hour."""
    for name, change in transitions()[:: max(1, len(transitions()) // 400)]:
        window = a_window(name)
        begin = moment(local_day(change, window.zone) - 3 * DAY, time(0), window.zone)
        days = [local_day(begin, window.zone) + count * DAY for count in range(7)]
        due = {window.opening(day) for day in days}
        sent, now = [], begin
        while now < begin + 7 * DAY:
            sent += [moment for moment in sorted(due) if moment <= now]
            due -= set(sent)
            now += HOUR / 2
        assert not due, name
        assert len(sent) == len(set(sent)) == 7
        if all(datetime.combine(day, time(9)) != change.astimezone(window.zone).replace(tzinfo=None) for day in days):
            assert {each.astimezone(window.zone).time() for each in sent} == {time(9)}, name


@given(st.sampled_from(NAMES), st.datetimes(datetime(2024, 1, 1), datetime(2032, 12, 31)), st.integers(1, 400))
def test_days_later_shows_the_same_time_on_the_wall(name: str, begun: datetime, days: int) -> None:
    window, start = a_window(name), begun.replace(tzinfo=UTC, microsecond=0)
    local, after = start.astimezone(window.zone), window.plus(start, parse(f"{days} days"))
    wished = datetime.combine(local.date() + days * DAY, local.time())
    shown = after.astimezone(window.zone).replace(tzinfo=None)
    assert shown >= wished
    assert shown == wished or moment(wished.date(), wished.time(), window.zone) == after  # the clocks skip it that day


@given(st.sampled_from(NAMES), st.datetimes(datetime(2024, 1, 1), datetime(2032, 12, 31)), st.sets(st.integers(0, 6), min_size=1))
def test_the_next_opening_is_ahead_open_and_the_earliest(name: str, asked: datetime, days: set[int]) -> None:
    window, now = a_window(name, days=frozenset(days)), asked.replace(tzinfo=UTC, second=0, microsecond=0)
    opens = window.next_open(now)
    local = opens.astimezone(window.zone)
    assert opens >= now
    assert local.weekday() in days
    assert time(9) <= local.time() < time(17) or (opens - 3 * HOUR).astimezone(window.zone).utcoffset() != local.utcoffset()
    if opens > now:
        assert window.next_open(opens - MINUTE) == opens
        assert window.next_open(now + (opens - now) / 2) == opens


@pytest.mark.parametrize(
    ("start", "years", "expected"),
    [("2024-02-29", 1, "2025-02-28"), ("2024-02-29", 4, "2028-02-29"), ("2027-02-28", 1, "2028-02-28")],
)
def test_a_year_after_29_february_is_28_february(start: str, years: int, expected: str) -> None:
    term = Contract("c", date.fromisoformat(start), _later(date.fromisoformat(start), years))
    assert successor(term).starts_on == date.fromisoformat(expected)


def _later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)


# What other systems' documents and suites show, with the answers that are right

WEEKDAYS = frozenset(range(5))


@pytest.mark.parametrize(
    ("where", "opens", "closes", "days", "asked", "answer"),
    [
        # Send windows: inside it goes at once, before it waits for the opening, after it waits for the next day's.
        ("America/New_York", "09:00", "17:00", range(7), "2025-03-05T10:00", "2025-03-05T10:00"),
        ("America/New_York", "09:00", "17:00", range(7), "2025-03-05T08:59", "2025-03-05T09:00"),
        ("America/New_York", "09:00", "17:00", range(7), "2025-03-05T17:00", "2025-03-06T09:00"),
        # Weekdays left out: Friday evening is Monday morning.
        ("America/Chicago", "08:00", "18:00", WEEKDAYS, "2025-05-02T18:30", "2025-05-05T08:00"),
        ("Asia/Dubai", "08:00", "16:00", (0, 1, 2, 3, 6), "2025-05-02T10:00", "2025-05-04T08:00"),  # Sunday to Thursday
        ("Europe/Paris", "10:00", "12:00", (1,), "2025-05-06T12:00", "2025-05-13T10:00"),  # Tuesdays alone
        # Quiet hours from 21:00 to 8:00 are a window from 8:00 to 21:00; a night's window goes over midnight.
        ("America/Los_Angeles", "08:00", "21:00", range(7), "2025-07-04T23:15", "2025-07-05T08:00"),
        ("Australia/Sydney", "22:00", "06:00", range(7), "2025-07-04T02:00", "2025-07-04T02:00"),
        ("Australia/Sydney", "22:00", "06:00", range(7), "2025-07-04T06:00", "2025-07-04T22:00"),
        ("Europe/Rome", "22:00", "06:00", (4,), "2025-07-05T03:00", "2025-07-05T03:00"),  # of Friday's night
        ("Europe/Rome", "22:00", "06:00", (4,), "2025-07-04T03:00", "2025-07-04T22:00"),  # of Thursday's, which is none
        # The night the clocks change.
        ("America/New_York", "09:00", "17:00", range(7), "2025-03-08T18:00", "2025-03-09T09:00"),
        ("America/New_York", "09:00", "17:00", range(7), "2025-11-01T18:00", "2025-11-02T09:00"),
        ("Europe/London", "01:30", "05:00", range(7), "2025-03-29T06:00", "2025-03-30T02:00"),  # half past one is skipped
        ("Australia/Lord_Howe", "02:15", "05:00", range(7), "2025-10-04T06:00", "2025-10-05T02:30"),  # half an hour is
        ("Africa/Cairo", "00:00", "06:00", range(7), "2025-04-24T07:00", "2025-04-25T01:00"),  # midnight is
        ("Asia/Kathmandu", "09:00", "17:00", range(7), "2025-03-05T17:01", "2025-03-06T09:00"),  # +05:45
    ],
)  # fmt: skip
def test_send_windows_as_they_are_documented_elsewhere(
    where: str, opens: str, closes: str, days: frozenset[int], asked: str, answer: str
) -> None:
    window = a_window(where, opens, closes, frozenset(days))
    local = window.next_open(datetime.fromisoformat(asked).replace(tzinfo=window.zone).astimezone(UTC)).astimezone(window.zone)
    assert local.replace(tzinfo=None) == datetime.fromisoformat(answer)


def test_nine_in_the_morning_everywhere_is_nine_in_each_zone_and_takes_26_hours() -> None:
    """A send at local time begins in Kiritimati (+14) and ends in Pago Pago (-11)."""
    instants = {name: a_window(name).opening(date(2025, 6, 2)) for name in NAMES}
    assert {each.astimezone(zone(name)).time() for name, each in instants.items()} == {time(9)}
    assert min(instants, key=lambda name: instants[name]) == "Pacific/Kiritimati"
    assert max(instants.values()) - min(instants.values()) == 25 * HOUR


# Whose time it is


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ({}, "Europe/Berlin"),
        ({"zone": "Asia/Tokyo"}, "Asia/Tokyo"),
        ({"country": "DE"}, "Europe/Berlin"),
        ({"country": "JP"}, "Asia/Tokyo"),
        ({"country": "GB", "zone": "America/New_York"}, "America/New_York"),
        ({"country": "US"}, "Europe/Berlin"),  # it has many
        ({"country": "XX"}, "Europe/Berlin"),
    ],
)
def test_a_readers_zone_is_theirs_else_their_countrys_else_the_accounts(contact: dict[str, str], expected: str) -> None:
    house, ann = a_house(), a_contact("ann", "champion", **contact)
    window = house.calendars.reader(ann, facts(an_account(contacts=(ann,)), house, at("0 10:00")))
    assert window.zone.key == expected
    assert window.country == (contact.get("country") or "DE")


@pytest.mark.parametrize(("country", "expected"), [("DE", "Europe/Berlin"), ("IN", "Asia/Kolkata"), ("US", None), ("CN", None), ("", None)])
def test_a_country_has_a_zone_where_all_of_it_keeps_one_time(country: str, expected: str | None) -> None:
    assert zones.of_country(country) == expected


# Not everybody at nine


def spread_house(spread: str = "10 minutes") -> Calendars:
    hours = f'{{opens: "09:00", closes: "17:00", days: [mon, tue, wed, thu, fri]{f", spread: {spread}" if spread else ""}}}'
    return a_house(calendars=f'send: {hours}\nwork: {{opens: "09:00", closes: "17:00", days: [mon, tue, wed, thu, fri]}}\n').calendars


def test_an_account_has_a_moment_of_its_own_within_the_spread_and_the_book_fills_it() -> None:
    moments = [stagger(f"account-{number}", parse("10 minutes")) for number in range(3000)]
    assert min(moments) >= timedelta()
    assert max(moments) < 10 * MINUTE
    busiest = max(sum(start <= each < start + MINUTE for each in moments) for start in (count * MINUTE for count in range(10)))
    assert busiest < 400  # a tenth of them, and some
    assert stagger("acme", parse("10 minutes")) == stagger("acme", parse("10 minutes"))
    assert stagger("acme", None) == timedelta()


def test_who_waits_for_the_opening_waits_a_little_longer_and_who_need_not_goes_at_once() -> None:
    house = replace(a_house(), calendars=spread_house())
    ann: Contact = a_contact("ann", "champion")
    window = house.calendars.reader(ann, facts(an_account(contacts=(ann,)), house, at("0 10:00")))
    later = stagger("acme", parse("10 minutes"))
    assert later > timedelta()
    assert window.next_open(at("0 08:59")) == at("0 09:00") + later
    assert window.next_open(at("0 17:00")) == at("1 09:00") + later
    assert window.next_open(at("0 09:00")) == at("0 09:00")
    assert window.opening(date(2026, 1, 5)) == at("0 09:00") + later
    assert window.without_stagger().opening(date(2026, 1, 5)) == at("0 09:00")


def test_a_spread_never_goes_beyond_a_short_window() -> None:
    window = replace(a_window("Europe/Berlin", "09:00", "09:05"), stagger=7 * MINUTE)
    assert window.opening(date(2026, 1, 5)) == at("0 09:00")


@pytest.mark.parametrize("spread", ["2 hours", "1 day", "61 minutes"])
def test_a_spread_is_short(spread: str) -> None:
    with pytest.raises(Exception, match="60 minutes at most"):
        spread_house(spread)


# Freezes


def frozen_house(freezes: str) -> Calendars:
    return a_house(calendars=f'send: {{opens: "09:00", closes: "17:00", days: [mon, tue, wed, thu, fri]}}\nwork: {{opens: "09:00", closes: "17:00", days: [mon, tue, wed, thu, fri]}}\nfreezes: [{freezes}]\n').calendars  # fmt: skip


def test_during_a_freeze_nothing_is_sent_and_people_work() -> None:
    calendars = frozen_house("{first: 2026-01-06, last: 2026-01-08, because: the year is closed}")
    window = calendars.sending("Europe/Berlin", "")
    assert window.next_open(at("1 10:00")) == at("4 09:00")
    assert window.next_open(at("0 10:00")) == at("0 10:00")
    assert calendars.working("Europe/Berlin", "").next_open(at("1 10:00")) == at("1 10:00")
    assert calendars.frozen(window, at("3 10:00")) == "the year is closed"
    assert calendars.frozen(window, at("4 10:00")) is None


@pytest.mark.parametrize(
    "freeze", ["{first: 2026-01-08, last: 2026-01-06, because: x}", "{first: 2026-01-08, last: 2026-06-06, because: x}"]
)
def test_a_freeze_is_in_order_and_ends(freeze: str) -> None:
    with pytest.raises(Exception, match="92 days at most"):
        frozen_house(freeze)
