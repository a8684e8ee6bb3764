"""Orders for one enrollment: hold it, resume it, go on from a step, end it. The run takes them in its next turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field
from sqlmodel import Session

from activities.ledger import Ledger
from api import enrollments
from api.idempotency import Done, Post, Posting
from api.problems import Problem
from api.services import Services, Use, acts, must_be_active, must_lie_ahead
from api.shapes import Id, In, Line, Moment, Out, example
from database import runs
from domain import holding, news, state
from domain.faults import suggestion
from domain.news import News

router = APIRouter(prefix="/v1/enrollments/{enrollment_id}", tags=["enrollments"], dependencies=[acts("enrollments:write")])


class OrderBody(In):
    """An order of a person for one enrollment."""

    model_config = example(by="cara", why="They asked us to wait")

    by: Id
    why: Line = "ordered"


class HoldBody(OrderBody):
    """Holds an enrollment. It keeps listening; `resume` says what becomes of what falls due meanwhile."""

    model_config = example(by="cara", why="Their office moves in February", until="2026-03-02T08:00:00Z", resume="shift")

    until: Moment | None = None
    resume: Literal["shift", "skip", "send"] = Field(default="shift", description="shift durations, skip what became stale, or send it all")


class ExitBody(OrderBody):
    """Ends an enrollment."""

    model_config = example(by="cara", why="They were set up by a partner", tasks="hand_on")

    tasks: Literal["close", "keep", "hand_on"] = Field(default="close", description="the fate of its open tasks")


class SkipBody(OrderBody):
    """Goes on from a step."""

    model_config = example(by="cara", why="Done by phone", step="task-welcome-call")

    step: Annotated[str, Field(max_length=80)]


class Ordered(Out):
    """The order is stored; the run takes it in its next turn, within seconds."""

    id: str
    ordered: str


@router.post("/hold", status_code=202, summary="Hold an enrollment", response_model=Ordered)
def hold(enrollment_id: Id, body: HoldBody, use: Use, post: Post) -> Response:
    def told(ledger: Ledger, run: Any) -> News:
        must_lie_ahead(body.until, ledger.now)
        return news.HoldOrdered(ledger.now, body.until, body.resume, body.by, body.why)

    return _order(use, post, enrollment_id, body, "hold", told)


@router.post("/resume", status_code=202, summary="Resume a held enrollment", response_model=Ordered)
def resume(enrollment_id: Id, body: OrderBody, use: Use, post: Post) -> Response:
    def told(ledger: Ledger, run: Any) -> News:
        if kept := holding.keeping(ledger.account.holds, run.journey, ledger.now):
            raise Problem(409, "hold_in_force", f"{kept.what} is held; lift the hold '{kept.id}' instead")
        if not run.held and not any(isinstance(item, news.HoldOrdered) for item in runs.untaken(ledger.session, run.id)):
            raise Problem(409, "not_held", "this enrollment is not held")
        return news.ResumeOrdered(ledger.now, body.by)

    return _order(use, post, enrollment_id, body, "resume", told)


@router.post("/exit", status_code=202, summary="End an enrollment", response_model=Ordered)
def leave(enrollment_id: Id, body: ExitBody, use: Use, post: Post) -> Response:
    def told(ledger: Ledger, run: Any) -> News:
        return news.ExitOrdered(ledger.now, f"{body.why} (by {body.by})", body.by, body.tasks)

    return _order(use, post, enrollment_id, body, "exit", told)


@router.post("/skip", status_code=202, summary="Go on from a step", response_model=Ordered)
def skip(enrollment_id: Id, body: SkipBody, use: Use, post: Post) -> Response:
    def told(ledger: Ledger, run: Any) -> News:
        standing = [at.step for at in state.load(run.state).tracks.values()]
        if body.step not in standing:
            words = f"no track stands at '{body.step}'; they stand at {', '.join(standing)}{suggestion(body.step, standing)}"
            raise Problem(409, "not_there", words)
        return news.SkipOrdered(body.step, ledger.now, body.by)

    return _order(use, post, enrollment_id, body, "skip", told)


def _order(use: Services, post: Posting, id: str, body: OrderBody, what: str, told: Callable[[Ledger, Any], News]) -> Response:
    def work(session: Session) -> Done:
        must_be_active(session, body.by)
        ledger = Ledger(session, use.office, enrollments.find(session, id).account_id, use.clock())
        if id not in ledger.live:
            raise Problem(409, "enrollment_over", f"this enrollment is over: {enrollments.find(session, id).ended_why}")
        ledger.notify(id, told(ledger, ledger.live[id]), True)
        return Done(Ordered(id=id, ordered=what), [ledger], 202)

    return post.carry_out(work)
