"""The journey language: one model a step, exactly what the engine does. The JSON Schema and `tenure check` come from here."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from datetime import time
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, PlainSerializer, PlainValidator, Tag, WithJsonSchema, model_validator

from domain import durations
from domain.calendars import parse_clock
from domain.conditions import Condition, SpokenCondition
from domain.conditions import parse as parse_condition
from domain.durations import Duration, SpokenDuration, Unit
from domain.grammar import Spoken, Truth, Whole, Word, Words, one_or_more, plain_word
from domain.health import Sla
from domain.vocabulary import spoken_value

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
EVENT = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_DAY = re.compile(r"day (-?\d{1,4})")
_FACT = re.compile(r"([a-z]+\.[a-z][a-z0-9_]*)(?: ([+-]) (.+))?")


@dataclass(frozen=True, slots=True)
class At:
    """A day of a journey: `start` (the moment of enrollment), `day n` from the anchor, or a date fact and an offset."""

    day: int | None = None
    fact: str | None = None
    offset: Duration | None = None
    before: bool = False

    @property
    def is_start(self) -> bool:
        return self.day is None and self.fact is None

    def __str__(self) -> str:
        if self.fact:
            return f"{self.fact} {'-' if self.before else '+'} {self.offset}" if self.offset else self.fact
        return "start" if self.day is None else f"day {self.day}"


def parse_at(value: Any) -> At:
    """Raises ValueError with a sentence."""
    if isinstance(value, At):
        return value
    text = str(value).strip()
    if text == "start":
        return At()
    if match := _DAY.fullmatch(text):
        return At(day=int(match[1]))
    if match := _FACT.fullmatch(text):
        offset = durations.parse(match[3]) if match[3] else None
        if offset and offset.unit not in (Unit.DAY, Unit.WEEK, Unit.BUSINESS_DAY):
            raise ValueError(f"'{text}': a date moves by days, business days or weeks")
        return At(fact=match[1], offset=offset, before=match[2] == "-")
    raise ValueError(f"'{text}' is not a day; write 'start', 'day 30' or 'contract.decision_on - 90 days'")


SpokenAt = Annotated[
    At,
    PlainValidator(parse_at),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "examples": ["start", "day 30", "contract.decision_on - 90 days"]}),
]
Days = Annotated[tuple[SpokenAt, ...], BeforeValidator(one_or_more)]


def _name(value: Any) -> str:
    value = plain_word(value)
    if not NAME.fullmatch(str(value)) or len(str(value)) > 80:
        raise ValueError(f"'{value}' is not a name; use small letters, digits and hyphens, like 'welcome-call'")
    return str(value)


def _event(value: Any) -> str:
    value = plain_word(value)
    if not EVENT.fullmatch(str(value)) or len(str(value)) > 80:
        raise ValueError(f"'{value}' is not an event; use small letters, digits and underscores, like 'signed_up'")
    return str(value)


Name = Annotated[str, BeforeValidator(_name), WithJsonSchema({"type": "string", "pattern": f"^{NAME.pattern}$"})]
Event = Annotated[str, BeforeValidator(_event), WithJsonSchema({"type": "string", "pattern": f"^{EVENT.pattern}$"})]
Events = Annotated[tuple[Event, ...], BeforeValidator(one_or_more)]


class SkipAfter(Spoken):
    """In place of `run` or `skip`: `late: {skip_after: 10 days}`."""

    skip_after: SpokenDuration = Field(description="run when at most this late, else skip")


def _late(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"skip_after"}:
        return SkipAfter(skip_after=durations.parse(value["skip_after"]))
    if value not in ("run", "skip"):
        raise ValueError(f"'{value}' is not one of run, skip, {{skip_after: 10 days}}")
    return str(value)


Late = Annotated[
    Literal["run", "skip"] | SkipAfter,
    PlainValidator(_late),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": ["run", "skip"]},
                {"type": "object", "required": ["skip_after"], "properties": {"skip_after": {"type": "string"}}},
            ]
        }
    ),
]


@dataclass(frozen=True, slots=True)
class Reenter:
    """Whether a key may be enrolled again: never, always, or some time after its last run ended."""

    after: Duration | None
    never: bool = False


def _reenter(value: Any) -> Reenter:
    text = str(value)
    if text in ("never", "always"):
        return Reenter(None, never=text == "never")
    if text.startswith("after "):
        return Reenter(durations.parse(text.removeprefix("after ")))
    raise ValueError(f"'{text}' is not one of never, always, 'after 90 days'")


SpokenReenter = Annotated[
    Reenter, PlainValidator(_reenter), WithJsonSchema({"type": "string", "examples": ["never", "always", "after 90 days"]})
]


@dataclass(frozen=True, slots=True)
class Again:
    """How often a `whenever` track may run."""

    never: bool = False
    after: Duration | None = None


def _again(value: Any) -> Again:
    text = str(value)
    if text in ("never", "each"):
        return Again(never=text == "never")
    if text.startswith("after "):
        return Again(after=durations.parse(text.removeprefix("after ")))
    raise ValueError(f"'{text}' is not one of never, each, 'after 30 days'")


SpokenAgain = Annotated[Again, PlainValidator(_again), WithJsonSchema({"type": "string", "examples": ["never", "each", "after 30 days"]})]


EVERYWHERE = Condition("yes", (), ast.Constant(True))


def _shadow(value: Any) -> Condition | None:
    """Empty is refused: what was meant to be in shadow must not go live for a slip."""
    text = str(value).lower()
    if text in ("yes", "true", "no", "false"):
        return EVERYWHERE if text in ("yes", "true") else None
    return parse_condition(value)


SpokenShadow = Annotated[
    Condition | None,
    PlainValidator(_shadow),
    PlainSerializer(lambda shadow: str(shadow) if shadow else "no"),
    WithJsonSchema({"type": ["boolean", "string"], "examples": ["yes", "account.cohort >= 10"]}),
]


class Gate(Spoken):
    """A person looks before a message goes out."""

    by: Word = Field(description="the role that decides")
    within: SpokenDuration | None = Field(default=None, description="how long they have; the house rule when not written")
    otherwise: Literal["send", "skip", "escalate"] | None = Field(default=None, description="what happens when they say nothing in time")
    when: SpokenCondition | None = Field(default=None, description="only then is approval asked")


class StepFields(Spoken):
    """What every step may say."""

    id: Name | None = Field(default=None, description="its stable name; derived from the verb and its object when not written")
    at: Days | None = Field(default=None, description="its day, or several: one visit each")
    when: SpokenCondition | None = Field(default=None, description="otherwise it is skipped")
    late: Late | None = Field(default=None, description="what to do when its day has passed before the run comes to it")
    shadow: SpokenShadow = Field(
        default=None, description="where it, and what lies in it, does nothing and is only recorded: `yes`, `no` or a condition"
    )

    verb: str = Field(default="", exclude=True)

    @property
    def object(self) -> str:
        """What the verb acts on, as part of a step's name."""
        return _slug(str(getattr(self, self.verb)))

    @property
    def reaches_people(self) -> bool:
        """Whether lateness can make it pointless; steps that only steer are always taken."""
        return False

    @property
    def only_steers(self) -> bool:
        """Whether it reaches nobody and changes nothing: it decides where its track goes, and when."""
        return False

    def blocks(self) -> tuple[tuple[Step, ...], ...]:
        """The lists of steps inside it."""
        return ()


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60]


class Send(StepFields):
    """A mail to each contact who holds a role."""

    send: Name = Field(description="a file in templates/email")
    to: Words = Field(description="roles of theirs; each contact gets one")
    approval: Gate | None = Field(default=None, description="who looks at it before it leaves")
    verb: Literal["send"] = Field(default="send", exclude=True)

    @property
    def reaches_people(self) -> bool:
        return True


class Post(StepFields):
    """A Slack message to one of us, or to the channel its template names."""

    post: Name = Field(description="a file in templates/slack")
    to: Words | None = Field(default=None, description="roles of ours; each gets a direct message. Without it: the template's channel")
    verb: Literal["post"] = Field(default="post", exclude=True)

    @property
    def reaches_people(self) -> bool:
        return True


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


class Approval(StepFields):
    """A decision of one of us that the track waits for."""

    approval: Name = Field(description="what is to be decided; steps.<id>.approved says how")
    by: Word = Field(description="the role of ours that decides")
    within: SpokenDuration | None = Field(default=None, description="how long they have, in working time; the house rule when not written")
    otherwise: Literal["send", "skip", "escalate"] | None = Field(
        default=None,
        description="what happens when nobody decides in time: send counts as approved, skip as refused, escalate asks the role above",
    )
    verb: Literal["approval"] = Field(default="approval", exclude=True)

    @property
    def reaches_people(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class UntilClock:
    """The next time a local clock shows this time."""

    at: time

    def __str__(self) -> str:
        return f"until {self.at:%H:%M}"


def _wait(value: Any) -> Duration | UntilClock | At:
    text = str(value).strip()
    if not text.startswith("until "):
        return durations.parse(text)
    rest = text.removeprefix("until ")
    if re.fullmatch(r"\d{1,2}:\d{2}", rest):
        return UntilClock(parse_clock(rest.zfill(5)))
    at = parse_at(rest)
    if at.is_start:
        raise ValueError("'until start' never waits; write a day")
    return at


SpokenWait = Annotated[
    Duration | UntilClock | At,
    PlainValidator(_wait),
    PlainSerializer(str),
    WithJsonSchema(
        {"type": "string", "examples": ["3 days", "2 business days", "until 09:00", "until day 30", "until contract.decision_on - 90 days"]}
    ),
]


class Wait(StepFields):
    """The track rests for a while, or until a time or a day."""

    wait: SpokenWait = Field(description="how long, or until when: a local time of day, a day of the journey or a date fact")
    to: Word | None = Field(default=None, description="whose local time `until 09:00` means: a role of theirs; else the account's")
    verb: Literal["wait"] = Field(default="wait", exclude=True)

    @property
    def only_steers(self) -> bool:
        return True


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


class Escalate(StepFields):
    """An escalation up the ladder; one open escalation a cause."""

    escalate: Name = Field(description="the cause")
    to: Word = Field(description="the role of ours that hears of it first")
    sla: Sla = Field(default="P2", description="which ladder of policies/ladders.yaml it climbs")
    why: Word | None = Field(default=None, description="what whoever gets it must know and do, in a sentence or two")
    verb: Literal["escalate"] = Field(default="escalate", exclude=True)

    @property
    def reaches_people(self) -> bool:
        return True


def _settings(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError("write the facts to set as a mapping: {account.stage: adoption}")
    return {name: spoken_value(item) for name, item in value.items()}


class Set(StepFields):
    """Makes facts known: `{account.stage: adoption}`, `{tag: promoter}`, `{account.churned_on: today}`."""

    set: Annotated[dict[str, Any], BeforeValidator(_settings)] = Field(
        description="facts and their values; `today` is the day, `tag` and `untag` change the account's tags"
    )
    verb: Literal["set"] = Field(default="set", exclude=True)

    @property
    def object(self) -> str:
        return _slug("-".join(f"{name}-{value}" for name, value in self.set.items()))


class Start(StepFields):
    """Starts another journey for the same account (or contract)."""

    start: Name = Field(description="a file in journeys/; whether the account may enter it, its own `starts:` says")
    verb: Literal["start"] = Field(default="start", exclude=True)


class Stop(StepFields):
    """Ends the live runs of another journey for this account."""

    stop: Name = Field(description="a file in journeys/")
    tasks: Literal["close", "keep", "hand_on"] = Field(
        default="close", description="the fate of its open tasks; hand_on gives them to the account's owner"
    )
    verb: Literal["stop"] = Field(default="stop", exclude=True)


class Held(Spoken):
    """What a hold holds: another journey, or classes of mail."""

    journey: Name | None = Field(default=None, description="a file in journeys/")
    classes: Words = Field(default=(), description="classes of mail, from policies/contact.yaml")

    @model_validator(mode="after")
    def _one_of(self) -> Held:
        if bool(self.journey) == bool(self.classes):
            raise ValueError("hold either a journey ({journey: growth}) or classes of mail ({classes: [growth, advocacy]})")
        return self


class Hold(StepFields):
    """Holds another journey, or classes of mail, of this account; until the time is up or this run is over."""

    hold: Held = Field(description="what is kept back")
    for_: SpokenDuration | None = Field(default=None, alias="for", description="how long; until this run is over when not written")
    verb: Literal["hold"] = Field(default="hold", exclude=True)

    @property
    def object(self) -> str:
        return _slug(self.hold.journey or "-".join(self.hold.classes))


class Webhook(StepFields):
    """Tells another system, over HTTPS."""

    webhook: Name = Field(description="a name in journeys/policies/webhooks.yaml")
    verb: Literal["webhook"] = Field(default="webhook", exclude=True)


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


class Starts(Spoken):
    """What enrolls an account, contract or contact; any of these, or a person over the API."""

    on: Events = Field(default=(), description="one of these events")
    where: SpokenCondition | None = Field(default=None, description="only events like this: event.<field>")
    at: SpokenAt | None = Field(default=None, description="a day from the anchor, for everybody who has one")
    band: Words = Field(default=(), description="entering one of these health bands")
    stage: Words = Field(default=(), description="the account reaching one of these stages")
    manual: Truth = Field(default=False, description="only a person, the API or another journey")
    when: SpokenCondition | None = Field(default=None, description="otherwise nobody is enrolled")
    reenter: SpokenReenter = Field(
        default=Reenter(None, never=True), description="whether who was in it before may enter it again: never, always, or `after 90 days`"
    )

    @model_validator(mode="after")
    def _has_trigger(self) -> Starts:
        if not (self.on or self.at or self.band or self.stage or self.manual):
            raise ValueError("nothing starts it: add 'on:', 'at:', 'band:', 'stage:' or 'manual: true'")
        if self.where and not self.on:
            raise ValueError("'where' narrows an event; put it into 'when'")
        if self.at and self.at.is_start:
            raise ValueError("'at: start' says nothing here; write a day from the anchor, like 'day -90'")
        return self


class End(Spoken):
    """What ends a run before its steps do."""

    on: Events = Field(default=(), description="one of these events; this or `when`")
    where: SpokenCondition | None = Field(default=None, description="only events like this: event.<field>")
    when: SpokenCondition | None = Field(default=None, description="a condition becoming true; this or `on`")
    then: tuple[Step, ...] = Field(default=(), description="closing steps, after which the run is over")
    tasks: Literal["close", "keep", "hand_on"] = Field(
        default="close", description="the fate of its open tasks; hand_on gives them to the account's owner"
    )

    @model_validator(mode="after")
    def _has_cause(self) -> End:
        if bool(self.on) == bool(self.when):
            raise ValueError("an end has either 'on:' (events) or 'when:' (a condition)")
        if self.where and not self.on:
            raise ValueError("'where' narrows an event; put it into 'when'")
        return self


class Whenever(Spoken):
    """A track that starts each time something happens."""

    name: Name | None = Field(default=None, description="its name; derived from what starts it when not written")
    on: Events = Field(default=(), description="one of these events; this, `when` or `band`")
    where: SpokenCondition | None = Field(default=None, description="only events like this: event.<field>")
    when: SpokenCondition | None = Field(default=None, description="a condition becoming true")
    band: Words = Field(default=(), description="the account entering one of these health bands")
    again: SpokenAgain = Field(default=Again(), description="how often: each time, never again, or `after 30 days` from its last beginning")
    steps: tuple[Step, ...] = Field(description="what is done; it begins once more only when this is over")

    @model_validator(mode="after")
    def _one_cause(self) -> Whenever:
        if sum(bool(cause) for cause in (self.on, self.when, self.band)) != 1:
            raise ValueError("a whenever has one of 'on:' (events), 'when:' (a condition becoming true), 'band:'")
        if self.where and not self.on:
            raise ValueError("'where' narrows an event; put it into 'when'")
        if not self.steps:
            raise ValueError("a whenever needs steps to take")
        return self

    @property
    def title(self) -> str:
        return self.name or _slug("-".join(self.on or self.band) or str(self.when))


class JourneyText(Spoken):
    """One journey file."""

    journey: Name = Field(description="its name, which is that of the file")
    title: Word = Field(description="what people read")
    stage: Word | None = Field(default=None, description="the lifecycle stage it serves; lists and coverage go by it")
    for_: Literal["account", "contract", "contact"] = Field(alias="for", description="what one run is about; one live run each")
    starts: Starts = Field(description="what enrolls")
    anchor: Word = Field(description="the date that is day 0: a date fact, or `start` for the day of enrollment")
    goal: SpokenCondition | None = Field(default=None, description="recorded when first true; ends nothing")
    ends: tuple[End, ...] = Field(default=(), description="what ends a run before its steps do")
    late: Late = Field(
        default="run", description="what becomes of steps whose day has passed before a run comes to them, where they do not say"
    )
    apart: SpokenDuration | None = Field(
        default=None, description="for a journey begun late: the least time between two mails that catch up"
    )
    class_: Word = Field(alias="class", description="the priority class of its mail")
    steps: tuple[Step, ...] = Field(default=(), description="the main track")
    tracks: dict[str, tuple[Step, ...]] = Field(
        default_factory=dict, description="more tracks by name, which begin with the run and go beside it"
    )
    whenever: tuple[Whenever, ...] = Field(default=(), description="tracks that begin when something happens")
    shadow: SpokenShadow = Field(
        default=None,
        description="where its runs only decide and record: `yes`, `no` or a condition that is asked when a step comes",
    )

    @model_validator(mode="after")
    def _has_steps(self) -> JourneyText:
        if not self.steps and not any(self.tracks.values()):
            raise ValueError("a journey needs at least one step")
        return self


_recursive: tuple[type[Spoken], ...] = (*STEPS, Case, Arm, End, Whenever, JourneyText)
for _model in _recursive:
    _model.model_rebuild()
