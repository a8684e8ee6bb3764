"""`tenure erase` and `tenure erasures`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import Row, select
from sqlmodel import Session

from activities import erasing
from activities.erasing import Erasure
from activities.ledger import Nudge, Office
from database.engine import Database
from database.tables import ErasureRow, table
from domain.erasing import ARCHIVE_RULE
from runtime import operating
from runtime.erasure_log import Log

erasures = table(ErasureRow)


class _Rehearsed(Exception):
    """Carries what would have been done out of a transaction that is given up."""

    def __init__(self, done: Erasure) -> None:
        self.done = done


def rehearse(database: Database, office: Office, account: str, contact: str, now: datetime) -> Erasure:
    """What erasing would wipe; nothing changes. Raises NotThere, UnknownAccount, Conflict, NotPublished."""

    def work(session: Session) -> None:
        raise _Rehearsed(erasing.erase(session, office, account, contact, "", "", now))

    try:
        database.transact(work)
    except _Rehearsed as rehearsed:
        return rehearsed.done
    raise AssertionError("the rehearsal raises")


def erase(
    database: Database, office: Office, account: str, contact: str, who: str, why: str, now: datetime, log: Log
) -> tuple[Erasure, list[Nudge]]:  # fmt: skip
    """Raises Unfit, NotThere, UnknownAccount, Conflict, NotPublished."""

    def work(session: Session) -> Erasure:
        by = operating.somebody(session, who).id
        return erasing.erase(session, office, account, contact, by, why, now, log.add)

    done = database.transact(work)
    database.flush()
    return done, done.nudges


def everyone(database: Database) -> Sequence[Row[Any]]:
    """All erasures, the latest first."""
    with database.read() as session:
        return session.execute(select(erasures).order_by(erasures.c.erased_at.desc(), erasures.c.id)).all()


def as_json(done: Erasure) -> dict[str, Any]:
    others = [{"account_id": account, "contact_id": contact} for account, contact in done.also]
    return {**done.row._mapping, "same_address": others}


def show(done: Erasure, rehearsed: bool, out: Console) -> None:
    row = done.row
    rows = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in row.wiped.items() if count)
    is_new = bool(done.ledgers)
    said = "would be erased" if rehearsed and is_new else f"{'is' if is_new else 'was'} erased ({row.erased_at:%Y-%m-%d %H:%M} UTC)"
    out.print(f"contact {row.id} of {row.account_id} {said}", markup=False)
    out.print(f"  wiped in: {rows or 'nothing else is written of them'}", markup=False)
    if row.archived:
        until = f"{row.archived_until:%Y-%m-%d}"
        out.print(f"  kept: {row.archived} mails that were sent, until {until} ({ARCHIVE_RULE}); erase them again then", markup=False)
    if sent := ", ".join(f"{count} through {name}" for name, count in row.sent_through.items()):
        out.print(f"  mails that left: {sent}; the provider may keep records of its own, to be erased there", markup=False)
    for account, contact in done.also:
        out.print(f"  same address, not erased: tenure erase {account} {contact}", markup=False)


def show_all(rows: Sequence[Row[Any]], out: Console) -> None:
    if not rows:
        out.print("nobody was erased")
        return
    shown = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("contact", "account", "erased", "by", "why", "rows wiped", "mails archived"):
        shown.add_column(title)
    for row in rows:
        wiped, archived = str(sum(row.wiped.values())), str(row.archived or "")
        shown.add_row(row.id, row.account_id, f"{row.erased_at:%Y-%m-%d %H:%M} UTC", row.by, row.why, wiped, archived)
    out.print(shown)
