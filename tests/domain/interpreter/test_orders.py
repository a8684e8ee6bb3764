"""What a run is ordered to do, and what it does to other journeys and to the account."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.domain.kit import MONDAY, an_account, leave, play, reasons, skip, story


@pytest.mark.parametrize(
    ("steps", "step", "expected"),
    [
        ("{wait: 9 days}", "wait-9-days", ["1 12:00 post cheers wins"]),
        ("{send: hello, at: [day 3, day 8], to: champion}", "send-hello", ["8 09:00 mail hello ann", "8 09:00 post cheers wins"]),
        ("{wait_for: seen, within: 9 days, otherwise: [{webhook: crm}]}", "wait-for-seen", ["1 12:00 post cheers wins"]),
        ("{repeat: r, every: 7 days, until: account.ready, steps: [{set: {account.wishes: 1}}]}", "repeat-r", ["1 12:00 post cheers wins"]),
        ("{branch: b, cases: [{else: [{wait: 9 days}]}]}", "wait-9-days", ["1 12:00 post cheers wins"]),
        ("{wait: 3 days}", "somewhere-else", ["3 10:00 post cheers wins"]),
    ],
)
def test_a_track_is_told_to_go_on_to_the_next_step(steps: str, step: str, expected: list[str]) -> None:
    assert story(f"steps: [{steps}, {{post: cheers}}]", {"1 12:00": skip(step)}) == expected


def test_a_mail_that_is_skipped_does_not_leave_later() -> None:
    assert story("steps: [{send: hello, to: champion}, {post: cheers}]", {"0 21:00": skip("send-hello")}, start="0 20:00") == [
        "0 21:00 post cheers wins"
    ]


def test_an_exit_ends_a_run_at_once_and_closes_its_tasks() -> None:
    played = play("steps: [{task: call, owner: csm, sla: P2}, {wait: 9 days}, {post: cheers}]", {"1 12:00": leave})
    assert [touch.kind for touch in played.touches] == ["task"]
    assert reasons(played, "over") == ["over None: enough"]


def test_a_journey_starts_and_stops_another() -> None:
    text = "steps: [{start: other}, {wait: 2 days}, {stop: other}]"
    other = (
        "journey: other\nsteps: [{task: call, owner: csm, sla: P2}, {wait: 1 day}, {post: cheers}, {id: w, wait: 9 days}, {webhook: crm}]"
    )
    assert story([text, other]) == ["0 10:00 task call csm", "1 10:00 post cheers wins", "1 14:00 notice task-reminder csm"]


def test_a_journey_that_is_live_is_not_started_twice() -> None:
    played = play(["steps: [{start: other}, {id: again, start: other}]", "journey: other\nsteps: [{wait: 3 days}]"])
    assert reasons(played, "not enrolled") == ["not enrolled None: other: a run of it is live"]


def test_what_a_step_sets_is_known_to_the_account() -> None:
    text = """
        steps:
          - {set: {account.left_on: today, account.stage: won, tag: vip}}
          - {post: cheers, when: account.left_on == today and "vip" in account.tags}
          - {id: u, set: {untag: vip}}
          - {webhook: crm, when: count(account.tags) == 0}
    """
    played = play(text, account=an_account(tags=("old", "vip")))
    assert [touch.what for touch in played.touches] == ["cheers"]
    assert (played.account.tags, played.account.values["account.stage"], played.account.values["account.left_on"]) == (
        ("old",),
        "won",
        MONDAY,
    )


def test_a_journey_may_ask_for_the_passing_of_time_before_it_begins() -> None:
    text = "starts: {manual: true, when: days_since(account.left_on) > 3}\nsteps: [{post: cheers}]"
    assert story(text, account=an_account(facts={"left_on": MONDAY - timedelta(days=4)})) == ["0 10:00 post cheers wins"]
    assert story(text, account=an_account(facts={"left_on": MONDAY - timedelta(days=3)})) == []
