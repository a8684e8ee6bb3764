"""What a run can be told. Stored as notices, taken by the run's next turn; `at` is when it was told, in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from domain.facts import Resume


@dataclass(frozen=True, slots=True)
class Happened:
    """An event."""

    name: str
    at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    kind: Literal["happened"] = "happened"


@dataclass(frozen=True, slots=True)
class Changed:
    """Facts changed, and something the run watches may now be true or a day it waits for may have moved; `holds` among the
    names says that a hold of the account was lifted, `held` that one was placed."""

    at: datetime
    names: tuple[str, ...] = ()
    kind: Literal["changed"] = "changed"


@dataclass(frozen=True, slots=True)
class BandChanged:
    """The account's health band changed."""

    at: datetime
    before: str | None
    after: str | None
    kind: Literal["band_changed"] = "band_changed"


@dataclass(frozen=True, slots=True)
class TaskDone:
    """Somebody completed a task of this run."""

    step: str
    visit: int
    at: datetime
    outcome: str | None = None
    by: str | None = None
    kind: Literal["task_done"] = "task_done"


@dataclass(frozen=True, slots=True)
class Decided:
    """Somebody approved or refused what this run asked for; of a gate, the mail of one `recipient` where one is named."""

    step: str
    visit: int
    at: datetime
    approved: bool
    by: str | None = None
    recipient: str | None = None
    kind: Literal["decided"] = "decided"


@dataclass(frozen=True, slots=True)
class EscalationEnded:
    """An escalation this run raised was resolved."""

    step: str
    visit: int
    at: datetime
    outcome: str | None = None
    kind: Literal["escalation_ended"] = "escalation_ended"


@dataclass(frozen=True, slots=True)
class Engaged:
    """A reader clicked in or replied to a mail of this run."""

    step: str
    visit: int
    at: datetime
    how: Literal["clicked", "replied"]
    kind: Literal["engaged"] = "engaged"


@dataclass(frozen=True, slots=True)
class Settled:
    """A message found its end: accepted, failed, skipped, in doubt or withdrawn."""

    step: str
    visit: int
    at: datetime
    recipient: str
    result: str
    kind: Literal["settled"] = "settled"


@dataclass(frozen=True, slots=True)
class PutOff:
    """A message cannot go now: a hold, a full provider, an outage."""

    step: str
    visit: int
    at: datetime
    recipient: str
    until: datetime
    why: str
    kind: Literal["put_off"] = "put_off"


@dataclass(frozen=True, slots=True)
class ExitOrdered:
    at: datetime
    why: str
    by: str | None = None
    tasks: Literal["close", "keep", "hand_on"] = "close"
    kind: Literal["exit_ordered"] = "exit_ordered"


@dataclass(frozen=True, slots=True)
class SkipOrdered:
    """The track that stands at this step goes on to the next."""

    step: str
    at: datetime
    by: str | None = None
    kind: Literal["skip_ordered"] = "skip_ordered"


@dataclass(frozen=True, slots=True)
class HoldOrdered:
    """Somebody holds this run alone."""

    at: datetime
    until: datetime | None
    resume: Resume = "shift"
    by: str | None = None
    why: str = ""
    kind: Literal["hold_ordered"] = "hold_ordered"


@dataclass(frozen=True, slots=True)
class ResumeOrdered:
    """The order for this run alone is taken back; with `since`, a hold that kept it back from then on is over. `resume` is the policy
    of whoever ends it: None leaves it at that of the hold."""

    at: datetime
    by: str | None = None
    since: datetime | None = None
    resume: Resume | None = None
    kind: Literal["resume_ordered"] = "resume_ordered"


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The holder of an escalation said that they have it."""

    at: datetime
    by: str | None = None
    kind: Literal["acknowledged"] = "acknowledged"


@dataclass(frozen=True, slots=True)
class Closed:
    """The task or escalation that a follow-up watches is over: done, resolved, recovered, closed."""

    at: datetime
    why: str = ""
    kind: Literal["closed"] = "closed"


@dataclass(frozen=True, slots=True)
class Reassigned:
    """Somebody else has the task or escalation now."""

    at: datetime
    person_id: str | None
    kind: Literal["reassigned"] = "reassigned"


@dataclass(frozen=True, slots=True)
class Snoozed:
    """The task's clock stands still until then."""

    at: datetime
    until: datetime
    kind: Literal["snoozed"] = "snoozed"


@dataclass(frozen=True, slots=True)
class Raised:
    """An open escalation got worse: a more urgent class, perhaps another role."""

    at: datetime
    sla: str
    role: str
    kind: Literal["raised"] = "raised"


News = (
    Happened | Changed | BandChanged | TaskDone | Decided | EscalationEnded | Engaged | Settled | PutOff | ExitOrdered | SkipOrdered
    | HoldOrdered | ResumeOrdered | Acknowledged | Closed | Reassigned | Snoozed | Raised
)  # fmt: skip

_adapter: TypeAdapter[News] = TypeAdapter(Annotated[News, Field(discriminator="kind")])


def dump(news: News) -> dict[str, Any]:
    dumped: dict[str, Any] = _adapter.dump_python(news, mode="json")
    return dumped


def load(values: Any) -> News:
    return _adapter.validate_python(values)
