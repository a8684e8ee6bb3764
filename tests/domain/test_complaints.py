"""When spam reports are said to be many, and when commercial mail is held for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from domain import complaints
from domain.complaints import Complaints, Grade, Held
from domain.contact_policy import ContactPolicy, SpamReports
from tests.domain.kit import at

POLICY = SpamReports()
NOON = at("0 12:00")


@pytest.mark.parametrize(
    ("mails", "reported", "grade"),
    [
        (0, 0, Grade.UNSAID),
        (99, 99, Grade.UNSAID),
        (100, 0, Grade.WELL),
        (1001, 1, Grade.WELL),
        (1000, 1, Grade.WARN),
        (100, 1, Grade.WARN),
        (100, 2, Grade.WARN),  # 2 %, and two readers
        (100, 3, Grade.HOLD),
        (1001, 3, Grade.WARN),
        (1000, 3, Grade.HOLD),
        (1190, 5, Grade.HOLD),
        (3_000_000, 3000, Grade.WARN),
        (3_000_000, 2999, Grade.WELL),
    ],
)
def test_what_a_rate_means_depends_on_how_much_mail_it_is_of(mails: int, reported: int, grade: Grade) -> None:
    assert complaints.grade(Complaints(mails, reported, NOON), POLICY) is grade


@pytest.mark.parametrize(
    ("reported", "last", "held", "must"),
    [
        (5, 0, Held(), True),
        (2, 0, Held(), False),
        (5, 0, Held(stands=True), False),
        (5, 0, Held(stands=True, over_at=NOON - timedelta(days=1)), False),
        (5, 0, Held(over_at=NOON), False),
        (5, -1, Held(over_at=NOON), False),
        (5, 1, Held(over_at=NOON), True),
        (2, 1, Held(over_at=NOON), False),
    ],
)
def test_mail_is_held_once_and_again_only_for_what_is_reported_after_a_lift(reported: int, last: int, held: Held, must: bool) -> None:
    found = Complaints(1000, reported, NOON + timedelta(minutes=last))
    assert complaints.must_hold(found, POLICY, held) is must


def test_the_numbers_are_in_the_words() -> None:
    found = Complaints(1190, 5, NOON)
    assert found.words == "spam reports are 0.42 % of the last 30 days' mail (5 of 1,190)"
    assert found.reason == f"{found.words}; once that is looked into, `tenure resume --class commercial` lifts it"
    assert Complaints().words == "spam reports are none of the last 30 days' mail (0 of 0)"


@given(mails=some.integers(1, 10**7), reported=some.integers(0, 10**4), more=some.integers(1, 100))
def test_more_reports_of_the_same_mail_are_never_better(mails: int, reported: int, more: int) -> None:
    order = list(Grade)
    few, many = (complaints.grade(Complaints(mails, count, NOON), POLICY) for count in (reported, reported + more))
    assert order.index(many) >= order.index(few)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"warn_at": 0.5}, "hold_at: 0.3 percent is less than warn_at, 0.5; warn first, then hold"),
        ({"warn_at": 0}, "greater than 0"),
        ({"hold_at": 101}, "less than or equal to 100"),
        ({"least_mails": 0}, "greater than or equal to 1"),
        ({"least_reports": 0}, "greater than or equal to 1"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(fields: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        SpamReports(**fields)


def test_no_class_of_mail_has_the_name_of_all_of_them() -> None:
    with pytest.raises(ValidationError, match="'commercial' cannot name a class"):
        ContactPolicy(classes=("growth", "commercial"))
