"""Killed parts, failing providers and readers who say no lose nothing, send nothing twice and nothing too late; and a send that
does not claim first, or a database that says otherwise than its provider, is noticed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from database.tables import EventRow, MessageRow, TaskRow, table
from tests.chaos import schedule
from tests.chaos.driver import Driver, Promise
from tests.chaos.installation import parts
from tests.chaos.judge import Judge, judged
from tests.chaos.schedule import Kill

events, messages, tasks = table(EventRow), table(MessageRow), table(TaskRow)


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201  # how it goes is what a reader of the log looks for


@pytest.mark.parametrize(("database", "journeys", "count"), [("postgres", 50, 14), ("sqlite", 25, 7)])
def test_nothing_is_lost_twice_or_too_late_whatever_is_killed(tmp_path: Path, database: str, journeys: int, count: int) -> None:
    kills = schedule.kills(1, count, has_postgres=database == "postgres")
    with parts(tmp_path, database) as installed:
        report = judged(Driver(installed, 1, journeys, kills, _say))
    _say("\n".join(report.lines()))
    assert report.breaches == []
    assert report.over == journeys
    assert sum(report.journal.kills.values()) >= count - 2
    assert report.states["accepted"] > journeys * 3
    assert len(report.journal.promises) >= 3
    assert report.journal.seen


def test_a_send_that_claims_afterwards_is_noticed(tmp_path: Path) -> None:
    kills = [Kill(1.0, "worker", point) for point in ("posting", "answered", "posting", "answered")]
    with parts(tmp_path, "postgres", naive=True) as installed:
        report = judged(Driver(installed, 1, 12, kills, _say))
    twice = [breach for breach in report.breaches if "I2: accepted 2 times, 1 allowed" in breach]
    assert twice
    # It says which message, what its row says, and what the provider saw of it.
    assert "message " in twice[0]
    assert "row {'id'" in twice[0]
    assert twice[0].count("accepted late") + twice[0].count("after accepting") >= 2


def test_the_same_seed_is_the_same_schedule() -> None:
    def made(seed: int) -> tuple[Any, ...]:
        faults = schedule.Faults(seed, "sendgrid")
        return schedule.kills(seed, 100, True), schedule.refusals(seed, 1000), [faults() for _ in range(1000)]

    assert made(7) == made(7)
    for one, other in zip(made(7), made(8), strict=True):
        assert one != other
    kills, refusals, faults = made(7)
    assert {kill.name for kill in kills} >= {"worker claimed", "worker answered", "api stored", "api", "temporal", "postgres"}
    assert len(refusals) == 360
    assert 0.05 < sum(fault.status is not None or fault.resets for fault in faults) / 1000 < 0.11


@pytest.fixture
def calm(tmp_path: Path) -> Iterator[Driver]:
    """A run in which nothing was killed, at rest."""
    with parts(tmp_path, "sqlite") as installed:
        driver = Driver(installed, 1, 6, [], _say)
        driver.run()
        yield driver


def test_every_lie_is_noticed(calm: Driver) -> None:
    """Each takes away or changes one thing that a correct run has, and is undone before the next."""
    assert asyncio.run(Judge(calm).report()).breaches == []
    with calm.parts.database.read() as session:
        sent = session.execute(select(messages).where(messages.c.state == "accepted", messages.c.step == "mail-3")).first()
    assert sent
    mine = messages.c.id == sent.id

    def change(**values: Any) -> Any:
        return update(messages).where(mine).values(**values)

    lies: list[tuple[str, Any]] = [
        ("I3: still claimed", change(state="claimed")),
        ("I3: skipped without a reason", change(state="skipped", reason=None)),
        ("I4: the provider has it, we say skipped", change(state="skipped", reason="late")),
        ("I4: in doubt, though its provider told of it", change(state="in_doubt")),
        ("I2: mail of the default class was sent once more", change(repeats=1)),
        ("I7: it left before it was due", change(due_at=sent.due_at.replace(year=sent.due_at.year + 1))),
        ("I6: it left before mail-1", change(step="mail-1")),
        ("I9: the API said yes to go-1-1, and does not have it", delete(events).where(events.c.id == "go-1-1")),
        ("messages instead of 5", delete(messages).where(mine)),
        ("0 tasks instead of one", delete(tasks).where(tasks.c.enrollment_id == sent.run_id)),
    ]
    for words, lie in lies:
        kept = {each: _all(calm, each) for each in (messages, events, tasks)}
        _execute(calm, lie)
        found = asyncio.run(Judge(calm).report()).breaches
        assert any(words in breach for breach in found), f"{words}: {found}"
        for each, rows in kept.items():
            _execute(calm, delete(each), insert(each), rows)
    assert asyncio.run(Judge(calm).report()).breaches == []


def test_a_claim_after_a_no_is_noticed(calm: Driver) -> None:
    judge = Judge(calm)
    claim = next(claim for claim in reversed(judge.claims) if judge.rows[claim["id"]].step == "mail-3")
    row, at = judge.rows[claim["id"]], claim["asked_at"]
    for promise in (Promise("suppressed", at - 1, reader=row.reader), Promise("held", at - 1, at + 1, account=row.account_id)):
        calm.journal.promises.append(promise)
        (breach,) = [each for each in asyncio.run(Judge(calm).report()).breaches if row.id in each]
        assert f"I5: claimed 1.000 s after it was {promise.kind}" in breach
        calm.journal.promises.remove(promise)
    for harmless in (Promise("suppressed", at + 0.001, reader=row.reader), Promise("held", at - 0.002, at - 0.001, account=row.account_id)):
        calm.journal.promises.append(harmless)
    assert asyncio.run(Judge(calm).report()).breaches == []


def _all(driver: Driver, of: Any) -> list[dict[str, Any]]:
    with driver.parts.database.read() as session:
        return [dict(row) for row in session.execute(select(of)).mappings()]


def _execute(driver: Driver, *statements: Any) -> None:
    *first, rows = statements if isinstance(statements[-1], list) else (*statements, None)

    def work(connection: Connection) -> None:
        for statement in first[:-1] if rows else first:
            connection.execute(statement)
        if rows:
            connection.execute(first[-1], rows)

    with driver.parts.database.write() as session:
        work(session.connection())
