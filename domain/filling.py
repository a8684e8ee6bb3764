"""Filling in words: which values a template sees of one account, and what they lack for a mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from domain import composing
from domain.composing import Kind, MailHead, Template, Words
from domain.facts import Contact, Facts, Person
from domain.house import House
from domain.sandbox import Unfillable
from domain.survey_policy import Scale

NOBODYS_SUBJECT = {"title": "", "sla": "", "why": "", "due": ""}  # what notices tell of; a mail tells of nothing


@dataclass(frozen=True, slots=True)
class Today:
    """The account's local day, and how many days that is from the run's day 0 (None where a run has none)."""

    today: date
    day: int | None


def values(
    house: House,
    facts: Facts,
    today: Today,
    contact: Contact | None = None,
    person: Person | None = None,
    preferences: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Everything a template may name: facts by namespace, the day, the owner, the reader, the brand and its links. `preferences` is
    the reader's own page; without one it is a mail to whoever gives support."""
    brand = house.brand
    owner = facts.people.get(facts.owner_id or "")
    tree = composing.nested(facts.values)
    tree["today"], tree["day"] = today.today, today.day
    tree["brand"] = {name: getattr(brand, name) for name in ("company", "product", "postal_address", "sender", "support", "colour")}
    tree["links"] = {**brand.links, "preferences": preferences or f"mailto:{brand.support}?subject=unsubscribe"}
    team = f"The {brand.company} team"
    tree["owner"] = _named(owner.name, owner.email) if owner else _named(team, brand.support, first=team)
    tree["owner"]["is_person"] = owner is not None
    if contact:
        tree["contact"] = {**tree.get("contact", {}), **_named(contact.name, contact.email)}
    if person:
        tree["person"] = _named(person.name, person.email)
    return {**tree, **more}


def survey(house: House, template: Template, link: str | None) -> dict[str, Any]:
    """The scale of the survey that a mail asks, in the mail's language; nothing where it asks none. `link` leads to where it is
    answered; without one an answer is a mail to whoever gives support."""
    name = template.head.survey if isinstance(template.head, MailHead) else None
    asked = house.surveys.surveys.get(name or "")
    if asked is None:
        return {}
    brand = house.brand
    words, _ = asked.words((template.locale,), brand.language)
    return {"survey": {"scale": Scale(asked, words, link or f"mailto:{brand.support}?subject={name}", brand.colour)}}


def written_for(words: Words, house: House, kind: Kind, name: str, facts: Facts, contact: Contact | None) -> tuple[Template, str] | None:
    """A template as this contact reads it: in their language, else the account's, else the house's; and how dates are written there."""
    wanted = (contact.facts.get("language"), facts.values.get("account.language")) if contact else ()
    return words.written_for(kind, name, wanted, house.brand.language)


def _named(name: str, email: str, first: str | None = None) -> dict[str, Any]:
    return {"name": name, "first_name": first or (name.split() or [name])[0], "email": email}


def lack(house: House, facts: Facts, today: Today, contact: Contact, name: str) -> str | None:
    """What keeps the mail `name` from leaving for this contact unless somebody looks at it: a fact it says that is older than its
    declaration allows, or a value that cannot be filled in. None where nothing does, or where the house knows no words."""
    found = written_for(house.words, house, "email", name, facts, contact) if house.words else None
    if found is None:
        return None
    template, formats = found
    if stale := sorted(fact for fact in facts.stale if _says(template, fact)):
        return f"{template.path} says {stale[0]}, {_age(house, facts, stale[0])}"
    try:
        template.try_out(values(house, facts, today, contact, subject=NOBODYS_SUBJECT, **survey(house, template, None)), formats)
    except Unfillable as error:
        return str(error)
    return None


def _says(template: Template, fact: str) -> bool:
    """`account['arr']` reads as the whole account, of which any fact may be meant."""
    return any(name == fact or fact.startswith(f"{name}.") for name in template.names)


def _age(house: House, facts: Facts, fact: str) -> str:
    kept = house.vocabulary.perishable[fact].days
    return f"which was told on {facts.told_at[fact]:%Y-%m-%d} and is too old: it counts for {kept} days"
