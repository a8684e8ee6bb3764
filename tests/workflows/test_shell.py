"""The shell: it sleeps, listens, asks for the next turn, and keeps what Temporal stores of it small."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from tests.temporal import time_skipping
from tests.workflows.histories import LONG_DETAILS
from tests.workflows.scripted import Script, begin, broken, listen, nudge, over, rest, worker

SANDBOX = SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules("pydantic", "domain"))
RUNNERS = pytest.mark.parametrize("runner", [UnsandboxedWorkflowRunner(), SANDBOX], ids=["unsandboxed", "sandboxed"])


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)


async def events(client: Client, handle: WorkflowHandle[object, str]) -> list[str]:
    history = await client.get_workflow_handle(handle.id).fetch_history()
    return [EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in history.events]


async def start(env: WorkflowEnvironment, client: Client) -> WorkflowHandle[object, str]:
    return await begin(client, "run", await env.get_current_time())


@RUNNERS
async def test_a_turn_is_named_for_the_step_that_is_due(runner: WorkflowRunner) -> None:
    script = Script(rest("task", "task-welcome-call", days=1), over())
    async with time_skipping() as (env, client), worker(client, script, runner):
        handle = await start(env, client)
        await until(lambda: len(script.asked) == 1)
        await asyncio.sleep(0.2)
        await env.sleep(timedelta(days=1))
        assert await handle.result() == "completed"
    assert [verb for verb, _ in script.asked] == ["enter", "task"]
    assert script.asked[1][1].now - script.asked[0][1].now >= timedelta(days=1)


@RUNNERS
async def test_a_nudge_wakes_a_run_that_sleeps_for_a_month(runner: WorkflowRunner) -> None:
    script = Script(rest(days=30), over("left"))
    async with time_skipping() as (env, client), worker(client, script, runner):
        handle = await start(env, client)
        await until(lambda: len(script.asked) == 1)
        await asyncio.sleep(0.2)
        await nudge(handle)
        await until(lambda: len(script.asked) == 2)
        assert await handle.result() == "left"
    assert script.asked[1][1].now - script.asked[0][1].now < timedelta(minutes=1)


async def test_a_timer_is_kept_while_its_moment_stays_the_same() -> None:
    script = Script()
    async with time_skipping() as (env, client), worker(client, script):
        moment = await env.get_current_time() + timedelta(hours=20)
        script.answers = [lambda now: rest(hours=20)(moment - timedelta(hours=20))]  # type: ignore[operator]  # rest() gives a callable
        handle = await start(env, client)
        await until(lambda: len(script.asked) == 1)
        await asyncio.sleep(0.2)
        for turns in (2, 3):
            await nudge(handle)
            await until(partial(script.has_been_asked, turns))
            await asyncio.sleep(0.2)
        assert (await events(client, handle)).count("TIMER_STARTED") == 1


async def test_a_run_that_listens_sets_no_timer() -> None:
    script = Script(listen(), over())
    async with time_skipping() as (env, client), worker(client, script):
        handle = await start(env, client)
        await until(lambda: len(script.asked) == 1)
        await asyncio.sleep(0.2)
        assert "TIMER_STARTED" not in await events(client, handle)
        await nudge(handle)
        assert await handle.result() == "completed"


async def test_a_long_rest_begins_with_a_clean_history_and_loses_no_nudge() -> None:
    script = Script(rest(days=2, details=LONG_DETAILS))
    async with time_skipping() as (env, client), worker(client, script):
        handle = await start(env, client)
        for turns in range(1, 8):
            await until(partial(script.has_been_asked, turns))
            await asyncio.sleep(0.2)
            await env.sleep(timedelta(days=2))
        await until(lambda: len(script.asked) >= 8)
        await asyncio.sleep(0.3)
        latest = client.get_workflow_handle(handle.id)
        description = await latest.describe()
        assert description.run_id != handle.result_run_id
        assert description.raw_description.workflow_execution_info.history_length < 30
        asked = len(script.asked)
        await latest.signal("nudge")
        await until(lambda: len(script.asked) == asked + 1)


async def test_a_turn_that_cannot_be_taken_is_asked_again_with_the_time_it_is_then() -> None:
    script = Script(broken())
    async with time_skipping() as (env, client), worker(client, script):
        await start(env, client)
        await until(lambda: bool(script.asked))
        first = script.asked[0][1].now
        for _ in range(30):
            await env.sleep(timedelta(seconds=30))
            await asyncio.sleep(0.05)
        script.answers = [over()]
        for _ in range(5):
            await env.sleep(timedelta(seconds=30))
            await asyncio.sleep(0.05)
        await until(lambda: script.asked[-1][1].now > first)
    assert script.asked[-1][1].now - first >= timedelta(minutes=9)  # Temporal gives up where the next try would be too late
