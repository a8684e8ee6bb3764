"""Described accounts for simulations and tests: one of each segment, with everybody it takes, at the beginning of a journey."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from domain.account import Account
from domain.facts import Contact, Contract, Person
from domain.house import House
from domain.journey import Journey
from domain.timing import moment, zone

ARR: Mapping[str, float] = {"enterprise": 90_000, "mid_market": 24_000, "smb": 6_000}
HERE = "Europe/Berlin"

TEAM: Mapping[str, Person] = {
    person.id: person
    for person in (
        Person("csm", "Cara Stein", "cara@example.com", ("csm",), "director", zone=HERE, country="DE"),
        Person("director", "Dirk Vogt", "dirk@example.com", ("director",), "vp", zone=HERE, country="DE"),
        Person("vp", "Vera Lindqvist", "vera@example.com", ("vp",), "cco", zone=HERE, country="DE"),
        Person("cco", "Carla Otto", "carla@example.com", ("cco",), zone=HERE, country="DE"),
        Person("engineer", "Enzo Ricci", "enzo@example.com", ("engineer", "pool", "cs_ops"), "director", zone=HERE, country="DE"),
        Person("executive", "Alma Eriksen", "alma@example.com", ("account_executive", "retention"), zone=HERE, country="DE"),
    )
}

CONTACTS: tuple[Contact, ...] = (
    Contact("ann", "Ann Lee", "ann@example.com", ("champion", "admin"), zone="Europe/London", country="GB"),
    Contact("ben", "Ben Okafor", "ben@example.com", ("sponsor", "economic_buyer", "signer"), zone="America/New_York", country="US"),
    Contact("cleo", "Cleo Marsh", "cleo@example.com", ("user",), zone="Europe/London", country="GB"),
)


def account(house: House, segment: str, begins: date, id: str = "example", facts: Mapping[str, Any] | None = None) -> Account:
    """An account of a segment whose contract runs a year from `begins`."""
    values: dict[str, Any] = {"account.segment": segment, "account.arr": ARR.get(segment, 6_000), "account.stage": "onboarding"}
    values |= {"account.engineer": "engineer", "account.executive": "executive", **(facts or {})}
    values = {name: value for name, value in values.items() if name in house.vocabulary.by_name}
    return Account(
        id, "Example Ltd", HERE, "DE", "EUR", "csm", begins, values,
        contacts=CONTACTS, contracts=(Contract(f"{id}-1", begins, begins + timedelta(days=365), value=ARR.get(segment)),), people=TEAM,
    )  # fmt: skip


def at_beginning_of(journey: Journey, house: House, segment: str, start: date) -> Account:
    """An account for which the journey begins on `start`: its anchor lies where the first of its days is still ahead."""
    text = journey.plan(segment).text
    offset = text.starts.at.day if text.starts.at and text.starts.at.day is not None else _first_day(journey, segment)
    anchor = start - timedelta(days=offset)
    match text.anchor:
        case "contract.starts_on":
            return account(house, segment, anchor)
        case "contract.decision_on" | "contract.ends_on":
            return account(house, segment, anchor - timedelta(days=365), facts={"account.stage": "growth"})
        case "start":
            return account(house, segment, start - timedelta(days=120), facts={"account.stage": "growth"})
        case name:
            return account(house, segment, start - timedelta(days=400), facts={name: anchor})


def _first_day(journey: Journey, segment: str) -> int:
    days = [at.day for node in journey.plan(segment).nodes.values() for at in node.step.at or () if at.day is not None]
    first = min(days, default=0)
    return first - 1 if first > 1 else min(first, 0)


def start_of_day(day: date) -> datetime:
    """Ten in the morning where the account is: within everybody's hours."""
    return moment(day, time(10), zone(HERE)).astimezone(UTC)
