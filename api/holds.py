"""Holds: nothing goes out to an account, from a journey, or of a class of mail, until a date or until somebody lifts it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, model_validator
from sqlalchemy import select

from activities import orders
from api.keys import ApiKey
from api.problems import Problem
from api.services import Use, acting, needs
from api.shapes import Id, In, Line, Moment, Out
from database.tables import HoldRow, table

router = APIRouter(prefix="/v1", tags=["holds"])
rows = table(HoldRow)
Key = Annotated[ApiKey, needs("enrollments:write")]


class HoldBody(In):
    """Holds the whole account, or with `journey` or `mail_class` a part of it. Whatever is held keeps listening."""

    by: Id
    reason: Line
    until: Moment | None = None
    journey: Annotated[str, Field(max_length=80)] | None = None
    mail_class: Annotated[str, Field(max_length=60)] | None = None

    @model_validator(mode="after")
    def _one_of(self) -> HoldBody:
        if self.journey and self.mail_class:
            raise ValueError("hold a journey or a class of mail, not both at once")
        return self


class LiftBody(In):
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
        return session.execute(
            select(rows).where(rows.c.account_id == account_id, rows.c.lifted_at.is_(None)).order_by(rows.c.placed_at)
        ).all()


@router.post("/accounts/{account_id}/holds", status_code=201, summary="Hold an account or a part of it", response_model=HoldOut)
def place(account_id: Id, body: HoldBody, use: Use, key: Key) -> Any:
    if body.until and body.until <= use.clock():
        raise Problem(
            422, "range", "'until' lies in the past", [{"pointer": "/until", "code": "range", "message": "name a moment to come"}]
        )

    def work(session: Any) -> Any:
        acting(session, key, body.by)
        return orders.place_hold(
            session, use.office, account_id, body.by, body.until, body.reason, body.journey, body.mail_class, use.clock()
        )

    ledger, id = use.database.transact(work)
    use.tell(ledger)
    return _row(use, id)


@router.post("/holds/{hold_id}/lift", summary="Lift a hold", response_model=HoldOut)
def lift(hold_id: Id, body: LiftBody, use: Use, key: Key) -> Any:
    def work(session: Any) -> Any:
        acting(session, key, body.by)
        return orders.lift_hold(session, use.office, hold_id, use.clock())

    use.tell(use.database.transact(work))
    return _row(use, hold_id)


def _row(use: Use, id: str) -> Any:
    with use.database.read() as session:
        return session.execute(select(rows).where(rows.c.id == id)).one()
