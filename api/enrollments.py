"""Enrollments: runs of journeys. Start one, see where it stands and what comes next, hold it, resume it, skip, exit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlalchemy import select
from sqlmodel import Session

from activities.ledger import Ledger
from api.accounts import load_account
from api.keys import ApiKey
from api.problems import Problem, not_found
from api.services import Use, acting, needs
from api.shapes import Cursor, Id, In, Limit, Line, Moment, Out, Page, page, read_cursor
from database.tables import DecisionRow, EnrollmentRow, MessageRow, table
from domain import news, simulation, state
from domain.faults import suggestion
from domain.news import News

router = APIRouter(prefix="/v1/enrollments", tags=["enrollments"])
rows, decisions, messages = table(EnrollmentRow), table(DecisionRow), table(MessageRow)
Key = Annotated[ApiKey, needs("enrollments:write")]


class EnrollBody(In):
    """Starts a journey for an account, or for one of its contracts or contacts."""

    journey: Annotated[str, Field(max_length=80)]
    account: Id
    contract: Id | None = None
    contact: Id | None = None
    by: Id = Field(description="the person who asks for it")


class OrderBody(In):
    """An order of a person for one enrollment."""

    by: Id
    why: Line = "ordered"


class HoldBody(OrderBody):
    """Holds an enrollment. It keeps listening; `resume` says what becomes of what falls due meanwhile."""

    until: Moment | None = None
    resume: Literal["shift", "skip", "send"] = Field(default="shift", description="shift durations, skip what became stale, or send it all")


class ExitBody(OrderBody):
    """Ends an enrollment."""

    tasks: Literal["close", "keep", "hand_on"] = Field(default="close", description="the fate of its open tasks")


class SkipBody(OrderBody):
    """Goes on from a step."""

    step: Annotated[str, Field(max_length=80)]


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


class Ordered(Out):
    """The order is stored; the run takes it in its next turn, within seconds."""

    id: str
    ordered: str


@router.post("", status_code=201, summary="Start a journey", response_model=EnrollmentOut)
def post_enrollment(body: EnrollBody, use: Use, key: Key, response: Response) -> Any:
    """200 and the live enrollment when it is in the journey already; 409 when its rules do not let it in."""

    def work(session: Session) -> Ledger:
        acting(session, key, body.by)
        ledger = Ledger(session, use.office, body.account, use.clock())
        journey = ledger.published.journeys.get(body.journey)
        if journey is None:
            raise Problem(
                404,
                "journey_not_found",
                f"no journey is published as '{body.journey}'{suggestion(body.journey, ledger.published.journeys)}",
            )
        live = [
            row for row in ledger.live.values() if row.journey == journey.name and row.key in (body.account, body.contract, body.contact)
        ]
        if live:
            response.status_code = 200
            found.append(live[0].id)
            return ledger
        before = set(ledger.live)
        told = ledger.enroll(journey, body.contract, body.contact, f"by {body.by}")
        begun = set(ledger.live) - before
        if not begun:
            why = next((decision.result for decision in told.decisions if decision.what == "not enrolled"), "its rules do not let it in")
            raise Problem(409, "not_enrolled", why)
        found.append(begun.pop())
        return ledger

    found: list[str] = []
    ledger = use.database.transact(work)
    use.tell(ledger)
    return _row(use, found[0])


@router.get("", summary="Enrollments, newest id last", response_model=Page[EnrollmentOut], dependencies=[needs("accounts:read")])
def list_enrollments(
    use: Use,
    limit: Limit = 50,
    cursor: Cursor = None,
    account: Annotated[str | None, Query(max_length=128)] = None,
    journey: Annotated[str | None, Query(max_length=80)] = None,
    live: Annotated[bool | None, Query()] = None,
) -> dict[str, Any]:
    found = select(rows).order_by(rows.c.id).limit(limit + 1)
    if after := read_cursor(cursor):
        found = found.where(rows.c.id > after)
    if account:
        found = found.where(rows.c.account_id == account)
    if journey:
        found = found.where(rows.c.journey == journey)
    if live is not None:
        found = found.where(rows.c.ended_at.is_(None) if live else rows.c.ended_at.is_not(None))
    with use.database.read() as session:
        return page(session.execute(found).all(), limit, EnrollmentOut)


@router.get(
    "/{enrollment_id}",
    summary="One enrollment with its history and what comes next",
    response_model=EnrollmentDetail,
    dependencies=[needs("accounts:read")],
)
def get_enrollment(enrollment_id: Id, use: Use) -> EnrollmentDetail:
    row = _row(use, enrollment_id)
    with use.database.read() as session:
        history = session.execute(
            select(decisions).where(decisions.c.run_id == enrollment_id).order_by(decisions.c.id.desc()).limit(200)
        ).all()
        stands = state.load(row.state)
        coming = [] if row.ended_at else _next(use, session, row)
    positions = [
        PositionOut(track=name, step=at.step, visit=at.visit, phase=at.phase, until=at.until) for name, at in stands.tracks.items()
    ]
    return EnrollmentDetail(
        **EnrollmentOut.model_validate(row).model_dump(),
        positions=positions,
        history=[DecisionOut.model_validate(each) for each in reversed(history)],
        next=[TouchOut(at=touch.at, kind=touch.kind, step=touch.step, recipient=touch.recipient, what=touch.what) for touch in coming],
    )


def _next(use: Use, session: Session, row: Any) -> list[simulation.Touch]:
    """Plays the run on in virtual time from where it stands."""
    published = use.published(session)
    journey = use.office.definitions.journey(session, published, row.journey, row.version, row.hash)
    account = load_account(use, session, row.account_id)
    return simulation.next_touches(published.house, journey, account, state.load(row.state), use.clock(), row.contract_id, row.contact_id)


def _row(use: Use, id: str) -> Any:
    with use.database.read() as session:
        row = session.execute(select(rows).where(rows.c.id == id)).one_or_none()
    if row is None:
        raise not_found("enrollment", id)
    return row


def _order(use: Use, key: ApiKey, id: str, by: str, what: str, news_of: Callable[[Any, datetime], News]) -> Ordered:
    row = _row(use, id)

    def work(session: Session) -> Ledger:
        acting(session, key, by)
        ledger = Ledger(session, use.office, row.account_id, use.clock())
        if id not in ledger.live:
            raise Problem(409, "enrollment_over", f"this enrollment is over: {row.ended_why or 'it ended just now'}")
        ledger.notify(id, news_of(ledger.live[id], use.clock()), True)
        return ledger

    use.tell(use.database.transact(work))
    return Ordered(id=id, ordered=what)


@router.post("/{enrollment_id}/hold", status_code=202, summary="Hold an enrollment", response_model=Ordered)
def hold(enrollment_id: Id, body: HoldBody, use: Use, key: Key) -> Ordered:
    if body.until and body.until <= use.clock():
        raise Problem(
            422, "range", "'until' lies in the past", [{"pointer": "/until", "code": "range", "message": "name a moment to come"}]
        )
    return _order(
        use, key, enrollment_id, body.by, "hold", lambda _, now: news.HoldOrdered(now, body.until, body.resume, body.by, body.why)
    )


@router.post("/{enrollment_id}/resume", status_code=202, summary="Resume a held enrollment", response_model=Ordered)
def resume(enrollment_id: Id, body: OrderBody, use: Use, key: Key) -> Ordered:
    def news_of(row: Any, now: datetime) -> News:
        if not row.held:
            raise Problem(409, "not_held", "this enrollment is not held")
        return news.ResumeOrdered(now, body.by)

    return _order(use, key, enrollment_id, body.by, "resume", news_of)


@router.post("/{enrollment_id}/exit", status_code=202, summary="End an enrollment", response_model=Ordered)
def leave(enrollment_id: Id, body: ExitBody, use: Use, key: Key) -> Ordered:
    return _order(
        use, key, enrollment_id, body.by, "exit", lambda _, now: news.ExitOrdered(now, f"{body.why} (by {body.by})", body.by, body.tasks)
    )


@router.post("/{enrollment_id}/skip", status_code=202, summary="Go on from a step", response_model=Ordered)
def skip(enrollment_id: Id, body: SkipBody, use: Use, key: Key) -> Ordered:
    def news_of(row: Any, now: datetime) -> News:
        standing = [at.step for at in state.load(row.state).tracks.values()]
        if body.step not in standing:
            raise Problem(
                409, "not_there", f"no track stands at '{body.step}'; they stand at {', '.join(standing)}{suggestion(body.step, standing)}"
            )
        return news.SkipOrdered(body.step, now, body.by)

    return _order(use, key, enrollment_id, body.by, "skip", news_of)
