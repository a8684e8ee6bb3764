"""The first page: how the whole book stands, and what somebody should do something about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Row, case, func, select

from activities.view import View
from console import work
from console.few import Few, few
from database.tables import AccountRow, ApprovalRow, EnrollmentRow, EscalationRow, MessageRow, PlannedStartRow, ReadingRow, TaskRow, table
from domain.health import HealthPolicy

accounts, enrollments, readings, starts = table(AccountRow), table(EnrollmentRow), table(ReadingRow), table(PlannedStartRow)
tasks, approvals, escalations, messages = table(TaskRow), table(ApprovalRow), table(EscalationRow), table(MessageRow)

TONES = ("good", "fair", "poor", "bad")
is_churned = accounts.c.facts["churned"].as_boolean().is_(True)
# Asked an account at a time, each is one look into the index; asked for all at once, SQLite needs seconds for a year of 10,000 accounts.
_of_it = readings.alias()
_newest = select(func.max(_of_it.c.day)).where(_of_it.c.account_id == accounts.c.id).correlate(accounts).scalar_subquery()
is_latest = (readings.c.account_id == accounts.c.id) & (readings.c.day == _newest)


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
class AccountLine:
    row: Row[Any]
    segment: str
    stage: str
    band: str | None
    tone: str
    journeys: Sequence[str]
    due: Due | None


@dataclass(frozen=True)
class Due:
    """What an account's journeys do next by themselves."""

    at: datetime
    what: str


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
        "accounts": _accounts(view), "journeys": _journeys(view), "a_year_on": view.now + timedelta(days=365),
    }  # fmt: skip


def tone(policy: HealthPolicy, band: str | None) -> str:
    """The colour of a band; the worst is the same red however many there are."""
    if band is None:
        return "none"
    return TONES[round(policy.rank(band) * (len(TONES) - 1) / max(1, len(policy.bands) - 1))]


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
    found = select(readings.c.band, func.count()).select_from(accounts).outerjoin(readings, is_latest)
    found = found.where(is_churned.is_not(True)).group_by(readings.c.band)
    counts: dict[str | None, int] = dict(view.session.execute(found).all())
    whole = sum(counts.values())
    shown: list[Band] = []
    for name, title in (*((band.name, band.title) for band in policy.bands), (None, "Not enough known")):
        begins = shown[-1].begins + shown[-1].share if shown else 0.0
        count = counts.get(name, 0)
        shown.append(Band(title, tone(policy, name), count, begins, 100 * count / whole if whole else 0.0))
    return shown


# Accounts


def _accounts(view: View) -> Few[AccountLine]:
    """Those in the worst health first, then those of whom too little is known; who has left stands last."""
    house = view.published.house
    rank = case({band.name: -house.health.rank(band.name) for band in house.health.bands}, value=readings.c.band, else_=1)
    found = few(
        view.session,
        select(accounts, readings.c.band, readings.c.score)
        .select_from(accounts)
        .outerjoin(readings, is_latest)
        .order_by(case((is_churned, 1), else_=0), rank, readings.c.score, accounts.c.name, accounts.c.id),
    )
    ids = [row.id for row in found.items]
    runs, ahead = _live_runs(view, ids), _starts_ahead(view, ids)
    segments = {rule.segment: rule.title for rule in house.segments_rule.segments}
    titles = {band.name: band.title for band in house.health.bands}

    def line(row: Row[Any]) -> AccountLine:
        facts = {name: value for name, value in (row.facts or {}).items() if value is not None}
        segment, stage = (facts.get(name, house.vocabulary.defaults.get(f"account.{name}")) or "" for name in ("segment", "stage"))
        mine = runs.get(row.id, [])
        dues = [Due(run.wake_at, run.step or run.verb) for run in mine if run.wake_at] + ahead.get(row.id, [])
        return AccountLine(
            row, segments.get(segment, segment), stage, titles.get(row.band), tone(house.health, row.band if row.band in titles else None),
            sorted({run.journey for run in mine}), min(dues, key=lambda due: due.at, default=None),
        )  # fmt: skip

    return found.of(line)


def _live_runs(view: View, ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    columns = (enrollments.c.account_id, enrollments.c.journey, enrollments.c.wake_at, enrollments.c.verb, enrollments.c.step)
    found = select(*columns).where(enrollments.c.account_id.in_(ids), enrollments.c.ended_at.is_(None)).order_by(enrollments.c.account_id)
    return {id: list(rows) for id, rows in groupby(view.session.execute(found).all(), lambda row: row.account_id)}


def _starts_ahead(view: View, ids: Sequence[str]) -> dict[str, list[Due]]:
    found = select(starts).where(starts.c.account_id.in_(ids)).order_by(starts.c.account_id)
    rows = view.session.execute(found).all()
    return {id: [Due(row.due_at, f"{row.journey} begins") for row in mine] for id, mine in groupby(rows, lambda row: row.account_id)}


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
