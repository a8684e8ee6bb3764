"""Tracks beside each other, and tracks that begin whenever something happens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.news import Engaged
from tests.domain.interpreter.kit import REST
from tests.domain.kit import MONDAY, an_account, at, done, know, play, story


@pytest.mark.parametrize(
    ("whenever", "happenings", "expected"),
    [
        ("on: seen", {"1 12:00": "seen", "3 12:00": "seen"}, ["1 12:00", "3 12:00"]),
        ("on: [seen, missed]", {"1 12:00": "seen", "3 12:00": "missed"}, ["1 12:00", "3 12:00"]),
        ("on: seen, again: never", {"1 12:00": "seen", "3 12:00": "seen"}, ["1 12:00"]),
        (
            "on: seen, again: after 5 days",
            {"1 12:00": "seen", "3 12:00": "seen", "6 11:00": "seen", "6 12:00": "seen"},
            ["1 12:00", "6 12:00"],
        ),
        (
            "on: answered, where: event.score < 5",
            {"1 12:00": ("answered", {"score": 7}), "3 12:00": ("answered", {"score": 2})},
            ["3 12:00"],
        ),
        ("when: account.wishes > 5", {"1 12:00": know(wishes=7), "2 12:00": know(wishes=9)}, ["1 12:00"]),
        (
            "when: account.wishes > 5",
            {"1 12:00": know(wishes=7), "2 12:00": know(wishes=2), "3 12:00": know(wishes=7)},
            ["1 12:00", "3 12:00"],
        ),
        (
            "when: account.wishes > 5, again: never",
            {"1 12:00": know(wishes=7), "2 12:00": know(wishes=2), "3 12:00": know(wishes=7)},
            ["1 12:00"],
        ),
        ("when: account.wishes >= 0", {}, ["0 10:00"]),  # true from the start
        ("when: account.quiet", {"1 12:00": "seen"}, ["15 00:00"]),  # by the passing of time
        ("when: account.busy", {"1 12:00": lambda world: world.enroll("other")}, ["1 12:00"]),
        ("when: steps.wait_25_days.visits == 1", {}, ["25 10:00"]),  # before the run is over
    ],
)
def test_a_track_begins_whenever_something_happens(whenever: str, happenings: dict[str, Any], expected: list[str]) -> None:
    other = "journey: other\nsteps: [{wait: 3 days}]"
    touches = story([f"{REST}whenever: [{{{whenever}, steps: [{{post: cheers}}]}}]", other], happenings)
    assert touches == [f"{when} post cheers wins" for when in expected]


def test_a_track_does_not_begin_while_it_runs() -> None:
    text = REST + "whenever: [{on: seen, steps: [{post: cheers}, {wait: 3 days}]}]"
    played = play(text, {"1 12:00": "seen", "3 12:00": "seen", "5 12:00": "seen"})
    assert [touch.at for touch in played.touches] == [at("1 12:00"), at("5 12:00")]


def test_a_track_begins_when_the_account_enters_a_band() -> None:
    healthy, fallen = {"usage": 95, "engagement": 95, "performance": 95, "satisfaction": 95}, {"usage": 35}
    text = REST + "whenever: [{band: [at_risk, high_risk], steps: [{post: cheers}]}]"
    account = an_account(since=MONDAY - timedelta(days=90))
    assert story(text, {"1 12:00": know(**healthy), "2 12:00": know(**fallen)}, account=account, days=5) == ["2 12:00 post cheers wins"]
    assert story(text, {"1 12:00": know(**healthy), "2 12:00": know(**fallen)}, days=5) == []  # too new an account


def test_a_fact_that_is_forgotten_can_become_true_again() -> None:
    """Unknown is not less than zero; so once too old it is false, and the next report counts."""
    text = REST + "whenever: [{when: account.growth < 0, steps: [{post: cheers}]}]"
    assert story(text, {"1 12:00": know(growth=-0.5), "16 12:00": know(growth=-0.5)}) == [
        "1 12:00 post cheers wins",
        "16 12:00 post cheers wins",
    ]


def test_tracks_run_beside_each_other_in_the_order_they_are_written() -> None:
    text = """
        steps: [{wait: 3 days}, {post: cheers}]
        tracks:
          b: [{id: w, wait: 3 days}, {webhook: crm}]
          a: [{post: heads-up, at: day 3, to: vp}]
    """
    assert story(text) == ["3 09:00 post heads-up vp", "3 10:00 post cheers wins", "3 10:00 webhook crm crm"]


@pytest.mark.parametrize(
    "first",
    [
        "{send: hello, to: champion, approval: {by: owner}}",
        "{send: hello, to: champion}",
        "{wait: 9 days}",
        "{approval: price, by: owner}",
        "{wait_for: seen, within: 9 days}",
    ],
)
def test_what_holds_up_one_track_holds_up_no_other(first: str) -> None:
    touches = story(f"steps: [{first}, {{webhook: crm}}]\ntracks: {{a: [{{post: cheers}}]}}", start="0 20:00", days=0)
    assert "0 20:00 post cheers wins" in touches
    assert not any("crm" in touch for touch in touches)


def test_what_one_track_sets_the_others_see_at_once() -> None:
    text = """
        steps: [{wait: 3 days}, {set: {account.ready: true}}, {post: heads-up, to: vp}]
        tracks:
          a: [{wait_for: account.ready, until: day 9}, {webhook: crm}]
          b: [{task: call, owner: csm, sla: P4, at: day 3, when: account.ready}]
        whenever: [{when: account.ready, steps: [{post: cheers}]}]
    """
    assert story(text) == ["3 10:00 post cheers wins", "3 10:00 post heads-up vp", "3 10:00 webhook crm crm"]


def test_what_a_step_came_to_is_seen_by_tracks_before_it() -> None:
    text = """
        steps: [{wait_for: steps.c.outcome == "good", within: 20 days}, {post: cheers}]
        tracks: {b: [{check: c, at: day 3, verdicts: [{verdict: good, when: day > 1, steps: []}, {else: []}]}]}
    """
    assert story(text) == ["3 09:00 post cheers wins"]


@pytest.mark.parametrize(
    ("watch", "happening"),
    [
        ("steps.call.done_on", done("task-call")),
        ("steps.hello.replied", lambda world: world._notify_run("story#1", Engaged("send-hello", 1, world.now, "replied"))),
        ("steps.stuck.done_on", lambda world: world.resolve("stuck")),
    ],
)
def test_what_people_do_later_wakes_whoever_watches_for_it(watch: str, happening: Any) -> None:
    text = f"""
        steps: [{{task: call, owner: csm, sla: P4}}, {{send: hello, to: champion}}, {{escalate: stuck, to: vp, sla: P4}}, {{wait: 20 days}}]
        whenever: [{{when: {watch}, steps: [{{post: cheers}}]}}]
    """
    assert "2 12:00 post cheers wins" in story(text, {"2 12:00": happening})
