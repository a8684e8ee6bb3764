"""What moves with the anchor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.domain.kit import MONDAY, an_account, begun, know, move_start, story

MOVES = "steps: [{send: hello, at: day 3, to: champion}, {send: news, at: day 9, to: champion}]"


@pytest.mark.parametrize(
    ("happenings", "expected"),
    [
        ({"1 12:00": move_start(4)}, ["7 09:00 mail hello ann", "14 09:00 mail news ann"]),
        ({"1 12:00": move_start(-1)}, ["2 09:00 mail hello ann", "8 09:00 mail news ann"]),
        ({"4 12:00": move_start(7)}, ["3 09:00 mail hello ann", "16 09:00 mail news ann"]),  # what has passed is not repeated
        ({"4 12:00": move_start(-7)}, ["3 09:00 mail hello ann", "4 12:00 mail news ann"]),
        ({"1 12:00": move_start(7), "2 12:00": move_start(0)}, ["3 09:00 mail hello ann", "9 09:00 mail news ann"]),
    ],
)
def test_what_is_pending_moves_with_the_anchor(happenings: dict[str, Any], expected: list[str]) -> None:
    assert story(MOVES, happenings) == expected


def test_waits_until_a_day_move_and_waits_for_a_while_do_not() -> None:
    text = """
        steps: [{wait: until day 3}, {post: cheers}]
        tracks:
          b: [{wait_for: seen, until: day 3, otherwise: [{webhook: crm}]}]
          c: [{wait: 3 days}, {post: heads-up, to: vp}]
          d: [{id: e, wait: until contract.starts_on + 2 business days}, {post: heads-up, to: cco, id: f}]
    """
    assert story(text, {"1 12:00": move_start(4)}) == [
        "3 10:00 post heads-up vp", "7 09:00 post cheers wins", "7 09:00 webhook crm crm", "8 09:00 post heads-up cco",
    ]  # fmt: skip


def test_a_run_waits_for_an_anchor_that_nobody_has_told() -> None:
    text = "anchor: account.left_on\nsteps: [{webhook: crm}, {post: cheers, at: day 3}]"
    assert story(text) == ["0 10:00 webhook crm crm"]
    assert story(text, {"4 12:00": know(left_on=MONDAY + timedelta(days=5))}) == ["0 10:00 webhook crm crm", "8 09:00 post cheers wins"]
    assert story(text, {"4 12:00": know(left_on=MONDAY)}) == ["0 10:00 webhook crm crm", "4 12:00 post cheers wins"]


def test_a_run_whose_anchor_is_withdrawn_waits_for_the_next() -> None:
    text = "anchor: account.left_on\nsteps: [{post: cheers, at: day 3}]"
    account = an_account(facts={"left_on": MONDAY})
    assert story(text, {"1 12:00": know(left_on=None)}, account=account) == []
    assert story(text, {"1 12:00": know(left_on=None), "5 12:00": know(left_on=MONDAY + timedelta(days=4))}, account=account) == [
        "7 09:00 post cheers wins"
    ]


def test_day_is_reckoned_from_the_anchor_and_from_the_start_where_that_is_it() -> None:
    text = "steps: [{wait: 3 days}, {post: cheers, when: day == 13}]"
    assert story(text, account=begun(10)) == ["3 10:00 post cheers wins"]
    assert story("anchor: start\n" + text.replace("13", "3"), account=begun(10)) == ["3 10:00 post cheers wins"]
