"""Virtual time in which people and customers act as history shows, one draw at a time, and by plain rules where it shows too little."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from domain.habits import Case, Kind, Lot, Subject
from domain.language import WaitFor
from domain.simulation import World
from domain.standing import AskedApproval, AskedTask, OpenEscalation, RunStanding, Standing
from domain.state import Phase

REFUSED = "refused"


class DrawnWorld(World):
    """`lot` holds the draws. What history shows too little of goes as in any world: our people by their behaviour, customers silent."""

    def __init__(self, *world: Any, lot: Lot, **more: Any) -> None:
        super().__init__(*world, **more)
        self.lot = lot
        self.awaited: set[tuple[str, str, int]] = set()

    def adopt_account(self, standing: Standing) -> None:
        super().adopt_account(standing)
        for run in self.runs.values():
            self._expect_events(run)

    def _turn(self, run: RunStanding) -> None:
        super()._turn(run)
        if run.id in self.runs:
            self._expect_events(run)

    def _expect_events(self, run: RunStanding) -> None:
        """What a run begins to wait for may come."""
        plan = run.journey.plan(self._facts(run).segment)
        for position in run.state.tracks.values():
            step, place = plan.node(position.step).step, (run.id, position.step, position.visit)
            if position.phase is not Phase.WAIT or not isinstance(step, WaitFor) or step.wait_for.event is None or place in self.awaited:
                continue
            self.awaited.add(place)
            case = self._draw("wait", run.id, position.step, position.visit, run.state.begun_at)
            if case and case.after is not None:
                happens = (step.wait_for.event, case.payload, run.contract_id, run.contact_id)
                self.at(max(run.state.begun_at + case.after, self.now), lambda world, happens=happens: world.event(*happens))  # type: ignore[misc]

    def _expect_task(self, task: AskedTask) -> None:
        asked = task.intent
        case = self._draw("task", task.run, asked.step, asked.visit, task.created_at)
        if case is None:
            super()._expect_task(task)
        elif case.after is not None:
            outcome = case.outcome if case.outcome in asked.outcomes else next(iter(asked.outcomes), None)
            done_at = self._at_work(asked.assignee_id, task.created_at + case.after)
            self.at(done_at, lambda world: world.complete_task(task.run, task.intent.step, task.intent.visit, outcome))

    def _expect_decision(self, approval: AskedApproval, approver: str | None, since: datetime) -> None:
        asked = approval.intent
        case = self._draw("approval", approval.run, asked.step, asked.visit, since)
        if case is None:
            super()._expect_decision(approval, approver, since)
        elif case.after is not None:
            approved, decided_at = case.outcome != REFUSED, self._at_work(approver, since + case.after)
            self.at(decided_at, lambda world: world.decide_approval(approval.run, asked.step, asked.visit, approved))

    def _expect_acknowledgement(self, escalation: OpenEscalation, person: str, told_at: datetime) -> None:
        subject = Subject("acknowledgement", "", escalation.sla)
        case = self.lot.draw(subject, (self.account.id, escalation.cause, person), max(self.now - told_at, timedelta()))
        if case is None:
            super()._expect_acknowledgement(escalation, person, told_at)
        elif case.after is not None:
            self.at(self._at_work(person, told_at + case.after), lambda world: world._acknowledge(escalation, person))

    def _draw(self, kind: Kind, run_id: str, step: str, visit: int, since: datetime) -> Case | None:
        run = self.runs.get(run_id)
        if run is None:
            return None
        about = (self.account.id, run.key, str(visit))
        return self.lot.draw(Subject(kind, run.journey.name, step), about, max(self.now - since, timedelta()))

    def _at_work(self, person: str | None, at: datetime) -> datetime:
        return self._working(person).next_open(max(at, self.now))
