"""What a hold keeps back, and until when."""

from __future__ import annotations

from typing import Any

import pytest

from domain.facts import Hold
from tests.domain.kit import at, change, done, hold, leave, resume, skip, story
from tests.domain.simulation.kit import OUTCOMES, enroll, other

HELD = "steps: [{wait: 2 days}, {send: hello, to: champion}, {send: receipt, to: champion}, {post: cheers}]"
HOLDER = "{hold: WHAT}, {id: w, wait: FOR}"


def holder(what: str, days: int, name: str = "other", until: str = "") -> str:
    """A journey that holds this until it is over, so many days later."""
    return other(HOLDER.replace("WHAT", f"{what}{until}").replace("FOR", f"{days} days"), name)


@pytest.mark.parametrize(
    ("what", "until", "expected"),
    [
        # A class of mail: what the customer waits for and what we tell ourselves go all the same, one after the other.
        ("{classes: [onboarding]}", "", ["4 10:00 mail hello ann", "4 10:00 mail receipt ann", "4 10:00 post cheers wins"]),
        ("{classes: [growth]}", "", ["2 10:00 mail hello ann", "2 10:00 mail receipt ann", "2 10:00 post cheers wins"]),
        ("{classes: [growth, onboarding]}", "", ["4 10:00 mail hello ann", "4 10:00 mail receipt ann", "4 10:00 post cheers wins"]),
        ("{classes: [onboarding]}", ", for: 3 days", ["3 10:00 mail hello ann", "3 10:00 mail receipt ann", "3 10:00 post cheers wins"]),
        # A journey stands still, and goes on by as much later.
        ("{journey: story}", "", ["7 09:00 mail hello ann", "7 09:00 mail receipt ann", "7 09:00 post cheers wins"]),
        ("{journey: story}", ", for: 1 day", ["3 10:00 mail hello ann", "3 10:00 mail receipt ann", "3 10:00 post cheers wins"]),
        ("{journey: third}", "", ["2 10:00 mail hello ann", "2 10:00 mail receipt ann", "2 10:00 post cheers wins"]),
    ],
)
def test_a_journey_holds_mail_or_another_journey_while_it_lasts(what: str, until: str, expected: list[str]) -> None:
    texts = [HELD, holder(what, 4, until=until), other("{wait: 1 day}", "third")]
    assert story(texts, {"0 10:00": enroll("other")}) == expected


def test_operational_mail_leaves_while_its_class_is_held_and_not_while_the_account_is() -> None:
    text = "steps: [{send: receipt, at: day 1, to: champion}]"
    assert story([text, holder("{classes: [onboarding]}", 9)], {"0 11:00": enroll("other")}) == ["1 09:00 mail receipt ann"]
    assert story(text, {"0 11:00": change(holds=(Hold("h", until=at("3 12:00")),))}) == ["3 12:00 mail receipt ann"]


def test_mail_waits_until_its_last_hold_is_over() -> None:
    texts = [
        "steps: [{send: hello, at: day 1, to: champion}]",
        holder("{classes: [onboarding]}", 2),
        holder("{classes: [onboarding]}", 3, "third"),
    ]
    assert story(texts, {"0 11:00": enroll("other", "third")}) == ["3 11:00 mail hello ann"]


def test_a_hold_ends_with_the_run_that_placed_it_however_that_ends() -> None:
    holding = holder("{classes: [onboarding]}", 9) + "\nends: [{on: missed}]"
    text = "steps: [{send: hello, at: day 1, to: champion}]"
    assert story([text, holding], {"0 11:00": enroll("other"), "2 12:00": "missed"}) == ["2 12:00 mail hello ann"]
    stopping = other("{stop: other}", "third")
    assert story([text, holding, stopping], {"0 11:00": enroll("other"), "3 12:00": enroll("third")}) == ["3 12:00 mail hello ann"]


def test_what_was_put_off_by_a_hold_leaves_in_its_readers_hours() -> None:
    holding = holder("{classes: [onboarding]}", 9) + "\nends: [{on: missed}]"
    text = "steps: [{send: hello, at: day 1, to: champion}]"
    assert story([text, holding], {"0 11:00": enroll("other"), "4 22:00": "missed"}) == ["7 09:00 mail hello ann"]


def test_a_person_holds_one_run_and_not_the_others() -> None:
    second = other("{wait: 2 days}, {webhook: crm}")
    happenings = {"0 11:00": enroll("other"), "0 12:00": hold(), "4 12:00": resume}
    assert story(["steps: [{wait: 2 days}, {post: cheers}]", second], happenings) == ["2 11:00 webhook crm crm", "6 10:00 post cheers wins"]


def test_a_hold_of_a_run_keeps_what_was_asked_open() -> None:
    """The task can be done meanwhile; the story goes on with its outcome."""
    happenings = {"0 12:00": hold("send"), "1 10:00": done("task-call", "bad"), "2 12:00": resume}
    assert story(OUTCOMES, happenings, days=3)[1:] == ["2 12:00 post heads-up vp", "2 12:00 approval price director"]


@pytest.mark.parametrize(
    ("act", "expected"),
    [(leave, []), (skip("wait-9-days"), ["1 12:00 post cheers wins"]), (hold(until="2 12:00"), ["10 10:00 post cheers wins"])],
)
def test_orders_are_for_the_run_of_the_journey_named(act: Any, expected: list[str]) -> None:
    texts = ["steps: [{wait: 9 days}, {post: cheers}]", other("{wait: 9 days}, {webhook: crm}")]
    touches = story(texts, {"0 11:00": enroll("other"), "1 12:00": act}, days=20)
    assert sorted(touches) == sorted([*expected, "9 11:00 webhook crm crm"])
