"""What came of a story, from either world, in one shape: everything that reached somebody, was decided, and is so at the end."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, select
from sqlmodel import Session

from database import accounts as stored
from database.tables import (
    ApprovalRow,
    DecisionRow,
    EnrollmentRow,
    EscalationRow,
    FollowUpRow,
    MessageRow,
    PersonRow,
    PlannedStartRow,
    ShadowRow,
    TaskRow,
    table,
)  # fmt: skip
from domain import state as state_of
from domain.account import Account
from domain.health import Reading
from domain.simulation import World
from domain.standing import RunStanding
from domain.vocabulary import Vocabulary, write_value

FOLLOW_UP = "follow-up"
_ID = re.compile(r"overdue/(\S+)")
# Which words somebody read, changed and approved; in virtual time nobody writes any.
OF_WORDS = ("approved", "approved words", "edited")


@dataclass(frozen=True, order=True)
class Line:
    """`at` is None for what is so at the end."""

    at: str
    what: str
    journey: str
    step: str
    visit: int
    words: str

    def __str__(self) -> str:
        return f"{self.at or 'at the end':25} {self.what:10} {self.journey} {self.step} #{self.visit}: {self.words}"


def differences(real: Iterable[Line], virtual: Iterable[Line]) -> list[str]:
    """What only one of the worlds saw, in the order of time; empty when they are one."""
    of_real, of_virtual = Counter(real), Counter(virtual)
    found = [(line, "only real   ") for line in (of_real - of_virtual).elements()]
    found += [(line, "only virtual") for line in (of_virtual - of_real).elements()]
    return [f"{where} {line}" for line, where in sorted(found, key=lambda one: (one[0].at or "~", one[0], one[1]))]


def _line(at: datetime | None, what: str, journey: str, step: str | None, visit: int | None, *words: Any) -> Line:
    return Line(at.isoformat() if at else "", what, journey, step or "", visit or 0, "  ".join(str(_plain(word)) for word in words))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return json.dumps({str(name): write_value(each) for name, each in value.items()}, sort_keys=True, default=str)
    if isinstance(value, datetime):
        return value.isoformat()
    return value


# Virtual


def of_world(world: World) -> list[Line]:
    called = {task.id: f"{task.intent.step}#{task.intent.visit}" for task in world.tasks.values()}
    return list(_of_world(world, _named(called)))


def _named(called: Mapping[str, str]) -> Callable[[str], str]:
    """Task ids, which the worlds make each in their own way, as the step that asked."""
    return lambda text: _ID.sub(lambda match: f"overdue/{called.get(match[1], match[1])}", text)


def _journey_of(run_id: str) -> str:
    return run_id.rpartition("#")[0]


def _of_world(world: World, named: Callable[[str], str]) -> Iterator[Line]:
    for touch in world.touches:
        if touch.kind not in ("task", "approval"):
            step = named(touch.step)
            yield _line(touch.at, touch.kind, touch.journey, step, touch.visit, touch.effect, touch.recipient, touch.what)
    for each in world.shadows:
        kind = {"send": "mail"}.get(each.effect, each.effect)
        yield _line(each.at, "shadow", each.journey, each.step, each.visit, kind, each.recipient, each.what)
    for (run, step, visit), task in world.tasks.items():
        asked = task.intent
        yield _line(task.created_at, "task", _journey_of(run), step, visit, asked.sla, asked.due_at)
        yield _line(None, "task", _journey_of(run), step, visit, asked.role, asked.assignee_id, "open" if task.open else "over")
    for (run, step, visit), approval in world.approvals.items():
        yield _line(approval.intent.asked_at, "approval", _journey_of(run), step, visit, approval.intent.title)
        became = "open" if approval.open else "over"
        yield _line(None, "approval", _journey_of(run), step, visit, approval.intent.role, approval.intent.approver_id, became)
    for why in world.whys:
        made = why.decision
        journey = "" if why.journey == FOLLOW_UP and made.what == "health" else why.journey
        told = {name: at.isoformat() for name, at in made.told_at.items()}
        words = (made.what, named(made.result), named(made.rule), made.inputs, told, made.day)
        yield _line(why.at, "decision", journey, made.step, made.visit, *words)
    for escalation in world.escalations.values():
        about = (named(escalation.cause), escalation.sla, escalation.role, escalation.person_id)
        yield _line(None, "escalation", "", escalation.step, escalation.visit, *about)
    for live in world.runs.values():
        stands = (live.key, live.rest.until, _state(state_of.dump(live.state)))
        yield _line(None, "run", live.journey.name, None, live.journey.version, *stands)
        yield from _of_messages(live)
    for past in world.past:
        yield _line(past.ended_at, "run over", past.journey, None, None, past.key, past.anchor_on)
    for start in world.starts:
        yield _line(None, "start", start.journey, None, None, start.key, start.anchor_on, start.due_at)
    yield from _of_account(world.account, world.watch_at)


def _of_messages(run: RunStanding) -> Iterator[Line]:
    for message in run.planned:
        became = "gated" if message.gated else "planned"
        yield _line(None, "message", run.journey.name, message.step, message.visit, message.effect, message.recipient, became)


def _state(dumped: Mapping[str, Any]) -> str:
    return json.dumps(json.loads(json.dumps(dumped)), sort_keys=True)


def _of_account(account: Account, watch_at: datetime | None) -> Iterator[Line]:
    for name, value in sorted(account.values.items()):
        if value is not None:
            yield _line(None, "fact", "", name, None, write_value(value), account.told_at.get(name))
    yield _line(None, "account", "", None, None, account.owner_id, sorted(account.tags), sorted(account.journeys), account.since, watch_at)
    for contract in account.contracts:
        yield _line(None, "contract", "", contract.id, None, contract.starts_on, contract.ends_on, contract.status, contract.facts)
    for contact in account.contacts:
        yield _line(None, "contact", "", contact.id, None, contact.active, contact.zone, contact.facts)
    for hold in account.holds:
        yield _line(None, "hold", hold.journey or "", hold.mail_class, None, hold.until)
    for reading in account.readings:
        yield _line(None, "reading", "", str(reading.day), None, *_read(reading))


def _read(reading: Reading) -> Sequence[Any]:
    return reading.band, reading.score, reading.raw, reading.overridden, sorted(reading.reasons)


# Real


def of_account(session: Session, account_id: str, vocabulary: Vocabulary) -> list[Line]:
    return list(_Real(session, account_id, vocabulary).lines())


class _Real:
    def __init__(self, session: Session, account_id: str, vocabulary: Vocabulary) -> None:
        self.session = session
        self.account_id = account_id
        self.vocabulary = vocabulary
        self.runs = {row.id: row for row in self.all(table(EnrollmentRow))}
        self.follow_ups = {row.id: row for row in self.all(table(FollowUpRow))}
        self.tasks = self.all(table(TaskRow))
        self.named = _named({row.id: f"{row.step}#{row.visit}" for row in self.tasks})

    def all(self, rows: Table) -> Sequence[Row[Any]]:
        return self.session.execute(select(rows).where(rows.c.account_id == self.account_id)).all()

    def journey_of(self, run_id: str | None, otherwise: str = "") -> str:
        if run_id in self.runs:
            return str(self.runs[run_id].journey)
        if run_id in self.follow_ups:
            return FOLLOW_UP
        return otherwise

    def lines(self) -> Iterator[Line]:
        yield from self.of_messages()
        for row in self.all(table(ShadowRow)):
            yield _line(row.at, "shadow", row.journey, row.step, row.visit, row.kind, row.recipient, row.what)
        for row in self.tasks:
            yield _line(row.created_at, "task", row.journey, row.step, row.visit, row.sla, row.due_at)
            yield _line(
                None, "task", row.journey, row.step, row.visit, row.role, row.assignee_id, "open" if row.state == "open" else "over"
            )
        for row in self.all(table(ApprovalRow)):
            yield _line(row.asked_at, "approval", row.journey, row.step, row.visit, row.title)
            yield _line(
                None, "approval", row.journey, row.step, row.visit, row.role, row.approver_id, "open" if row.state == "open" else "over"
            )
        for row in self.all(table(DecisionRow)):
            if row.what in OF_WORDS:
                continue
            journey = self.journey_of(row.run_id)
            words = (row.what, self.named(row.result), self.named(row.rule), row.inputs or {}, row.told_at or {}, row.day)
            yield _line(row.at, "decision", journey, row.step, row.visit, *words)
        for row in self.all(table(EscalationRow)):
            if row.ended_at is None:
                yield _line(None, "escalation", "", row.step, row.visit, self.named(row.cause), row.sla, row.role, row.person_id)
        for row in self.runs.values():
            if row.ended_at is None:
                yield _line(None, "run", row.journey, None, row.version, row.key, row.wake_at, _state(row.state))
            else:
                yield _line(row.ended_at, "run over", row.journey, None, None, row.key, row.anchor_on)
        for row in self.all(table(PlannedStartRow)):
            yield _line(None, "start", row.journey, None, None, row.key, row.anchor_on, row.due_at)
        yield from self.of_account()

    def of_messages(self) -> Iterator[Line]:
        for row in self.all(table(MessageRow)):
            is_of_run = row.run_id in self.runs
            if row.state in ("accepted", "in_doubt"):
                if is_of_run:
                    kind = {"send": "mail", "post": "post", "webhook": "webhook"}[row.effect]
                    journey, step = row.journey, row.step
                else:
                    owner = self.follow_ups[row.run_id].enrollment_id
                    kind, journey, step = "notice", self.journey_of(owner, FOLLOW_UP), self.named(row.context["title"])
                yield _line(row.settled_at, kind, journey, step, row.visit, row.effect, row.recipient, row.template)
            elif row.state in ("planned", "gated") and is_of_run:
                yield _line(None, "message", row.journey, row.step, row.visit, row.effect, row.recipient, row.state)
            elif row.state in ("claimed", "failed"):
                yield _line(None, "message", row.journey, row.step, row.visit, row.effect, row.recipient, row.state, row.reason)

    def of_account(self) -> Iterator[Line]:
        row = stored.lock(self.session, self.account_id)
        assert row is not None
        people = {each.id: each for each in self.session.execute(select(table(PersonRow)))}
        account = stored.load(self.session, row, {}, self.vocabulary)
        assert account.owner_id is None or account.owner_id in people
        yield from _of_account(account, row.watch_at)
