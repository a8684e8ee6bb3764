"""Health: readings of an account, and scores told by another system."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import select
from sqlmodel import Session

from activities.intake import Unfit, read_facts
from activities.ledger import Ledger
from api.services import Use, needs
from api.shapes import Id, In, Limit, Out
from database.tables import ReadingRow, table
from domain.faults import suggestion

router = APIRouter(prefix="/v1/accounts/{account_id}/health", tags=["health"])
rows = table(ReadingRow)


class ScoresBody(In):
    """Component scores, 0 to 100, by their names in health.yaml; null makes one unknown again."""

    scores: Annotated[dict[str, Any], Field(min_length=1, max_length=20)] = Field(examples=[{"usage": 62, "satisfaction": 40}])


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
def list_readings(account_id: Id, use: Use, limit: Limit = 50) -> Any:
    with use.database.read() as session:
        return session.execute(select(rows).where(rows.c.account_id == account_id).order_by(rows.c.day.desc()).limit(limit)).all()


@router.post("", status_code=201, summary="Tell component scores", response_model=ReadingOut, dependencies=[needs("health:write")])
def post_scores(account_id: Id, body: ScoresBody, use: Use) -> Any:
    """The scores replace what the factors would give; the day's reading is made anew."""

    def work(session: Session) -> Ledger:
        ledger = Ledger(session, use.office, account_id, use.clock())
        components = ledger.house.health.components
        told: dict[str, Any] = {}
        for name, value in body.scores.items():
            component = components.get(name)
            if component is None or component.told is None:
                raise Unfit([(f"/scores/{name}", "unknown_component", f"no component '{name}' can be told{suggestion(name, components)}")])
            told[component.told.removeprefix("account.")] = value
        ledger.tell(values=read_facts(ledger.house.vocabulary, told, "account", "/scores"), read_health=True)
        return ledger

    use.tell(use.database.transact(work))
    return list_readings(account_id, use, 1)[0]
