"""Holds: nothing goes out to an account, or to any, from a journey, or of a class of mail, until a date or until somebody lifts it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field, model_validator
from sqlmodel import Session

from activities import holding
from activities.holding import GoesOn, Wanted
from activities.view import View
from api import accounts
from api.faults import wrong
from api.idempotency import Done, Post
from api.services import Key, Services, Use, acts, must_be_active, must_have, must_lie_ahead, needs
from api.shapes import Id, In, Line, Moment, Out, example
from database import holds
from domain.facts import Resume

router = APIRouter(prefix="/v1", tags=["holds"])
EVERYTHING = "hold_everything"  # the scope for what concerns all accounts

POLICY = "what becomes of what falls due meanwhile: durations are shifted, what became stale is skipped, or all is sent"


class PlaceBody(In):
    """Holds everything, or with `journey` or `mail_class` a part of it. Whatever is held keeps listening."""

    model_config = example(by="cara", reason="They are moving offices", until="2026-03-02T08:00:00Z", resume="shift")

    by: Id
    reason: Line
    until: Moment | None = None
    journey: Annotated[str, Field(max_length=80)] | None = None
    mail_class: Annotated[str, Field(max_length=60)] | None = None
    resume: Resume | None = Field(default=None, description=f"{POLICY}; shift when left out, as it must be of a class of mail")

    @model_validator(mode="after")
    def _one_of(self) -> PlaceBody:
        if self.journey and self.mail_class:
            raise wrong("either_or", "hold a journey or a class of mail, not both at once")
        return self


class LiftBody(In):
    model_config = example(by="cara", resume="skip")

    by: Id
    resume: Resume | None = Field(default=None, description=f"{POLICY}; as the hold says when left out")


class HoldOut(Out):
    id: str
    account_id: str | None = Field(description="none of a hold of all accounts")
    run_id: str | None
    journey: str | None
    mail_class: str | None
    until: datetime | None
    reason: str
    resume: Resume
    placed_by: str | None
    placed_at: datetime
    lifted_at: datetime | None
    lifted_by: str | None


class TouchOut(Out):
    kind: str
    step: str
    recipient: str
    what: str


class LaterOut(Out):
    step: str
    at: datetime
    before: datetime | None = Field(description="when it would have been without the hold; none of mail that waits for its reader's hours")


class GoesOnOut(Out):
    """What going on does to one run."""

    account_id: str
    run_id: str
    journey: str
    at_once: list[TouchOut]
    stale: list[str] = Field(description="steps that are skipped because they fell due during the hold")
    later: list[LaterOut] = Field(description="mail that leaves when its readers' hours begin")
    shifted: list[LaterOut]
    held_by: str | None = Field(description="what keeps it back all the same")
    over: str | None = Field(description="why it ends")


class ForeseenOut(Out):
    """What lifting a hold would do now; nothing is changed. Sums first, then run by run."""

    runs: int
    at_once: dict[str, int] = Field(description="how many reach somebody at once, by kind")
    stale: int
    later: int
    shifted: int
    still_held: int
    each: list[GoesOnOut]


@router.get(
    "/accounts/{account_id}/holds",
    summary="The holds of an account that are in force",
    response_model=list[HoldOut],
    dependencies=[needs("accounts:read")],
)
def list_holds(account_id: Id, use: Use) -> Any:
    with use.database.read() as session:
        accounts.must_exist(session, account_id)
        return holds.standing(session, use.clock(), holds.of_account(account_id))


@router.post(
    "/accounts/{account_id}/holds",
    status_code=201,
    summary="Hold an account or a part of it",
    response_model=HoldOut,
    dependencies=[acts("enrollments:write")],
)
def place(account_id: Id, body: PlaceBody, use: Use, post: Post) -> Response:
    return _place(account_id, body, use, post)


@router.get(
    "/holds", summary="The holds of all accounts that are in force", response_model=list[HoldOut], dependencies=[needs("accounts:read")]
)
def list_holds_of_all(use: Use) -> Any:
    with use.database.read() as session:
        return holds.standing(session, use.clock(), holds.of_all())


@router.post(
    "/holds",
    status_code=201,
    summary="Hold everything, a journey or a class of mail, of all accounts",
    response_model=HoldOut,
    dependencies=[acts("enrollments:write", EVERYTHING)],
)
def place_for_all(body: PlaceBody, use: Use, post: Post) -> Response:
    """One row, that every turn reads: nothing is claimed for a customer any more, of new accounts neither."""
    return _place(None, body, use, post)


@router.post(
    "/holds/{hold_id}/lift",
    summary="Lift a hold, or say what that would do",
    response_model=HoldOut | ForeseenOut,
    dependencies=[acts("enrollments:write")],
)
def lift(
    hold_id: Id,
    body: LiftBody,
    use: Use,
    post: Post,
    key: Key,
    preview: Annotated[bool, Query(description="only say what it would do, in sums and run by run")] = False,
) -> Response:
    """A hold of all accounts takes the scope `hold_everything` too."""

    def work(session: Session) -> Done:
        must_be_active(session, body.by)
        row = holding.standing(session, hold_id, use.clock())
        if row.account_id is None:
            must_have(key, EVERYTHING)
        if preview:
            return Done(_foreseen(holding.foresee(View(session, use.office, use.clock()), [row], body.resume)))
        ledger = holding.lift(session, use.office, hold_id, body.by, body.resume, use.clock())
        return Done(_hold(session, hold_id), [ledger] if ledger else [])

    answer = post.carry_out(work)
    if preview:
        return answer
    if nudges := holding.tell_over(use.database, use.office, use.clock()):
        use.nudge(nudges)
    return answer


def _place(account_id: str | None, body: PlaceBody, use: Services, post: Post) -> Response:
    def work(session: Session) -> Done:
        must_lie_ahead(body.until, use.clock())
        must_be_active(session, body.by)
        wanted = Wanted(account_id, body.journey, body.mail_class)
        placed = holding.place(session, use.office, wanted, body.by, body.until, body.reason, body.resume, use.clock())
        return Done(_hold(session, placed.id), [placed.ledger] if placed.ledger else [], 201)

    return post.carry_out(work)


def _hold(session: Session, id: str) -> HoldOut:
    return HoldOut.model_validate(holds.find(session, id))


def _foreseen(found: Iterable[GoesOn]) -> ForeseenOut:
    each = list(found)
    sums = holding.sums(each)
    return ForeseenOut(
        runs=sums.runs, at_once=sums.at_once, stale=sums.stale, later=sums.later, shifted=sums.shifted, still_held=sums.still_held,
        each=[_goes_on(one) for one in each],
    )  # fmt: skip


def _goes_on(one: GoesOn) -> GoesOnOut:
    run = one.run
    return GoesOnOut(
        account_id=one.account_id, run_id=run.run_id, journey=run.journey,
        at_once=[TouchOut(kind=touch.kind, step=touch.step, recipient=touch.recipient, what=touch.what) for touch in run.at_once],
        stale=list(run.stale), later=[LaterOut.model_validate(later) for later in run.later],
        shifted=[LaterOut.model_validate(later) for later in run.shifted], held_by=run.held_by, over=run.over,
    )  # fmt: skip
