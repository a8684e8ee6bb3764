"""Messages from planned to settled. The row is the claim: whoever moves it from planned to claimed may send it, nobody else."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlmodel import Session

from database.tables import MessageRow, table
from domain.governor import UNTIL_LIFTED

messages = table(MessageRow)
# Never change it: a message's id is made from it, and the id is what keeps a deed from being done twice.
_NAMESPACE = uuid.UUID("5b0f1f0e-3a57-4c5f-9d1c-6a8a7c1d2e90")


def message_id(run_id: str, step: str, visit: int, effect: str, recipient: str) -> str:
    """The same deed has the same id, whatever run id, attempt or replay of Temporal does it."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join((run_id, step, str(visit), effect, recipient))))


def plan(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """New messages; one that is there already stays as it is."""
    known = set(session.execute(select(messages.c.id).where(messages.c.id.in_([row["id"] for row in rows]))).scalars())
    if new := [row for row in rows if row["id"] not in known]:
        session.execute(insert(messages), new)


def next_due(session: Session, run_id: str, now: datetime) -> Row[Any] | None:
    """The planned message of a run that has been due longest."""
    found = select(messages).where(messages.c.run_id == run_id, messages.c.state == "planned", messages.c.due_at <= now)
    return session.execute(found.order_by(messages.c.due_at, messages.c.planned_at, messages.c.recipient).limit(1)).one_or_none()


def next_due_at(session: Session, run_id: str) -> datetime | None:
    """When the next planned message of a run is due; what only a person can free is not counted."""
    found = select(func.min(messages.c.due_at)).where(
        messages.c.run_id == run_id, messages.c.state == "planned", messages.c.due_at < UNTIL_LIFTED
    )
    due: datetime | None = session.execute(found).scalar()
    return due


def find(session: Session, id: str) -> Row[Any] | None:
    return session.execute(select(messages).where(messages.c.id == id)).one_or_none()


def strays(session: Session, run_id: str) -> Sequence[Row[Any]]:
    """Messages of a run that somebody claimed and never settled."""
    return session.execute(select(messages).where(messages.c.run_id == run_id, messages.c.state == "claimed")).all()


def change(session: Session, id: str, states: Sequence[str], values: Mapping[str, Any]) -> bool:
    """Moves a message on from one of `states`; whether it was in one."""
    changed = session.execute(update(messages).where(messages.c.id == id, messages.c.state.in_(states)).values(values))
    return bool(changed.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def withdraw(session: Session, run_id: str, step: str | None, visit: int | None, why: str, now: datetime) -> None:
    conditions = [messages.c.run_id == run_id, messages.c.state.in_(("planned", "gated"))]
    if step is not None:
        conditions += [messages.c.step == step, messages.c.visit == visit]
    session.execute(update(messages).where(*conditions).values(state="withdrawn", reason=why, settled_at=now))


def release(session: Session, run_id: str, step: str, visit: int, due: Mapping[str, datetime]) -> None:
    """Gated messages may leave from their due moment on."""
    for recipient, due_at in due.items():
        matching = (messages.c.run_id == run_id, messages.c.step == step, messages.c.visit == visit, messages.c.recipient == recipient)
        session.execute(update(messages).where(*matching, messages.c.state == "gated").values(state="planned", due_at=due_at))


def gated(session: Session, run_id: str, step: str, visit: int) -> Sequence[Row[Any]]:
    """The messages that wait for an approval."""
    return session.execute(
        select(messages).where(messages.c.run_id == run_id, messages.c.step == step, messages.c.visit == visit, messages.c.state == "gated")
    ).all()
