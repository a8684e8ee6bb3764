"""One account with everything stored of it, and the facts a run reads from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from domain.facts import Contact, Contract, Facts, Hold, Person, current_contract
from domain.health import Reading
from domain.house import House
from domain.roles import digest
from domain.timing import MIDNIGHT, local_day, moment, zone
from domain.vocabulary import COHORT, quiet_facts


@lru_cache(maxsize=10_000)
def cohort(account_id: str) -> int:
    """0 to 99, by a hash of the account's id: the same account is always in the same hundredth of the book."""
    return digest(account_id, "cohort") % 100


@dataclass(frozen=True, slots=True)
class Account:
    """A customer company as stored. `values` maps full fact names (account.*) to what was told, `told_at` to when;
    `journeys` are those with a live run, `readings` the latest of its health, oldest first."""

    id: str
    name: str
    zone: str
    country: str = ""
    currency: str = "EUR"
    owner_id: str | None = None
    since: date | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    told_at: Mapping[str, datetime] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    contracts: tuple[Contract, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    holds: tuple[Hold, ...] = ()
    journeys: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()

    def contract(self, id: str | None, today: date) -> Contract | None:
        if id is None:
            return current_contract(self.contracts, today)
        return next((contract for contract in self.contracts if contract.id == id), None)


def facts(account: Account, house: House, now: datetime, contract_id: str | None = None, contact_id: str | None = None) -> Facts:
    """The account's facts at `now`, seen from one contract (else the current one) and one contact.

    What is older than its declaration allows counts as unknown and is named in `stale`.
    """
    where = zone(account.zone)
    today = local_day(now, where)
    values: dict[str, Any] = dict(house.vocabulary.defaults)
    values.update(account.values)
    values["account.id"] = account.id
    values["account.name"] = account.name
    values["account.currency"] = account.currency
    values["account.tags"] = account.tags
    values.setdefault(COHORT, cohort(account.id))
    stale = _forget_stale(house, values, account.told_at, now)
    contract = account.contract(contract_id, today)
    if contract:
        values.update(contract.values())
    contact = next((contact for contact in account.contacts if contact.id == contact_id), None)
    if contact:
        values |= {
            "contact.name": contact.name,
            "contact.email": contact.email,
            **{f"contact.{name}": value for name, value in contact.facts.items()},
        }
    if account.readings:
        values.update(account.readings[-1].values())
    for name, journey in house.vocabulary.whiles.items():
        values[name] = journey in account.journeys
    if house.vocabulary.quiets:
        values.update(quiet_facts(house.vocabulary, values, today)[0])
    return Facts(
        account.id, where, account.country, values, account.owner_id, account.contacts, account.people,
        contract.id if contract else None, contact_id, account.holds, stale, account.told_at,
        tuple(contract.starts_on for contract in account.contracts),
    )  # fmt: skip


def _forget_stale(house: House, values: dict[str, Any], told_at: Mapping[str, datetime], now: datetime) -> frozenset[str]:
    stale = set()
    for name, kept in house.vocabulary.perishable.items():
        told = told_at.get(name)
        if told is not None and told + kept <= now:
            values[name] = house.vocabulary.by_name[name].default
            stale.add(name)
    return frozenset(stale)


def next_change(account: Account, house: House, now: datetime) -> datetime | None:
    """When a fact about quiet will become true by the passing of time alone, or one that is known will be too old."""
    return min(_changes(account, house, {**house.vocabulary.defaults, **account.values}, now), default=None)


def same_until(account: Account, house: House, known: Facts, now: datetime) -> datetime | None:
    """Until when `facts` of an account that nothing changes stay as `known`, which were made at `now`; None: for ever."""
    today = local_day(now, known.zone)
    begin = [moment(contract.starts_on, MIDNIGHT, known.zone) for contract in account.contracts if contract.starts_on > today]
    return min((*_changes(account, house, known.values, now), *begin), default=None)


def _changes(account: Account, house: House, values: Mapping[str, Any], now: datetime) -> Iterator[datetime]:
    """The moments at which time alone changes what follows from these values."""
    where = zone(account.zone)
    _, flips = quiet_facts(house.vocabulary, values, local_day(now, where))
    for flip in flips:
        yield moment(flip.on, MIDNIGHT, where)
    for name, kept in house.vocabulary.perishable.items():
        if account.values.get(name) is not None and name in account.told_at and account.told_at[name] + kept > now:
            yield account.told_at[name] + kept


def with_reading(account: Account, reading: Reading) -> Account:
    """The account with this reading as its latest; one of the same day is replaced."""
    kept = [earlier for earlier in account.readings if earlier.day != reading.day]
    return replace(account, readings=(*kept, reading)[-4:])


def age_in_days(account: Account, today: date) -> int | None:
    return (today - account.since).days if account.since else None


def first_day(since: date | None, starts_on: date) -> date:
    """Since when somebody is a customer, once a contract of theirs that starts then is known."""
    return min(since or starts_on, starts_on)
