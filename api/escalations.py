"""Escalations: what somebody higher up must hear of, until they say that they have it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from sqlalchemy import select

from activities import orders
from api.keys import ApiKey
from api.problems import not_found
from api.services import Use, acting, needs
from api.shapes import Cursor, Id, In, Limit, Line, Out, Page, page, read_cursor
from database.tables import EscalationRow, table

router = APIRouter(prefix="/v1/escalations", tags=["escalations"])
rows = table(EscalationRow)
Key = Annotated[ApiKey, needs("escalations:write")]


class EscalationOut(Out):
    id: str
    account_id: str
    enrollment_id: str | None
    journey: str | None
    cause: str
    why: str
    sla: str
    role: str
    person_id: str | None
    state: str
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    ended_at: datetime | None
    ended_by: str | None
    outcome: str | None


class AcknowledgeBody(In):
    by: Id


class ResolveBody(In):
    by: Id
    outcome: Line


@router.get("", summary="Escalations", response_model=Page[EscalationOut], dependencies=[needs("accounts:read")])
def list_escalations(
    use: Use,
    limit: Limit = 50,
    cursor: Cursor = None,
    account: Annotated[str | None, Query(max_length=128)] = None,
    person: Annotated[str | None, Query(max_length=128)] = None,
    state: Literal["open", "acknowledged", "resolved"] | None = None,
) -> dict[str, Any]:
    found = select(rows).order_by(rows.c.id).limit(limit + 1)
    for name, value in {"account_id": account, "person_id": person, "state": state}.items():
        if value is not None:
            found = found.where(rows.c[name] == value)
    if after := read_cursor(cursor):
        found = found.where(rows.c.id > after)
    with use.database.read() as session:
        return page(session.execute(found).all(), limit, EscalationOut)


@router.get("/{escalation_id}", summary="One escalation", response_model=EscalationOut, dependencies=[needs("accounts:read")])
def get_escalation(escalation_id: Id, use: Use) -> Any:
    with use.database.read() as session:
        row = session.execute(select(rows).where(rows.c.id == escalation_id)).one_or_none()
    if row is None:
        raise not_found("escalation", escalation_id)
    return row


@router.post("/{escalation_id}/acknowledge", summary="Say that somebody has it", response_model=EscalationOut)
def acknowledge(escalation_id: Id, body: AcknowledgeBody, use: Use, key: Key) -> Any:
    def work(session: Any) -> Any:
        acting(session, key, body.by)
        return orders.acknowledge(session, use.office, escalation_id, body.by, use.clock())

    use.tell(use.database.transact(work))
    return get_escalation(escalation_id, use)


@router.post("/{escalation_id}/resolve", summary="Say that its cause is dealt with", response_model=EscalationOut)
def resolve(escalation_id: Id, body: ResolveBody, use: Use, key: Key) -> Any:
    def work(session: Any) -> Any:
        acting(session, key, body.by)
        return orders.resolve(session, use.office, escalation_id, body.by, body.outcome, use.clock())

    use.tell(use.database.transact(work))
    return get_escalation(escalation_id, use)
