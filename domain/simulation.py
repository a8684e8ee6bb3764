"""Virtual time: the same rules played for one account over months in milliseconds.

The world here is a few dictionaries; everything that decides is the code that decides in real time: `tell`, `advance`,
the ladder and the governor. What is simulated is what runs. Same input, same touches.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from domain import deciding, ladder, people, sending, telling
from domain.account import Account
from domain.entering import PlannedStart
from domain.house import House
from domain.intents import AskApproval, Audience, CreateTask, SendMessage
from domain.journey import Journey
from domain.language import Approval, Post, Send, Step, Task, Webhook
from domain.moving import CANCELLED, InFlight, MoveOrder
from domain.news import Acknowledged, Decided, ExitOrdered, News, TaskDone
from domain.people import Behaviour
from domain.standing import AskedApproval, AskedTask, OpenEscalation, RunStanding, Standing
from domain.state import Phase, Position, Rest, State
from domain.succession import StepMap
from domain.telling import Event
from domain.timing import Calendar
from domain.touches import Touch as Touch
from domain.touches import Why as Why
from domain.virtual_changes import VirtualChanges

MOST_TURNS = 200_000


class Restless(RuntimeError):
    """Runs take turn after turn, and no time passes."""


class World(VirtualChanges):
    """One account in virtual time. `journeys` are the published ones; `behaviour` says how our people act."""

    # What happens from outside

    def at(self, moment: datetime, act: Callable[[World], None]) -> None:
        """Something will happen then."""
        heapq.heappush(self._agenda, (moment, self._number(), act))

    def event(
        self, name: str, payload: Mapping[str, Any] | None = None, contract_id: str | None = None, contact_id: str | None = None
    ) -> None:
        self._tell(events=[Event(name, self.now, payload or {}, contract_id, contact_id)])

    def know(self, values: Mapping[str, Any], contract_id: str | None = None) -> None:
        self._tell(values=values, contract_id=contract_id)

    def change(self, account: Account) -> None:
        """Contacts, contracts, owner or people are as given from now on."""
        self.account = account
        self._tell()

    def enroll(self, journey: str, why: str = "by hand", contract_id: str | None = None, contact_id: str | None = None) -> None:
        told = telling.enroll(self._situation(), self.journeys[journey], contract_id, contact_id, why)
        self._store(told)

    def publish(self, journey: Journey, runs: InFlight = "drain", told: StepMap | None = None) -> None:
        """A newer version of a journey, and what becomes of the runs that are under way; `told` are steps named by hand."""
        self.journeys[journey.name] = journey
        for run in self.runs.values():
            if run.journey.name == journey.name and run.journey.hash != journey.hash and not run.pinned:
                match runs:
                    case "move" | "move_now":
                        run.order = MoveOrder(journey, runs == "move_now", runs == "move_now", told or {})
                        run.woken = run.woken or runs == "move_now"
                    case "cancel":
                        run.news.append(ExitOrdered(self.now, CANCELLED, tasks="close"))
                        run.woken = True
                    case "pin" | "drain":
                        pass

    def order(self, journey: str, news: News) -> None:
        """An order of a person (exit, hold, resume, skip) for the live runs of a journey."""
        for run in self.runs.values():
            if run.journey.name == journey:
                self.tell_run(run.id, news)

    def tell_run(self, run_id: str, news: News) -> None:
        """An order of a person for one run."""
        self._deliver_news(run_id, news, True)

    def complete_task(self, run_id: str, step: str, visit: int, outcome: str | None = None) -> None:
        task = self.tasks.get((run_id, step, visit))
        if task is None or not task.open:
            return
        task.open = False
        self._close_follow_up(task.follow_up, "done")
        self._end_escalation(ladder.overdue(task.id), "done")
        self._notify_run(run_id, TaskDone(step, visit, self.now, outcome))

    def decide_approval(self, run_id: str, step: str, visit: int, approved: bool, recipient: str | None = None) -> None:
        """Of a gate, about the mail to one reader where a `recipient` is named, else about all that are left."""
        approval = self.approvals.get((run_id, step, visit))
        if approval is None or not approval.open:
            return
        if recipient is not None:
            self._decide_one(approval, recipient, approved)
            return
        approval.open = False
        self._end_escalation(ladder.undecided(step), "decided")
        self._notify_run(run_id, Decided(step, visit, self.now, approved))

    def _decide_one(self, approval: AskedApproval, recipient: str, approved: bool) -> None:
        run, asked = self.runs[approval.run], approval.intent
        readers = {each.recipient for each in run.planned if each.gated and (each.step, each.visit) == (asked.step, asked.visit)}
        if recipient not in readers or recipient in approval.verdicts:
            return
        approval.verdicts[recipient] = approved
        if deciding.outcome(readers, approval.verdicts) is not None:
            approval.open = False
            self._end_escalation(ladder.undecided(asked.step), "decided")
        self._notify_run(approval.run, Decided(asked.step, asked.visit, self.now, approved, recipient=recipient))

    def acknowledge(self, cause: str) -> None:
        if escalation := self.escalations.get(cause):
            self._acknowledge(escalation, escalation.person_id)

    def _acknowledge(self, escalation: OpenEscalation, person: str | None) -> None:
        if self.escalations.get(escalation.cause) is not escalation or escalation.acknowledged_at:
            return
        escalation.acknowledged_at, escalation.acknowledged_by = self.now, person
        if follow_up := self.follow_ups.get(escalation.follow_up or ""):
            follow_up.news.append(Acknowledged(self.now))
        self._expect_resolution(escalation)

    def resolve(self, cause: str, outcome: str = "resolved") -> None:
        self._end_escalation(cause, outcome)

    def adopt(
        self, journey: Journey, state: State, contract_id: str | None = None, contact_id: str | None = None, news: Sequence[News] = ()
    ) -> None:
        """A run as it stands in the real world goes on in this one, with what it has asked of people still open."""
        run = RunStanding("run", journey, self.account.id, contract_id, contact_id, state, Rest(self.now, "enter", ""), news=list(news))
        self.runs[run.id], self.begun[run.id] = run, journey.name
        plan = journey.plan(self._facts(run).segment)
        for position in state.tracks.values():
            self._adopt_position(run, position, plan.node(position.step).step)

    def _adopt_position(self, run: RunStanding, position: Position, step: Step) -> None:
        at = (position.step, position.visit)
        match step:
            case Send() | Post() | Webhook() if position.phase in (Phase.OUT, Phase.GATE):
                audience: Audience = "contact" if isinstance(step, Send) else "person"
                is_gated = position.phase is Phase.GATE
                run.planned += [
                    SendMessage(*at, step.verb, audience, recipient, step.object, due, "", True, is_gated, shadow=position.shadow)
                    for recipient, due in position.out.items()
                ]
                if isinstance(step, Send) and is_gated:
                    by = (step.approval or sending.OWNERS).by
                    self._adopt_approval(run, AskApproval(*at, step.send, by, None, self.now, position.until, ""))
            case Approval() if position.phase is Phase.WAIT:
                self._adopt_approval(run, AskApproval(*at, step.approval, step.by, None, self.now, position.until, ""))
            case Task() if position.phase is Phase.WAIT:
                asked = CreateTask(*at, step.task, step.owner, None, step.sla, self.now, step.outcomes)
                task = self.tasks[run.id, *at] = AskedTask(self._name("task"), run.id, asked, self.now)
                self._expect_task(task)
            case _:
                pass

    def _adopt_approval(self, run: RunStanding, asked: AskApproval) -> None:
        approval = self.approvals[run.id, asked.step, asked.visit] = AskedApproval(run.id, asked, None)
        self._expect_decision(approval, None, self.now)

    def adopt_account(self, standing: Standing) -> None:
        """An account as it stands in the real world goes on in this one, whole; what was asked of people is still open."""
        stands = standing.copy()
        self.account = stands.account
        self.runs.update({run.id: run for run in stands.runs})
        self.begun = {each.run: each.journey for each in stands.follow_ups} | {run.id: run.journey.name for run in stands.runs}
        self.past += stands.past
        self.follow_ups.update({each.id: each for each in stands.follow_ups})
        self.tasks.update({(each.run, each.intent.step, each.intent.visit): each for each in stands.tasks})
        self.approvals.update({(each.run, each.intent.step, each.intent.visit): each for each in stands.approvals})
        self.escalations.update({each.cause: each for each in stands.escalations})
        self.holds.update({hold.id: (owner, hold) for owner, hold in stands.holds})
        self.starts, self.watch_at = tuple(stands.starts), stands.watch_at
        self.mail.sent, self.mail.refusals = list(stands.sent), stands.refusals
        for task in stands.tasks:
            self._expect_task(task)
        for approval in stands.approvals:
            self._expect_decision(approval, approval.asked_first, approval.intent.asked_at)
            if approval.passed_at:
                self._expect_decision(approval, approval.intent.approver_id, approval.passed_at)
        for escalation in stands.escalations:
            for person, told_at in escalation.told:
                self._expect_acknowledgement(escalation, person, told_at)
            self._expect_resolution(escalation)
        for follow_up in stands.follow_ups:
            for notice in follow_up.unsent:
                self.at(max(notice.due_at, self.now), partial(World._give_notice, intent=notice, follow_up=follow_up))

    # Our people

    def _expect_task(self, task: AskedTask) -> None:
        asked, calendar = task.intent, self._working(task.intent.assignee_id)
        done_at = people.does_task(self.behaviour, calendar, task.created_at, asked.due_at)
        if done_at and done_at < self.now:  # it lies open for longer than that already
            done_at = people.does_task(self.behaviour, calendar, self.now, asked.due_at)
        if done_at:
            outcome = self.outcomes.get(asked.step) or self.outcomes.get(asked.title) or (asked.outcomes[0] if asked.outcomes else None)
            self.at(done_at, lambda world: world.complete_task(task.run, task.intent.step, task.intent.visit, outcome))

    def _expect_decision(self, approval: AskedApproval, approver: str | None, since: datetime) -> None:
        """One to whom it was passed on does not keep the other from deciding."""
        if decided_at := self._acts(people.decides, approver, since):
            asked, approved = approval.intent, self.outcomes.get(approval.intent.step) != "refuse"
            self.at(decided_at, lambda world: world.decide_approval(approval.run, asked.step, asked.visit, approved))

    def _expect_acknowledgement(self, escalation: OpenEscalation, person: str, told_at: datetime) -> None:
        if acknowledged_at := self._acts(people.acknowledges, person, told_at):
            self.at(acknowledged_at, lambda world: world._acknowledge(escalation, person))

    def _acts(
        self, when: Callable[[Behaviour, Calendar, datetime], datetime | None], person: str | None, since: datetime
    ) -> datetime | None:
        """When somebody acts who was asked then; one who should have by now acts as if asked now."""
        acts_at = when(self.behaviour, self._working(person), since)
        return when(self.behaviour, self._working(person), self.now) if acts_at and acts_at < self.now else acts_at

    def _expect_resolution(self, escalation: OpenEscalation) -> None:
        acknowledged_at = escalation.acknowledged_at
        if acknowledged_at is None or escalation.cause == telling.HEALTH:
            return  # bad health is over when health is good
        calendar = self._working(escalation.acknowledged_by)
        resolved_at = people.resolves(calendar, acknowledged_at)
        if resolved_at < self.now:
            resolved_at = people.resolves(calendar, self.now)
        self.at(resolved_at, lambda world: world._resolve(escalation, acknowledged_at))

    def _resolve(self, escalation: OpenEscalation, acknowledged_at: datetime) -> None:
        """Whoever acknowledged it resolves it, unless it was raised to somebody else since."""
        if self.escalations.get(escalation.cause) is escalation and escalation.acknowledged_at == acknowledged_at:
            self.resolve(escalation.cause)

    # Time

    def play(self, until: datetime) -> None:
        """Everything due up to and including `until`, in order."""
        self.settle()
        while (moment := self.next_moment()) is not None and moment <= until:
            self.now = max(moment, self.now)
            self.settle()
        self.now = max(self.now, until)

    def next_moment(self) -> datetime | None:
        """When something is due next."""
        moments: list[datetime] = [run.rest.until for run in self.runs.values() if run.rest.until]
        moments += [follow_up.until for follow_up in self.follow_ups.values() if follow_up.until]
        moments += [start.due_at for start in self.starts]
        moments += [hold.until for _, hold in self.holds.values() if hold.until]
        if self.watch_at:
            moments.append(self.watch_at)
        if self._agenda:
            moments.append(self._agenda[0][0])
        return min(moments, default=None)

    def settle(self) -> None:
        """Everything due now, until nothing is."""
        while self._step():
            self.turns += 1
            if self.turns > MOST_TURNS:
                raise Restless(f"more than {MOST_TURNS} turns: a journey does not rest")

    def _step(self) -> bool:
        """One thing that is due: timers first, then what people do and what happens, then what the sweep would find."""
        for run in self.runs.values():
            if run.woken or (run.rest.until and run.rest.until <= self.now):
                self._turn(run)
                return True
        for follow_up in self.follow_ups.values():
            if follow_up.news or (follow_up.until and follow_up.until <= self.now):
                self._climb(follow_up)
                return True
        if self._agenda and self._agenda[0][0] <= self.now:
            heapq.heappop(self._agenda)[2](self)
            return True
        for start in self.starts:
            if start.due_at <= self.now:
                self._begin(start)
                return True
        if self.watch_at and self.watch_at <= self.now:
            self.watch_at = None
            self._tell(read_health=True)
            return True
        for id, (_, hold) in self.holds.items():
            if hold.is_over(self.now):
                self._end_hold(id)
                return True
        return False

    def _begin(self, start: PlannedStart) -> None:
        if start.journey in self.journeys:
            why = f"its day has come: {start.anchor_on}"
            self._store(telling.enroll(self._situation(), self.journeys[start.journey], start.contract_id, None, why))
        else:  # it was withdrawn since
            self._tell()
        self.starts = tuple(other for other in self.starts if other != start)


def next_touches(
    house: House,
    journey: Journey,
    account: Account,
    state: State,
    now: datetime,
    contract_id: str | None = None,
    contact_id: str | None = None,
    news: Sequence[News] = (),
    count: int = 5,
    within: timedelta = timedelta(days=400),
) -> list[Touch]:
    """What one run does next if everybody does their part and nothing else happens: its next touches, `count` at most.

    `news` is what it was told and has not taken yet.
    """
    world = World(house, [journey], account, now)
    world.adopt(journey, state, contract_id, contact_id, news)
    end = now + within
    while len(world.touches) < count and world.runs:
        moment = world.next_moment()
        if moment is None or moment > end:
            break
        world.play(max(moment, world.now))
    return world.touches[:count]
