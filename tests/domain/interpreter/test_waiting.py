"""Waiting for a while, for a day, for something to happen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.kit import a_contact, an_account, know, story


@pytest.mark.parametrize(
    ("wait", "day"),
    [
        ("wait: 90 minutes", "0 11:30"),
        ("wait: 1 day", "1 10:00"),
        ("wait: 5 business days", "7 10:00"),
        ("wait: 4 working hours", "0 14:00"),
        ("wait: until 08:15", "1 08:15"),
        ("wait: until 10:00", "1 10:00"),  # it is ten now
        ("wait: until 10:01", "0 10:01"),
        ("wait: until 08:15, to: sponsor", "0 14:15"),  # by Ben's clock
        ("wait: until 08:15, to: user", "1 08:15"),  # whose clock nobody knows: the account's
        ("wait: until day 10", "10 09:00"),
        ("wait: until day 5", "7 09:00"),
        ("wait: until contract.ends_on - 350 days", "15 09:00"),
        ("wait: until day -3", "0 10:00"),
    ],
)
def test_a_track_waits(wait: str, day: str) -> None:
    account = an_account(contacts=(a_contact("ben", "sponsor", zone="America/New_York"), a_contact("cleo", "user")))
    assert story(f"steps: [{{{wait}}}, {{post: cheers}}]", account=account) == [f"{day} post cheers wins"]


HEARS = "steps: [{wait: 3 days}, {wait_for: set_up, within: 5 days, otherwise: [{post: heads-up, to: vp}]}, {post: cheers}]"
IN_TIME, TOO_LATE = ["4 12:00 post cheers wins"], ["8 10:00 post heads-up vp", "8 10:00 post cheers wins"]


@pytest.mark.parametrize(
    ("text", "happenings", "expected"),
    [
        (HEARS, {"4 12:00": "set_up"}, IN_TIME),
        (HEARS, {"1 12:00": "set_up"}, ["3 10:00 post cheers wins"]),  # before the track came there
        (HEARS, {}, TOO_LATE),
        (HEARS, {"9 12:00": "set_up"}, TOO_LATE),
        (HEARS, {"4 12:00": "seen"}, TOO_LATE),
        (HEARS.replace("within", "since: now, within"), {"1 12:00": "set_up"}, TOO_LATE),
        (HEARS.replace("within", "since: now, within"), {"1 12:00": "set_up", "4 12:00": "set_up"}, IN_TIME),
        (HEARS.replace("within: 5 days", "until: day 8"), {}, ["8 09:00 post heads-up vp", "8 09:00 post cheers wins"]),
        (HEARS.replace("within: 5 days", "until: day 2"), {}, ["3 10:00 post heads-up vp", "3 10:00 post cheers wins"]),
        (HEARS.replace("wait_for: set_up", "wait_for: account.ready"), {"4 12:00": "set_up"}, IN_TIME),
        (HEARS.replace("wait_for: set_up", "wait_for: account.ready"), {"4 12:00": know(ready=True)}, IN_TIME),
        (HEARS.replace("wait_for: set_up", "wait_for: account.ready"), {"1 12:00": know(ready=True)}, ["3 10:00 post cheers wins"]),
        (HEARS.replace("wait_for: set_up", "wait_for: account.ready"), {}, TOO_LATE),
    ],
)
def test_a_track_waits_for_something(text: str, happenings: dict[str, Any], expected: list[str]) -> None:
    assert story(text, happenings) == expected


def test_only_events_that_fit_are_waited_for_and_their_answer_is_kept() -> None:
    text = """
        steps:
          - {wait_for: answered, where: event.survey == "nps", within: 9 days}
          - {post: cheers, when: steps.answered.answer == 9 and steps.answered.outcome == "heard"}
    """
    answers = {"1 12:00": ("answered", {"survey": "csat", "score": 9}), "2 12:00": ("answered", {"survey": "nps", "score": 9})}
    assert story(text, answers) == ["2 12:00 post cheers wins"]
    assert story(text, {"1 12:00": answers["1 12:00"]}) == []


def test_an_event_satisfies_each_wait_for_it_once_a_round() -> None:
    text = "steps: [{repeat: r, every: 2 days, until: day > 5, steps: [{wait_for: seen, within: 1 day, otherwise: [{post: heads-up, to: vp}]}]}]"
    assert story(text, {"0 12:00": "seen"}) == ["3 09:00 post heads-up vp", "5 09:00 post heads-up vp"]


def test_an_event_since_now_is_not_the_one_that_began_the_track() -> None:
    text = "steps: [{wait: 20 days}]\nwhenever: [{on: missed, steps: [{wait_for: missed, since: now, within: 5 days, otherwise: [{post: cheers}]}]}]"
    assert story(text, {"2 10:00": "missed"}) == ["7 10:00 post cheers wins"]
    assert story(text, {"2 10:00": "missed", "3 10:00": "missed"}) == []
