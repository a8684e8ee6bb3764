"""What a turn wants done. Everything is resolved: who, when, why. The database (or virtual time) carries it out as it stands.

An intent that reaches somebody is keyed by step, visit, effect and recipient within its run; the same key is the same deed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal, assert_never

from domain.health import Sla

Audience = Literal["contact", "person", "channel", "webhook"]


@dataclass(frozen=True, slots=True)
class SendMessage:
    """One message to one recipient: a contact, one of us, a channel or a webhook. `due_at` is the earliest it may leave; one in
    `shadow` is recorded then instead. `queued_at`: since when it has waited for a slot that others took."""

    step: str
    visit: int
    effect: str
    audience: Audience
    recipient: str
    template: str
    due_at: datetime
    mail_class: str
    operational: bool
    gated: bool = False
    context: Mapping[str, Any] = field(default_factory=dict)
    shadow: bool = False
    queued_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """The messages of a step that were gated, or held, may leave from their `due` moments on."""

    step: str
    visit: int
    due: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class KeepBack:
    """The messages of a step that have not left wait for a person."""

    step: str
    visit: int


@dataclass(frozen=True, slots=True)
class Show:
    """The gated messages of a step to these recipients are composed anew, for whoever decides to read."""

    step: str
    visit: int
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The messages of a step (of every step when None) that have not left are not sent, and its approval is closed. Where one
    `recipient` is named it is their message alone, and the approval goes on."""

    step: str | None
    visit: int | None
    why: str
    recipient: str | None = None


@dataclass(frozen=True, slots=True)
class Rename:
    """What the run asked of people at these steps (messages, tasks, approvals, escalations) goes with them: each has another id from
    now on. All at once, for two may have changed names."""

    becomes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CreateTask:
    """Work for a person; `assignee_id` is None when nobody holds the role. `title` names a template or is the title itself."""

    step: str
    visit: int
    title: str
    role: str
    assignee_id: str | None
    sla: Sla
    due_at: datetime
    outcomes: tuple[str, ...] = ()
    covering_for: str | None = None


@dataclass(frozen=True, slots=True)
class CloseTasks:
    """What becomes of the run's open tasks (those of one step where it is named) when nothing waits for them any more."""

    fate: Literal["close", "hand_on"]
    why: str
    step: str | None = None


@dataclass(frozen=True, slots=True)
class AskApproval:
    """A person is asked to decide by `expires_at` (None: no end); then `otherwise` happens."""

    step: str
    visit: int
    title: str
    role: str
    approver_id: str | None
    asked_at: datetime
    expires_at: datetime | None
    otherwise: str
    covering_for: str | None = None


@dataclass(frozen=True, slots=True)
class PassApproval:
    """The approval nobody decided goes to somebody else, who has no end set."""

    step: str
    visit: int
    role: str
    approver_id: str | None
    covering_for: str | None = None


@dataclass(frozen=True, slots=True)
class CloseApproval:
    """The approval's time is up; its default happened."""

    step: str
    visit: int
    verdict: Literal["sent", "skipped"]


@dataclass(frozen=True, slots=True)
class RaiseEscalation:
    """An escalation of this cause; where one is open it is raised to the worse class, never opened twice."""

    step: str
    visit: int
    cause: str
    role: str
    person_id: str | None
    sla: Sla
    why: str


@dataclass(frozen=True, slots=True)
class EndEscalation:
    """The open escalation of this cause is over because its cause is."""

    cause: str
    why: str


@dataclass(frozen=True, slots=True)
class ClimbEscalation:
    """The escalation this follow-up watches passes to the next role."""

    role: str
    person_id: str | None


@dataclass(frozen=True, slots=True)
class SetFacts:
    """Facts become known, by full name; tags are added and removed."""

    values: Mapping[str, Any]
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StartJourney:
    """Enroll the same account (contract, contact) in another journey, if it may enter."""

    journey: str


@dataclass(frozen=True, slots=True)
class StopJourney:
    """The account's live runs of another journey exit."""

    journey: str
    tasks: Literal["close", "keep", "hand_on"]
    why: str


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """Another journey or a class of mail is held until `until`, or until this run is over."""

    step: str
    visit: int
    journey: str | None
    mail_class: str | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class LiftHolds:
    """The holds this run placed are over."""


Deed = CreateTask | AskApproval | RaiseEscalation | SetFacts | StartJourney | StopJourney | PlaceHold


@dataclass(frozen=True, slots=True)
class Shadowed:
    """What a step in shadow would have done at once, to be recorded and not done."""

    step: str
    visit: int
    deed: Deed


Intent = (
    SendMessage | Release | KeepBack | Show | Withdraw | Rename | CreateTask | CloseTasks | AskApproval | PassApproval | CloseApproval
    | RaiseEscalation | EndEscalation | ClimbEscalation | SetFacts | StartJourney | StopJourney | PlaceHold | LiftHolds | Shadowed
)  # fmt: skip


def in_shadow(intent: Intent, step: str, visit: int) -> Intent:
    """What is left of an intent of a step in shadow: messages that will not leave, records in place of deeds, and what takes back."""
    match intent:
        case SendMessage():
            return replace(intent, shadow=True)
        case CreateTask() | AskApproval() | RaiseEscalation() | SetFacts() | StartJourney() | StopJourney() | PlaceHold():
            return Shadowed(step, visit, intent)
        case (
            Release()
            | KeepBack()
            | Show()
            | Rename()
            | Withdraw()
            | CloseTasks()
            | PassApproval()
            | CloseApproval()
            | EndEscalation()
            | ClimbEscalation()
        ):
            return intent
        case LiftHolds() | Shadowed():
            return intent
        case _:
            assert_never(intent)


@dataclass(frozen=True, slots=True)
class Decision:
    """Why something happened or did not: what was decided at a step, by which rule, from which values, and when those were told."""

    what: str
    result: str
    step: str | None = None
    visit: int | None = None
    rule: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    day: date | None = None
    told_at: Mapping[str, datetime] = field(default_factory=dict)
