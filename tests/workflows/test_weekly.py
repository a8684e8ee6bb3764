"""The weekly reading of health, on a real server: the test server has no Schedules."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, select

from activities.health import PAGE
from channels.channel import Channels
from channels.outbox import Outbox
from database.engine import Database
from database.tables import ReadingRow, table
from domain.protocol import WEEKLY_HEALTH
from runtime import worker
from runtime.temporal import Nudger, ensure_weekly_health
from tests.installation import Installation
from tests.temporal import real

readings = table(ReadingRow)


def count(database: Database) -> int:
    with database.read() as session:
        return int(session.execute(select(func.count()).select_from(readings)).scalar_one())


async def test_every_account_is_read_when_the_schedule_fires(quick_installation: Installation) -> None:
    installation = quick_installation
    accounts = PAGE + 2  # more than a page
    for number in range(accounts):
        body = {"name": f"Account {number}", "time_zone": "Europe/Berlin", "country": "DE", "owner": "csm"}
        answer = await asyncio.to_thread(installation.client.put, f"/v1/accounts/account-{number:03}", json=body)
        assert answer.status_code in (200, 201), answer.text
    before = count(installation.database)
    outbox = Outbox()
    async with real() as client:
        nudger = Nudger(client, asyncio.get_running_loop())
        await ensure_weekly_health(client, "0 6 * * MON", "Europe/Berlin")
        async with worker.build(client, installation.database, installation.office, Channels(outbox, outbox, outbox), nudger):
            await client.get_schedule_handle(WEEKLY_HEALTH).trigger()
            async with asyncio.timeout(30):
                while await asyncio.to_thread(count, installation.database) < before + accounts:
                    await asyncio.sleep(0.05)


async def test_the_schedule_is_what_the_settings_say_now() -> None:
    async with real() as client:
        await ensure_weekly_health(client, "0 6 * * MON", "Europe/Berlin")
        await ensure_weekly_health(client, "0 6 * * MON", "Europe/Berlin")
        first = await client.get_schedule_handle(WEEKLY_HEALTH).describe()
        await ensure_weekly_health(client, "30 7 * * TUE", "America/New_York")
        changed = await client.get_schedule_handle(WEEKLY_HEALTH).describe()
    assert [run.weekday() for run in first.info.next_action_times[:3]] == [0, 0, 0]
    assert [run.weekday() for run in changed.info.next_action_times[:3]] == [1, 1, 1]
    assert changed.schedule.spec.time_zone_name == "America/New_York"
