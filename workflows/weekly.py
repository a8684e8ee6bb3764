"""The weekly look at every account's health, started by a Temporal Schedule."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from domain.protocol import READ_HEALTH, WEEKLY_HEALTH, HealthPage, HealthPageRead

PAGE_TAKES_AT_MOST = timedelta(minutes=5)
PAGES_A_RUN = 200


@workflow.defn(name=WEEKLY_HEALTH)
class WeeklyHealth:
    @workflow.run
    async def run(self, page: HealthPage) -> int:
        read = 0
        for _ in range(PAGES_A_RUN):
            done: HealthPageRead = await workflow.execute_activity(
                READ_HEALTH,
                page.model_copy(update={"now": workflow.now()}),
                result_type=HealthPageRead,
                start_to_close_timeout=PAGE_TAKES_AT_MOST,
                retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
            )
            read += done.read
            if done.last is None:
                return read
            page = page.model_copy(update={"after": done.last})
        workflow.continue_as_new(page)
