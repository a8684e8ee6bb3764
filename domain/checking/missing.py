"""Messages that could not be filled in: their template needs a fact that an account may lack where the step uses it."""

from __future__ import annotations

from collections.abc import Iterator

from domain import needs
from domain.checking.known import Known
from domain.faults import Fault
from domain.journey import Plan
from domain.language import Branch, Check, Post, Repeat, Send, Set, Step, Task, WaitFor
from domain.vocabulary import Setting

_OF_CONTRACTS = frozenset(
    f"contract.{name}" for name in ("starts_on", "ends_on", "decision_on", "auto_renews", "notice_days")
)  # what every contract has


def check(plan: Plan, known: Known) -> Iterator[Fault]:
    if not known.needs:
        return
    text = plan.text
    base = known.always_known
    if text.for_ == "contract" or text.anchor.startswith("contract."):
        base |= _OF_CONTRACTS
    if text.anchor != "start":
        base |= {text.anchor}
    if text.starts.when:
        base |= needs.known_if(text.starts.when)
    for steps in (text.steps, *text.tracks.values()):
        yield from _list(steps, base, known)
    for end in text.ends:
        yield from _list(end.then, base | (needs.known_if(end.when) if end.when else _told(end.on, known)), known)
    for reaction in text.whenever:
        told = needs.known_if(reaction.when) if reaction.when else _told(reaction.on, known)
        more = frozenset({"health.score", "health.band"}) if reaction.band else frozenset()
        yield from _list(reaction.steps, base | told | more, known)


def _told(events: tuple[str, ...], known: Known) -> frozenset[str]:
    """What is known once one of these events has happened."""
    declared = [known.rules.vocabulary.events[event] for event in events if event in known.rules.vocabulary.events]
    sets = [frozenset(name for name, value in event.sets.items() if _is_certain(value)) for event in declared]
    return frozenset.intersection(*sets) if sets else frozenset()


def _is_certain(value: object) -> bool:
    """A fact that is set sometimes, or from a payload that may lack it, may stay unknown."""
    return value is not None and not isinstance(value, Setting) and not str(value).startswith("event.")


def _list(steps: tuple[Step, ...], settled: frozenset[str], known: Known) -> Iterator[Fault]:
    for step in steps:
        here = settled | (needs.known_if(step.when) if step.when else frozenset())
        match step:
            case Send():
                yield from _check(step, "email", step.send, here, known)
            case Post():
                yield from _check(step, "slack", step.post, here, known)
            case Task():
                yield from _check(step, "tasks", step.task, here, known)
                yield from _list(step.otherwise, here, known)
            case Branch() | Check():
                inside = here
                for case in step.cases if isinstance(step, Branch) else step.verdicts:
                    yield from _list(case.taken, inside | (needs.known_if(case.when) if case.when else frozenset()), known)
                    inside |= needs.known_if(case.when, False) if case.when else frozenset()
            case WaitFor():
                condition = step.wait_for.condition
                yield from _list(step.otherwise, here | (needs.known_if(condition, False) if condition else frozenset()), known)
            case Repeat():
                yield from _list(step.steps, here | needs.known_if(step.until, False), known)
                settled |= needs.known_if(step.until) if not step.when else frozenset()
            case Set() if not step.when:
                settled |= {name for name, value in step.set.items() if value is not None}
            case _:
                for block in step.blocks():
                    yield from _list(block, here, known)


def _check(step: Step, kind: str, name: str, here: frozenset[str], known: Known) -> Iterator[Fault]:
    for file, needed in known.needs.get((kind, name), {}).items():
        if lacking := sorted(needed - here):
            words = " and ".join(lacking)
            yield Fault(
                step.place(step.verb), f"{file} needs {words}, which not every account has here: ask for it in 'when:', "
                "or give it a default in the template",
                warning=True,
            )  # fmt: skip
