"""Which runs a publication concerns, what they are ordered to do, and the token of the moment it was decided for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlmodel import Session

from activities.ledger import Ledger, Office
from database import accounts, definitions, revisions
from database.definitions import Texts
from database.tables import AccountRow, EnrollmentRow, NoticeRow, TaskRow, table
from domain.moving import CANCELLED, Choices
from domain.news import ExitOrdered

enrollments, account_rows, notices, tasks = table(EnrollmentRow), table(AccountRow), table(NoticeRow), table(TaskRow)


def concerned(session: Session, texts: Texts) -> Iterator[Row[Any]]:
    """The live runs whose journey has another text in these, or none; not those that were pinned. Oldest first."""
    older = {(each.name, each.version) for each in definitions.in_use(session) if texts.get(("journey", each.name)) != each.text}
    live = select(enrollments).where(enrollments.c.ended_at.is_(None), enrollments.c.pinned.is_(False))
    for row in session.execute(live.order_by(enrollments.c.begun_at, enrollments.c.id)).all():
        if (row.journey, row.version) in older:
            yield row


def lock(session: Session, texts: Texts) -> None:
    """Holds the accounts of the runs concerned until the transaction ends: none of them goes on meanwhile."""
    for account_id in sorted({row.account_id for row in concerned(session, texts)}):
        accounts.lock(session, account_id)


def token(session: Session, rows: Sequence[Row[Any]], texts: Texts, choices: Choices) -> str:
    """Stands for what is published, what was chosen, and where the runs concerned and their accounts stand now. Another when any of
    that has changed."""
    maps = sorted((name, sorted(told.items(), key=str)) for name, told in choices.maps.items())
    stamp = hashlib.sha256(repr((choices.otherwise, sorted(choices.of.items()), maps, sorted(texts.items()))).encode())
    stamp.update(repr(sorted(revisions.current(session).items())).encode())
    account_of = {row.id: row.revision for row in session.execute(select(account_rows.c.id, account_rows.c.revision))}
    heard, asked = last_notices(session), _open_tasks(session)
    for row in rows:
        stands = (row.id, row.revision, row.version, account_of[row.account_id], heard.get(row.id, 0), asked.get(row.id, 0))
        stamp.update(repr(stands).encode())
    return stamp.hexdigest()[:16]


def last_notices(session: Session) -> Mapping[str, int]:
    """Of each live run that was told something: the number of the last notice."""
    live = select(enrollments.c.id).where(enrollments.c.ended_at.is_(None))
    last = select(notices.c.run_id, func.max(notices.c.id).label("last")).where(notices.c.run_id.in_(live)).group_by(notices.c.run_id)
    return {row.run_id: row.last for row in session.execute(last)}


def _open_tasks(session: Session) -> Mapping[str, int]:
    found = select(tasks.c.enrollment_id, func.count().label("open")).where(tasks.c.state == "open").group_by(tasks.c.enrollment_id)
    return {row.enrollment_id: row.open for row in session.execute(found)}


def order(session: Session, office: Office, rows: Mapping[str, str], choices: Choices, now: datetime) -> list[Ledger]:
    """Orders what was chosen for these runs (run id → account id), after the new versions were published. Returns whom to nudge."""
    ledgers: dict[str, Ledger] = {}
    for run_id, account_id in rows.items():
        ledger = ledgers.setdefault(account_id, Ledger(session, office, account_id, now))
        row = ledger.live[run_id]
        new = ledger.published.journeys.get(row.journey)
        choice = choices.of_journey(row.journey)
        match choice:
            case "pin" | "drain":  # an earlier order to move is off
                _write(session, run_id, pinned=choice == "pin", move_to=None, move_at_once=False, step_map=None)
            case "cancel":
                ledger.notify(run_id, ExitOrdered(now, CANCELLED, tasks="close"), True)
            case "move" if new is not None:
                _write(session, run_id, move_to=new.version, move_at_once=False, step_map=_told(choices, row.journey))
            case "move_now" if new is not None:
                # It is due now, so that a sweep finds it should the nudge be lost.
                _write(session, run_id, move_to=new.version, move_at_once=True, step_map=_told(choices, row.journey), wake_at=now)
                ledger.nudges[run_id] = ledger.nudge_of(run_id, row.journey, row.version, now, begins=False)
    return list(ledgers.values())


def _told(choices: Choices, journey: str) -> dict[str, str | None] | None:
    return dict(choices.map_of(journey)) or None


def _write(session: Session, run_id: str, **values: Any) -> None:
    session.execute(update(enrollments).where(enrollments.c.id == run_id).values(revision=enrollments.c.revision + 1, **values))
