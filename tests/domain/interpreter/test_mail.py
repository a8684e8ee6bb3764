"""Mail: when it leaves, to whom, and what keeps it from leaving."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.domain.kit import CONTACTS, a_contact, an_account, change, know, play, reasons, story


def test_a_mail_of_a_day_leaves_when_its_readers_hours_begin() -> None:
    assert story("steps: [{send: hello, at: day 3, to: champion}]") == ["3 09:00 mail hello ann"]


def test_a_mail_of_a_day_without_work_leaves_on_the_next_with() -> None:
    assert story("steps: [{send: hello, at: day 5, to: champion}]") == ["7 09:00 mail hello ann"]


def test_mail_waits_for_the_morning_and_operational_mail_does_not() -> None:
    assert story("steps: [{send: hello, at: start, to: champion}]", start="0 20:00") == ["1 09:00 mail hello ann"]
    assert story("steps: [{send: receipt, at: start, to: champion}]", start="0 20:00") == ["0 20:00 mail receipt ann"]


def test_each_reader_gets_one_mail_at_nine_of_their_own_clock() -> None:
    """And the step is done when all are settled."""
    far = (
        a_contact("ann", "champion", "user"), a_contact("aroha", "user", zone="Pacific/Auckland", country="NZ"),
        a_contact("luis", "user", "admin", zone="America/Los_Angeles", country="US"),
    )  # fmt: skip
    assert story("steps: [{send: hello, at: day 1, to: [user, admin]}, {post: cheers}]", account=an_account(contacts=far)) == [
        "0 21:00 mail hello aroha",
        "1 09:00 mail hello ann",
        "1 18:00 mail hello luis",
        "1 18:00 post cheers wins",
    ]


def test_a_mail_to_nobody_is_skipped_with_its_reason() -> None:
    played = play(
        "steps: [{send: hello, to: [user, signer]}, {post: cheers}]", account=an_account(contacts=(a_contact("ann", "champion"),))
    )
    assert [touch.what for touch in played.touches] == ["cheers"]
    assert reasons(played, "skipped") == ["skipped send-hello: nobody at the account is user or signer"]


def test_a_mail_whose_condition_ceases_while_it_waits_is_withdrawn() -> None:
    played = play("steps: [{send: hello, to: champion, when: not account.ready}, {post: cheers}]", {"0 21:00": "set_up"}, start="0 20:00")
    assert [touch.what for touch in played.touches] == ["cheers"]
    assert reasons(played, "withdrawn") == ["withdrawn send-hello: its condition no longer holds"]


@pytest.mark.parametrize(
    ("happening", "why"),
    [
        (change(contacts=(replace(CONTACTS[0], active=False),)), "the contact has left"),
        (change(contacts=()), "the contact has left"),
        (change(contacts=(replace(CONTACTS[0], refused=True),)), "the address was refused for good"),
        (know(do_not_contact=True), "the account is not to be contacted"),
    ],
)
def test_a_mail_that_may_not_leave_any_more_is_dropped_and_the_track_goes_on(happening: Any, why: str) -> None:
    played = play("steps: [{send: hello, to: champion}, {post: cheers}]", {"0 21:00": happening}, start="0 20:00")
    assert [touch.what for touch in played.touches] == ["cheers"]
    assert reasons(played, "dropped") == [f"dropped send-hello: {why}"]
