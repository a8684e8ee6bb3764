"""A worker whose turns answer from a script: for looking at the shell alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkflowRunner

from domain.protocol import NUDGE, RunKind, RunOrder, TurnOrder, Wait
from workflows.probe import Probe
from workflows.run import RunWorkflow
from workflows.weekly import WeeklyHealth

QUEUE = "scripted"
Answer = Callable[[datetime], Wait] | Exception


class Script:
    """Answers turns in order; the last answer is given again and again. `asked` is what the shell asked for."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, TurnOrder]] = []

    def has_been_asked(self, times: int) -> bool:
        return len(self.asked) >= times

    def activities(self) -> list[Callable[[TurnOrder], Wait]]:
        def named(verb: str) -> Callable[[TurnOrder], Wait]:
            @activity.defn(name=verb)
            def take(order: TurnOrder) -> Wait:
                self.asked.append((verb, order))
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if isinstance(answer, Exception):
                    raise answer
                return answer(order.now)

            return take

        return [named(verb) for verb in ("enter", "send", "task", "check", "wait", "climb", "resume")]


def rest(verb: str = "send", step: str = "send-welcome", details: str = "", **ahead: float) -> Answer:
    """The run rests for so long, then takes the turn of that name."""
    return lambda now: Wait(until=now + timedelta(**ahead), verb=verb, step=step, details=details)


def listen(verb: str = "wait", step: str = "wait-for-setup") -> Answer:
    """The run rests until somebody nudges it."""
    return lambda now: Wait(until=None, verb=verb, step=step)


def over(why: str = "completed") -> Answer:
    return lambda now: Wait(over=why)


def broken() -> Answer:
    return ApplicationError("the database is away")


@asynccontextmanager
async def worker(client: Client, script: Script, runner: WorkflowRunner | None = None) -> AsyncIterator[None]:
    with ThreadPoolExecutor(4) as threads:
        async with Worker(
            client, task_queue=QUEUE, workflows=[RunWorkflow, WeeklyHealth, Probe], activities=script.activities(), activity_executor=threads,
            workflow_runner=runner or UnsandboxedWorkflowRunner(), build_id="tests",
        ):  # fmt: skip
            yield


async def begin(
    client: Client, id: str, now: datetime, kind: RunKind = RunKind.ENROLLMENT, verb: str = "enter"
) -> WorkflowHandle[object, str]:
    name = "onboarding" if kind is RunKind.ENROLLMENT else "follow-up"
    handle: WorkflowHandle[object, str] = await client.start_workflow(
        name, RunOrder(run_id=id, kind=kind, wait=Wait(until=now, verb=verb)), id=id, task_queue=QUEUE, result_type=str
    )
    return handle


async def nudge(handle: WorkflowHandle[object, str]) -> None:
    await handle.signal(NUDGE)
