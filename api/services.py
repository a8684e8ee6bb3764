"""What routes are given: the database, what is published, the clock, the way to Temporal. Put together in runtime."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlmodel import Session

from activities.ledger import Ledger, Office
from activities.turn import Nudges
from api.keys import ApiKey
from api.problems import Problem
from database.definitions import Published
from database.engine import Database
from database.revisions import DEFINITIONS, current
from database.tables import PersonRow


@dataclass(frozen=True)
class Services:
    """`ready` answers what works and what does not, by name; `clock` is the only clock that rules read here."""

    database: Database
    office: Office
    nudge: Nudges
    clock: Callable[[], datetime]
    ready: Callable[[], Awaitable[dict[str, str]]]

    def published(self, session: Session) -> Published:
        return self.office.definitions.at(session, current(session).get(DEFINITIONS, 0))

    def tell(self, *ledgers: Ledger | None) -> None:
        """After the commit: Temporal hears of the runs concerned."""
        nudges = [nudge for ledger in ledgers if ledger for nudge in ledger.nudges.values()]
        if nudges:
            self.nudge(nudges)


def services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


Use = Annotated[Services, Depends(services)]


def needs(*scopes: str) -> Any:
    """A dependency: the request's key has all these scopes."""

    def check(request: Request) -> ApiKey:
        key: ApiKey = request.state.key
        missing = [scope for scope in scopes if scope not in key.scopes]
        if missing:
            raise Problem(403, "missing_scope", f"this key lacks the scope {' and '.join(missing)}; give it to the key or use another")
        return key

    return Depends(check)


def acting(session: Session, key: ApiKey, person_id: str) -> PersonRow:
    """The person a program acts for, who must be one of us and active."""
    if "act_for_people" not in key.scopes:
        raise Problem(403, "missing_scope", "this key may not act for people; give it the scope act_for_people")
    person = session.get(PersonRow, person_id)
    if person is None or not person.active:
        raise Problem(
            422,
            "unknown_person",
            f"'by': nobody active has the id '{person_id}'",
            [{"pointer": "/by", "code": "unknown_person", "message": "upsert the person first"}],
        )
    return person
