"""From the API's 202 for a signup to the provider's acceptance of the first mail."""

from __future__ import annotations

import asyncio
import statistics
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from bench.bare import Bare, BareOrder, nothing
from bench.figures import Figure
from bench.installation import folder, local_server, postgres_database
from channels.channel import Channels
from channels.outbox import Outbox
from channels.sendgrid import SendGrid
from database.engine import Database
from runtime import worker
from runtime.temporal import Nudger
from tests import fakes
from tests.installation import Installation

SIGNUPS = 40


async def measure() -> list[Figure]:
    provider = fakes.sendgrid()
    try:
        with folder() as place, postgres_database(journey=None) as database:
            async with local_server(Path(place)) as client:
                ours = await _tenure(client, database, provider)
                bare = await _bare(client)
    finally:
        provider.stop()
    return [
        Figure("signup to first mail, p50", statistics.median(ours) * 1000, "ms", statistics.median(bare) * 1000, "≤ 500 ms"),
        Figure("signup to first mail, p95", statistics.quantiles(ours, n=20)[18] * 1000, "ms", statistics.quantiles(bare, n=20)[18] * 1000),
    ]


async def _tenure(client: Client, database: Database, provider: fakes.Provider) -> list[float]:
    installation = Installation(database, channels=Channels(SendGrid("SG.bench", provider.url), Outbox(), Outbox()))
    nudger = Nudger(client, asyncio.get_running_loop())
    installation.tell_temporal(nudger)
    await asyncio.to_thread(installation.hire)
    found = []
    async with worker.build(client, database, installation.office, installation.channels, nudger):
        for number in range(SIGNUPS):
            await asyncio.to_thread(installation.sign_up, f"account{number}")
            answered, before = time.perf_counter(), number
            while len(provider.accepted) <= before:
                await asyncio.sleep(0.002)
            found.append(time.perf_counter() - answered)
            await asyncio.sleep(0.05)
    return found


async def _bare(client: Client) -> list[float]:
    found = []
    with ThreadPoolExecutor(2) as threads:
        async with Worker(
            client,
            task_queue="bare",
            workflows=[Bare],
            activities=[nothing],
            activity_executor=threads,
            workflow_runner=UnsandboxedWorkflowRunner(),
        ):
            for _ in range(SIGNUPS):
                began = time.perf_counter()
                handle = await client.start_workflow(
                    Bare.run, BareOrder(rounds=1, sleep_seconds=0.001), id=uuid.uuid4().hex, task_queue="bare"
                )
                # Until its activity is done, which the first event after it shows.
                while not any(
                    event.HasField("activity_task_completed_event_attributes") for event in (await handle.fetch_history()).events
                ):
                    await asyncio.sleep(0.002)
                found.append(time.perf_counter() - began)
    return found
