"""Milliseconds until SendGrid has its answer for a batch of a thousand events on PostgreSQL, and until everybody is told of it.

The events are those of 250 mails: processed, delivered, opened, clicked. Every click is told to the run that sent the mail.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from activities.coming_back import ComingBack
from bench.figures import Figure, Findings
from bench.installation import postgres_database
from bench.progress import Progress
from channels import sendgrid_events
from channels.signatures import SendGridSignatures
from database.engine import Database
from database.tables import AccountRow, MessageRow, table
from tests import signing
from tests.installation import START, Installation

TIMES = 10
MAILS = 250
TOLD = ("processed", "delivered", "open", "click")


async def measure(progress: Progress) -> Findings:
    return await asyncio.to_thread(_measure, progress)


def _measure(progress: Progress) -> Findings:
    stored: list[float] = []
    told: list[float] = []
    with postgres_database() as database:
        installation = Installation(database)
        coming_back = ComingBack(database, installation.office, installation.nudge)
        signatures = SendGridSignatures([signing.PUBLIC])
        for number in range(TIMES):
            progress.say("a batch of 1,000 events", number, TIMES, "times")
            body = _batch(database, number)
            signature, timestamp = signing.sendgrid(body, START).values()
            began = time.perf_counter()
            assert signatures.are_good(body, signature, timestamp, START)
            assert coming_back.take("sendgrid", sendgrid_events.read(body), START).new == MAILS * len(TOLD)
            stored.append(time.perf_counter() - began)
            assert coming_back.tell(START) == MAILS
            told.append(time.perf_counter() - began)
    return Findings(
        [
            Figure("webhook_1000_events", statistics.median(stored) * 1000, "ms", aim="≤ 300"),
            Figure("webhook_250_clicks_told", statistics.median(told) * 1000, "ms"),
        ]
    )


def _batch(database: Database, number: int) -> bytes:
    """Mails that have left, to 50 accounts, and what SendGrid tells of them."""
    accounts = [f"account-{number}-{index}" for index in range(50)]
    of_account: dict[str, Any] = {"zone": "Europe/Berlin", "country": "DE", "currency": "EUR", "revision": 0}
    of_mail: dict[str, Any] = {
        "journey": "bench", "step": "send-welcome", "visit": 1, "effect": "send", "audience": "contact", "recipient": "ann",
        "template": "welcome", "mail_class": "onboarding", "operational": True, "state": "accepted", "due_at": START, "planned_at": START,
        "attempts": 1, "repeats": 0,
        "html": "<p>words</p>" * 2000,
    }  # fmt: skip
    ids = [f"mail-{number}-{index}" for index in range(MAILS)]
    with database.write() as session:
        session.execute(
            insert(table(AccountRow)),
            [{**of_account, "id": id, "name": id, "facts": {}, "told_at": {}, "tags": [], "created_at": START} for id in accounts],
        )
        session.execute(
            insert(table(MessageRow)),
            [{**of_mail, "id": id, "run_id": f"run-{id}", "account_id": accounts[index % 50]} for index, id in enumerate(ids)],
        )
    return signing.batch(
        *(
            {
                "event": name, "message_id": id, "timestamp": int((START + timedelta(seconds=order)).timestamp()),
                "email": "ann@example.com", "sg_event_id": f"{id}-{name}", "sg_message_id": f"sg{id}.recvd-5f",
                "useragent": "Mozilla/5.0 (X11; Linux x86_64)",
                "url": "https://example.com",
            }
            for id in ids
            for order, name in enumerate(TOLD)
        )
    )  # fmt: skip
