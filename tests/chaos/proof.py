"""What a run of chaos must show, whatever it runs on. Each database has a file of tests of its own, and a third has what must be noticed:
runs mostly wait, so `make test-chaos` has the three files go on side by side, each in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from tests.chaos import schedule
from tests.chaos.driver import Driver
from tests.chaos.installation import parts
from tests.chaos.judge import judged


def saying(whose: str) -> Callable[[str], None]:
    """How a run goes is what a reader of the log looks for. To stderr: nobody sees what a worker of pytest-xdist says to stdout."""

    def say(words: str) -> None:
        sys.stderr.write("".join(f"{whose:10}{line}\n" for line in words.splitlines()))

    return say


def survives(folder: Path, database: str, journeys: int, count: int) -> None:
    """Nothing is lost, sent twice or sent too late in so many journeys, while `count` processes are killed."""
    kills, say = schedule.kills(1, count, has_postgres=database == "postgres"), saying(database)
    with parts(folder, database) as installed:
        report = judged(Driver(installed, 1, journeys, kills, say))
    say("\n".join(report.lines()))
    assert report.breaches == []
    assert report.over == journeys
    assert sum(report.journal.kills.values()) >= count - 2
    assert report.states["accepted"] > journeys * 3
    assert len(report.journal.promises) >= 3
    assert report.journal.seen
