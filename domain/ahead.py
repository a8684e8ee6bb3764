"""What a run still has ahead of it: the steps it may come to from where it stands, and whose words they are.

It is what the text allows, whatever conditions say on the day; a step that the segment rules out is not ahead.
"""

from __future__ import annotations

from collections.abc import Iterator

from domain.journey import Journey, Plan
from domain.language import Post, Repeat, Send, Task
from domain.state import Phase, Position, State

Words = tuple[str, str]  # the folder and the name of a template: ("email", "welcome")


def steps(journey: Journey, state: State, segment: str) -> frozenset[str]:
    """The ids of steps that the run may yet do something at."""
    asked = {position.step for position in state.tracks.values() if position.phase is Phase.GATE}
    return _unsaid(journey, state, segment) | asked


def _unsaid(journey: Journey, state: State, segment: str) -> frozenset[str]:
    """Without those whose words are shown for approval."""
    if state.over is not None:
        return frozenset()
    plan = journey.plan(segment)
    found = {id for position in state.tracks.values() for id in _from(plan, position, state)}
    if state.closing is None:
        for name, (reaction, first) in plan.reactions.items():
            memory = state.reactions.get(name)
            if not (reaction.again.never and (name in state.tracks or (memory and memory.last))):
                found.update(_along(plan, first))
        for first in plan.closings:
            found.update(_along(plan, first))
    return frozenset(found)


def words(journey: Journey, state: State, segment: str) -> frozenset[Words]:
    """The templates that the run may yet fill in. Words that were approved, or are on a task, stay as they are."""
    plan = journey.plan(segment)
    return frozenset(filter(None, (words_of(plan, id) for id in _unsaid(journey, state, segment))))


def words_of(plan: Plan, id: str) -> Words | None:
    """The template of a step."""
    match plan.node(id).step:
        case Send(send=name):
            return "email", name
        case Post(post=name):
            return "slack", name
        case Task(task=name):
            return "tasks", name
        case _:
            return None


def _from(plan: Plan, position: Position, state: State) -> Iterator[str]:
    node = plan.node(position.step)
    record = state.records.get(node.id)
    comes_again = node.step.at is not None and (record.visits if record else 0) + 1 < len(node.step.at)
    if position.phase in (Phase.BEFORE, Phase.OUT, Phase.BETWEEN) or comes_again:
        yield node.id
    yield from _inside(plan, node.id)
    yield from _along(plan, node.next)
    while node.parent:
        node = plan.node(node.parent)
        if isinstance(node.step, Repeat):
            yield from _inside(plan, node.id)
        yield from _along(plan, node.next)


def _along(plan: Plan, id: str | None) -> Iterator[str]:
    while id:
        yield id
        yield from _inside(plan, id)
        id = plan.node(id).next


def _inside(plan: Plan, id: str) -> Iterator[str]:
    step = plan.node(id).step
    for block in range(len(step.blocks())):
        yield from _along(plan, plan.first(id, block))
