"""Shadow: what would have gone out, and whether our people agree."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from activities import shadowing
from api.idempotency import Done, Post, Posting
from api.pages import Asked, Page
from api.problems import not_found
from api.services import Services, Use, acts, must_be_active, needs
from api.shapes import Id, In, Moment, Out, Prose, Word, example
from database import shadows
from database.shadows import Verdict, Wanted
from database.tables import ShadowRow, table

router = APIRouter(prefix="/v1/shadow", tags=["shadow"])
rows = table(ShadowRow)
MOST_NOTES = 200

Verdicts = Literal["open", "agree", "disagree"]


class ShadowOut(Out):
    """What a step in shadow would have done; `what` is its template or title, a cause, facts, a journey. `fault` says why it would have
    failed; `verdict` is empty until somebody judges it."""

    id: str
    account_id: str
    run_id: str
    journey: str
    version: int
    segment: str
    step: str
    visit: int
    kind: str
    recipient: str
    what: str
    at: datetime
    why: str
    subject: str | None
    text: str | None
    fault: str | None
    verdict: Verdict | None
    judged_by: str | None
    judged_at: datetime | None
    note: str | None


class JudgeBody(In):
    model_config = example(by="csm", note="They have had this mail from their CSM already.")

    by: Id
    note: Prose | None = None


class ShadowFilter(Asked):
    account: Id | None = None
    journey: Word | None = None
    step: Word | None = None
    enrollment: Id | None = None
    verdict: Verdicts | None = None


class ReportFilter(BaseModel):
    """What a report is about. What is not known is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")

    account: Id | None = None
    journey: Word | None = None
    segment: Word | None = None
    since: Annotated[Moment | None, Field(description="only what would have happened from then on, as after a change of the journey")] = (
        None
    )
    by_segment: Annotated[bool, Field(description="tell segments apart")] = False


class AgreementOut(Out):
    """One step, or one segment of it. `agreement` is the share of what was judged, None where nothing was."""

    journey: str
    segment: str | None
    step: str
    recorded: int
    judged: int
    agreed: int
    disagreed: int
    faults: int
    agreement: float | None


class ReportOut(Out):
    """`disagreements` are the latest, with what was said of them."""

    steps: list[AgreementOut]
    disagreements: list[ShadowOut]


@router.get("", summary="What would have gone out", response_model=Page[ShadowOut], dependencies=[needs("accounts:read")])
def list_shadows(use: Use, asked: Annotated[ShadowFilter, Query()]) -> Page[ShadowOut]:
    found = asked.of(rows, account_id=asked.account, journey=asked.journey, step=asked.step, run_id=asked.enrollment)
    found = found.where(*Wanted(verdict=asked.verdict).conditions())
    with use.database.read() as session:
        return asked.page(session.execute(found).all(), ShadowOut.model_validate)


@router.get("/report", summary="Agreement, step by step", response_model=ReportOut, dependencies=[needs("accounts:read")])
def report(use: Use, asked: Annotated[ReportFilter, Query()]) -> ReportOut:
    wanted = Wanted(asked.account, asked.journey, None, asked.segment, None, asked.since)
    with use.database.read() as session:
        steps = [AgreementOut.model_validate(each) for each in shadows.agreement(session, wanted, asked.by_segment)]
        notes = [ShadowOut.model_validate(row) for row in shadows.disagreements(session, wanted, MOST_NOTES)]
    return ReportOut(steps=steps, disagreements=notes)


@router.get("/{shadow_id}", summary="One record", response_model=ShadowOut, dependencies=[needs("accounts:read")])
def get_shadow(shadow_id: Id, use: Use) -> ShadowOut:
    with use.database.read() as session:
        row = shadows.find(session, shadow_id)
    if row is None:
        raise not_found("shadow", shadow_id)
    return ShadowOut.model_validate(row)


@router.post(
    "/{shadow_id}/agree", summary="Say that it should have happened", response_model=ShadowOut, dependencies=[acts("shadow:write")]
)
def agree(shadow_id: Id, body: JudgeBody, use: Use, post: Post) -> Response:
    return _judge(use, post, shadow_id, "agree", body)


@router.post(
    "/{shadow_id}/disagree", summary="Say that it should not have happened", response_model=ShadowOut, dependencies=[acts("shadow:write")]
)
def disagree(shadow_id: Id, body: JudgeBody, use: Use, post: Post) -> Response:
    return _judge(use, post, shadow_id, "disagree", body)


def _judge(use: Services, post: Posting, id: str, verdict: Verdict, body: JudgeBody) -> Response:
    def work(session: Session) -> Done:
        must_be_active(session, body.by)
        return Done(ShadowOut.model_validate(shadowing.judge(session, id, verdict, body.by, body.note, use.clock())))

    return post.carry_out(work)
