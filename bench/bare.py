"""The yardstick: a workflow that sets the same timers and calls the same number of activities, which do nothing."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel
from temporalio import activity, workflow


class BareOrder(BaseModel):
    """How many times to sleep and call, and for how long to sleep."""

    rounds: int
    sleep_seconds: float = 0.001


@activity.defn(name="nothing")
def nothing(number: int) -> int:
    return number


@workflow.defn(name="bare")
class Bare:
    @workflow.run
    async def run(self, order: BareOrder) -> int:
        for number in range(order.rounds):
            await workflow.execute_activity("nothing", number, result_type=int, start_to_close_timeout=timedelta(seconds=90))
            await workflow.sleep(order.sleep_seconds)
        return order.rounds
