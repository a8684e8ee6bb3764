"""Journeys: what is published, and checking a text before anybody publishes it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import func, select

from api.problems import Problem
from api.services import Use, needs
from api.shapes import In, Out, example
from database.tables import EnrollmentRow, table
from domain import checking
from domain.faults import Fault, suggestion

router = APIRouter(prefix="/v1/journeys", tags=["journeys"])
enrollments = table(EnrollmentRow)


class JourneyOut(Out):
    name: str
    title: str
    version: int
    stage: str | None
    about: str = Field(description="what one run is about: account, contract or contact")
    live: int = Field(description="runs under way, of any version")


class JourneyDetail(JourneyOut):
    text: str
    versions: dict[int, int] = Field(description="live runs by version")


CHECK_IN = """\
# A word after three months: it helps us hear early what is not going well.
journey: check-in
title: Check-in
stage: adoption
for: account
starts: {on: setup_completed, reenter: never}
anchor: contract.starts_on
class: adoption
steps:
  - {task: Ask how it is going, at: day 90, owner: csm, sla: P3}
"""


class CheckBody(In):
    """A journey's text, as it would stand in journeys/."""

    model_config = example(text=CHECK_IN)

    text: Annotated[str, Field(min_length=1, max_length=600_000)]


class FaultOut(Out):
    """One thing that is wrong with a text, and where. A warning lets it be published."""

    line: int
    column: int
    sentence: str
    warning: bool


class CheckOut(Out):
    ok: bool
    faults: list[FaultOut]


@router.get("", summary="The published journeys", response_model=list[JourneyOut], dependencies=[needs("journeys:read")])
def list_journeys(use: Use) -> Any:
    with use.database.read() as session:
        published = use.published(session)
        counted = select(enrollments.c.journey, func.count()).where(enrollments.c.ended_at.is_(None)).group_by(enrollments.c.journey)
        live = {row.journey: int(row[1]) for row in session.execute(counted)}
    return [_line(journey, live.get(name, 0)) for name, journey in sorted(published.journeys.items())]


@router.get("/{name}", summary="One published journey", response_model=JourneyDetail, dependencies=[needs("journeys:read")])
def get_journey(name: str, use: Use) -> Any:
    with use.database.read() as session:
        published = use.published(session)
        journey = published.journeys.get(name)
        if journey is None:
            raise Problem(404, "journey_not_found", f"no journey is published as '{name[:80]}'{suggestion(name[:80], published.journeys)}")
        counted = select(enrollments.c.version, func.count()).where(enrollments.c.ended_at.is_(None), enrollments.c.journey == name)
        versions = {row.version: int(row[1]) for row in session.execute(counted.group_by(enrollments.c.version))}
    return {**_line(journey, sum(versions.values())), "text": journey.text, "versions": versions}


@router.post("/check", summary="Check a journey's text", response_model=CheckOut, dependencies=[needs("journeys:read")])
def check(body: CheckBody, use: Use) -> CheckOut:
    """Every fault at once, as `tenure check` finds them; nothing is stored."""
    with use.database.read() as session:
        published = use.published(session)
    faults: list[Fault] = checking.check_text(body.text, "journey", published.house, published.journeys)
    shown = [FaultOut(line=fault.mark.line, column=fault.mark.column, sentence=fault.sentence, warning=fault.warning) for fault in faults]
    return CheckOut(ok=not any(not fault.warning for fault in faults), faults=shown)


def _line(journey: Any, live: int) -> dict[str, Any]:
    text = journey.any_plan.text
    return {"name": journey.name, "title": text.title, "version": journey.version, "stage": text.stage, "about": text.for_, "live": live}
