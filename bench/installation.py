"""An installation to measure: PostgreSQL, a real local Temporal with a file behind it, one worker, the outbox."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from database import definitions
from database.engine import Database
from runtime import folders, local_temporal, temporal
from runtime.children import free_port
from tests.installation import ROOT, START, Installation, prepare
from tests.postgres import PostgresServer

# A mail at once and one on each of the next seven working days: eight touchpoints, each a turn, and a timer between them.
WORKING_DAYS = (1, 2, 3, 4, 7, 8, 9)
TOUCHPOINTS = 1 + len(WORKING_DAYS)
JOURNEY = f"""
journey: bench
title: Bench
for: account
starts: {{on: signed_up, reenter: never}}
anchor: start
class: onboarding
steps:
  - {{send: welcome, at: start, to: champion}}
  - {{id: daily, send: welcome, at: [{", ".join(f"day {number}" for number in WORKING_DAYS)}], to: champion, when: account.training < 1}}
"""


@contextmanager
def postgres_database(journey: str | None = JOURNEY) -> Iterator[Database]:
    """A database with everything published; `journey` takes the place of onboarding."""
    server = PostgresServer()
    try:
        server.execute("CREATE DATABASE bench")
        database = Database(server.url("bench"), pool_size=40)
        prepare(database)
        if journey:
            texts = {key: text for key, text in folders.read(ROOT).items() if key[0] != "journey" or key[1] in ("save", "renewal")}
            texts["journey", "bench"] = journey
            with database.write() as session:
                definitions.publish(session, texts, START)
        yield database
        database.close()
    finally:
        server.stop()


@asynccontextmanager
async def local_server(folder: Path) -> AsyncIterator[Client]:
    """The Temporal that `make run` starts, on a free port, in a folder of its own."""
    port = free_port(27233)
    server = local_temporal.child(folder, port, free_port(port + 100))
    server.start()
    try:
        address = f"127.0.0.1:{port}"
        await local_temporal.until_healthy(address, 30)
        client = await Client.connect(address, data_converter=pydantic_data_converter)
        await temporal.register_search_attributes(client)
        # The server answers before it can start workflows.
        await asyncio.sleep(1)
        yield client
    finally:
        server.stop()


def an_installation(database: Database, accounts: int, first: int = 0) -> Installation:
    """A team, and so many accounts that have signed up."""
    installation = Installation(database)
    installation.hire()
    for number in range(first, first + accounts):
        installation.sign_up(f"account{number}")
    return installation


def folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="tenure-bench-")
