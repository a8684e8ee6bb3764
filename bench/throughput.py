"""Touchpoints a second, alternating with the bare workflow on the same server: the same timers, empty activities."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.turn import Turns
from bench.bare import Bare, BareOrder, nothing
from bench.figures import Figure
from bench.installation import TOUCHPOINTS, an_installation, folder, local_server, postgres_database
from database import runs
from database.engine import Database
from database.tables import MessageRow, table
from domain.protocol import TurnOrder, Wait
from runtime.worker import TURN_NAMES
from tests.installation import Installation
from workflows.run import RunWorkflow

messages = table(MessageRow)
IN_FLIGHT = 60
ALTERNATIONS = 3
THREADS = 20


class Hurried:
    """The turn with days pressed into milliseconds: it is told the moment it was due, and its run sleeps a millisecond."""

    def __init__(self, turns: Turns, database: Database) -> None:
        self.turns = turns
        self.database = database

    def activity(self, verb: str) -> Callable[[TurnOrder], Wait]:
        @activity.defn(name=verb)
        def take(order: TurnOrder) -> Wait:
            with self.database.read() as session:
                row = runs.enrollment(session, order.run_id)
            assert row is not None
            wait = self.turns.take(order.model_copy(update={"now": row.wake_at}))
            return wait if wait.until is None else wait.model_copy(update={"until": _soon(order.now)})

        return take


def _soon(now: datetime) -> datetime:
    return now + timedelta(milliseconds=1)


async def measure() -> list[Figure]:
    ours: list[float] = []
    bares: list[float] = []
    with folder() as place, postgres_database() as database:
        async with local_server(Path(place)) as client:
            installation = await asyncio.to_thread(an_installation, database, 0)
            for round in range(ALTERNATIONS):
                bares.append(await _bare(client, round))
                ours.append(await _tenure(client, installation, round))
    return [
        Figure("touchpoints per second", statistics.median(ours), "1/s", statistics.median(bares), "≥ 0.6 of bare"),
    ]


async def _bare(client: Client, round: int) -> float:
    queue = f"bare-{round}"
    with ThreadPoolExecutor(THREADS) as threads:
        async with Worker(
            client,
            task_queue=queue,
            workflows=[Bare],
            activities=[nothing],
            activity_executor=threads,
            max_concurrent_activities=THREADS,
            workflow_runner=UnsandboxedWorkflowRunner(),
        ):
            began = time.perf_counter()
            await asyncio.gather(
                *(
                    client.execute_workflow(Bare.run, BareOrder(rounds=TOUCHPOINTS), id=f"bare-{round}-{number}", task_queue=queue)
                    for number in range(IN_FLIGHT)
                )
            )
            return IN_FLIGHT * TOUCHPOINTS / (time.perf_counter() - began)


async def _tenure(client: Client, installation: Installation, round: int) -> float:
    queue = f"tenure-{round}"
    installation.nudges.clear()
    for number in range(IN_FLIGHT):
        await asyncio.to_thread(installation.sign_up, f"account{round}x{number}")
    nudges = [nudge for nudge in installation.nudges if nudge.workflow_type == "bench"]
    hurried = Hurried(Turns(installation.database, installation.office, installation.channels, installation.nudge), installation.database)
    with ThreadPoolExecutor(THREADS) as threads:
        worker = Worker(
            client, task_queue=queue, workflows=[RunWorkflow],
            activities=[hurried.activity(name) for name in TURN_NAMES], activity_executor=threads,
            max_concurrent_activities=THREADS, workflow_runner=UnsandboxedWorkflowRunner(),
        )  # fmt: skip
        async with worker:
            began = time.perf_counter()
            handles = await asyncio.gather(
                *(client.start_workflow(nudge.workflow_type, nudge.order, id=nudge.workflow_id, task_queue=queue) for nudge in nudges)
            )
            await asyncio.gather(*(handle.result() for handle in handles))
            seconds = time.perf_counter() - began
    with installation.database.read() as session:
        accepted = (
            select(func.count())
            .select_from(messages)
            .where(messages.c.state == "accepted", messages.c.run_id.in_([nudge.order.run_id for nudge in nudges]))
        )
        sent = session.execute(accepted).scalar_one()
    assert sent == IN_FLIGHT * TOUCHPOINTS, f"{sent} mails left"
    return float(sent) / seconds
