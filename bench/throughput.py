"""Touchpoints a second, alternating with the bare workflow on the same server: the same timers, empty activities.

The turns are the product's, on PostgreSQL, with mail into the outbox; the days between them pass in a millisecond. A run that
Temporal continues as new does so here as it would in reality.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy import func, select
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RawValue
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.turn import Turns
from bench import bare, histories
from bench.bare import Bare, BareOrder
from bench.figures import Breakdown, Figure, Findings
from bench.installation import TOUCHPOINTS, local_server, postgres_database
from bench.progress import Progress
from database.tables import MessageRow, table
from domain.protocol import TurnOrder, Wait
from runtime.worker import GRACE, TURN_NAMES
from tests.e2e.conductor import START
from tests.installation import Clock, Installation
from workflows.run import RunWorkflow

messages = table(MessageRow)
IN_FLIGHT = 60
ALTERNATIONS = 3
THREADS = bare.THREADS
NAP = timedelta(milliseconds=1)


@workflow.defn(dynamic=True)
class HurriedRun(RunWorkflow):
    """The product's run in all but how long it sleeps."""

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> str:
        return await super().run(args)

    async def sleep(self, wait: Wait, now: datetime) -> None:
        await super().sleep(wait.model_copy(update={"until": now + NAP}), now)


class HurriedTurns:
    """The product's turns, told that it is the moment they were due."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.due: dict[str, datetime] = {}

    def activity(self, verb: str) -> Callable[[TurnOrder], Wait]:
        @activity.defn(name=verb)
        def take(order: TurnOrder) -> Wait:
            wait = self.turns.take(order.model_copy(update={"now": self.due.get(order.run_id, START)}))
            if wait.until is not None:
                self.due[order.run_id] = wait.until
            return wait

        return take


async def measure(progress: Progress) -> Findings:
    ours: list[float] = []
    bares: list[float] = []
    progress.say("getting ready")
    with postgres_database() as database:
        async with local_server() as server:
            installation = Installation(database, Clock(START))
            for round in range(1, ALTERNATIONS + 1):
                progress.say("bare: alternation", round, ALTERNATIONS)
                bares.append(await _bare(server.client, round))
                progress.say("Tenure: alternation", round, ALTERNATIONS)
                ours.append(await _tenure(server.client, installation, round))
    rows = [
        (f"{number}", f"{our:.1f}", f"{its:.1f}", f"{our / its:.2f}") for number, (our, its) in enumerate(zip(ours, bares, strict=True), 1)
    ]
    return Findings(
        [Figure("touchpoints_per_second", statistics.median(ours), "1/s", statistics.median(bares), "ratio ≥ 0.6")],
        [Breakdown("Touchpoints a second, by alternation", ("alternation", "Tenure", "bare", "ratio"), rows)],
    )


async def _bare(client: Client, round: int) -> float:
    ids = [f"bare-{round}-{number}" for number in range(IN_FLIGHT)]
    async with bare.worker(client, "bare"):
        began = time.perf_counter()
        order = BareOrder(rounds=TOUCHPOINTS)
        await asyncio.gather(*(client.execute_workflow(Bare.run, order, id=id, task_queue="bare") for id in ids))
        seconds = time.perf_counter() - began
    await _check(client, ids[0])
    return IN_FLIGHT * TOUCHPOINTS / seconds


async def _tenure(client: Client, installation: Installation, round: int) -> float:
    installation.nudges.clear()
    for number in range(IN_FLIGHT):
        await asyncio.to_thread(installation.sign_up, f"account{round}x{number}")
    nudges = [nudge for nudge in installation.nudges if nudge.workflow_type == "bench"]
    hurried = HurriedTurns(Turns(installation.database, installation.office, installation.channels, installation.nudge))
    with ThreadPoolExecutor(THREADS) as threads:
        worker = Worker(
            client, task_queue="hurried", workflows=[HurriedRun], activities=[hurried.activity(name) for name in TURN_NAMES],
            activity_executor=threads, max_concurrent_activities=THREADS, max_cached_workflows=2000,
            workflow_runner=UnsandboxedWorkflowRunner(), graceful_shutdown_timeout=GRACE,
        )  # fmt: skip
        async with worker:
            began = time.perf_counter()
            handles = await asyncio.gather(
                *(client.start_workflow(nudge.workflow_type, nudge.order, id=nudge.workflow_id, task_queue="hurried") for nudge in nudges)
            )
            await asyncio.gather(*(handle.result() for handle in handles))
            seconds = time.perf_counter() - began
    await _check(client, nudges[0].workflow_id)
    sent = await asyncio.to_thread(_accepted, installation, [nudge.order.run_id for nudge in nudges])
    assert sent == IN_FLIGHT * TOUCHPOINTS, f"{sent} mails left"
    return sent / seconds


async def _check(client: Client, workflow_id: str) -> None:
    """Both sides set as many timers and take as many turns, or they are not side by side."""
    done = histories.actions(await histories.chain(client, workflow_id))
    assert done["timer"] == done["turn"] == TOUCHPOINTS, f"{workflow_id}: {done}"


def _accepted(installation: Installation, run_ids: Sequence[str]) -> int:
    with installation.database.read() as session:
        mine = select(func.count()).select_from(messages).where(messages.c.state == "accepted", messages.c.run_id.in_(run_ids))
        sent: int = session.execute(mine).scalar_one()
    return sent
