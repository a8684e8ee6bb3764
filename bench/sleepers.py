"""What a sleeping run costs: worker memory and Temporal's disk, next to a bare workflow that sleeps as long."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from bench.bare import Bare, BareOrder, nothing
from bench.figures import Figure
from bench.installation import folder, local_server
from domain.protocol import RunOrder, TurnOrder, Wait
from workflows.run import RunWorkflow

SLEEPERS = 800
AT_ONCE = 50
DETAILS = (
    "- **steps**: task-welcome-call #1 before until 2030-01-08 08:00 UTC\n"
    "- **setup**: send-setup-guide #1 before until 2030-01-09 09:00 UTC\n"
)


@activity.defn(name="enter")
def enter(_: TurnOrder) -> Wait:
    return Wait(until=datetime.now(UTC) + timedelta(hours=20), verb="task", step="task-welcome-call", details=DETAILS)


async def measure() -> list[Figure]:
    ours, bare = await _sleep(_tenure), await _sleep(_bare)
    return [
        Figure("worker memory per sleeping run", ours[0], "KB", bare[0]),
        Figure("Temporal disk per sleeping run", ours[1], "KB", bare[1]),
    ]


async def _tenure(client: Client, number: int) -> None:
    order = RunOrder(run_id=f"{number:032x}", wait=Wait(until=datetime.now(UTC)))
    await client.start_workflow("onboarding", order, id=f"onboarding/{number:032x}", task_queue="sleepers")


async def _bare(client: Client, number: int) -> None:
    await client.start_workflow(Bare.run, BareOrder(rounds=1, sleep_seconds=72_000), id=f"bare/{number:032x}", task_queue="sleepers")


async def _sleep(start: Callable[[Client, int], Awaitable[None]]) -> tuple[float, float]:
    """Kilobytes of this process and of Temporal's file a run, once all of them sleep."""
    with folder() as place, ThreadPoolExecutor(20) as threads:
        async with local_server(Path(place)) as client:
            worker = Worker(
                client, task_queue="sleepers", workflows=[RunWorkflow, Bare], activities=[enter, nothing], activity_executor=threads,
                max_concurrent_activities=20, max_cached_workflows=SLEEPERS * 2, workflow_runner=UnsandboxedWorkflowRunner(),
            )  # fmt: skip
            async with worker:
                for number in range(50):  # what the first runs take is not theirs alone
                    await start(client, 10_000 + number)
                await _until_asleep(client, 50)
                memory, disk = _memory(), _disk(Path(place))
                limit = asyncio.Semaphore(AT_ONCE)

                async def one(number: int) -> None:
                    async with limit:
                        await start(client, number)

                await asyncio.gather(*(one(number) for number in range(SLEEPERS)))
                await _until_asleep(client, SLEEPERS + 50)
                return (_memory() - memory) / SLEEPERS, (_disk(Path(place)) - disk) / SLEEPERS


async def _until_asleep(client: Client, count: int) -> None:
    """Every run has done its first turn and set its timer."""
    async with asyncio.timeout(300):
        while (await client.count_workflows("ExecutionStatus = 'Running'")).count < count:
            await asyncio.sleep(0.5)
    await asyncio.sleep(8)


def _memory() -> float:
    gc.collect()
    with Path("/proc/self/statm").open() as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024


def _disk(place: Path) -> float:
    return sum(file.stat().st_size for file in place.glob("temporal.db*")) / 1024
