"""`python -m tests.chaos --journeys 1000 --kills 100 --seed 1 --db postgres`: exits with 1 on any breach, and says which."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from tests.chaos import schedule
from tests.chaos.driver import Driver
from tests.chaos.installation import parts
from tests.chaos.judge import judged


def main() -> int:
    asked = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    asked.add_argument("--journeys", type=int, default=100)
    asked.add_argument("--kills", type=int, default=20)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--db", choices=("postgres", "sqlite"), default="postgres")
    asked.add_argument("--naive", action="store_true", help="send before claiming, which must be noticed")
    given = asked.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that nothing outlives it
    kills = schedule.kills(given.seed, given.kills, has_postgres=given.db == "postgres")
    with tempfile.TemporaryDirectory(prefix="tenure-chaos-") as folder, parts(Path(folder), given.db, given.naive) as installed:
        report = judged(Driver(installed, given.seed, given.journeys, kills, _say))
    _say("\n".join(report.lines()))
    return 1 if report.breaches else 0


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201  # it is what the command is for


if __name__ == "__main__":
    sys.exit(main())
