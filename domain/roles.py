"""Who holds a role, asked at the moment of acting: owners change, people go on leave and leave for good."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field, field_validator

from domain.calendars import Calendars
from domain.facts import Contact, Facts, Person
from domain.grammar import Spoken, Word, Words
from domain.timing import local_day, zone


class OurRole(Spoken):
    """A role on our side and how its holder is found."""

    held_by: Word = Field(
        description="account.owner or another fact that names a person; `chain`: the first of the owner's managers with this role; "
        "`team`: anyone with this role"
    )
    otherwise: Word | None = Field(default=None, description="the role that acts when nobody holds this one")


class TheirRole(Spoken):
    """A role on the customer's side."""

    otherwise: Words = Field(default=(), description="the roles tried in order when no contact holds this one")


class Roles(Spoken):
    """journeys/policies/roles.yaml."""

    ours: dict[str, OurRole]
    theirs: dict[str, TheirRole]

    @field_validator("ours", "theirs", mode="before")
    @classmethod
    def _empty_roles(cls, value: Any) -> Any:
        return {name: role or {} for name, role in value.items()} if isinstance(value, dict) else value


@dataclass(frozen=True, slots=True)
class Holder:
    """Who acts for a role now. `covering_for` is set where they stand in for somebody absent."""

    person: Person
    role: str
    covering_for: Person | None = None


def holder(role: str, roles: Roles, calendars: Calendars, facts: Facts, now: datetime) -> Holder | None:
    """The person to turn to for a role of ours, by its rule, then its holder's backup, then the next role; None when nobody is left."""
    seen: set[str] = set()
    name: str | None = role
    while name and name not in seen:
        seen.add(name)
        rule = roles.ours.get(name)
        if rule is None:
            return None
        for person in _candidates(name, rule, facts):
            if found := standing_in(person, calendars, facts, now):
                return Holder(found, name, None if found is person else person)
        name = rule.otherwise
    return None


def _candidates(role: str, rule: OurRole, facts: Facts) -> Iterator[Person]:
    if rule.held_by == "chain":
        yield from (person for person in managers(facts.owner_id, facts) if role in person.roles)
    elif rule.held_by != "team":
        named = facts.owner_id if rule.held_by == "account.owner" else facts.values.get(rule.held_by)
        if isinstance(named, str) and named in facts.people:
            yield facts.people[named]
        return
    team = [person for person in facts.people.values() if role in person.roles]
    yield from sorted(team, key=lambda person: digest(facts.account_id, role, person.id))


def managers(person_id: str | None, facts: Facts) -> Iterator[Person]:
    """The managers above a person, nearest first; a circle ends where it closes."""
    seen = {person_id}
    person = facts.people.get(person_id or "")
    while person and person.manager_id not in seen and (above := facts.people.get(person.manager_id or "")):
        seen.add(above.id)
        yield above
        person = above


def covered(held: Holder | None) -> str | None:
    """The id of whoever this holder stands in for."""
    return held.covering_for.id if held and held.covering_for else None


def standing_in(person: Person, calendars: Calendars, facts: Facts, now: datetime) -> Person | None:
    """The person, or the backup while they are away for more than one business day; None when neither is there."""
    seen: set[str] = set()
    current: Person | None = person
    while current and current.id not in seen:
        if current.active and not _is_away(current, calendars, now):
            return current
        seen.add(current.id)
        current = facts.people.get(current.backup_id or "")
    return None


def _is_away(person: Person, calendars: Calendars, now: datetime) -> bool:
    if not person.absences:
        return False
    today = local_day(now, zone(person.zone))
    calendar = calendars.working(person.zone, person.country)
    for absence in person.absences:
        if absence.starts_on <= today <= absence.ends_on:
            back = calendar.next_open_day(absence.starts_on)
            return calendar.business_days_after(back, 1) <= absence.ends_on
    return False


def recipients(role: str, roles: Roles, facts: Facts) -> tuple[Contact, ...]:
    """The contacts who hold a role of theirs, or the first of its `otherwise` that anybody holds; ordered by id.

    `contact` is the contact the run is about.
    """
    if role == "contact":
        return tuple(contact for contact in facts.contacts if contact.id == facts.contact_id and contact.active)
    rule = roles.theirs.get(role)
    for name in (role, *(rule.otherwise if rule else ())):
        found = [contact for contact in facts.contacts if name in contact.roles and contact.active]
        if found:
            return tuple(sorted(found, key=lambda contact: contact.id))
    return ()


def digest(*parts: str) -> int:
    """A number that depends on the parts alone, the same on every machine and in every process."""
    return int.from_bytes(hashlib.sha256("\x1f".join(parts).encode()).digest()[:8])
