"""A send that does not claim first is noticed, and so is a database that says otherwise than its provider, or than what was promised."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Delete, Table, Update, delete, insert, select, update

from database.tables import EventRow, MessageRow, TaskRow, table
from tests.chaos import schedule
from tests.chaos.driver import Driver, Promise, name
from tests.chaos.installation import parts
from tests.chaos.judge import Judge, judged
from tests.chaos.proof import saying
from tests.chaos.schedule import Kill

events, messages, tasks = table(EventRow), table(MessageRow), table(TaskRow)


def test_a_send_that_claims_afterwards_is_noticed(tmp_path: Path) -> None:
    kills = [Kill(1.0, "worker", point) for point in ("posting", "answered", "posting", "answered")]
    with parts(tmp_path, "postgres", naive=True) as installed:
        report = judged(Driver(installed, 1, 12, kills, saying("naive")))
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


@pytest.fixture(scope="module")
def calm_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    with parts(tmp_path_factory.mktemp("calm"), "sqlite") as installed:
        driver = Driver(installed, 1, 8, [], saying("calm"))
        driver.run()
        installed.be_still()  # a worker would put right some of what is changed
        yield driver


@pytest.fixture
def calm(calm_run: Driver) -> Iterator[Driver]:
    """A run in which nothing was killed, at rest; what a test changes in it is put back."""
    promises, kept = list(calm_run.journal.promises), _kept(calm_run)
    yield calm_run
    calm_run.journal.promises = promises
    _put_back(calm_run, kept)


def test_every_lie_is_noticed(calm: Driver) -> None:
    """Each takes away or changes one thing that a correct run has, and is undone before the next."""
    assert asyncio.run(Judge(calm).report()).breaches == []
    said_no = {f"account-{number}" for number in calm.refusals}
    told_of = {id for id, _ in calm.postman.told}
    plain = select(messages).where(messages.c.account_id.not_in(said_no), messages.c.id.in_(told_of))
    with calm.parts.database.read() as session:
        sent = session.execute(plain.where(messages.c.state == "accepted", messages.c.step == "mail-3")).first()
    assert sent
    mine = messages.c.id == sent.id
    erased = next(name(number, "champion") for number, each in calm.refusals.items() if each.says == "is erased")

    def change(**values: Any) -> Update:
        return update(messages).where(mine).values(**values)

    lies: list[tuple[str, Update | Delete]] = [
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
        (f"I16: {erased} was erased, and messages says it", change(subject=f"A note for {erased}")),
    ]
    kept = _kept(calm)
    for words, lie in lies:
        _execute(calm, lie)
        found = asyncio.run(Judge(calm).report()).breaches
        assert any(words in breach for breach in found), f"{words}: {found}"
        _put_back(calm, kept)
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


def _kept(driver: Driver) -> dict[Table, list[dict[str, Any]]]:
    with driver.parts.database.read() as session:
        return {each: [dict(row) for row in session.execute(select(each)).mappings()] for each in (messages, events, tasks)}


def _put_back(driver: Driver, kept: dict[Table, list[dict[str, Any]]]) -> None:
    with driver.parts.database.write() as session:
        for each, rows in kept.items():
            session.execute(delete(each))
            session.execute(insert(each), rows)


def _execute(driver: Driver, lie: Update | Delete) -> None:
    with driver.parts.database.write() as session:
        session.execute(lie)
