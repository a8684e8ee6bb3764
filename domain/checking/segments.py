"""Steps and cases that no segment comes to: the segment alone keeps their conditions from holding, whichever it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from domain.conditions import Condition
from domain.faults import Fault, Mark
from domain.journey import SEGMENT, Journey, Plan
from domain.language import Branch, Check, Step


@dataclass
class _Met:
    """Places by whether some segment meets them."""

    reached: set[Mark] = field(default_factory=set)
    missed: set[Mark] = field(default_factory=set)


def check(journey: Journey) -> Iterator[Fault]:
    met = _Met()
    for plan in journey.plans.values():
        if _settled(plan.text.starts.when, plan.segment) is False:
            met.missed.add(plan.text.starts.place("when"))
            continue
        met.reached.add(plan.text.starts.place("when"))
        text = plan.text
        for steps in (text.steps, *text.tracks.values(), *(each.steps for each in text.whenever), *(end.then for end in text.ends)):
            _walk(steps, plan, met)
    for mark in met.missed - met.reached:
        yield Fault(mark, "no segment that comes here can meet this", warning=True)


def _walk(steps: tuple[Step, ...], plan: Plan, met: _Met) -> None:
    for step in steps:
        if step.when and not _meets(step.when, step.place("when"), plan, met):
            continue
        if isinstance(step, Branch | Check):
            is_taken = False
            for case in step.cases if isinstance(step, Branch) else step.verdicts:
                mark = case.place("when" if case.when else "else")
                if is_taken:
                    met.missed.add(mark)
                elif case.when is None or _meets(case.when, mark, plan, met):
                    met.reached.add(mark)
                    is_taken = _settled(case.when, plan.segment) is True
                    _walk(case.taken, plan, met)
        else:
            for block in step.blocks():
                _walk(block, plan, met)


def _meets(condition: Condition, mark: Mark, plan: Plan, met: _Met) -> bool:
    is_met = _settled(condition, plan.segment) is not False
    (met.reached if is_met else met.missed).add(mark)
    return is_met


def _settled(condition: Condition | None, segment: str) -> bool | None:
    """What the segment alone makes of a condition; None where it leaves it open."""
    if condition is None or SEGMENT not in condition.names:
        return None
    return condition.is_settled({SEGMENT: segment})
