"""Seconds to forecast two thousand accounts for ninety days, from PostgreSQL, as `tenure forecast` does it in two processes.

The accounts stand where a real ledger left them: a few of every segment lived there, each for another while, and were copied.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import re
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from activities.forecasting import Question
from bench import forecasting
from bench.figures import Figure, Findings
from bench.installation import postgres_database
from bench.progress import Progress
from database.engine import Database
from database.tables import (
    AccountRow,
    ApprovalRow,
    ContactRow,
    ContractRow,
    EnrollmentRow,
    EscalationRow,
    FollowUpRow,
    HoldRow,
    MessageRow,
    NoticeRow,
    PlannedStartRow,
    ReadingRow,
    TaskRow,
    table,
)  # fmt: skip
from tests import living
from tests.installation import Installation

LIVED = 20
COPIES = 100
DAYS = 90
ARR = (90_000, 24_000, 6_000)
APART = timedelta(days=4)  # so many days lie between their signups
ID = re.compile(r"\b(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|account\d+)")
WORDS = ("html", "text", "subject")
# In the order in which they refer to one another.
TABLES = tuple(
    table(row)
    for row in (
        AccountRow, ContactRow, ContractRow, EnrollmentRow, FollowUpRow, PlannedStartRow, MessageRow, TaskRow, ApprovalRow,
        EscalationRow, HoldRow, ReadingRow, NoticeRow,
    )
)  # fmt: skip


async def measure(progress: Progress) -> Findings:
    return await asyncio.to_thread(_measure, progress)


def _measure(progress: Progress) -> Findings:
    with postgres_database(journey=None) as database:
        installation = Installation(database)
        for number in range(LIVED):
            progress.say("accounts that live", number, LIVED, "accounts")
            installation.sign_up(f"account{number}", arr=ARR[number % len(ARR)])
            living.live(installation, installation.clock.now + APART)
        progress.say("copies of them")
        _copy(database)
        question = Question(installation.clock.now, DAYS)
        # As a command does it: in a process that has done nothing else.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            seconds, used, peak = pool.submit(forecasting.forecast, database.url, question, LIVED * COPIES).result()
    return Findings([
        Figure("forecast_2000_accounts", seconds, "s", aim="≤ 30"),
        Figure("forecast_2000_accounts_processor", used, "s of processors"),
        Figure("forecast_2000_accounts_memory", peak, "MB", aim="≤ 500"),
    ])  # fmt: skip


def _copy(database: Database) -> None:
    """Each account so many times, under other ids."""
    with database.write() as session:
        rows = {each.name: [dict(row._mapping) for row in session.execute(select(each))] for each in TABLES}
        for number in range(1, COPIES):
            for each in TABLES:
                if renamed := [_renamed(row, rf"copy{number}-\g<0>") for row in rows[each.name]]:
                    session.execute(insert(each), renamed)


def _renamed(row: Mapping[str, Any], becomes: str) -> dict[str, Any]:
    """A row with other ids, and without the words of a mail; the number of a notice is left to the database."""

    def other(value: Any) -> Any:
        if isinstance(value, str):
            return ID.sub(becomes, value)
        if isinstance(value, dict | list):
            return json.loads(other(json.dumps(value)))
        return value

    return {name: other(value) for name, value in row.items() if not (name in WORDS or (name == "id" and isinstance(value, int)))}
