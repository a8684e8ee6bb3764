"""What holds of every journey, whoever wrote it and whatever happens: generated stories through `advance` and virtual time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import given

from domain import checking, journey, ladder, news, state
from domain.account import Account
from domain.governor import UNTIL_LIFTED
from domain.journey import Journey, Plan
from domain.language import Approval
from domain.people import Behaviour
from domain.simulation import World, _FollowUp, _Run
from domain.state import Phase, Position
from tests.domain.generated import Happening, a_text, an_odd_account, behaviours, happenings
from tests.domain.kit import a_house, a_journey, at

HOUSE = a_house()
OTHER = a_journey("journey: other\nsteps: [{send: offer, to: champion}, {wait: 4 days}, {task: review, owner: csm, sla: P4}]")
START = at("0 10:00")
END = START + timedelta(days=40)


class WatchfulWorld(World):
    """After every turn: every position names a step, and the run has something to wait for."""

    def _turn(self, run: _Run) -> None:
        super()._turn(run)
        plan = run.journey.plan(self._facts(run).segment)
        for position in run.state.tracks.values():
            assert plan.node(position.step).id == position.step
        if run.rest.over is None:
            assert run.rest.until is None or run.rest.until > self.now or run.woken or run.news
            assert run.state.tracks
            assert run.rest.until or run.state.pause or any(_listens(plan, position) for position in run.state.tracks.values())


def _listens(plan: Plan, position: Position) -> bool:
    """Whether only being told something can move it: a decision, a date, a lifted hold."""
    step = plan.node(position.step).step
    match position.phase:
        case Phase.GATE:
            return True
        case Phase.OUT:
            return set(position.out.values()) == {UNTIL_LIFTED}
        case Phase.BEFORE:
            return position.day is None and step.at is not None
        case _:
            return isinstance(step, Approval) or position.day is None


class StoredWorld(WatchfulWorld):
    """After every turn everything is written as JSON and read back."""

    def _turn(self, run: _Run) -> None:
        run.news = [news.load(_through_json(news.dump(item))) for item in run.news]
        super()._turn(run)
        run.state = state.load(_through_json(state.dump(run.state)))

    def _climb(self, follow_up: _FollowUp) -> None:
        super()._climb(follow_up)
        follow_up.climb = ladder.load(_through_json(ladder.dump(follow_up.climb)))


def _through_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def play(kind: type[World], played: Journey, account: Account, people: Behaviour, what: Sequence[Happening]) -> World:
    world = kind(HOUSE, [played, OTHER], account, START, people)
    world.enroll(played.name)
    for happening in what:
        world.at(START + timedelta(hours=happening.hours), happening.act)
    world.play(END)
    return world


def compiled(text: str) -> Journey:
    return journey.compile(text, "story.yaml", HOUSE.segments)


plays = given(a_text(), an_odd_account(), behaviours, happenings)


@plays
def test_a_generated_journey_is_sound(text: str, account: Account, people: Behaviour, what: Sequence[Happening]) -> None:
    assert checking.check_text(text, "story.yaml", HOUSE, ["other"]) == []
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
