"""Events: the front door. What happened at a customer starts journeys and informs the ones under way."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator
from pydantic.config import JsonDict
from sqlmodel import Session

from activities import intake
from activities.intake import EventIn, Unfit
from activities.ledger import Ledger
from api import faults, problems
from api.accounts import AccountBody, ContactBody, ContractBody
from api.faults import AS_ID, IN_FULL, wrong
from api.idempotency import Done, Post
from api.problems import Problem, ProblemFault
from api.services import Services, Use, needs
from api.shapes import FactName, Id, In, Moment, Out, example
from domain.faults import suggestion
from domain.language import EVENT

router = APIRouter(prefix="/v1/events", tags=["events"])
MOST_IN_A_BATCH = 500
AHEAD_AT_MOST = timedelta(minutes=5)

ACCOUNT: JsonDict = {
    "id": "acme",
    "name": "Acme Ltd",
    "time_zone": "Europe/Berlin",
    "country": "DE",
    "owner": "cara",
    "facts": {"arr": 24000},
}
CONTACT: JsonDict = {"id": "ann", "name": "Ann Lee", "email": "ann@example.com", "roles": ["champion", "admin"]}
CONTRACT: JsonDict = {"id": "acme-2026", "starts_on": "2026-12-01", "ends_on": "2027-12-01", "auto_renews": True, "notice_days": 90}
SIGNUP: JsonDict = {"id": "signup-acme-1", "name": "signed_up", "account": ACCOUNT, "contacts": [CONTACT], "contract": CONTRACT}
SETUP: JsonDict = {"id": "setup-acme-1", "name": "setup_completed", "account": "acme", "occurred_at": "2026-12-03T10:15:00Z"}


class AccountInEvent(AccountBody):
    """An account sent with an event; it is upserted first."""

    model_config = example(**ACCOUNT)

    id: Id


class ContactInEvent(ContactBody):
    """A contact sent with an event; it is upserted first."""

    model_config = example(**CONTACT)

    id: Id


class ContractInEvent(ContractBody):
    """A contract sent with an event; it is upserted first."""

    model_config = example(**CONTRACT)

    id: Id


def _way(value: Any) -> str:
    return AS_ID if isinstance(value, str) else IN_FULL


AccountOrId = Annotated[Annotated[Id, Tag(AS_ID)] | Annotated[AccountInEvent, Tag(IN_FULL)], Discriminator(_way)]
ContractOrId = Annotated[Annotated[Id, Tag(AS_ID)] | Annotated[ContractInEvent, Tag(IN_FULL)], Discriminator(_way)]


class EventBody(In):
    """Something that happened. The id is yours: the same id with the same contents is one event, however often it is sent."""

    model_config = ConfigDict(json_schema_extra={"examples": [SIGNUP, SETUP]})

    id: Id
    name: Annotated[str, Field(max_length=80, pattern=f"^{EVENT.pattern}$")] = Field(description="past tense, in snake case")
    account: AccountOrId = Field(description="an account's id, or the account itself")
    contact: Id | None = Field(default=None, description="the contact it concerns")
    contract: ContractOrId | None = Field(default=None, description="the contract it concerns, by id or in full")
    contacts: Annotated[list[ContactInEvent], Field(max_length=50)] = []
    occurred_at: Moment | None = Field(default=None, description="when it happened; now when not said")
    payload: Annotated[dict[FactName, Any], Field(max_length=100)] = {}

    @model_validator(mode="after")
    def _one_contact_once(self) -> EventBody:
        ids = [each.id for each in self.contacts]
        if len(set(ids)) < len(ids):
            raise wrong("duplicate", "'contacts' names the same contact twice")
        return self

    def told(self) -> EventIn:
        account = self.account if isinstance(self.account, AccountInEvent) else None
        contract = self.contract if isinstance(self.contract, ContractInEvent) else None
        body = json.dumps(self.model_dump(mode="json", exclude_unset=True), sort_keys=True)
        return EventIn(
            id=self.id,
            name=self.name,
            account_id=account.id if account else str(self.account),
            body_hash=hashlib.sha256(body.encode()).hexdigest(),
            at=self.occurred_at,
            contact_id=self.contact,
            contract_id=contract.id if contract else None if self.contract is None else str(self.contract),
            payload=self.payload,
            account=account.told(account.id) if account else None,
            contacts=[each.told(each.id) for each in self.contacts],
            contract=contract.told(contract.id) if contract else None,
        )


class EventOut(Out):
    """What became of an event. `unmatched`: it is kept, but no vocabulary declares it, so nothing follows from it."""

    id: str
    duplicate: bool = False
    unmatched: bool = False
    hint: str | None = None


class BatchBody(In):
    """Several events, each taken or refused by itself."""

    model_config = example(events=[SIGNUP, SETUP])

    events: Annotated[list[Any], Field(min_length=1)] = Field(description="each as it would be told alone; at most 500")


class BatchItem(Out):
    """What became of one event of a batch: `status` and `errors` as if it had been told alone."""

    id: str | None
    status: int
    event: EventOut | None = None
    errors: list[ProblemFault] = []


class BatchOut(Out):
    items: list[BatchItem]


@router.post("", status_code=202, summary="Tell an event", response_model=EventOut, dependencies=[needs("events:write")])
def post_event(body: EventBody, use: Use, post: Post) -> Response:
    """202: taken. 200: it was taken before. Nothing is stored unless all of it can be."""

    def work(session: Session) -> Done:
        out, ledgers = _take(session, use, body)
        return Done(out, ledgers, 200 if out.duplicate else 202)

    return post.carry_out(work)


@router.post("/batch", status_code=207, summary="Tell several events", response_model=BatchOut, dependencies=[needs("events:write")])
def post_batch(body: BatchBody, use: Use, post: Post) -> Response:
    """Each event stands for itself: `items` says what became of each, in the order they were sent. At most 500."""
    if len(body.events) > MOST_IN_A_BATCH:
        raise Problem(413, "batch_too_large", f"a batch has at most {MOST_IN_A_BATCH} events; send several")
    if earlier := post.earlier():
        return earlier
    items = [_item(use, raw) for raw in body.events]
    return post.carry_out(lambda _: Done(BatchOut(items=items), status=207))


def _item(use: Services, raw: Any) -> BatchItem:
    id = raw.get("id") if isinstance(raw, dict) else None
    known_id = id if isinstance(id, str) else None
    try:
        body = EventBody.model_validate(raw)
        out = use.carry_out(lambda session: _take(session, use, body))
    except ValidationError as error:
        return BatchItem(id=known_id, status=422, errors=[ProblemFault(**each) for each in faults.of_model(error, EventBody)])
    except problems.REFUSALS as error:
        problem = problems.of(error)
        listed = problem.errors or [faults.fault("", problem.code, problem.detail)]
        return BatchItem(id=known_id, status=problem.status, errors=[ProblemFault(**each) for each in listed])
    return BatchItem(id=out.id, status=200 if out.duplicate else 202, event=out)


def _take(session: Session, use: Services, body: EventBody) -> tuple[EventOut, list[Ledger]]:
    now = use.clock()
    if body.occurred_at and body.occurred_at > now + AHEAD_AT_MOST:
        raise Unfit([("/occurred_at", "range", "'occurred_at' lies in the future; tell events when they have happened")])
    taken = intake.event(session, use.office, body.told(), now)
    ledgers = [taken.ledger] if taken.ledger else []
    if not taken.unmatched:
        return EventOut(id=body.id, duplicate=taken.duplicate), ledgers
    known = use.published(session).house.vocabulary.events
    return EventOut(id=body.id, unmatched=True, hint=f"no event is declared as '{body.name}'{suggestion(body.name, known)}"), ledgers
