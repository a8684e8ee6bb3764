"""Journeys that are good one by one, played together for one customer: what is too much is said, and nothing else."""

from __future__ import annotations

from datetime import date

import pytest

from domain import colliding
from domain.facts import Contract
from tests.domain.kit import a_contact, a_house, an_account, play

HOUSE = a_house(
    contact="""
    classes: [renewal, onboarding, growth, advocacy]
    limits: {mails_a_day: 1, mails_a_week: 2, account_mails_a_week: 4, settling: 30 days, survey_every: 14 days}
    """
)
ANN = a_contact("ann", "champion")
LONG_AGO = (Contract("c1", date(2024, 1, 1), date(2030, 1, 1)),)  # no contract begins about now: no mail more than usual


def said(*steps: str, settling: bool = False) -> list[str]:
    """What is too much in one journey of these steps, told without the limit and what filled it."""
    text = "anchor: start\nsteps:\n" + "\n".join(f"  - {{{step}}}" for step in steps)
    account = an_account(contacts=(ANN,)) if settling else an_account(contacts=(ANN,), contracts=LONG_AGO)
    found = colliding.collisions(play(text, account=account, house=HOUSE, days=60))
    return [each.sentence.split(" too soon: ")[1].split(", and ")[0] for each in found]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (("send: hello, at: day 1, to: champion", "send: news, at: day 2, to: champion"), []),
        (
            ("send: hello, at: day 1, to: champion", "send: news, to: champion"),
            ["Ann would get 2 mails on 2026-01-06"],
        ),
        (("send: hello, at: day 1, to: champion", "send: receipt, to: champion"), []),  # they wait for the receipt
        (
            ("send: hello, at: day 1, to: champion", "send: news, at: day 3, to: champion", "send: offer, at: day 7, to: champion"),
            ["Ann would get 3 mails within 7 days"],
        ),
        (("send: hello, at: day 1, to: champion", "send: news, at: day 3, to: champion", "send: offer, at: day 8, to: champion"), []),
    ],
)
def test_mails_to_one_reader_are_counted_by_their_day_and_in_any_seven_days(steps: tuple[str, ...], expected: list[str]) -> None:
    assert said(*steps) == expected


def test_about_the_beginning_of_a_contract_one_mail_more_a_week_is_fine() -> None:
    steps = [f"send: {name}, at: day {day}, to: champion" for name, day in (("hello", 1), ("news", 3), ("offer", 7))]
    assert said(*steps, settling=True) == []
    assert said(*steps, "send: hello, id: again, at: day 4, to: champion") != []


def test_a_second_survey_within_a_fortnight_is_too_much() -> None:
    steps = ["send: hello, at: day 1, to: champion", "wait_for: answered, within: 3 days"]
    soon = [*steps, "send: news, at: day 12, to: champion", "wait_for: answered, id: second, within: 3 days"]
    late = [*steps, "send: news, at: day 16, to: champion", "wait_for: answered, id: second, within: 3 days"]
    assert said(*soon) == ["Ann would get 2 surveys within 14 days"]
    assert said(*late) == []


def test_what_is_too_much_names_what_came_before_it_and_from_which_journey() -> None:
    text = "anchor: start\nsteps: [{send: hello, at: day 1, to: champion}, {send: news, to: champion}]"
    (found,) = colliding.collisions(play(text, account=an_account(contacts=(ANN,)), house=HOUSE))
    assert found.sentence == "news (story) came too soon: Ann would get 2 mails on 2026-01-06, and 1 is the most: had hello (story)"
    assert [touch.what for touch in found.touches] == ["hello"]
