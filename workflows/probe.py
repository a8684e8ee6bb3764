"""Shows that a workflow can be started and a worker answers: what /readyz asks for."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

from domain.protocol import PROBE


@workflow.defn(name=PROBE)
class Probe:
    @workflow.run
    async def run(self) -> str:
        answer: str = await workflow.execute_activity(PROBE, result_type=str, start_to_close_timeout=timedelta(seconds=5))
        return answer
