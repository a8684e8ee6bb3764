"""The order of things, and what is told of each: touches and reasons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain import simulation
from domain.people import Behaviour
from domain.simulation import Touch, World
from tests.domain.kit import a_journey, an_account, at, change, know, move_start, play, story
from tests.domain.simulation.kit import HOUSE, lines, other

MUCH = """
    steps: [{task: call, owner: csm, sla: P1}, {send: hello, at: [day 1, day 8], to: [champion, user]}, {approval: price, by: owner}, {post: cheers}]
    tracks: {a: [{repeat: r, every: 2 days, until: day > 12, steps: [{webhook: crm}]}], b: [{escalate: stuck, at: day 2, to: director}]}
    whenever: [{on: seen, steps: [{start: other}]}]
"""
HAPPENINGS: dict[str, Any] = {"2 12:00": "seen", "3 12:00": move_start(1), "5 12:00": know(ready=True)}


@pytest.mark.parametrize("behaviour", ["prompt", "late", "silent"])
def test_a_story_is_the_same_each_time_and_however_often_it_is_looked_at(behaviour: Behaviour) -> None:
    texts = [MUCH, other("{wait: 4 days}, {send: news, to: champion}")]
    at_once = play(texts, HAPPENINGS, people=behaviour, days=30)
    again = play(texts, HAPPENINGS, people=behaviour, days=30)
    assert (again.touches, again.whys) == (at_once.touches, at_once.whys)
    in_steps = World(HOUSE, [a_journey(text) for text in texts], an_account(), at("0 10:00"), behaviour)
    in_steps.enroll("story")
    for when, what in HAPPENINGS.items():
        in_steps.at(at(when), _happening(what))
    for hours in range(0, 30 * 24 + 1, 7):
        in_steps.play(at("0 10:00") + timedelta(hours=hours))
    in_steps.play(at("0 10:00") + timedelta(days=30))
    assert in_steps.touches == at_once.touches
    assert len(at_once.touches) > 10


def _happening(what: Any) -> Callable[[World], None]:
    return what if callable(what) else lambda world: world.event(what)


def test_nothing_happens_after_the_end_and_what_is_due_at_the_end_does() -> None:
    text = "steps: [{wait: 1 day}, {post: cheers}, {id: w, wait: 1 minute}, {webhook: crm}]"
    world = play(text, days=1)
    assert (lines(world), world.now, world.next_moment()) == (["1 10:00 post cheers wins"], at("1 10:00"), at("1 10:01"))


def test_a_world_in_which_nothing_is_due_has_no_next_moment() -> None:
    world = play("steps: [{post: cheers}]", days=3)
    assert (world.next_moment(), world.now) == (None, at("3 10:00"))
    world.play(at("1 10:00"))
    assert world.now == at("3 10:00")  # time does not run backwards


def test_what_happens_at_one_moment_happens_in_the_order_it_was_said() -> None:
    world = World(
        HOUSE,
        [a_journey("steps: [{wait_for: account.wishes > 0, within: 9 days}, {post: cheers, when: account.wishes == 2}]")],
        an_account(),
        at("0 10:00"),
        "silent",
    )
    world.enroll("story")
    for wishes in (1, 2):
        world.at(at("1 10:00"), know(wishes=wishes))
    world.play(at("2 10:00"))
    assert lines(world) == []  # the first was acted upon before the second was said
    assert world.account.values["account.wishes"] == 2


def test_what_was_said_of_the_past_happens_now() -> None:
    assert story("steps: [{wait_for: seen, within: 9 days, otherwise: [{webhook: crm}]}, {post: cheers}]", {"-3 10:00": "seen"}) == [
        "0 10:00 post cheers wins"
    ]


def test_journeys_that_chase_each_other_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "MOST_TURNS", 50)
    circle = [
        f"journey: {one}\nstarts: {{manual: true, reenter: always}}\nsteps: [{{start: {two}}}]"
        for one, two in (("story", "other"), ("other", "story"))
    ]
    with pytest.raises(RuntimeError, match="more than 50 turns: a journey does not rest"):
        play(circle)


def test_a_touch_says_who_got_what_of_which_run_and_why_it_counts() -> None:
    text = (
        "steps: [{send: hello, to: champion}, {post: cheers}, {webhook: crm}, {task: call, owner: csm, sla: P4}, {approval: price, by: vp}]"
    )
    touches = play(text, days=1).touches
    assert [(touch.kind, touch.effect) for touch in touches] == [
        ("mail", "send"), ("post", "post"), ("webhook", "webhook"), ("task", "task"), ("approval", "approval"),
    ]  # fmt: skip
    assert touches[0] == Touch(at("0 10:00"), "story", "send-hello", 1, "send", "ann", "hello", "story#1")


def test_a_follow_up_belongs_to_the_journey_that_asked() -> None:
    played = play("steps: [{task: call, owner: csm, sla: P2}, {wait: 9 days}]", days=2)
    assert {(touch.kind, touch.journey) for touch in played.touches} == {("task", "story"), ("notice", "story")}


def test_reasons_say_when_and_in_which_journey() -> None:
    played = play("steps: [{wait: 1 day}, {send: hello, to: champion}]", {"0 12:00": change(contacts=())})
    assert [(why.at, why.journey, why.decision.step) for why in played.whys if why.decision.what == "skipped"] == [
        (at("1 10:00"), "story", "send-hello")
    ]
