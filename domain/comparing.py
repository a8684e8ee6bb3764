"""Two texts of the same thing, field by field: what each field that differs means, in a sentence for one segment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain import asking, phrases
from domain.asking import Asked
from domain.conditions import Condition
from domain.difference import Kind
from domain.durations import Duration
from domain.grammar import Spoken
from domain.language import (
    Again,
    Branch,
    Case,
    Check,
    End,
    Gate,
    JourneyText,
    Reenter,
    Repeat,
    Send,
    SkipAfter,
    Split,
    Step,
    Wait,
    WaitFor,
    Whenever,
)  # fmt: skip
from domain.succession import cases, fields, plain


@dataclass(frozen=True, slots=True)
class Said:
    """A difference as one segment sees it. `about` names what differs; `matters` is false where no run of the segment notices."""

    kind: Kind
    about: tuple[str, ...]
    sentence: str
    steps: tuple[str, ...] = ()
    matters: bool = True

    def is_like(self, other: Said) -> bool:
        return (self.kind, self.about, self.sentence, self.steps) == (other.kind, other.about, other.sentence, other.steps)


Says = Callable[[Any, Any], str]


def says(predicate: str, absent: str = "nothing", show: Callable[[Any], str] = phrases.words) -> Says:
    """A predicate with one gap, which is filled with `new instead of old`; `absent` stands for a field that is not written."""

    def say(before: Any, after: Any) -> str:
        if isinstance(after, Duration | SkipAfter | Reenter | Again) and type(before) is type(after):
            return predicate.format(phrases.instead(after, before))
        old, new = (absent if value in (None, (), "") else show(value) for value in (before, after))
        return predicate.format(f"{new} instead of {old}")

    return say


_LATE = {"run": "taken all the same", "skip": "skipped"}
_TASKS = {"close": "closed", "keep": "kept", "hand_on": "handed on"}
OTHERWISE = {"send": "given", "skip": "refused", "escalate": "a matter for the next one up"}
_SINCE = {"start": "the run began", "now": "it began to wait"}


def _late(value: Any) -> str:
    return _LATE[value] if isinstance(value, str) else phrases.words(value)


# By verb and field, or by field where every verb that has it means the same.
STEP_SAYS: Mapping[str, Says] = {
    "late": says("is, when late, {}", "treated by the journey's rule", _late),
    "to": says("goes to {}", "its channel", phrases.roles),
    "escalate.to": says("goes to {}", show=phrases.role),
    "wait.to": says("goes by the clock of {}", "the account", phrases.role),
    "send": says("sends {}"),
    "post": says("posts {}"),
    "task": says("is the task {}", show=phrases.quoted),
    "approval": says("asks for the approval {}", show=phrases.quoted),
    "branch": says("is the branch {}", show=phrases.quoted),
    "check": says("is the check {}", show=phrases.quoted),
    "split": says("is the split {}", show=phrases.quoted),
    "repeat": says("is the repeat {}", show=phrases.quoted),
    "escalate": says("has the cause {}", show=phrases.quoted),
    "owner": says("goes to {}", show=phrases.role),
    "due": says("is due after {}", "the house's time"),
    "sla": says("has SLA {}"),
    "outcomes": says("is answered with {}"),
    "task.wait": says("is waited for {}", "no time"),
    "wait.wait": says("is {}"),
    "by": says("is decided by {}", show=phrases.role),
    "within": says("must be decided within {}", "the house's time"),
    "otherwise": says("is taken as {} when nobody decides in time", "the house's rule says", OTHERWISE.__getitem__),
    "wait_for": says("waits for {}"),
    "since": says("counts events since {}", show=_SINCE.__getitem__),
    "every": says("comes round every {}"),
    "why": says("gives as its reason {}", show=phrases.quoted),
    "set": says("sets {}"),
    "start": says("starts the journey {}"),
    "stop": says("stops the journey {}"),
    "tasks": says("leaves open tasks {}", show=_TASKS.__getitem__),
    "hold": says("holds {}"),
    "for_": says("holds for {}", "as long as the run lives"),
    "webhook": says("tells {}"),
}  # fmt: skip
# Said with more care than a predicate: their order, their days, their conditions.
STEP_SPECIAL = frozenset(
    {
        "at", "when", "shadow", "send.approval", "wait_for.within", "wait_for.until", "wait_for.where", "repeat.until", "cases", "verdicts",
        "arms",
    }
)  # fmt: skip

GATE_SAYS: Mapping[str, Says] = {name: STEP_SAYS[name] for name in ("by", "within", "otherwise")}

STARTS_SAYS: Mapping[str, Says] = {
    "on": says("it starts on {}", "no event"),
    "at": says("it starts on {}", "no day"),
    "band": says("it starts for accounts that enter {}", "no band"),
    "stage": says("it starts for accounts that reach {}", "no stage"),
    "manual": says("whether only people, the API and other journeys start it: {}"),
    "reenter": says("whether who was in it may enter again: {}"),
}
HEAD_SAYS: Mapping[str, Says] = {
    "journey": says("its name is {}"),
    "title": says("its title is {}", show=phrases.quoted),
    "stage": says("it serves {}", "no stage", lambda stage: f"the stage {stage}"),
    "for_": says("one run is about {}", show=phrases.a),
    "anchor": says("its days are counted from {}"),
    "late": says("what comes late is {}", show=_late),
    "apart": says("mails that catch up are kept {} apart", "no time"),
    "class_": says("its mail is of class {}"),
}
CAUSE_SAYS: Mapping[str, Says] = {
    "on": says("comes on {}", "no event"),
    "band": says("comes on entering {}", "no band"),
    "again": says("begins again {}"),
    "tasks": STEP_SAYS["tasks"],
}


def conditions(
    about: tuple[str, ...], subject: str, before: Condition | None, after: Condition | None, segment: str, asks: str = "asks"
) -> Iterator[Said]:
    """What a condition asks of a segment more, less or otherwise; or that it is written otherwise and asks the same."""
    old, new = asking.of(before, segment), asking.of(after, segment)
    if old.key != new.key:
        yield Said("changed", about, f"{subject} {asking.change(old, new, asks)}")
    elif asking.whole(before).key != asking.whole(after).key:
        change = asking.change(asking.whole(before), asking.whole(after), asks)
        yield Said("reworded", about, f"{subject} {change}, which changes nothing", matters=False)


def shadowing(about: tuple[str, ...], subject: str, before: Condition | None, after: Condition | None, segment: str) -> Iterator[Said]:
    """What goes live of a segment, and what goes into shadow."""
    old, new = (_in_shadow(condition, segment) for condition in (before, after))
    if old.key != new.key:
        yield Said("changed", about, f"{subject} {_of_shadow(str(old) or old.always, str(new) or new.always)}")
    elif plain(before) != plain(after):
        yield Said("reworded", about, f"where {subject} is in shadow is said otherwise, which changes nothing", matters=False)


def _in_shadow(condition: Condition | None, segment: str) -> Asked:
    """What is asked of runs of a segment for them to be in shadow; where nothing is said, they never are."""
    if condition is None or not condition.names:
        return Asked(None, "", never=condition is None or not condition.holds({}))
    return asking.of(condition, segment)


def _of_shadow(old: bool | str, new: bool | str) -> str:
    match old, new:
        case False, True:
            return "is in shadow now: it decides and records, and does nothing"
        case False, str():
            return f"is in shadow now where {new}"
        case True, False:
            return "goes live"
        case True, str():
            return f"goes live, but where {new}"
        case str(), False:
            return f"goes live also where {old}"
        case str(), True:
            return f"is in shadow everywhere now, not only where {old}"
        case _:
            return f"is in shadow where {new} instead of where {old}"


def _differing(before: Spoken, after: Spoken) -> list[str]:
    old, new = fields(before), fields(after)
    return [name for name in new if old[name] != new[name]]


def spoken(before: Step, after: Step, id: str, label: str, segment: str) -> Iterator[Said]:
    """What differs between two texts of one step, but its days, its own condition, and its cases and arms."""
    differing = _differing(before, after)
    for name in differing:
        if say := _step_says(after, name):
            yield Said("changed", (id, name), f"{label} {say(getattr(before, name), getattr(after, name))}")
    yield from shadowing((id, "shadow"), label, before.shadow, after.shadow, segment)
    match before, after:
        case Send(), Send():
            yield from _gate(before.approval, after.approval, id, label, segment)
        case WaitFor(), WaitFor():
            yield from conditions((id, "where"), f"what {label} waits for", before.where, after.where, segment)
            if {"within", "until"} & set(differing):
                yield Said("changed", (id, "deadline"), f"{label} waits {_deadline(before, after)}")
        case Repeat(), Repeat():
            yield from conditions((id, "until"), f"the end of {label}", before.until, after.until, segment)


def _step_says(step: Step, name: str) -> Says | None:
    exact = f"{step.verb}.{name}"
    if {name, exact} & STEP_SPECIAL:
        return None
    return STEP_SAYS.get(exact) or STEP_SAYS.get(name) or says(f"has another {name.strip('_')}: {{}}")


def _deadline(before: WaitFor, after: WaitFor) -> str:
    if before.within and after.within:
        return f"{phrases.instead(after.within, before.within)} at most"
    if before.until and after.until:
        return f"until {phrases.instead(after.until, before.until)} at most"
    return f"{phrases.deadline(after)}, instead of {phrases.deadline(before)}"


def _gate(before: Gate | None, after: Gate | None, id: str, label: str, segment: str) -> Iterator[Said]:
    if before is None and after is not None:
        yield Said("changed", (id, "approval"), f"{label} now goes out {phrases.gate(after)}")
    elif before is not None and after is None:
        yield Said("changed", (id, "approval"), f"{label} no longer needs approval by {phrases.role(before.by)}")
    elif before and after:
        for name in _differing(before, after):
            if name in GATE_SAYS:
                words = GATE_SAYS[name](getattr(before, name), getattr(after, name))
                yield Said("changed", (id, f"approval.{name}"), f"the approval of {label} {words}")
        yield from conditions((id, "approval.when"), f"the approval of {label}", before.when, after.when, segment)


def head(before: JourneyText, after: JourneyText, segment: str) -> Iterator[Said]:
    """What differs in what a journey says of itself, above its steps."""
    for name, say in HEAD_SAYS.items():
        if plain(getattr(before, name)) != plain(getattr(after, name)):
            yield Said("changed", ("head", name), say(getattr(before, name), getattr(after, name)))
    yield from shadowing(("head", "shadow"), "it", before.shadow, after.shadow, segment)
    yield from conditions(("head", "goal"), "its goal", before.goal, after.goal, segment)
    old, new = before.starts, after.starts
    for name in _differing(old, new):
        if name in STARTS_SAYS:
            yield Said("changed", ("starts", name), STARTS_SAYS[name](getattr(old, name), getattr(new, name)))
    yield from conditions(("starts", "where"), "the event it starts on", old.where, new.where, segment)
    yield from conditions(("starts", "when"), "its start", old.when, new.when, segment)


def reaction(before: Whenever, after: Whenever, segment: str) -> Iterator[Said]:
    about = f"whenever {after.title}"
    if before.title != after.title and (before.name or after.name):
        yield Said("renamed", (about, "name"), f"whenever '{before.title}' is called '{after.title}' now")
    yield from _cause(before, after, about, f"whenever '{after.title}'", segment)


def end(before: End, after: End, segment: str) -> Iterator[Said]:
    yield from _cause(before, after, f"end {cause(before)}", f"the end {cause(before)}", segment)


def _cause(before: Whenever | End, after: Whenever | End, about: str, label: str, segment: str) -> Iterator[Said]:
    for name in _differing(before, after):
        if name in CAUSE_SAYS:
            yield Said("changed", (about, name), f"{label} {CAUSE_SAYS[name](getattr(before, name), getattr(after, name))}")
    yield from conditions((about, "where"), f"the event of {label}", before.where, after.where, segment)
    yield from conditions((about, "when"), label, before.when, after.when, segment)


def cause(text: Whenever | End) -> str:
    """What makes it begin."""
    if text.on:
        return f"on {phrases.listed(text.on)}" + (f" if {text.where}" if text.where else "")
    if isinstance(text, Whenever) and text.band:
        return f"on entering {phrases.listed(text.band)}"
    return f"when {text.when}"


def case(text: Case) -> str:
    return str(text.when) if text.when else "else"


def block(step: Step, number: int) -> str:
    """What one of the lists inside a step is called."""
    match step:
        case Branch() | Check():
            found = cases(step)[number]
            return found.verdict or (f"if {found.when}" if found.when else "else")
        case Split():
            return f"arm '{step.arms[number].arm}'"
        case Repeat():
            return "each round"
        case _:
            return "when its time is up"


def wait_of(step: Step) -> str:
    """`wait of 5 business days`"""
    assert isinstance(step, Wait)
    return phrases.step(step).removeprefix("a ")
