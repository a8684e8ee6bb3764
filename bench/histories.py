"""What Temporal kept of a run: what it counts as actions, how much of it rests, and which turns it took.

An action is what Temporal Cloud bills as one: https://docs.temporal.io/cloud/actions. Of those a run here can cause a start, a
continue-as-new, a timer, an activity, a repeated attempt at one, and a signal.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from domain.protocol import TurnOrder

# The histories of a run's executions, oldest first: each continues the one before it as new.
Chain = Sequence[Sequence[HistoryEvent]]

COUNTED = {
    EventType.EVENT_TYPE_TIMER_STARTED: "timer",
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: "turn",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: "signal",
}
KINDS = ("start", "continue-as-new", "timer", "turn", "retry", "signal")
# Between two events that are further apart the run slept; what lies between nearer ones is one turn's work.
ASLEEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class AtRest:
    """Bytes of history while a run slept: the mean over the time it slept, and the most."""

    mean: float
    most: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: when it was asked for, the verb and step that were due, and what woke the run."""

    at: datetime
    verb: str
    step: str
    woken_by: str


async def chain(client: Client, workflow_id: str) -> Chain:
    """From the first execution of a run to its last."""
    found: list[Sequence[HistoryEvent]] = []
    run_id: str | None = None
    while True:
        events = (await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()).events
        found.insert(0, events)
        run_id = events[0].workflow_execution_started_event_attributes.continued_execution_run_id
        if not run_id:
            return found


def actions(runs: Chain) -> Counter[str]:
    """How many of each of KINDS."""
    found: Counter[str] = Counter()
    for events in runs:
        continued = events[0].workflow_execution_started_event_attributes.continued_execution_run_id
        found["continue-as-new" if continued else "start"] += 1
        for event in events:
            if event.event_type in COUNTED:
                found[COUNTED[event.event_type]] += 1
            if event.HasField("activity_task_started_event_attributes"):
                found["retry"] += event.activity_task_started_event_attributes.attempt - 1
    return found


def at_rest(runs: Chain) -> AtRest | None:
    """None for a run that never slept."""
    weighted = slept = 0.0
    most = 0
    for events in runs:
        size = 0
        for event, following in pairwise(events):
            size += event.ByteSize()
            gap = _moment(following) - _moment(event)
            if gap > ASLEEP:
                weighted += size * gap.total_seconds()
                slept += gap.total_seconds()
                most = max(most, size)
    return AtRest(weighted / slept, most) if slept else None


def turns(runs: Chain) -> Iterator[Turn]:
    """In the order they were taken."""
    for events in runs:
        woken_by = "start"
        for event in events:
            match event.event_type:
                case EventType.EVENT_TYPE_TIMER_FIRED:
                    woken_by = "timer"
                case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
                    woken_by = "signal"
                case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                    asked = event.activity_task_scheduled_event_attributes
                    order = TurnOrder.model_validate_json(asked.input.payloads[0].data)
                    summary = event.user_metadata.summary.data
                    yield Turn(order.now, asked.activity_type.name, json.loads(summary) if summary else "", woken_by)
                    woken_by = "the turn before"
                case _:
                    pass


def _moment(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime(UTC)
