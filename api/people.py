"""Our people: who they are, whom they answer to, and when they are away."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field, model_validator

from activities import team
from api.faults import wrong
from api.pages import Asked, Page
from api.problems import not_found
from api.services import Use, needs
from api.shapes import Country, Day, EmailAddress, Id, In, Line, Out, Role, ZoneName, example
from database.tables import PersonRow, table

router = APIRouter(prefix="/v1/people", tags=["people"])
rows = table(PersonRow)


class AbsenceBody(In):
    """Days away, both included."""

    model_config = example(starts_on="2026-07-06", ends_on="2026-07-17")

    starts_on: Day
    ends_on: Day

    @model_validator(mode="after")
    def _in_order(self) -> AbsenceBody:
        if self.ends_on < self.starts_on:
            raise wrong("range", "an absence ends after it starts")
        return self


class PersonBody(In):
    """What is told of a person. A new one needs `name` and `email`."""

    model_config = example(
        name="Cara Stein", email="cara@example.com", roles=["csm"], manager="dirk", backup="carl", time_zone="Europe/Berlin", country="DE",
        absences=[{"starts_on": "2026-07-06", "ends_on": "2026-07-17"}],
    )  # fmt: skip

    name: Line | None = None
    email: EmailAddress | None = None
    roles: Annotated[list[Role], Field(max_length=20)] | None = None
    manager: Id | None = None
    backup: Id | None = Field(default=None, description="who acts for them while they are away for more than a business day")
    time_zone: ZoneName | None = None
    country: Country | None = None
    slack_id: Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{5,20}$")] | None = None
    active: bool | None = Field(default=None, description="false once they left; their open work goes to who acts for its role")
    absences: Annotated[list[AbsenceBody], Field(max_length=50)] | None = None

    def told(self) -> dict[str, Any]:
        columns = {
            "name": "name", "email": "email", "roles": "roles", "manager": "manager_id", "backup": "backup_id", "time_zone": "zone",
            "country": "country", "slack_id": "slack_id", "active": "active",
        }  # fmt: skip
        nullable = ("manager", "backup", "slack_id")
        values = {columns[name]: value for name, value in self.given(*columns).items() if value is not None or name in nullable}
        if self.absences is not None:
            values["absences"] = [[each.starts_on.isoformat(), each.ends_on.isoformat()] for each in self.absences]
        return values


class PersonOut(Out):
    id: str
    name: str
    email: str
    roles: list[str]
    manager: str | None
    backup: str | None
    time_zone: str
    country: str
    slack_id: str | None
    active: bool
    absences: list[dict[str, str]]


@router.put("/{person_id}", summary="Create or change a person", response_model=PersonOut, dependencies=[needs("people:write")])
def put_person(person_id: Id, body: PersonBody, use: Use) -> PersonOut:
    use.carry_out(lambda session: (None, team.person(session, use.office, person_id, body.told(), use.clock())))
    return get_person(person_id, use)


@router.get("/{person_id}", summary="One of us", response_model=PersonOut, dependencies=[needs("accounts:read")])
def get_person(person_id: Id, use: Use) -> PersonOut:
    with use.database.read() as session:
        row = session.get(PersonRow, person_id)
    if row is None:
        raise not_found("person", person_id)
    return _show(row)


@router.get("", summary="All of us", response_model=Page[PersonOut], dependencies=[needs("accounts:read")])
def list_people(use: Use, asked: Annotated[Asked, Query()]) -> Page[PersonOut]:
    with use.database.read() as session:
        return asked.page(session.execute(asked.of(rows)).all(), _show)


def _show(row: Any) -> PersonOut:
    return PersonOut(
        id=row.id, name=row.name, email=row.email, roles=row.roles or [], manager=row.manager_id, backup=row.backup_id, time_zone=row.zone,
        country=row.country, slack_id=row.slack_id, active=row.active,
        absences=[{"starts_on": starts, "ends_on": ends} for starts, ends in row.absences or []],
    )  # fmt: skip
