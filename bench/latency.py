"""From the API's answer to a signup until the provider has accepted that customer's first mail.

API and worker are the product's own processes on PostgreSQL, the provider a fake SendGrid over HTTP; each mail is matched to its
signup by its recipient. Beside it, signup by signup on the same server: from asking for a bare workflow to its first activity, which
is as far as Temporal goes by itself. One at a time, so this is the wait of a customer and not of a queue.
"""

from __future__ import annotations

import asyncio
import statistics
import time
import uuid
from collections.abc import Sequence

import httpx2
from temporalio import activity
from temporalio.client import Client

from bench import bare
from bench.bare import Bare, BareOrder
from bench.figures import Figure, Findings
from bench.installation import RealClock, local_server, must_live, postgres_database, product
from bench.progress import Progress
from runtime.children import Child, free_port
from tests import fakes
from tests.installation import Installation

SIGNUPS = 60
UNCOUNTED = 5  # what is compiled, connected and cached at first use is not every customer's wait
PATIENCE_SECONDS = 30.0
LOOKS_EVERY_SECONDS = 0.001


async def measure(progress: Progress) -> Findings:
    ours: list[float] = []
    bares: list[float] = []
    progress.say("getting ready")
    provider = fakes.sendgrid()
    try:
        with postgres_database(journey=None) as database:
            installation = Installation(database, RealClock())
            port = free_port(28321)
            async with local_server() as server:
                with product(["worker"], database, server, provider.url), product(["api", "--port", str(port)], database, server) as api:
                    headers = {"Authorization": f"Bearer {installation.secret}"}
                    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=10) as client:
                        await _until_ready(client, api)
                        yardstick = _Yardstick(server.client)
                        async with bare.worker(server.client, "bare", yardstick.activity()):
                            for number in range(SIGNUPS + UNCOUNTED):
                                progress.say("signing up, one after the other", number, SIGNUPS + UNCOUNTED)
                                ours.append(await _first_mail(client, provider, f"account{number}"))
                                bares.append(await yardstick.first_activity())
    finally:
        provider.stop()
    ours, bares = ours[UNCOUNTED:], bares[UNCOUNTED:]
    return Findings(
        [
            Figure("signup_to_first_mail.p50", _percentile(ours, 50), "ms", _percentile(bares, 50), "≤ 500 ms"),
            Figure("signup_to_first_mail.p95", _percentile(ours, 95), "ms", _percentile(bares, 95)),
        ]
    )


async def _until_ready(client: httpx2.AsyncClient, api: Child) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            must_live(api)
            try:
                if (await client.get("/readyz")).status_code == 200:
                    return
            except httpx2.HTTPError:
                pass
            await asyncio.sleep(0.1)


async def _first_mail(client: httpx2.AsyncClient, provider: fakes.Provider, account: str) -> float:
    """Seconds."""
    address = f"ann@{account}.example.com"
    signup = {
        "id": f"signup-{account}", "name": "signed_up",
        "account": {"id": account, "name": account.capitalize(), "time_zone": "Europe/Berlin", "country": "DE", "owner": "csm"},
        "contacts": [{"id": f"{account}-ann", "name": "Ann Lee", "email": address, "roles": ["champion", "admin"]}],
        "contract": {"id": f"{account}-1", **_a_year_from_today()},
    }  # fmt: skip
    answer = await client.post("/v1/events", json=signup)
    answered = time.perf_counter()
    assert answer.status_code in (200, 202), answer.text
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not any(mail.to == address for mail in provider.accepted):
            await asyncio.sleep(LOOKS_EVERY_SECONDS)
    return time.perf_counter() - answered


def _a_year_from_today() -> dict[str, str]:
    today = RealClock()().date()
    return {"starts_on": today.isoformat(), "ends_on": today.replace(year=today.year + 1, day=min(today.day, 28)).isoformat()}


class _Yardstick:
    """Bare workflows whose activity notes when it was called."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.called = asyncio.Event()
        self.called_at = 0.0
        self.loop = asyncio.get_running_loop()

    def activity(self) -> bare.Activity:
        @activity.defn(name="nothing")
        def note(number: int) -> int:
            self.called_at = time.perf_counter()
            self.loop.call_soon_threadsafe(self.called.set)
            return number

        return note

    async def first_activity(self) -> float:
        """Seconds."""
        self.called.clear()
        began = time.perf_counter()
        handle = await self.client.start_workflow(Bare.run, BareOrder(rounds=1), id=uuid.uuid4().hex, task_queue="bare")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.called.wait()
            await handle.result()
        return self.called_at - began


def _percentile(seconds: Sequence[float], percent: int) -> float:
    """Milliseconds."""
    return statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1] * 1000
