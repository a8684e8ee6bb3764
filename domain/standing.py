"""An account as it stands: its runs, the clocks of what people were asked, and what lies ahead of it. Virtual time plays it on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.account import Account
from domain.correspondence import Refusals, Sent
from domain.entering import PlannedStart
from domain.facts import Hold
from domain.intents import AskApproval, CreateTask, SendMessage
from domain.journey import Journey
from domain.ladder import Climb
from domain.moving import MoveOrder
from domain.news import News
from domain.situation import LiveRun, PastRun
from domain.state import Rest, State

NO_REFUSALS = Refusals()


@dataclass(slots=True)
class RunStanding:
    """A live run. `news` is what it was told and has not taken yet, `woken` whether it should take it now; `planned` the messages
    that have not left; `order` the version it is to move to; `pinned` that publishing leaves it alone."""

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
    pinned: bool = False

    def live(self) -> LiveRun:
        return LiveRun(self.id, self.journey, self.key, self.state, self.contract_id, self.contact_id)


@dataclass(slots=True)
class FollowUp:
    """The clock of a task or the ladder of an escalation; `run` is that of the task, or whose step escalated ("" for neither).
    `unsent` are the notices it could not send yet."""

    id: str
    run: str
    journey: str
    climb: Climb
    until: datetime | None
    news: list[News] = field(default_factory=list)
    unsent: list[SendMessage] = field(default_factory=list)


@dataclass(slots=True)
class AskedTask:
    """Work that a run asked for. `created_at` is when, or until when it was put off."""

    id: str
    run: str
    intent: CreateTask
    created_at: datetime
    open: bool = True
    follow_up: str | None = None


@dataclass(slots=True)
class AskedApproval:
    """A decision that a run asked for. `asked_first` is who was asked at the beginning, `passed_at` when it was passed on; `verdicts`
    are those on single mails of a gate, by their readers."""

    run: str
    intent: AskApproval
    asked_first: str | None
    open: bool = True
    passed_at: datetime | None = None
    verdicts: dict[str, bool] = field(default_factory=dict)


@dataclass(slots=True)
class OpenEscalation:
    """An escalation that is not over. `told` says who was told of it and when, `acknowledged_at` when whoever holds it now said so,
    `raised` how often it was raised."""

    id: str
    run: str
    cause: str
    step: str
    visit: int
    sla: str
    role: str
    person_id: str | None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    follow_up: str | None = None
    told: list[tuple[str, datetime]] = field(default_factory=list)
    raised: int = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """A whole account at one moment. Tasks, approvals and escalations are the open ones, oldest first; `holds` are those that stand,
    each with the run that placed it ("" for a person); `starts` lie ahead; `watch_at` is when time alone changes a fact; `sent` is what
    its people got lately, oldest first, and `refusals` who of them said no."""

    account: Account
    runs: Sequence[RunStanding] = ()
    follow_ups: Sequence[FollowUp] = ()
    tasks: Sequence[AskedTask] = ()
    approvals: Sequence[AskedApproval] = ()
    escalations: Sequence[OpenEscalation] = ()
    holds: Sequence[tuple[str, Hold]] = ()
    starts: Sequence[PlannedStart] = ()
    past: Sequence[PastRun] = ()
    watch_at: datetime | None = None
    sent: Sequence[Sent] = ()
    refusals: Refusals = NO_REFUSALS

    def copy(self) -> Standing:
        """Another of the same, that can be played on without changing this one."""
        return replace(
            self,
            runs=[replace(run, news=list(run.news), planned=list(run.planned)) for run in self.runs],
            follow_ups=[replace(each, news=list(each.news), unsent=list(each.unsent)) for each in self.follow_ups],
            tasks=[replace(each) for each in self.tasks],
            approvals=[replace(each, verdicts=dict(each.verdicts)) for each in self.approvals],
            escalations=[replace(each, told=list(each.told)) for each in self.escalations],
        )
