"""Simulated account-days a second: all published journeys of one Enterprise account, decisions recorded."""

from __future__ import annotations

import statistics
import time
from datetime import date, timedelta

from bench.figures import Figure
from database import definitions
from domain import archetypes
from domain.simulation import World
from runtime import folders
from tests.installation import ROOT

DAYS = 420
TIMES = 15


async def measure() -> list[Figure]:
    published = definitions.compile_all(folders.read(ROOT))
    begins = date(2026, 1, 5)
    now = archetypes.start_of_day(begins)
    rates, decisions, touches = [], 0, 0
    for _ in range(TIMES):
        world = World(published.house, list(published.journeys.values()), archetypes.account(published.house, "enterprise", begins), now)
        world.change(world.account)
        world.event("signed_up")
        began = time.perf_counter()
        world.play(now + timedelta(days=DAYS))
        rates.append(DAYS / (time.perf_counter() - began))
        decisions, touches = len(world.whys), len(world.touches)
    return [
        Figure(
            "simulated account-days per second",
            statistics.median(rates),
            f"1/s ({touches} touches, {decisions} decisions in {DAYS} days)",
            aim="≥ 20,000",
        )
    ]
