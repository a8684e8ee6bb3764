"""`tenure shadow`: what would have gone out, what people say of it, and how far they agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Row, select
from sqlmodel import Session

from activities import shadowing, story
from activities.intake import Unfit
from activities.orders import NotOpen, NotThere
from database import shadows
from database.engine import Database
from database.shadows import Agreement, Verdict, Wanted
from database.tables import AccountRow, ContactRow, PersonRow, table
from domain.timing import zone

accounts, contacts, people = table(AccountRow), table(ContactRow), table(PersonRow)

MOST_NOTES = 50
SHOWN_OF_ID = 8
_VERBS = {"agree": "agrees", "disagree": "disagrees"}


@dataclass(frozen=True, slots=True)
class Records:
    """Records with what their accounts and people are called. `zones` are the accounts'."""

    rows: Sequence[Row[Any]]
    accounts: Mapping[str, str]
    zones: Mapping[str, str]
    names: Mapping[str, str]

    def moment(self, row: Row[Any]) -> str:
        return story.moment_of(row.at, zone(self.zones[row.account_id]))

    def reader(self, row: Row[Any]) -> str:
        if not row.recipient or row.kind == "webhook":
            return ""
        return f" to {'#' if row.kind == 'post' and row.recipient not in self.names else ''}{self.names.get(row.recipient, row.recipient)}"


@dataclass(frozen=True, slots=True)
class Report:
    """Agreement by step, and the latest disagreements."""

    steps: Sequence[Agreement]
    disagreements: Records


def beginning_of(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None


def found(database: Database, wanted: Wanted, limit: int) -> Records:
    """Newest first."""
    with database.read() as session:
        return _called(session, shadows.newest(session, wanted, limit))


def one(database: Database, id: str) -> Records:
    """The record of this id, or the only one whose id begins so. Raises NotOpen."""
    with database.read() as session:
        return _called(session, [_one(session, id)])


def judge(database: Database, id: str, verdict: Verdict, by: str, note: str | None, now: datetime) -> Records:
    """Raises Unfit for nobody of ours, and NotOpen."""

    def work(session: Session) -> Records:
        person = session.get(PersonRow, by)
        if person is None or not person.active:
            raise Unfit([("/by", "unknown_person", f"nobody active has the id '{by}'; say --as with the id of one of us")])
        return _called(session, [shadowing.judge(session, _one(session, id).id, verdict, by, note, now)])

    return database.transact(work)


def report(database: Database, wanted: Wanted, by_segment: bool) -> Report:
    with database.read() as session:
        steps = shadows.agreement(session, wanted, by_segment)
        return Report(steps, _called(session, shadows.disagreements(session, wanted, MOST_NOTES)))


def _one(session: Session, id: str) -> Row[Any]:
    same = shadows.beginning_with(session, id)
    if not same:
        raise NotThere("shadow", id)
    if len(same) > 1 and same[0].id != id:
        raise NotOpen(f"several ids begin with '{id}'; write more of it")
    return same[0]


def _called(session: Session, rows: Sequence[Row[Any]]) -> Records:
    told = session.execute(
        select(accounts.c.id, accounts.c.name, accounts.c.zone).where(accounts.c.id.in_({row.account_id for row in rows}))
    )
    known = {row.id: row for row in told}
    readers = {row.recipient for row in rows} | {row.judged_by for row in rows if row.judged_by}
    names = {
        row.id: row.name
        for each in (contacts, people)
        for row in session.execute(select(each.c.id, each.c.name).where(each.c.id.in_(readers)))
    }
    return Records(rows, {id: row.name for id, row in known.items()}, {id: row.zone for id, row in known.items()}, names)


# On paper


def as_json(records: Records) -> list[dict[str, Any]]:
    """For programs. Times are UTC."""
    return [dict(row._mapping) for row in records.rows]


def report_as_json(found: Report) -> dict[str, Any]:
    return {
        "steps": [{**asdict(each), "judged": each.judged, "agreement": each.agreement} for each in found.steps],
        "disagreements": as_json(found.disagreements),
    }


def show(records: Records, out: Console) -> None:
    if not records.rows:
        out.print("nothing in shadow is recorded of what is asked")
    for row in records.rows:
        show_one(records, row, out)


def show_one(records: Records, row: Row[Any], out: Console) -> None:
    line = (
        f"{row.id[:SHOWN_OF_ID]}  {records.moment(row)}  {records.accounts[row.account_id]}: {row.kind} '{row.what}'{records.reader(row)}"
    )
    style = {"agree": "green", "disagree": "red"}.get(row.verdict, "bold")
    out.print(Text(line, style=style))
    indent = " " * (SHOWN_OF_ID + 2)
    out.print(f"{indent}{row.journey} / {row.step}, version {row.version}: {row.why}", markup=False)
    if row.subject and row.subject != row.what:
        out.print(f"{indent}“{row.subject}”", markup=False)
    if row.fault:
        out.print(Text(f"{indent}it could not have left: {row.fault}", style="red"))
    if row.verdict:
        note = f": {row.note}" if row.note else ""
        out.print(f"{indent}{records.names.get(row.judged_by, row.judged_by)} {_VERBS[row.verdict]}{note}", markup=False)


def show_words(records: Records, out: Console) -> None:
    """One record with all its words."""
    show(records, out)
    if text := records.rows[0].text:
        out.print()
        out.print(text, markup=False)


def show_report(found: Report, out: Console) -> None:
    if not found.steps:
        out.print("nothing in shadow is recorded of what is asked")
        return
    by_segment = found.steps[0].segment is not None
    drawn = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("journey", *(("segment",) if by_segment else ()), "step"):
        drawn.add_column(name, overflow="fold")
    for name in ("would have", "judged", "agree", "disagree", "agreement"):
        drawn.add_column(name, justify="right")
    drawn.add_column("")
    for journey in dict.fromkeys(each.journey for each in found.steps):
        mine = [each for each in found.steps if each.journey == journey]
        for each in (shadows.together(mine), *mine):
            is_sum = each.step == ""
            names = (journey if is_sum else "", *((each.segment or "",) if by_segment else ()), "all steps" if is_sum else each.step)
            share = "" if each.agreement is None else f"{each.agreement:.0%}"
            counts = (each.recorded, each.judged, each.agreed, each.disagreed)
            fault = f"{each.faults} could not have left" if each.faults else ""
            style = "bold" if is_sum else ""
            drawn.add_row(*(Text(str(cell), style=style) for cell in (*names, *counts, share, fault)))
    out.print(drawn)
    if found.disagreements.rows:
        out.print("\n[bold]Disagreements[/bold], the latest first:")
        for row in found.disagreements.rows:
            show_one(found.disagreements, row, out)
