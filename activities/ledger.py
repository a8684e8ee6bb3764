"""One account inside one transaction: what turns and tellings decide is carried out here, as rows.

The ledger is to the database what `domain.simulation.World` is to virtual time: it decides nothing. The account's row is held
from the moment a ledger opens until its transaction ends. What Temporal must hear afterwards is collected in `nudges`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from itertools import groupby
from typing import Any, assert_never

from sqlalchemy import Row, insert, select, update
from sqlmodel import Session

from activities import words
from activities.words import Today
from database import accounts, messages, revisions, runs, work
from database.definitions import Definitions, Published
from database.people import People
from database.tables import EnrollmentRow, FollowUpRow, HoldRow, table
from domain import account as account_of
from domain import interpreter, ladder, news, protocol, state, telling
from domain.account import Account
from domain.facts import Facts, Hold
from domain.intents import (
    AskApproval,
    ClimbEscalation,
    CloseApproval,
    CloseTasks,
    CreateTask,
    Decision,
    EndEscalation,
    Intent,
    LiftHolds,
    PassApproval,
    PlaceHold,
    RaiseEscalation,
    Release,
    SendMessage,
    SetFacts,
    StartJourney,
    StopJourney,
    Withdraw,
)  # fmt: skip
from domain.journey import Journey
from domain.ladder import Climb
from domain.news import Changed, Closed, EscalationEnded, ExitOrdered, HoldOrdered, News, Raised, ResumeOrdered
from domain.protocol import RunKind, RunOrder, Wait
from domain.telling import Effect, Enroll, Event, KeepContract, KeepReading, LiveRun, Notify, ReachGoal, Situation, Told

enrollments, follow_ups, holds = table(EnrollmentRow), table(FollowUpRow), table(HoldRow)


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

    definitions: Definitions
    people: People


class Ledger:
    """`now` is the clock that rules read. Raises UnknownAccount, and NotPublished before anything is published."""

    def __init__(self, session: Session, office: Office, account_id: str, now: datetime) -> None:
        row = accounts.lock(session, account_id)
        if row is None:
            raise UnknownAccount(f"there is no account '{account_id}'")
        counts = revisions.current(session)
        self.session = session
        self.office = office
        self.now = now
        self.row = row
        self.published: Published = office.definitions.at(session, counts.get(revisions.DEFINITIONS, 0))
        self.house = self.published.house
        people = office.people.at(session, counts.get(revisions.PEOPLE, 0))
        self.account: Account = accounts.load(session, row, people, self.house.vocabulary)
        self.nudges: dict[str, Nudge] = {}
        self.anchor_on: date | None = None  # day 0 of the run whose turn it is

    # What is known

    def facts(self, contract_id: str | None = None, contact_id: str | None = None) -> Facts:
        return account_of.facts(self.account, self.house, self.now, contract_id, contact_id)

    def today(self, known: Facts) -> Today:
        today = known.today(self.now)
        return Today(today, (today - self.anchor_on).days if self.anchor_on else None)

    def journey(self, row: Row[Any]) -> Journey:
        return self.office.definitions.journey(self.session, self.published, row.journey, row.version, row.hash)

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
                "id": id, "journey": effect.journey.name, "version": effect.journey.version, "hash": effect.journey.hash, "key": effect.key,
                "account_id": self.account.id, "contract_id": effect.contract_id, "contact_id": effect.contact_id, "why": effect.why,
                "state": state.dump(effect.state), "wake_at": self.now, "verb": "enter", "begun_at": self.now,
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
        """What Temporal is told of an enrollment; its search attributes hold ids and words of ours, nothing personal."""
        known = self.published.journeys.get(journey)
        attributes: dict[str, str | int] = {
            "TenureAccount": self.account.id,
            "TenureSegment": str(self.account.values.get("account.segment") or ""),
            "TenureStage": (known.any_plan.text.stage if known else None) or "",
            "TenureVersion": version,
        }
        order = RunOrder(run_id=id, wait=Wait(until=wake_at))
        return Nudge(protocol.enrollment_workflow_id(journey, id), journey, order, begins, attributes)

    def notify_if_concerned(self, run_id: str | None, news: News) -> None:
        """Tells a live run what it cares about, and wakes it when it waits for that."""
        row = self.live.get(run_id or "")
        if row is None:
            return
        known = self.facts(row.contract_id, row.contact_id)
        cares = interpreter.interest(self.journey(row), self.house, state.load(row.state), self.now, known, news)
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

    # What a turn wants done

    def carry_out(self, intents: Sequence[Intent], run: Row[Any]) -> None:
        """In order: what withdraws and what plans in one turn must not change places."""
        for are_messages, group in groupby(intents, lambda intent: isinstance(intent, SendMessage)):
            if are_messages:
                messages.plan(self.session, [self.message(intent, run) for intent in group if isinstance(intent, SendMessage)])
            else:
                for intent in group:
                    self.do(intent, run)

    def message(self, intent: SendMessage, run: Row[Any]) -> dict[str, Any]:
        return {
            "id": messages.message_id(run.id, intent.step, intent.visit, intent.effect, intent.recipient),
            "run_id": run.id, "account_id": self.account.id, "journey": getattr(run, "journey", None) or "follow-up", "step": intent.step,
            "visit": intent.visit, "effect": intent.effect, "audience": intent.audience, "recipient": intent.recipient,
            "template": intent.template, "mail_class": intent.mail_class, "operational": intent.operational, "context": dict(intent.context),
            "state": "gated" if intent.gated else "planned", "due_at": intent.due_at, "planned_at": self.now, "attempts": 0,
        }  # fmt: skip

    def do(self, intent: Intent, run: Row[Any]) -> None:
        match intent:
            case SendMessage():
                pass  # planned together in carry_out
            case Release():
                messages.release(self.session, run.id, intent.step, intent.visit, intent.due)
            case Withdraw():
                messages.withdraw(self.session, run.id, intent.step, intent.visit, intent.why, self.now)
                work.withdraw_approvals(self.session, run.id, intent.step, intent.visit, self.now)
            case CreateTask():
                self.create_task(intent, run)
            case CloseTasks():
                self.close_tasks(intent, run)
            case AskApproval():
                self.ask(intent, run)
            case PassApproval():
                id = work.work_id("approval", run.id, intent.step, intent.visit)
                work.change_approval(self.session, id, {"role": intent.role, "approver_id": intent.approver_id, "expires_at": None})
            case CloseApproval():
                id = work.work_id("approval", run.id, intent.step, intent.visit)
                work.change_approval(self.session, id, {"state": intent.verdict, "decided_at": self.now})
            case RaiseEscalation():
                self.escalate(intent, run)
            case EndEscalation():
                self.end_escalation(intent.cause, intent.why)
            case SetFacts():
                tags = tuple(tag for tag in self.account.tags if tag not in intent.remove_tags)
                tags = (*tags, *(tag for tag in intent.add_tags if tag not in tags))
                changed = replace(self.account, tags=tags) if tags != self.account.tags else None
                self.tell(values=intent.values, contract_id=run.contract_id, teller=run.id, changed=changed)
            case StartJourney():
                self.start(intent, run)
            case StopJourney():
                for other in self.live.values():
                    if other.journey == intent.journey and other.id != run.id:
                        self.notify(other.id, ExitOrdered(self.now, intent.why, tasks=intent.tasks), True)
            case PlaceHold():
                self.hold(intent, run)
            case LiftHolds():
                self.lift_holds(run.id)
            case ClimbEscalation():
                found = work.escalation(self.session, ladder.load(run.state).subject_id)
                if found:
                    work.change_escalation(self.session, found.id, {"role": intent.role, "person_id": intent.person_id})
            case _:
                assert_never(intent)

    def start(self, intent: StartJourney, run: Row[Any]) -> None:
        wanted = self.published.journeys.get(intent.journey)
        if wanted is None:
            self.note([Decision("not enrolled", f"{intent.journey}: it is not published")], run.id)
            return
        self.enroll(wanted, run.contract_id, run.contact_id, f"started by {run.journey}")

    def close(self) -> None:
        """A run is over: its journey is not live any more, which may itself be a fact that others watch."""
        self.__dict__.pop("live", None)
        journeys = tuple(row.journey for row in self.live.values())
        self.tell(changed=replace(self.account, journeys=journeys))

    # Tasks and approvals

    def create_task(self, intent: CreateTask, run: Row[Any]) -> None:
        id = work.work_id("task", run.id, intent.step, intent.visit)
        known = self.facts(run.contract_id, run.contact_id)
        title, body = self.words_of_task(intent, known)
        climb = ladder.task(self.house, known, intent, id, title, self.now)
        wake = ladder.first_wake(self.house, known, climb)
        follow_up = work.work_id("follow-up", run.id, intent.step, intent.visit) if wake else None
        is_new = work.open_task(
            self.session,
            {
                "id": id, "enrollment_id": run.id, "account_id": self.account.id, "journey": run.journey, "step": intent.step, "visit": intent.visit,
                "title": title, "body": body, "role": intent.role, "assignee_id": intent.assignee_id, "covering_for": intent.covering_for,
                "sla": intent.sla, "outcomes": list(intent.outcomes), "state": "open", "created_at": self.now, "due_at": intent.due_at,
                "follow_up_id": follow_up,
            },
        )  # fmt: skip
        if is_new and follow_up and wake:
            self.follow(follow_up, climb, wake, run.id)

    def words_of_task(self, intent: CreateTask, known: Facts) -> tuple[str, str]:
        """The title and instructions of a task; a title with spaces is its own."""
        return words.of_task(self.published, intent.title, known, self.today(known))

    def close_tasks(self, intent: CloseTasks, run: Row[Any]) -> None:
        for found in work.open_tasks_of(self.session, run.id):
            if intent.fate == "hand_on":
                changed = {"assignee_id": self.account.owner_id, "role": "owner", "note": f"handed on: {intent.why}"}
                work.change_task(self.session, found.id, changed)
                self.tell_follow_up(found.follow_up_id, news.Reassigned(self.now, self.account.owner_id))
            else:
                work.change_task(self.session, found.id, {"state": "closed", "done_at": self.now, "note": intent.why})
                self.tell_follow_up(found.follow_up_id, Closed(self.now, intent.why))
                self.end_escalation(ladder.overdue(found.id), intent.why)

    def ask(self, intent: AskApproval, run: Row[Any]) -> None:
        work.ask(
            self.session,
            {
                "id": work.work_id("approval", run.id, intent.step, intent.visit), "enrollment_id": run.id, "account_id": self.account.id,
                "journey": run.journey, "step": intent.step, "visit": intent.visit, "title": intent.title, "role": intent.role,
                "approver_id": intent.approver_id, "covering_for": intent.covering_for, "otherwise": intent.otherwise, "state": "open",
                "asked_at": intent.asked_at, "expires_at": intent.expires_at,
            },
        )  # fmt: skip

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
                "id": id, "account_id": self.account.id, "enrollment_id": enrollment_id, "opened_at": self.now, "state": ladder.dump(climb), "wake_at": wake,
                "verb": "climb", "running": False,
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

    def hold(self, intent: PlaceHold, run: Row[Any]) -> None:
        id = messages.message_id(run.id, intent.step, intent.visit, "hold", intent.journey or intent.mail_class or "")
        if self.session.execute(select(holds.c.id).where(holds.c.id == id)).one_or_none():
            return
        self.place(Hold(id, intent.journey, intent.mail_class, intent.until, f"held by {run.journey}"), run.id, None)

    def place(self, hold: Hold, run_id: str | None, by: str | None) -> None:
        values = {
            "id": hold.id, "account_id": self.account.id, "run_id": run_id, "journey": hold.journey, "mail_class": hold.mail_class,
            "until": hold.until, "reason": hold.reason, "placed_by": by, "placed_at": self.now,
        }  # fmt: skip
        self.session.execute(insert(holds).values(values))
        self.account = replace(self.account, holds=(*self.account.holds, hold))
        for other in self.live.values():
            if hold.journey and other.journey == hold.journey:
                self.notify(other.id, HoldOrdered(self.now, hold.until, by=by, why=hold.reason), True)

    def lift_holds(self, run_id: str) -> None:
        """The holds a run placed end with it."""
        mine = self.session.execute(select(holds).where(holds.c.run_id == run_id, holds.c.lifted_at.is_(None))).all()
        for found in mine:
            self.lift(found)

    def lift(self, found: Row[Any]) -> None:
        self.session.execute(update(holds).where(holds.c.id == found.id).values(lifted_at=self.now))
        self.account = replace(self.account, holds=tuple(hold for hold in self.account.holds if hold.id != found.id))
        for other in list(self.live.values()):
            if found.journey and other.journey == found.journey:
                self.notify(other.id, ResumeOrdered(self.now), True)
            elif other.id != found.run_id:
                self.notify_if_concerned(other.id, Changed(self.now, ("holds",)))


def nudge_of_follow_up(id: str, account_id: str, wake_at: datetime | None, begins: bool) -> Nudge:
    order = RunOrder(run_id=id, kind=RunKind.FOLLOW_UP, wait=Wait(until=wake_at, verb="climb"))
    return Nudge(protocol.follow_up_workflow_id(id), protocol.FOLLOW_UP, order, begins, {"TenureAccount": account_id})
