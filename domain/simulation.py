"""Virtual time: the same rules played for one account over months in milliseconds.

The world here is a few dictionaries; everything that decides is the code that decides in real time: `tell`, `advance`,
the ladder and the governor. What is simulated is what runs. Same input, same touches.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, assert_never

from domain import governor, interpreter, ladder, moving, people, telling
from domain.account import Account, facts
from domain.facts import Facts, Hold
from domain.governor import Drop, Go, Wait
from domain.house import House
from domain.intents import (
    AskApproval,
    Audience,
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
from domain.language import Approval, Post, Send, Step, Task, Webhook
from domain.moving import CANCELLED, InFlight, MoveOrder
from domain.news import (
    Acknowledged,
    Changed,
    Closed,
    Decided,
    EscalationEnded,
    ExitOrdered,
    HoldOrdered,
    News,
    PutOff,
    Raised,
    ResumeOrdered,
    Settled,
    TaskDone,
)  # fmt: skip
from domain.people import Behaviour
from domain.state import Phase, Position, Rest, State
from domain.telling import (
    Effect,
    Enroll,
    Event,
    KeepContract,
    KeepReading,
    LiveRun,
    Notify,
    PastRun,
    PlannedStart,
    ReachGoal,
    Situation,
    Told,
)  # fmt: skip
from domain.timing import Calendar

MOST_TURNS = 200_000


@dataclass(frozen=True, slots=True)
class Touch:
    """Something that reached a person: a message, a post, a task, an approval asked, an escalation notice."""

    at: datetime
    journey: str
    step: str
    visit: int
    effect: str
    recipient: str
    what: str
    run: str = ""

    @property
    def kind(self) -> str:
        return {"send": "mail", "post": "post", "task": "task", "approval": "approval", "webhook": "webhook"}.get(self.effect, "notice")


@dataclass(frozen=True, slots=True)
class Why:
    """A decision and when and in which journey it was made."""

    at: datetime
    journey: str
    decision: Decision


@dataclass(slots=True)
class _Run:
    id: str
    journey: Journey
    key: str
    contract_id: str | None
    contact_id: str | None
    state: State
    rest: Rest
    news: list[News] = field(default_factory=list)
    woken: bool = False
    planned: list[SendMessage] = field(default_factory=list)
    order: MoveOrder | None = None

    def live(self) -> LiveRun:
        return LiveRun(self.id, self.journey, self.key, self.state, self.contract_id, self.contact_id)


@dataclass(slots=True)
class _FollowUp:
    id: str
    run: str
    journey: str
    climb: Climb
    until: datetime | None
    news: list[News] = field(default_factory=list)


@dataclass(slots=True)
class _Task:
    id: str
    run: str
    intent: CreateTask
    created_at: datetime
    open: bool = True
    follow_up: str | None = None


@dataclass(slots=True)
class _Approval:
    run: str
    intent: AskApproval
    open: bool = True


@dataclass(slots=True)
class _Escalation:
    id: str
    run: str
    cause: str
    step: str
    visit: int
    sla: str
    role: str
    person_id: str | None
    acknowledged: bool = False
    follow_up: str | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """Things that happen from outside, in order: each a moment and what is then told to the world."""

    at: datetime
    act: Callable[[World], None]


class World:
    """One account in virtual time. `journeys` are the published ones; `behaviour` says how our people act."""

    def __init__(
        self,
        house: House,
        journeys: Sequence[Journey],
        account: Account,
        now: datetime,
        behaviour: Behaviour = "prompt",
        outcomes: Mapping[str, str] | None = None,
    ) -> None:
        self.house = house
        self.journeys = {journey.name: journey for journey in journeys}
        self.account = account
        self.now = now
        self.behaviour = behaviour
        self.outcomes = dict(outcomes or {})
        self.runs: dict[str, _Run] = {}
        self.past: list[PastRun] = []
        self.follow_ups: dict[str, _FollowUp] = {}
        self.tasks: dict[tuple[str, str, int], _Task] = {}
        self.approvals: dict[tuple[str, str, int], _Approval] = {}
        self.escalations: dict[str, _Escalation] = {}
        self.holds: dict[str, tuple[str, Hold]] = {}
        self.starts: tuple[PlannedStart, ...] = ()
        self.watch_at: datetime | None = None
        self.touches: list[Touch] = []
        self.whys: list[Why] = []
        self.count = 0
        self.turns = 0
        self._agenda: list[tuple[datetime, int, Callable[[World], None]]] = []

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

    def publish(self, journey: Journey, runs: InFlight = "drain") -> None:
        """A newer version of a journey, and what becomes of the runs that are under way."""
        self.journeys[journey.name] = journey
        for run in self.runs.values():
            if run.journey.name == journey.name and run.journey.hash != journey.hash:
                match runs:
                    case "move" | "move_now":
                        run.order = MoveOrder(journey, runs == "move_now", runs == "move_now")
                        run.woken = run.woken or runs == "move_now"
                    case "cancel":
                        run.news.append(ExitOrdered(self.now, CANCELLED, tasks="close"))
                        run.woken = True
                    case "pin" | "drain":
                        pass

    def order(self, journey: str, news: News) -> None:
        """An order of a person (exit, hold, resume, skip) for the live run of a journey."""
        for run in self.runs.values():
            if run.journey.name == journey:
                run.news.append(news)
                run.woken = True

    def complete_task(self, run_id: str, step: str, visit: int, outcome: str | None = None) -> None:
        task = self.tasks.get((run_id, step, visit))
        if task is None or not task.open:
            return
        task.open = False
        self._close_follow_up(task.follow_up, "done")
        self._end_escalation(ladder.overdue(task.id), "done")
        self._notify_run(run_id, TaskDone(step, visit, self.now, outcome))

    def decide_approval(self, run_id: str, step: str, visit: int, approved: bool) -> None:
        approval = self.approvals.get((run_id, step, visit))
        if approval is None or not approval.open:
            return
        approval.open = False
        self._end_escalation(f"approval-{step}", "decided")
        self._notify_run(run_id, Decided(step, visit, self.now, approved))

    def acknowledge(self, cause: str) -> None:
        escalation = self.escalations.get(cause)
        if escalation and not escalation.acknowledged:
            escalation.acknowledged = True
            if follow_up := self.follow_ups.get(escalation.follow_up or ""):
                follow_up.news.append(Acknowledged(self.now))

    def resolve(self, cause: str, outcome: str = "resolved") -> None:
        self._end_escalation(cause, outcome)

    def adopt(
        self, journey: Journey, state: State, contract_id: str | None = None, contact_id: str | None = None, news: Sequence[News] = ()
    ) -> None:
        """A run as it stands in the real world goes on in this one, with what it has asked of people still open."""
        run = _Run("run", journey, self.account.id, contract_id, contact_id, state, Rest(self.now, "enter", ""), news=list(news))
        self.runs[run.id] = run
        plan = journey.plan(self._facts(run).segment)
        for position in state.tracks.values():
            self._adopt_position(run, position, plan.node(position.step).step)

    def _adopt_position(self, run: _Run, position: Position, step: Step) -> None:
        at = (position.step, position.visit)
        match step:
            case Send() | Post() | Webhook() if position.phase in (Phase.OUT, Phase.GATE):
                audience: Audience = "contact" if isinstance(step, Send) else "person"
                run.planned += [
                    SendMessage(*at, step.verb, audience, recipient, step.object, due, "", True, gated=position.phase is Phase.GATE)
                    for recipient, due in position.out.items()
                ]
                if isinstance(step, Send) and step.approval and position.phase is Phase.GATE:
                    self._adopt_approval(run, AskApproval(*at, step.send, step.approval.by, None, self.now, position.until, ""))
            case Approval() if position.phase is Phase.WAIT:
                self._adopt_approval(run, AskApproval(*at, step.approval, step.by, None, self.now, position.until, ""))
            case Task() if position.phase is Phase.WAIT:
                asked = CreateTask(*at, step.task, step.owner, None, step.sla, self.now, step.outcomes)
                self.tasks[run.id, *at] = _Task(self._name("task"), run.id, asked, self.now)
                self._expect_task(run.id, asked)
            case _:
                pass

    def _adopt_approval(self, run: _Run, asked: AskApproval) -> None:
        self.approvals[run.id, asked.step, asked.visit] = _Approval(run.id, asked)
        self._expect_decision(run.id, asked, None)

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
                raise RuntimeError(f"more than {MOST_TURNS} turns: a journey does not rest")

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
        return False

    def _begin(self, start: PlannedStart) -> None:
        why = f"its day has come: {start.anchor_on}"
        self._store(telling.enroll(self._situation(), self.journeys[start.journey], start.contract_id, None, why))
        self.starts = tuple(other for other in self.starts if other != start)

    # Turns

    def _turn(self, run: _Run) -> None:
        run.woken = False
        while True:
            news, run.news = run.news, []
            stepped = moving.advance(run.journey, run.order, self.house, run.state, self.now, self._facts(run), news)
            turned, run.journey, run.order = stepped.turned, stepped.journey, stepped.order
            run.state, run.rest = turned.state, turned.rest
            self._note(run.journey.name, turned.decisions)
            for intent in turned.intents:
                self._carry_out(intent, run)
            if turned.rest.over is not None:
                self._end(run)
                return
            if run.order is not None and run.order.is_due:
                continue  # it has gone on, and moves now
            settled = self._deliver_next(run)
            if settled is None:
                return
            run.news.append(settled)

    def _deliver_next(self, run: _Run) -> News | None:
        """The next planned message that is due meets the governor; what came of it, None when nothing is due."""
        due = [message for message in run.planned if not message.gated and message.due_at <= self.now]
        if not due:
            return None
        message = min(due, key=lambda message: message.due_at)
        run.planned.remove(message)
        letter = governor.Letter(message.audience, message.recipient, run.journey.name, message.mail_class, message.operational)
        match governor.verdict(letter, self.house, self._facts(run), run.state.pause, self.now):
            case Go():
                self._touch(run, message.step, message.visit, message.effect, message.recipient, message.template)
                return Settled(message.step, message.visit, self.now, message.recipient, "accepted")
            case Wait(until, why):
                run.planned.append(replace(message, due_at=until))
                return PutOff(message.step, message.visit, self.now, message.recipient, until, why)
            case Drop(why):
                self._note(run.journey.name, [Decision("dropped", why, message.step, message.visit, rule=message.recipient)])
                return Settled(message.step, message.visit, self.now, message.recipient, "skipped")

    def _climb(self, follow_up: _FollowUp) -> None:
        news, follow_up.news = follow_up.news, []
        climbed = ladder.advance(self.house, follow_up.climb, self.now, facts(self.account, self.house, self.now), news)
        follow_up.climb, follow_up.until = climbed.state, climbed.rest.until
        self._note("follow-up", climbed.decisions)
        for intent in climbed.intents:
            self._carry_out_follow_up(intent, follow_up)
        if climbed.rest.over is not None:
            self.follow_ups.pop(follow_up.id, None)

    def _carry_out_follow_up(self, intent: Intent, follow_up: _FollowUp) -> None:
        match intent:
            case SendMessage():
                self.touches.append(
                    Touch(
                        self.now,
                        follow_up.journey,
                        follow_up.climb.title,
                        intent.visit,
                        intent.effect,
                        intent.recipient,
                        intent.template,
                        follow_up.id,
                    )
                )
                if follow_up.climb.kind == "escalation" and intent.effect == "told":
                    self._expect_acknowledgement(follow_up.climb.title, intent.recipient)
            case RaiseEscalation():
                self._raise(intent, follow_up.run)
            case ClimbEscalation():
                for escalation in self.escalations.values():
                    if escalation.follow_up == follow_up.id:
                        escalation.role, escalation.person_id = intent.role, intent.person_id
            case _:
                raise AssertionError(f"a ladder does not intend {intent}")

    # What a turn wants done

    def _carry_out(self, intent: Intent, run: _Run) -> None:
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
            case Withdraw():
                self._withdraw(intent, run)
            case CreateTask():
                self._create_task(intent, run)
            case CloseTasks():
                for task in self.tasks.values():
                    concerned = task.run == run.id and intent.step in (None, task.intent.step)
                    if concerned and task.open and intent.fate == "close":
                        task.open = False
                        self._close_follow_up(task.follow_up, intent.why)
                        self._end_escalation(ladder.overdue(task.id), intent.why)
            case AskApproval():
                self.approvals[run.id, intent.step, intent.visit] = _Approval(run.id, intent)
                self._touch(run, intent.step, intent.visit, "approval", intent.approver_id or intent.role, intent.title)
                self._expect_decision(run.id, intent, intent.approver_id)
            case PassApproval():
                asked = self.approvals[run.id, intent.step, intent.visit]
                asked.intent = replace(asked.intent, role=intent.role, approver_id=intent.approver_id)
                self._expect_decision(run.id, asked.intent, intent.approver_id)
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
                    f"{run.id}/{intent.step}/{intent.journey or intent.mail_class}",
                    intent.journey,
                    intent.mail_class,
                    intent.until,
                    run.journey.name,
                )
                self.holds[hold.id] = (run.id, hold)
                self._show_holds()
                for other in self.runs.values():
                    if intent.journey and other.journey.name == intent.journey:
                        other.news.append(HoldOrdered(self.now, intent.until, why=f"held by {run.journey.name}"))
                        other.woken = True
            case LiftHolds():
                self._lift_holds(run)
            case ClimbEscalation():
                raise AssertionError("only a ladder climbs")
            case _:
                assert_never(intent)

    def _withdraw(self, intent: Withdraw, run: _Run) -> None:
        everything = intent.step is None
        run.planned = [
            message for message in run.planned if not (everything or (message.step, message.visit) == (intent.step, intent.visit))
        ]
        for (owner, step, visit), approval in self.approvals.items():
            if owner == run.id and (everything or (step, visit) == (intent.step, intent.visit)):
                approval.open = False

    def _create_task(self, intent: CreateTask, run: _Run) -> None:
        task = _Task(self._name("task"), run.id, intent, self.now)
        self.tasks[run.id, intent.step, intent.visit] = task
        self._touch(run, intent.step, intent.visit, "task", intent.assignee_id or intent.role, intent.title)
        known = self._facts(run)
        climb = ladder.task(self.house, known, intent, task.id, intent.title, self.now)
        if (wake := ladder.first_wake(self.house, known, climb)) is not None:
            task.follow_up = self._follow(climb, run.id, wake)
        self._expect_task(run.id, intent)

    def _expect_task(self, run_id: str, asked: CreateTask) -> None:
        if done_at := people.does_task(self.behaviour, self._working(asked.assignee_id), self.now, asked.due_at):
            outcome = self.outcomes.get(asked.step) or self.outcomes.get(asked.title) or (asked.outcomes[0] if asked.outcomes else None)
            self.at(done_at, lambda world: world.complete_task(run_id, asked.step, asked.visit, outcome))

    def _expect_decision(self, run_id: str, asked: AskApproval, approver: str | None) -> None:
        if decided_at := people.decides(self.behaviour, self._working(approver), self.now):
            self.at(
                decided_at, lambda world: world.decide_approval(run_id, asked.step, asked.visit, self.outcomes.get(asked.step) != "refuse")
            )

    def _expect_acknowledgement(self, cause: str, person: str) -> None:
        calendar = self._working(person)
        if acknowledged_at := people.acknowledges(self.behaviour, calendar, self.now):
            self.at(acknowledged_at, lambda world: world.acknowledge(cause))
            if cause != telling.HEALTH:
                self.at(people.resolves(calendar, acknowledged_at), lambda world: world.resolve(cause))

    def _raise(self, intent: RaiseEscalation, run_id: str) -> None:
        known = facts(self.account, self.house, self.now)
        if escalation := self.escalations.get(intent.cause):
            if intent.sla < escalation.sla:
                escalation.sla, escalation.role, escalation.acknowledged = intent.sla, intent.role, False
                if (follow_up := self.follow_ups.get(escalation.follow_up or "")) is not None:
                    follow_up.news.append(Raised(self.now, intent.sla, intent.role))
                else:
                    climb = ladder.escalation(self.house, known, intent, escalation.id, self.now, level=2)
                    escalation.follow_up = self._follow(climb, run_id, self.now)
            return
        escalation = _Escalation(
            self._name("escalation"), run_id, intent.cause, intent.step, intent.visit, intent.sla, intent.role, intent.person_id
        )
        self.escalations[intent.cause] = escalation
        climb = ladder.escalation(self.house, known, intent, escalation.id, self.now)
        escalation.follow_up = self._follow(climb, run_id, self.now)

    def _end_escalation(self, cause: str, why: str) -> None:
        escalation = self.escalations.pop(cause, None)
        if escalation is None:
            return
        self._close_follow_up(escalation.follow_up, why)
        if escalation.step:
            self._notify_run(escalation.run, EscalationEnded(escalation.step, escalation.visit, self.now, why))

    def _lift_holds(self, run: _Run) -> None:
        mine = [id for id, (owner, _) in self.holds.items() if owner == run.id]
        for id in mine:
            _, hold = self.holds.pop(id)
            for other in self.runs.values():
                held_still = any(each.mail_class is None and each.journey in (None, other.journey.name) for _, each in self.holds.values())
                if hold.journey and other.journey.name == hold.journey and not held_still:
                    other.news.append(ResumeOrdered(self.now))
                    other.woken = True
        if mine:
            self._show_holds()
            for other in self.runs.values():
                lifted = Changed(self.now, ("holds",))
                if (
                    other is not run
                    and interpreter.interest(other.journey, self.house, other.state, self.now, self._facts(other), lifted).wakes
                ):
                    other.news.append(lifted)
                    other.woken = True

    def _end(self, run: _Run) -> None:
        del self.runs[run.id]
        self.past.append(PastRun(run.journey.name, run.key, self.now, run.state.anchor_on))
        self.account = replace(self.account, journeys=tuple(other.journey.name for other in self.runs.values()))
        self._tell()

    # What is told

    def _tell(
        self,
        events: Sequence[Event] = (),
        values: Mapping[str, Any] | None = None,
        contract_id: str | None = None,
        contact_id: str | None = None,
        read_health: bool = False,
        teller: str | None = None,
    ) -> None:
        self._store(telling.tell(self._situation(), events, values, contract_id, contact_id, read_health, teller))

    def read_health(self) -> None:
        """The weekly reading."""
        self._tell(read_health=True)

    def _situation(self) -> Situation:
        live = [run.live() for run in self.runs.values()]
        return Situation(self.house, list(self.journeys.values()), self.account, live, self.past, self.now)

    def _store(self, told: Told) -> None:
        self.account = told.account
        self.starts, self.watch_at = told.starts, told.watch_at
        self._note("", told.decisions)
        for effect in told.effects:
            self._take_effect(effect)

    def _take_effect(self, effect: Effect) -> None:
        match effect:
            case Notify():
                self._deliver_news(effect.run_id, effect.news, effect.wakes)
            case Enroll():
                run = _Run(
                    self._name(effect.journey.name),
                    effect.journey,
                    effect.key,
                    effect.contract_id,
                    effect.contact_id,
                    effect.state,
                    Rest(self.now, "enter", ""),
                )
                self.runs[run.id] = run
                self._note(effect.journey.name, [Decision("enrolled", effect.why)])
            case ReachGoal():
                run = self.runs[effect.run_id]
                run.state = replace(run.state, goal_at=effect.at)
            case KeepReading() | KeepContract():
                pass  # `told.account` holds them
            case RaiseEscalation():
                self._raise(effect, "")
            case EndEscalation():
                self._end_escalation(effect.cause, effect.why)
            case _:
                assert_never(effect)

    def _deliver_news(self, run_id: str, news: News, wakes: bool) -> None:
        if run := self.runs.get(run_id):
            run.news.append(news)
            run.woken |= wakes

    def _notify_run(self, run_id: str, news: News) -> None:
        if run := self.runs.get(run_id):
            cares = interpreter.interest(run.journey, self.house, run.state, self.now, self._facts(run), news)
            if cares.wants:
                self._deliver_news(run_id, news, cares.wakes)

    # Small things

    def _facts(self, run: _Run) -> Facts:
        return facts(self.account, self.house, self.now, run.contract_id, run.contact_id)

    def _working(self, person_id: str | None) -> Calendar:
        person = self.account.people.get(person_id or "")
        zone, country = (person.zone, person.country) if person else (self.account.zone, self.account.country)
        return self.house.calendars.working(zone, country)

    def _follow(self, climb: Climb, run_id: str, wake: datetime) -> str:
        id = self._name("follow-up")
        journey = self.runs[run_id].journey.name if run_id in self.runs else "follow-up"
        self.follow_ups[id] = _FollowUp(id, run_id, journey, climb, wake)
        return id

    def _close_follow_up(self, id: str | None, why: str) -> None:
        if follow_up := self.follow_ups.get(id or ""):
            follow_up.news.append(Closed(self.now, why))

    def _show_holds(self) -> None:
        self.account = replace(self.account, holds=tuple(hold for _, hold in self.holds.values()))

    def _touch(self, run: _Run, step: str, visit: int, effect: str, recipient: str, what: str) -> None:
        self.touches.append(Touch(self.now, run.journey.name, step, visit, effect, recipient, what, run.id))

    def _note(self, journey: str, decisions: Iterable[Decision]) -> None:
        self.whys += [Why(self.now, journey, decision) for decision in decisions]

    def _number(self) -> int:
        self.count += 1
        return self.count

    def _name(self, kind: str) -> str:
        return f"{kind}#{self._number()}"


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
