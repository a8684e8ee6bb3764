"""Records the histories that the replay test replays: runs at every kind of rest, as Temporal keeps them.

`python -m tests.workflows.histories` writes them anew. Do that only to add a kind of rest: a history recorded by an older shell is
what proves that a newer one can take its runs over.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from domain.protocol import RunKind
from tests.temporal import time_skipping
from tests.workflows.scripted import Script, begin, broken, listen, nudge, over, rest, worker

FOLDER = Path(__file__).parent / "histories"
Act = Callable[[WorkflowEnvironment, WorkflowHandle[object, str]], Awaitable[None]]

LONG_DETAILS = "- **steps**: send-welcome #1 before until 2030-01-08 08:00 UTC\n" * 12


async def _nothing(env: WorkflowEnvironment, handle: WorkflowHandle[object, str]) -> None:
    await env.sleep(timedelta(seconds=1))


async def _nudged(env: WorkflowEnvironment, handle: WorkflowHandle[object, str]) -> None:
    await nudge(handle)


def _days(count: int) -> Act:
    async def act(env: WorkflowEnvironment, handle: WorkflowHandle[object, str]) -> None:
        for _ in range(count):
            await env.sleep(timedelta(days=1))
            await asyncio.sleep(0.3)

    return act


async def _ten_minutes(env: WorkflowEnvironment, handle: WorkflowHandle[object, str]) -> None:
    for _ in range(24):
        await env.sleep(timedelta(seconds=30))
        await asyncio.sleep(0.05)


# name: what the turns answer, what happens meanwhile, and of which kind the run is
RESTS: dict[str, tuple[Script, Act, RunKind]] = {
    "sleeping": (Script(rest(days=3)), _nothing, RunKind.ENROLLMENT),
    "listening": (Script(listen()), _nothing, RunKind.ENROLLMENT),
    "nudged-and-still-waiting-for-the-same-moment": (Script(rest(days=3), rest(days=3)), _nudged, RunKind.ENROLLMENT),
    "nudged-to-another-moment": (Script(rest(days=3), rest("task", days=9)), _nudged, RunKind.ENROLLMENT),
    "nudged-from-listening-to-sleeping": (Script(listen(), rest(days=2)), _nudged, RunKind.ENROLLMENT),
    "woken-by-its-timer": (Script(rest(days=1), rest("task", days=30)), _days(1), RunKind.ENROLLMENT),
    "continued-as-new": (Script(rest(days=2, details=LONG_DETAILS)), _days(9), RunKind.ENROLLMENT),
    "after-a-turn-that-failed-once": (Script(broken(), rest(days=3)), _days(1), RunKind.ENROLLMENT),
    "a-turn-that-fails-for-long": (Script(broken()), _ten_minutes, RunKind.ENROLLMENT),
    "over": (Script(rest(hours=1), over()), _days(1), RunKind.ENROLLMENT),
    "a-follow-up-sleeping": (Script(rest("climb", "task", days=2)), _nothing, RunKind.FOLLOW_UP),
}


async def record(name: str, env: WorkflowEnvironment, client: Client) -> str:
    """The history of a run brought to this rest, as JSON."""
    script, act, kind = RESTS[name]
    async with worker(client, script):
        handle = await begin(client, name, await env.get_current_time(), kind, "climb" if kind is RunKind.FOLLOW_UP else "enter")
        await _asked(script, 1)
        await act(env, handle)
        await asyncio.sleep(0.5)
        history = await client.get_workflow_handle(name).fetch_history()
        # Where the code lay when it was recorded is nobody's business, and no replay reads it.
        return re.sub(r'"stackTrace": ".*"', '"stackTrace": ""', history.to_json())


async def _asked(script: Script, times: int) -> None:
    async with asyncio.timeout(10):
        while len(script.asked) < times:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)


async def main() -> None:
    logging.disable()
    FOLDER.mkdir(exist_ok=True)
    for name in sys.argv[1:] or RESTS:
        async with time_skipping() as (env, client):
            (FOLDER / f"{name}.json").write_text(await record(name, env, client) + "\n")
            sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    asyncio.run(main())
