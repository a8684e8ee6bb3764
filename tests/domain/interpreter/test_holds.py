"""Holds of a run, of classes of mail, of journeys and of the account."""

from __future__ import annotations

from typing import Any

import pytest

from domain.facts import Hold
from domain.news import Changed
from tests.domain.interpreter.kit import REST
from tests.domain.kit import a_contact, an_account, at, change, hold, leave, resume, story

HELD = """
    steps: [{wait: 4 days}, {post: cheers}]
    tracks:
      b: [{send: hello, at: day 2, to: champion}, {send: news, at: day 3, to: champion}, {send: offer, at: day 8, to: champion}]
      c: [{wait_for: set_up, within: 4 days, otherwise: [{webhook: crm}]}]
      d: [{check: c, at: day 2, verdicts: [{else: [{post: heads-up, at: day 3, to: vp}]}]}]
"""


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("shift", ["3 12:00 mail hello ann", "3 12:00 mail news ann", "3 12:00 post heads-up vp", "6 10:00 post cheers wins", "6 10:00 webhook crm crm", "8 09:00 mail offer ann"]),
        ("skip", ["4 10:00 post cheers wins", "4 10:00 webhook crm crm", "8 09:00 mail offer ann"]),
        ("send", ["3 12:00 mail hello ann", "3 12:00 mail news ann", "3 12:00 post heads-up vp", "4 10:00 post cheers wins", "4 10:00 webhook crm crm", "8 09:00 mail offer ann"]),
    ],
)  # fmt: skip
def test_after_a_hold_what_fell_due_is_shifted_skipped_or_sent(how: str, expected: list[str]) -> None:
    """`shift` moves what was reckoned in durations; days stay where they are."""
    touches = story(HELD, {"1 12:00": hold(how), "3 12:00": resume})
    assert sorted(touches) == sorted(expected)


def test_a_hold_can_end_by_itself() -> None:
    assert story("steps: [{wait: 4 days}, {post: cheers}]", {"1 10:00": hold("shift", until="3 10:00")}) == ["6 10:00 post cheers wins"]
    assert story("steps: [{wait: 1 day}, {post: cheers}]", {"0 12:00": hold("send", until="3 10:00")}) == ["3 10:00 post cheers wins"]


def test_a_second_hold_says_how_and_until_when() -> None:
    happenings = {"0 12:00": hold("shift"), "0 13:00": hold("send", until="3 10:00")}
    assert story("steps: [{wait: 1 day}, {post: cheers}]", happenings) == ["3 10:00 post cheers wins"]


def test_a_reply_during_a_hold_takes_its_branch_on_resuming() -> None:
    text = "steps: [{wait_for: set_up, within: 4 days, otherwise: [{webhook: crm}]}, {post: cheers}]"
    assert story(text, {"1 12:00": hold("send"), "2 12:00": "set_up", "9 12:00": resume}) == ["9 12:00 post cheers wins"]


def test_a_run_can_end_and_react_during_a_hold_but_acts_only_afterwards() -> None:
    text = REST + "ends: [{on: missed, then: [{post: cheers}]}]\nwhenever: [{on: seen, steps: [{webhook: crm}]}]"
    assert story(text, {"1 12:00": hold(), "2 12:00": "seen", "3 12:00": resume}) == ["3 12:00 webhook crm crm"]
    assert story(text, {"1 12:00": hold(), "2 12:00": "missed", "3 12:00": resume}) == ["3 12:00 post cheers wins"]
    assert story(text, {"1 12:00": hold(), "2 12:00": leave, "3 12:00": resume}) == []


@pytest.mark.parametrize("meanwhile", [{}, {"4 21:00": "seen"}, {"5 12:00": "seen"}])
def test_a_mail_on_its_way_leaves_after_the_hold_in_its_readers_hours(meanwhile: dict[str, Any]) -> None:
    """Whether the run took a turn during the hold and put the mail off, or not."""
    text = "steps: [{send: hello, to: champion}]\nwhenever: [{on: seen, steps: [{set: {account.ready: true}}]}]"
    happenings = {"4 20:00": hold(), **meanwhile, "6 12:00": resume}
    assert story(text, happenings, start="4 19:00") == ["7 09:00 mail hello ann"]
    assert story(text, {**happenings, "8 12:00": resume} | {"6 12:00": "missed"}, start="4 19:00") == ["8 12:00 mail hello ann"]


def test_resuming_sends_nobody_their_mail_a_day_early() -> None:
    far = (a_contact("ann", "champion"), a_contact("luis", "champion", zone="America/Los_Angeles", country="US"))
    text = "steps: [{send: hello, at: day 1, to: champion}]"
    assert story(text, {"1 09:30": hold(), "1 09:45": resume}, account=an_account(contacts=far)) == [
        "1 09:00 mail hello ann",
        "1 18:00 mail hello luis",
    ]


HOLDER = "journey: other\nsteps: [{hold: {WHAT}}, {id: w, wait: 4 days}]"


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("classes: [onboarding]", ["7 09:00 mail hello ann", "7 09:00 post cheers wins"]),  # day 5 is a Saturday
        ("classes: [growth]", ["2 09:00 mail hello ann", "2 09:00 post cheers wins"]),
        ("journey: story", ["7 09:00 mail hello ann", "7 09:00 post cheers wins"]),
    ],
)
def test_a_journey_holds_classes_of_mail_or_another_journey_until_it_is_over(what: str, expected: list[str]) -> None:
    text = "steps: [{send: hello, at: day 2, to: champion}, {post: cheers}]"
    start_other = {"1 10:00": lambda world: world.enroll("other")}
    assert story([text, HOLDER.replace("{WHAT}", f"{{{what}}}")], start_other) == expected


def test_a_hold_for_a_while_ends_by_itself() -> None:
    text = "steps: [{send: hello, at: day 2, to: champion}]"
    holder = HOLDER.replace("{WHAT}", "{classes: [onboarding]}, for: 2 days")
    assert story([text, holder], {"1 10:00": lambda world: world.enroll("other")}) == ["3 10:00 mail hello ann"]


@pytest.mark.parametrize("until", [None, at("9 10:00")])
def test_lifting_a_hold_of_the_account_lets_its_mail_go(until: Any) -> None:
    """Also when the hold would have lasted until a day."""
    happenings = {
        "1 12:00": change(holds=(Hold("h", until=until),)),
        "3 12:00": change(holds=()),
        "3 12:01": lambda world: world.order("story", Changed(world.now, ("holds",))),
    }
    assert story("steps: [{send: hello, at: day 2, to: champion}]", happenings) == ["3 12:01 mail hello ann"]
