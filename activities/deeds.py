"""What the turn of one run wants done, carried out as rows. The ledger holds the account; this holds the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, assert_never

from sqlalchemy import Row, select
from sqlmodel import Session

from activities import shadowing, words
from activities.ledger import Ledger
from activities.shadowing import Words
from database import messages, work
from database.messages import Message, Outgoing
from database.tables import HoldRow, table
from domain import ladder, news, replies, shadow
from domain.facts import Facts, Hold
from domain.filling import Today
from domain.intents import (
    AskApproval,
    ClimbEscalation,
    CloseApproval,
    CloseTasks,
    CreateTask,
    Decision,
    EndEscalation,
    Intent,
    KeepBack,
    LiftHolds,
    PassApproval,
    PlaceHold,
    RaiseEscalation,
    Release,
    Rename,
    SendMessage,
    SetFacts,
    Shadowed,
    Show,
    StartJourney,
    StopJourney,
    Withdraw,
)  # fmt: skip
from domain.journey import Journey
from domain.news import Closed, ExitOrdered

holds = table(HoldRow)


class Deeds:
    """Carries out intents for one run (an enrollment's or follow-up's row) within the ledger's transaction."""

    def __init__(self, ledger: Ledger, run: Row[Any], outgoing: Outgoing) -> None:
        self.ledger = ledger
        self.session: Session = ledger.session
        self.run = run
        self.outgoing = outgoing
        self.anchor_on: date | None = None  # the run's day 0, for words that name the day
        self.journey: Journey | None = None  # the version that an enrollment is on

    def carry_out(self, intents: Sequence[Intent]) -> None:
        """In order: what withdraws and what plans in one turn must not change places."""
        for intent in intents:
            self.do(intent)

    def do(self, intent: Intent) -> None:
        run, now = self.run, self.ledger.now
        match intent:
            case SendMessage():
                self.outgoing.plan(self.message(intent))
            case Release():
                self.outgoing.release(intent.step, intent.visit, intent.due)
            case KeepBack():
                self.outgoing.keep_back(intent.step, intent.visit)
            case Show():
                pass  # composed once all of the turn is decided (activities/rounds.py)
            case Withdraw():
                self.outgoing.withdraw(intent.step, intent.visit, intent.why, now, intent.recipient)
                if intent.recipient is None:
                    work.withdraw_approvals(self.session, run.id, intent.step, intent.visit, now)
            case Rename():
                self.rename(intent)
            case CreateTask():
                self.create_task(intent)
            case CloseTasks():
                self.close_tasks(intent)
            case AskApproval():
                self.ask(intent)
            case PassApproval():
                passed = {"role": intent.role, "approver_id": intent.approver_id, "covering_for": intent.covering_for}
                changed = {**passed, "expires_at": None}
                self.change_approval(intent, changed)
            case CloseApproval():
                self.change_approval(intent, {"state": intent.verdict, "decided_at": now})
            case RaiseEscalation():
                self.ledger.escalate(intent, run)
            case EndEscalation():
                self.ledger.end_escalation(intent.cause, intent.why)
            case SetFacts():
                self.set_facts(intent)
            case StartJourney():
                self.start(intent)
            case StopJourney():
                for other in self.ledger.live.values():
                    if other.journey == intent.journey and other.id != run.id:
                        self.ledger.notify(other.id, ExitOrdered(now, intent.why, tasks=intent.tasks), True)
            case PlaceHold():
                self.hold(intent)
            case LiftHolds():
                self.lift_holds()
            case Shadowed():
                self.record_deed(intent)
            case ClimbEscalation():
                subject = ladder.load(run.state).subject_id
                work.change_escalation(self.session, subject, {"role": intent.role, "person_id": intent.person_id})
            case _:
                assert_never(intent)

    def message(self, intent: SendMessage) -> Message:
        return Message(
            id=messages.message_id(self.run.id, intent.step, intent.visit, intent.effect, intent.recipient),
            run_id=self.run.id,
            account_id=self.ledger.account.id,
            journey=getattr(self.run, "journey", "follow-up"),
            step=intent.step,
            visit=intent.visit,
            effect=intent.effect,
            audience=intent.audience,
            recipient=intent.recipient,
            template=intent.template,
            mail_class=intent.mail_class,
            operational=intent.operational,
            state="gated" if intent.gated else "planned",
            due_at=intent.due_at,
            planned_at=self.ledger.now,
            context=dict(intent.context),
            shadow=intent.shadow,
        )

    def record_deed(self, intent: Shadowed) -> None:
        """What a step in shadow would have done. It starts what is in shadow itself."""
        assert self.journey, "only a journey has steps in shadow"
        ledger, run = self.ledger, self.run
        known = ledger.facts(run.contract_id, run.contact_id)
        shadowing.of_deed(ledger, run, self.journey, known, self.today(known), intent)
        if isinstance(intent.deed, StartJourney):
            wanted = ledger.published.journeys.get(intent.deed.journey)
            if wanted and shadow.starts(wanted, known, ledger.now):
                self.start(intent.deed)

    def record(self, message: Message, known: Facts, kept: Mapping[str, Any], fault: str | None) -> None:
        """A message in shadow whose moment has come: as it would have left, or why it could not have."""
        assert self.journey, "only a journey has steps in shadow"
        read = Words(kept.get("subject"), kept.get("text"))
        shadowing.of_message(self.ledger, self.run, self.journey, known, message, read, fault)

    def today(self, known: Facts) -> Today:
        today = known.today(self.ledger.now)
        return Today(today, (today - self.anchor_on).days if self.anchor_on else None)

    def set_facts(self, intent: SetFacts) -> None:
        account = self.ledger.account
        tags = tuple(tag for tag in account.tags if tag not in intent.remove_tags)
        tags = (*tags, *(tag for tag in intent.add_tags if tag not in tags))
        changed = replace(account, tags=tags) if tags != account.tags else None
        self.ledger.tell(values=intent.values, contract_id=self.run.contract_id, teller=self.run.id, changed=changed)

    def start(self, intent: StartJourney) -> None:
        wanted = self.ledger.published.journeys.get(intent.journey)
        if wanted is None:
            self.ledger.note([Decision("not enrolled", f"{intent.journey}: it is not published")], self.run.id)
            return
        self.ledger.enroll(wanted, self.run.contract_id, self.run.contact_id, f"started by {self.run.journey}")

    def rename(self, intent: Rename) -> None:
        for message in self.outgoing.in_state("planned", "gated"):
            if message.step in intent.becomes:
                self.outgoing.change(message.id, step=intent.becomes[message.step])
        work.rename_steps(self.session, self.run.id, intent.becomes)

    # Tasks and approvals

    def create_task(self, intent: CreateTask) -> None:
        ledger, run = self.ledger, self.run
        id = work.work_id("task", run.id, intent.step, intent.visit)
        known = ledger.facts(run.contract_id, run.contact_id)
        title, body = words.of_task(ledger.published, intent.title, known, self.today(known))
        climb = ladder.task(ledger.house, known, intent, id, title, ledger.now)
        wake = ladder.first_wake(ledger.house, known, climb)
        follow_up = work.work_id("follow-up", run.id, intent.step, intent.visit) if wake else None
        is_new = work.open_task(
            self.session,
            {
                "id": id, "enrollment_id": run.id, "account_id": ledger.account.id, "journey": run.journey, "step": intent.step,
                "visit": intent.visit, "title": title, "body": body, "role": intent.role, "assignee_id": intent.assignee_id,
                "covering_for": intent.covering_for, "sla": intent.sla, "outcomes": list(intent.outcomes), "state": "open",
                "created_at": ledger.now, "due_at": intent.due_at, "follow_up_id": follow_up,
            },
        )  # fmt: skip
        if is_new and follow_up and wake:
            ledger.follow(follow_up, climb, wake, run.id)

    def close_tasks(self, intent: CloseTasks) -> None:
        ledger = self.ledger
        for found in work.open_tasks_of(self.session, self.run.id):
            if intent.step not in (None, found.step) or replies.is_task(found.step):
                continue
            if intent.fate == "hand_on":
                owner = ledger.account.owner_id
                work.change_task(self.session, found.id, {"assignee_id": owner, "role": "owner", "note": f"handed on: {intent.why}"})
                ledger.tell_follow_up(found.follow_up_id, news.Reassigned(ledger.now, owner))
            else:
                work.change_task(self.session, found.id, {"state": "closed", "done_at": ledger.now, "note": intent.why})
                ledger.tell_follow_up(found.follow_up_id, Closed(ledger.now, intent.why))
                ledger.end_escalation(ladder.overdue(found.id), intent.why)

    def change_approval(self, intent: PassApproval | CloseApproval, values: Mapping[str, Any]) -> None:
        if id := work.approval_of(self.session, self.run.id, intent.step, intent.visit):
            work.change_approval(self.session, id, values)

    def ask(self, intent: AskApproval) -> None:
        work.ask(
            self.session,
            {
                "id": work.work_id("approval", self.run.id, intent.step, intent.visit), "enrollment_id": self.run.id,
                "account_id": self.ledger.account.id,
                "journey": self.run.journey, "step": intent.step, "visit": intent.visit, "title": intent.title, "role": intent.role,
                "asked_role": intent.role, "approver_id": intent.approver_id,
                "covering_for": intent.covering_for, "otherwise": intent.otherwise, "state": "open", "asked_at": intent.asked_at,
                "expires_at": intent.expires_at,
            },
        )  # fmt: skip

    # Holds

    def hold(self, intent: PlaceHold) -> None:
        id = messages.message_id(self.run.id, intent.step, intent.visit, "hold", intent.journey or intent.mail_class or "")
        if not self.session.execute(select(holds.c.id).where(holds.c.id == id)).one_or_none():
            self.ledger.place(Hold(id, intent.journey, intent.mail_class, intent.until, f"held by {self.run.journey}"), self.run.id, None)

    def lift_holds(self) -> None:
        """The holds a run placed end with it."""
        for found in self.session.execute(select(holds).where(holds.c.run_id == self.run.id, holds.c.told_at.is_(None))).all():
            self.ledger.lift(found)
