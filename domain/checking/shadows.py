"""What is said of shadow: it is said where something can be kept back, said once, and what it leaves out is seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from domain.faults import Fault
from domain.journey import Journey, Node, Plan
from domain.language import EVERYWHERE, Start


def check(plan: Plan) -> Iterator[Fault]:
    for node in plan.nodes.values():
        step = node.step
        if "shadow" not in step.marks:
            continue
        if step.only_steers and not any(step.blocks()):
            sentence = f"a {step.verb} reaches nobody and changes nothing, so it has no shadow; say 'shadow:' of a step that does something"
            yield Fault(step.place("shadow"), sentence)
        elif around := _kept_back_by(plan, node):
            yield Fault(step.place("shadow"), f"{around} is in shadow, and all that is in it, whatever is said here", warning=True)


def check_set(journeys: Mapping[str, Journey]) -> Iterator[Fault]:
    """What is in shadow starts only what is in shadow as well."""
    for journey in journeys.values():
        for plan in journey.plans.values():
            for node in plan.nodes.values():
                step = node.step
                other = journeys.get(step.start) if isinstance(step, Start) else None
                if other and other.name != journey.name and _is_kept_back(plan, node) and other.plan(plan.segment).text.shadow is None:
                    sentence = f"in shadow this starts nothing, for '{other.name}' is live; put it in shadow too to see what it would do"
                    yield Fault(step.place("start"), sentence, warning=True)


def _is_kept_back(plan: Plan, node: Node) -> bool:
    return node.step.shadow == EVERYWHERE or bool(_kept_back_by(plan, node))


def _kept_back_by(plan: Plan, node: Node) -> str:
    """What a step lies in that is in shadow for everybody; nothing where nothing is."""
    if plan.text.shadow == EVERYWHERE:
        return "the whole journey"
    while node.parent:
        node = plan.nodes[node.parent]
        if node.step.shadow == EVERYWHERE:
            return f"'{node.id}'"
    return ""
