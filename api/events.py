"""Events: the front door. What happened at a customer starts journeys and informs the ones under way."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field, ValidationError, model_validator
from pydantic.config import JsonDict
from sqlalchemy.exc import IntegrityError

from activities import intake
from activities.intake import Conflict, EventIn, Taken, Unfit
from activities.ledger import UnknownAccount
from api.accounts import AccountBody, ContactBody, ContractBody
from api.problems import Problem
from api.services import Services, Use, needs
from api.shapes import Id, In, Moment, Out
from domain.faults import suggestion
from domain.language import EVENT

router = APIRouter(prefix="/v1/events", tags=["events"])
MOST_IN_A_BATCH = 500
AHEAD_AT_MOST = timedelta(minutes=5)

SIGNUP: JsonDict = {
    "id": "signup-acme-1",
    "name": "signed_up",
    "account": {"id": "acme", "name": "Acme Ltd", "time_zone": "Europe/Berlin", "country": "DE", "owner": "cara", "facts": {"arr": 24000}},
    "contacts": [{"id": "ann", "name": "Ann Lee", "email": "ann@example.com", "roles": ["champion", "admin"]}],
    "contract": {"id": "acme-2026", "starts_on": "2026-12-01", "ends_on": "2027-12-01", "auto_renews": True, "notice_days": 90},
}


class AccountInEvent(AccountBody):
    """An account sent with an event; it is upserted first."""

    id: Id


class ContactInEvent(ContactBody):
    """A contact sent with an event; it is upserted first."""

    id: Id


class ContractInEvent(ContractBody):
    """A contract sent with an event; it is upserted first."""

    id: Id


class EventBody(In):
    """Something that happened. The id is yours: the same id with the same contents is one event, however often it is sent."""

    id: Id
    name: Annotated[str, Field(max_length=80, pattern=f"^{EVENT.pattern}$")] = Field(examples=["setup_completed"])
    account: Id | AccountInEvent = Field(description="an account's id, or the account itself")
    contact: Id | None = Field(default=None, description="the contact it concerns")
    contract: Id | ContractInEvent | None = Field(default=None, description="the contract it concerns, by id or in full")
    contacts: Annotated[list[ContactInEvent], Field(max_length=50)] = []
    occurred_at: Moment | None = Field(default=None, description="when it happened; now when not said")
    payload: Annotated[dict[str, Any], Field(max_length=100)] = {}

    model_config = ConfigDict(json_schema_extra={"examples": [SIGNUP]})

    @model_validator(mode="after")
    def _one_contact_once(self) -> EventBody:
        ids = [each.id for each in self.contacts]
        if len(set(ids)) < len(ids):
            raise ValueError("'contacts' names the same contact twice")
        return self

    def told(self) -> EventIn:
        account = self.account if isinstance(self.account, AccountInEvent) else None
        contract = self.contract if isinstance(self.contract, ContractInEvent) else None
        body = json.dumps(self.model_dump(mode="json", exclude_unset=True), sort_keys=True)
        return EventIn(
            id=self.id, name=self.name, account_id=account.id if account else str(self.account), body_hash=hashlib.sha256(body.encode()).hexdigest(),
            at=self.occurred_at, contact_id=self.contact, contract_id=contract.id if contract else self.contract if isinstance(self.contract, str) else None,
            payload=self.payload, account=account.told(account.id) if account else None, contacts=[each.told(each.id) for each in self.contacts],
            contract=contract.told(contract.id) if contract else None,
        )  # fmt: skip


class EventOut(Out):
    """What became of an event. `unmatched`: it is kept, but no vocabulary declares it, so nothing follows from it."""

    id: str
    duplicate: bool = False
    unmatched: bool = False
    hint: str | None = None


class BatchBody(In):
    """Several events, each taken or refused by itself."""

    events: Annotated[list[dict[str, Any]], Field(min_length=1)]


class BatchItem(Out):
    id: str | None
    status: int
    event: EventOut | None = None
    errors: list[dict[str, str]] = []


class BatchOut(Out):
    items: list[BatchItem]


@router.post("", status_code=202, summary="Tell an event", response_model=EventOut, dependencies=[needs("events:write")])
def post_event(body: EventBody, use: Use, response: Response) -> EventOut:
    """202: taken. 200: it was taken before. Nothing is stored unless all of it can be."""
    out = _take(use, body)
    if out.duplicate:
        response.status_code = 200
    return out


@router.post("/batch", status_code=207, summary="Tell several events", response_model=BatchOut, dependencies=[needs("events:write")])
def post_batch(body: BatchBody, use: Use) -> BatchOut:
    """Each event stands for itself: `items` says what became of each, in the order they were sent. At most 500."""
    if len(body.events) > MOST_IN_A_BATCH:
        raise Problem(413, "batch_too_large", f"a batch has at most {MOST_IN_A_BATCH} events; send several")
    return BatchOut(items=[_item(use, raw) for raw in body.events])


def _item(use: Services, raw: dict[str, Any]) -> BatchItem:
    id = raw.get("id") if isinstance(raw.get("id"), str) else None
    try:
        out = _take(use, EventBody.model_validate(raw))
        return BatchItem(id=out.id, status=200 if out.duplicate else 202, event=out)
    except ValidationError as error:
        faults = [
            {"pointer": "".join(f"/{part}" for part in fault["loc"]), "code": fault["type"], "message": fault["msg"]}
            for fault in error.errors()
        ]
        return BatchItem(id=id, status=422, errors=faults)
    except Unfit as error:
        return BatchItem(
            id=id, status=422, errors=[{"pointer": pointer, "code": code, "message": words} for pointer, code, words in error.faults]
        )
    except Conflict as error:
        return BatchItem(id=id, status=409, errors=[{"pointer": "/id", "code": error.code, "message": error.sentence}])
    except UnknownAccount as error:
        return BatchItem(id=id, status=404, errors=[{"pointer": "/account", "code": "account_not_found", "message": str(error.args[0])}])


def _take(use: Services, body: EventBody) -> EventOut:
    now = use.clock()
    if body.occurred_at and body.occurred_at > now + AHEAD_AT_MOST:
        raise Unfit([("/occurred_at", "range", "it lies in the future; tell events when they have happened")])
    try:
        taken: Taken = use.database.transact(lambda session: intake.event(session, use.office, body.told(), now))
    except IntegrityError:
        # The same new event or account was being stored at this very moment; now it is there.
        taken = use.database.transact(lambda session: intake.event(session, use.office, body.told(), now))
    use.tell(taken.ledger)
    if not taken.unmatched:
        return EventOut(id=body.id, duplicate=taken.duplicate)
    with use.database.read() as session:
        known = use.published(session).house.vocabulary.events
    return EventOut(id=body.id, unmatched=True, hint=f"no event is declared as '{body.name}'{suggestion(body.name, known)}")
