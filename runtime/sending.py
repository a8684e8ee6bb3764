"""`tenure messages`, `tenure arm` and `tenure disarm`: what may have left, what came back, and whether anything leaves at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, get_args

from rich.console import Console
from rich.table import Table
from sqlalchemy import Row, select
from sqlmodel import Session

from activities import arming, doubts
from activities.doubts import How
from activities.intake import Unfit
from activities.ledger import Office
from database import doubts as stored
from database.engine import Database
from database.installations import Standing
from database.messages import Message, find
from database.tables import ReportRow, table
from domain.faults import suggestion
from runtime import operating

reports = table(ReportRow)
MOST = 200
SHOWN = ("id", "account_id", "journey", "step", "visit", "recipient", "channel", "subject", "claimed_at", "reason", "resend_at", "repeats")


def in_doubt(database: Database) -> Sequence[Row[Any]]:
    with database.read() as session:
        return stored.everything(session, MOST)


def show(rows: Sequence[Row[Any]], out: Console) -> None:
    if not rows:
        out.print("no message is in doubt")
        return
    shown = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("message", "account", "step", "to", "in doubt since", "why", "and now"):
        shown.add_column(title)
    for row in rows:
        then = f"sent once more at {row.resend_at:%H:%M} UTC" if row.resend_at else "waits for a person"
        where = f"{row.journey}, {row.step}"
        shown.add_row(row.id, row.account_id, where, row.recipient, f"{row.claimed_at:%Y-%m-%d %H:%M} UTC", row.reason or "", then)
    out.print(shown)
    out.print("\nSettle one: tenure messages settle ID resend|sent|skip --as you@example.com --why '…'", markup=False)


def settle(database: Database, office: Office, id: str, how: str, who: str, why: str, now: datetime) -> tuple[Message, str]:
    """The message as it is then, and a sentence. Raises Unfit, NotOpen, NotAllowed."""
    known: tuple[How, ...] = get_args(How)
    if how not in known:
        raise Unfit([("/how", "unknown", f"a message in doubt is settled by {', '.join(known)}, not '{how}'{suggestion(how, known)}")])

    def work(session: Session) -> Message:
        by = operating.somebody(session, who).id
        doubts.settle(session, office, id, known[known.index(how)], by, why, now)
        found = find(session, id)
        assert found
        return found

    settled = database.transact(work)
    words = {"resend": "it is sent once more as soon as a worker gets to it", "sent": "it was sent", "skip": "it is not sent"}
    waits = how == "resend" and settled.resend_at is not None and settled.resend_at > now
    return settled, f"settled: it is sent once more as soon as it may, but not yet: {settled.reason}" if waits else f"settled: {words[how]}"


def quarantined(database: Database) -> Sequence[Row[Any]]:
    """What providers told and could not be used, latest first."""
    with database.read() as session:
        found = select(reports).where(reports.c.fault.is_not(None)).order_by(reports.c.received_at.desc(), reports.c.id).limit(MOST)
        return session.execute(found).all()


def show_quarantined(rows: Sequence[Row[Any]], out: Console) -> None:
    if not rows:
        out.print("everything that providers told could be used")
    for row in rows:
        out.print(f"{row.received_at:%Y-%m-%d %H:%M} UTC  {row.provider} {row.name}: {row.fault}", markup=False)


def turn(database: Database, to: Literal["arm", "disarm"], who: str, why: str, now: datetime) -> Standing:
    """Raises Unfit, NotOpen."""

    def work(session: Session) -> Standing:
        by = operating.somebody(session, who).id
        return (arming.arm if to == "arm" else arming.disarm)(session, by, why, now)

    return database.transact(work)


def spoken(standing: Standing | None) -> str:
    """Whether sending is armed, in words."""
    if standing is None:
        return "armed; no worker has looked yet"
    who = f", by {standing.by}" if standing.by else ""
    words = "armed" if standing.armed else "DISARMED: nothing leaves, messages stay planned"
    return f"{words}; since {standing.since:%Y-%m-%d %H:%M} UTC{who}: {standing.why}"
