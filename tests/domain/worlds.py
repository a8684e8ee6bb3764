"""Worlds that look at themselves while they are played."""

from __future__ import annotations

import json
from typing import Any

from domain import ladder, news, state
from domain.governor import UNTIL_LIFTED
from domain.journey import Plan
from domain.language import Approval
from domain.simulation import World
from domain.standing import FollowUp, RunStanding, Standing
from domain.state import Phase, Position


class WatchfulWorld(World):
    """After every turn: every position names a step, and the run has something to wait for."""

    def _turn(self, run: RunStanding) -> None:
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

    def _turn(self, run: RunStanding) -> None:
        run.news = [news.load(_through_json(news.dump(item))) for item in run.news]
        super()._turn(run)
        run.state = state.load(_through_json(state.dump(run.state)))

    def _climb(self, follow_up: FollowUp) -> None:
        super()._climb(follow_up)
        follow_up.climb = ladder.load(_through_json(ladder.dump(follow_up.climb)))


def _through_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def standing_of(world: World) -> Standing:
    """What a database would keep of this world: nothing of its agenda, of which it plays on as another of the same."""
    return Standing(
        world.account,
        list(world.runs.values()),
        list(world.follow_ups.values()),
        [task for task in world.tasks.values() if task.open],
        [approval for approval in world.approvals.values() if approval.open],
        list(world.escalations.values()),
        list(world.holds.values()),
        world.starts,
        tuple(world.past),
        world.watch_at,
        list(world.mail.sent),
        world.mail.refusals,
    ).copy()


def copy_of(world: World) -> World:
    """Another world in which the same account plays on from here; events that were still to come are not taken along."""
    copied = World(world.house, list(world.journeys.values()), world.account, world.now, world.behaviour, world.outcomes)
    copied.count = world.count  # its names are numbered on
    copied.adopt_account(standing_of(world))
    return copied
