"""What an account's people answered to surveys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api import accounts
from api.pages import Asked, Page
from api.services import Use, needs
from api.shapes import Id, Out, Word
from database.tables import AnswerRow, table

router = APIRouter(prefix="/v1", tags=["contact"])
rows = table(AnswerRow)


class AnswerOut(Out):
    id: str = Field(description="that of the mail that asked")
    account_id: str
    contact_id: str = Field(description="to whom the mail went")
    run_id: str
    journey: str
    step: str
    survey: str
    score: int
    comment: str
    times: int = Field(description="how many numbers were told: more than once where the reader chose another")
    first_at: datetime
    answered_at: datetime


class AnswerFilter(Asked):
    survey: Word | None = None
    contact: Id | None = None


@router.get(
    "/accounts/{account_id}/answers",
    summary="What an account's people answered to surveys",
    response_model=Page[AnswerOut],
    dependencies=[needs("accounts:read")],
)
def list_answers(account_id: Id, use: Use, asked: Annotated[AnswerFilter, Query()]) -> Page[AnswerOut]:
    """Each as it stands: the last answer to a mail counts."""
    with use.database.read() as session:
        accounts.must_exist(session, account_id)
        found = asked.of(rows, account_id=account_id, survey=asked.survey, contact_id=asked.contact)
        return asked.page(session.execute(found).all(), AnswerOut.model_validate)
