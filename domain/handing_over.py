"""Whose work it is when our people change: what is open stays with nobody who is not there for it."""

from __future__ import annotations

from datetime import datetime

from domain.facts import Facts, Person
from domain.house import House
from domain.roles import Holder, holder

ROLES_OF_THE_OWNER = ("owner", "csm")


def follows_the_owner(role: str, person_id: str | None, before: str | None) -> bool:
    """Whether open work goes to an account's new owner: work of the owner's roles that the owner `before` had."""
    return role in ROLES_OF_THE_OWNER and person_id == before


def hands_over(person: Person) -> bool:
    """Whether somebody may not be there for their open work: they have left, or have days away."""
    return not person.active or bool(person.absences)


def successor(role: str, person_id: str, house: House, facts: Facts, now: datetime) -> Holder | None:
    """Who has the open work of somebody from now on; None where it stays theirs, or nobody else is left."""
    held = holder(role, house.roles, house.calendars, facts, now)
    return None if held is None or held.person.id == person_id else held
