"""Simulated account-days a second on one core: all published journeys of one Enterprise account, decisions recorded.

The account signs up and nothing else is told: our people do promptly what is asked of them, the customer is silent. Seconds are
those of the processor, so that whatever else the machine does is not counted.
"""

from __future__ import annotations

import statistics
import time
from datetime import date, timedelta

from bench.figures import Figure, Findings
from bench.progress import Progress
from database import definitions
from database.definitions import Published
from domain import archetypes
from domain.simulation import World
from runtime import folders
from tests.installation import ROOT

DAYS = 420
TIMES = 25
BEGINS = date(2026, 1, 5)


async def measure(progress: Progress) -> Findings:
    published = definitions.compile_all(folders.read(ROOT))
    rates: list[float] = []
    for number in range(TIMES):
        progress.say(f"{DAYS} days of one account", number, TIMES, "times")
        rates.append(_rate(published))
    return Findings([Figure("simulated_account_days_per_second", statistics.median(rates), "1/s and core", aim="≥ 20,000")])


def _rate(published: Published) -> float:
    now = archetypes.start_of_day(BEGINS)
    world = World(published.house, list(published.journeys.values()), archetypes.account(published.house, "enterprise", BEGINS), now)
    began = time.process_time()
    world.change(world.account)
    world.event("signed_up")
    world.play(now + timedelta(days=DAYS))
    seconds = time.process_time() - began
    assert world.touches, "a year in which nothing happened"
    assert world.whys, "no decision was recorded"
    return DAYS / seconds
