"""Runs in flight when a newer version of their journey is published: what each of them does, and what it never does."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account import Account
from domain.moving import InFlight
from domain.people import Behaviour
from domain.simulation import Touch, World
from domain.succession import StepMap
from tests.domain import test_properties as properties
from tests.domain.generated import Happening, a_text, an_odd_account, behaviours, compiled, happenings
from tests.domain.kit import a_journey, line, play, reasons

OLD = "steps: [{send: hello, at: day 2, to: champion}, {task: call, owner: csm, sla: P4, wait: 9 days}, {send: news, at: day 20, to: champion}]"


def publish(text: str, runs: InFlight, told: StepMap | None = None) -> Callable[[World], None]:
    return lambda world: world.publish(replace(a_journey(text), version=2), runs, told)


def told(world: World) -> list[str]:
    return [line(touch) for touch in world.touches if touch.kind != "notice"]


def story(new: str, runs: InFlight, when: str, old: str = OLD) -> list[str]:
    return told(play(old, {when: publish(new, runs)}))


HELLO, CALL, NEWS = "2 09:00 mail hello ann", "2 09:00 task call csm", "21 09:00 mail news ann"
LATER = OLD.replace("day 20", "day 25").replace("send: hello, at: day 2", "send: hello, at: day 4")


@pytest.mark.parametrize(
    ("runs", "when", "expected"),
    [
        ("drain", "1 12:00", [HELLO, CALL, NEWS]),
        ("pin", "1 12:00", [HELLO, CALL, NEWS]),
        ("move_now", "1 12:00", ["4 09:00 mail hello ann", "4 09:00 task call csm", "25 09:00 mail news ann"]),
        ("move", "1 12:00", [HELLO, CALL, "25 09:00 mail news ann"]),  # what it waited for came as it was; the rest is the new text's
        ("move_now", "5 12:00", [HELLO, CALL, "25 09:00 mail news ann"]),  # what is behind is not done again
        ("cancel", "1 12:00", []),
        ("cancel", "5 12:00", [HELLO, CALL]),
    ],
)
def test_a_run_stays_moves_or_ends_as_publishing_says(runs: InFlight, when: str, expected: list[str]) -> None:
    assert story(LATER, runs, when) == expected


def test_a_step_that_is_gone_takes_back_what_it_asked_and_the_run_goes_on_after_it() -> None:
    without = OLD.replace("{task: call, owner: csm, sla: P4, wait: 9 days}, ", "")
    world = play(OLD, {"5 12:00": publish(without, "move_now")})
    assert told(world) == [HELLO, CALL, NEWS]
    assert [task.open for task in world.tasks.values()] == [False]
    assert reasons(world, "moved") == ["moved None: from version 0 to 2"]


def test_a_new_step_ahead_is_taken_and_one_behind_is_not() -> None:
    both = "steps: [{post: cheers, id: early, at: day 1}, " + OLD.removeprefix("steps: [").replace(
        "{send: news", "{post: cheers, at: day 15}, {send: news"
    )
    assert story(both, "move_now", "5 12:00") == [HELLO, CALL, "15 09:00 post cheers wins", NEWS]


def test_a_new_track_begins_with_the_move() -> None:
    beside = OLD + "\ntracks: {beside: [{post: cheers, at: day 8}]}"
    assert story(beside, "move_now", "5 12:00") == [HELLO, CALL, "8 09:00 post cheers wins", NEWS]
    assert story(beside, "drain", "5 12:00") == [HELLO, CALL, NEWS]


def test_a_track_that_is_gone_is_left_with_what_it_had_asked() -> None:
    beside = OLD + "\ntracks: {beside: [{approval: price, by: vp}]}"
    world = play(beside, {"5 12:00": publish(OLD, "move_now")})
    assert told(world)[-1] == NEWS
    assert [approval.open for approval in world.approvals.values()] == [False]


def test_a_run_that_would_have_to_guess_stays_and_says_why() -> None:
    doubtful = OLD.replace(
        "{task: call, owner: csm, sla: P4, wait: 9 days}", "{task: plan, owner: vp, sla: P4}, {task: review, owner: csm, sla: P4}"
    )
    world = play(OLD, {"5 12:00": publish(doubtful, "move_now")})
    assert told(world) == [HELLO, CALL, NEWS]
    (why,) = reasons(world, "stayed")
    assert "may have become 'task-plan' or 'task-review'" in why


def test_what_moves_at_its_next_wait_moves_there_although_it_could_not_before() -> None:
    doubtful = OLD.replace(
        "{task: call, owner: csm, sla: P4, wait: 9 days}", "{task: plan, owner: vp, sla: P4}, {task: review, owner: csm, sla: P4}"
    )
    world = play(OLD, {"1 12:00": publish(doubtful.replace("day 20", "day 25"), "move")})
    assert told(world) == [HELLO, CALL, "25 09:00 mail news ann"]
    assert len(reasons(world, "stayed")) == 1


PLAN = OLD.replace("{task: call, owner: csm, sla: P4, wait: 9 days}", "{task: plan, owner: vp, sla: P4, wait: 12 days}")
REVIEW = PLAN.replace("{send: news", "{task: review, owner: csm, sla: P4}, {send: news")


def test_a_step_that_is_under_way_and_was_named_by_hand_goes_on_under_its_new_name_with_what_it_asked() -> None:
    done = {"5 12:00": publish(REVIEW, "move_now", {"task-call": "task-plan"}), "6 12:00": do("task-plan")}
    world = play(OLD, done)
    assert told(world) == [HELLO, CALL, "6 12:00 task review csm", NEWS]
    assert [(task.intent.step, task.open) for task in world.tasks.values()] == [("task-plan", False), ("task-review", True)]


def test_what_was_told_of_a_step_just_before_it_got_another_name_is_heard_of_that() -> None:
    def both(world: World) -> None:
        do("task-call")(world)
        publish(REVIEW, "move_now", {"task-call": "task-plan"})(world)

    world = play(OLD, {"5 12:00": both})
    assert told(world) == [HELLO, CALL, "5 12:00 task review csm", NEWS]


def test_two_steps_may_change_names() -> None:
    old = "steps: [{task: call, id: one, owner: csm, sla: P4, wait: 2 days}, {task: call, id: two, owner: csm, sla: P4, wait: 9 days}]"
    new = "steps: [{task: call, id: two, owner: csm, sla: P4, wait: 2 days}, {task: call, id: one, owner: csm, sla: P4, wait: 9 days}]"
    world = play(old, {"5 12:00": publish(new, "move_now", {"one": "two", "two": "one"})})
    assert [(task.intent.step, task.intent.visit, task.open) for task in world.tasks.values()] == [("two", 1, True), ("one", 1, True)]
    assert not reasons(world, "stayed")


def test_a_step_that_somebody_said_is_gone_is_left_with_what_it_asked() -> None:
    world = play(OLD, {"5 12:00": publish(REVIEW, "move_now", {"task-call": None})})
    assert told(world) == [HELLO, CALL, NEWS]
    assert [task.open for task in world.tasks.values()] == [False]


def test_a_step_that_changed_its_verb_waits_for_somebody_to_say_what_it_is_now() -> None:
    posts = OLD.replace("{task: call, owner: csm, sla: P4, wait: 9 days}", "{post: cheers, id: task-call}")
    assert told(play(OLD, {"5 12:00": publish(posts, "move_now")})) == [HELLO, CALL, NEWS]
    world = play(OLD, {"5 12:00": publish(posts, "move_now", {"task-call": "task-call"})})
    assert told(world) == [HELLO, CALL, "5 12:00 post cheers wins", NEWS]
    assert [task.open for task in world.tasks.values()] == [False]


def do(step: str) -> Callable[[World], None]:
    return lambda world: world.complete_task(next(iter(world.runs)), step, 1)


@given(a_text(), an_odd_account(), behaviours, happenings, st.integers(0, 24 * 20), st.sampled_from(["move", "move_now"]))
def test_moving_to_the_same_steps_under_a_new_number_changes_nothing(
    text: str, account: Account, people: Behaviour, what: Sequence[Happening], hours: int, runs: InFlight
) -> None:
    journey = compiled(text)
    again = replace(journey, version=2, hash="another")
    moves = Happening(hours, runs, lambda world: world.publish(again, runs))
    stayed, moved = (properties.play(World, journey, account, people, acts) for acts in (what, [*what, moves]))
    assert without_names(moved) == without_names(stayed)


def without_names(world: World) -> list[Touch]:
    """A world numbers its runs and tasks together with what is to happen in it."""
    return [replace(touch, run="", step=re.sub(r"#\d+", "", touch.step)) for touch in world.touches]
