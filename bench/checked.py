"""Seconds to check a set of a hundred journeys with all policies and templates, as `tenure check` does once it has started.

The journeys are those that Tenure comes with, each several times under other names and with other numbers in its conditions, so that
nothing is read faster for having been read before. Seconds are those of the processor.
"""

from __future__ import annotations

import re
import statistics
import time

from bench.figures import Figure, Findings
from bench.progress import Progress
from domain import checking
from runtime import folders
from tests.installation import ROOT

JOURNEYS = 100
TIMES = 10
_NUMBER = re.compile(r"((?:[<>]=?|==) \d+)(\.\d+)?\b")


async def measure(progress: Progress) -> Findings:
    shipped = folders.read(ROOT)
    seconds: list[float] = []
    for number in range(TIMES):
        progress.say(f"a set of {JOURNEYS} journeys", number, TIMES, "times")
        seconds.append(_seconds(_many(shipped, number)))
    return Findings([Figure("check_100_journeys", statistics.median(seconds), "s", aim="≤ 1")])


def _many(shipped: dict[tuple[str, str], str], time: int) -> dict[tuple[str, str], str]:
    texts = dict(shipped)
    journeys = [(name, text) for (kind, name), text in shipped.items() if kind == "journey"]
    for number in range(JOURNEYS - len(journeys)):
        name, text = journeys[number % len(journeys)]
        other = f"{name}-{number}"
        text = re.sub(rf"^journey: {name}$", f"journey: {other}", text, flags=re.MULTILINE)
        digits = f"{time * JOURNEYS + number:04}1"
        texts["journey", other] = _NUMBER.sub(lambda match, digits=digits: f"{match[1]}{match[2] or '.'}{digits}", text)  # type: ignore[misc]
    return texts


def _seconds(texts: dict[tuple[str, str], str]) -> float:
    began = time.process_time()
    faults = checking.check(texts)
    seconds = time.process_time() - began
    assert not any(not fault.warning for fault in faults), f"a set with faults: {faults[0]}"
    return seconds
