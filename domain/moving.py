"""Runs in flight and a newer version of their journey: what a run takes along when it goes on under the new text.

Steps are found again by `domain.succession`. A step that is still there keeps its place, its visits and what it asked of people.
One that is gone takes back what it asked, and its track goes on at the next step that is still there. A run that would have to
guess stays where it is, and says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from domain import approvals, interpreter
from domain.facts import Facts
from domain.house import House
from domain.intents import CloseTasks, Decision, Intent, Rename, Withdraw
from domain.interpreter import Turned
from domain.journey import CLOSING, Journey, Plan
from domain.language import Repeat, Task
from domain.news import Decided, Engaged, EscalationEnded, News, PutOff, Settled, SkipOrdered, TaskDone
from domain.run import Run
from domain.state import Phase, Position, Record, State
from domain.succession import Fate, StepMap, Succession, between

InFlight = Literal["pin", "drain", "move", "move_now", "cancel"]  # what runs in flight do when a newer version is published
MOVING: tuple[InFlight, ...] = ("move", "move_now")
CANCELLED = "its version was withdrawn"
GONE = "its step is not in the journey any more"


class CannotMove(Exception):
    """The run stands where the new version has no certain place for it; the sentence says where, and what to do."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody who publishes chose for runs in flight: for all, or for those of one journey; and the steps they named by hand."""

    otherwise: InFlight = "drain"
    of: Mapping[str, InFlight] = field(default_factory=dict)
    maps: Mapping[str, StepMap] = field(default_factory=dict)

    def of_journey(self, name: str) -> InFlight:
        return self.of.get(name, self.otherwise)

    def map_of(self, name: str) -> StepMap:
        return self.maps.get(name, {})


@dataclass(frozen=True, slots=True)
class MoveOrder:
    """The version a run is to go on under: at once, or when it has gone on from what it waits for now; `is_due` when that is so.
    `told` are the steps that somebody named by hand for it."""

    journey: Journey
    at_once: bool
    is_due: bool
    told: StepMap = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moved:
    """The state under the new version, what the old one takes back, and the steps whose id is another: `names`, old to new."""

    state: State
    intents: Sequence[Intent]
    decisions: Sequence[Decision]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Stepped:
    """A turn of a run that had an order to move: the version it is on now, and whether it has one to come."""

    journey: Journey
    turned: Turned
    order: MoveOrder | None


def advance(
    journey: Journey, order: MoveOrder | None, house: House, state: State, now: datetime, facts: Facts, news: Sequence[News]
) -> Stepped:
    """`interpreter.advance`, after the move where one is due.

    A run that moves when it has gone on is asked again, at the same moment and without news, once it has: the answer's order is due
    then. Where it cannot move it stays: for good where it should have at once, else until it rests somewhere else. Raises Stuck.
    """
    if order is None or not order.is_due:
        turned = interpreter.advance(journey, house, state, now, facts, news)
        if order is not None and turned.rest.over is None and _places(state) != _places(turned.state):
            order = replace(order, is_due=True)
        return Stepped(journey, turned, None if turned.rest.over else order)
    try:
        moved = move(journey, order.journey, house, state, now, facts, order.told)
    except CannotMove as error:
        turned = interpreter.advance(journey, house, state, now, facts, news)
        stays = Decision("stayed", f"on version {journey.version}: {error}", rule=f"move to version {order.journey.version}")
        turned = replace(turned, decisions=[stays, *turned.decisions])
        return Stepped(journey, turned, None if order.at_once or turned.rest.over else replace(order, is_due=False))
    turned = interpreter.advance(order.journey, house, moved.state, now, facts, [_renamed(each, moved.names) for each in news])
    intents, decisions = [*moved.intents, *turned.intents], [*moved.decisions, *turned.decisions]
    return Stepped(order.journey, replace(turned, intents=intents, decisions=decisions), None)


def move(old: Journey, new: Journey, house: House, state: State, now: datetime, facts: Facts, told: StepMap | None = None) -> Moved:
    """The same run under a newer version of its journey. Raises CannotMove."""
    return _Move(old, new, house, state, now, facts, told or {}).moved()


def _renamed(news: News, names: Mapping[str, str]) -> News:
    """What a run was told about a step before it moved, about what that step is now."""
    match news:
        case TaskDone() | Decided() | EscalationEnded() | Engaged() | Settled() | PutOff() | SkipOrdered():
            return replace(news, step=names.get(news.step, news.step))
        case _:
            return news


def _places(state: State) -> set[tuple[str, int]]:
    return {(position.step, position.visit) for position in state.tracks.values()}


class _Move:
    def __init__(self, old: Journey, new: Journey, house: House, state: State, now: datetime, facts: Facts, told: StepMap) -> None:
        self.run = Run(old, house, state, now, facts)  # of the old version: what it takes back is written here
        self.state = state
        self.now = now
        self.versions = f"from version {old.version} to {new.version}"
        self.new: Plan = new.plan(facts.segment)
        self.fates = between(old, new, facts.segment, told)
        self.names = {step: fate.becomes for step, fate in self.fates.items() if fate.becomes and fate.becomes != step}
        self.succession = Succession(self.run.plan, self.new, told)

    def moved(self) -> Moved:
        records = {
            fate.becomes: self.state.records[step] for step, fate in self.fates.items() if fate.becomes and step in self.state.records
        }
        tracks: dict[str, Position] = {}
        for name, position in self.state.tracks.items():
            after = self.place(position, records)
            if after is None:
                continue
            track = CLOSING if name == CLOSING else self.new.nodes[after.step].track
            if track in tracks:
                raise CannotMove(f"two of its tracks are one in the new version, '{track}'")
            tracks[track] = after
        if self.state.closing is None:
            begun = {self.succession.tracks[name] for name in self.run.plan.tracks if name in self.succession.tracks}
            for name, first in self.new.tracks.items():
                if name not in begun and name not in tracks:
                    tracks[name] = Position(first, records.get(first, Record()).visits + 1, self.now)
        self.take_back_tasks()
        self.rename()
        reactions = {
            self.succession.tracks[name]: memory for name, memory in self.state.reactions.items() if name in self.succession.tracks
        }
        in_order = {name: tracks[name] for name in (*self.new.tracks, *self.new.reactions, CLOSING) if name in tracks}
        self.run.decide("moved", self.versions)
        state = replace(self.state, tracks=in_order, records=records, reactions=reactions)
        return Moved(state, self.run.intents, self.run.decisions, self.names)

    def place(self, position: Position, records: dict[str, Record]) -> Position | None:
        """Where a track stands in the new version; None where nothing of it is left."""
        fate = self.fates[position.step]
        node = self.run.plan.node(position.step)
        if fate.becomes and position.phase is Phase.BEFORE:
            return Position(fate.becomes, position.visit, position.since)
        if fate.becomes and self.new.node(fate.becomes).step.verb == node.step.verb:
            return replace(position, step=fate.becomes)
        if fate.how == "ambiguous":
            raise CannotMove(in_doubt(self.run.journey.name, fate))
        approvals.stop_asking(self.run, node, position, GONE)
        self.run.intend(Withdraw(node.id, position.visit, GONE))
        self.run.decide("withdrawn", GONE, node, position=position)
        following = fate.becomes or fate.next or self.after(fate)
        if following is None:
            return None
        return Position(following, records.get(following, Record()).visits + 1, self.now)

    def after(self, fate: Fate) -> str | None:
        """The step that comes after the nearest one around it that is still there."""
        around = fate.inside
        while around is not None:
            node = self.new.nodes[around]
            if isinstance(node.step, Repeat):
                raise CannotMove(f"'{fate.step}' is not in the new version any more, and stood inside the repeat '{around}'")
            if node.next:
                return node.next
            around = node.parent
        return None

    def take_back_tasks(self) -> None:
        """Nobody needs to do what a step asked for that the journey does not have any more."""
        for step, fate in self.fates.items():
            node = self.run.plan.node(step)
            stays = fate.becomes and isinstance(self.new.node(fate.becomes).step, Task)
            if not stays and isinstance(node.step, Task) and self.run.record(step).at is not None:
                self.run.intend(CloseTasks("close", GONE, step))

    def rename(self) -> None:
        """What a step asked of people goes with it where it has another id now."""
        asked = {position.step for position in self.state.tracks.values()} | self.state.records.keys()
        if names := {step: becomes for step, becomes in self.names.items() if step in asked}:
            self.run.intend(Rename(names))


def in_doubt(journey: str, fate: Fate) -> str:
    """Why a run cannot move that stands at a step of which somebody has to say what became of it, and how to say it."""
    which = " or ".join(f"'{candidate}'" for candidate in fate.candidates)
    return f"'{fate.step}' may have become {which}: say so with --map {journey}:{fate.step}={fate.candidates[0]}, or =gone"
