"""What crosses Temporal: names, ids and small models of ids and times. Workflows import this and nothing else of ours.

Names and fields are stable for ever: runs in flight speak them. New fields have defaults; unknown ones are ignored.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

TASK_QUEUE = "tenure"
NUDGE = "nudge"
FOLLOW_UP = "follow-up"
WEEKLY_HEALTH = "weekly-health"
READ_HEALTH = "read-health"
PROBE = "probe"
WORKFLOWS = (FOLLOW_UP, WEEKLY_HEALTH, PROBE)
ENTER = "enter"
UNKNOWN_RUN = "UnknownRun"

SEARCH_ATTRIBUTES = {"TenureAccount": "Keyword", "TenureSegment": "Keyword", "TenureStage": "Keyword", "TenureVersion": "Int"}


class RunKind(StrEnum):
    ENROLLMENT = "enrollment"
    FOLLOW_UP = "follow-up"


class Crossing(BaseModel):
    """A model that crosses Temporal."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Wait(Crossing):
    """What a run waits for: `until` (None: until nudged), then the turn named `verb` at `step`; `over` says why nothing more."""

    until: datetime | None = None
    verb: str = ENTER
    step: str = ""
    over: str | None = None
    details: str = ""


class RunOrder(Crossing):
    """Starts a run's workflow, or continues it as new. It can be rebuilt from the database."""

    run_id: str
    kind: RunKind = RunKind.ENROLLMENT
    wait: Wait = Wait()


class TurnOrder(Crossing):
    """Asks for one turn. `now` is the workflow's clock, the only one rules read."""

    run_id: str
    kind: RunKind
    now: datetime


class HealthPage(Crossing):
    """Asks for the health of the accounts after `after` in the order of their ids, as of `now`."""

    now: datetime | None = None
    after: str = ""


class HealthPageRead(Crossing):
    """How many accounts were read, and the last of them; None when there are no more."""

    read: int
    last: str | None = None


def enrollment_workflow_id(journey: str, enrollment_id: str) -> str:
    return f"{journey}/{enrollment_id}"


def follow_up_workflow_id(follow_up_id: str) -> str:
    return f"{FOLLOW_UP}/{follow_up_id}"
