"""Lengths of time as people say them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.durations import MOST_DAYS, Duration, Unit, parse


@pytest.mark.parametrize(
    ("text", "count", "unit", "days"),
    [
        ("1 minute", 1, Unit.MINUTE, 1 / 1440),
        ("90 minutes", 90, Unit.MINUTE, 1 / 16),
        ("2 hours", 2, Unit.HOUR, 1 / 12),
        ("4 working hours", 4, Unit.WORKING_HOUR, 0.8),
        ("1 day", 1, Unit.DAY, 1),
        (" 3 days ", 3, Unit.DAY, 3),
        ("2 business days", 2, Unit.BUSINESS_DAY, 2.8),
        ("1 weeks", 1, Unit.WEEK, 7),
        ("800 days", 800, Unit.DAY, 800),
    ],
)
def test_durations_are_read(text: str, count: int, unit: Unit, days: float) -> None:
    duration = parse(text)
    assert duration == Duration(count, unit)
    assert duration.days == pytest.approx(days)


@pytest.mark.parametrize(
    "text",
    ["", "3", "days", "-3 days", "3 fortnights", "3d", "1.5 days", "three days", "3  days", "1e9 days", "3 days 2 hours", "٣ days?", None],
)
def test_what_is_no_duration_is_refused_with_examples(text: object) -> None:
    with pytest.raises(ValueError, match="is not a duration; write it like '3 days', '2 business days' or '4 working hours'"):
        parse(text)


def test_a_duration_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="waits for nothing"):
        parse("0 days")


@pytest.mark.parametrize("text", ["801 days", "115 weeks", "572 business days", "999999 weeks"])
def test_a_duration_has_an_end(text: str) -> None:
    with pytest.raises(ValueError, match=f"is longer than {MOST_DAYS} days"):
        parse(text)


def test_only_minutes_and_hours_have_an_exact_length() -> None:
    exact = {unit: Duration(2, unit).elapsed for unit in Unit}
    assert {unit for unit, length in exact.items() if length} == {Unit.MINUTE, Unit.HOUR}
    assert exact[Unit.HOUR] == timedelta(hours=2)


@given(st.integers(1, 114), st.sampled_from(Unit))
def test_a_duration_reads_as_it_is_written(count: int, unit: Unit) -> None:
    duration = Duration(count, unit)
    assert parse(str(duration)) == duration
    assert parse(duration) is duration
