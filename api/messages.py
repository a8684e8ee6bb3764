"""Messages: what was sent to whom, and the outbox of an installation without providers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlalchemy import select
from sqlmodel import Session

from activities import doubts
from api.idempotency import Done, Post
from api.pages import Asked, Limit, Page
from api.problems import not_found
from api.services import Use, acts, must_be_active, needs
from api.shapes import Id, In, Line, Out, example
from database.tables import MessageRow, ReplyRow, table

router = APIRouter(prefix="/v1", tags=["messages"])
rows, replies = table(MessageRow), table(ReplyRow)
State = Literal["gated", "planned", "claimed", "accepted", "failed", "skipped", "in_doubt", "withdrawn", "shadowed"]


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
    via: str | None = Field(description="how it is known to be accepted: answer, report (of its provider) or person")
    repeats: int = Field(description="how often it was sent once more because nobody knew whether it had left")
    delivery: str | None = Field(description="what its provider last said: processed, deferred, delivered, blocked, dropped, bounced")
    delivered_at: datetime | None
    clicked_at: datetime | None
    replied_at: datetime | None


class MessageDetail(MessageOut):
    text: str | None
    html: str | None
    body_hash: str | None
    template_hash: str | None
    provider_id: str | None
    attempts: int
    claimed_at: datetime | None
    resend_at: datetime | None = Field(description="in doubt, and sent once more from then on")
    settled_by: str | None


class ReplyOut(Out):
    """What came in by mail, without what it quoted."""

    id: str
    kind: Literal["reply", "automatic", "bounce"] = Field(description="from a person, from a machine, or a mail that came back")
    message_id: str | None = Field(description="the message it answers")
    account_id: str | None
    contact_id: str | None
    address: str
    subject: str
    text: str
    why: str = Field(description="by what it was matched and recognised, or why it was not")
    task_id: str | None
    received_at: datetime


class ReplyFilter(Asked):
    account: Id | None = None
    kind: Literal["reply", "automatic", "bounce"] | None = None
    message: Id | None = None


class SettleBody(In):
    """A person settles a message in doubt: `resend` sends it once more, `sent` says that it was sent, `skip` that it is not to be."""

    model_config = example(by="cara", how="sent", why="Ann says she has it")

    by: Id
    how: Literal["resend", "sent", "skip"]
    why: Line


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
def get_message(message_id: Id, use: Use) -> MessageDetail:
    with use.database.read() as session:
        return _message(session, message_id)


def _message(session: Session, id: str) -> MessageDetail:
    row = session.execute(select(rows).where(rows.c.id == id)).one_or_none()
    if row is None:
        raise not_found("message", id)
    return MessageDetail.model_validate(row)


@router.post(
    "/messages/{message_id}/settle",
    summary="Settle a message in doubt",
    response_model=MessageDetail,
    dependencies=[acts("messages:write")],
)
def settle(message_id: Id, body: SettleBody, use: Use, post: Post) -> Response:
    """What is sent once more leaves within seconds; until then it stays in doubt. What may not yet has a later `resend_at` and its
    `reason`; what may not at all, because of its reader's no or a limit, is refused with the reason."""

    def work(session: Session) -> Done:
        must_be_active(session, body.by)
        ledger = doubts.settle(session, use.office, message_id, body.how, body.by, body.why, use.clock())
        return Done(_message(session, message_id), [ledger])

    return post.carry_out(work)


@router.get("/replies", summary="What came in by mail", response_model=Page[ReplyOut], dependencies=[needs("messages:read")])
def list_replies(use: Use, asked: Annotated[ReplyFilter, Query()]) -> Page[ReplyOut]:
    """Answers that nobody could be asked to answer have no `message_id`."""
    found = asked.of(replies, account_id=asked.account, kind=asked.kind, message_id=asked.message)
    with use.database.read() as session:
        return asked.page(session.execute(found).all(), ReplyOut.model_validate)


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
