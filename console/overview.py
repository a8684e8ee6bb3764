"""The first page: how the whole book stands, and what somebody should do something about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from sqlalchemy import case, func, select

from activities import complaining
from activities.view import View
from console import accounts, work
from console.accounts import is_churned, is_latest
from database import holds
from database.tables import AccountRow, ApprovalRow, EnrollmentRow, EscalationRow, MessageRow, ReadingRow, TaskRow, table

rows, enrollments, readings = table(AccountRow), table(EnrollmentRow), table(ReadingRow)
tasks, approvals, escalations, messages = table(TaskRow), table(ApprovalRow), table(EscalationRow), table(MessageRow)


@dataclass(frozen=True)
class Counts:
    runs: int
    held: int
    tasks: int
    overdue: int
    approvals: int
    escalations: int
    unacknowledged: int
    in_doubt: int


@dataclass(frozen=True)
class Band:
    """How many customers are in a band of health; `begins` and `share` are percent of all, for the bar."""

    title: str
    tone: str
    count: int
    begins: float
    share: float


@dataclass(frozen=True)
class JourneyLine:
    """The live runs of one version of a journey; `title` is None where it is not published any more."""

    name: str
    title: str | None
    stage: str | None
    version: int
    is_current: bool
    live: int
    held: int


def look(view: View) -> Mapping[str, Any]:
    return {
        "zone": UTC, "people": view.people, "counts": _counts(view), "bands": _bands(view), "work": work.open_work(view),
        "accounts": accounts.page(view), "journeys": _journeys(view), "a_year_on": view.now + timedelta(days=365),
        "spam": complaining.see(view.session, view.office, view.now),
        "held": holds.standing(view.session, view.now, *holds.of_all_commercial()),
    }  # fmt: skip


def _counts(view: View) -> Counts:
    live, open_task, is_open = enrollments.c.ended_at.is_(None), tasks.c.state == "open", escalations.c.ended_at.is_(None)
    asked = (
        select(func.count()).select_from(enrollments).where(live),
        select(func.count()).select_from(enrollments).where(live, enrollments.c.held.is_(True)),
        select(func.count()).select_from(tasks).where(open_task),
        select(func.count()).select_from(tasks).where(open_task, tasks.c.due_at < view.now),
        select(func.count()).select_from(approvals).where(approvals.c.state == "open"),
        select(func.count()).select_from(escalations).where(is_open),
        select(func.count()).select_from(escalations).where(is_open, escalations.c.state == "open"),
        select(func.count()).select_from(messages).where(messages.c.state == "in_doubt"),
    )
    return Counts(*view.session.execute(select(*(query.scalar_subquery() for query in asked))).one())


def _bands(view: View) -> Sequence[Band]:
    """Every band, best first, then those of whom too little is known."""
    policy = view.published.house.health
    found = select(readings.c.band, func.count()).select_from(rows).outerjoin(readings, is_latest)
    found = found.where(is_churned.is_not(True)).group_by(readings.c.band)
    counts: dict[str | None, int] = dict(view.session.execute(found).all())
    whole = sum(counts.values())
    shown: list[Band] = []
    for name, title in (*((band.name, band.title) for band in policy.bands), (None, "Not enough known")):
        begins = shown[-1].begins + shown[-1].share if shown else 0.0
        count = counts.get(name, 0)
        shown.append(Band(title, accounts.tone(policy, name), count, begins, 100 * count / whole if whole else 0.0))
    return shown


# Journeys


def _journeys(view: View) -> Sequence[JourneyLine]:
    """Every published journey, and every version that still has live runs."""
    held = func.sum(case((enrollments.c.held.is_(True), 1), else_=0))
    found = select(enrollments.c.journey, enrollments.c.version, func.count(), held).where(enrollments.c.ended_at.is_(None))
    rows = view.session.execute(found.group_by(enrollments.c.journey, enrollments.c.version))
    counts = {(name, version): (live, held) for name, version, live, held in rows}
    published = view.published.journeys
    for journey in published.values():
        counts.setdefault((journey.name, journey.version), (0, 0))
    lines = []
    for (name, version), (live, held) in sorted(counts.items()):
        current = published.get(name)
        title, stage = (current.any_plan.text.title, current.any_plan.text.stage) if current else (None, None)
        is_current = current is not None and current.version == version
        lines.append(JourneyLine(name, title, stage, version, is_current, live, held))
    return lines
