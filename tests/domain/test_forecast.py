"""Counting what is to come, what people have time for, and drawing from history."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import house as houses
from domain.capacity import minutes_on
from domain.drawing import DrawnWorld
from domain.facts import Absence
from domain.faults import FaultyText
from domain.forecast import Cell, Forecast, carried, counts, spread
from domain.habits import LEAST, Case, Habits, Lot, Subject
from tests.domain.kit import MONDAY, POLICIES, a_house, a_journey, a_person, an_account, at, play

CAPACITY = "accounts: {enterprise: 25, mid_market: 50, smb: 100}\nminutes: {task: 40, approval: 10, notice: 5}\npercent: 50"
HOUSE = a_house(capacity=CAPACITY)
CALL = "steps: [{task: call, owner: csm, sla: P4}, {send: hello, to: champion}]"


def test_what_reaches_us_counts_for_whom_it_reaches_and_what_reaches_customers_for_nobody() -> None:
    played = play(CALL, house=HOUSE)
    assert counts(played) == Counter({Cell(MONDAY, "story", "csm", "task"): 1, Cell(MONDAY, "story", "", "mail"): 1})


@pytest.mark.parametrize(
    ("day", "person", "minutes"),
    [
        (MONDAY, a_person("csm"), 240),  # eight hours, half of them
        (MONDAY - timedelta(days=1), a_person("csm"), 0),
        (date(2026, 1, 1), a_person("csm"), 0),  # a holiday
        (MONDAY, a_person("csm", absences=(Absence(MONDAY, MONDAY),)), 0),
        (MONDAY, a_person("csm", active=False), 0),
    ],
)
def test_nobody_has_time_on_days_off(day: date, person: object, minutes: float) -> None:
    assert minutes_on(day, person, HOUSE.calendars, HOUSE.capacity) == minutes  # type: ignore[arg-type]


def test_a_week_is_held_against_what_its_days_have() -> None:
    found = Counter({Cell(MONDAY, "story", "csm", "task"): 3, Cell(MONDAY + timedelta(days=7), "story", "csm", "approval"): 1})
    forecast = Forecast(HOUSE, MONDAY + timedelta(days=2), 6, {"csm": a_person("csm")}, [found], {}, 1)
    assert forecast.weeks == [MONDAY, MONDAY + timedelta(days=7)]
    assert [week.p50 for week in forecast.minutes("csm")] == [120, 10]
    assert forecast.room("csm") == [3 * 240, 2 * 240]  # from Wednesday to the Tuesday after


def test_a_book_is_full_when_its_shares_add_up() -> None:
    accounts = [an_account("enterprise")] * 5 + [an_account("smb")] * 10 + [an_account("smb", owner_id=None)]
    assert carried(accounts, HOUSE.capacity)["csm"] == pytest.approx(5 / 25 + 10 / 100)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40))
def test_a_range_holds_eight_of_ten_passes_and_numbers_that_came_out(values: list[int]) -> None:
    found = spread(values)
    assert {found.p10, found.p50, found.p90} <= set(values)
    assert found.p10 <= found.p50 <= found.p90
    assert sum(found.p10 <= value <= found.p90 for value in values) >= 0.8 * len(values)


def test_a_capacity_for_a_segment_that_is_none_is_told() -> None:
    with pytest.raises(FaultyText, match="percent is of the working hours"):
        houses.load({**POLICIES, "capacity": "percent: 120"})


# Drawing

TASK = Subject("task", "story", "task-call")
DAY = timedelta(days=1)


def drawn(text: str, habits: Habits, seed: int = 1, days: int = 30) -> DrawnWorld:
    lot = Lot(habits, seed, 0)
    world = DrawnWorld(a_house(), [a_journey(text)], an_account(), at("0 10:00"), "silent", lot=lot)
    world.enroll("story")
    world.play(at("0 10:00") + timedelta(days=days))
    return world


def test_a_task_takes_as_long_as_history_shows_and_with_too_little_of_it_the_rule_counts() -> None:
    text = "steps: [{task: call, owner: csm, sla: P4, wait: 20 days, otherwise: []}, {post: cheers}]"
    enough, too_little = (Habits({TASK: (Case(2 * DAY),) * many}) for many in (LEAST, LEAST - 1))
    assert [touch.at for touch in drawn(text, enough).touches if touch.kind == "post"] == [at("2 10:00")]
    assert [touch.at for touch in drawn(text, too_little).touches if touch.kind == "post"] == [at("20 10:00")]  # silent


def test_an_awaited_event_comes_with_what_was_told_then() -> None:
    text = "steps: [{wait_for: answered, within: 9 days, otherwise: [{post: heads-up, to: csm}]}, {post: cheers}]"
    subject = Subject("wait", "story", "wait-for-answered")
    heard = drawn(text, Habits({subject: (Case(3 * DAY, None, {"survey": "nps", "score": 9}),) * LEAST}))
    silent = drawn(text, Habits({subject: (Case(None),) * LEAST}))
    assert [(touch.at, touch.what) for touch in heard.touches] == [(at("3 10:00"), "cheers")]
    assert [touch.what for touch in silent.touches] == ["heads-up", "cheers"]


@given(st.integers(0, 10_000), st.integers(0, 30))
def test_a_draw_depends_on_nothing_but_what_it_is_about(seed: int, days: int) -> None:
    cases = tuple(Case(number * DAY, str(number)) for number in range(LEAST))
    lot, again = (Lot(Habits({TASK: cases}), seed, 3) for _ in range(2))
    case = lot.draw(TASK, ("acme", "1"), days * DAY)
    assert case == again.draw(TASK, ("acme", "1"), days * DAY)
    assert case is None if days >= LEAST else case is not None and case.after is not None and case.after >= days * DAY


def test_owners_who_left_are_counted_no_less() -> None:
    gone = replace(an_account(), owner_id="left")
    assert carried([gone], HOUSE.capacity) == {"left": 1 / 25}
