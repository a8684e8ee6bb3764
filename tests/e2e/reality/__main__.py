"""`make reality`: stories that nobody would write, each played in virtual time and on Temporal. Arguments: how many, and a seed.

They are played sixteen at once, on SQLite and PostgreSQL in turn, and it is shown how that goes. A story in which the worlds differ
is made smaller, and shown with its journey, what happens in it, and what only one of the worlds saw. Exit 1 then.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import structlog
from rich.console import Console

from database.engine import Database
from tests.e2e.reality import worlds
from tests.e2e.reality.stories import Story, smaller, stories
from tests.e2e.reality.worlds import Limits
from tests.installation import prepare
from tests.postgres import PostgresServer

AT_ONCE = 16
# Smaller stories are looked for as long as this many times playing AT_ONCE of them finds one.
MOST_ROUNDS = 8

out = Console(markup=False, highlight=False, soft_wrap=True)


class Databases:
    """A new one for every play."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = itertools.count(1)
        self.postgres: PostgresServer | None = None
        self.prepared = folder / "prepared.db"
        made = Database(f"sqlite:///{self.prepared}")
        prepare(made)
        with made.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        made.close()

    def on_sqlite(self) -> Database:
        file = self.folder / f"{next(self.numbers)}.db"
        shutil.copy(self.prepared, file)
        return Database(f"sqlite:///{file}")

    def on_postgres(self) -> Database:
        if self.postgres is None:
            self.postgres = PostgresServer()
            self.postgres.execute("CREATE DATABASE prepared")
            made = Database(self.postgres.url("prepared"))
            prepare(made)
            made.close()
        name = f"copy{next(self.numbers)}"
        self.postgres.execute(f"CREATE DATABASE {name} TEMPLATE prepared")
        return Database(self.postgres.url(name))

    def stop(self) -> None:
        if self.postgres is not None:
            self.postgres.stop()


def play(make: Callable[[], Database], played: list[Story], limits: Limits) -> dict[int, list[str]]:
    database = make()
    try:
        return asyncio.run(worlds.play(database, played, limits))
    finally:
        database.close()


def made_smaller(make: Callable[[], Database], story: Story, lines: list[str], limits: Limits) -> tuple[Story, list[str]]:
    """A smaller story in which the worlds still differ, and how: as far as a few rounds find one."""
    candidates = smaller(story)
    for _ in range(MOST_ROUNDS):
        tried = list(itertools.islice(candidates, AT_ONCE))
        if not tried:
            break
        if found := play(make, tried, limits):
            smallest = min(found, key=lambda number: len(str(tried[number])))
            story, lines = tried[smallest], found[smallest]
            candidates = smaller(story)
    return story, lines


def main(count: int, seed: int) -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    folder = Path(tempfile.mkdtemp(prefix="tenure-reality-"))
    databases, began, differing = Databases(folder), time.monotonic(), 0
    try:
        for batch, first in enumerate(range(0, count, AT_ONCE)):
            played = stories(min(AT_ONCE, count - first), seed + batch)
            kind, make = ("PostgreSQL", databases.on_postgres) if batch % 2 else ("SQLite", databases.on_sqlite)
            limits: Limits = "tight" if batch % 4 < 2 else "wide"
            found = play(make, played, limits)
            differing += len(found)
            seconds = time.monotonic() - began
            out.print(
                f"{first + len(played)} of {count} stories, {differing} differ, {seconds:.0f} s"
                f" (seed {seed + batch}, {kind}, {limits} limits)"
            )
            for number, lines in found.items():
                out.print(worlds.told(*made_smaller(databases.on_sqlite, played[number], lines, limits)))
    finally:
        databases.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())))
