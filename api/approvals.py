"""Approvals: what our people decide before it leaves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from sqlalchemy import select
from sqlmodel import Session

from activities import orders
from api.idempotency import Done, Post, Posting
from api.pages import Asked, Page
from api.problems import not_found
from api.services import Services, Use, acts, must_be_active, needs
from api.shapes import Id, In, Out, Prose, example
from database.tables import ApprovalRow, MessageRow, table

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])
rows, messages = table(ApprovalRow), table(MessageRow)


class ApprovalOut(Out):
    id: str
    account_id: str
    enrollment_id: str
    journey: str
    step: str
    title: str
    role: str
    approver_id: str | None
    covering_for: str | None
    otherwise: str
    state: str
    asked_at: datetime
    expires_at: datetime | None
    decided_at: datetime | None
    decided_by: str | None
    note: str | None


class LetterOut(Out):
    """A mail that waits for the decision, as it will leave."""

    id: str
    recipient: str
    address: str | None
    subject: str | None
    text: str | None
    html: str | None
    reason: str | None


class ApprovalDetail(ApprovalOut):
    messages: list[LetterOut]


class DecideBody(In):
    model_config = example(by="dirk", note="Say less about the price, and send it.")

    by: Id
    note: Prose | None = None


class ApprovalFilter(Asked):
    account: Id | None = None
    approver: Id | None = None
    enrollment: Id | None = None
    state: Literal["open", "approved", "refused", "sent", "skipped", "withdrawn"] | None = None


@router.get("", summary="Approvals", response_model=Page[ApprovalOut], dependencies=[needs("accounts:read")])
def list_approvals(use: Use, asked: Annotated[ApprovalFilter, Query()]) -> Page[ApprovalOut]:
    found = asked.of(rows, account_id=asked.account, approver_id=asked.approver, enrollment_id=asked.enrollment, state=asked.state)
    with use.database.read() as session:
        return asked.page(session.execute(found).all(), ApprovalOut.model_validate)


@router.get(
    "/{approval_id}",
    summary="One approval with what it decides about",
    response_model=ApprovalDetail,
    dependencies=[needs("accounts:read")],
)
def get_approval(approval_id: Id, use: Use) -> ApprovalDetail:
    with use.database.read() as session:
        return _approval(session, approval_id)


def _approval(session: Session, id: str) -> ApprovalDetail:
    row = session.execute(select(rows).where(rows.c.id == id)).one_or_none()
    if row is None:
        raise not_found("approval", id)
    mine = (messages.c.run_id == row.enrollment_id, messages.c.step == row.step, messages.c.visit == row.visit)
    letters = session.execute(select(messages).where(*mine, messages.c.effect == "send")).all()
    return ApprovalDetail(**ApprovalOut.model_validate(row).model_dump(), messages=[LetterOut.model_validate(letter) for letter in letters])


@router.post("/{approval_id}/approve", summary="Approve", response_model=ApprovalDetail, dependencies=[acts("approvals:write")])
def approve(approval_id: Id, body: DecideBody, use: Use, post: Post) -> Response:
    return _decide(use, post, approval_id, body, True)


@router.post("/{approval_id}/refuse", summary="Refuse", response_model=ApprovalDetail, dependencies=[acts("approvals:write")])
def refuse(approval_id: Id, body: DecideBody, use: Use, post: Post) -> Response:
    return _decide(use, post, approval_id, body, False)


def _decide(use: Services, post: Posting, id: str, body: DecideBody, approved: bool) -> Response:
    def work(session: Session) -> Done:
        must_be_active(session, body.by)
        ledger = orders.decide(session, use.office, id, approved, body.by, body.note, use.clock())
        return Done(_approval(session, id), [ledger])

    return post.carry_out(work)
