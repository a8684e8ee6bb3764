"""What providers tell of messages: stored once, folded into the messages, and kept until somebody was told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, case, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from database.tables import MessageRow, ReportRow, table
from domain import reports as domain
from domain.reports import URGENT, Report, Standing

reports, messages = table(ReportRow), table(MessageRow)

UNMATCHED = "no message of ours is known by what it names"
_STANDING = tuple(Standing.__slots__)
_new_of = {
    "sqlite": sqlite.insert(reports).on_conflict_do_nothing().returning(reports.c.id),
    "postgresql": postgresql.insert(reports).on_conflict_do_nothing().returning(reports.c.id),
}
_heard = (
    update(messages)
    .where(messages.c.id == bindparam("this"))
    .values({name: bindparam(f"new_{name}") for name in (*_STANDING, "state", "via", "settled_at", "reason")})
)
# Only columns: the words of a message are long, and nobody here reads them.
_known = select(
    messages.c.id, messages.c.account_id, messages.c.address, messages.c.state, messages.c.via, messages.c.settled_at, messages.c.reason,
    messages.c.provider_id, *(messages.c[name] for name in _STANDING),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stored:
    """How many reports were new, how many of those could not be used, and how many somebody must hear of."""

    new: int
    faulty: int
    telling: int


def store(session: Session, provider: str, told: Mapping[str, Report], faults: Mapping[str, tuple[str, str]], now: datetime) -> Stored:
    """Stores what is new of `told`, and of what could not be read (`faults`: why, and how it came), and folds it into the messages.

    A message in doubt that its provider speaks of was accepted. One that is being sent is left to whoever sends it: its run waits
    for that answer.
    """
    found = _find(session, told)
    standings = {row.id: _standing(row) for row in found.values()}
    rows = []
    for id, report in sorted(told.items(), key=lambda each: each[1].at):
        message = found.get(id)
        rows.append(_row(provider, report, message, standings, now))
        if message is not None:
            standings[message.id] = domain.heard(standings[message.id], [report])
    rows += [
        {**_EMPTY, "id": id, "provider": provider, "name": "unreadable", "received_at": now, "detail": {"raw": raw}, "fault": fault}
        for id, (fault, raw) in faults.items()
    ]
    if not rows:
        return Stored(0, 0, 0)
    new = set(session.execute(_new_of[session.get_bind().dialect.name], rows).scalars())
    _fold(session, [(found[id], report) for id, report in told.items() if id in new and id in found], now)
    fresh = [row for row in rows if row["id"] in new]
    return Stored(len(fresh), sum(row["fault"] is not None for row in fresh), sum(row["tells"] for row in fresh))


_EMPTY: dict[str, Any] = {"message_id": None, "account_id": None, "address": None, "at": None, "fault": None, "tells": False}


def _row(provider: str, report: Report, message: Row[Any] | None, standings: Mapping[str, Standing], now: datetime) -> dict[str, Any]:
    flags = {"bad_address": True} if report.bad_address else {}
    row = {
        **_EMPTY, "id": report.id, "provider": provider, "name": str(report.name), "at": report.at, "received_at": now,
        "address": report.address, "detail": {**report.detail, **flags},
    }  # fmt: skip
    if message is None:
        return {**row, "fault": UNMATCHED}
    if message.address is None:
        row |= {"address": None, "detail": flags}  # its reader was erased since
    return {**row, "message_id": message.id, "account_id": message.account_id, "tells": domain.tells(report, standings[message.id])}


def _find(session: Session, told: Mapping[str, Report]) -> dict[str, Row[Any]]:
    """The message that each report is about, held: what is known of it grows by one teller at a time."""
    ids = {report.message_id for report in told.values() if report.message_id}
    names = {report.provider_id for report in told.values() if report.provider_id}
    if not (ids or names):
        return {}
    wanted = or_(messages.c.id.in_(ids), messages.c.provider_id.in_(names))
    rows = session.execute(_known.where(wanted).order_by(messages.c.id).with_for_update()).all()
    by_id, by_name = {row.id: row for row in rows}, {row.provider_id: row for row in rows if row.provider_id}
    found = {id: by_id.get(report.message_id or "") or by_name.get(report.provider_id or "") for id, report in told.items()}
    return {id: row for id, row in found.items() if row is not None}


def _standing(row: Row[Any]) -> Standing:
    return Standing(**{name: getattr(row, name) for name in _STANDING})


def _fold(session: Session, told: Sequence[tuple[Row[Any], Report]], now: datetime) -> None:
    by_message: dict[str, list[Report]] = defaultdict(list)
    rows = {row.id: row for row, _ in told}
    for row, report in told:
        by_message[row.id].append(report)
    changed = []
    for id, each in by_message.items():
        row, standing = rows[id], asdict(domain.heard(_standing(rows[id]), each))
        settled = {"state": row.state, "via": row.via, "settled_at": row.settled_at, "reason": row.reason}
        if row.state == "in_doubt":
            settled = {"state": "accepted", "via": "report", "settled_at": now, "reason": None}
        changed.append({"this": id, **{f"new_{name}": value for name, value in {**standing, **settled}.items()}})
    if changed:
        session.connection().execute(_heard, changed)


def untold(session: Session, before: datetime, limit: int) -> dict[str, list[str]]:
    """Reports received until `before` that nobody was told of yet, by account; first the accounts with what makes somebody
    unreachable."""
    urgency = case((reports.c.name.in_([str(name) for name in URGENT]), 0), else_=1)
    found = (
        select(reports.c.account_id, reports.c.id)
        .where(reports.c.tells, reports.c.told_at.is_(None), reports.c.received_at <= before)
        .order_by(urgency, reports.c.received_at, reports.c.id)
        .limit(limit)
    )
    by_account: dict[str, list[str]] = defaultdict(list)
    for row in session.execute(found):
        by_account[row.account_id].append(row.id)
    return by_account


def still_untold(session: Session, ids: Sequence[str]) -> Sequence[Row[Any]]:
    """Those of these reports that nobody was told of yet, in the order in which they happened."""
    found = select(reports).where(reports.c.id.in_(ids), reports.c.told_at.is_(None)).order_by(reports.c.at, reports.c.id)
    return session.execute(found).all()


def mark_told(session: Session, id: str, now: datetime) -> None:
    session.execute(update(reports).where(reports.c.id == id).values(told_at=now))


def give_up(session: Session, ids: Sequence[str], why: str, now: datetime) -> None:
    """Nobody can be told of these."""
    session.execute(update(reports).where(reports.c.id.in_(ids), reports.c.told_at.is_(None)).values(told_at=now, fault=why))
