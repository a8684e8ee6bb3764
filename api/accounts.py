"""Accounts, their contacts and contracts: who the customers are and what is known of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field
from sqlalchemy import select
from sqlmodel import Session

from activities import intake
from activities.intake import AccountIn, ContactIn, ContractIn
from activities.ledger import Ledger
from activities.view import View
from api.pages import Asked, Page
from api.problems import not_found
from api.services import Services, Use, needs
from api.shapes import Country, Day, EmailAddress, FactValues, Id, In, Line, Out, Role, Tag, Word, ZoneName, example
from database.tables import AccountRow, table
from domain import account as account_of
from domain.account import Account
from domain.facts import Contact, Contract, Facts
from domain.vocabulary import write_value

router = APIRouter(prefix="/v1/accounts", tags=["accounts"])
rows = table(AccountRow)
AccountId = Annotated[Id, Path(examples=["acme"])]


class AccountBody(In):
    """What is told of an account. A new one needs `name` and `time_zone`; what is left out stays as it is."""

    model_config = example(name="Acme Ltd", time_zone="Europe/Berlin", country="DE", owner="cara", tags=["pilot"], facts={"arr": 24000})

    name: Line | None = None
    time_zone: ZoneName | None = None
    country: Country | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    owner: Id | None = Field(default=None, description="the id of the CSM who owns it; null for nobody")
    tags: Annotated[list[Tag], Field(max_length=50)] | None = None
    facts: FactValues = Field(default={}, description="facts by their short names, as declared in vocabulary.yaml; null is 'not known'")

    def told(self, id: str) -> AccountIn:
        columns = {"name": "name", "time_zone": "zone", "country": "country", "currency": "currency", "owner": "owner_id", "tags": "tags"}
        values = {columns[name]: value for name, value in self.given(*columns).items() if value is not None or name == "owner"}
        return AccountIn(id, values, self.facts)


class ContactBody(In):
    """What is told of a contact. A new one needs `name` and `email`."""

    model_config = example(name="Ann Lee", email="ann@example.com", roles=["champion", "admin"])

    name: Line | None = None
    email: EmailAddress | None = None
    roles: Annotated[list[Role], Field(max_length=20)] | None = None
    time_zone: ZoneName | None = None
    country: Country | None = None
    active: bool | None = Field(default=None, description="false once they left the company")
    facts: FactValues = {}

    def told(self, id: str) -> ContactIn:
        columns = {"name": "name", "email": "email", "roles": "roles", "time_zone": "zone", "country": "country", "active": "active"}
        return ContactIn(id, {columns[name]: value for name, value in self.given(*columns).items() if value is not None}, self.facts)


class ContractBody(In):
    """What is told of a contract. A new one needs `starts_on` and `ends_on`."""

    model_config = example(starts_on="2026-12-01", ends_on="2027-12-01", auto_renews=True, notice_days=90, value=24000)

    starts_on: Day | None = None
    ends_on: Day | None = None
    auto_renews: bool | None = None
    notice_days: Annotated[int, Field(ge=0, le=730)] | None = None
    value: Annotated[float, Field(ge=0, le=1e12)] | None = None
    facts: FactValues = {}

    def told(self, id: str) -> ContractIn:
        given = self.given("starts_on", "ends_on", "auto_renews", "notice_days", "value")
        return ContractIn(id, {name: value for name, value in given.items() if value is not None}, self.facts)


class ContactOut(Out):
    id: str
    name: str
    email: str
    roles: list[str]
    time_zone: str
    country: str
    active: bool
    refused: bool = Field(description="the address was refused for good; nothing more is sent to it")


class ContractOut(Out):
    id: str
    starts_on: str
    ends_on: str
    decision_on: str = Field(description="the notice deadline when it renews by itself, else its end")
    auto_renews: bool
    notice_days: int
    value: float | None
    status: str
    facts: dict[str, Any]


class AccountOut(Out):
    id: str
    name: str
    time_zone: str
    country: str
    currency: str
    owner: str | None
    tags: list[str]
    segment: str | None
    stage: str | None
    health: dict[str, Any]
    facts: dict[str, Any]
    stale: list[str] = Field(description="facts that are older than their declaration allows and count as unknown")
    journeys: list[str]
    contacts: list[ContactOut]
    contracts: list[ContractOut]


class AccountLine(Out):
    id: str
    name: str
    owner: str | None
    segment: str | None
    stage: str | None


class AccountFilter(Asked):
    segment: Word | None = None
    stage: Word | None = None
    owner: Id | None = None


@router.put("/{account_id}", summary="Create or change an account", response_model=AccountOut, dependencies=[needs("accounts:write")])
def put_account(account_id: AccountId, body: AccountBody, use: Use, response: Response) -> AccountOut:
    def work(session: Session) -> tuple[bool, list[Ledger]]:
        ledger, is_new = intake.account(session, use.office, body.told(account_id), use.clock())
        return is_new, [ledger]

    response.status_code = 201 if use.carry_out(work) else 200
    return get_account(account_id, use)


@router.put(
    "/{account_id}/contacts/{contact_id}",
    summary="Create or change a contact",
    response_model=AccountOut,
    dependencies=[needs("accounts:write")],
)
def put_contact(account_id: AccountId, contact_id: Id, body: ContactBody, use: Use) -> AccountOut:
    told = body.told(contact_id)
    use.carry_out(lambda session: (None, [intake.contact(session, use.office, account_id, told, use.clock())]))
    return get_account(account_id, use)


@router.put(
    "/{account_id}/contracts/{contract_id}",
    summary="Create or change a contract",
    response_model=AccountOut,
    dependencies=[needs("accounts:write")],
)
def put_contract(account_id: AccountId, contract_id: Id, body: ContractBody, use: Use) -> AccountOut:
    """Runs whose days hang on the contract move with it; what they have done is not repeated."""
    told = body.told(contract_id)
    use.carry_out(lambda session: (None, [intake.contract(session, use.office, account_id, told, use.clock())]))
    return get_account(account_id, use)


@router.get(
    "/{account_id}", summary="One account with everything known of it", response_model=AccountOut, dependencies=[needs("accounts:read")]
)
def get_account(account_id: AccountId, use: Use) -> AccountOut:
    with use.database.read() as session:
        account = load_account(use, session, account_id)
        row = session.execute(select(rows).where(rows.c.id == account_id)).one()
        return _show(account, row, account_of.facts(account, use.published(session).house, use.clock()))


def load_account(use: Services, session: Session, account_id: str) -> Account:
    """The account as the domain sees it. Raises Problem when there is none."""
    account = View(session, use.office, use.clock()).account(account_id)
    if account is None:
        raise not_found("account", account_id)
    return account


def must_exist(session: Session, account_id: str) -> None:
    """Raises Problem when there is no such account."""
    if session.execute(select(rows.c.id).where(rows.c.id == account_id)).one_or_none() is None:
        raise not_found("account", account_id)


@router.get("", summary="Accounts by id", response_model=Page[AccountLine], dependencies=[needs("accounts:read")])
def list_accounts(use: Use, asked: Annotated[AccountFilter, Query()]) -> Page[AccountLine]:
    found = asked.of(rows, owner_id=asked.owner)
    for name, value in (("segment", asked.segment), ("stage", asked.stage)):
        if value is not None:
            found = found.where(rows.c.facts[name].as_string() == value)
    with use.database.read() as session:
        return asked.page(session.execute(found).all(), _line)


def _line(row: Any) -> AccountLine:
    facts = row.facts or {}
    return AccountLine(id=row.id, name=row.name, owner=row.owner_id, segment=facts.get("segment"), stage=facts.get("stage"))


def _show(account: Account, row: Any, facts: Facts) -> AccountOut:
    values = {name: write_value(value) for name, value in facts.values.items() if not name.startswith("policy.")}
    health = {name.removeprefix("health."): value for name, value in values.items() if name.startswith("health.")}
    known = {name.removeprefix("account."): value for name, value in values.items() if name.startswith("account.") and value is not None}
    return AccountOut(
        id=account.id,
        name=row.name,
        time_zone=row.zone,
        country=row.country,
        currency=row.currency,
        owner=row.owner_id,
        tags=list(account.tags),
        segment=values.get("account.segment"),
        stage=values.get("account.stage"),
        health=health,
        facts=known,
        stale=sorted(facts.stale),
        journeys=sorted(account.journeys),
        contacts=[_contact(one) for one in account.contacts],
        contracts=[_contract(one) for one in sorted(account.contracts, key=lambda one: (one.starts_on, one.id))],
    )


def _contact(one: Contact) -> ContactOut:
    return ContactOut(
        id=one.id,
        name=one.name,
        email=one.email,
        roles=list(one.roles),
        time_zone=one.zone,
        country=one.country,
        active=one.active,
        refused=one.refused,
    )


def _contract(one: Contract) -> ContractOut:
    return ContractOut(
        id=one.id,
        starts_on=one.starts_on.isoformat(),
        ends_on=one.ends_on.isoformat(),
        decision_on=one.decision_on.isoformat(),
        auto_renews=one.auto_renews,
        notice_days=one.notice_days,
        value=one.value,
        status=one.status,
        facts={name: write_value(value) for name, value in one.facts.items()},
    )
