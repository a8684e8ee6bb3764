"""Seconds to simulate ten thousand account-years of the full set in two processes, and what that takes of memory.

Accounts of every segment whose customers are silent, with our people prompt, late and silent, each for the year after its signup.
Both seconds are told: those on the wall, which the aim is about, and those of the processors, which other work does not lengthen.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

from bench.figures import Figure, Findings
from bench.progress import Progress
from bench.usage import peak_megabytes, processor_seconds
from domain import archetypes
from domain.house import House
from domain.journey import Journey
from domain.people import Behaviour
from domain.simulation import World

ROOT = Path(__file__).parent.parent
YEARS = 10_000
YEAR = timedelta(days=365)
BEGINS = date(2026, 1, 5)
PROCESSES = 2
CHUNK = 100

Played = tuple[House, Sequence[Journey]]

_played: Played | None = None  # of a process that simulates


async def measure(progress: Progress) -> Findings:
    began, used = time.perf_counter(), processor_seconds()
    chunks = [range(first, first + CHUNK) for first in range(0, YEARS, CHUNK)]
    touches = 0
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn"), _begin, _read()) as pool:
        futures = [pool.submit(_simulate, chunk) for chunk in chunks]
        peaks: dict[int, float] = {}
        for number, future in enumerate(as_completed(futures), 1):
            found, process, peak = future.result()
            touches += found
            peaks[process] = peak
            progress.say("years of accounts", number * CHUNK, YEARS, "years")
    seconds = time.perf_counter() - began
    assert touches > YEARS, "years in which nothing happened"
    return Findings([
        Figure("simulate_10000_account_years", seconds, "s", aim="≤ 120"),
        Figure("simulate_10000_account_years_processor", processor_seconds() - used, "s of processors"),
        Figure("simulate_10000_account_years_memory", peak_megabytes() + sum(peaks.values()), "MB", aim="≤ 500"),
    ])  # fmt: skip


def _read() -> Played:
    # Imported here: a process that simulates imports this module too, and needs nothing that reads or stores definitions.
    from database import definitions
    from runtime import folders

    published = definitions.compile_all(folders.read(ROOT))
    return published.house, list(published.journeys.values())


def _begin(house: House, journeys: Sequence[Journey]) -> None:
    global _played  # noqa: PLW0603  # a pool gives its processes no other place for what all their calls need
    _played = house, journeys


def _simulate(numbers: Sequence[int]) -> tuple[int, int, float]:
    """Touches that came, and this process's number and its peak of memory."""
    assert _played
    house, journeys = _played
    now = archetypes.start_of_day(BEGINS)
    segments: Sequence[str] = house.segments
    behaviours: Sequence[Behaviour] = get_args(Behaviour)
    touches = 0
    for number in numbers:
        account = archetypes.account(house, segments[number % len(segments)], BEGINS, id=f"account-{number}")
        world = World(house, journeys, account, now, behaviours[number // len(segments) % len(behaviours)])
        world.event("signed_up")
        world.play(now + YEAR)
        touches += len(world.touches)
    process = multiprocessing.current_process().pid or 0
    return touches, process, peak_megabytes()
