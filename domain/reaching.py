"""What of a journey can be reached in each segment, and what a run did reach: the coverage of journey tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from domain.faults import NOWHERE, Mark
from domain.intents import Decision
from domain.journey import SEGMENT, Journey, Node, Plan
from domain.language import Branch, Case, Check, End, Split, Step, Task, WaitFor
from domain.state import RECORDED, Phase, State

What = Literal["step", "case", "in time", "otherwise", "end", "whenever"]


@dataclass(frozen=True, slots=True)
class Place:
    """A step of a journey in a segment, or one way on from it. `way` is the case or verdict, the cause of an end, a whenever's name."""

    journey: str
    segment: str
    what: What
    step: str
    way: str = ""
    mark: Mark = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        match self.what:
            case "step":
                return self.step
            case "case":
                return f"{self.step}: {self.way}"
            case "end":
                return f"ends: {self.way}"
            case "whenever":
                return f"whenever: {self.way}"
            case _:
                return f"{self.step}: {self.what}"


def places(journey: Journey) -> Iterator[Place]:
    """Every place of the journey that an account can come to, segment by segment."""
    for plan in journey.plans.values():
        yield from _Map(journey.name, plan).places()


def cause(end: End) -> str:
    """An end by what a run says of it."""
    return str(end.when or ", ".join(end.on))


def label(index: int, case: Case) -> str:
    """A case by what a run says of it."""
    return case.verdict or ("else" if case.else_ is not None else f"case {index + 1}")


class _Map:
    """One plan, without what its segment rules out: conditions that the segment settles, and what only they lead to."""

    def __init__(self, journey: str, plan: Plan) -> None:
        self.journey = journey
        self.plan = plan
        self.known: Mapping[str, Any] = {SEGMENT: plan.segment}

    def places(self) -> list[Place]:
        """Steps that cannot happen leave nothing to be known of them, which may rule out others: until nothing more is ruled out."""
        while True:
            found = list(dict.fromkeys(self.walk()))
            steps = {place.step for place in found if place.what == "step"}
            absent = {name for name, id in self.plan.names.items() if id not in steps}
            known = {f"steps.{name}.{field}": 0 if field == "visits" else None for name in absent for field in RECORDED}
            if known.keys() <= self.known.keys():
                return found
            self.known = {**known, SEGMENT: self.plan.segment}

    def walk(self) -> Iterator[Place]:
        text = self.plan.text
        for begins in self.plan.tracks.values():
            yield from self.along(begins)
        for end, first in zip(text.ends, self.plan.closings, strict=True):
            if end.when is None or end.when.is_settled(self.known) is not False:
                yield self.place("end", "", cause(end), end.mark)
                yield from self.along(first)
        for name, (reaction, first) in self.plan.reactions.items():
            if first and (reaction.when is None or reaction.when.is_settled(self.known) is not False):
                yield self.place("whenever", "", name.removeprefix("whenever."), reaction.mark)
                yield from self.along(first)

    def along(self, id: str | None) -> Iterator[Place]:
        while id:
            node = self.plan.nodes[id]
            if node.step.when is None or node.step.when.is_settled(self.known) is not False:
                yield self.place("step", id, "", node.step.mark)
                yield from self.inside(node)
            id = node.next

    def inside(self, node: Node) -> Iterator[Place]:
        firsts = self.plan.firsts.get(node.id, ())
        match node.step:
            case Branch(cases=cases) | Check(verdicts=cases):
                for index, (case, first) in enumerate(zip(cases, firsts, strict=True)):
                    settled = case.when.is_settled(self.known) if case.when else True
                    if settled is not False:
                        yield self.place("case", node.id, label(index, case), case.mark)
                        yield from self.along(first)
                    if settled:
                        return
            case Split(arms=arms):
                for arm, first in zip(arms, firsts, strict=True):
                    yield self.place("case", node.id, arm.arm, arm.mark)
                    yield from self.along(first)
            case _ if _may_time_out(node.step):
                for what in ("in time", "otherwise"):
                    yield self.place(what, node.id, "", node.step.mark)
                yield from self.along(firsts[0])
            case _:
                for first in firsts:
                    yield from self.along(first)

    def place(self, what: What, step: str, way: str, mark: Mark) -> Place:
        return Place(self.journey, self.plan.segment, what, step, way, mark)


def _may_time_out(step: Step) -> bool:
    return isinstance(step, Task | WaitFor) and bool(step.otherwise)


def reached(journey: str, plan: Plan, before: State, after: State, decisions: Sequence[Decision]) -> Iterator[Place]:
    """What one turn of a run reached, from its state before and after and what was decided meanwhile.

    A step is reached when it acted: one that was passed over, because it was late or its condition did not hold, is not.
    """

    def place(what: What, step: str = "", way: str = "") -> Place:
        return Place(journey, plan.segment, what, step, way)

    passed = Counter(decision.step for decision in decisions if decision.what == "skipped")
    late = Counter(decision.step for decision in decisions if decision.what == "timed out")
    for id, record in after.records.items():
        earlier = before.records.get(id)
        acted = record.visits - (earlier.visits if earlier else 0) - passed[id]
        if acted > 0:
            yield place("step", id)
            if acted > late[id] and _may_time_out(plan.node(id).step):
                yield place("in time", id)
    for position in after.tracks.values():
        if position.phase is not Phase.BEFORE:
            yield place("step", position.step)
    for decision in decisions:
        match decision.what, decision.step:
            case "chosen", str(step):
                yield place("case", step, decision.result)
            case "timed out", str(step):
                yield place("step", step)
                if _may_time_out(plan.node(step).step):
                    yield place("otherwise", step)
            case "ended", None:
                yield place("end", "", decision.rule)
            case "reacted", None:
                yield place("whenever", "", decision.rule.removeprefix("whenever."))


def unreached(journeys: Iterable[Journey], trodden: frozenset[Place] | set[Place]) -> list[Place]:
    return [place for journey in journeys for place in places(journey) if place not in trodden]
