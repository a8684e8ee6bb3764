"""Temporal actions a touchpoint and history at rest: counted in the histories of whole lives of customers.

A customer of each segment lives through the happy and the unhappy path of `bench.lives` on the time-skipping server, told everything
over the API, with a weekly reading of health. Every run of the five journeys that is over at the end is counted whole: its actions
(`bench.histories`) over its touchpoints, which are what reached a person because of it: a message that was accepted, a task, an
approval asked, and the first notice of an escalation its step raised. The figure is the mean over journey × segment × path, each
counting alike. Follow-ups (the clocks of tasks, the ladders of escalations) are counted apart, over everything they sent.

History at rest is weighted by how long it rested; its figure is the mean over the same. The time-skipping server writes smaller
events than a real one (`history_after_first_turn` of `bench.sleepers` is a real one's), so on a real one runs continue as new a little
earlier.
"""

from __future__ import annotations

import asyncio
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select

from activities.health import Health
from bench import histories, idle, lives
from bench.figures import Breakdown, Figure, Findings
from bench.histories import KINDS, AtRest
from bench.idle import IdleTurn
from bench.installation import postgres_database
from bench.lives import HAPPY, SEGMENTS, UNHAPPY, Happening, Path
from bench.progress import Progress
from database.tables import EnrollmentRow, EscalationRow, FollowUpRow, table
from domain.archetypes import ARR
from domain.protocol import HealthPage, enrollment_workflow_id, follow_up_workflow_id
from domain.simulation import Touch
from tests.e2e.conductor import START, Act, Conductor, stage

enrollments, follow_ups, escalations = table(EnrollmentRow), table(FollowUpRow), table(EscalationRow)

JOURNEYS = ("onboarding", "adoption", "growth", "renewal", "win-back")
# One account a segment. By these names win-back's split puts all of them among those it writes to, as 85 of 100 are.
ACCOUNTS = {"large": "enterprise", "medium": "mid_market", "small": "smb"}
DAYS_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a run belongs. The order of its fields is that of the tables."""

    journey: str
    segment: str
    path: str


@dataclass
class Count:
    """What the runs of one cell took, and brought."""

    actions: Counter[str] = field(default_factory=Counter)
    touchpoints: int = 0
    resting: list[AtRest] = field(default_factory=list)
    idle: list[IdleTurn] = field(default_factory=list)

    @property
    def per_touchpoint(self) -> float:
        return self.actions.total() / self.touchpoints

    @property
    def rests_at(self) -> float:
        """Kilobytes."""
        return statistics.mean(rest.mean for rest in self.resting) / 1024


async def measure(progress: Progress) -> Findings:
    cells: dict[Cell, Count] = defaultdict(Count)
    following: dict[str, Count] = defaultdict(Count)
    for path in (HAPPY, UNHAPPY):
        progress.say(f"{path.name} path: getting ready")
        with postgres_database(journey=None) as database:
            async with stage(database, path.behaviour) as conductor:
                await _live(conductor, path, progress)
                progress.say(f"{path.name} path: counting")
                await _count(conductor, path, cells, following[path.name])
    wanted = [Cell(journey, segment, path.name) for journey in JOURNEYS for segment in SEGMENTS for path in (HAPPY, UNHAPPY)]
    empty = [cell for cell in wanted if not cells[cell].touchpoints or not cells[cell].resting]
    assert not empty, f"no whole run of {empty}"
    whole = {cell: cells[cell] for cell in wanted}
    return Findings(_figures(whole, following), [*_breakdowns(whole), _idle(whole)])


# Living


async def _live(conductor: Conductor, path: Path, progress: Progress) -> None:
    for account, segment in ACCOUNTS.items():
        await asyncio.to_thread(conductor.installation.sign_up, account, ARR[segment], contacts=lives.contacts(account))
        for happening in path.happenings(segment, START.date()):
            conductor.at(START + timedelta(days=happening.day), _telling(account, happening))
    for day in range(7, path.days, 7):
        conductor.at(START + timedelta(days=day), _read_health)
    await conductor.settle()
    for day in range(0, path.days, DAYS_AT_ONCE):
        progress.say(f"{path.name} path: a customer of each segment", day, path.days, "days")
        await conductor.play_days(min(DAYS_AT_ONCE, path.days - day))


def _telling(account: str, told: Happening) -> Act:
    async def tell(conductor: Conductor) -> None:
        contract = {"id": f"{account}-{told.day}", **_texts(told.contract)}
        if told.facts:
            await conductor.call("PUT", f"/v1/accounts/{account}", {"facts": _texts(told.facts)})
        if told.contract and not told.event:
            await conductor.call("PUT", f"/v1/accounts/{account}/contracts/{contract.pop('id')}", contract)
        if told.event:
            body: dict[str, Any] = {"id": f"{told.event}-{account}-{told.day}", "name": told.event, "account": account}
            body |= {"payload": _texts(told.payload), **({"contract": contract} if told.contract else {})}
            await conductor.call("POST", "/v1/events", body)

    return tell


def _texts(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}


async def _read_health(conductor: Conductor) -> None:
    installation = conductor.installation
    health = Health(conductor.database, installation.office, installation.nudge)
    await asyncio.to_thread(health.read_page, HealthPage(now=conductor.clock.now))


# Counting


async def _count(conductor: Conductor, path: Path, cells: dict[Cell, Count], following: Count) -> None:
    touches: dict[str, list[Touch]] = defaultdict(list)
    for touch in conductor.touches():
        touches[touch.run].append(touch)
    with conductor.database.read() as session:
        raised = session.execute(select(escalations).where(escalations.c.step.is_not(None))).all()
        for row in session.execute(select(enrollments).where(enrollments.c.ended_at.is_not(None), enrollments.c.journey.in_(JOURNEYS))):
            count = cells[Cell(row.journey, ACCOUNTS[row.account_id], path.name)]
            chain = await histories.chain(conductor.client, enrollment_workflow_id(row.journey, row.id))
            reached = touches[row.id] + [
                notice for each in raised if each.enrollment_id == row.id for notice in _first_notice(each, touches)
            ]
            count.actions += histories.actions(chain)
            count.touchpoints += len(reached)
            count.resting += [rest] if (rest := histories.at_rest(chain)) else []
            count.idle += idle.turns(session, row.id, histories.turns(chain), reached)
        for id in session.execute(select(follow_ups.c.id).where(follow_ups.c.ended_at.is_not(None))).scalars():
            following.actions += histories.actions(await histories.chain(conductor.client, follow_up_workflow_id(id)))
            following.touchpoints += len(touches[id])


def _first_notice(escalation: Row[Any], touches: Mapping[str, Sequence[Touch]]) -> list[Touch]:
    """What reached somebody because a step raised it; what its ladder sends after that is the follow-up's."""
    return [touch for touch in touches.get(f"{escalation.id}-1", ()) if touch.effect == "told"][:1]


# Telling


def _figures(cells: Mapping[Cell, Count], following: Mapping[str, Count]) -> list[Figure]:
    counts = list(cells.values())
    figures = [Figure("actions_per_touchpoint", _mean(counts), "actions", aim="≤ 2.6")]
    for journey in JOURNEYS:
        mean = _mean(count for cell, count in cells.items() if cell.journey == journey)
        figures.append(Figure(f"actions_per_touchpoint.{journey}", mean, "actions"))
    for kind in KINDS:
        share = statistics.mean(count.actions[kind] / count.touchpoints for count in counts)
        figures.append(Figure(f"actions_per_touchpoint.of_kind.{kind}", share, "actions"))
    for path, count in following.items():
        figures.append(Figure(f"follow_up_actions.{path}", count.actions.total() / count.actions["start"], "actions a follow-up"))
        figures.append(Figure(f"follow_up_notices.{path}", count.touchpoints / count.actions["start"], "reminders and notices a follow-up"))
    figures.append(Figure("history_at_rest", statistics.mean(count.rests_at for count in counts), "KB, mean", aim="≤ 6 KB"))
    most = max(rest.most for count in counts for rest in count.resting)
    figures.append(Figure("history_at_rest.largest", most / 1024, "KB", aim="≤ 6 KB"))
    return figures


def _mean(counts: Iterable[Count]) -> float:
    return statistics.mean(count.per_touchpoint for count in counts)


def _breakdowns(cells: Mapping[Cell, Count]) -> list[Breakdown]:
    columns = (
        "journey",
        "segment",
        "path",
        "actions a touchpoint",
        "touchpoints",
        *KINDS,
        "idle turns",
        "KB at rest",
    )
    rows = [
        (
            cell.journey, cell.segment, cell.path, f"{count.per_touchpoint:.2f}", f"{count.touchpoints}",
            *(f"{count.actions[kind]}" for kind in KINDS), f"{len(count.idle)}", f"{count.rests_at:.2f}",
        )
        for cell, count in cells.items()
    ]  # fmt: skip
    return [Breakdown("Actions a touchpoint, by journey, segment and path", columns, rows)]


def _idle(cells: Mapping[Cell, Count]) -> Breakdown:
    """Happy + unhappy, by segment."""
    seen: dict[tuple[str, IdleTurn], Counter[Cell]] = defaultdict(Counter)
    for cell, count in cells.items():
        for turn in count.idle:
            seen[cell.journey, turn][cell] += 1
    rows: list[Sequence[str]] = []
    for (journey, turn), found in sorted(seen.items(), key=lambda item: (JOURNEYS.index(item[0][0]), -item[1].total())):
        numbers = [
            "+".join(f"{found[Cell(journey, segment, path.name)]}" for path in (HAPPY, UNHAPPY)).replace("0+0", "") for segment in SEGMENTS
        ]
        rows.append((journey, turn.due, *numbers, turn.woken_by, turn.result))
    columns = ("journey", "due", *SEGMENTS, "woken by", "what came of it")
    return Breakdown("Turns that reached nobody, happy + unhappy", columns, rows)
