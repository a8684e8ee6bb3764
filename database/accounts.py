"""Accounts with their contacts, contracts, holds and readings: as rows, and as the domain sees them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, bindparam, func, or_, select, update
from sqlmodel import Session

from database.revisions import DEFINITIONS, HOLDS, PEOPLE
from database.tables import (
    AccountRow,
    ContactRow,
    ContractRow,
    EnrollmentRow,
    FollowUpRow,
    HoldRow,
    InstallationRow,
    ReadingRow,
    Revision,
    table,
)
from domain.account import Account
from domain.facts import Contact, Contract, Hold, Person
from domain.health import Reading
from domain.vocabulary import Vocabulary, write_value

READINGS_KEPT_IN_MIND = 4
Loading = Callable[[], Account]

accounts, contacts, contracts = table(AccountRow), table(ContactRow), table(ContractRow)
holds, readings, enrollments = table(HoldRow), table(ReadingRow), table(EnrollmentRow)
follow_ups, revisions, installations = table(FollowUpRow), table(Revision), table(InstallationRow)


_lock = select(
    accounts,
    select(revisions.c.count).where(revisions.c.name == PEOPLE).scalar_subquery().label("people_revision"),
    select(revisions.c.count).where(revisions.c.name == DEFINITIONS).scalar_subquery().label("definitions_revision"),
    select(revisions.c.count).where(revisions.c.name == HOLDS).scalar_subquery().label("holds_revision"),
    select(installations.c.armed).scalar_subquery().label("armed"),
).with_for_update(of=accounts)
_by_id = _lock.where(accounts.c.id == bindparam("id"))
_of_run = {
    each: _lock.where(accounts.c.id == select(each.c.account_id).where(each.c.id == bindparam("id")).scalar_subquery())
    for each in (enrollments, follow_ups)
}


def lock(session: Session, account_id: str) -> Row[Any] | None:
    """The account's row, held until the transaction ends: everything about one account is serial on it. With it come the
    revisions of what processes keep in memory: `people_revision`, `definitions_revision` and `holds_revision`."""
    return session.execute(_by_id, {"id": account_id}).one_or_none()


def lock_of_run(session: Session, kind: Table, run_id: str) -> Row[Any] | None:
    """The same, for the account that a run (of the table `kind`) belongs to."""
    return session.execute(_of_run[kind], {"id": run_id}).one_or_none()


def touch(session: Session, account_id: str) -> None:
    """Says that something of the account has changed: whoever keeps it in memory reads it again."""
    session.execute(update(accounts).where(accounts.c.id == account_id).values(revision=accounts.c.revision + 1))


class Remembered:
    """Accounts as they were last read, while nothing of them changes. Only what is committed may be remembered."""

    MOST = 5000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[str, tuple[tuple[int, ...], Account]] = {}

    def find(self, row: Row[Any]) -> Account | None:
        with self._lock:
            found = self._accounts.get(row.id)
        return found[1] if found and found[0] == _revisions(row) else None

    def keep(self, row: Row[Any], account: Account) -> None:
        with self._lock:
            if len(self._accounts) >= self.MOST:
                self._accounts.clear()
            self._accounts[row.id] = (_revisions(row), account)


def _revisions(row: Row[Any]) -> tuple[int, ...]:
    return row.revision, row.people_revision or 0, row.definitions_revision or 0, row.holds_revision or 0


def load(session: Session, row: Row[Any], people: Mapping[str, Person], vocabulary: Vocabulary) -> Account:
    """The account of a locked or read row, with everything a turn looks at."""
    id = row.id
    parts = _Parts(
        contacts=session.execute(select(contacts).where(contacts.c.account_id == id).order_by(contacts.c.id)).all(),
        contracts=session.execute(select(contracts).where(contracts.c.account_id == id).order_by(contracts.c.id)).all(),
        holds=session.execute(_holds_of(holds.c.account_id == id)).all(),
        journeys=session.execute(_journeys_of(enrollments.c.account_id == id)).all(),
        readings=session.execute(
            select(readings).where(readings.c.account_id == id).order_by(readings.c.day.desc()).limit(READINGS_KEPT_IN_MIND)
        ).all(),
    )
    return _account(row, parts, people, vocabulary)


def load_many(session: Session, ids: Sequence[str], people: Mapping[str, Person], vocabulary: Vocabulary) -> dict[str, Loading]:
    """The accounts of these ids as `load` has them, read together; those that are not there are left out. At most a few hundred.

    Each is made when it is called for, so that what is wrong with one of them concerns no other.
    """
    latest = func.row_number().over(partition_by=readings.c.account_id, order_by=readings.c.day.desc())
    numbered = select(readings, latest.label("number")).where(readings.c.account_id.in_(ids)).subquery()
    found = {
        name: _by_account(session.execute(query))
        for name, query in {
            "contacts": select(contacts).where(contacts.c.account_id.in_(ids)).order_by(contacts.c.id),
            "contracts": select(contracts).where(contracts.c.account_id.in_(ids)).order_by(contracts.c.id),
            "journeys": _journeys_of(enrollments.c.account_id.in_(ids)),
            "readings": select(numbered).where(numbered.c.number <= READINGS_KEPT_IN_MIND).order_by(numbered.c.day.desc()),
        }.items()
    }
    held = session.execute(_holds_of(holds.c.account_id.in_(ids))).all()
    made: dict[str, Loading] = {}
    for row in session.execute(select(accounts).where(accounts.c.id.in_(ids))):
        parts = {name: by_account.get(row.id, ()) for name, by_account in found.items()}
        here = [each for each in held if each.account_id in (None, row.id)]
        made[row.id] = partial(_account, row, _Parts(holds=here, **parts), people, vocabulary)
    return made


@dataclass(frozen=True, slots=True)
class _Parts:
    """The rows of one account; `readings` the latest first."""

    contacts: Sequence[Row[Any]]
    contracts: Sequence[Row[Any]]
    holds: Sequence[Row[Any]]
    journeys: Sequence[Row[Any]]
    readings: Sequence[Row[Any]]


def _holds_of(whose: ColumnElement[bool]) -> Select[Any]:
    """Their holds and those of everything."""
    return select(holds).where(or_(whose, holds.c.account_id.is_(None)), holds.c.told_at.is_(None)).order_by(holds.c.placed_at, holds.c.id)


def _journeys_of(whose: ColumnElement[bool]) -> Select[Any]:
    return (
        select(enrollments.c.account_id, enrollments.c.journey)
        .where(whose, enrollments.c.ended_at.is_(None), ~enrollments.c.shadow)
        .order_by(enrollments.c.begun_at, enrollments.c.id)
    )


def _by_account(rows: Iterable[Row[Any]]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.account_id, []).append(row)
    return found


def _account(row: Row[Any], parts: _Parts, people: Mapping[str, Person], vocabulary: Vocabulary) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        zone=row.zone,
        country=row.country,
        currency=row.currency,
        owner_id=row.owner_id,
        since=row.since,
        values=read_facts(row.facts, "account", vocabulary),
        told_at={f"account.{name}": datetime.fromisoformat(at) for name, at in (row.told_at or {}).items()},
        tags=tuple(row.tags or ()),
        contacts=tuple(contact(found, vocabulary) for found in parts.contacts),
        contracts=tuple(contract(found, vocabulary) for found in parts.contracts),
        people=people,
        holds=tuple(hold(found) for found in parts.holds),
        journeys=tuple(found.journey for found in parts.journeys),
        readings=tuple(_reading(found) for found in reversed(parts.readings)),
    )


def read_facts(stored: Mapping[str, Any] | None, space: str, vocabulary: Vocabulary) -> dict[str, Any]:
    """Stored JSON values as facts by full name; what is no longer declared is left out."""
    facts = vocabulary.by_name
    found = {}
    for name, value in (stored or {}).items():
        if fact := facts.get(f"{space}.{name}"):
            found[f"{space}.{name}"] = fact.read(value)
    return found


def write_facts(values: Mapping[str, Any], space: str) -> dict[str, Any]:
    return {name.removeprefix(f"{space}."): write_value(value) for name, value in values.items() if name.startswith(f"{space}.")}


def contact(row: Row[Any], vocabulary: Vocabulary) -> Contact:
    facts = {name.removeprefix("contact."): value for name, value in read_facts(row.facts, "contact", vocabulary).items()}
    return Contact(row.id, row.name, row.email, tuple(row.roles or ()), row.zone, row.country, row.active, row.refused, facts)


def contract(row: Row[Any], vocabulary: Vocabulary) -> Contract:
    facts = {name.removeprefix("contract."): value for name, value in read_facts(row.facts, "contract", vocabulary).items()}
    return Contract(row.id, row.starts_on, row.ends_on, row.auto_renews, row.notice_days, row.value, row.status, facts)


def hold(row: Row[Any]) -> Hold:
    everywhere = row.account_id is None
    return Hold(
        row.id, row.journey, row.mail_class, row.until, row.reason, row.resume, row.placed_at, row.lifted_at, everywhere=everywhere
    )  # fmt: skip


def _reading(row: Row[Any]) -> Reading:
    return Reading(row.day, row.score, row.raw, row.band, row.components or {}, row.known_weight, tuple(row.reasons or ()), row.overridden)


def save(session: Session, account: Account, before: Account, watch_at: datetime | None) -> None:
    """Writes what telling changed of an account: its facts, tags, contacts' facts and contracts."""
    changed: dict[str, Any] = {"watch_at": watch_at, "revision": accounts.c.revision + 1}
    if account.values != before.values or account.told_at != before.told_at:
        changed["facts"] = write_facts(account.values, "account")
        changed["told_at"] = {name.removeprefix("account."): at.isoformat() for name, at in account.told_at.items()}
    if account.tags != before.tags:
        changed["tags"] = list(account.tags)
    session.execute(update(accounts).where(accounts.c.id == account.id).values(changed))
    kept = {known.id: known for known in before.contacts}
    for known in account.contacts:
        if known is not kept.get(known.id):
            session.execute(
                update(contacts)
                .where(contacts.c.id == known.id)
                .values(facts={name: write_value(value) for name, value in known.facts.items()})
            )


def save_contract(session: Session, account_id: str, term: Contract) -> None:
    row = session.get(ContractRow, term.id) or ContractRow(
        id=term.id, account_id=account_id, starts_on=term.starts_on, ends_on=term.ends_on
    )
    row.starts_on, row.ends_on, row.auto_renews, row.notice_days = term.starts_on, term.ends_on, term.auto_renews, term.notice_days
    row.value, row.status = term.value, term.status
    row.facts = {name: write_value(value) for name, value in term.facts.items()}
    session.add(row)
    session.flush()


def save_reading(session: Session, account_id: str, reading: Reading, now: datetime) -> None:
    row = session.get(ReadingRow, (account_id, reading.day)) or ReadingRow(account_id=account_id, day=reading.day)
    row.read_at, row.score, row.raw, row.band = now, reading.score, reading.raw, reading.band
    row.components, row.known_weight, row.reasons, row.overridden = (
        dict(reading.components),
        reading.known_weight,
        list(reading.reasons),
        reading.overridden,
    )
    session.add(row)


def due_to_watch(session: Session, now: datetime, limit: int) -> Sequence[str]:
    """Accounts of which the passing of time has changed a fact."""
    found = session.execute(select(accounts.c.id).where(accounts.c.watch_at <= now).order_by(accounts.c.watch_at).limit(limit))
    return found.scalars().all()


def ids_after(session: Session, after: str, limit: int) -> Sequence[str]:
    """A page of all account ids, in order."""
    return session.execute(select(accounts.c.id).where(accounts.c.id > after).order_by(accounts.c.id).limit(limit)).scalars().all()
