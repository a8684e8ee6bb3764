"""The API process: FastAPI, the console, and the answer to whether everything works."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client

import api.app
import console.answering
import console.pages
import console.preferences
from activities.erasing import LogErasure
from activities.ledger import Office
from activities.turn import Nudges
from api.services import Services
from api.webhooks import Signatures
from database import revisions
from database.engine import Database
from domain.links import Links
from runtime.temporal import probe
from runtime.version import VERSION

REMEMBERED_SECONDS = 2.0


@dataclass
class Readiness:
    """Tries everything that an accepted event needs: a write, a workflow start, a worker's answer."""

    database: Database
    client: Client
    _last: tuple[float, dict[str, str]] = field(default=(0.0, {}))

    async def __call__(self) -> dict[str, str]:
        at, found = self._last
        if found and time.monotonic() - at < REMEMBERED_SECONDS:
            return found
        database, temporal = await asyncio.gather(self._database(), probe(self.client))
        found = {"database": database, **temporal}
        self._last = (time.monotonic(), found)
        return found

    async def _database(self) -> str:
        try:
            await asyncio.to_thread(self.database.transact, lambda session: revisions.bump(session, "readiness"))
        except SQLAlchemyError as error:
            return str(error).splitlines()[0]
        return "ok"


def build(
    database: Database,
    office: Office,
    nudge: Nudges,
    clock: Callable[[], datetime],
    client: Client,
    console_names: frozenset[str],
    signatures: Signatures | None = None,
    links: Links | None = None,
    log_erasure: LogErasure | None = None,
) -> FastAPI:
    """The application; the console is part of it under these host names, and not at all where there are none."""
    services = Services(database, office, nudge, clock, Readiness(database, client), links, log_erasure)
    app = api.app.create(services, VERSION, signatures=signatures)
    if links:
        console.preferences.install(app, database, office, clock, links)
        console.answering.install(app, database, office, clock, links, nudge)
    if console_names:
        console.pages.install(app, database, office, clock, console_names)
    return app
