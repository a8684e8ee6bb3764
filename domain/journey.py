"""A journey compiled: for each segment a plan, in which every step knows its name, its track and what comes after it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from domain import grammar, source
from domain.conditions import Condition
from domain.faults import Fault, FaultyText
from domain.language import VERBS, End, JourneyText, Repeat, Send, Step, StepFields, WaitFor, Whenever

MAIN = "steps"
SEGMENT = "account.segment"
CLOSING = "closing"
MOST_STEPS = 1000


@dataclass(frozen=True, slots=True)
class Node:
    """A step in its place: its track, the step it lies in (None at the top) and the next in the same list that can happen."""

    id: str
    step: Step
    track: str
    parent: str | None
    next: str | None


@dataclass(frozen=True)
class Plan:
    """One journey as it reads for one segment."""

    text: JourneyText
    segment: str
    nodes: Mapping[str, Node]
    tracks: Mapping[str, str]  # the tracks that start with the run, and the first step of each
    closings: tuple[str | None, ...]  # the first closing step of each of `text.ends`
    reactions: Mapping[str, tuple[Whenever, str | None]]  # the `whenever` tracks by name, and their first steps
    firsts: Mapping[str, tuple[str | None, ...]]  # of each step that holds others: the first step of each of its blocks
    faults: tuple[Fault, ...] = ()
    variants: Mapping[str, Plan] = field(default_factory=dict, repr=False, compare=False)  # the plans of all segments

    def node(self, id: str) -> Node:
        """A step by its id. After a change of segment a run may stand at a step that only its former variant has."""
        return self._variant_with(id).nodes[id]

    def first(self, id: str, block: int) -> str | None:
        """The first step of one of the lists inside a step."""
        return self._variant_with(id).firsts[id][block]

    def _variant_with(self, id: str) -> Plan:
        return self if id in self.nodes else next((plan for plan in self.variants.values() if id in plan.nodes), self)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What conditions may call a step: its id, or its object where only one step has it; underscores for hyphens."""
        names: dict[str, str] = {}
        clashes: set[str] = set()
        for node in self.nodes.values():
            alias = node.step.object.replace("-", "_")
            if alias in names:
                clashes.add(alias)
            names[alias] = node.id
        for alias in clashes:
            del names[alias]
        return names | {id.replace("-", "_"): id for id in self.nodes}

    @cached_property
    def ambiguous(self) -> Mapping[str, tuple[str, ...]]:
        """Objects that several steps have, and the ids they must be called by."""
        by_object: dict[str, list[str]] = {}
        for node in self.nodes.values():
            by_object.setdefault(node.step.object.replace("-", "_"), []).append(node.id)
        return {name: tuple(ids) for name, ids in by_object.items() if len(ids) > 1 and name not in self.names}

    @cached_property
    def listens(self) -> frozenset[str]:
        """Every event it mentions."""
        names = {name for end in self.text.ends for name in end.on}
        names |= {name for reaction, _ in self.reactions.values() for name in reaction.on}
        return frozenset(names | self.awaits)

    @cached_property
    def awaits(self) -> frozenset[str]:
        """The events its wait_fors wait for; a run remembers these from its beginning."""
        return frozenset(
            node.step.wait_for.event for node in self.nodes.values() if isinstance(node.step, WaitFor) and node.step.wait_for.event
        )

    @cached_property
    def mails(self) -> tuple[str, ...]:
        return tuple(sorted({node.step.send for node in self.nodes.values() if isinstance(node.step, Send)}))


@dataclass(frozen=True)
class Journey:
    """One version of a journey. `hash` is of its text; `version` counts from 1 and is 0 while unpublished."""

    name: str
    hash: str
    plans: Mapping[str, Plan]
    version: int = 0
    text: str = field(default="", repr=False)

    def plan(self, segment: str) -> Plan:
        """The plan for a segment; the last declared segment's for an account whose segment is not known."""
        return self.plans.get(segment) or self.plans[list(self.plans)[-1]]

    @property
    def any_plan(self) -> Plan:
        return next(iter(self.plans.values()))


def content_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def compile(text: str, file: str, segments: tuple[str, ...], version: int = 0) -> Journey:
    """Raises FaultyText with what the grammar refuses in any segment; what words mean, `domain.checking` looks at. The same text is
    compiled once."""
    return replace(_compiled(text, file, segments), version=version)


@lru_cache(maxsize=512)
def _compiled(text: str, file: str, segments: tuple[str, ...]) -> Journey:
    data = source.read(text, file)
    varied = grammar.has_variants(data)
    plans: dict[str, Plan] = {}
    faults: set[Fault] = set()
    for segment in segments:
        if plans and not varied:
            plans[segment] = replace(_plan(next(iter(plans.values())).text, segment), variants=plans)
            continue
        missing: list[Fault] = []
        resolved = grammar.for_segment(data, segment, segments, missing)
        faults.update(missing)
        if not missing:
            try:
                plan = _plan(grammar.load(JourneyText, resolved, file, VERBS), segment)
            except FaultyText as error:
                faults.update(error.faults)
            else:
                plans[segment] = replace(plan, variants=plans)
                faults.update(plan.faults)
    if faults:
        raise FaultyText(sorted(faults))
    journey = next(iter(plans.values())).text.journey
    return Journey(journey, content_hash(text), plans, text=text)


def _plan(text: JourneyText, segment: str) -> Plan:
    return _Builder(segment).plan(text)


class _Builder:
    def __init__(self, segment: str) -> None:
        self.segment = segment
        self.nodes: dict[str, Node] = {}
        self.firsts: dict[str, tuple[str | None, ...]] = {}
        self.faults: list[Fault] = []
        self.taken: dict[str, int] = {}  # ids and the lines that took them

    def plan(self, text: JourneyText) -> Plan:
        tracks = {MAIN: self.lay(text.steps, MAIN, None)}
        for name, steps in text.tracks.items():
            if name in (MAIN, CLOSING):
                self.faults.append(Fault(text.place("tracks"), f"'{name}' cannot name a track; choose another word"))
            tracks[name] = self.lay(steps, name, None)
        reactions: dict[str, tuple[Whenever, str | None]] = {}
        for reaction in text.whenever:
            name = f"whenever.{reaction.title}"
            if name in reactions:
                self.faults.append(Fault(reaction.mark, f"two whenevers are called '{reaction.title}'; give one a 'name:'"))
            reactions[name] = (reaction, self.lay(reaction.steps, name, None))
        closings = tuple(self.lay(end.then, CLOSING, None) for end in text.ends)
        if len(self.nodes) > MOST_STEPS:
            self.faults.append(Fault(text.mark, f"more than {MOST_STEPS} steps; split the journey"))
        begun = {name: first for name, first in tracks.items() if first}
        return Plan(text, self.segment, self.nodes, begun, closings, reactions, self.firsts, tuple(self.faults))

    def lay(self, steps: tuple[Step, ...], track: str, parent: str | None) -> str | None:
        """Lays a list of steps and returns the id of the first that can happen. The others are there too: conditions may name them."""
        ids = [self.name(step) for step in steps]
        happen = [None if self.is_never(step) else id for step, id in zip(steps, ids, strict=True)]
        for index, (step, id) in enumerate(zip(steps, ids, strict=True)):
            self.nodes[id] = Node(id, step, track, parent, next(filter(None, happen[index + 1 :]), None))
            if blocks := step.blocks():
                self.firsts[id] = tuple(self.lay(block, track, id) for block in blocks)
            if step.at and len(step.at) > 1 and self.is_repeated(parent):
                self.faults.append(
                    Fault(step.place("at"), "several dates inside a repeat would start over each round; write one step each")
                )
        return next(filter(None, happen), None)

    def is_never(self, step: Step) -> bool:
        """Whether the segment alone keeps the step from happening: runs of this plan do not come to it, nor wake up for it."""
        if isinstance(step, Repeat) and all(self.is_never(each) for each in step.steps):
            return True
        return step.when is not None and SEGMENT in step.when.names and step.when.is_settled({SEGMENT: self.segment}) is False

    def is_repeated(self, parent: str | None) -> bool:
        while parent:
            if isinstance(self.nodes[parent].step, Repeat):
                return True
            parent = self.nodes[parent].parent
        return False

    def name(self, step: StepFields) -> str:
        id = step.id or f"{step.verb.replace('_', '-')}-{step.object}"
        if first := self.taken.get(id):
            self.faults.append(
                Fault(step.mark, f"two steps are called '{id}' (the first is at line {first}); give one an 'id:' of its own")
            )
        self.taken.setdefault(id, step.mark.line)
        return id


def conditions(plan: Plan) -> Iterator[tuple[Condition, str | None, bool]]:
    """Every condition of a plan, the event it may speak of (or None), and whether it is watched while the run rests."""
    text = plan.text
    starts = text.starts
    if starts.where:
        yield starts.where, (starts.on[0] if starts.on else None), False
    if starts.when:
        yield starts.when, None, False
    if text.goal:
        yield text.goal, None, True
    if text.shadow and text.shadow.names:
        yield text.shadow, None, False
    causes: tuple[End | Whenever, ...] = (*text.ends, *text.whenever)
    for cause in causes:
        if cause.where:
            yield cause.where, cause.on[0], False
        if cause.when:
            yield cause.when, None, True
    for node in plan.nodes.values():
        yield from _of_step(node.step)


def _of_step(step: Step) -> Iterator[tuple[Condition, str | None, bool]]:
    if step.when:
        yield step.when, None, False
    if step.shadow and step.shadow.names:
        yield step.shadow, None, False
    match step:
        case Send() if step.approval and step.approval.when:
            yield step.approval.when, None, False
        case WaitFor():
            if step.wait_for.condition:
                yield step.wait_for.condition, None, True
            if step.where:
                yield step.where, step.wait_for.event, False
        case Repeat():
            yield step.until, None, False
        case _:
            for case in getattr(step, "cases", ()) or getattr(step, "verdicts", ()):
                if case.when:
                    yield case.when, None, False
