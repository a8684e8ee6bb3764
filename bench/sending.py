"""Touchpoints a second through SendGrid's client, to a fake that takes 50 ms, on PostgreSQL and a Temporal of its own.

`python -m bench BEFORE` runs this in another commit's checkout too, so it uses only what commits have had for long.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bench import throughput
from bench.figures import Figure, Findings
from bench.installation import local_server, postgres_database
from bench.progress import Progress
from channels.sendgrid import SendGrid
from tests.e2e.conductor import START
from tests.fakes import Fault, sendgrid
from tests.installation import Clock, Installation

ANSWERS_AFTER_SECONDS = 0.05


async def measure(progress: Progress) -> Findings:
    progress.say("mail through SendGrid")
    provider = sendgrid()
    provider.fault = lambda: Fault(accepts=True, hold_seconds=ANSWERS_AFTER_SECONDS)
    try:
        with postgres_database() as database:
            async with local_server() as server:
                installation = Installation(database, Clock(START))
                installation.channels = replace(installation.channels, mail=SendGrid("SG.bench", provider.url))
                if hire := getattr(installation, "hire", None):  # an older commit's begins without a team
                    await asyncio.to_thread(hire)
                rate = await throughput._tenure(server.client, installation, 1)
    finally:
        provider.stop()
    assert max(provider.counts().values()) == 1
    return Findings([Figure("sent_per_second", rate, "1/s")])
