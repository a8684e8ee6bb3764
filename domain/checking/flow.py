"""How one plan flows: what is waited for can come, what is asked has been, and a run does not stand in its own way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from domain.checking.known import Known
from domain.checking.truth import Table
from domain.conditions import Condition
from domain.faults import Fault, Mark
from domain.journey import CLOSING, Node, Plan
from domain.language import Hold, Repeat, Send, Set, Start, Step, Stop, WaitFor, Whenever

_OPENED = re.compile(r"((e?mail|message|newsletter)_)?(was_)?opened|opened_(e?mail|message)")


def check(plan: Plan, known: Known) -> Iterator[Fault]:
    yield from _opens(plan)
    yield from _after_the_end(plan)
    yield from _itself(plan, known)
    yield from _later(plan)
    yield from _ping_pong(plan, known)


def _opens(plan: Plan) -> Iterator[Fault]:
    text = plan.text
    listening: list[tuple[Mark, tuple[str, ...]]] = [(text.starts.place("on"), text.starts.on)]
    listening += [(end.place("on"), end.on) for end in text.ends]
    listening += [(reaction.place("on"), reaction.on) for reaction in text.whenever]
    waits = [step for step in _steps(plan) if isinstance(step, WaitFor)]
    listening += [(step.place("wait_for"), (step.wait_for.event,)) for step in waits if step.wait_for.event]
    for mark, events in listening:
        for event in events:
            if _OPENED.fullmatch(event):
                yield Fault(
                    mark,
                    f"'{event}' says little: mail programs open mails by themselves; go by a click, a reply or a product event",
                    warning=True,
                )


def _after_the_end(plan: Plan) -> Iterator[Fault]:
    """What ends a run is not also heard by it."""
    ended = {event: end.place("on").line for end in plan.text.ends if not end.where for event in end.on}
    for reaction in plan.text.whenever:
        if reaction.on and all(event in ended for event in reaction.on):
            yield Fault(
                reaction.place("on"), f"this never begins: the run ends on '{reaction.on[0]}' (line {ended[reaction.on[0]]})", warning=True
            )
    for node in plan.nodes.values():
        step = node.step
        if node.track != CLOSING and isinstance(step, WaitFor) and step.wait_for.event in ended:
            event = step.wait_for.event
            yield Fault(step.place("wait_for"), f"this is never heard here: the run ends on '{event}' (line {ended[event]})", warning=True)


def _itself(plan: Plan, known: Known) -> Iterator[Fault]:
    text = plan.text
    mails = known.rules.mails
    writes = any(isinstance(step, Send) and not (mails.get(step.send) and mails[step.send].operational) for step in _steps(plan))
    for step in _steps(plan):
        match step:
            case Start(start=text.journey):
                yield Fault(step.place("start"), "this run is still live here, so another of the same journey does not begin", warning=True)
            case Stop(stop=text.journey) if text.for_ == "account":
                yield Fault(step.place("stop"), "a run does not stop itself; say what ends it under 'ends:'", warning=True)
            case Hold() if step.hold.journey == text.journey and step.for_ is None:
                yield Fault(step.place("hold"), "this holds the run itself until the run is over, which then never is; add 'for: 3 days'")
            case Hold() if text.class_ in step.hold.classes and step.for_ is None and writes:
                sentence = f"'{text.class_}' is the class of this journey's own mail, which then waits until the run is over; add 'for:'"
                yield Fault(step.place("hold"), sentence, warning=True)
            case _:
                pass


def _later(plan: Plan) -> Iterator[Fault]:
    """In one track a step cannot ask what became of a step behind it."""
    place = {id: number for number, id in enumerate(plan.nodes)}
    for id, node in plan.nodes.items():
        if node.track == CLOSING or (node.step.at and len(node.step.at) > 1) or _is_repeated(plan, node):
            continue
        for condition in _asked(node.step):
            for name in condition.names:
                parts = name.split(".")
                other = plan.names.get(parts[1]) if parts[0] == "steps" and len(parts) == 3 else None
                if other and plan.nodes[other].track == node.track and place[other] > place[id] and not _lies_in(plan, other, id):
                    yield Fault(_of(condition, node), f"nothing is known of '{other}' here: it comes later in the same track", warning=True)


def _asked(step: Step) -> Iterator[Condition]:
    if step.when:
        yield step.when
    if isinstance(step, WaitFor) and step.wait_for.condition:
        yield step.wait_for.condition
    for case in getattr(step, "cases", ()) or getattr(step, "verdicts", ()):
        if case.when:
            yield case.when


def _of(condition: Condition, node: Node) -> Mark:
    return condition.mark if condition.mark.file else node.step.mark


def _is_repeated(plan: Plan, node: Node) -> bool:
    """Whether the run comes by more than once: in a repeat, or in a step with several days, or in a track that may begin again."""
    if node.track.startswith("whenever."):
        return True
    while node.parent:
        node = plan.nodes[node.parent]
        if isinstance(node.step, Repeat) or len(node.step.at or ()) > 1:
            return True
    return False


def _lies_in(plan: Plan, id: str, around: str) -> bool:
    parent = plan.nodes[id].parent
    while parent:
        if parent == around:
            return True
        parent = plan.nodes[parent].parent
    return False


def _ping_pong(plan: Plan, known: Known) -> Iterator[Fault]:
    """Whenevers that make each other's conditions come true, and their own false, before anything is waited for."""
    eager = [each for each in plan.text.whenever if each.when and not each.again.never and each.again.after is None]
    settings = {each.title: dict(_set_at_once(each.steps)) for each in eager}
    for one in eager:
        for other in eager:
            if one.title < other.title and _wakes(one, other, settings, known) and _wakes(other, one, settings, known):
                later = max(one, other, key=lambda each: each.mark)
                first = min(one, other, key=lambda each: each.mark)
                sentence = f"this and the whenever at line {first.mark.line} set each other off without end"
                yield Fault(later.place("when"), f"{sentence}; let one of them wait, or write 'again: after 1 day'")


def _wakes(one: Whenever, other: Whenever, settings: dict[str, dict[str, object]], known: Known) -> bool:
    """Whether what `one` sets makes the other's condition true, and its own false."""
    told = settings[one.title]
    assert one.when
    assert other.when
    if not told.keys() & set(one.when.names) or not told.keys() & set(other.when.names):
        return False
    return _holds(other.when, told, known) and not _holds(one.when, told, known)


def _holds(condition: Condition, told: dict[str, object], known: Known) -> bool:
    table = Table([condition], known.names, {**known.values, **told})
    return table.is_small and bool(table.where(condition))


def _set_at_once(steps: Iterable[Step]) -> Iterator[tuple[str, object]]:
    for step in steps:
        if not isinstance(step, Set) or step.at or step.when:
            return
        yield from step.set.items()


def _steps(plan: Plan) -> list[Step]:
    return [node.step for node in plan.nodes.values()]
