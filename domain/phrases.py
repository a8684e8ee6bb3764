"""Pieces of sentences about journeys: lists, roles, days, lengths of time, and what a step is in a few words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from typing import Any, assert_never

from domain.asking import Asked
from domain.durations import Duration
from domain.grammar import Spoken
from domain.language import (
    Again,
    Approval,
    At,
    Awaited,
    Branch,
    Check,
    Escalate,
    Gate,
    Held,
    Hold,
    Post,
    Reenter,
    Repeat,
    Send,
    Set,
    SkipAfter,
    Split,
    Start,
    Step,
    Stop,
    Task,
    UntilClock,
    Wait,
    WaitFor,
    Webhook,
)  # fmt: skip
from domain.vocabulary import Setting

# What a step brings about, as people count it.
NOUNS: Mapping[str, str] = {
    "send": "mail", "post": "post", "task": "task", "approval": "approval", "wait": "wait", "wait_for": "wait", "branch": "branch",
    "split": "split", "check": "check", "escalate": "escalation", "set": "setting", "start": "start", "stop": "stop", "hold": "hold",
    "webhook": "webhook", "repeat": "repeat",
}  # fmt: skip


def listed(words: Iterable[str]) -> str:
    """a, b and c"""
    found = list(words)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"


_ABBREVIATIONS = frozenset({"ae", "cco", "ceo", "cfo", "coo", "cs", "csm", "cto", "pm", "se", "vp"})


def role(name: str) -> str:
    """`the account executive`, `the CSM`"""
    return "the " + " ".join(part.upper() if part in _ABBREVIATIONS else part for part in name.split("_"))


def title(role_: str) -> str:
    """`Director`, `VP`: how a sentence begins with a role."""
    name = role(role_).removeprefix("the ")
    return name[0].upper() + name[1:]


def roles(names: Sequence[str]) -> str:
    return listed(role(name) for name in names)


def quoted(value: Any) -> str:
    return f"“{value}”"


def a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def day(at: At) -> str:
    return "the start" if at.is_start else str(at)


def days(at: Sequence[At]) -> str:
    return listed(day(each) for each in at)


def on(at: Sequence[At]) -> str:
    return f"{'at' if at[0].is_start else 'on'} {days(at)}"


def instead(after: Any, before: Any) -> str:
    """`7 business days instead of 5`; each value in words where it is of the language."""
    match before, after:
        case Duration(), Duration():
            return f"{after} instead of {before.count if after.unit is before.unit else before}"
        case SkipAfter(), SkipAfter():
            return f"skipped when later than {instead(after.skip_after, before.skip_after)}"
        case (Reenter(after=Duration() as was), Reenter(after=Duration() as now)) | (
            Again(after=Duration() as was),
            Again(after=Duration() as now),
        ):
            return f"after {instead(now, was)}"
        case _:
            return f"{words(after)} instead of {words(before)}"


def words(value: Any) -> str:
    """A value of the language as it is said."""
    match value:
        case bool():
            return "yes" if value else "no"
        case At():
            return day(value)
        case Awaited():
            return value.event or str(value.condition)
        case SkipAfter():
            return f"skipped when later than {value.skip_after}"
        case Reenter() | Again():
            return (
                "never"
                if value.never
                else f"after {value.after}"
                if value.after
                else "always"
                if isinstance(value, Reenter)
                else "each time"
            )
        case Held():
            return f"the journey {value.journey}" if value.journey else f"mail of class {listed(value.classes)}"
        case Setting():
            return f"{words(value.to)} if {value.when}"
        case dict():
            return listed(f"{name} to {words(item)}" for name, item in value.items()) if value else "nothing"
        case tuple() | list():
            return listed(words(item) for item in value) if value else "nothing"
        case Spoken():
            return listed(f"{name.strip('_')} {words(item)}" for name, item in value if name not in ("mark", "marks", "verb"))
        case frozenset():
            return listed(str(item) for item in sorted(value))
        case time():
            return f"{value:%H:%M}"
        case date():
            return value.isoformat()
        case float():
            return f"{value:g}"
        case None:
            return "nothing"
        case _:
            return str(value)  # Duration, UntilClock, Condition: they speak for themselves


def step(step: Step) -> str:
    """What a step is: `a mail to the champion`. Neither its day nor its condition."""
    match step:
        case Send():
            return f"a mail to {roles(step.to)}" + (f", {gate(step.approval)}" if step.approval else "")
        case Post():
            return f"a post to {roles(step.to)}" if step.to else "a post to its channel"
        case Task():
            more = f", due in {step.due}" if step.due else ""
            return f"a {step.sla} task for {role(step.owner)}{more}" + (f", waited for {step.wait}" if step.wait else "")
        case Approval():
            return f"an approval by {role(step.by)}"
        case Wait():
            return (
                f"a wait {'' if isinstance(step.wait, UntilClock) else 'until ' if isinstance(step.wait, At) else 'of '}{words(step.wait)}"
            )
        case WaitFor():
            return f"a wait for {words(step.wait_for)}, {deadline(step)}"
        case Branch():
            return f"a branch of {len(step.cases)} cases"
        case Check():
            return f"a check with {len(step.verdicts)} verdicts"
        case Split():
            return f"a split into {listed(f'{arm.arm} ({arm.percent}%)' for arm in step.arms)}"
        case Escalate():
            return f"a {step.sla} escalation to {role(step.to)}"
        case Set():
            return f"it sets {words(step.set)}"
        case Start():
            return f"it starts the journey {step.start}"
        case Stop():
            return f"it stops the journey {step.stop}"
        case Hold():
            return f"it holds {words(step.hold)}" + (f" for {step.for_}" if step.for_ else "")
        case Webhook():
            return f"it tells {step.webhook}"
        case Repeat():
            return f"a round every {step.every}, until {step.until}"
        case _:
            assert_never(step)


def deadline(step: WaitFor) -> str:
    return f"{step.within} at most" if step.within else f"until {words(step.until)} at most"


def gate(approval: Gate) -> str:
    return f"after approval by {role(approval.by)}" + (f" if {approval.when}" if approval.when else "")


def whole_step(found: Step, asked: Asked) -> str:
    """A step with its day and what it asks in a segment (of a step that never comes: as written)."""
    when = str(asked) or (str(found.when) if asked.never else "")
    in_shadow = f", in shadow{f' where {found.shadow}' if found.shadow.names else ''}" if found.shadow else ""
    return step(found) + (f" {on(found.at)}" if found.at else "") + (f", if {when}" if when else "") + in_shadow
