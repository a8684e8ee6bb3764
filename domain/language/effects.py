"""The steps that reach people, make facts known, or touch other journeys and systems; a task is among those that hold steps."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from domain.conditions import SpokenCondition
from domain.durations import SpokenDuration
from domain.grammar import Spoken, Word, Words
from domain.health import Sla
from domain.language.fields import StepFields
from domain.language.names import Name, slug
from domain.vocabulary import spoken_value


class Gate(Spoken):
    """A person looks before a message goes out."""

    by: Word = Field(description="the role that decides")
    within: SpokenDuration | None = Field(default=None, description="how long they have; the house rule when not written")
    otherwise: Literal["send", "skip", "escalate"] | None = Field(default=None, description="what happens when they say nothing in time")
    when: SpokenCondition | None = Field(default=None, description="only then is approval asked")


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
        return slug("-".join(f"{name}-{value}" for name, value in self.set.items()))


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
        return slug(self.hold.journey or "-".join(self.hold.classes))


class Webhook(StepFields):
    """Tells another system, over HTTPS."""

    webhook: Name = Field(description="a name in journeys/policies/webhooks.yaml")
    verb: Literal["webhook"] = Field(default="webhook", exclude=True)
