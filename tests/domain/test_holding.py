"""Holds: what keeps a run back, and what becomes of what fell due meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account import facts
from domain.facts import Hold
from domain.governor import UNTIL_LIFTED
from domain.holding import keeping
from domain.interpreter import advance, enter
from domain.news import Changed, PutOff, ResumeOrdered
from domain.resuming import Resuming
from domain.simulation import World
from tests.domain.kit import a_house, a_journey, an_account, at, hold, play, reasons, resume, story

HOUR = timedelta(hours=1)
WAITS = "steps: [{wait: 4 days}, {post: cheers}]"


def place(id: str = "h", *, told: bool = True, **more: Any) -> Callable[[World], None]:
    """A hold from now on; nobody is told of one of all accounts."""

    def act(world: World) -> None:
        placed = Hold(id, **{"placed_at": world.now, "reason": "a dispute", **more})
        world.holds[id] = ("", placed)
        show(world)
        if told:
            world.order("story", Changed(world.now, ("held",)))

    return act


def lift(id: str = "h", *, told: bool = True, policy: Any = None) -> Callable[[World], None]:
    """The hold is over; where runs are not told yet, they find that it is."""

    def act(world: World) -> None:
        owner, placed = world.holds.pop(id)
        if told:
            world.order("story", ResumeOrdered(world.now, since=placed.placed_at, resume=policy or placed.resume))
        else:
            world.holds[id] = (owner, replace(placed, lifted_at=world.now, resume=policy or placed.resume))
        show(world)

    return act


def show(world: World) -> None:
    world.account = replace(world.account, holds=tuple(placed for _, placed in world.holds.values()))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("shift", "6 10:00 post cheers wins"), ("skip", "4 10:00 post cheers wins"), ("send", "4 10:00 post cheers wins")],
)
@pytest.mark.parametrize("told", [True, False])
def test_a_hold_that_a_run_slept_through_counts_as_one_that_it_was_told_of(told: bool, policy: str, expected: str) -> None:
    assert story(WAITS, {"1 12:00": place(told=told, resume=policy), "3 12:00": lift()}) == [expected]


@pytest.mark.parametrize("told", [True, False])
def test_a_run_that_falls_due_while_it_is_held_goes_on_when_that_is_over(told: bool) -> None:
    assert story(WAITS, {"3 12:00": place(told=told), "5 12:00": lift()}) == ["6 10:00 post cheers wins"]
    assert story(WAITS, {"3 12:00": place(told=told, resume="send"), "5 12:00": lift()}) == ["5 12:00 post cheers wins"]


@pytest.mark.parametrize("part", [{}, {"journey": "story"}])
def test_a_run_that_begins_while_its_journey_or_everything_is_held_is_held_too(part: dict[str, Any]) -> None:
    held = an_account(holds=(Hold("h", placed_at=at("-9 10:00"), reason="a dispute", **part),))
    played = play("steps: [{post: cheers}]", {"2 12:00": lift_all}, account=held)
    assert [(touch.at, touch.what) for touch in played.touches] == [(at("2 12:00"), "cheers")]
    assert reasons(played, "held", "resumed") == ["held None: until resumed", "resumed None: resumed"]


def lift_all(world: World) -> None:
    for placed in world.account.holds:
        world.order("story", ResumeOrdered(world.now, since=placed.placed_at))
    world.account = replace(world.account, holds=())


def test_a_run_is_not_shifted_by_what_lies_before_its_beginning() -> None:
    held = an_account(holds=(Hold("h", placed_at=at("-9 10:00")),))
    assert story(WAITS, {"2 10:00": lift_all}, account=held) == ["6 10:00 post cheers wins"]  # entered on day 2


@pytest.mark.parametrize("part", [{"journey": "other"}, {"mail_class": "onboarding"}])
def test_a_hold_of_something_else_keeps_no_run_back(part: dict[str, Any]) -> None:
    assert story(WAITS, {"1 12:00": place(**part)}) == ["4 10:00 post cheers wins"]


def test_being_told_twice_or_after_having_seen_it_counts_once() -> None:
    twice = {"1 12:00": place(), "3 12:00": lift(), "3 13:00": again("1 12:00", "3 12:00"), "5 13:00": again("1 12:00", "3 12:00")}
    assert story(WAITS, twice) == ["6 10:00 post cheers wins"]
    # The run wakes for another reason after the hold was lifted and before it is told.
    seen = {"1 12:00": place(told=False), "3 12:00": lift(told=False), "3 14:00": wake, "3 15:00": again("1 12:00", "3 12:00")}
    assert story(WAITS, seen) == ["6 10:00 post cheers wins"]


def again(since: str, until: str) -> Callable[[World], None]:
    return lambda world: world.order("story", ResumeOrdered(at(until), since=at(since), resume="shift"))


def wake(world: World) -> None:
    world.order("story", Changed(world.now, ()))


def test_a_timer_between_the_end_of_a_hold_and_the_word_of_it_does_not_let_the_run_go_too_early() -> None:
    happenings = {"1 12:00": place(told=False), "3 12:00": lift(told=False), "4 11:00": again("1 12:00", "3 12:00")}
    assert story(WAITS, happenings) == ["6 10:00 post cheers wins"]


def test_a_shorter_hold_does_not_end_a_longer_one() -> None:
    happenings = {"1 12:00": place("long", until=at("9 12:00"), resume="send"), "2 12:00": place("short", until=at("3 12:00"))}
    assert story(WAITS, happenings) == ["9 12:00 post cheers wins"]
    happenings = {"1 12:00": place("long", resume="send"), "2 12:00": place("short", until=at("3 12:00")), "8 12:00": lift("long")}
    assert story(WAITS, happenings) == ["8 12:00 post cheers wins"]


def test_an_order_for_a_run_outlasts_the_hold_of_its_account_and_the_other_way_round() -> None:
    assert story(WAITS, {"1 12:00": hold("send"), "2 12:00": place(), "5 12:00": lift(), "7 12:00": resume}) == ["7 12:00 post cheers wins"]
    happenings = {"1 12:00": hold("shift"), "2 12:00": place(resume="send"), "5 12:00": resume, "7 12:00": lift()}
    assert story(WAITS, happenings) == ["7 12:00 post cheers wins"]
    happenings = {"1 12:00": hold("shift", until="3 12:00"), "2 12:00": place(resume="send"), "7 12:00": lift()}
    assert story(WAITS, happenings) == ["7 12:00 post cheers wins"]


def test_whoever_lifts_a_hold_says_what_becomes_of_what_fell_due() -> None:
    text = "steps: [{send: hello, at: [day 2, day 8], to: champion}]"
    kept = {"1 12:00": place(resume="send"), "4 12:00": lift()}
    assert story(text, kept) == ["4 12:00 mail hello ann", "8 09:00 mail hello ann"]
    played = play(text, {"1 12:00": place(resume="send"), "4 12:00": lift(policy="skip")})
    assert [touch.at for touch in played.touches] == [at("8 09:00")]
    assert reasons(played, "skipped") == ["skipped send-hello: fell due during the hold"]


def test_an_end_acts_at_once_on_a_held_run() -> None:
    text = "ends: [{on: missed}]\nsteps: [{wait: 1 day}, {post: cheers}]"
    played = play(text, {"0 12:00": place(), "0 13:00": "missed", "3 12:00": lift()})
    assert played.touches == []
    assert reasons(played, "over") == ["over None: missed"]


@pytest.mark.parametrize(
    ("holds", "kept"),
    [
        ([], None),
        ([Hold("a", "other"), Hold("b", None, "onboarding")], None),
        ([Hold("a", until=at("2 12:00"))], None),
        ([Hold("a", lifted_at=at("2 12:00"))], None),
        ([Hold("a", until=at("4 12:00")), Hold("b", "story", until=at("5 12:00"))], "b"),
        ([Hold("a", until=at("4 12:00")), Hold("b", "story")], "b"),
        ([Hold("a"), Hold("b", until=at("5 12:00"))], "a"),
    ],
)
def test_the_hold_that_lasts_longest_keeps_a_run_back(holds: list[Hold], kept: str | None) -> None:
    found = keeping(holds, "story", at("2 12:00"))
    assert (found.id if found else None) == kept


HOURS = st.integers(min_value=0, max_value=300)


@given(st.lists(st.tuples(HOURS, st.integers(min_value=1, max_value=90), st.booleans(), st.booleans()), max_size=5))
def test_a_wait_lasts_as_long_as_it_says_whatever_holds_come_and_go(holds: list[tuple[int, int, bool, bool]]) -> None:
    """Holds overlap as they like, are told of or not, end by their date or by somebody: a shifted wait counts the hours without any."""
    start, half = at("0 10:00"), timedelta(minutes=30)
    world = World(a_house(), [a_journey(WAITS)], an_account(), start, "silent")
    world.enroll("story")
    for number, (begins, hours, told, by_date) in enumerate(holds):
        since, until = start + timedelta(hours=begins) + half, start + timedelta(hours=begins + hours) + half
        world.at(since, place(str(number), told=told, until=until if by_date else None))
        world.at(until, lift(str(number)))
    world.play(start + timedelta(days=60))
    assert [touch.at for touch in world.touches] == [expected(start, [(begins, begins + hours) for begins, hours, _, _ in holds])]


def expected(start: datetime, holds: list[tuple[int, int]]) -> datetime:
    """Four days of half-hours after `start` in which nothing is held."""
    left, hour = 4 * 24 * 2, 0
    while left:
        held = any(begins * 2 + 1 <= hour < ends * 2 + 1 for begins, ends in holds)
        left -= not held
        hour += 1
    while any(begins * 2 + 1 <= hour < ends * 2 + 1 for begins, ends in holds):
        hour += 1
    return start + hour * timedelta(minutes=30)


# A turn that sends keeps the moment it was asked for, while holds are placed and other turns are taken


@given(
    st.sampled_from(["shift", "skip", "send"]),
    st.lists(st.integers(-3, 5), min_size=1, max_size=2),
    st.lists(st.integers(0, 4), min_size=2, max_size=5),
)
def test_a_run_stays_held_whatever_the_moments_of_its_turns_and_of_its_holds(policy: Any, placed: list[int], turns: list[int]) -> None:
    journey, house, begun = a_journey("steps: [{send: hello, to: [champion, sponsor]}]"), a_house(), at("0 10:00")
    turned = advance(journey, house, enter(journey, facts(an_account(), house, begun), begun), begun, facts(an_account(), house, begun), [])
    holds = tuple(Hold(str(number), resume=policy, placed_at=begun + hours * HOUR) for number, hours in enumerate(placed))
    for hours in turns:
        now = begun + hours * HOUR
        held = facts(an_account(holds=holds), house, now)
        turned = advance(journey, house, turned.state, now, held, [PutOff("send-hello", 1, now, "ann", UNTIL_LIFTED, "it is held")])
        assert turned.state.pause is not None
        assert turned.intents == []
        assert "resumed" not in [decision.what for decision in turned.decisions]


# What going on would do, foreseen

FORESEEN = """
steps:
  - {send: hello, at: day 2, to: champion}
  - {wait: 3 days}
  - {post: cheers}
tracks:
  task: [{task: call, owner: csm, at: day 3, sla: P2}]
  wait: [{wait: 9 days}, {post: heads-up, to: owner}]
"""


def held_since_day_1(now: str, *holds: Callable[[World], None]) -> Resuming:
    world = Resuming(a_house(), [a_journey(FORESEEN)], an_account(), at("0 10:00"), "silent")
    world.enroll("story")
    for each in holds:
        world.at(at("1 12:00"), each)
    world.play(at(now))
    return world


@pytest.mark.parametrize(
    ("policy", "at_once", "stale", "shifted"),
    [
        ("send", ["task call", "mail hello"], (), ()),
        ("skip", [], ("send-hello", "task-call"), ()),
        ("shift", ["task call", "mail hello"], (), (("wait-9-days", at("9 10:00"), at("12 10:00")),)),
    ],
)
def test_it_is_foreseen_what_goes_at_once_what_is_stale_and_what_shifts(
    policy: str, at_once: list[str], stale: tuple[str, ...], shifted: tuple[Any, ...]
) -> None:
    (found,) = held_since_day_1("4 12:00", place()).end({"h"}, policy)  # type: ignore[arg-type]  # it is a policy
    assert [f"{touch.kind} {touch.what}" for touch in found.at_once] == at_once
    assert found.stale == stale
    assert tuple((each.step, each.before, each.at) for each in found.shifted) == shifted
    assert (found.later, found.held_by, found.over) == ((), None, None)


def test_mail_that_waits_for_its_readers_hours_is_foreseen_with_its_moment() -> None:
    (found,) = held_since_day_1("4 22:00", place(resume="send")).end({"h"}, None)
    assert [f"{touch.kind} {touch.what}" for touch in found.at_once] == ["task call"]
    assert [(each.step, each.at) for each in found.later] == [("send-hello", at("7 09:00"))]
    assert UNTIL_LIFTED not in [each.at for each in found.later]


def test_what_another_hold_keeps_back_all_the_same_is_said() -> None:
    (found,) = held_since_day_1("4 12:00", place(), place("other", journey="story")).end({"h"}, None)
    assert (found.at_once, found.stale, found.shifted) == ((), (), ())
    assert found.held_by == "story is held: a dispute"
