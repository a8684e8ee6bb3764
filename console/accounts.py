"""The accounts, a page at a time, those in the worst health first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row, case, func, select, tuple_

from activities.view import View
from console.few import Few, few
from database.tables import AccountRow, EnrollmentRow, PlannedStartRow, ReadingRow, table
from domain.health import HealthPolicy

accounts, enrollments, readings, starts = table(AccountRow), table(EnrollmentRow), table(ReadingRow), table(PlannedStartRow)

TONES = ("good", "fair", "poor", "bad")
is_churned = accounts.c.facts["churned"].as_boolean().is_(True)
# Asked an account at a time, each is one look into the index; asked for all at once, SQLite needs seconds for a year of 10,000 accounts.
_of_it = readings.alias()
_newest = select(func.max(_of_it.c.day)).where(_of_it.c.account_id == accounts.c.id).correlate(accounts).scalar_subquery()
is_latest = (readings.c.account_id == accounts.c.id) & (readings.c.day == _newest)


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


def tone(policy: HealthPolicy, band: str | None) -> str:
    """The colour of a band; the worst is the same red however many there are."""
    if band is None:
        return "none"
    return TONES[round(policy.rank(band) * (len(TONES) - 1) / max(1, len(policy.bands) - 1))]


def look(view: View, after: str) -> Mapping[str, Any]:
    """The page that begins after this account; the first where there is none of that id."""
    return {"zone": UTC, "people": view.people, "accounts": page(view, after), "after": after}


def page(view: View, after: str = "") -> Few[AccountLine]:
    """Those in the worst health first, then those of whom too little is known; who has left stands last."""
    house = view.published.house
    rank = case({band.name: -house.health.rank(band.name) for band in house.health.bands}, value=readings.c.band, else_=1)
    order = (case((is_churned, 1), else_=0), rank, func.coalesce(readings.c.score, -1.0), accounts.c.name, accounts.c.id)
    asked = select(accounts, readings.c.band, readings.c.score).select_from(accounts).outerjoin(readings, is_latest).order_by(*order)
    last = select(*order).select_from(accounts).outerjoin(readings, is_latest).where(accounts.c.id == after)
    if place := view.session.execute(last).one_or_none():
        asked = asked.where(tuple_(*order) > tuple_(*place))
    found = few(view.session, asked)
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
