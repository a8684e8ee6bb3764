"""Where a run stands: one position a live track, and what is remembered of the steps behind it.

This is what a row of `enrollments` holds; a run can be rebuilt from it. All datetimes are UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import TypeAdapter

from domain.facts import Resume


class Phase(StrEnum):
    """How far the track is with its step."""

    BEFORE = "before"  # its moment has not come
    GATE = "gate"  # a person was asked
    OUT = "out"  # its messages are on their way
    WAIT = "wait"  # it waits for a person, an event or a time
    BETWEEN = "between"  # a repeat between two rounds


@dataclass(frozen=True, slots=True)
class Position:
    """Where one track stands. `until` is when it must look again (None: only when told something); `day` is the local day that
    `until` was reckoned from, so that a moved anchor moves it; `out` holds the recipients not settled yet and when each is due;
    `shadow` says that what is on its way will not leave. At a gate `approved` are those whose mail somebody approved already, and
    `lacking` says whose mail lacks something and what; `passed` says that a person, or their time being up, let the mail out."""

    step: str
    visit: int
    since: datetime
    phase: Phase = Phase.BEFORE
    day: date | None = None
    until: datetime | None = None
    late: bool = False
    out: Mapping[str, datetime] = field(default_factory=dict)
    shadow: bool = False
    approved: tuple[str, ...] = ()
    lacking: Mapping[str, str] = field(default_factory=dict)
    passed: bool = False

    def is_up(self, now: datetime) -> bool:
        """Whether the moment has come at which it looks again."""
        return self.until is not None and self.until <= now


@dataclass(frozen=True, slots=True)
class Record:
    """What happened at a step so far; conditions read it as `steps.<id>.<field>`. `at` is the moment it last acted."""

    visits: int = 0
    at: datetime | None = None
    done_on: date | None = None
    outcome: str | None = None
    answer: Any = None
    approved: bool | None = None
    clicked: bool = False
    replied: bool = False


RECORDED = ("done_on", "outcome", "answer", "approved", "clicked", "replied", "visits")


@dataclass(frozen=True, slots=True)
class Heard:
    """An event this run was told of."""

    name: str
    at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reaction:
    """A `whenever` track: when it last began, and whether its condition was true when last looked at."""

    last: datetime | None = None
    was_true: bool = False


KeptBy = Literal["order", "hold"]


@dataclass(frozen=True, slots=True)
class Pause:
    """A run that is held. `resume` says what becomes of what fell due meanwhile; `kept_by`, what keeps it back: an order for this run, or a
    hold of its account, its journey or everything (None: of a time when that was not kept)."""

    since: datetime
    until: datetime | None = None
    resume: Resume = "shift"
    kept_by: KeptBy | None = None


@dataclass(frozen=True, slots=True)
class State:
    """One run. `over` is why it ended, None while it lives; `closing` why its closing steps run; `resumed_at` when it was last held no
    more; `shadow` says that its journey has been in shadow since it began."""

    begun_at: datetime
    tracks: Mapping[str, Position]
    records: Mapping[str, Record] = field(default_factory=dict)
    heard: tuple[Heard, ...] = ()
    reactions: Mapping[str, Reaction] = field(default_factory=dict)
    anchor_on: date | None = None
    goal_at: datetime | None = None
    last_mail_at: datetime | None = None
    pause: Pause | None = None
    closing: str | None = None
    over: str | None = None
    resumed_at: datetime | None = None
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Rest:
    """What a run waits for: until when (None: until told), and the verb and step that come due then."""

    until: datetime | None
    verb: str
    step: str
    over: str | None = None


_adapter: TypeAdapter[State] = TypeAdapter(State)


def dump(state: State) -> dict[str, Any]:
    """The state as JSON values, for the row; what says nothing is left out."""
    dumped: dict[str, Any] = _adapter.dump_python(state, mode="json", exclude_defaults=True)
    return dumped


def load(values: Any) -> State:
    return _adapter.validate_python(values)
