"""The steps that may hold others — tasks, and what steers a track — and all steps together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, PlainSerializer, PlainValidator, Tag, WithJsonSchema, model_validator

from domain.conditions import SpokenCondition
from domain.conditions import parse as parse_condition
from domain.durations import SpokenDuration
from domain.grammar import Spoken, Whole, Word, Words
from domain.health import Sla
from domain.language.days import SpokenAt, SpokenWait
from domain.language.effects import Approval, Escalate, Hold, Post, Send, Set, Start, Stop, Webhook
from domain.language.fields import StepFields
from domain.language.names import EVENT, Name


class Task(StepFields):
    """Work for one of us."""

    task: Word = Field(description="a file in templates/tasks, or a title with spaces")
    owner: Word = Field(description="the role that does it")
    due: SpokenDuration | None = Field(default=None, description="how long its owner has, in working time; the house rule when not written")
    sla: Sla = Field(default="P3", description="which clock of policies/ladders.yaml watches it")
    outcomes: Words = Field(default=(), description="what completing it may be answered with; one must be chosen")
    wait: SpokenDuration | None = Field(default=None, description="the track waits this long for it to be done")
    otherwise: tuple[Step, ...] = Field(default=(), description="steps for when the wait passes without it")
    verb: Literal["task"] = Field(default="task", exclude=True)

    @property
    def reaches_people(self) -> bool:
        return True

    def blocks(self) -> tuple[tuple[Step, ...], ...]:
        return (self.otherwise,)

    @model_validator(mode="after")
    def _otherwise_needs_wait(self) -> Task:
        if self.otherwise and not self.wait:
            raise ValueError("'otherwise' is for when a wait passes: add 'wait: 5 business days'")
        return self


@dataclass(frozen=True, slots=True)
class Awaited:
    """What a wait_for waits for: an event by name, or a condition."""

    event: str | None
    condition: Any

    def __str__(self) -> str:
        return self.event or str(self.condition)


def _awaited(value: Any) -> Awaited:
    text = str(value).strip()
    if EVENT.fullmatch(text) and "." not in text:
        return Awaited(text, None)
    return Awaited(None, parse_condition(text if type(value) is str else value))


SpokenAwaited = Annotated[
    Awaited,
    PlainValidator(_awaited),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "examples": ["setup_completed", "account.training >= 0.7"]}),
]


class Wait(StepFields):
    """The track rests for a while, or until a time or a day."""

    wait: SpokenWait = Field(description="how long, or until when: a local time of day, a day of the journey or a date fact")
    to: Word | None = Field(default=None, description="whose local time `until 09:00` means: a role of theirs; else the account's")
    verb: Literal["wait"] = Field(default="wait", exclude=True)

    @property
    def only_steers(self) -> bool:
        return True


class WaitFor(StepFields):
    """The track rests until something happens or becomes true, or its time is up."""

    wait_for: SpokenAwaited = Field(description="an event by its name, or a condition that becomes true")
    where: SpokenCondition | None = Field(default=None, description="only events like this count: event.<field>")
    within: SpokenDuration | None = Field(default=None, description="how long it waits at most; this or `until`")
    until: SpokenAt | None = Field(default=None, description="the day on which the waiting ends; this or `within`")
    since: Literal["start", "now"] = Field(
        default="start", description="whether an event since the enrollment began also counts (start), or only one from here on (now)"
    )
    otherwise: tuple[Step, ...] = Field(default=(), description="steps for when the time is up")
    verb: Literal["wait_for"] = Field(default="wait_for", exclude=True)

    @property
    def only_steers(self) -> bool:
        return True

    def blocks(self) -> tuple[tuple[Step, ...], ...]:
        return (self.otherwise,)

    @model_validator(mode="after")
    def _ends(self) -> WaitFor:
        if (self.within is None) == (self.until is None):
            raise ValueError("a wait must end: add 'within: 5 days' or 'until: day 7' (one of them)")
        if self.where and not self.wait_for.event:
            raise ValueError("'where' narrows an event; put it into the condition")
        return self


class Case(Spoken):
    """One arm of a branch or check: the steps taken when its condition is the first that holds."""

    when: SpokenCondition | None = Field(default=None, description="the case is taken when this holds and none before it did")
    steps: tuple[Step, ...] | None = Field(default=None, description="what is done then; an empty list does nothing")
    else_: tuple[Step, ...] | None = Field(
        default=None, alias="else", description="the last case: the steps for everybody else, in place of `when` and `steps`"
    )
    verdict: Word | None = Field(default=None, description="what the check says then: steps.<id>.outcome")

    @model_validator(mode="after")
    def _when_or_else(self) -> Case:
        if (self.when is None) == (self.else_ is None) or (self.else_ is not None and self.steps is not None):
            raise ValueError("write either 'when:' with 'steps:', or 'else:' with the steps")
        return self

    @property
    def taken(self) -> tuple[Step, ...]:
        return self.else_ if self.else_ is not None else self.steps or ()


def _cases(cases: tuple[Case, ...], what: str) -> None:
    if not cases or cases[-1].else_ is None:
        raise ValueError(f"a {what} ends with 'else:', so that no account falls through (an empty list does nothing)")
    if any(case.else_ is not None for case in cases[:-1]):
        raise ValueError("'else:' comes last; what follows it is never reached")


class Branch(StepFields):
    """The first case that holds."""

    branch: Name = Field(description="its name; steps.<id>.outcome says which case was taken")
    cases: tuple[Case, ...] = Field(description="looked at in this order; the last is `else:`")
    verb: Literal["branch"] = Field(default="branch", exclude=True)

    @property
    def only_steers(self) -> bool:
        return True

    def blocks(self) -> tuple[tuple[Step, ...], ...]:
        return tuple(case.taken for case in self.cases)

    @model_validator(mode="after")
    def _complete(self) -> Branch:
        _cases(self.cases, "branch")
        if any(case.verdict for case in self.cases):
            raise ValueError("a branch has no verdicts; use 'check:' to record one")
        return self


class Check(StepFields):
    """A judgement with recorded verdicts, in order; the first that holds stands."""

    check: Name = Field(description="its name; steps.<id>.outcome says the verdict")
    verdicts: tuple[Case, ...] = Field(description="looked at in this order; the last is `else:`")
    verb: Literal["check"] = Field(default="check", exclude=True)

    @property
    def only_steers(self) -> bool:
        return True

    def blocks(self) -> tuple[tuple[Step, ...], ...]:
        return tuple(case.taken for case in self.verdicts)

    @model_validator(mode="after")
    def _complete(self) -> Check:
        _cases(self.verdicts, "check")
        return self


class Arm(Spoken):
    """One arm of a split and its share of the accounts."""

    arm: Name = Field(description="its name; steps.<id>.outcome of the split says it")
    percent: Whole = Field(description="its share of the accounts; all arms together have 100")
    steps: tuple[Step, ...] = Field(description="what is done in it; an empty list does nothing")


class Split(StepFields):
    """Accounts are divided by a hash of account, journey and step: the same account always takes the same arm."""

    split: Name = Field(description="its name")
    arms: tuple[Arm, ...] = Field(description="where accounts go")
    verb: Literal["split"] = Field(default="split", exclude=True)

    @property
    def only_steers(self) -> bool:
        return True

    def blocks(self) -> tuple[tuple[Step, ...], ...]:
        return tuple(arm.steps for arm in self.arms)

    @model_validator(mode="after")
    def _whole(self) -> Split:
        if sum(arm.percent for arm in self.arms) != 100 or any(arm.percent < 1 for arm in self.arms):
            raise ValueError("the arms' percent add up to 100, each at least 1")
        return self


class Repeat(StepFields):
    """Its steps again and again, until a condition holds."""

    repeat: Name = Field(description="its name")
    every: SpokenDuration = Field(description="from the beginning of one round to the beginning of the next; a day at least")
    until: SpokenCondition = Field(description="looked at before each round and while it waits for the next; it ends the repeat")
    steps: tuple[Step, ...] = Field(description="one round")
    verb: Literal["repeat"] = Field(default="repeat", exclude=True)

    @property
    def only_steers(self) -> bool:
        return True

    def blocks(self) -> tuple[tuple[Step, ...], ...]:
        return (self.steps,)

    @model_validator(mode="after")
    def _has_steps(self) -> Repeat:
        if not self.steps:
            raise ValueError("a repeat needs steps to repeat")
        if self.every.days < 1:
            raise ValueError("a repeat comes round at most once a day: 'every: 1 day' or more")
        return self


STEPS: tuple[type[StepFields], ...] = (
    Send, Post, Task, Approval, WaitFor, Wait, Branch, Split, Check, Escalate, Set, Start, Stop, Hold, Webhook, Repeat,
)  # fmt: skip
VERBS: tuple[str, ...] = tuple(step.model_fields["verb"].default for step in STEPS)


def verb_of(value: Any) -> str | None:
    """The verb that makes a mapping a step: the first of VERBS it has, so `wait` inside a task is the task's wait."""
    if isinstance(value, dict):
        return next((verb for verb in VERBS if verb in value), None)
    return getattr(value, "verb", None)


Step = Annotated[
    Annotated[Send, Tag("send")]
    | Annotated[Post, Tag("post")]
    | Annotated[Task, Tag("task")]
    | Annotated[Approval, Tag("approval")]
    | Annotated[WaitFor, Tag("wait_for")]
    | Annotated[Wait, Tag("wait")]
    | Annotated[Branch, Tag("branch")]
    | Annotated[Split, Tag("split")]
    | Annotated[Check, Tag("check")]
    | Annotated[Escalate, Tag("escalate")]
    | Annotated[Set, Tag("set")]
    | Annotated[Start, Tag("start")]
    | Annotated[Stop, Tag("stop")]
    | Annotated[Hold, Tag("hold")]
    | Annotated[Webhook, Tag("webhook")]
    | Annotated[Repeat, Tag("repeat")],
    Discriminator(verb_of),
]

# Steps hold steps of every kind, and all kinds are known only here.
_holders: tuple[type[Spoken], ...] = (*STEPS, Case, Arm)
for _model in _holders:
    _model.model_rebuild()
