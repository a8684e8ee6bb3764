"""An installation to measure: PostgreSQL, a real local Temporal with a file behind it, and the product's own processes."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from database import definitions
from database.engine import Database
from runtime import folders, local_temporal, temporal
from runtime.children import Child, free_port
from tests.installation import ROOT, START, Clock, prepare
from tests.postgres import PostgresServer

# A mail at once and one on each of the next seven working days: eight touchpoints, each a turn, and a timer before each.
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
STARTS_WITHIN_SECONDS = 30.0


@dataclass
class RealClock(Clock):
    """The machine's time. It moves by itself; `now` stays at what it was first."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Server:
    """A Temporal server: where it is, a client of it, and the file it keeps everything in."""

    address: str
    client: Client
    file: Path


@contextmanager
def postgres_database(journey: str | None = JOURNEY) -> Iterator[Database]:
    """A database with everything published and a team; `journey` takes the place of onboarding."""
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
async def local_server() -> AsyncIterator[Server]:
    """The Temporal that `make run` starts, on a free port, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as folder:
        port = free_port(27233)
        address = f"127.0.0.1:{port}"
        with running(local_temporal.child(Path(folder), port, free_port(port + 100))):
            await local_temporal.until_healthy(address, STARTS_WITHIN_SECONDS)
            client = await Client.connect(address, data_converter=pydantic_data_converter)
            await temporal.register_search_attributes(client)
            # The server answers before it can start workflows.
            await asyncio.sleep(1)
            yield Server(address, client, Path(folder) / "temporal.db")


@contextmanager
def product(command: Sequence[str], database: Database, server: Server, mail: str = "") -> Iterator[Child]:
    """One of `tenure`'s long-running processes. Mail goes to the SendGrid at the address `mail`, else to the outbox."""
    env = {
        "TENURE_DATABASE_URL": database.url, "TEMPORAL_ADDRESS": server.address, "TENURE_DEFINITIONS": str(ROOT),
        "TENURE_SENDGRID_API_KEY": "SG.bench" if mail else "", "TENURE_SENDGRID_HOST": mail, "TENURE_SMTP_HOST": "",
        "TENURE_SLACK_BOT_TOKEN": "",
    }  # fmt: skip
    child = Child(command[0], [sys.executable, "-m", "runtime.cli", *command], server.file.parent / f"{command[0]}.log", env)
    with running(child):
        yield child


@contextmanager
def running(child: Child) -> Iterator[Child]:
    child.start()
    try:
        yield child
    finally:
        child.stop()


def must_live(child: Child) -> None:
    """Raises RuntimeError with the last words of a child that died."""
    if not child.is_alive():
        raise RuntimeError(f"the {child.name} does not stay up:\n{child.last_words()}")
