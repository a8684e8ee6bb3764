"""Temporal actions a touchpoint and history at rest: counted in the histories of whole lives of customers.

Six customers (three segments, each once with people who act and customers who succeed, once with neither) live through the five
journeys on the time-skipping server. Start, timers, activities, signals and continue-as-new are counted; follow-ups apart.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from bench.figures import Figure
from bench.installation import postgres_database
from database.tables import ApprovalRow, EnrollmentRow, EscalationRow, FollowUpRow, MessageRow, TaskRow, table
from domain.protocol import enrollment_workflow_id, follow_up_workflow_id
from tests.e2e.conductor import START, Conductor, stage, telling

enrollments, follow_ups, messages = table(EnrollmentRow), table(FollowUpRow), table(MessageRow)
tasks, approvals, escalations = table(TaskRow), table(ApprovalRow), table(EscalationRow)

JOURNEYS = ("onboarding", "adoption", "growth", "renewal", "win-back")
ARR = {"enterprise": 90_000, "midmarket": 24_000, "smb": 6_000}  # one account of each segment
DAYS = 520
SAMPLE_EVERY_DAYS = 20

HAPPY: tuple[tuple[float, str, dict[str, Any]], ...] = (
    (3, "setup_completed", {}), (6, "training_completed", {"share": 0.5}), (10, "training_completed", {"share": 1.0}),
    (12, "first_milestone_reached", {}), (13, "plan_accepted", {}), (18, "first_value_reached", {}),
    (30, "survey_answered", {"survey": "csat", "score": 5}),
    (33, "adoption_reported", {"share": 0.45, "next_feature": "Audiences"}), (47, "survey_answered", {"survey": "nps", "score": 9}),
    (66, "use_case_live", {"use_cases": 3}), (70, "value_measured", {"roi": 180}), (78, "meeting_booked", {"meeting": "review"}),
    (85, "adoption_reported", {"share": 0.85}), (230, "survey_answered", {"survey": "nps", "score": 10}), (340, "contract_signed", {}),
    (420, "account_churned", {"reason": "price"}), (445, "feature_shipped", {"feature": "Reports"}), (500, "account_returned", {}),
)  # fmt: skip
UNHAPPY: tuple[tuple[float, str, dict[str, Any]], ...] = (
    (40, "usage_reported", {"login_change": -0.5}), (60, "usage_reported", {"login_change": 0.1}),
    (200, "ticket_escalated", {}), (300, "notice_given", {}),
)  # fmt: skip
COUNTED = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED: "start or continue-as-new",
    EventType.EVENT_TYPE_TIMER_STARTED: "timer",
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: "turn",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: "signal",
}


@dataclass
class Count:
    """What one kind of run took."""

    actions: Counter[str] = field(default_factory=Counter)
    touchpoints: int = 0

    @property
    def per_touchpoint(self) -> float:
        return self.actions.total() / max(self.touchpoints, 1)


async def measure() -> list[Figure]:
    journeys: dict[str, Count] = defaultdict(Count)
    sizes: list[int] = []
    for behaviour, script in (("prompt", HAPPY), ("silent", UNHAPPY)):
        with postgres_database(journey=None) as database:
            async with stage(database, behaviour) as conductor:  # type: ignore[arg-type]  # the literals above
                await _live(conductor, script, sizes)
                await _count(conductor, conductor.client, journeys)
    follow_up = journeys.pop("follow-up")
    whole = Count(sum((count.actions for count in journeys.values()), Counter()), sum(count.touchpoints for count in journeys.values()))
    figures = [Figure("actions_per_touchpoint", whole.per_touchpoint, "actions", aim="≤ 2.6")]
    figures += [
        Figure(f"  {name}", count.per_touchpoint, f"actions ({count.touchpoints} touchpoints)") for name, count in sorted(journeys.items())
    ]
    figures += [Figure(f"  {name}s", number / whole.touchpoints, "a touchpoint") for name, number in whole.actions.most_common()]
    figures.append(Figure("follow-up actions", follow_up.per_touchpoint, f"actions a reminder or notice ({follow_up.touchpoints})"))
    figures.append(Figure("history at rest, mean", statistics.mean(sizes) / 1024, "KB", aim="≤ 6 KB"))
    figures.append(Figure("history at rest, largest", max(sizes) / 1024, "KB", aim="≤ 6 KB"))
    return figures


async def _live(conductor: Conductor, script: Sequence[tuple[float, str, dict[str, Any]]], sizes: list[int]) -> None:
    installation = conductor.installation
    for segment, arr in ARR.items():
        installation.sign_up(segment, arr)
        for days, name, payload in script:
            conductor.at(START + timedelta(days=days), telling(name, segment, **payload))
    await conductor.settle()
    for _ in range(0, DAYS, SAMPLE_EVERY_DAYS):
        await conductor.play_days(SAMPLE_EVERY_DAYS)
        sizes += await _sizes_at_rest(conductor)


async def _sizes_at_rest(conductor: Conductor) -> list[int]:
    with conductor.database.read() as session:
        live = session.execute(select(enrollments.c.id, enrollments.c.journey).where(enrollments.c.ended_at.is_(None))).all()
    sizes = []
    for row in live:
        history = await conductor.client.get_workflow_handle(enrollment_workflow_id(row.journey, row.id)).fetch_history()
        sizes.append(sum(event.ByteSize() for event in history.events))
    return sizes


async def _count(conductor: Conductor, client: Client, journeys: dict[str, Count]) -> None:
    with conductor.database.read() as session:
        runs = session.execute(select(enrollments.c.id, enrollments.c.journey)).all()
        climbs = session.execute(select(follow_ups.c.id)).scalars().all()
        reached: Counter[str] = Counter(session.execute(select(messages.c.run_id).where(messages.c.state == "accepted")).scalars())
        reached += Counter(session.execute(select(tasks.c.enrollment_id)).scalars())
        reached += Counter(session.execute(select(approvals.c.enrollment_id)).scalars())
        raised = select(escalations.c.enrollment_id).where(escalations.c.step.is_not(None))
        reached += Counter(id for id in session.execute(raised).scalars() if id)
    for row in runs:
        if row.journey in JOURNEYS:
            journeys[row.journey].actions += await _actions(client, enrollment_workflow_id(row.journey, row.id))
            journeys[row.journey].touchpoints += reached[row.id]
    for id in climbs:
        actions = await _actions(client, follow_up_workflow_id(id))
        journeys["follow-up"].actions += actions
        journeys["follow-up"].touchpoints += reached[id]


async def _actions(client: Client, workflow_id: str) -> Counter[str]:
    """Over the whole chain of a run that was continued as new, from its last execution back."""
    found: Counter[str] = Counter()
    run_id: str | None = None
    while True:
        history = await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
        found += Counter(COUNTED[event.event_type] for event in history.events if event.event_type in COUNTED)
        before = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
        if not before:
            return found
        run_id = before
