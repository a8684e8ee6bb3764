"""What holds of every journey, whoever wrote it and whatever happens: generated stories through `advance` and virtual time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain import checking
from domain.account import Account
from domain.journey import Journey
from domain.people import Behaviour
from domain.simulation import Touch, World
from tests.domain.generated import Happening, a_text, an_odd_account, behaviours, compiled, happenings
from tests.domain.kit import a_house, a_journey, at
from tests.domain.worlds import StoredWorld, WatchfulWorld, copy_of

HOUSE = a_house()
OTHER = a_journey("journey: other\nsteps: [{send: offer, to: champion}, {wait: 4 days}, {task: review, owner: csm, sla: P4}]")
START = at("0 10:00")
END = START + timedelta(days=40)


def play(kind: type[World], played: Journey, account: Account, people: Behaviour, what: Sequence[Happening]) -> World:
    world = kind(HOUSE, [played, OTHER], account, START, people)
    world.enroll(played.name)
    for happening in what:
        world.at(START + timedelta(hours=happening.hours), happening.act)
    world.play(END)
    return world


plays = given(a_text(), an_odd_account(), behaviours, happenings)


@plays
def test_a_generated_journey_is_sound(text: str, account: Account, people: Behaviour, what: Sequence[Happening]) -> None:
    assert [fault for fault in checking.check_text(text, "story.yaml", HOUSE, ["other"]) if not fault.warning] == []
    play(WatchfulWorld, compiled(text), account, people, what)


@plays
def test_nobody_gets_one_effect_of_one_visit_twice(text: str, account: Account, people: Behaviour, what: Sequence[Happening]) -> None:
    touches = play(World, compiled(text), account, people, what).touches
    once = Counter((touch.run, touch.step, touch.visit, touch.effect, touch.recipient) for touch in touches if touch.kind != "notice")
    assert [key for key, times in once.items() if times > 1] == []


@plays
def test_writing_everything_down_after_every_turn_changes_nothing(
    text: str, account: Account, people: Behaviour, what: Sequence[Happening]
) -> None:
    played = compiled(text)
    remembered, stored = play(World, played, account, people, what), play(StoredWorld, played, account, people, what)
    assert stored.touches == remembered.touches
    assert stored.whys == remembered.whys


@plays
def test_touches_come_in_the_order_of_time_and_within_the_story(
    text: str, account: Account, people: Behaviour, what: Sequence[Happening]
) -> None:
    moments = [touch.at for touch in play(World, compiled(text), account, people, what).touches]
    assert moments == sorted(moments)
    assert all(START <= moment <= END for moment in moments)


@given(a_text(), an_odd_account(), behaviours, happenings, st.integers(0, 40 * 24))
def test_a_copy_taken_at_any_moment_plays_on_as_the_account_itself(
    text: str, account: Account, people: Behaviour, what: Sequence[Happening], hours: int
) -> None:
    played, moment = compiled(text), START + timedelta(hours=hours)
    at_once = play(World, played, account, people, what)
    before = World(HOUSE, [played, OTHER], account, START, people)
    before.enroll(played.name)
    for happening in what:
        if happening.hours <= hours:
            before.at(START + timedelta(hours=happening.hours), happening.act)
    before.play(moment)
    after = copy_of(before)
    for happening in what:
        if happening.hours > hours:
            after.at(START + timedelta(hours=happening.hours), happening.act)
    after.play(END)
    assert _seen([*before.touches, *after.touches]) == _seen(at_once.touches)


def _seen(touches: Sequence[Touch]) -> list[tuple[datetime, str, str, int, str, str]]:
    """What two worlds that count their runs and tasks in another way have in common."""
    return sorted((touch.at, touch.journey, touch.step.split("/")[0], touch.visit, touch.effect, touch.recipient) for touch in touches)
