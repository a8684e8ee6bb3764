"""Holds: nothing goes out to an account, from a journey, or of a class of mail, until a date or until somebody lifts it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import Field, model_validator
from sqlalchemy import select
from sqlmodel import Session

from activities import orders
from api import accounts
from api.faults import wrong
from api.idempotency import Done, Post
from api.services import Use, acts, must_be_active, must_lie_ahead, needs
from api.shapes import Id, In, Line, Moment, Out, example
from database.tables import HoldRow, table

router = APIRouter(prefix="/v1", tags=["holds"])
rows = table(HoldRow)


class PlaceBody(In):
    """Holds the whole account, or with `journey` or `mail_class` a part of it. Whatever is held keeps listening."""

    model_config = example(by="cara", reason="They are moving offices", until="2026-03-02T08:00:00Z")

    by: Id
    reason: Line
    until: Moment | None = None
    journey: Annotated[str, Field(max_length=80)] | None = None
    mail_class: Annotated[str, Field(max_length=60)] | None = None

    @model_validator(mode="after")
    def _one_of(self) -> PlaceBody:
        if self.journey and self.mail_class:
            raise wrong("either_or", "hold a journey or a class of mail, not both at once")
        return self


class LiftBody(In):
    model_config = example(by="cara")

    by: Id


class HoldOut(Out):
    id: str
    account_id: str
    run_id: str | None
    journey: str | None
    mail_class: str | None
    until: datetime | None
    reason: str
    placed_by: str | None
    placed_at: datetime
    lifted_at: datetime | None


@router.get(
    "/accounts/{account_id}/holds",
    summary="The holds of an account that are in force",
    response_model=list[HoldOut],
    dependencies=[needs("accounts:read")],
)
def list_holds(account_id: Id, use: Use) -> Any:
    with use.database.read() as session:
        accounts.must_exist(session, account_id)
        return session.execute(
            select(rows).where(rows.c.account_id == account_id, rows.c.lifted_at.is_(None)).order_by(rows.c.placed_at)
        ).all()


@router.post(
    "/accounts/{account_id}/holds",
    status_code=201,
    summary="Hold an account or a part of it",
    response_model=HoldOut,
    dependencies=[acts("enrollments:write")],
)
def place(account_id: Id, body: PlaceBody, use: Use, post: Post) -> Response:
    def work(session: Session) -> Done:
        must_lie_ahead(body.until, use.clock())
        must_be_active(session, body.by)
        ledger, id = orders.place_hold(
            session, use.office, account_id, body.by, body.until, body.reason, body.journey, body.mail_class, use.clock()
        )
        return Done(_hold(session, id), [ledger], 201)

    return post.carry_out(work)


@router.post("/holds/{hold_id}/lift", summary="Lift a hold", response_model=HoldOut, dependencies=[acts("enrollments:write")])
def lift(hold_id: Id, body: LiftBody, use: Use, post: Post) -> Response:
    def work(session: Session) -> Done:
        must_be_active(session, body.by)
        ledger = orders.lift_hold(session, use.office, hold_id, use.clock())
        return Done(_hold(session, hold_id), [ledger])

    return post.carry_out(work)


def _hold(session: Session, id: str) -> HoldOut:
    return HoldOut.model_validate(session.execute(select(rows).where(rows.c.id == id)).one())
