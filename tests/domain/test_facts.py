"""What is known of an account at one moment: terms, staleness, quiet, journeys that are live."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account import Account, age_in_days, facts, next_change, same_until, with_reading
from domain.facts import Contract, current_contract, successor
from domain.health import Reading
from tests.domain.kit import MONDAY, a_contact, a_house, an_account, at

HOUSE = a_house()


def known(account: Account, when: str = "0 10:00", **of: str) -> dict[str, Any]:
    return dict(facts(account, HOUSE, at(when), **of).values)


# Contracts


@pytest.mark.parametrize(
    ("auto_renews", "notice_days", "decision_on"),
    [(False, 0, date(2026, 12, 31)), (False, 90, date(2026, 12, 31)), (True, 0, date(2026, 12, 31)), (True, 90, date(2026, 10, 2))],
)
def test_the_decision_is_due_at_the_notice_deadline_or_the_end(auto_renews: bool, notice_days: int, decision_on: date) -> None:
    assert Contract("c", date(2026, 1, 1), date(2026, 12, 31), auto_renews, notice_days).decision_on == decision_on


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "last"),
    [
        (date(2026, 1, 5), date(2027, 1, 5), date(2028, 1, 5)),
        (date(2026, 1, 5), date(2029, 1, 5), date(2032, 1, 5)),  # three years, three years
        (date(2024, 2, 29), date(2028, 2, 29), date(2032, 2, 29)),
        (date(2027, 2, 28), date(2028, 2, 28), date(2029, 2, 28)),
        (date(2026, 1, 15), date(2026, 7, 15), date(2027, 1, 15)),  # half a year
        (date(2026, 1, 31), date(2026, 3, 31), date(2026, 5, 31)),
        (date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 28)),
        (date(2026, 1, 1), date(2026, 12, 31), date(2027, 12, 31)),  # told by its last day
        (date(2026, 1, 1), date(2026, 6, 30), date(2026, 12, 31)),
        (date(2024, 2, 29), date(2025, 2, 28), date(2026, 2, 28)),
        (date(2026, 1, 5), date(2026, 4, 1), date(2026, 6, 26)),  # as many days where it is no whole months
    ],
)
def test_the_next_term_is_as_long_as_the_last(starts_on: date, ends_on: date, last: date) -> None:
    following = successor(Contract("c", starts_on, ends_on, True, 60, 900.0, facts={"signed_on": ends_on}))
    assert (following.starts_on, following.ends_on) == (ends_on, last)
    assert (following.auto_renews, following.notice_days, following.value, following.facts) == (True, 60, 900.0, {})


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(1, 1500))
def test_every_term_has_a_next_one(starts_on: date, days: int) -> None:
    term = Contract("c", starts_on, starts_on + timedelta(days=days))
    following = successor(term)
    assert following.starts_on == term.ends_on < following.ends_on
    assert abs((following.ends_on - following.starts_on) - (term.ends_on - term.starts_on)) <= timedelta(days=4)


def test_assumed_terms_are_numbered() -> None:
    term = Contract("c", MONDAY, date(2027, 1, 5))
    second = successor(term)
    assert [second.id, successor(second).id] == ["c~2", "c~3"]
    assert [Contract.is_assumed(id) for id in ("c", "c~2", "c~x", "~2")] == [False, True, False, False]


OLD = Contract("old", date(2024, 1, 5), date(2025, 1, 5))
NOW = Contract("now", date(2025, 1, 5), date(2026, 6, 5))
NEXT = Contract("next", date(2026, 6, 5), date(2027, 6, 5))


@pytest.mark.parametrize(
    ("contracts", "today", "expected"),
    [
        ((NOW, NEXT, OLD), MONDAY, "now"),
        ((NOW, NEXT, OLD), date(2026, 6, 5), "next"),  # on its first day
        ((OLD,), MONDAY, "old"),  # over, and nothing follows
        ((NEXT,), MONDAY, "next"),  # not begun
        ((replace(NOW, status="cancelled"), OLD), MONDAY, "old"),
        ((replace(NOW, id="b"), replace(NOW, id="a")), MONDAY, "b"),  # of two of one day always the same
        ((), MONDAY, None),
    ],
)
def test_the_current_term_is_the_latest_that_has_begun(contracts: tuple[Contract, ...], today: date, expected: str | None) -> None:
    found = current_contract(contracts, today)
    assert (found.id if found else None) == expected


def test_facts_are_seen_from_the_contract_a_run_is_about() -> None:
    account = an_account(contracts=(replace(NOW, facts={"signed_on": MONDAY}), OLD))
    assert known(account)["contract.ends_on"] == NOW.ends_on
    assert known(account)["contract.signed_on"] == MONDAY
    assert known(account, contract_id="old")["contract.ends_on"] == OLD.ends_on
    assert known(account, contract_id="old")["contract.signed_on"] is None
    assert known(account, contract_id="unknown")["contract.ends_on"] is None


def test_facts_are_seen_from_the_contact_a_run_is_about() -> None:
    account = an_account(contacts=(a_contact("ann", "champion", facts={"language": "de"}),))
    assert known(account, contact_id="ann")["contact.language"] == "de"
    assert known(account)["contact.language"] is None


# Defaults, and what is too old


def test_what_was_not_told_has_its_default() -> None:
    values = known(an_account())
    assert (values["account.stage"], values["account.ready"], values["account.arr"], values["policy.goal"]) == ("new", False, None, 3)
    assert known(an_account(facts={"stage": None}))["account.stage"] is None  # told to be unknown


@pytest.mark.parametrize(
    ("told_at", "value", "stale"),
    [
        ("0 10:00", -0.5, False),
        ("-13 10:00", -0.5, False),
        ("-14 10:01", -0.5, False),
        ("-14 10:00", None, True),  # fresh for fourteen days, and not a moment longer
        ("-99 10:00", None, True),
    ],
)
def test_what_is_too_old_is_not_known(told_at: str, value: float | None, stale: bool) -> None:
    account = an_account(facts={"growth": -0.5}, told_at={"account.growth": at(told_at)})
    found = facts(account, HOUSE, at("0 10:00"))
    assert found.values["account.growth"] == value
    assert found.stale == ({"account.growth"} if stale else set())


def test_a_fact_whose_age_nobody_knows_is_fresh() -> None:
    assert known(an_account(facts={"growth": -0.5}))["account.growth"] == -0.5


# What follows from other things


def test_a_fact_can_be_true_while_a_journey_is_live() -> None:
    assert known(an_account())["account.busy"] is False
    assert known(an_account(journeys=("other",)))["account.busy"] is True


@pytest.mark.parametrize(("when", "is_quiet"), [("0 10:00", False), ("13 23:59", False), ("14 00:00", True), ("400 00:00", True)])
def test_quiet_comes_with_the_local_day(when: str, is_quiet: bool) -> None:
    account = an_account(facts={"seen_on": MONDAY})
    assert known(account, when)["account.quiet"] is is_quiet
    tokyo = replace(account, zone="Asia/Tokyo")
    assert known(tokyo, when)["account.quiet"] is (is_quiet or when == "13 23:59")


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        (an_account(), None),
        (an_account(facts={"seen_on": MONDAY}), "14 00:00"),
        (an_account(facts={"seen_on": MONDAY - timedelta(days=14)}), None),  # quiet already
        (an_account(facts={"growth": 0.1}, told_at={"account.growth": at("0 10:00")}), "14 10:00"),
        (an_account(facts={"growth": 0.1}, told_at={"account.growth": at("-14 10:00")}), None),  # stale already
        (an_account(facts={"growth": None}, told_at={"account.growth": at("0 10:00")}), None),  # nothing to forget
        (an_account(facts={"growth": 0.1, "seen_on": MONDAY}, told_at={"account.growth": at("-1 10:00")}), "13 10:00"),
    ],
)
def test_the_next_change_by_the_passing_of_time_is_known(account: Account, expected: str | None) -> None:
    assert next_change(account, HOUSE, at("0 10:00")) == (at(expected) if expected else None)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_looking_again_at_each_change_ends(seen: int, told: int, now: int) -> None:
    account = an_account(facts={"seen_on": MONDAY + timedelta(days=seen), "growth": 1.0}, told_at={"account.growth": at(f"{told} 10:00")})
    moment: datetime | None = at(f"{now} 10:00")
    looks = 0
    while moment is not None:
        following = next_change(account, HOUSE, moment)
        assert following is None or following > moment
        moment, looks = following, looks + 1
    assert looks <= 3


@given(st.integers(-20, 60), st.integers(-20, 60), st.integers(-40, 40), st.integers(0, 23), st.floats(0, 1))
def test_facts_stay_as_they_are_until_time_changes_them(seen: int, told: int, begins: int, hour: int, part: float) -> None:
    account = replace(
        an_account(facts={"seen_on": MONDAY + timedelta(days=seen), "growth": 1.0}, told_at={"account.growth": at(f"{told} 10:00")}),
        contracts=(
            Contract("first", date(2025, 1, 1), date(2026, 1, 1), True, 30),
            Contract("second", MONDAY + timedelta(days=begins), MONDAY + timedelta(days=400), True, 30, 900.0),
        ),
    )
    now = at(f"0 {hour:02}:30")
    made = facts(account, HOUSE, now)
    until = same_until(account, HOUSE, made, now)
    assert until is None or until > now
    later = now + (min(until or at("500 00:00"), at("500 00:00")) - timedelta(seconds=1) - now) * part
    assert facts(account, HOUSE, later) == made
    if until is not None:
        assert facts(account, HOUSE, until) != made


# Readings


def test_a_reading_replaces_one_of_the_same_day_and_four_are_kept() -> None:
    account = an_account()
    for day in (0, 1, 1, 2, 3, 4):
        account = with_reading(account, Reading(MONDAY + timedelta(days=day), 10.0 * day, "critical", "critical", {"usage": 5.0}, 100))
    assert [(reading.day - MONDAY).days for reading in account.readings] == [1, 2, 3, 4]
    assert (known(account)["health.score"], known(account)["health.band"], known(account)["health.usage"]) == (40.0, "critical", 5.0)


def test_an_account_is_as_old_as_its_first_day() -> None:
    assert age_in_days(an_account(), MONDAY + timedelta(days=30)) == 30
    assert age_in_days(an_account(since=None), MONDAY) is None
