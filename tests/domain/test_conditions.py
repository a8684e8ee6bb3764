"""Conditions: what is accepted, what is refused and where, and what unknown values make of them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conditions import MOST_CHARACTERS, Condition, Unreadable, parse
from domain.facts import Scope

KNOWN: Mapping[str, Any] = {
    "account.segment": "enterprise", "account.arr": 50_000, "account.training": 0.5, "account.ready": True, "account.tags": ("vip", "pilot"),
    "account.left_on": date(2026, 1, 1), "today": date(2026, 1, 15), "day": 10, "steps.call.outcome": "good", "steps.call.visits": 2,
}  # fmt: skip


def holds(text: str, **more: Any) -> bool:
    return parse(text).holds(Scope({**KNOWN, **more}))


# What is true


@pytest.mark.parametrize(
    "text",
    [
        "account.ready",
        "account.ready == true",
        "account.ready == True",
        "not account.first_value_on",
        'account.segment == "enterprise"',
        "account.segment == 'enterprise'",
        'account.segment != "smb" and account.arr >= 50000',
        'account.segment in ["enterprise", "mid_market"]',
        'account.segment not in ("smb", "mid_market")',
        '"vip" in account.tags',
        '"new" not in account.tags',
        "count(account.tags) == 2",
        "0.4 < account.training < 0.6",
        "account.training * 2 + 1 - 1 >= account.training / 0.5",
        "-account.training < 0",
        "day < 30 or account.unknown",
        "days_since(account.left_on) == 14",
        "days_until(account.left_on) == -14",
        'steps.call.outcome == "good" and steps.call.visits > 1',
        "(account.ready)",
        "true and not false and none == account.unknown",
        " day == 10 ",
        "day > 99\nor day == 10",
    ],
)
def test_it_holds(text: str) -> None:
    assert holds(text)


# What is unknown


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">="])
@pytest.mark.parametrize(
    "text", ["account.x {} 5", "5 {} account.x", "account.x {} account.y", "account.x + 1 {} 5", "1 / (day - 10) {} 5"]
)
def test_what_is_unknown_is_neither_less_nor_greater(text: str, operator: str) -> None:
    assert not holds(text.format(operator))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("account.x", False),
        ("not account.x", True),
        ("account.x == none", True),
        ("account.x != none", False),
        ("account.x == 0", False),
        ("account.x == account.y", True),
        ('account.x in ["a"]', False),
        ('account.x not in ["a"]', True),
        ("1 in account.x", False),
        ("1 not in account.x", True),
        ("count(account.x) == 0", True),
        ("days_since(account.x) > 3", False),
        ("days_until(account.x) < 3", False),
        ("-account.x < 3", False),
        ("account.x * 2 == none", True),
        ("5 < account.x < 7", False),
    ],
)
def test_what_is_unknown_decides_as_declared(text: str, expected: bool) -> None:
    assert holds(text) is expected


@pytest.mark.parametrize("text", ["1 / 0 > 1", "1 / (day - 10) == none", "day / 0 < 1 or day == 10"])
def test_a_division_by_zero_is_unknown_and_harms_nothing_beside_it(text: str) -> None:
    assert holds(text) is (text != "1 / 0 > 1")


@pytest.mark.parametrize(
    "text",
    [
        "account.segment < 3", 'account.training > "high"', "account.left_on > 3", "5 in account.arr", "days_since(account.segment) > 1",
        "count(day) > 0", "account.ready < account.segment",
    ],
)  # fmt: skip
def test_kinds_that_do_not_compare_decide_nothing(text: str) -> None:
    assert not holds(text)
    assert not holds(f"not ({text})")


@pytest.mark.parametrize(
    "text", ['"a" * 1000000000 == "b"', "[1] * 1000000000 == [2]", 'account.segment + "x" == "enterprisex"', "account.left_on - 3 < 5"]
)
def test_only_numbers_are_reckoned_with(text: str) -> None:
    assert not holds(text)


def test_numbers_beyond_all_measure_are_unknown() -> None:
    huge = "9" * 400
    assert not holds(f"{huge} / 3 > 1")
    assert not holds(f"{huge} * 0.5 > 1")
    assert holds(f"{huge} * {huge} > 1")


# What is refused


@pytest.mark.parametrize(
    ("text", "column", "sentence"),
    [
        ("account.arr = 5", 13, "'account.arr = 5' is not a condition: to compare, write =="),
        ("a && b", 4, "'a && b' is not a condition: write 'and'"),
        ("a AND b", 3, "'a AND b' is not a condition: write 'and'"),
        ("a || b", 4, "'a || b' is not a condition: write 'or'"),
        ("!a", 1, "'!a' is not a condition: write 'not'"),
        ("NOT a", 5, "'NOT a' is not a condition: write 'not'"),
        ("lambda: 1", 1, "'lambda: 1': conditions know no lambda; use comparisons, and, or, not, in"),
        ("1 if day else 2", 1, "'1 if day else 2': conditions know no ifexp; use comparisons, and, or, not, in"),
        ("account.tags[0]", 1, "'account.tags[0]': conditions know no subscript; use comparisons, and, or, not, in"),
        ("day is 3", 1, "'day is 3': conditions know no is; use comparisons, and, or, not, in"),
        ("day ** 99999", 1, "'day ** 99999': conditions know no pow; use comparisons, and, or, not, in"),
        ("day % 2 == 0", 1, "'day % 2 == 0': conditions know no mod; use comparisons, and, or, not, in"),
        ("{'a': 1}", 1, """'{'a': 1}': conditions know no dict; use comparisons, and, or, not, in"""),
        ("[x for x in account.tags]", 1, "'[x for x in account.tags]': conditions know no listcomp; use comparisons, and, or, not, in"),
        ('f"{day}" == 1', 1, """'f"{day}" == 1': conditions know no joinedstr; use comparisons, and, or, not, in"""),
        ("day and len(account.tags)", 9, "'day and len(account.tags)': the only functions are count(x), days_since(x), days_until(x)"),
        ("__import__('os')", 1, "'__import__('os')': the only functions are count(x), days_since(x), days_until(x)"),
        ("account.segment.upper()", 1, "'account.segment.upper()': the only functions are count(x), days_since(x), days_until(x)"),
        ("count(a, b)", 1, "'count(a, b)': the only functions are count(x), days_since(x), days_until(x)"),
        ("count(*a)", 7, "'count(*a)': conditions know no starred; use comparisons, and, or, not, in"),
        ('"a".upper == 1', 1, "only names have parts: write 'account.segment'"),
        ("day == 1j", 8, "'day == 1j': 1j is not a value conditions know"),
        ("day == ...", 8, "'day == ...': Ellipsis is not a value conditions know"),
        ("b'x' == day", 1, "'b'x' == day': b'x' is not a value conditions know"),
        ("x" * 1001, 1, "a condition has at most 1000 characters"),
        ("-" * 60 + "1", 1, "'----------------------------------------…' is nested more than 50 deep"),
    ],
)  # fmt: skip
def test_it_is_refused_at_its_column(text: str, column: int, sentence: str) -> None:
    with pytest.raises(Unreadable) as refused:
        parse(text)
    assert (refused.value.column, str(refused.value)) == (column, sentence)


@pytest.mark.parametrize("text", ["", " ", "account.arr >", "day === 5", "(day < 5", "day < 5; import os", "day == 08", "1 2", "'a"])
def test_what_cannot_be_read_is_refused_somewhere_in_it(text: str) -> None:
    with pytest.raises(Unreadable, match=r"^'.*' is not a condition: ") as refused:
        parse(text)
    assert 1 <= refused.value.column <= len(text) + 1


@pytest.mark.parametrize(
    "text", ["(" * 400 + "1" + ")" * 400, "not " * 249 + "day", "-" * 900 + "1", "9" * 1000, "a" + ".a" * 490, "1" + "+1" * 490, "[" * 400]
)
def test_huge_expressions_end_quickly(text: str) -> None:
    assert len(text) <= MOST_CHARACTERS
    begun = time.perf_counter()
    with contextlib.suppress(Unreadable):
        parse(text).holds(Scope(KNOWN))
    assert time.perf_counter() - begun < 0.5


@given(st.text(max_size=80))
def test_any_text_is_a_condition_or_is_refused(text: str) -> None:
    try:
        parse(text).holds(Scope(KNOWN))
    except Unreadable as refused:
        assert 1 <= refused.column <= len(text) + 2


# What it says of itself


def test_it_names_what_it_reads_once() -> None:
    condition = parse("account.arr > 5 and (day < 3 or account.arr < 9) and count(account.tags) and days_since(today) == 0")
    assert sorted(condition.names) == ["account.arr", "account.tags", "day", "today"]


def test_it_shows_the_values_it_saw() -> None:
    assert parse("account.arr > 5 and not account.x").seen(Scope(KNOWN)) == {"account.arr": 50_000, "account.x": None}


def test_two_of_the_same_text_are_the_same() -> None:
    assert parse("day < 3") == parse(" day < 3 ")
    assert str(parse(" day < 3 ")) == "day < 3"


def test_threads_do_not_see_each_others_values() -> None:
    condition: Condition = parse("account.x == 1 and account.x == 1 and account.x + 1 == 2 and count(account.y) == 0")

    def evaluate(number: int) -> bool:
        return all(condition.holds(Scope({"account.x": number % 2})) is bool(number % 2) for _ in range(200))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(evaluate, range(64)))


@pytest.mark.parametrize(
    ("text", "settled"),
    [
        ('account.segment == "smb"', True), ('account.segment != "smb"', False), ("account.wishes > 2", None), ("true", None),
        ('account.segment == "enterprise" and account.wishes > 2', False), ('account.wishes > 2 and account.segment == "smb"', None),
        ('account.segment == "smb" or account.wishes > 2', True), ('account.segment == "enterprise" or account.wishes > 2', None),
        ('not account.segment == "smb"', False), ('not (account.segment == "enterprise" and account.ready)', True), ("not account.ready", None),
        ('account.segment in ["smb", "mid_market"]', True), ("account.segment == account.name", None),
    ],
)  # fmt: skip
def test_what_one_value_settles_is_settled_whatever_the_others_are(text: str, settled: bool | None) -> None:
    assert parse(text).is_settled({"account.segment": "smb"}) is settled


@pytest.mark.parametrize(
    ("done_on", "today", "settled"),
    [
        (None, None, False),
        (date(2026, 1, 5), None, None),  # the day decides
        (date(2026, 1, 5), date(2026, 1, 9), True),
        (date(2026, 1, 5), date(2026, 1, 6), False),
    ],
)
def test_days_since_something_are_settled_where_it_never_comes_or_the_day_is_known(
    done_on: date | None, today: date | None, settled: bool | None
) -> None:
    known = {"steps.call.done_on": done_on} | ({"today": today} if today else {})
    assert parse("days_since(steps.call.done_on) > 3").is_settled(known) is settled
