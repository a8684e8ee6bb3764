"""Seconds to simulate ten thousand account-years of the full set in two processes, and what that takes of memory.

Accounts of every segment whose customers are silent, with our people prompt, late and silent, each for the year after its signup.
Both seconds are told: those on the wall, which the aim is about, and those of the processors, which other work does not lengthen.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

from bench.figures import Figure, Findings
from bench.progress import Progress
from database import definitions
from database.definitions import Published
from domain import archetypes
from domain.people import Behaviour
from domain.simulation import World
from runtime import folders

ROOT = Path(__file__).parent.parent
YEARS = 10_000
YEAR = timedelta(days=365)
BEGINS = date(2026, 1, 5)
PROCESSES = 2
CHUNK = 100

_published: Published | None = None  # of a process that simulates


async def measure(progress: Progress) -> Findings:
    began, used = time.perf_counter(), _processor_seconds()
    chunks = [range(first, first + CHUNK) for first in range(0, YEARS, CHUNK)]
    touches = 0
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn"), _begin) as pool:
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
        Figure("simulate_10000_account_years_processor", _processor_seconds() - used, "s of processors"),
        Figure("simulate_10000_account_years_memory", peak_megabytes() + sum(peaks.values()), "MB", aim="≤ 500"),
    ])  # fmt: skip


def _processor_seconds() -> float:
    """Of this process and those it has seen end."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def peak_megabytes() -> float:
    """The most that this process has had in memory; Linux tells it in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _begin() -> None:
    global _published  # noqa: PLW0603  # a pool gives its processes no other place for what all their calls need
    _published = definitions.compile_all(folders.read(ROOT))


def _simulate(numbers: Sequence[int]) -> tuple[int, int, float]:
    """Touches that came, and this process's number and its peak of memory."""
    assert _published
    now = archetypes.start_of_day(BEGINS)
    segments: Sequence[str] = _published.house.segments
    behaviours: Sequence[Behaviour] = get_args(Behaviour)
    journeys = list(_published.journeys.values())
    touches = 0
    for number in numbers:
        account = archetypes.account(_published.house, segments[number % len(segments)], BEGINS, id=f"account-{number}")
        world = World(_published.house, journeys, account, now, behaviours[number // len(segments) % len(behaviours)])
        world.event("signed_up")
        world.play(now + YEAR)
        touches += len(world.touches)
    process = multiprocessing.current_process().pid or 0
    return touches, process, peak_megabytes()
