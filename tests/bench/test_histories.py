"""Counting in histories."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from bench import histories

BEGAN = datetime(2030, 1, 7, 9, tzinfo=UTC)


def an_event(kind: str, hours: float = 0.0) -> HistoryEvent:
    event = HistoryEvent(event_type=EventType.Value(f"EVENT_TYPE_{kind}"))
    event.event_time.FromDatetime(BEGAN + timedelta(hours=hours))
    return event


def test_actions_are_starts_timers_turns_their_retries_and_signals() -> None:
    started, continued = an_event("WORKFLOW_EXECUTION_STARTED"), an_event("WORKFLOW_EXECUTION_STARTED")
    continued.workflow_execution_started_event_attributes.continued_execution_run_id = "the first"
    turn = an_event("ACTIVITY_TASK_STARTED")
    turn.activity_task_started_event_attributes.attempt = 3
    first = [started, an_event("ACTIVITY_TASK_SCHEDULED"), turn, an_event("TIMER_STARTED"), an_event("TIMER_FIRED")]
    found = histories.actions([first, [continued, an_event("WORKFLOW_EXECUTION_SIGNALED")]])
    assert +found == {"start": 1, "continue-as-new": 1, "turn": 1, "retry": 2, "timer": 1, "signal": 1}


def test_what_rests_is_weighted_by_how_long_it_rested() -> None:
    events = [an_event("WORKFLOW_EXECUTION_STARTED"), an_event("TIMER_STARTED"), an_event("TIMER_FIRED", 1), an_event("TIMER_FIRED", 4)]
    sizes = [event.ByteSize() for event in events]
    small, large = sum(sizes[:2]), sum(sizes[:3])
    rest = histories.at_rest([events])
    assert rest == histories.AtRest((small * 1 + large * 3) / 4, large)


def test_a_run_that_never_slept_has_nothing_at_rest() -> None:
    assert histories.at_rest([[an_event("WORKFLOW_EXECUTION_STARTED"), an_event("WORKFLOW_EXECUTION_COMPLETED")]]) is None
