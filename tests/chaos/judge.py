"""What came of a run of chaos: the database's word held against the providers', and against what was promised.

Each check has the number of its invariant in the fault matrix: a breach names it, the message, its row, and the provider's log of it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, func, select
from temporalio.client import Client

from database.tables import EnrollmentRow, EventRow, MessageRow, ReportRow, TaskRow, metadata, table
from tests.chaos.driver import Driver, Journal, address, name
from tests.chaos.schedule import CLAIMS, Faults
from tests.fakes import Try

enrollments, events, messages = table(EnrollmentRow), table(EventRow), table(MessageRow)
reports, tasks = table(ReportRow), table(TaskRow)
MESSAGES_A_RUN = 5
STEPS = ("mail-1", "mail-2", "mail-3")
ROW = (
    "id",
    "run_id",
    "step",
    "recipient",
    "state",
    "reason",
    "attempts",
    "repeats",
    "via",
    "delivery",
    "due_at",
    "claimed_at",
    "settled_at",
)


@dataclass
class Report:
    """What was counted, and what is wrong."""

    journal: Journal
    over: int = 0
    states: Counter[str] = field(default_factory=Counter)
    accepted: Counter[int] = field(default_factory=Counter)  # how many messages were accepted so many times
    doubted: Counter[bool] = field(default_factory=Counter)  # what is in doubt, by whether the provider has it
    faults: Counter[str] = field(default_factory=Counter)
    breaches: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        kills, journal = self.journal.kills, self.journal
        promised = Counter(promise.kind for promise in journal.promises)
        return [
            f"{journal.journeys} journeys, {sum(kills.values())} kills in {journal.seconds:.0f} s: {_listed(kills)}",
            f"providers: {_listed(self.faults)}",
            f"over: {self.over}; messages: {_listed(self.states)}; accepted once {self.accepted[1]}, more often {sum(count for times, count in self.accepted.items() if times > 1)}",
            f"in doubt: {self.doubted[False]} that their provider does not have, {self.doubted[True]} that it has and never told of",
            f"said no: {promised['suppressed']} unsubscribed, {len(journal.seen)} bounced, {promised['left']} left, {promised['erased']} erased, {promised['held']} held for a while",
            *self.breaches,
            f"breaches: {len(self.breaches)}" if self.breaches else "no breach of I1 to I10, I15 and I16",
        ]


def _listed(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items())) or "none"


@dataclass
class Judge:
    """One run's evidence, read once everything has come to rest."""

    driver: Driver

    def __post_init__(self) -> None:
        parts = self.driver.parts
        self.journal, self.postman = self.driver.journal, self.driver.postman
        self.tries: dict[str, list[Try]] = defaultdict(list)
        for provider in (parts.mail, parts.posts):
            for each in provider.tries:
                self.tries[each.message_id].append(each)
        self.accepted = parts.mail.counts() + parts.posts.counts()
        with parts.database.read() as session:
            self.rows = {row.id: row for row in session.execute(select(messages).where(messages.c.journey == "chaos"))}
            self.runs = session.execute(select(enrollments).where(enrollments.c.journey == "chaos")).all()
            self.events = set(session.execute(select(events.c.id)).scalars())
            self.tasks = Counter(session.execute(select(tasks.c.enrollment_id)).scalars())
            self.untold = session.execute(
                select(func.count()).select_from(reports).where(reports.c.tells.is_(True), reports.c.told_at.is_(None))
            ).scalar_one()
        claims = parts.points / CLAIMS
        self.claims: list[dict[str, Any]] = [json.loads(line) for line in claims.read_text().splitlines()] if claims.exists() else []

    async def report(self) -> Report:
        report = Report(self.journal, over=sum(run.ended_at is not None for run in self.runs))
        report.states = Counter(row.state for row in self.rows.values())
        report.accepted = Counter(self.accepted.values())
        report.doubted = Counter(row.id in self.accepted for row in self.rows.values() if row.state == "in_doubt")
        report.faults = Counter(_named(each) for tries in self.tries.values() for each in tries)
        report.breaches = [f"BREACH {found}" for check in self._checks() for found in check]
        report.breaches += [f"BREACH {found}" for found in await self._temporal()]
        return report

    def _checks(self) -> Iterator[Iterator[str]]:
        if self.journal.stuck:
            yield iter([self.journal.stuck])
        yield from (
            self._one_run_each(), self._twice(), self._limbo(), self._same_word(), self._refused(), self._order(), self._acknowledged(), self._whole(),
            self._forgotten(),
        )  # fmt: skip

    # The invariants

    def _one_run_each(self) -> Iterator[str]:
        for account, count in Counter(run.account_id for run in self.runs).items():
            if count > 1:
                yield f"I1: {account} has {count} runs"

    def _twice(self) -> Iterator[str]:
        for id, count in self.accepted.items():
            row = self.rows.get(id)
            allowed = 1 + (row.repeats if row else 0)  # only what is never lost is sent once more, and its row says so
            if count > allowed:
                yield self._about(f"I2: accepted {count} times, {allowed} allowed", id)
            if row and row.audience == "contact" and row.repeats:
                yield self._about("I2: mail of the default class was sent once more", id)

    def _limbo(self) -> Iterator[str]:
        for id, row in self.rows.items():
            if row.state not in ("accepted", "in_doubt", "skipped", "failed"):
                yield self._about(f"I3: still {row.state}", id)
            if row.state in ("skipped", "failed") and not row.reason:
                yield self._about(f"I3: {row.state} without a reason", id)
            if row.state == "failed":
                yield self._about("I3: failed, though nothing refused it for good", id)

    def _same_word(self) -> Iterator[str]:
        for id in self.accepted:
            state = self.rows[id].state if id in self.rows else "nothing"
            if state not in ("accepted", "in_doubt"):
                yield self._about(f"I4: the provider has it, we say {state}", id)
        told = {id for id, _ in self.postman.told}
        for id, row in self.rows.items():
            if row.state == "accepted" and id not in self.accepted:
                yield self._about("I4: we say accepted, the provider does not have it", id)
            if row.state == "in_doubt" and id in told:
                yield self._about("I4: in doubt, though its provider told of it", id)

    def _refused(self) -> Iterator[str]:
        for claim in self.claims:
            row = self.rows.get(claim["id"])
            if row is None or row.audience != "contact":
                continue
            for promise in self.journal.promises:
                is_theirs = promise.reader == row.reader if promise.reader else promise.account == row.account_id
                if is_theirs and promise.since < claim["asked_at"] < promise.until:
                    yield self._about(f"I5: claimed {claim['asked_at'] - promise.since:.3f} s after it was {promise.kind}", row.id)
            seen = self.journal.seen.get(row.reader)
            if seen is not None and claim["asked_at"] > seen:
                yield self._about(f"I5: claimed {claim['asked_at'] - seen:.3f} s after its address had bounced", row.id)

    def _order(self) -> Iterator[str]:
        by_run: dict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
        for id, row in self.rows.items():
            if row.step in STEPS and self.tries[id]:
                by_run[row.run_id, row.recipient].append(row)
            # A refusal makes a row due anew; where nothing came after it, the row was skipped then, or its sender died first.
            last = self.tries[id][-1] if self.tries[id] else None
            if last and last.fault != Faults.SLOW_DOWN and last.at < row.due_at.timestamp():
                yield self._about("I7: it left before it was due", id)
        for rows in by_run.values():
            rows.sort(key=lambda row: STEPS.index(row.step))
            for earlier, later in itertools.pairwise(rows):
                if self.tries[earlier.id][0].at > self.tries[later.id][0].at:
                    yield self._about(f"I6: it left before {earlier.step}", later.id)

    def _acknowledged(self) -> Iterator[str]:
        if self.untold:
            yield f"I8: {self.untold} reports were told to nobody"
        for id in self.journal.acknowledged:
            if id not in self.events:
                yield f"I9: the API said yes to {id}, and does not have it"
        if len(self.runs) != self.journal.journeys:
            yield f"I9: {len(self.runs)} runs, {self.journal.journeys} were begun"

    def _whole(self) -> Iterator[str]:
        """No step is lost and none is done twice."""
        counted = Counter(row.run_id for row in self.rows.values())
        left = {f"account-{each.account}": each for each in self.driver.refusals.values() if each.says in ("leaves", "is erased")}
        for run in self.runs:
            # Who has left, or was erased, is not written to again: by then so many of the champion's mails were still to come.
            gone = 3 - left[run.account_id].before_round if run.account_id in left else 0
            if not MESSAGES_A_RUN - gone <= counted[run.id] <= MESSAGES_A_RUN:
                yield f"I3: run {run.id} of {run.account_id} has {counted[run.id]} messages instead of {MESSAGES_A_RUN}"
            if self.tasks[run.id] != 1:
                yield f"I3: run {run.id} of {run.account_id} has {self.tasks[run.id]} tasks instead of one"

    def _forgotten(self) -> Iterator[str]:
        """Nothing tells of who was erased, in whatever column of whatever table."""
        erased = [number for number, each in self.driver.refusals.items() if each.says == "is erased"]
        if not erased:
            return
        told = "|".join(re.escape(of(number, "champion")) for number in erased for of in (address, name))
        traces = re.compile(rf"(?<!\w)(?:{told})(?!\w)", re.IGNORECASE)
        with self.driver.parts.database.read() as session:
            for each in metadata.sorted_tables:
                for row in session.execute(select(each)):
                    if found := traces.search(str(tuple(row))):
                        yield f"I16: {found[0]} was erased, and {each.name} says it: {str(tuple(row))[:300]}"

    async def _temporal(self) -> list[str]:
        client = await Client.connect(self.driver.parts.temporal_address)
        ours = {run.id for run in self.runs if run.ended_at is None}
        running = 'WorkflowType = "chaos" AND ExecutionStatus = "Running"'
        found = [each.id async for each in client.list_workflows(running)]
        breaches = [f"I10: Temporal runs {len(found)} journeys, {len(ours)} are live: {found[:5]}"] if len(found) != len(ours) else []
        troubled = await client.count_workflows('ExecutionStatus = "Running" AND TemporalReportedProblems IS NOT NULL')
        return breaches + ([f"I15: {troubled.count} workflows report problems"] if troubled.count else [])

    def _about(self, what: str, id: str) -> str:
        row = self.rows.get(id)
        shown = {name: str(getattr(row, name)) for name in ROW if getattr(row, name) is not None} if row else "no row"
        log = "".join(f"\n    provider {each.at:.3f}: {_named(each)}" for each in self.tries[id]) or "\n    provider: never asked"
        asked = "".join(f"\n    asked    {claim['asked_at']:.3f}" for claim in self.claims if claim["id"] == id)
        told = "".join(f"\n    told     {at:.3f}: {event}" for (message, event), at in self.postman.told.items() if message == id)
        return f"{what}: message {id}\n    row {shown}{log}{asked}{told}"


def judged(driver: Driver) -> Report:
    """The whole of it: attacked, brought to rest, and judged."""
    driver.run()
    return asyncio.run(Judge(driver).report())


def _named(each: Try) -> str:
    fault = each.fault
    if fault is None:
        return "accepted"
    if fault.resets:
        return f"reset {'after' if fault.accepts else 'before'} accepting"
    if fault.hold_seconds > 10:
        return f"hung {'after' if fault.accepts else 'before'} accepting"
    if fault.status:
        return f"{fault.status}{' after accepting' if fault.accepts else ''}"
    return "accepted late"
