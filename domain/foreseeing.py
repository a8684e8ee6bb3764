"""What runs in flight will do if nothing is heard: each to its end, with and without what is about to be published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from domain.journey import Journey
from domain.moving import CANCELLED, MOVING, InFlight, MoveOrder
from domain.news import ExitOrdered
from domain.simulation import World
from domain.standing import RunStanding
from domain.succession import StepMap
from domain.touches import Touch

DAY = timedelta(days=1)
HORIZON = timedelta(days=730)  # a run that is not over by then is foreseen up to there
WITHDRAWN = "the journey is withdrawn; runs end as they are, or are cancelled"
ENDS_FIRST = "it ends before it has gone on from what it waits for"

Becomes = Literal["stays", "moves", "cannot move", "ends"]
Kind = str  # of a touch: mail, post, task, approval, notice, webhook


@dataclass(frozen=True, slots=True)
class Course:
    """What one run does: its touches in order, when it moves to the version it was ordered to, why it could not when it last tried,
    when and why it is over, and when its tasks that are open now are closed unfinished, by their ids. None is never, as far as
    `HORIZON`."""

    touches: tuple[Touch, ...] = ()
    moves_at: datetime | None = None
    stayed: str = ""
    ends_at: datetime | None = None
    ended_why: str | None = None
    closed: Mapping[str, datetime] = field(default_factory=dict)

    def counts(self, until: datetime | None = None) -> Counter[Kind]:
        """How many touches of each kind there are, up to and including `until`."""
        return Counter(touch.kind for touch in self.touches if until is None or touch.at <= until)


@dataclass(frozen=True, slots=True)
class Order:
    """What publishing orders of one run; `new` is the newer version, None where the journey is withdrawn."""

    choice: InFlight
    new: Journey | None
    told: StepMap

    def give(self, run: RunStanding, now: datetime) -> None:
        """As `activities.moving.order` does in the database."""
        match self.choice:
            case "pin" | "drain":
                run.order = None
            case "cancel":
                run.news.append(ExitOrdered(now, CANCELLED, tasks="close"))
                run.woken = True
            case "move" | "move_now" if self.new is not None:
                at_once = self.choice == "move_now"
                run.order = MoveOrder(self.new, at_once, at_once, self.told)
                run.woken = run.woken or at_once
            case _:
                pass


def becomes(order: Order, course: Course) -> tuple[Becomes, str]:
    """What becomes of a run that was ordered this and then does that, and why."""
    if order.choice == "cancel":
        return "ends", CANCELLED
    if order.choice not in MOVING:
        return "stays", ""
    if order.new is None:
        return "cannot move", WITHDRAWN
    if course.moves_at is not None:
        return "moves", ""
    return ("cannot move", course.stayed) if course.stayed else ("stays", ENDS_FIRST)


def lost(then: Course, anyway: Course) -> int:
    """How many tasks that are open now are closed unfinished, or sooner than they would be."""
    return sum(task not in anyway.closed or at < anyway.closed[task] for task, at in then.closed.items())


def play(world: World, followed: Collection[str], within: timedelta = HORIZON) -> dict[str, Course]:
    """Plays the world on until each of these runs is over, `within` at most."""
    return _Play(world, followed).play(world.now + within)


class _Play:
    def __init__(self, world: World, followed: Collection[str]) -> None:
        self.world = world
        self.runs = {id: world.runs[id] for id in followed if id in world.runs}
        self.versions = {id: run.journey for id, run in self.runs.items()}
        self.tasks = {task.id: task for task in world.tasks.values() if task.open and task.run in self.runs}
        self.owners: dict[str, str] = {}  # of follow-ups: their runs
        self.courses = {id: Course() for id in self.runs}
        self.read = 0  # of the world's decisions

    def play(self, until: datetime) -> dict[str, Course]:
        world = self.world
        self.look()
        world.settle()
        self.look()
        while any(course.ends_at is None for course in self.courses.values()):
            moment = world.next_moment()
            if moment is None or moment > until:
                break
            world.play(max(moment, world.now))
            self.look()
        for touch in world.touches:
            run = self.owners.get(touch.run, touch.run)
            if course := self.courses.get(run):
                self.courses[run] = replace(course, touches=(*course.touches, touch))
        return self.courses

    def look(self) -> None:
        """What changed since the last look."""
        world = self.world
        self.owners |= {follow_up.id: follow_up.run for follow_up in world.follow_ups.values()}
        stayed = {why.journey: why.decision.result for why in world.whys[self.read :] if why.decision.what == "stayed"}
        self.read = len(world.whys)
        for id, run in self.runs.items():
            course = self.courses[id]
            if course.ends_at is not None:
                continue
            if course.moves_at is None and run.journey is not self.versions[id]:
                course = replace(course, moves_at=world.now)
            if run.journey.name in stayed:
                course = replace(course, stayed=stayed[run.journey.name])
            if id not in world.runs:
                course = replace(course, ends_at=world.now, ended_why=run.state.over or run.rest.over)
            self.courses[id] = course
        for id, task in self.tasks.items():
            course = self.courses[task.run]
            if not task.open and id not in course.closed:
                self.courses[task.run] = replace(course, closed={**course.closed, id: world.now})
