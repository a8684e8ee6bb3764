"""The long-running processes: worker and API. Each ends well on SIGTERM and SIGINT."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import signal
import sys

import structlog
import uvicorn

from activities.doubts import Doubts
from activities.queueing import Queues
from activities.sweep import Sweep
from runtime import parts, server, temporal
from runtime import worker as working
from runtime.settings import Settings

log = structlog.get_logger()


def set_up_logs(as_json: bool) -> None:
    faulthandler.enable()
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            renderer,
        ]
    )
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # At DEBUG this one logs the API key and every mail's body.
    logging.getLogger("python_http_client").setLevel(logging.WARNING)


def _asked_to_stop() -> asyncio.Event:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, asked.set)
    return asked


async def worker(settings: Settings) -> None:
    """Raises WrongShape for a database of another version, and what Temporal's client raises when nobody answers."""
    set_up_logs(settings.log_json)
    asked = _asked_to_stop()
    database = parts.migrated_database(settings)
    client = await temporal.connect_patiently(settings)
    await temporal.register_search_attributes(client)
    await temporal.ensure_weekly_health(client, settings.weekly_health, settings.weekly_health_zone)
    office, nudger = parts.office(), temporal.Nudger(client, asyncio.get_running_loop())
    await asyncio.to_thread(working.look_whose, database, parts.now())  # before anything can be sent
    channels = parts.channels(settings)
    running = working.build(client, database, office, channels, nudger, settings.worker_threads)
    doubts = Doubts(database, office, channels, parts.now)
    sweep, queues = Sweep(database, office, nudger), Queues(database, office, channels, nudger)
    sweeping = asyncio.create_task(working.sweep_for_ever(sweep, parts.now, settings.sweep_seconds, doubts, queues))
    looking = asyncio.create_task(working.look_for_ever(database, parts.now))
    counting = asyncio.create_task(working.count_complaints_for_ever(database, office, parts.now))
    async with running:
        log.info("worker ready", database=database.engine.dialect.name, temporal=client.service_client.config.target_host)
        await asked.wait()
        log.info("worker stopping")
        sweeping.cancel()
        looking.cancel()
        counting.cancel()
    database.close()


async def api(settings: Settings, host: str, port: int) -> None:
    """Raises WrongShape for a database of another version, and what Temporal's client raises when nobody answers."""
    set_up_logs(settings.log_json)
    database = parts.migrated_database(settings)
    client = await temporal.connect_patiently(settings)
    nudger = temporal.Nudger(client, asyncio.get_running_loop())
    names, signatures, links = settings.console_names(host), parts.signatures(settings), parts.links(settings)
    app = server.build(database, parts.office(), nudger, parts.now, client, names, signatures, links, parts.erasure_log(settings).add)
    config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", server_header=False, date_header=True, timeout_graceful_shutdown=5
    )
    await uvicorn.Server(config).serve()
    database.close()
