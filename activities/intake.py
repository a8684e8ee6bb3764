"""What the world tells us, stored first: accounts, contacts, contracts, events. Each function is part of one transaction.

Everything arrives checked in form; what only the database or the published vocabulary can tell is checked here, before
anything is written. Errors are sentences for whoever sent it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlmodel import Session

from activities.ledger import Ledger, Office, UnknownAccount
from database import accounts, revisions
from database.tables import (
    AccountRow,
    ApprovalRow,
    ContactRow,
    ContractRow,
    EnrollmentRow,
    EscalationRow,
    EventRow,
    MessageRow,
    PersonRow,
    PlannedStartRow,
    TaskRow,
    table,
)  # fmt: skip
from domain import handing_over, news
from domain.account import Account, first_day
from domain.facts import Contract
from domain.faults import suggestion
from domain.telling import Event
from domain.timing import local_day, zone
from domain.vocabulary import UnfitPayload, Vocabulary

tasks, approvals, escalations, messages = table(TaskRow), table(ApprovalRow), table(EscalationRow), table(MessageRow)

# What the vocabulary declares so that conditions can name it, and where it is told.
TOLD_AS_FIELDS: Mapping[str, Mapping[str, str]] = {
    "account": dict.fromkeys(("name", "tags"), "it is a field of the account"),
    "contract": {
        **dict.fromkeys(("starts_on", "ends_on", "auto_renews", "notice_days", "value"), "it is a field of the contract"),
        "decision_on": "it follows from the end, the notice and whether the contract renews by itself",
    },
    "contact": dict.fromkeys(("name", "email"), "it is a field of the contact"),
}


@dataclass
class Unfit(ValueError):
    """What was sent cannot be taken. Each fault: where (a JSON pointer within what was sent), a code and a sentence."""

    faults: list[tuple[str, str, str]]

    def __str__(self) -> str:
        return "; ".join(sentence for _, _, sentence in self.faults)


@dataclass
class Conflict(ValueError):
    """What was sent contradicts what is there."""

    code: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


class Gone(ValueError):
    """What was sent is about a contact who was erased."""


@dataclass(frozen=True, slots=True)
class AccountIn:
    """An account as somebody tells it; `values` holds only the columns that were given, `facts` short names."""

    id: str
    values: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContactIn:
    id: str
    values: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContractIn:
    id: str
    values: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EventIn:
    """One event: `at` is when it happened, None for now; `body_hash` tells a repetition from a contradiction."""

    id: str
    name: str
    account_id: str
    body_hash: str
    at: datetime | None = None
    contact_id: str | None = None
    contract_id: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    account: AccountIn | None = None
    contacts: Sequence[ContactIn] = ()
    contract: ContractIn | None = None


@dataclass(frozen=True)
class Taken:
    """What came of an event."""

    duplicate: bool
    unmatched: bool
    ledger: Ledger | None


def event(session: Session, office: Office, told: EventIn, now: datetime) -> Taken:
    """Stores one event with whatever account, contacts and contract came with it, and tells the runs.

    Raises Unfit, Conflict, Gone, UnknownAccount. The same event again changes nothing.
    """
    published = office.definitions.at(session, revisions.current(session).get(revisions.DEFINITIONS, 0))
    vocabulary = published.house.vocabulary
    row = accounts.lock(session, told.account_id)
    if earlier := session.get(EventRow, told.id):
        if earlier.body_hash != told.body_hash:
            raise Conflict("event_conflict", f"event '{told.id}' was told before with other contents; a new event needs an id of its own")
        return Taken(True, False, None)
    kind = vocabulary.events.get(told.name)
    try:
        payload = vocabulary.read_payload(told.name, told.payload) if kind else dict(told.payload)
    except UnfitPayload as error:
        raise Unfit([(f"/payload{pointer}", code, sentence) for pointer, code, sentence in error.faults]) from None
    facts = _facts_of(vocabulary, told)
    if row is None and told.account is None:
        raise UnknownAccount(f"there is no account '{told.account_id}'; send it with the event as 'account': {{…}}, or upsert it first")
    if told.account is not None:
        _write_account(session, told.account, now, "/account")
    for place, contact in enumerate(told.contacts):
        must_be_roles(contact.values.get("roles") or (), published.house.roles.theirs, f"/contacts/{place}/roles")
        _write_contact(session, told.account_id, contact, f"/contacts/{place}")
    if told.contract is not None:
        _write_contract(session, told.account_id, told.contract, "/contract")
    contract_id = told.contract_id or (told.contract.id if told.contract else None)
    contact_id = told.contact_id
    must_belong(session, told.account_id, contact_id, contract_id)
    session.add(
        EventRow(
            id=told.id,
            name=told.name,
            account_id=told.account_id,
            contact_id=contact_id,
            contract_id=contract_id,
            payload=dict(told.payload),
            occurred_at=told.at or now,
            told_at=now,
            body_hash=told.body_hash,
        )
    )
    session.flush()
    ledger = Ledger(session, office, told.account_id, now)
    values = {**_new_segment(ledger, facts.account), **facts.account, **facts.contract}
    happened = []
    if kind:
        day = local_day(told.at or now, ledger.facts().zone)
        happened.append(Event(told.name, now, payload, contract_id, contact_id, day))
    of_account = told.account or AccountIn(told.account_id)
    ledger.tell(happened, values, contract_id, contact_id, changed=_with_tags(ledger, of_account))
    _re_own(ledger, of_account, row.owner_id if row else None)
    _engage(ledger, told)
    return Taken(False, kind is None, ledger)


@dataclass(frozen=True, slots=True)
class _Facts:
    account: dict[str, Any]
    contract: dict[str, Any]


def read_facts(vocabulary: Vocabulary, facts: Mapping[str, Any], space: str, pointer: str) -> dict[str, Any]:
    """Facts by short name as facts by full name. Raises Unfit with every fault."""
    faults: list[tuple[str, str, str]] = []
    known: dict[str, Any] = {}
    for name, value in facts.items():
        full, place = f"{space}.{name}", f"{pointer}/{name}"
        if name in TOLD_AS_FIELDS[space]:
            faults.append((place, "read_only", f"'{name}' is not told as a fact: {TOLD_AS_FIELDS[space][name]}"))
        elif full not in vocabulary.by_name:
            faults.append((place, "unknown_fact", f"'{full}' is not a declared fact{suggestion(full, vocabulary.by_name)}"))
        else:
            try:
                known[full] = vocabulary.read(full, value)
            except ValueError as error:
                faults.append((place, "type", f"'{name}': {error}"))
    if faults:
        raise Unfit(faults)
    return known


def _facts_of(vocabulary: Vocabulary, told: EventIn) -> _Facts:
    account = read_facts(vocabulary, told.account.facts, "account", "/account/facts") if told.account else {}
    contract = read_facts(vocabulary, told.contract.facts, "contract", "/contract/facts") if told.contract else {}
    for place, contact in enumerate(told.contacts):
        read_facts(vocabulary, contact.facts, "contact", f"/contacts/{place}/facts")
    return _Facts(account, contract)


def _engage(ledger: Ledger, told: EventIn) -> None:
    """A click in or reply to one of our mails is also known to the run that sent it."""
    how = {"mail_clicked": "clicked", "mail_replied": "replied"}.get(told.name)
    sent_id = told.payload.get("message_id")
    if how and isinstance(sent_id, str):
        sent = ledger.session.execute(
            select(messages).where(messages.c.id == sent_id, messages.c.account_id == told.account_id)
        ).one_or_none()
        if sent:
            ledger.notify_if_concerned(sent.run_id, news.Engaged(sent.step, sent.visit, ledger.now, how))  # type: ignore[arg-type]


# Accounts


def account(session: Session, office: Office, told: AccountIn, now: datetime) -> tuple[Ledger, bool]:
    """Creates or changes an account; whether it is new. Raises Unfit."""
    published = office.definitions.at(session, revisions.current(session).get(revisions.DEFINITIONS, 0))
    facts = read_facts(published.house.vocabulary, told.facts, "account", "/facts")
    is_new = accounts.lock(session, told.id) is None
    owner_before = None if is_new else session.get(AccountRow, told.id).owner_id  # type: ignore[union-attr]
    _write_account(session, told, now, "")
    ledger = Ledger(session, office, told.id, now)
    ledger.tell(values={**_new_segment(ledger, facts), **facts}, changed=_with_tags(ledger, told))
    _re_own(ledger, told, owner_before)
    return ledger, is_new


def _with_tags(ledger: Ledger, told: AccountIn) -> Account | None:
    tags = told.values.get("tags")
    return None if tags is None else replace(ledger.account, tags=tuple(tags))


def _new_segment(ledger: Ledger, facts: Mapping[str, Any]) -> dict[str, Any]:
    """An account that has no segment gets the one its facts give it."""
    if ledger.account.values.get("account.segment") or "account.segment" in facts:
        return {}
    return {"account.segment": ledger.house.segment_of({**ledger.facts().values, **facts})}


def _write_account(session: Session, told: AccountIn, now: datetime, pointer: str) -> None:
    row = session.get(AccountRow, told.id)
    values = {name: value for name, value in told.values.items() if name != "tags"}
    if owner := values.get("owner_id"):
        must_be_person(session, owner, f"{pointer}/owner")
    if row is None:
        if missing := [field for field, column in (("name", "name"), ("time_zone", "zone")) if not values.get(column)]:
            raise Unfit([(f"{pointer}/{field}", "missing", f"a new account needs '{field}'") for field in missing])
        where = zone(str(values["zone"]))
        row = AccountRow(
            id=told.id,
            name="",
            zone="",
            facts={},
            told_at={},
            tags=list(told.values.get("tags") or ()),
            since=local_day(now, where),
            created_at=now,
        )
    for name, value in values.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()


def must_be_person(session: Session, id: str, pointer: str) -> None:
    """Raises Unfit where nobody of us has this id."""
    if session.get(PersonRow, id) is None:
        raise Unfit([(pointer, "unknown_person", f"nobody has the id '{id}'; upsert the person first")])


def _re_own(ledger: Ledger, told: AccountIn, before: str | None) -> None:
    """A new owner has the old one's open tasks and approvals from now on; runs need not be told."""
    owner = ledger.account.owner_id
    if "owner_id" not in told.values or owner == before:
        return
    for each, column in ((tasks, tasks.c.assignee_id), (approvals, approvals.c.approver_id)):
        for row in ledger.session.execute(select(each).where(each.c.account_id == ledger.account.id, each.c.state == "open")).all():
            if handing_over.follows_the_owner(row.role, getattr(row, column.name), before):
                ledger.session.execute(update(each).where(each.c.id == row.id).values({column.name: owner}))
                ledger.tell_follow_up(getattr(row, "follow_up_id", None), news.Reassigned(ledger.now, owner))


# Contacts and contracts


def contact(session: Session, office: Office, account_id: str, told: ContactIn, now: datetime) -> Ledger:
    """Creates or changes a contact. Raises Unfit, Conflict, Gone, UnknownAccount."""
    ledger = Ledger(session, office, account_id, now)
    read_facts(ledger.house.vocabulary, told.facts, "contact", "/facts")
    must_be_roles(told.values.get("roles") or (), ledger.house.roles.theirs, "/roles")
    _write_contact(session, account_id, told, "")
    ledger = Ledger(session, office, account_id, now)
    ledger.tell()
    return ledger


def must_be_roles(told: Sequence[str], declared: Collection[str], pointer: str) -> None:
    """Raises Unfit: a role that nobody declared would find nobody, silently, each time somebody is looked for."""
    for index, role in enumerate(told):
        if role not in declared:
            near = suggestion(role, declared) or f"; there are {', '.join(declared)}"
            raise Unfit([(f"{pointer}/{index}", "unknown_role", f"no role is called '{role}'{near}")])


def _write_contact(session: Session, account_id: str, told: ContactIn, pointer: str) -> None:
    row = session.get(ContactRow, told.id)
    if row is not None and row.account_id != account_id:
        raise Conflict("contact_elsewhere", f"contact '{told.id}' belongs to account '{row.account_id}'")
    _must_be_there(row)
    if row is None:
        if missing := [name for name in ("name", "email") if not told.values.get(name)]:
            raise Unfit([(f"{pointer}/{name}", "missing", f"a new contact needs '{name}'") for name in missing])
        if "@" in told.id:
            said = f"'{told.id}' looks like an address; an id stays when its contact is erased, so it must tell nothing of them"
            raise Unfit([(f"{pointer}/id", "id", said)])
        row = ContactRow(id=told.id, account_id=account_id, name="", email="", roles=[], facts={})
    if "email" in told.values and told.values["email"] != row.email:
        row.refused = False  # another address has not refused anything
    for name, value in told.values.items():
        setattr(row, name, value)
    row.facts = {**(row.facts or {}), **told.facts}
    session.add(row)
    session.flush()


def _must_be_there(contact: ContactRow | None) -> None:
    if contact is not None and contact.erased_at is not None:
        raise Gone(f"contact '{contact.id}' was erased on {contact.erased_at:%Y-%m-%d}; who comes back gets an id of their own")


def contract(session: Session, office: Office, account_id: str, told: ContractIn, now: datetime) -> Ledger:
    """Creates or changes a contract; runs whose days hang on it move. Raises Unfit, Conflict, UnknownAccount."""
    ledger = Ledger(session, office, account_id, now)
    facts = read_facts(ledger.house.vocabulary, told.facts, "contract", "/facts")
    _write_contract(session, account_id, told, "")
    ledger = Ledger(session, office, account_id, now)
    ledger.tell(values=facts, contract_id=told.id)
    return ledger


def _write_contract(session: Session, account_id: str, told: ContractIn, pointer: str) -> None:
    row = session.get(ContractRow, told.id)
    if row is not None and row.account_id != account_id:
        raise Conflict("contract_elsewhere", f"contract '{told.id}' belongs to account '{row.account_id}'")
    if row is None:
        if missing := [name for name in ("starts_on", "ends_on") if not told.values.get(name)]:
            raise Unfit([(f"{pointer}/{name}", "missing", f"a new contract needs '{name}'") for name in missing])
        if Contract.is_assumed(told.id):
            raise Unfit([(f"{pointer}/id", "id", f"'{told.id}' looks like a contract that was assumed; end a new contract's id otherwise")])
        row = ContractRow(id=told.id, account_id=account_id, starts_on=told.values["starts_on"], ends_on=told.values["ends_on"])
        row.facts = _supersede(session, row)
    for name, value in told.values.items():
        setattr(row, name, value)
    if row.ends_on <= row.starts_on:
        raise Unfit([(f"{pointer}/ends_on", "range", f"a contract ends after it starts ({row.starts_on})")])
    session.add(row)
    account_row = session.get(AccountRow, account_id)
    if account_row:
        account_row.since = first_day(account_row.since, row.starts_on)
    session.flush()


def _supersede(session: Session, real: ContractRow) -> dict[str, Any]:
    """A real next term takes the place of the one assumed when the last was renewed without saying more: its facts and its runs.

    Returns the facts.
    """
    contracts, enrollments, starts = table(ContractRow), table(EnrollmentRow), table(PlannedStartRow)
    inherited: dict[str, Any] = {}
    for row in session.execute(select(contracts).where(contracts.c.account_id == real.account_id)).all():
        if Contract.is_assumed(row.id) and row.status == "active" and abs((row.starts_on - real.starts_on).days) <= 31:
            session.execute(update(contracts).where(contracts.c.id == row.id).values(status="superseded"))
            of_it = (enrollments.c.account_id == real.account_id, enrollments.c.contract_id == row.id, enrollments.c.ended_at.is_(None))
            session.execute(update(enrollments).where(*of_it, enrollments.c.key == row.id).values(key=real.id))
            session.execute(update(enrollments).where(*of_it).values(contract_id=real.id))
            session.execute(delete(starts).where(starts.c.account_id == real.account_id, starts.c.contract_id == row.id))
            inherited |= row.facts
    return inherited


def must_belong(session: Session, account_id: str, contact_id: str | None, contract_id: str | None) -> None:
    """Raises Unfit where the account does not have this contact or contract, and Gone where the contact was erased."""
    for id, model, pointer in ((contact_id, ContactRow, "/contact"), (contract_id, ContractRow, "/contract")):
        if id is not None:
            row = session.get(model, id)
            if row is None or row.account_id != account_id:  # type: ignore[attr-defined]
                raise Unfit([(pointer, "unknown", f"account '{account_id}' has no {pointer.strip('/')} '{id}'")])
            if isinstance(row, ContactRow):
                _must_be_there(row)
