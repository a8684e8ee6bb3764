"""Approvals: what our people decide before it leaves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from sqlalchemy import select

from activities import orders
from api.keys import ApiKey
from api.problems import not_found
from api.services import Use, acting, needs
from api.shapes import Cursor, Id, In, Limit, Out, Page, Prose, page, read_cursor
from database.tables import ApprovalRow, MessageRow, table

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])
rows, messages = table(ApprovalRow), table(MessageRow)
Key = Annotated[ApiKey, needs("approvals:write")]


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
    by: Id
    note: Prose | None = None


@router.get("", summary="Approvals", response_model=Page[ApprovalOut], dependencies=[needs("accounts:read")])
def list_approvals(
    use: Use,
    limit: Limit = 50,
    cursor: Cursor = None,
    account: Annotated[str | None, Query(max_length=128)] = None,
    approver: Annotated[str | None, Query(max_length=128)] = None,
    enrollment: Annotated[str | None, Query(max_length=64)] = None,
    state: Literal["open", "approved", "refused", "sent", "skipped", "withdrawn"] | None = None,
) -> dict[str, Any]:
    found = select(rows).order_by(rows.c.id).limit(limit + 1)
    for name, value in {"account_id": account, "approver_id": approver, "enrollment_id": enrollment, "state": state}.items():
        if value is not None:
            found = found.where(rows.c[name] == value)
    if after := read_cursor(cursor):
        found = found.where(rows.c.id > after)
    with use.database.read() as session:
        return page(session.execute(found).all(), limit, ApprovalOut)


@router.get(
    "/{approval_id}",
    summary="One approval with what it decides about",
    response_model=ApprovalDetail,
    dependencies=[needs("accounts:read")],
)
def get_approval(approval_id: Id, use: Use) -> ApprovalDetail:
    with use.database.read() as session:
        row = session.execute(select(rows).where(rows.c.id == approval_id)).one_or_none()
        if row is None:
            raise not_found("approval", approval_id)
        mine = (messages.c.run_id == row.enrollment_id, messages.c.step == row.step, messages.c.visit == row.visit)
        letters = session.execute(select(messages).where(*mine, messages.c.effect == "send")).all()
    return ApprovalDetail(**ApprovalOut.model_validate(row).model_dump(), messages=[LetterOut.model_validate(letter) for letter in letters])


def _decide(use: Use, key: ApiKey, id: str, body: DecideBody, approved: bool) -> ApprovalDetail:
    def work(session: Any) -> Any:
        acting(session, key, body.by)
        return orders.decide(session, use.office, id, approved, body.by, body.note, use.clock())

    use.tell(use.database.transact(work))
    return get_approval(id, use)


@router.post("/{approval_id}/approve", summary="Approve", response_model=ApprovalDetail)
def approve(approval_id: Id, body: DecideBody, use: Use, key: Key) -> ApprovalDetail:
    return _decide(use, key, approval_id, body, True)


@router.post("/{approval_id}/refuse", summary="Refuse", response_model=ApprovalDetail)
def refuse(approval_id: Id, body: DecideBody, use: Use, key: Key) -> ApprovalDetail:
    return _decide(use, key, approval_id, body, False)
