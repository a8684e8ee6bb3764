"""A journey: what starts it, what ends it, its tracks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from domain import durations
from domain.conditions import SpokenCondition
from domain.durations import Duration, SpokenDuration
from domain.grammar import Spoken, Truth, Word, Words
from domain.language.days import Late, SpokenAt
from domain.language.fields import SpokenShadow
from domain.language.names import Events, Name, slug
from domain.language.steps import Step


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
        return self.name or slug("-".join(self.on or self.band) or str(self.when))


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
