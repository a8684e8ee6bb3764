"""What a sleeping run costs: a worker's memory and Temporal's disk, next to a bare workflow that sleeps as long.

Onboarding runs of signed-up customers, each after its first turn and mail, in the product's own worker process; the bare ones in a
worker process of their own. Both are measured as the growth from FEW to MANY of them, so that what a worker takes to start with is
not counted. Memory is the process's resident set. Disk is the used pages of the server's database file once its log is written back
and finished work is cleared away. History is what the server says one run has, asleep after its first turn.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import func, select
from temporalio.client import Client

from bench.bare import Bare, BareOrder
from bench.figures import Figure, Findings
from bench.installation import RealClock, Server, local_server, must_live, postgres_database, product, running
from bench.progress import Progress
from database.engine import Database
from database.tables import EnrollmentRow, MessageRow, table
from runtime.children import Child
from runtime.temporal import Nudger
from tests.installation import Installation

enrollments, messages = table(EnrollmentRow), table(MessageRow)

FEW, MANY = 200, 1000
AT_ONCE = 20
SLEEPS_SECONDS = 72_000
EVENTS_TO_SLEEP = 11  # the start, two workflow tasks and an activity of three events each, and the timer
SETTLES_SECONDS = 20.0  # the server clears finished tasks away every few seconds
PATIENCE_SECONDS = 300.0

Start = Callable[[int], Awaitable[None]]
CountAsleep = Callable[[], Awaitable[int]]


async def measure(progress: Progress) -> Findings:
    ours, bare = await _tenure(progress), await _bare(progress)
    return Findings(
        [
            Figure("worker_memory_per_sleeping_run", ours[0], "KB", bare[0]),
            Figure("temporal_disk_per_run", ours[1], "KB", bare[1]),
            Figure("history_after_first_turn", ours[2], "KB", bare[2]),
        ]
    )


async def _tenure(progress: Progress) -> tuple[float, float, float]:
    progress.say("Tenure: getting ready")
    with postgres_database(journey=None) as database:
        async with local_server() as server:
            installation = Installation(database, RealClock())
            installation.tell_temporal(Nudger(server.client, asyncio.get_running_loop()))

            async def sign_up(number: int) -> None:
                await asyncio.to_thread(installation.sign_up, f"account{number}")

            with product(["worker"], database, server) as worker:
                memory, disk = await _growth(progress, "Tenure", worker, server, sign_up, lambda: asyncio.to_thread(_asleep, database))
                return memory, disk, await _history(server.client, installation.nudges[-1].workflow_id)


def _asleep(database: Database) -> int:
    """Runs that have sent their first mail and wait for the next step."""
    with database.read() as session:
        waiting = select(enrollments.c.id).where(enrollments.c.running.is_(True), enrollments.c.verb != "enter")
        sent = select(messages.c.run_id).where(messages.c.state == "accepted")
        found: int = session.execute(select(func.count()).select_from(waiting.intersect(sent).subquery())).scalar_one()
    return found


async def _bare(progress: Progress) -> tuple[float, float, float]:
    progress.say("bare: getting ready")
    async with local_server() as server:
        client = server.client
        awake: set[str] = set()
        slept: set[str] = set()

        async def start(number: int) -> None:
            order = BareOrder(rounds=1, sleep_seconds=SLEEPS_SECONDS)
            await client.start_workflow(Bare.run, order, id=_name(number), task_queue="bare")
            awake.add(_name(number))

        async def asleep() -> int:
            for name in list(awake):
                if (await client.get_workflow_handle(name).describe()).history_length >= EVENTS_TO_SLEEP:
                    awake.discard(name)
                    slept.add(name)
            return len(slept)

        command = [sys.executable, "-m", "bench.bare", server.address, "bare"]
        with running(Child("bare worker", command, server.file.parent / "bare.log")) as worker:
            memory, disk = await _growth(progress, "bare", worker, server, start, asleep)
            return memory, disk, await _history(client, _name(0))


def _name(number: int) -> str:
    return f"bare/{number:032x}"


async def _growth(
    progress: Progress, name: str, worker: Child, server: Server, start: Start, count_asleep: CountAsleep
) -> tuple[float, float]:
    """Kilobytes of the worker's memory and of Temporal's file a run."""
    limit = asyncio.Semaphore(AT_ONCE)
    measured = []

    async def one(number: int) -> None:
        async with limit:
            await start(number)
            progress.say(f"{name}: putting runs to sleep", number + 1, MANY)

    for first, last in ((0, FEW), (FEW, MANY)):
        await asyncio.gather(*(one(number) for number in range(first, last)))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (asleep := await count_asleep()) < last:
                must_live(worker)
                progress.say(f"{name}: waiting until they sleep", asleep, last)
                await asyncio.sleep(0.5)
        progress.say(f"{name}: waiting for the dust to settle")
        await asyncio.sleep(SETTLES_SECONDS)
        measured.append((_memory(worker), await asyncio.to_thread(_disk, server.file)))
    (memory_few, disk_few), (memory_many, disk_many) = measured
    return (memory_many - memory_few) / (MANY - FEW), (disk_many - disk_few) / (MANY - FEW)


async def _history(client: Client, workflow_id: str) -> float:
    described = await client.get_workflow_handle(workflow_id).describe()
    return described.raw_description.workflow_execution_info.history_size_bytes / 1024


def _memory(worker: Child) -> float:
    assert worker.process
    pages = Path(f"/proc/{worker.process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1024


def _disk(file: Path) -> float:
    with closing(sqlite3.connect(file, timeout=30)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size, pages, free = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count", "freelist_count"))
        return float(size * (pages - free)) / 1024
