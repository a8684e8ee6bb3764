"""How often something changed is counted whole, however many change it at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import text

from database import revisions
from database.engine import Database

WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def bumped(database: Database, times: int) -> None:
    for _ in range(times):
        database.transact(lambda session: revisions.bump(session, "hats"))


def count(database: Database) -> int:
    with database.read() as session:
        return revisions.current(session).get("hats", 0)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_many_at_once_are_all_counted(kind: str, new_database: Callable[[str], Database]) -> None:
    database = new_database(kind)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: bumped(database, 5), range(4)))
    assert count(database) == 20


def test_two_who_are_the_first_at_one_moment_are_both_counted(new_database: Callable[[str], Database]) -> None:
    database = new_database("postgres")
    with ThreadPoolExecutor(1) as pool:
        with database.write() as session:
            revisions.bump(session, "hats")
            session.flush()
            other = pool.submit(bumped, database, 1)
            until_it_waits(database, other)
        other.result()
    assert count(database) == 2


def until_it_waits(database: Database, other: Future[None]) -> None:
    """Until the other cannot go on before this transaction has ended."""
    waits = 0
    while not waits:
        assert not other.done(), "it did not wait"
        with database.read() as session:
            waits = session.execute(WAITING).scalar_one()
