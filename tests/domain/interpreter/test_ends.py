"""What ends a run before its steps do, and goals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.interpreter.kit import READY
from tests.domain.kit import Happening, at, decided, know, play, reasons, story

ENDS = "steps: [{{task: call, owner: csm, sla: P2}}, {{wait: 5 days}}, {{post: heads-up, to: vp}}]\nends: [{}]"


@pytest.mark.parametrize(
    ("end", "happenings", "expected"),
    [
        ("{on: missed}", {"1 12:00": "missed"}, []),
        ("{when: account.ready}", {"1 12:00": "set_up"}, []),
        ("{on: missed, then: [{post: cheers}, {id: w, wait: 1 day}, {webhook: crm}]}", {"1 12:00": "missed", "1 13:00": "missed"}, ["1 12:00 post cheers wins", "2 12:00 webhook crm crm"]),
        ("{on: answered, where: event.score > 5}", {"1 12:00": ("answered", {"score": 9})}, []),
        ("{when: account.ready}, {on: missed, then: [{post: cheers}]}", {"1 12:00": "missed"}, ["1 12:00 post cheers wins"]),
    ],
)  # fmt: skip
def test_a_run_ends_before_its_steps_do(end: str, happenings: dict[str, Any], expected: list[str]) -> None:
    assert story(ENDS.format(end), happenings) == ["0 10:00 task call csm", *expected]


def test_a_run_whose_end_holds_at_its_beginning_does_nothing() -> None:
    assert story(ENDS.format("{when: account.ready}"), account=READY) == []


def test_a_run_whose_own_step_makes_its_end_true_closes() -> None:
    text = "steps: [{set: {account.ready: true}}, {webhook: crm}]\nends: [{when: account.ready, then: [{post: cheers}]}]"
    assert story(text) == ["0 10:00 post cheers wins"]


@pytest.mark.parametrize(("tasks", "reminded"), [("close", False), ("keep", True), ("hand_on", True)])
def test_an_end_says_what_becomes_of_open_tasks(tasks: str, reminded: bool) -> None:
    touches = story(ENDS.format(f"{{on: missed, tasks: {tasks}}}"), {"1 12:00": "missed"}, days=4)
    assert ("1 17:00 notice task-reminder csm" in story(ENDS.format("{on: missed}"), days=4)) is False
    assert any("task-reminder" in touch for touch in touches) is reminded


def test_what_was_planned_and_asked_is_withdrawn_at_the_end() -> None:
    text = "steps: [{send: hello, to: champion}]\ntracks: {a: [{send: news, to: champion, approval: {by: owner}}]}\nends: [{on: missed}]"
    played = play(text, {"0 21:00": "missed", "1 10:00": decided("send-news")}, start="0 20:00")
    assert [touch.kind for touch in played.touches] == ["approval"]
    assert not any(approval.open for approval in played.approvals.values())


def test_a_goal_is_recorded_when_first_true_and_ends_nothing() -> None:
    reached: list[Any] = []
    text = "goal: account.ready\nsteps: [{wait: 5 days}, {post: cheers}]"
    look: dict[str, Happening] = {
        "2 12:00": "set_up",
        "3 12:00": know(ready=False),
        "4 12:00": lambda world: reached.append(world.runs["story#1"].state.goal_at),
    }
    assert story(text, look) == ["5 10:00 post cheers wins"]
    assert reached == [at("2 12:00")]


def test_a_goal_that_a_step_reaches_is_recorded_too() -> None:
    assert reasons(play("goal: account.ready\nsteps: [{set: {account.ready: true}}]"), "goal", "over") == [
        "goal None: reached",
        "over None: completed",
    ]
