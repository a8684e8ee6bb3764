"""What an answer to "why?" is made of. Moments are UTC; values are JSON values, as the rule saw them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

Kind = Literal["mail", "notice", "post", "webhook", "task", "approval", "escalation", "step", "journey"]
# In this order: it reached somebody, or may have; it is under way; it was in shadow; it did not go out; it is to come; it will not come.
Fate = Literal[
    "sent", "in_doubt", "asked", "entered", "done",
    "waiting",
    "shadowed",
    "failed", "dropped", "withdrawn", "skipped", "ignored", "refused",
    "ahead",
    "over", "not_taken", "never", "not_entered",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """A value that a rule saw. `told_at` is when it was told, where that is known; one that is `stale` was too old to count."""

    name: str
    value: Any
    told_at: datetime | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """The step as its version of the journey has it: the place (file:line), its text, and its day, condition and gate."""

    place: str
    text: str
    at: str = ""
    when: str = ""
    gate: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision on the way: what was decided, by which rule, from which values. `day` is the local day the step was for."""

    at: datetime
    what: str
    result: str
    step: str | None = None
    rule: str = ""
    saw: tuple[Seen, ...] = ()
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Woken:
    """Something told that woke the run, or that it took along. `event_id` is the event's, where it was one."""

    told_at: datetime
    kind: str
    words: str
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom it went to, and the role that was asked for; `because` says why it is somebody else who holds another role."""

    id: str | None
    name: str
    role: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """An approval: who was asked, who decided and when; of a mail, what was decided about it, approved or skipped. `passed_at` is when it
    went to the present role, as nobody had decided in time."""

    state: str
    role: str
    approver: Reader
    asked_at: datetime
    passed_at: datetime | None
    expires_at: datetime | None
    decided_at: datetime | None
    decided_by: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far a message is with its provider; one in `shadow` gets to none. `due_at` is when it was last planned for; None: until a
    person frees it."""

    state: str
    planned_at: datetime
    due_at: datetime | None
    claimed_at: datetime | None
    settled_at: datetime | None
    operational: bool
    attempts: int
    channel: str | None
    provider_id: str | None
    reason: str | None
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A hold that was on while it was planned."""

    since: datetime
    lifted_at: datetime | None
    what: str
    reason: str
    by: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that went out or did not.

    `at` is when that was settled, or when it is planned for, None where nobody can say; `day` the local day that its step was for,
    `closed` where that is none on which people are written to or work. `why` says it in a sentence; `story` in a few, for people, on the
    account's clock. `judged` is what somebody says of what a step in shadow would have done, `answered` what the reader answered to what
    it asked, `changed` who changed its words before it left. `began` is why its run did; `woken_by` what the run was told for the turn
    that did it: nothing where its time had come, None where no turn did it or that is not known any more. `href` leads to a page of the
    console.
    """

    at: datetime | None
    kind: Kind
    fate: Fate
    what: str
    why: str = ""
    id: str | None = None
    href: str = ""
    journey: str | None = None
    version: int | None = None
    run_id: str | None = None
    step: str | None = None
    visit: int | None = None
    day: date | None = None
    closed: bool = False
    to: Reader | None = None
    rule: Rule | None = None
    began: str = ""
    woken_by: tuple[Woken, ...] | None = None
    decided: tuple[Decided, ...] = ()
    approval: Gate | None = None
    delivery: Delivery | None = None
    holds: tuple[Held, ...] = ()
    judged: str = ""
    answered: str = ""
    changed: tuple[str, ...] = ()
    story: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The entries, newest first; `more` says that there are older ones. `zone` is the account's."""

    account_id: str
    name: str
    zone: str
    entries: tuple[Entry, ...]
    more: bool
