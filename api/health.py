"""Health: readings of an account, and scores told by another system."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field
from sqlalchemy import select
from sqlmodel import Session

from activities.intake import Unfit
from activities.ledger import Ledger
from api import accounts
from api.idempotency import Done, Post
from api.pages import Limit
from api.services import Use, needs
from api.shapes import FactName, Id, In, Out, example
from database.tables import ReadingRow, table
from domain.faults import suggestion

router = APIRouter(prefix="/v1/accounts/{account_id}/health", tags=["health"])
rows = table(ReadingRow)


class ScoresBody(In):
    """Component scores, 0 to 100, by their names in health.yaml; null makes one unknown again."""

    model_config = example(scores={"usage": 62, "satisfaction": 40})

    scores: Annotated[dict[FactName, Any], Field(min_length=1, max_length=20)]


class ReadingOut(Out):
    day: date
    score: float | None = Field(description="not rounded; None while too little is known")
    raw: str | None = Field(description="the band the score alone gives")
    band: str | None = Field(description="the band that stands")
    components: dict[str, float | None]
    known_weight: float = Field(description="percent of the weight that is known")
    reasons: list[str]
    overridden: bool


@router.get("", summary="The readings of an account, latest first", response_model=list[ReadingOut], dependencies=[needs("accounts:read")])
def list_readings(account_id: Id, use: Use, limit: Annotated[Limit, Query()] = 50) -> list[ReadingOut]:
    with use.database.read() as session:
        accounts.must_exist(session, account_id)
        return _readings(session, account_id, limit)


@router.post("", status_code=201, summary="Tell component scores", response_model=ReadingOut, dependencies=[needs("health:write")])
def post_scores(account_id: Id, body: ScoresBody, use: Use, post: Post) -> Response:
    """The scores replace what the factors would give; the day's reading is made anew."""

    def work(session: Session) -> Done:
        ledger = Ledger(session, use.office, account_id, use.clock())
        ledger.tell(values=_told(ledger, body.scores), read_health=True)
        session.flush()
        return Done(_readings(session, account_id, 1)[0], [ledger], 201)

    return post.carry_out(work)


def _told(ledger: Ledger, scores: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that the scores are. Raises Unfit."""
    components, vocabulary = ledger.house.health.components, ledger.house.vocabulary
    told: dict[str, Any] = {}
    wrong: list[tuple[str, str, str]] = []
    for name, value in scores.items():
        component = components.get(name)
        if component is None or component.told is None:
            wrong.append((f"/scores/{name}", "unknown_component", f"no component '{name}' can be told{suggestion(name, components)}"))
            continue
        try:
            told[component.told] = vocabulary.read(component.told, value)
        except ValueError as error:
            wrong.append((f"/scores/{name}", "type", f"'{name}': {error}"))
    if wrong:
        raise Unfit(wrong)
    return told


def _readings(session: Session, account_id: str, limit: int) -> list[ReadingOut]:
    found = select(rows).where(rows.c.account_id == account_id).order_by(rows.c.day.desc()).limit(limit)
    return [ReadingOut.model_validate(row) for row in session.execute(found)]
