"""The worker: takes turns for Temporal, and sweeps."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkflowRunner

from activities import complaining
from activities.doubts import Doubts
from activities.health import Health
from activities.ledger import Office
from activities.queueing import Queues
from activities.sweep import Sweep
from activities.turn import Nudges, Turns
from channels.channel import Channels
from database import installations
from database.definitions import NotPublished
from database.engine import Database
from domain.faults import FaultyText
from domain.language import VERBS
from domain.protocol import ENTER, PROBE, TASK_QUEUE
from runtime.version import VERSION
from workflows.probe import Probe
from workflows.run import RunWorkflow
from workflows.weekly import WeeklyHealth

log = structlog.get_logger()

# The names a turn goes by in Temporal's history: the verb of the step that is due, and what no step does.
TURN_NAMES = (*VERBS, ENTER, "resume", "tell", "climb")
GRACE = timedelta(seconds=10)
LOOK_EVERY = timedelta(minutes=10)
COUNT_EVERY = timedelta(hours=1)


@activity.defn(name=PROBE)
async def probe() -> str:
    return "ok"


def build(
    client: Client,
    database: Database,
    office: Office,
    channels: Channels,
    nudge: Nudges,
    threads: int = 20,
    task_queue: str = TASK_QUEUE,
    runner: WorkflowRunner | None = None,
    clock: Callable[[], datetime] | None = None,
) -> Worker:
    """A worker that takes turns. Unsandboxed: the shell imports nothing that could surprise it, and a test runs it sandboxed."""
    turns = Turns(database, office, channels, nudge, clock) if clock else Turns(database, office, channels, nudge)
    activities: list[Callable[..., Any]] = [turns.activity(name) for name in TURN_NAMES]
    activities += [Health(database, office, nudge).read_page, probe]
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[RunWorkflow, WeeklyHealth, Probe],
        activities=activities,
        activity_executor=ThreadPoolExecutor(threads, thread_name_prefix="turn"),
        max_concurrent_activities=threads,
        max_cached_workflows=2000,
        workflow_runner=runner or UnsandboxedWorkflowRunner(),
        graceful_shutdown_timeout=GRACE,
        build_id=VERSION,  # else Temporal reads and hashes every module there is, for a second or two at each start
    )


async def sweep_for_ever(
    sweep: Sweep, clock: Callable[[], datetime], every: float, doubts: Doubts | None = None, queues: Queues | None = None
) -> None:
    """Sweeps now and then until cancelled; a database that is away is met again at the next round."""
    while True:
        try:
            await asyncio.to_thread(sweep.once, clock())
            if doubts:
                await asyncio.to_thread(doubts.once, clock())
            if queues:
                await asyncio.to_thread(queues.once, clock(), timedelta(seconds=every))
        except (SQLAlchemyError, NotPublished, FaultyText) as error:
            log.warning("the sweep was broken off", error=str(error).splitlines()[0])
        await asyncio.sleep(every)


def look_whose(database: Database, now: datetime) -> None:
    """A copy or an older state of a database must not send: it does not know what the other has sent since."""
    standing = installations.recognise(database, now)
    if not standing.armed:
        log.error("sending is disarmed; `tenure arm` arms it", why=standing.why, since=f"{standing.since:%Y-%m-%d %H:%M} UTC")


async def count_complaints_for_ever(
    database: Database, office: Office, clock: Callable[[], datetime], every: timedelta = COUNT_EVERY
) -> None:
    """Again and again until cancelled: a rate also grows where less is sent. New spam reports are counted as they come in."""
    while True:
        try:
            await asyncio.to_thread(complaining.look, database, office, clock())
        except (SQLAlchemyError, FaultyText) as error:
            log.warning("spam reports could not be counted", error=str(error).splitlines()[0])
        await asyncio.sleep(every.total_seconds())


async def look_for_ever(database: Database, clock: Callable[[], datetime], every: timedelta = LOOK_EVERY) -> None:
    """Again and again, so that what is left beside a database is newer than its last backup."""
    while True:
        await asyncio.sleep(every.total_seconds())
        with contextlib.suppress(SQLAlchemyError):
            await asyncio.to_thread(look_whose, database, clock())
