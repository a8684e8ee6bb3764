"""What concerns a run, asked when something is told: whether it wants to know, and whether it should wake for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain import interpreter, planning, sending
from domain.facts import Facts
from domain.house import House
from domain.journey import Journey, Node
from domain.language import Repeat
from domain.news import BandChanged, Changed, Engaged, EscalationEnded, Happened, News, TaskDone
from domain.run import Run
from domain.state import Phase, Position, Reaction, State


@dataclass(frozen=True, slots=True)
class Interest:
    """Whether a run wants to know (a notice) and whether it should wake for it (a nudge)."""

    wants: bool
    wakes: bool


NONE, QUIET, URGENT = Interest(False, False), Interest(True, False), Interest(True, True)


def interest(journey: Journey, house: House, state: State, now: datetime, facts: Facts, news: News) -> Interest:
    """How much this run cares about one piece of news, by the rules that would act on it."""
    run = Run(journey, house, state, now, facts)
    run.find_anchor()
    run.decisions.clear()
    match news:
        case Happened():
            return _interest_in_event(run, news)
        case TaskDone() | EscalationEnded() | Engaged():
            is_awaited = isinstance(news, TaskDone) and run.standing_at(news.step, news.visit)
            interpreter.hear(run, news)
            return URGENT if is_awaited or _is_moved(run) else QUIET
        case BandChanged():
            return URGENT if any(news.after in reaction.band for reaction, _ in run.plan.reactions.values()) else NONE
        case Changed():
            return URGENT if _is_moved(run) or ("holds" in news.names and _has_mail_out(run)) else NONE
        case _:
            return URGENT


def _has_mail_out(run: Run) -> bool:
    return any(position.phase is Phase.OUT for position in run.tracks.values())


def _interest_in_event(run: Run, news: Happened) -> Interest:
    text = run.plan.text
    if any(news.name in end.on and run.fits(end.where, news.payload) for end in text.ends) and run.closing is None:
        return URGENT
    for name, (reaction, _) in run.plan.reactions.items():
        if news.name in reaction.on and run.fits(reaction.where, news.payload) and interpreter.may_react(run, name, reaction):
            return URGENT
    for _, step in _waiting(run):
        if getattr(step, "wait_for", None) and step.wait_for.event == news.name and run.fits(step.where, news.payload):  # type: ignore[attr-defined]
            return URGENT
    return QUIET if news.name in run.plan.awaits else NONE


def _waiting(run: Run) -> Iterable[tuple[Position, object]]:
    for position in run.tracks.values():
        if position.phase is Phase.WAIT:
            yield position, run.plan.node(position.step).step


def _is_moved(run: Run) -> bool:
    """Whether the facts as they are now end the run, start a reaction, let a track go on, or move a day it waits for."""
    text = run.plan.text
    if run.closing is None and any(end.when and run.holds(end.when) for end in text.ends):
        return True
    for name, (reaction, _) in run.plan.reactions.items():
        if reaction.when and run.holds(reaction.when) != (run.reactions.get(name) or Reaction()).was_true:
            return True
    for position in run.tracks.values():
        node = run.plan.node(position.step)
        step = node.step
        if position.phase is Phase.WAIT and getattr(step, "wait_for", None):
            condition = step.wait_for.condition  # type: ignore[union-attr]
            if condition is not None and run.holds(condition):
                return True
        if position.phase is Phase.GATE and (not run.holds(step.when) or sending.is_complete_for_more(run, node, position)):
            return True
        if isinstance(step, Repeat) and position.phase is Phase.BETWEEN and run.holds(step.until):
            return True
        if _moves(run, node, position):
            return True
    return False


def _moves(run: Run, node: Node, position: Position) -> bool:
    if position.phase is Phase.BEFORE:
        at = planning.visit_at(node, position)
        return at is not None and not at.is_start and run.day_of(at) != position.day
    return planning.deadline(run, node, position) is not position
