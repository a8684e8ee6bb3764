"""The yardstick: a workflow that sets the same timers and calls the same number of activities, which do nothing.

`python -m bench.bare ADDRESS QUEUE` is a worker for it.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from pydantic import BaseModel
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

Activity = Callable[[int], int]
THREADS = 20  # as Tenure's worker has


class BareOrder(BaseModel):
    """How many times to call and then sleep, and for how long to sleep."""

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


def worker(client: Client, queue: str, does: Activity = nothing) -> Worker:
    """`does` is the activity called `nothing`."""
    return Worker(
        client,
        task_queue=queue,
        workflows=[Bare],
        activities=[does],
        activity_executor=ThreadPoolExecutor(THREADS),
        max_concurrent_activities=THREADS,
        max_cached_workflows=2000,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )


async def main(address: str, queue: str) -> None:
    asked = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, asked.set)
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    async with worker(client, queue):
        await asked.wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
