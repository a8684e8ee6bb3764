"""Why something did not happen of which nothing was written down: a step that is never for this segment, that a branch went past,
that a run has not come to or ended before; and a journey that the account never entered."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from activities.evidence import Evidence, rule_of
from activities.reasons import Decided, Entry, Fate, Seen
from domain import account as account_of
from domain import entering, planning, state
from domain.conditions import Condition
from domain.facts import Scope
from domain.governor import UNTIL_LIFTED
from domain.journey import CLOSING, MAIN, SEGMENT, Journey, Node, Plan
from domain.language import Branch, Case, Check, Split, Starts, Task, WaitFor
from domain.run import Run, told_at
from domain.situation import PastRun, Situation
from domain.state import Phase, Position
from domain.vocabulary import write_value

MOST_RUNS = 20  # of a journey, the latest


def awaited(evidence: Evidence, places: Collection[str]) -> set[str]:
    """The events that would start these journeys, or reactions of theirs."""
    plans = [evidence.plan(journey) for journey in evidence.journeys() if journey.name in places]
    starts = {name for plan in plans for name in plan.text.starts.on}
    return starts | {name for plan in plans for reaction, _ in plan.reactions.values() for name in reaction.on}


def of(evidence: Evidence, places: Mapping[str, frozenset[str]], there: Collection[tuple[str | None, str | None]]) -> Iterator[Entry]:
    """`there` are the steps of runs of which something is written down."""
    for name, steps in places.items():
        mine = [row for row in evidence.runs.values() if row.journey == name]
        # A whole journey is told of as it is now; a step of it in the runs that there were lately.
        for row in mine[: MOST_RUNS if steps else 1]:
            absent = _Absent(evidence, row)
            for node in absent.nodes(steps):
                if (row.id, node.id) not in there and (entry := absent.entry(node)):
                    yield entry
        published = evidence.view.published.journeys.get(name)
        if published and not any(row.ended_at is None for row in mine) and not (steps and mine):
            yield _not_entered(evidence, published, mine)


@dataclass(frozen=True, slots=True)
class _Why:
    fate: Fate
    why: str
    at: datetime | None
    decided: tuple[Decided, ...] = ()


class _Absent:
    """One run, and the steps of it that did nothing."""

    def __init__(self, evidence: Evidence, row: Row[Any]) -> None:
        self.evidence = evidence
        self.row = row
        view, house = evidence.view, evidence.view.published.house
        self.journey: Journey = evidence.versions[row.journey, row.version]
        self.known = account_of.facts(evidence.account, house, view.now, row.contract_id, row.contact_id)
        self.state = state.load(json.loads(row.state))
        self.run = Run(self.journey, house, self.state, view.now, self.known)
        self.run.find_anchor()
        self.plan: Plan = self.run.plan

    def nodes(self, steps: Collection[str]) -> Iterator[Node]:
        """The steps of these names, of whatever segment's plan; where none is named, all of the account's own that reach people."""
        if not steps:
            yield from (node for node in self.plan.nodes.values() if node.step.reaches_people)
            return
        plans = (self.plan, *self.journey.plans.values())
        for id in sorted(steps):
            if found := next((plan.nodes[id] for plan in plans if id in plan.nodes), None):
                yield found

    def entry(self, node: Node) -> Entry | None:
        found = None if self.is_told_elsewhere(node) else self.why(node)
        if found is None:
            return None
        evidence, row = self.evidence, self.row
        entry = Entry(
            found.at, "step", found.fate, node.id, found.why, href=f"/accounts/{row.account_id}",
            journey=row.journey, version=row.version, run_id=row.id, step=node.id, began=row.why, rule=rule_of(self.journey, node),
        )  # fmt: skip
        own = tuple(evidence.show(each) for each in evidence.decided_at(row.id, node.id))
        return replace(entry, decided=(*found.decided, *own[-3:]))

    def is_told_elsewhere(self, node: Node) -> bool:
        """Whether it was come to and reached nobody: that was written down, at a time that was perhaps not asked about."""
        record = self.state.records.get(node.id)
        return bool(record and record.visits and not record.at and node.step.reaches_people and not self.run.standing_at(node.id))

    def why(self, node: Node) -> _Why | None:
        return self.never(node) or self.standing(node) or self.done(node) or self.elsewhere(node) or self.unreached(node)

    # Never for this segment

    def never(self, node: Node) -> _Why | None:
        segment, called = self.plan.segment, self.title(self.plan.segment)
        if node.id not in self.plan.nodes:
            others = [self.title(plan.segment) for plan in self.journey.plans.values() if node.id in plan.nodes]
            return _Why("never", f"never for {called}: it is written for {_listed(others)} only", self.row.begun_at)
        place: Node | None = node
        while place:
            if (when := place.step.when) and _settled(when, segment) is False:
                where = "" if place is node else f"; '{node.id}' lies in '{place.id}'"
                return _Why("never", f"never for {called}: it asks for {when}{where}", self.row.begun_at)
            above = self.plan.nodes[place.parent] if place.parent else None
            if above and (why := _never_chosen(above, place, segment)):
                return _Why("never", f"never for {called}: {why}", self.row.begun_at)
            place = above
        return None

    def title(self, segment: str) -> str:
        rules = self.evidence.view.published.house.segments_rule.segments
        return next((rule.title for rule in rules if rule.segment == segment), segment)

    # Where its track stands there, or was there

    def standing(self, node: Node) -> _Why | None:
        found = self.run.standing_at(node.id)
        if found is None:
            return None
        _, position = found
        if self.state.pause:
            until = self.state.pause.until
            return _Why("waiting", "the run is held" if until is None else f"the run is held until {until:%Y-%m-%d}", position.until)
        if position.phase is Phase.BEFORE:
            if position.until is None:
                return _Why("waiting", f"its day is not known: {', '.join(map(str, node.step.at or ()))}", None)
            return _Why("ahead", "its day has not come", position.until)
        if position.phase is Phase.BETWEEN:
            return _Why("ahead", "between two rounds", position.until)
        waits = f"it waits for {node.step.wait_for}" if isinstance(node.step, WaitFor) else "it is under way"
        return _Why("waiting", waits, self._until(position))

    def _until(self, position: Position) -> datetime | None:
        return position.until if position.until and position.until < UNTIL_LIFTED else None

    def done(self, node: Node) -> _Why | None:
        record = self.state.records.get(node.id)
        if record is None or not (record.at or record.visits):
            return None
        return _Why("done", f"it was taken{f': {record.outcome}' if record.outcome else ''}", record.at)

    # Where its track went another way

    def elsewhere(self, node: Node) -> _Why | None:
        place: Node = node
        while place.parent:
            above = self.plan.nodes[place.parent]
            if why := self._not_taken(above, place):
                return why
            place = above
        if place.track == CLOSING and self.state.closing is None and self.row.ended_at is None:
            return _Why("ahead", f"a closing step: {self._endings(place)}", None)
        if place.track == CLOSING and self.row.ended_at is not None:
            return _Why("over", f"a closing step: {self._endings(place)}; the run ended otherwise: {self.row.ended_why}", self.row.ended_at)
        return None

    def _not_taken(self, above: Node, place: Node) -> _Why | None:
        """What was decided at a step that holds others, where that led to others than these."""
        record = self.state.records.get(above.id)
        if record is None or record.at is None or self.run.standing_at(place.id):
            return None
        block = _block_of(above, place)
        chosen = [row for row in self.evidence.decided_at(self.row.id, above.id) if row.what in ("chosen", "heard", "ended")]
        decided = tuple(self.evidence.show(row) for row in chosen[-1:])
        match above.step:
            case Branch() | Check() | Split():
                if record.outcome is not None and record.outcome != _name_of(above, block):
                    return _Why("not_taken", f"'{above.id}' chose {record.outcome}", record.at, decided)
            case WaitFor():
                if record.outcome in ("heard", "true"):
                    return _Why("not_taken", f"only where {above.step.wait_for} does not come in time, and it came", record.at, decided)
            case Task():
                if record.done_on is not None and record.visits:
                    return _Why("not_taken", f"only where '{above.id}' is not done in time, and it was done on {record.done_on}", record.at)
            case _:
                pass
        return None

    def _endings(self, place: Node) -> str:
        ends = [end for end, first in zip(self.plan.text.ends, self.plan.closings, strict=True) if first and place.step in end.then]
        return _listed([f"only after {_listed([*end.on, *([str(end.when)] if end.when else [])])}" for end in ends])

    # Where its track has not come to it, or never will

    def unreached(self, node: Node) -> _Why:
        row = self.row
        if row.ended_at is not None:
            return _Why("over", f"the run ended before it came to it: {row.ended_why}", row.ended_at)
        if node.track in self.plan.reactions and node.track not in self.state.tracks:
            return _Why("waiting", self._reaction(node.track), None)
        position = self.state.tracks.get(node.track)
        if position is None:
            return _Why("over", "its track is over, and went past it", row.begun_at)
        at = self.planned(node)
        stands = f"its track {'' if node.track == MAIN else f'({node.track}) '}stands at '{position.step}'"
        if isinstance(at, str):
            return _Why("ahead", f"{stands}; as things are it will be skipped: {at}", None)
        day = f"; its day is {', '.join(map(str, node.step.at))}" if node.step.at else ""
        return _Why("ahead", f"{stands}{day}", at)

    def planned(self, node: Node) -> datetime | str | None:
        """When it would be due as things are, why it would be skipped, or None where that depends on what happens before."""
        if not node.step.at:
            return None
        run = self.run
        due = planning.due(run, node, planning.arrive(run, node))
        if isinstance(due, str):
            return due
        return due.until

    def _reaction(self, track: str) -> str:
        whenever, _ = self.plan.reactions[track]
        cause = _listed([*whenever.on, *(f"band {band}" for band in whenever.band), *([str(whenever.when)] if whenever.when else [])])
        memory = self.state.reactions.get(track)
        told = [row for row in self.evidence.records.events if row.name in whenever.on and row.told_at >= self.row.begun_at]
        if memory and memory.last:
            return f"its track begins with {cause}; it last began on {memory.last:%Y-%m-%d} and is over"
        if told:
            return f"its track begins with {cause}, told on {told[0].told_at:%Y-%m-%d}, which did not begin it"
        return f"its track begins with {cause}, and that has not happened since the run began"


def _settled(condition: Condition, segment: str) -> bool | None:
    return condition.is_settled({SEGMENT: segment})


def _never_chosen(above: Node, place: Node, segment: str) -> str:
    """Why the segment alone keeps a branch from taking the arm that a step lies in; nothing where it does not."""
    cases = _cases(above)
    block = _block_of(above, place)
    for index, case in enumerate(cases[: block + 1]):
        settled = _settled(case.when, segment) if case.when else None
        if index == block and settled is False:
            return f"'{above.id}' takes it where {case.when}"
        if index < block and settled is True:
            return f"'{above.id}' takes another way first, where {case.when}"
    return ""


def _cases(above: Node) -> tuple[Case, ...]:
    match above.step:
        case Branch():
            return above.step.cases
        case Check():
            return above.step.verdicts
        case _:
            return ()


def _block_of(above: Node, place: Node) -> int:
    """Which of the lists inside a step another lies in."""
    return next(index for index, block in enumerate(above.step.blocks()) if any(step is place.step for step in block))


def _name_of(above: Node, block: int) -> str:
    """What is recorded when a step takes one of its lists."""
    if isinstance(above.step, Split):
        return above.step.arms[block].arm
    case = _cases(above)[block]
    return case.verdict or ("else" if case.else_ is not None else f"case {block + 1}")


# Journeys that were not entered


def _not_entered(evidence: Evidence, journey: Journey, mine: list[Row[Any]]) -> Entry:
    view, account = evidence.view, evidence.account
    house, text = view.published.house, evidence.plan(journey).text
    known = account_of.facts(account, house, view.now)
    begins = next((row for row in evidence.records.starts if row.journey == journey.name), None)
    key = begins.key if begins else {"account": account.id, "contract": known.contract_id or "", "contact": ""}[text.for_]
    past = [PastRun(row.journey, row.key, row.ended_at, row.anchor_on) for row in mine if row.ended_at]
    refusal = entering.may_enter(Situation(house, [], account, [], past, view.now), journey, key, known)
    decided: tuple[Decided, ...] = ()
    if asks := text.starts.when:
        scope = Scope({**known.values, "today": known.today(view.now)})
        values = asks.seen(scope)
        ages = told_at(values, house, known)
        saw = tuple(Seen(name, write_value(value), ages.get(name), name in known.stale) for name, value in values.items())
        decided = (Decided(view.now, "asks", "it holds now" if asks.holds(scope) else "it does not hold now", None, str(asks), saw),)
    triggers = _listed(list(_triggers(evidence, text.starts)))
    why = f"{'it is not in it now' if mine else 'it was never in it'}: it starts {triggers}"
    if refusal:
        why += f"; as things are it may not enter: {refusal}"
    entry = Entry(
        None, "journey", "not_entered", journey.name, why, href=f"/journeys/{journey.name}", journey=journey.name,
        version=journey.version, decided=decided,
    )  # fmt: skip
    if begins:
        return replace(entry, at=begins.due_at, fate="ahead", why=f"it begins then: {text.starts.at} of {text.anchor}, {begins.anchor_on}")
    return entry


def _triggers(evidence: Evidence, starts: Starts) -> Iterator[str]:
    values = evidence.account.values
    for name in starts.on:
        told = next((row for row in evidence.records.events if row.name == name), None)
        words = f"told last on {told.told_at:%Y-%m-%d}" if told else "never told"
        yield f"with {name} ({words})" + (f" where {starts.where}" if starts.where and told else "")
    if starts.at:
        yield f"on {starts.at} (no such day lies ahead)"
    if starts.band:
        now = evidence.account.readings[-1].band if evidence.account.readings else None
        yield f"on entering {_listed(list(starts.band))} (health is {now or 'not known'} now)"
    if starts.stage:
        yield f"on reaching {_listed(list(starts.stage))} (the stage is {values.get('account.stage') or 'onboarding'} now)"
    if starts.manual:
        yield "by hand or by another journey (nobody did)"


def _listed(words: list[str]) -> str:
    return " or ".join(words)
