"""Temporal servers for tests: one whose clock tests move, and a real local one."""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from runtime import temporal


def program(name: str) -> str:
    """A program of a wheel, beside this Python."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"{name} is not installed"
    return found


@asynccontextmanager
async def time_skipping() -> AsyncIterator[tuple[WorkflowEnvironment, Client]]:
    """The test server whose clock only moves when told (`env.sleep`), and a plain client that never moves it."""
    async with await WorkflowEnvironment.start_time_skipping(test_server_existing_path=program("temporal-test-server")) as env:
        client = await Client.connect(env.client.service_client.config.target_host, data_converter=pydantic_data_converter)
        await temporal.register_search_attributes(client)
        yield env, client


@asynccontextmanager
async def real() -> AsyncIterator[Client]:
    """The real server in memory, on a free port."""
    extra = ["--dynamic-config-value", 'history.timerProcessorMaxTimeShift="1ms"']
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=program("temporal"),
        dev_server_log_level="error",
        dev_server_extra_args=extra,
        data_converter=pydantic_data_converter,
    ) as env:
        await temporal.register_search_attributes(env.client)
        yield env.client
