"""Connecting to Temporal, and telling it of runs."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    WorkflowFailureError,
)  # fmt: skip
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.ledger import Nudge
from domain.protocol import NUDGE, PROBE, SEARCH_ATTRIBUTES, TASK_QUEUE, WEEKLY_HEALTH, HealthPage
from runtime import local_temporal
from runtime.local_temporal import NoTemporal
from runtime.settings import Settings

log = structlog.get_logger()

TOLD_WITHIN = timedelta(seconds=10)  # what Temporal has not heard by then, a sweep tells again
CONNECTED_WITHIN = 10.0  # seconds
PROBE_WITHIN = timedelta(seconds=5)


async def connect(settings: Settings) -> Client:
    """By environment variables or a profile file, else the local Temporal that `tenure up` started last. Raises NoTemporal."""
    config = ClientConfig.load_client_connect_config()
    is_local = not config.get("target_host")
    if is_local:
        config["target_host"] = local_temporal.last_address(settings.home)
    try:
        async with asyncio.timeout(CONNECTED_WITHIN):
            return await Client.connect(**config, data_converter=pydantic_data_converter)
    except TimeoutError:
        raise NoTemporal(f"Temporal at {config.get('target_host')} gave no answer within {CONNECTED_WITHIN:.0f} s") from None
    except RuntimeError:
        if is_local:
            raise NoTemporal("Tenure is not running here; start it with 'tenure up'") from None
        raise


async def connect_patiently(settings: Settings, within: float = 60.0) -> Client:
    """The same, trying for a while: a server that is just starting refuses connections."""
    deadline = asyncio.get_running_loop().time() + within
    while True:
        try:
            return await connect(settings)
        except RuntimeError as error:
            if asyncio.get_running_loop().time() > deadline:
                raise
            log.warning("Temporal does not answer yet", error=str(error).splitlines()[0])
            await asyncio.sleep(0.2)


async def probe(client: Client) -> dict[str, str]:
    """Whether Temporal takes a workflow and a worker carries it out: `ok` for each, or what was found instead."""
    try:
        handle = await client.start_workflow(
            PROBE, id=f"probe/{uuid.uuid4().hex}", task_queue=TASK_QUEUE, execution_timeout=PROBE_WITHIN, rpc_timeout=PROBE_WITHIN
        )
    except RPCError as error:
        hung = error.status in (RPCStatusCode.CANCELLED, RPCStatusCode.DEADLINE_EXCEEDED)
        return {"temporal": f"no answer within {PROBE_WITHIN.seconds} s" if hung else error.message, "worker": "not asked"}
    try:
        async with asyncio.timeout(PROBE_WITHIN.total_seconds()):
            await handle.result()
    except (TimeoutError, WorkflowFailureError, RPCError):
        return {"temporal": "ok", "worker": f"no answer within {PROBE_WITHIN.seconds} s"}
    return {"temporal": "ok", "worker": "ok"}


async def register_search_attributes(client: Client) -> None:
    """Adds ours; adding them again changes nothing. Temporal Cloud does not let programs do it: there they are added by hand."""
    kinds = {"Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD, "Int": IndexedValueType.INDEXED_VALUE_TYPE_INT}
    wanted = {name: kinds[kind] for name, kind in SEARCH_ATTRIBUTES.items()}
    try:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=wanted)
        )
    except RPCError as error:
        if error.status in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED):
            log.warning("search attributes cannot be added from here; see docs/production.md", error=error.message)
        elif error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise


async def ensure_weekly_health(client: Client, cron: str, zone: str) -> None:
    """One Schedule for everybody, as the settings say now; it pages through the accounts."""
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(WEEKLY_HEALTH, HealthPage(), id=WEEKLY_HEALTH, task_queue=TASK_QUEUE),
        spec=ScheduleSpec(cron_expressions=[cron], time_zone_name=zone),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(days=1)),
    )
    try:
        await client.create_schedule(WEEKLY_HEALTH, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(WEEKLY_HEALTH).update(lambda _: ScheduleUpdate(schedule))


@dataclass(frozen=True)
class Nudger:
    """Tells Temporal of runs, from any thread, without anybody waiting. What fails is logged; the sweep finds it."""

    client: Client
    loop: asyncio.AbstractEventLoop

    def __call__(self, nudges: Iterable[Nudge]) -> None:
        for nudge in nudges:
            asyncio.run_coroutine_threadsafe(self.tell(nudge), self.loop)

    async def tell(self, nudge: Nudge) -> None:
        try:
            await self._start(nudge)
        except WorkflowAlreadyStartedError:
            return  # the run is over, or runs
        except RPCError as error:
            if error.status is not RPCStatusCode.ALREADY_EXISTS:
                log.warning("Temporal did not hear of a run", workflow=nudge.workflow_id, error=error.message)

    async def _start(self, nudge: Nudge) -> None:
        # A wake-up is signal-with-start: one call that also begins a run which Temporal has lost.
        await self.client.start_workflow(
            nudge.workflow_type,
            nudge.order,
            id=nudge.workflow_id,
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            start_signal=None if nudge.begins else NUDGE,
            search_attributes=_attributes(nudge),
            rpc_timeout=TOLD_WITHIN,
        )


def _attributes(nudge: Nudge) -> TypedSearchAttributes:
    pairs: list[SearchAttributePair[str] | SearchAttributePair[int]] = []
    for name, value in nudge.attributes.items():
        if isinstance(value, int):
            pairs.append(SearchAttributePair(SearchAttributeKey.for_int(name), value))
        elif value:
            pairs.append(SearchAttributePair(SearchAttributeKey.for_keyword(name), value))
    return TypedSearchAttributes(pairs)
