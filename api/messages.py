"""Messages: what was sent to whom, and the outbox of an installation without providers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from sqlalchemy import select

from api.pages import Asked, Limit, Page
from api.problems import not_found
from api.services import Use, needs
from api.shapes import Id, Out
from database.tables import MessageRow, table

router = APIRouter(prefix="/v1", tags=["messages"])
rows = table(MessageRow)
State = Literal["gated", "planned", "claimed", "accepted", "failed", "skipped", "in_doubt", "withdrawn"]


class MessageOut(Out):
    id: str
    run_id: str
    account_id: str
    journey: str
    step: str
    visit: int
    effect: str
    audience: str
    recipient: str
    template: str
    state: str
    due_at: datetime
    settled_at: datetime | None
    reason: str | None
    channel: str | None
    address: str | None
    subject: str | None


class MessageDetail(MessageOut):
    text: str | None
    html: str | None
    body_hash: str | None
    template_hash: str | None
    provider_id: str | None
    attempts: int


class MessageFilter(Asked):
    account: Id | None = None
    run: Id | None = None
    state: State | None = None


@router.get("/messages", summary="Messages", response_model=Page[MessageOut], dependencies=[needs("messages:read")])
def list_messages(use: Use, asked: Annotated[MessageFilter, Query()]) -> Page[MessageOut]:
    """`state=in_doubt` lists what may or may not have left: whoever was sending it never learned."""
    found = asked.of(rows, account_id=asked.account, run_id=asked.run, state=asked.state)
    with use.database.read() as session:
        return asked.page(session.execute(found).all(), MessageOut.model_validate)


@router.get("/messages/{message_id}", summary="One message as it left", response_model=MessageDetail, dependencies=[needs("messages:read")])
def get_message(message_id: Id, use: Use) -> Any:
    with use.database.read() as session:
        row = session.execute(select(rows).where(rows.c.id == message_id)).one_or_none()
    if row is None:
        raise not_found("message", message_id)
    return row


@router.get("/outbox", summary="The outbox, latest first", response_model=list[MessageDetail], dependencies=[needs("messages:read")])
def outbox(use: Use, limit: Annotated[Limit, Query()] = 50, account: Annotated[Id | None, Query()] = None) -> Any:
    """What would have left through SendGrid and Slack if their keys were set."""
    found = (
        select(rows)
        .where(rows.c.channel == "outbox", rows.c.state == "accepted")
        .order_by(rows.c.settled_at.desc(), rows.c.id)
        .limit(limit)
    )
    if account:
        found = found.where(rows.c.account_id == account)
    with use.database.read() as session:
        return session.execute(found).all()
