"""Turns in virtual time: a run or a follow-up advances, and what it wants done is done."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from domain import governor, ladder, moving, queueing, shadow, telling
from domain.facts import Hold
from domain.governor import Drop, Go, Wait
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
from domain.news import Changed, ExitOrdered, News, PutOff, Reassigned, Settled
from domain.situation import PastRun
from domain.standing import AskedApproval, AskedTask, FollowUp, OpenEscalation, RunStanding
from domain.touches import Touch
from domain.virtual_ledger import VirtualLedger


class VirtualTurns(VirtualLedger, ABC):
    """Takes turns; what is asked of people is left to `World`."""

    def _turn(self, run: RunStanding) -> None:
        run.woken = False
        while True:
            news, run.news = run.news, []
            stepped = moving.advance(run.journey, run.order, self.house, run.state, self.now, self._facts(run), news)
            turned, run.journey, run.order = stepped.turned, stepped.journey, stepped.order
            was_in_shadow = run.state.shadow
            run.state, run.rest = turned.state, turned.rest
            self._note(run.journey.name, turned.decisions)
            for intent in turned.intents:
                self._carry_out(intent, run)
            if was_in_shadow and not run.state.shadow:
                self._show_journeys()
                self._tell(teller=run.id)
            if turned.rest.over is not None:
                self._end(run)
                return
            if run.order is not None and run.order.is_due:
                continue  # it has gone on, and moves now
            settled = self._deliver_next(run)
            if settled is None:
                return
            run.news.append(settled)

    def _deliver_next(self, run: RunStanding) -> News | None:
        """The next planned message that is due meets the governor; what came of it, None when nothing is due."""
        message = queueing.first(message for message in run.planned if not message.gated and message.due_at <= self.now)
        if message is None:
            return None
        run.planned.remove(message)
        seen = self._facts(run)
        letter = queueing.letter(message, self.house, run.journey.name, run.journey.plan(seen.segment))
        known = self.mail.known(letter, run, list(self.runs.values()), self.house, seen, self.now)
        match governor.verdict(letter, self.house, seen, run.state.pause, self.now, known):
            case Go() if message.shadow:
                self._record(run, message.step, message.visit, message.effect, message.recipient, message.template)
                return Settled(message.step, message.visit, self.now, message.recipient, shadow.SHADOWED)
            case Go():
                if message.audience == "contact":
                    self.mail.send(letter, message, run.journey.name, self.house, seen, self.now)
                self._touch(run, message.step, message.visit, message.effect, message.recipient, message.template)
                return Settled(message.step, message.visit, self.now, message.recipient, "accepted")
            case Wait(until, why, is_queued, crowd):
                if crowd:
                    self.mail.keep_back(letter, message, crowd, self.now)
                queued_at = message.queued_at or (self.now if is_queued else None)
                run.planned.append(replace(message, due_at=until, queued_at=queued_at))
                return PutOff(message.step, message.visit, self.now, message.recipient, until, why)
            case Drop(why):
                self._note(run.journey.name, [Decision("dropped", why, message.step, message.visit, rule=message.recipient)])
                return Settled(message.step, message.visit, self.now, message.recipient, "skipped")

    def _climb(self, follow_up: FollowUp) -> None:
        news, follow_up.news = follow_up.news, []
        climbed = ladder.advance(self.house, follow_up.climb, self.now, self._known(), news)
        follow_up.climb, follow_up.until = climbed.state, climbed.rest.until
        self._note("follow-up", climbed.decisions)
        for intent in climbed.intents:
            self._carry_out_follow_up(intent, follow_up)
        if climbed.rest.over is not None:
            self.follow_ups.pop(follow_up.id, None)

    def _carry_out_follow_up(self, intent: Intent, follow_up: FollowUp) -> None:
        match intent:
            case SendMessage():
                self._give_notice(intent, follow_up)
            case RaiseEscalation():
                self._raise(intent, follow_up.run)
            case ClimbEscalation():
                for escalation in self.escalations.values():
                    if escalation.follow_up == follow_up.id:
                        escalation.role, escalation.person_id = intent.role, intent.person_id
            case _:
                raise AssertionError(f"a ladder does not intend {intent}")

    def _give_notice(self, intent: SendMessage, follow_up: FollowUp) -> None:
        climb = follow_up.climb
        about = (follow_up.journey, climb.title, intent.visit, intent.effect, intent.recipient, intent.template, follow_up.id)
        self.touches.append(Touch(self.now, *about))
        if climb.kind == "escalation" and intent.effect == "told":
            for escalation in self.escalations.values():
                if escalation.id == climb.subject_id:
                    escalation.told.append((intent.recipient, self.now))
                    self._expect_acknowledgement(escalation, intent.recipient, self.now)

    def _end(self, run: RunStanding) -> None:
        del self.runs[run.id]
        self.past.append(PastRun(run.journey.name, run.key, self.now, run.state.anchor_on, run.state.shadow))
        self._show_journeys()
        self._tell()

    # What a turn wants done

    def _carry_out(self, intent: Intent, run: RunStanding) -> None:
        match intent:
            case SendMessage():
                run.planned.append(intent)
            case Release():
                run.planned = [
                    replace(message, gated=False, due_at=intent.due[message.recipient])
                    if (message.step, message.visit) == (intent.step, intent.visit) and message.recipient in intent.due
                    else message
                    for message in run.planned
                ]
            case KeepBack():
                run.planned = [
                    replace(message, gated=True) if (message.step, message.visit) == (intent.step, intent.visit) else message
                    for message in run.planned
                ]
            case Show():
                pass  # nobody reads words in virtual time
            case Withdraw():
                self._withdraw(intent, run)
            case Rename():
                self._rename(intent, run)
            case CreateTask():
                self._create_task(intent, run)
            case CloseTasks():
                for task in self.tasks.values():
                    if task.open and task.run == run.id and intent.step in (None, task.intent.step):
                        self._close_task(task, intent)
            case AskApproval():
                approval = self.approvals[run.id, intent.step, intent.visit] = AskedApproval(run.id, intent, intent.approver_id)
                self._touch(run, intent.step, intent.visit, "approval", intent.approver_id or intent.role, intent.title)
                self._expect_decision(approval, intent.approver_id, self.now)
            case PassApproval():
                asked = self.approvals[run.id, intent.step, intent.visit]
                asked.passed_at = self.now
                asked.intent = replace(asked.intent, role=intent.role, approver_id=intent.approver_id, covering_for=intent.covering_for)
                self._expect_decision(asked, intent.approver_id, self.now)
            case CloseApproval():
                self.approvals[run.id, intent.step, intent.visit].open = False
            case RaiseEscalation():
                self._raise(intent, run.id)
            case EndEscalation():
                self._end_escalation(intent.cause, intent.why)
            case SetFacts():
                tags = tuple(tag for tag in self.account.tags if tag not in intent.remove_tags)
                self.account = replace(self.account, tags=(*tags, *(tag for tag in intent.add_tags if tag not in tags)))
                self._tell(values=intent.values, contract_id=run.contract_id, teller=run.id)
            case StartJourney():
                if intent.journey in self.journeys:
                    told = telling.enroll(
                        self._situation(), self.journeys[intent.journey], run.contract_id, run.contact_id, f"started by {run.journey.name}"
                    )
                    self._store(told)
                else:
                    self._note(run.journey.name, [Decision("not enrolled", f"{intent.journey}: it is not published")])
            case StopJourney():
                for other in self.runs.values():
                    if other.journey.name == intent.journey and other.id != run.id:
                        other.news.append(ExitOrdered(self.now, intent.why, tasks=intent.tasks))
                        other.woken = True
            case PlaceHold():
                hold = Hold(
                    f"{run.id}/{intent.step}/{intent.visit}/{intent.journey or intent.mail_class}",
                    intent.journey,
                    intent.mail_class,
                    intent.until,
                    f"held by {run.journey.name}",
                    placed_at=self.now,
                )
                self.holds[hold.id] = (run.id, hold)
                self._show_holds()
                for other in self.runs.values():
                    if hold.keeps_back(other.journey.name):
                        other.news.append(Changed(self.now, ("held",)))
                        other.woken = True
            case LiftHolds():
                self._lift_holds(run)
            case Shadowed(step, visit, deed):
                self._record(run, step, visit, shadow.kind_of(deed), shadow.recipient_of(deed), shadow.what_of(deed))
                wanted = self.journeys.get(deed.journey) if isinstance(deed, StartJourney) else None
                if wanted and shadow.starts(wanted, self._facts(run), self.now):
                    self._carry_out(deed, run)
            case ClimbEscalation():
                raise AssertionError("only a ladder climbs")
            case _:
                assert_never(intent)

    def _rename(self, intent: Rename, run: RunStanding) -> None:
        becomes = intent.becomes
        run.planned = [replace(message, step=becomes.get(message.step, message.step)) for message in run.planned]
        tasks = [self.tasks.pop(key) for key in list(self.tasks) if key[0] == run.id and key[1] in becomes]
        for task in tasks:
            task.intent = replace(task.intent, step=becomes[task.intent.step])
            self.tasks[run.id, task.intent.step, task.intent.visit] = task
        approvals = [self.approvals.pop(key) for key in list(self.approvals) if key[0] == run.id and key[1] in becomes]
        for approval in approvals:
            approval.intent = replace(approval.intent, step=becomes[approval.intent.step])
            self.approvals[run.id, approval.intent.step, approval.intent.visit] = approval
        raised = [each for each in self.escalations.values() if each.run == run.id and each.step in becomes]
        for escalation in raised:
            del self.escalations[escalation.cause]
        for escalation in raised:
            escalation.cause = ladder.renamed(escalation.cause, escalation.step, becomes[escalation.step])
            escalation.step = becomes[escalation.step]
            self.escalations[escalation.cause] = escalation

    def _withdraw(self, intent: Withdraw, run: RunStanding) -> None:
        everything = intent.step is None
        run.planned = [
            message
            for message in run.planned
            if not (everything or (message.step, message.visit) == (intent.step, intent.visit))
            or intent.recipient not in (None, message.recipient)
        ]
        if intent.recipient is not None:
            return
        for (owner, step, visit), approval in self.approvals.items():
            if owner == run.id and (everything or (step, visit) == (intent.step, intent.visit)):
                approval.open = False

    def _create_task(self, intent: CreateTask, run: RunStanding) -> None:
        task = AskedTask(self._name("task"), run.id, intent, self.now)
        self.tasks[run.id, intent.step, intent.visit] = task
        self._touch(run, intent.step, intent.visit, "task", intent.assignee_id or intent.role, intent.title)
        known = self._facts(run)
        climb = ladder.task(self.house, known, intent, task.id, intent.title, self.now)
        if (wake := ladder.first_wake(self.house, known, climb)) is not None:
            task.follow_up = self._follow(climb, run.id, wake)
        self._expect_task(task)

    def _close_task(self, task: AskedTask, intent: CloseTasks) -> None:
        if intent.fate == "hand_on":
            owner = self.account.owner_id
            task.intent = replace(task.intent, assignee_id=owner, role="owner")
            if follow_up := self.follow_ups.get(task.follow_up or ""):
                follow_up.news.append(Reassigned(self.now, owner))
            return
        task.open = False
        self._close_follow_up(task.follow_up, intent.why)
        self._end_escalation(ladder.overdue(task.id), intent.why)

    # Whoever was asked may act

    @abstractmethod
    def _expect_task(self, task: AskedTask) -> None: ...

    @abstractmethod
    def _expect_decision(self, approval: AskedApproval, approver: str | None, since: datetime) -> None: ...

    @abstractmethod
    def _expect_acknowledgement(self, escalation: OpenEscalation, person: str, told_at: datetime) -> None: ...
