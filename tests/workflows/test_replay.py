"""Runs in flight survive a change of the shell: histories recorded at every kind of rest replay on today's code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.common import RawValue
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner
from temporalio.workflow import NondeterminismError

from domain.protocol import NUDGE, RunOrder, TurnOrder, Wait
from tests.workflows.histories import FOLDER, RESTS
from workflows.probe import Probe
from workflows.run import RunWorkflow
from workflows.weekly import WeeklyHealth

RUNNER = UnsandboxedWorkflowRunner()
RECORDED = sorted(FOLDER.glob("*.json"))


def test_every_kind_of_rest_is_recorded() -> None:
    assert {path.stem for path in RECORDED} >= set(RESTS)


@pytest.mark.parametrize("path", RECORDED, ids=[path.stem for path in RECORDED])
async def test_a_recorded_run_goes_on_under_todays_shell(path: Path) -> None:
    replayer = Replayer(workflows=[RunWorkflow, WeeklyHealth, Probe], data_converter=pydantic_data_converter, workflow_runner=RUNNER)
    await replayer.replay_workflow(history(path))


async def test_a_shell_that_asks_for_something_else_is_found_out() -> None:
    replayer = Replayer(workflows=[ImpatientShell], data_converter=pydantic_data_converter, workflow_runner=RUNNER)
    with pytest.raises(NondeterminismError):
        await replayer.replay_workflow(history(FOLDER / "sleeping.json"))


def history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text())


@workflow.defn(dynamic=True)
class ImpatientShell:
    """What nobody may make of the shell: it asks for another turn before it rests."""

    @workflow.signal(name=NUDGE)
    def nudge(self) -> None:
        return

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> str:
        order = workflow.payload_converter().from_payload(args[0].payload, RunOrder)
        for verb in ("check", "enter"):
            turn = TurnOrder(run_id=order.run_id, kind=order.kind, now=workflow.now())
            await workflow.execute_activity(verb, turn, result_type=Wait, start_to_close_timeout=timedelta(seconds=90))
        return "never"
