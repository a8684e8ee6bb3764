"""`make bench`: measures, prints a table, writes bench/latest.json. Names of measurements as arguments choose among them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

import structlog
from rich.console import Console

from bench import actions, figures, latency, simulated, sleepers, throughput
from bench.figures import Figure

MEASUREMENTS: dict[str, Callable[[], Awaitable[list[Figure]]]] = {
    "throughput": throughput.measure,
    "latency": latency.measure,
    "sleepers": sleepers.measure,
    "simulated": simulated.measure,
    "actions": actions.measure,
}


async def main(names: list[str]) -> None:
    structlog.configure(processors=[structlog.processors.KeyValueRenderer()])
    out = Console()
    found: list[Figure] = []
    for name in names or MEASUREMENTS:
        with out.status(f"measuring {name}"):
            found += await MEASUREMENTS[name]()
        figures.show(found, out)
    if not names:
        figures.keep(found)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
