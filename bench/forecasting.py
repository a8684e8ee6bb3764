"""One forecast in the process it is asked in, which `bench.foreseen` starts for it, and what it took."""

from __future__ import annotations

import resource
import time

from activities import forecasting
from activities.forecasting import Foreseen, Question
from bench.progress import Progress
from bench.usage import peak_megabytes, processor_seconds
from database.engine import Database

PROCESSES = 2


def forecast(url: str, question: Question, accounts: int) -> tuple[float, float, float]:
    """Seconds, seconds of processors, and MB of this process and those that played together, at most."""
    progress, database = Progress(), Database(url, pool_size=1)
    try:
        began, used = time.perf_counter(), processor_seconds()
        found = forecasting.foresee(database, question, lambda done, of: progress.say("forecast", done, of, "accounts"), PROCESSES)
        seconds, used = time.perf_counter() - began, processor_seconds() - used
    finally:
        progress.clear()
        database.close()
    _must_be_whole(found, accounts)
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # Linux tells it in KiB
    return seconds, used, peak_megabytes() + PROCESSES * largest


def _must_be_whole(found: Foreseen, accounts: int) -> None:
    assert not found.unplayed, found.unplayed[0].why
    assert found.published.accounts == accounts
    assert found.published.sum(lambda cell: cell.kind == "mail").p50 > accounts
