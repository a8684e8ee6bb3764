"""What routes are given: the database, what is published, the clock, the way to Temporal. Put together in runtime."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from activities.erasing import LogErasure
from activities.ledger import Ledger, Office
from activities.turn import Nudges
from api.keys import ApiKey
from api.problems import Problem, unfit
from database.definitions import Published
from database.engine import Database
from database.revisions import DEFINITIONS, current
from database.tables import PersonRow
from domain.links import Links

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Services:
    """`ready` answers what works and what does not, by name; `clock` is the only clock that rules read here; `links` are
    how readers of mail reach what they may choose; `log_erasure` keeps outside of the database that somebody was erased."""

    database: Database
    office: Office
    nudge: Nudges
    clock: Callable[[], datetime]
    ready: Callable[[], Awaitable[dict[str, str]]]
    links: Links | None = None
    log_erasure: LogErasure | None = None

    def published(self, session: Session) -> Published:
        return self.office.definitions.at(session, current(session).get(DEFINITIONS, 0))

    def carry_out(self, work: Callable[[Session], tuple[Answer, Iterable[Ledger]]]) -> Answer:
        """`work` in one transaction; after the commit Temporal hears of the runs in the ledgers that it answers with."""
        try:
            answer, ledgers = self.database.transact(work)
        except IntegrityError:
            # The same new thing was being stored at this very moment; now it is there.
            answer, ledgers = self.database.transact(work)
        if nudges := [nudge for ledger in ledgers for nudge in ledger.nudges.values()]:
            self.nudge(nudges)
        return answer


def services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


Use = Annotated[Services, Depends(services)]
bearer = HTTPBearer(scheme_name="key", description="A key as `tenure key` makes it: tn_live_…", auto_error=False)


def _allowed(request: Request, wanted: SecurityScopes, _: Annotated[Any, Security(bearer)]) -> ApiKey:
    """The key was looked up at the door, before anything read the body."""
    key = _key(request)
    must_have(key, *wanted.scopes)
    return key


def _key(request: Request) -> ApiKey:
    found: ApiKey = request.state.key
    return found


Key = Annotated[ApiKey, Depends(_key)]


def must_have(key: ApiKey, *scopes: str) -> None:
    """Raises Problem."""
    if missing := [scope for scope in scopes if scope not in key.scopes]:
        raise Problem(403, "missing_scope", f"this key lacks the scope {' and '.join(missing)}; give it to the key or use another")


def needs(*scopes: str) -> Any:
    """A dependency: the request's key has all these scopes."""
    return Security(_allowed, scopes=scopes)


def acts(*scopes: str) -> Any:
    """A dependency: the request's key has these scopes and may act for people, as every body with `by` asks of it."""
    return needs(*scopes, "act_for_people")


def must_be_active(session: Session, by: str) -> None:
    """Whoever a program acts for is one of us and has not left. Raises Problem."""
    person = session.get(PersonRow, by)
    if person is None or not person.active:
        raise unfit("/by", "unknown_person", f"'by': nobody active has the id '{by}'; upsert the person first")


def must_lie_ahead(until: datetime | None, now: datetime) -> None:
    """Raises Problem."""
    if until and until <= now:
        raise unfit("/until", "range", "'until' lies in the past; name a moment to come")
