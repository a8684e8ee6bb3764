"""The life of one run: rest until it is time or somebody nudges, take a turn, rest again.

One shell serves every journey (its workflow type is the journey's name) and every follow-up. It carries the run's id and
what the run waits for; all else is in the database, so changing what a journey means cannot break a run in flight.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

from domain.protocol import NUDGE, UNKNOWN_RUN, RunOrder, TurnOrder, Wait

TURN_TAKES_AT_MOST = timedelta(minutes=5)
# A turn beats between messages when it lasts; a worker that died is noticed after this, and its turn taken by another.
HEARTBEAT_WITHIN = timedelta(seconds=20)
# A turn is told the time it was asked at. One that could not be done for this long is asked again, with the time it is then.
TURN_IS_STALE_AFTER = timedelta(minutes=10)
RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30), non_retryable_error_types=[UNKNOWN_RUN])

# Resting small: Temporal stores and replays what a sleeping run has behind it, so a long rest begins with a clean history.
LONG_REST = timedelta(days=1)
SMALL_HISTORY = 5632  # 5.5 KB: what rests is never larger than 6 KB


@workflow.defn(dynamic=True)
class RunWorkflow:
    def __init__(self) -> None:
        self.nudged = False
        self.alarm: asyncio.Task[None] | None = None
        self.alarm_at: datetime | None = None

    @workflow.signal(name=NUDGE)
    def nudge(self) -> None:
        self.nudged = True

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> str:
        order = workflow.payload_converter().from_payload(args[0].payload, RunOrder)
        wait = order.wait
        while wait.over is None:
            workflow.set_current_details(wait.details)
            await self.rest(order, wait)
            self.nudged = False
            wait = await self.turn(order, wait)
        return wait.over

    async def rest(self, order: RunOrder, wait: Wait) -> None:
        """Until the wait is over or somebody nudges. A timer is kept while its moment stays the same."""
        now = workflow.now()
        if wait.until is not None and wait.until <= now:
            return
        if not self.nudged and self.should_rest_small(wait, now):
            workflow.continue_as_new(order.model_copy(update={"wait": wait}))
        if self.alarm_at != wait.until:
            if self.alarm is not None:
                self.alarm.cancel()
            self.alarm_at = wait.until
            self.alarm = asyncio.create_task(self.sleep(wait, now)) if wait.until else None
        await workflow.wait_condition(lambda: self.nudged or (self.alarm is not None and self.alarm.done()))

    async def sleep(self, wait: Wait, now: datetime) -> None:
        assert wait.until
        await workflow.sleep(wait.until - now, summary=f"{wait.verb} {wait.step}".strip())

    def should_rest_small(self, wait: Wait, now: datetime) -> bool:
        info = workflow.info()
        if info.is_continue_as_new_suggested():
            return True
        is_long = wait.until is None or wait.until - now >= LONG_REST
        return is_long and info.get_current_history_size() > SMALL_HISTORY

    async def turn(self, order: RunOrder, wait: Wait) -> Wait:
        while True:
            try:
                done: Wait = await workflow.execute_activity(
                    wait.verb,
                    TurnOrder(run_id=order.run_id, kind=order.kind, now=workflow.now()),
                    result_type=Wait,
                    summary=wait.step or None,
                    start_to_close_timeout=TURN_TAKES_AT_MOST,
                    heartbeat_timeout=HEARTBEAT_WITHIN,
                    schedule_to_close_timeout=TURN_IS_STALE_AFTER,
                    retry_policy=RETRY,
                )
                return done
            except ActivityError as error:
                if isinstance(error.cause, ApplicationError) and error.cause.type == UNKNOWN_RUN:
                    raise error.cause from None
                workflow.logger.warning("the turn could not be taken in time; asking again", extra={"run_id": order.run_id})
