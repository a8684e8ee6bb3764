"""Enrollments: runs of journeys. Start one, see where it stands and what comes next."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlalchemy import select
from sqlmodel import Session

from activities import intake
from activities.ledger import Ledger
from activities.view import View
from api.accounts import load_account
from api.idempotency import Done, Post
from api.pages import Asked, Page
from api.problems import Problem, not_found
from api.services import Use, acts, must_be_active, needs
from api.shapes import Id, In, Out, Word, example
from database.tables import DecisionRow, EnrollmentRow, table
from domain import state
from domain.faults import suggestion
from domain.journey import Journey
from domain.simulation import Touch
from domain.timing import local_day, zone

router = APIRouter(prefix="/v1/enrollments", tags=["enrollments"])
rows, decisions = table(EnrollmentRow), table(DecisionRow)


class EnrollBody(In):
    """Starts a journey for an account, or for one of its contracts or contacts."""

    model_config = example(journey="renewal", account="acme", contract="acme-2026", by="cara")

    journey: Annotated[str, Field(max_length=80)]
    account: Id
    contract: Id | None = None
    contact: Id | None = None
    by: Id = Field(description="the person who asks for it")


class EnrollmentOut(Out):
    id: str
    journey: str
    version: int
    account_id: str
    contract_id: str | None
    contact_id: str | None
    why: str
    begun_at: datetime
    ended_at: datetime | None
    ended_why: str | None
    held: bool
    goal_at: datetime | None
    anchor_on: Any = Field(default=None, description="its day 0")
    wake_at: datetime | None = Field(default=None, description="when it takes its next turn, unless something happens before")
    verb: str
    step: str


class DecisionOut(Out):
    at: datetime
    what: str
    result: str
    step: str | None
    visit: int | None
    rule: str
    inputs: dict[str, Any] | None


class TouchOut(Out):
    at: datetime
    kind: str
    step: str
    recipient: str
    what: str


class PositionOut(Out):
    track: str
    step: str
    visit: int
    phase: str
    until: datetime | None


class EnrollmentDetail(EnrollmentOut):
    positions: list[PositionOut]
    history: list[DecisionOut] = Field(description="what was decided, oldest first; the last 200")
    next: list[TouchOut] = Field(description="the next five touches, if everybody does their part and nothing else happens")


class EnrollmentFilter(Asked):
    account: Id | None = None
    journey: Word | None = None
    live: bool | None = None


@router.post("", status_code=201, summary="Start a journey", response_model=EnrollmentOut, dependencies=[acts("enrollments:write")])
def post_enrollment(body: EnrollBody, use: Use, post: Post) -> Response:
    """200 and the live enrollment when it is in the journey already; 409 when its rules do not let it in."""

    def work(session: Session) -> Done:
        must_be_active(session, body.by)
        ledger = Ledger(session, use.office, body.account, use.clock())
        journey = _journey(ledger, body.journey)
        intake.must_belong(session, body.account, body.contact, body.contract)
        if live := _live(ledger, journey, body):
            return Done(EnrollmentOut.model_validate(live))
        before = set(ledger.live)
        told = ledger.enroll(journey, body.contract, body.contact, f"by {body.by}")
        begun = set(ledger.live) - before
        if not begun:
            why = next((decision.result for decision in told.decisions if decision.what == "not enrolled"), "its rules do not let it in")
            raise Problem(409, "not_enrolled", why)
        return Done(EnrollmentOut.model_validate(find(session, begun.pop())), [ledger], 201)

    return post.carry_out(work)


def _journey(ledger: Ledger, name: str) -> Journey:
    published = ledger.published.journeys
    if name not in published:
        raise Problem(404, "journey_not_found", f"no journey is published as '{name}'{suggestion(name, published)}")
    return published[name]


def _live(ledger: Ledger, journey: Journey, body: EnrollBody) -> Any:
    """The live run of what the body names; where that is a contract and none is named, of the current one."""
    term = ledger.account.contract(body.contract, local_day(ledger.now, zone(ledger.account.zone)))
    about = {"account": body.account, "contract": term.id if term else None, "contact": body.contact}
    key = about[journey.any_plan.text.for_]
    return next((row for row in ledger.live.values() if row.journey == journey.name and row.key == key), None)


@router.get("", summary="Enrollments", response_model=Page[EnrollmentOut], dependencies=[needs("accounts:read")])
def list_enrollments(use: Use, asked: Annotated[EnrollmentFilter, Query()]) -> Page[EnrollmentOut]:
    found = asked.of(rows, account_id=asked.account, journey=asked.journey)
    if asked.live is not None:
        found = found.where(rows.c.ended_at.is_(None) if asked.live else rows.c.ended_at.is_not(None))
    with use.database.read() as session:
        return asked.page(session.execute(found).all(), EnrollmentOut.model_validate)


@router.get(
    "/{enrollment_id}",
    summary="One enrollment with its history and what comes next",
    response_model=EnrollmentDetail,
    dependencies=[needs("accounts:read")],
)
def get_enrollment(enrollment_id: Id, use: Use) -> EnrollmentDetail:
    with use.database.read() as session:
        row = find(session, enrollment_id)
        history = session.execute(
            select(decisions).where(decisions.c.run_id == enrollment_id).order_by(decisions.c.id.desc()).limit(200)
        ).all()
        coming = [] if row.ended_at else _next(use, session, row)
    positions = [
        PositionOut(track=name, step=at.step, visit=at.visit, phase=at.phase, until=at.until)
        for name, at in state.load(row.state).tracks.items()
    ]
    return EnrollmentDetail(
        **EnrollmentOut.model_validate(row).model_dump(),
        positions=positions,
        history=[DecisionOut.model_validate(each) for each in reversed(history)],
        next=[TouchOut(at=touch.at, kind=touch.kind, step=touch.step, recipient=touch.recipient, what=touch.what) for touch in coming],
    )


def _next(use: Use, session: Session, row: Any) -> list[Touch]:
    account = load_account(use, session, row.account_id)
    return View(session, use.office, use.clock()).next_touches(account, row)


def find(session: Session, id: str) -> Any:
    """Raises Problem when there is no such enrollment."""
    row = session.execute(select(rows).where(rows.c.id == id)).one_or_none()
    if row is None:
        raise not_found("enrollment", id)
    return row
