"""Journeys that start each other round and round without anything being waited for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from domain.faults import Fault, Mark
from domain.journey import Journey, Plan
from domain.language import Approval, Repeat, Set, Start, Step, Task, Wait, WaitFor

STAGE = "account.stage"


@dataclass(frozen=True)
class _Begun:
    """What a journey starts at once: another, by name or by the stage it sets."""

    mark: Mark
    journey: str | None
    stage: str | None = None


def check(journeys: Mapping[str, Journey]) -> Iterator[Fault]:
    """Only journeys that may be entered again at once, and that may be over at once, can go round."""
    eager = {name: journey for name, journey in journeys.items() if _is_eager(journey)}
    onward = {
        name: {(other, begun.mark) for begun in _at_once(journey) for other in _begins(begun, eager)} for name, journey in eager.items()
    }
    for name, targets in onward.items():
        for target, mark in sorted(targets, key=lambda each: each[1]):
            if target != name and (way := _way(target, name, onward)):
                round = " → ".join((name, *way))
                yield Fault(
                    mark, f"journeys start each other without a wait ({round}); let one of them wait, or write 'reenter: after 30 days'"
                )


def _begins(begun: _Begun, journeys: Mapping[str, Journey]) -> Iterator[str]:
    if begun.journey and begun.journey in journeys:
        yield begun.journey
    for name, journey in journeys.items():
        if begun.stage and any(begun.stage in plan.text.starts.stage for plan in journey.plans.values()):
            yield name


def _is_eager(journey: Journey) -> bool:
    reenter = journey.any_plan.text.starts.reenter
    return reenter.after is None and not reenter.never and any(_is_over_at_once(plan) for plan in journey.plans.values())


def _way(begins: str, ends: str, onward: Mapping[str, set[tuple[str, Mark]]]) -> tuple[str, ...]:
    """The journeys from one to the other, both included; empty where no way leads there."""
    ways: list[tuple[str, ...]] = [(begins,)]
    seen = {begins}
    for way in ways:
        for target, _ in sorted(onward.get(way[-1], ())):
            if target == ends:
                return (*way, ends)
            if target not in seen:
                seen.add(target)
                ways.append((*way, target))
    return ()


def _at_once(journey: Journey) -> set[_Begun]:
    found: set[_Begun] = set()
    for plan in journey.plans.values():
        for steps in (plan.text.steps, *plan.text.tracks.values()):
            _pass(steps, found)
    return found


def _is_over_at_once(plan: Plan) -> bool:
    return all(_pass(steps, set()) for steps in (plan.text.steps, *plan.text.tracks.values()))


def _pass(steps: Sequence[Step], found: set[_Begun]) -> bool:
    """Collects what these steps start before the first wait; whether they may be over without any."""
    for step in steps:
        if any(not at.is_start for at in step.at or ()) and not step.when:
            return False
        match step:
            case Start():
                found.add(_Begun(step.place("start"), step.start))
            case Set() if STAGE in step.set:
                found.add(_Begun(step.place("set"), None, str(step.set[STAGE])))
            case Wait() | WaitFor() | Approval() | Repeat() if not step.when:
                return False
            case Task() if step.wait and not step.when:
                return False
            case _:
                blocks = step.blocks()
                if blocks and not isinstance(step, Task) and not step.when and not sum(_pass(block, found) for block in blocks):
                    return False
    return True
