"""Steps in shadow: they decide as always, do nothing, and what they would have done is recorded for people to judge.

A step is in shadow where its journey, a step it lies in or it itself says so, and that is asked when its moment has come: what
began in shadow stays in it. The run goes on as if all had gone well. A message keeps its hours, holds and limits, and is recorded
when it would have left; a task counts as done at once, with the first of its outcomes; an approval as given, an escalation as
resolved. Facts stay as they are, so nothing that waits for them comes of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Literal, TypeVar, assert_never

from domain import verbs
from domain.conditions import Condition
from domain.facts import Facts, Scope
from domain.intents import (
    AskApproval,
    CreateTask,
    Deed,
    PlaceHold,
    RaiseEscalation,
    SetFacts,
    StartJourney,
    StopJourney,
)  # fmt: skip
from domain.journey import Journey, Node, Plan
from domain.language import Approval, Escalate, JourneyText, Send, Step, StepFields, Task
from domain.run import Run
from domain.state import Phase, Position

Said = TypeVar("Said", JourneyText, Step)
SHADOWED = "shadowed"  # what becomes of a message that would have left

Kind = Literal["mail", "post", "webhook", "task", "approval", "escalation", "set", "start", "stop", "hold"]
_OF_EFFECTS: dict[str, Kind] = {"send": "mail", "post": "post", "webhook": "webhook"}


def rule(run: Run, node: Node) -> Condition | None:
    """The condition that keeps a step from doing anything now, the journey's first; None where it is live, or only steers."""
    if node.step.only_steers:
        return None
    return next((each for each in (run.plan.text.shadow, *_around(run.plan, node)) if each and run.holds(each)), None)


def _around(plan: Plan, node: Node) -> Iterator[Condition | None]:
    """What the steps that a step lies in say of it, outermost first, and it itself last."""
    if node.parent:
        yield from _around(plan, plan.node(node.parent))
    yield node.step.shadow


def is_whole(run: Run) -> bool:
    """Whether the journey itself is in shadow for this run now."""
    return run.plan.text.shadow is not None and run.holds(run.plan.text.shadow)


def begins_in(plan: Plan, facts: Facts, now: datetime) -> bool:
    """Whether a run that begins now is in shadow as a whole."""
    return plan.text.shadow is not None and plan.text.shadow.holds(Scope({**facts.values, "today": facts.today(now)}))


def as_live(journey: Journey) -> Journey:
    """The journey with nothing of it in shadow: what it does once it is live."""
    plans: dict[str, Plan] = {}
    for segment, plan in journey.plans.items():
        nodes = {id: replace(node, step=_live(node.step)) for id, node in plan.nodes.items()}
        plans[segment] = replace(plan, text=_live(plan.text), nodes=nodes, variants=plans)
    return replace(journey, plans=plans)


def _live(spoken: Said) -> Said:
    return spoken.model_copy(update={"shadow": None}) if spoken.shadow else spoken


def starts(journey: Journey, facts: Facts, now: datetime) -> bool:
    """Whether a step in shadow may start this journey all the same: its run would reach nobody either."""
    return begins_in(journey.plan(facts.segment), facts, now)


def keeps_back(plan: Plan, node: Node, facts: Facts, now: datetime) -> bool:
    """Whether a step would be in shadow now, as seen by others who know nothing of what its run did so far."""
    scope = Scope({**facts.values, "today": facts.today(now)})
    return any(each.holds(scope) for each in (plan.text.shadow, *_around(plan, node)) if each)


def act(run: Run, node: Node, position: Position, why: Condition) -> Position | None:
    """What `verbs.act` does, with nothing done: where the track goes on."""
    run.decide("in shadow", "recorded, not done", node, why, position)
    run.shadowed = position
    after = verbs.act(run, node, replace(position, shadow=True))
    after = _as_if_done(run, node, after)
    run.shadowed = None
    return after


def _as_if_done(run: Run, node: Node, after: Position | None) -> Position | None:
    """What people would have been asked is taken as done."""
    step = node.step
    match step:
        case Task():
            run.note(node.id, done_on=run.today, outcome=next(iter(step.outcomes), None))
            return None
        case Escalate():
            run.note(node.id, done_on=run.today)
        case Send() | Approval() if after and after.phase in (Phase.GATE, Phase.WAIT):
            run.note(node.id, approved=True)
            return verbs.resume(run, node, after)
        case _:
            pass
    return after


# Records


def kind_of(deed: Deed) -> Kind:
    match deed:
        case CreateTask():
            return "task"
        case AskApproval():
            return "approval"
        case RaiseEscalation():
            return "escalation"
        case SetFacts():
            return "set"
        case StartJourney():
            return "start"
        case StopJourney():
            return "stop"
        case PlaceHold():
            return "hold"
        case _:
            assert_never(deed)


def kind_of_message(effect: str) -> Kind:
    return _OF_EFFECTS[effect]


def recipient_of(deed: Deed) -> str:
    """Whom it would have reached: a person's id, or the role that nobody holds; nobody for what only changes something."""
    match deed:
        case CreateTask():
            return deed.assignee_id or deed.role
        case AskApproval():
            return deed.approver_id or deed.role
        case RaiseEscalation():
            return deed.person_id or deed.role
        case _:
            return ""


def what_of(deed: Deed) -> str:
    """What it would have been, in a few words: a template or title, a cause, what is set, a journey."""
    match deed:
        case CreateTask() | AskApproval():
            return deed.title
        case RaiseEscalation():
            return deed.cause
        case SetFacts():
            told = [f"{name} = {value}" for name, value in deed.values.items()]
            return ", ".join([*told, *(f"tag {tag}" for tag in deed.add_tags), *(f"untag {tag}" for tag in deed.remove_tags)])
        case StartJourney() | StopJourney():
            return deed.journey
        case PlaceHold():
            return deed.journey or f"class {deed.mail_class}"
        case _:
            assert_never(deed)


def because(step: Step | StepFields, visit: int) -> str:
    """What made a step due, as its author wrote it: its day and its condition."""
    words = []
    if step.at:
        words.append(str(step.at[min(visit, len(step.at)) - 1]))
    if step.when:
        words.append(f"because {step.when}")
    return "; ".join(words) or "next in its track"
