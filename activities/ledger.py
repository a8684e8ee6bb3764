"""One account inside one transaction: what turns and tellings decide is carried out here, as rows.

The ledger is to the database what `domain.simulation.World` is to virtual time: it decides nothing. The account's row is held
from the moment a ledger opens until its transaction ends. What Temporal must hear afterwards is collected in `nudges`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, assert_never

from sqlalchemy import Row, Table, update
from sqlmodel import Session

from database import accounts, holds, runs, work
from database.accounts import Remembered
from database.definitions import Definitions, Published
from database.people import People
from database.tables import EnrollmentRow, FollowUpRow, table
from domain import account as account_of
from domain import ladder, listening, protocol, state, telling
from domain.account import Account
from domain.facts import Facts, Hold, Resume
from domain.intents import (
    Decision,
    EndEscalation,
    RaiseEscalation,
)  # fmt: skip
from domain.journey import Journey
from domain.ladder import Climb
from domain.news import Changed, Closed, EscalationEnded, News, Raised, ResumeOrdered
from domain.protocol import RunKind, RunOrder, Wait
from domain.situation import LiveRun, Situation
from domain.telling import Effect, Enroll, Event, KeepContract, KeepReading, Notify, ReachGoal, Told

enrollments, follow_ups = table(EnrollmentRow), table(FollowUpRow)


@dataclass(frozen=True, slots=True)
class Nudge:
    """A run that Temporal must hear of. One that begins is started; any other is woken, and started where Temporal lost it."""

    workflow_id: str
    workflow_type: str
    order: RunOrder
    begins: bool
    attributes: Mapping[str, str | int] = field(default_factory=dict)


class UnknownAccount(LookupError):
    """There is no account of this id."""


@dataclass(frozen=True)
class Office:
    """What every ledger of a process shares."""

    definitions: Definitions = field(default_factory=Definitions)
    people: People = field(default_factory=People)
    accounts: Remembered = field(default_factory=Remembered)


class Ledger:
    """`now` is the clock that rules read. Raises UnknownAccount, and NotPublished before anything is published."""

    def __init__(self, session: Session, office: Office, account_id: str, now: datetime) -> None:
        row = accounts.lock(session, account_id)
        if row is None:
            raise UnknownAccount(f"there is no account '{account_id}'")
        self._open(session, office, row, now)
        self.account: Account = accounts.load(session, row, self.people, self.house.vocabulary)

    @classmethod
    def of_run(cls, session: Session, office: Office, kind: Table, run_id: str, now: datetime) -> Ledger | None:
        """The ledger of the account that a run belongs to, opened before anything is written: an account that has not changed
        since it was last read is not read again. None when there is no such run."""
        row = accounts.lock_of_run(session, kind, run_id)
        if row is None:
            return None
        ledger = cls.__new__(cls)
        ledger._open(session, office, row, now)
        remembered = office.accounts.find(row)
        ledger.account = remembered or accounts.load(session, row, ledger.people, ledger.house.vocabulary)
        if remembered is None:
            office.accounts.keep(row, ledger.account)
        return ledger

    def _open(self, session: Session, office: Office, row: Row[Any], now: datetime) -> None:
        self.session = session
        self.office = office
        self.now = now
        self.armed: bool = row.armed is not False  # nobody has disarmed a database that no process has looked at yet
        self.published: Published = office.definitions.at(session, row.definitions_revision or 0)
        self.house = self.published.house
        self.people = office.people.at(session, row.people_revision or 0)
        self.nudges: dict[str, Nudge] = {}

    # What is known

    def facts(self, contract_id: str | None = None, contact_id: str | None = None) -> Facts:
        return account_of.facts(self.account, self.house, self.now, contract_id, contact_id)

    def journey(self, row: Row[Any]) -> Journey:
        return self.office.definitions.journey(self.session, self.published, row.journey, row.version)

    def version(self, journey: str, version: int) -> Journey:
        """Raises NotPublished."""
        return self.office.definitions.journey(self.session, self.published, journey, version)

    @cached_property
    def live(self) -> dict[str, Row[Any]]:
        """The account's live enrollments by id."""
        return {row.id: row for row in runs.live(self.session, self.account.id)}

    def situation(self) -> Situation:
        live = [
            LiveRun(row.id, self.journey(row), row.key, state.load(row.state), row.contract_id, row.contact_id)
            for row in self.live.values()
        ]
        past = runs.past(self.session, self.account.id)
        return Situation(self.house, list(self.published.journeys.values()), self.account, live, past, self.now)

    # What is told

    def tell(
        self,
        events: Sequence[Event] = (),
        values: Mapping[str, Any] | None = None,
        contract_id: str | None = None,
        contact_id: str | None = None,
        read_health: bool = False,
        teller: str | None = None,
        changed: Account | None = None,
    ) -> Told:
        """`changed` is the account as its caller has already written it (a contact joined, an owner changed)."""
        before = self.account
        self.account = changed or before
        told = telling.tell(self.situation(), events, values, contract_id, contact_id, read_health, teller)
        self.store(told, before)
        return told

    def enroll(self, journey: Journey, contract_id: str | None, contact_id: str | None, why: str) -> Told:
        before = self.account
        told = telling.enroll(self.situation(), journey, contract_id, contact_id, why)
        self.store(told, before)
        return told

    def store(self, told: Told, before: Account) -> None:
        self.account = told.account
        accounts.save(self.session, told.account, before, told.watch_at)
        runs.plan_starts(self.session, told.account.id, told.starts)
        self.note(told.decisions)
        for effect in told.effects:
            self.take_effect(effect)

    def take_effect(self, effect: Effect) -> None:
        match effect:
            case Notify():
                self.notify(effect.run_id, effect.news, effect.wakes)
            case Enroll():
                self.open(effect)
            case ReachGoal():
                row = self.live[effect.run_id]
                reached = state.dump(replace(state.load(row.state), goal_at=effect.at))
                self.session.execute(update(enrollments).where(enrollments.c.id == row.id).values(goal_at=effect.at, state=reached))
                self.__dict__.pop("live", None)
            case KeepReading():
                accounts.save_reading(self.session, self.account.id, effect.reading, self.now)
            case KeepContract():
                accounts.save_contract(self.session, self.account.id, effect.contract)
            case RaiseEscalation():
                self.escalate(effect, None)
            case EndEscalation():
                self.end_escalation(effect.cause, effect.why)
            case _:
                assert_never(effect)

    def open(self, effect: Enroll) -> None:
        id = uuid.uuid4().hex
        runs.open_enrollment(
            self.session,
            {
                "id": id, "journey": effect.journey.name, "version": effect.journey.version, "key": effect.key,
                "account_id": self.account.id, "contract_id": effect.contract_id, "contact_id": effect.contact_id, "why": effect.why,
                "state": state.dump(effect.state), "wake_at": self.now, "verb": "enter", "begun_at": self.now,
                "shadow": effect.state.shadow,
            },
        )  # fmt: skip
        self.nudges[id] = self.nudge_of(id, effect.journey.name, effect.journey.version, self.now, begins=True)
        self.note([Decision("enrolled", effect.why)], id, effect.journey)
        self.__dict__.pop("live", None)

    def notify(self, run_id: str, news: News, wakes: bool) -> None:
        runs.notify(self.session, [(run_id, news, wakes)], self.now)
        if wakes and run_id in self.live:
            row = self.live[run_id]
            self.nudges.setdefault(run_id, self.nudge_of(run_id, row.journey, row.version, row.wake_at, begins=False))

    def nudge_of(self, id: str, journey: str, version: int, wake_at: datetime | None, begins: bool) -> Nudge:
        segment = str(self.account.values.get("account.segment") or "")
        return nudge_of_run(self.published, id, journey, version, self.account.id, segment, wake_at, begins)

    def notify_if_concerned(self, run_id: str | None, news: News) -> None:
        """Tells a live run what it cares about, and wakes it when it waits for that."""
        row = self.live.get(run_id or "")
        if row is None:
            return
        known = self.facts(row.contract_id, row.contact_id)
        cares = listening.interest(self.journey(row), self.house, state.load(row.state), self.now, known, news)
        if cares.wants:
            self.notify(row.id, news, cares.wakes)

    def note(self, decisions: Iterable[Decision], run_id: str | None = None, journey: Journey | None = None) -> None:
        work.note(
            self.session,
            decisions,
            self.now,
            self.account.id,
            run_id,
            journey.name if journey else None,
            journey.version if journey else None,
        )

    def close(self) -> None:
        """A run is over: its journey is not live any more, which may itself be a fact that others watch."""
        self.show_journeys(None)

    def show_journeys(self, teller: str | None) -> None:
        """Which journeys the account is in, as others watch it: a run that has been in shadow from its beginning is none."""
        self.__dict__.pop("live", None)
        journeys = tuple(row.journey for row in self.live.values() if not row.shadow)
        self.tell(changed=replace(self.account, journeys=journeys), teller=teller)

    def leave_shadow(self, run_id: str) -> None:
        """A run whose journey was in shadow goes live."""
        self.session.execute(update(enrollments).where(enrollments.c.id == run_id).values(shadow=False))
        self.show_journeys(run_id)

    # Escalations and their ladders

    def escalate(self, intent: RaiseEscalation, run: Row[Any] | None) -> None:
        found = work.open_escalation(self.session, self.account.id, intent.cause)
        if found:
            self.raise_higher(found, intent)
            return
        enrollment_id = run.id if run is not None and hasattr(run, "journey") else getattr(run, "enrollment_id", None)
        id = uuid.uuid4().hex
        follow_up = f"{id}-1"
        work.escalate(
            self.session,
            {
                "id": id, "account_id": self.account.id, "enrollment_id": enrollment_id, "journey": getattr(run, "journey", None),
                "step": intent.step or None, "visit": intent.visit, "cause": intent.cause, "why": intent.why, "sla": intent.sla,
                "role": intent.role, "person_id": intent.person_id, "state": "open", "raised": 1, "opened_at": self.now,
                "follow_up_id": follow_up,
            },
        )  # fmt: skip
        climb = ladder.escalation(self.house, self.facts(), intent, id, self.now)
        self.follow(follow_up, climb, self.now, enrollment_id)

    def raise_higher(self, found: Row[Any], intent: RaiseEscalation) -> None:
        """An open escalation takes the worse class; the same or a lesser one changes nothing."""
        if intent.sla >= found.sla:
            return
        follow_up, times = found.follow_up_id, found.raised + 1
        row = runs.follow_up(self.session, follow_up)
        if row is not None and row.ended_at is None:
            self.tell_follow_up(follow_up, Raised(self.now, intent.sla, intent.role))
        else:
            follow_up = f"{found.id}-{times}"
            climb = ladder.escalation(self.house, self.facts(), intent, found.id, self.now, level=times)
            self.follow(follow_up, climb, self.now, found.enrollment_id)
        changed = {
            "sla": intent.sla, "role": intent.role, "person_id": intent.person_id, "why": intent.why, "state": "open", "raised": times,
            "follow_up_id": follow_up, "acknowledged_at": None, "acknowledged_by": None,
        }  # fmt: skip
        work.change_escalation(self.session, found.id, changed)

    def end_escalation(self, cause: str, why: str, by: str | None = None) -> None:
        found = work.open_escalation(self.session, self.account.id, cause)
        if found is None:
            return
        work.change_escalation(self.session, found.id, {"state": "resolved", "ended_at": self.now, "ended_by": by, "outcome": why})
        self.tell_follow_up(found.follow_up_id, Closed(self.now, why))
        if found.step:
            self.notify_if_concerned(found.enrollment_id, EscalationEnded(found.step, found.visit, self.now, why))

    def follow(self, id: str, climb: Climb, wake: datetime, enrollment_id: str | None) -> None:
        runs.open_follow_up(
            self.session,
            {
                "id": id, "account_id": self.account.id, "enrollment_id": enrollment_id, "opened_at": self.now,
                "state": ladder.dump(climb), "wake_at": wake, "verb": "climb", "running": False,
            },
        )  # fmt: skip
        self.nudges[id] = nudge_of_follow_up(id, self.account.id, wake, begins=True)

    def tell_follow_up(self, id: str | None, told: News) -> None:
        row = runs.follow_up(self.session, id) if id else None
        if row is None or row.ended_at is not None:
            return
        runs.notify(self.session, [(row.id, told, True)], self.now)
        self.nudges.setdefault(row.id, nudge_of_follow_up(row.id, self.account.id, row.wake_at, begins=False))

    # Holds

    def place(self, hold: Hold, run_id: str | None, by: str | None) -> None:
        """A hold of this account from now on; the runs that it keeps back take it in a turn of theirs."""
        hold = replace(hold, placed_at=self.now)
        holds.place(self.session, self.account.id, hold, run_id, by)
        self.account = replace(self.account, holds=(*self.account.holds, hold))
        for other in self.live.values():
            if hold.keeps_back(other.journey):
                self.notify(other.id, Changed(self.now, ("held",)), True)

    def lift(self, found: Row[Any], by: str | None = None, resume: Resume | None = None) -> None:
        """Ends a hold of this account; `resume` replaces its policy."""
        holds.lift(self.session, found, by, resume, self.now)
        self.end(found, self.now, resume)

    def end(self, found: Row[Any], at: datetime, resume: Resume | None = None) -> None:
        """A hold of this account is over since `at`, by somebody or by its date; those it kept back are told."""
        holds.told(self.session, found, self.now)
        ended = accounts.hold(found)
        self.account = replace(self.account, holds=tuple(hold for hold in self.account.holds if hold.id != found.id))
        for other in list(self.live.values()):
            if ended.keeps_back(other.journey):
                self.notify(other.id, ResumeOrdered(at, by=None, since=ended.placed_at, resume=resume or ended.resume), True)
            elif other.id != found.run_id:
                self.notify_if_concerned(other.id, Changed(self.now, ("holds",)))


def nudge_of_run(
    published: Published, id: str, journey: str, version: int, account_id: str, segment: str, wake_at: datetime | None, begins: bool
) -> Nudge:
    """What Temporal is told of an enrollment; its search attributes hold ids and words of ours, nothing personal."""
    known = published.journeys.get(journey)
    attributes: dict[str, str | int] = {
        "TenureAccount": account_id, "TenureSegment": segment, "TenureStage": (known.any_plan.text.stage if known else None) or "",
        "TenureVersion": version,
    }  # fmt: skip
    order = RunOrder(run_id=id, wait=Wait(until=wake_at))
    return Nudge(protocol.enrollment_workflow_id(journey, id), journey, order, begins, attributes)


def nudge_of_follow_up(id: str, account_id: str, wake_at: datetime | None, begins: bool) -> Nudge:
    order = RunOrder(run_id=id, kind=RunKind.FOLLOW_UP, wait=Wait(until=wake_at, verb="climb"))
    return Nudge(protocol.follow_up_workflow_id(id), protocol.FOLLOW_UP, order, begins, {"TenureAccount": account_id})
