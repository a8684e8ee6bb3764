"""Branches, checks, splits, and steps that come again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.interpreter.kit import READY
from tests.domain.kit import a_person, an_account, know, people, story


def test_a_branch_takes_the_first_case_that_holds_and_stays_with_it() -> None:
    text = """
        steps:
          - branch: b
            at: day 2
            cases:
              - {when: account.ready, steps: [{post: cheers}]}
              - {when: account.wishes > 3, steps: [{wait: 3 days}, {post: heads-up, to: vp}]}
              - {else: [{post: heads-up, to: cco, id: c}]}
          - {webhook: crm}
    """
    assert story(text, {"1 12:00": know(wishes=5), "3 12:00": "set_up"}) == ["5 09:00 post heads-up vp", "5 09:00 webhook crm crm"]
    assert story(text) == ["2 09:00 post heads-up cco", "2 09:00 webhook crm crm"]
    assert story(text, account=READY) == ["2 09:00 post cheers wins", "2 09:00 webhook crm crm"]


def test_a_check_records_its_verdict_at_each_of_its_dates() -> None:
    text = """
        steps:
          - check: c
            at: [day 2, day 4]
            verdicts:
              - {verdict: good, when: account.ready, steps: []}
              - {when: day < 4, steps: [{post: cheers}]}
              - {else: [{post: heads-up, to: vp}]}
          - {webhook: crm, when: steps.c.outcome == "good"}
    """
    assert story(text) == ["2 09:00 post cheers wins", "4 09:00 post heads-up vp"]
    assert story(text, {"3 12:00": "set_up"}) == ["2 09:00 post cheers wins", "4 09:00 webhook crm crm"]


def test_day_n_has_begun_for_the_account_whatever_the_owners_clock_says() -> None:
    """An owner in Auckland begins to work on day 3 while it is still day 2 for an account in Los Angeles."""
    kiwi = a_person("kiwi", "csm", zone="Pacific/Auckland", country="NZ")
    account = an_account(owner_id="kiwi", people=people(kiwi), zone="America/Los_Angeles", country="US")
    text = "steps: [{check: c, at: day 3, verdicts: [{when: day < 3, steps: [{post: cheers}]}, {else: [{webhook: crm}]}]}]"
    assert story(text, account=account, where="America/Los_Angeles") == ["3 12:00 webhook crm crm"]


def test_a_split_divides_accounts_by_hash_and_for_good() -> None:
    text = "steps: [{split: s, arms: [{arm: a, percent: 30, steps: [{post: cheers}]}, {arm: b, percent: 70, steps: [{webhook: crm}]}]}, {post: heads-up, to: vp, when: steps.s.outcome == 'a'}]"
    taken = {id: story(text, account=an_account(id=id)) for id in (f"account-{number}" for number in range(300))}
    few = [id for id, touches in taken.items() if touches == ["0 10:00 post cheers wins", "0 10:00 post heads-up vp"]]
    assert 60 < len(few) < 120
    assert all(touches == ["0 10:00 webhook crm crm"] for id, touches in taken.items() if id not in few)
    assert {id: story(text, account=an_account(id=id)) for id in few} == {id: taken[id] for id in few}


def test_a_step_of_several_dates_is_taken_at_each_and_its_condition_looked_at_each_time() -> None:
    text = "steps: [{send: hello, at: [day 1, day 4, day 7], to: champion, when: not account.ready}, {post: cheers}]"
    assert story(text, {"5 10:00": "set_up"}) == ["1 09:00 mail hello ann", "4 09:00 mail hello ann", "7 09:00 post cheers wins"]


@pytest.mark.parametrize(
    ("text", "happenings", "expected"),
    [
        ("{repeat: r, every: 7 days, until: account.ready, steps: [{send: hello, to: champion}]}", {"16 11:00": "set_up"}, ["0 10:00", "7 09:00", "14 09:00", "16 11:00 !"]),
        ("{repeat: r, every: 7 days, until: day >= 0, steps: [{send: hello, to: champion}]}", {}, ["0 10:00 !"]),
        ("{repeat: r, at: day 3, every: 1 week, until: day >= 20, steps: [{send: hello, to: champion}]}", {}, ["3 09:00", "10 09:00", "17 09:00", "21 09:00 !"]),
        ("{repeat: r, every: 2 business days, until: day > 6, steps: [{send: hello, to: champion}]}", {}, ["0 10:00", "2 09:00", "4 09:00", "7 09:00 !"]),
        ("{repeat: r, every: 2 days, until: day >= 12, steps: [{send: hello, to: champion}, {wait: 5 days}]}", {}, ["0 10:00", "7 09:00", "12 09:00 !"]),
        ("{repeat: r, every: 7 days, until: account.ready and day >= 9, steps: [{send: hello, to: champion}]}", {"2 10:00": "set_up"}, ["0 10:00", "7 09:00", "9 09:00 !"]),
    ],
)  # fmt: skip
def test_a_repeat_comes_round_until_its_condition_holds(text: str, happenings: dict[str, Any], expected: list[str]) -> None:
    touches = story(f"steps: [{text}, {{post: cheers}}]", happenings, days=40)
    assert touches == [line.replace(" !", " post cheers wins") if "!" in line else f"{line} mail hello ann" for line in expected]


def test_a_repeat_in_a_repeat() -> None:
    text = "steps: [{repeat: r, every: 7 days, until: day > 8, steps: [{repeat: s, every: 1 day, until: steps.hello.visits >= 2 and day < 7 or day > 8, steps: [{send: hello, to: champion}]}]}, {post: cheers}]"
    assert story(text, days=40) == [
        "0 10:00 mail hello ann",
        "1 09:00 mail hello ann",
        "7 09:00 mail hello ann",
        "8 09:00 mail hello ann",
        "9 09:00 post cheers wins",
    ]
