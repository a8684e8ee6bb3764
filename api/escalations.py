"""Escalations: what somebody higher up must hear of, until they say that they have it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from sqlalchemy import select
from sqlmodel import Session

from activities import orders
from api.idempotency import Done, Post
from api.pages import Asked, Page
from api.problems import not_found
from api.services import Use, acts, must_be_active, needs
from api.shapes import Id, In, Line, Out, example
from database.tables import EscalationRow, table

router = APIRouter(prefix="/v1/escalations", tags=["escalations"])
rows = table(EscalationRow)


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
    model_config = example(by="dirk")

    by: Id


class ResolveBody(In):
    model_config = example(by="dirk", outcome="Their new sponsor has agreed to the plan")

    by: Id
    outcome: Line


class EscalationFilter(Asked):
    account: Id | None = None
    person: Id | None = None
    state: Literal["open", "acknowledged", "resolved"] | None = None


@router.get("", summary="Escalations", response_model=Page[EscalationOut], dependencies=[needs("accounts:read")])
def list_escalations(use: Use, asked: Annotated[EscalationFilter, Query()]) -> Page[EscalationOut]:
    found = asked.of(rows, account_id=asked.account, person_id=asked.person, state=asked.state)
    with use.database.read() as session:
        return asked.page(session.execute(found).all(), EscalationOut.model_validate)


@router.get("/{escalation_id}", summary="One escalation", response_model=EscalationOut, dependencies=[needs("accounts:read")])
def get_escalation(escalation_id: Id, use: Use) -> EscalationOut:
    with use.database.read() as session:
        return _escalation(session, escalation_id)


def _escalation(session: Session, id: str) -> EscalationOut:
    row = session.execute(select(rows).where(rows.c.id == id)).one_or_none()
    if row is None:
        raise not_found("escalation", id)
    return EscalationOut.model_validate(row)


@router.post(
    "/{escalation_id}/acknowledge",
    summary="Say that somebody has it",
    response_model=EscalationOut,
    dependencies=[acts("escalations:write")],
)
def acknowledge(escalation_id: Id, body: AcknowledgeBody, use: Use, post: Post) -> Response:
    def work(session: Session) -> Done:
        must_be_active(session, body.by)
        ledger = orders.acknowledge(session, use.office, escalation_id, body.by, use.clock())
        return Done(_escalation(session, escalation_id), [ledger])

    return post.carry_out(work)


@router.post(
    "/{escalation_id}/resolve",
    summary="Say that its cause is dealt with",
    response_model=EscalationOut,
    dependencies=[acts("escalations:write")],
)
def resolve(escalation_id: Id, body: ResolveBody, use: Use, post: Post) -> Response:
    def work(session: Session) -> Done:
        must_be_active(session, body.by)
        ledger = orders.resolve(session, use.office, escalation_id, body.by, body.outcome, use.clock())
        return Done(_escalation(session, escalation_id), [ledger])

    return post.carry_out(work)
