"""Filling in words: which values a template of one account sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from database.definitions import Published
from domain import composing
from domain.composing import Kind, MailHead, Template
from domain.facts import Contact, Facts, Person
from domain.sandbox import Unfillable
from domain.survey_policy import Scale


@dataclass(frozen=True, slots=True)
class Today:
    """The account's local day, and how many days that is from the run's day 0 (None where a run has none)."""

    today: date
    day: int | None


def values(
    published: Published,
    facts: Facts,
    today: Today,
    contact: Contact | None = None,
    person: Person | None = None,
    preferences: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Everything a template may name: facts by namespace, the day, the owner, the reader, the brand and its links. `preferences` is
    the reader's own page; without one it is a mail to whoever gives support."""
    brand = published.house.brand
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


def survey(published: Published, template: Template, link: str | None) -> dict[str, Any]:
    """The scale of the survey that a mail asks, in the mail's language; nothing where it asks none. `link` leads to where it is
    answered; without one an answer is a mail to whoever gives support."""
    name = template.head.survey if isinstance(template.head, MailHead) else None
    asked = published.house.surveys.surveys.get(name or "")
    if asked is None:
        return {}
    brand = published.house.brand
    words, _ = asked.words((template.locale,), brand.language)
    return {"survey": {"scale": Scale(asked, words, link or f"mailto:{brand.support}?subject={name}", brand.colour)}}


def written_for(published: Published, kind: Kind, name: str, facts: Facts, contact: Contact | None) -> tuple[Template, str] | None:
    """A template as this contact reads it: in their language, else the account's, else the house's; and how dates are written there."""
    wanted = (contact.facts.get("language"), facts.values.get("account.language")) if contact else ()
    return published.words.written_for(kind, name, wanted, published.house.brand.language)


def _named(name: str, email: str, first: str | None = None) -> dict[str, Any]:
    return {"name": name, "first_name": first or (name.split() or [name])[0], "email": email}


def of_task(published: Published, title: str, facts: Facts, today: Today) -> tuple[str, str]:
    """A task's title and instructions. A task is never lost to its words: what cannot be filled in says so in the body."""
    template = published.words.get("tasks", title)
    if template is None:
        return title, ""
    try:
        message = template.fill(values(published, facts, today), published.house.brand.language)
    except Unfillable as error:
        return title.replace("-", " ").capitalize(), f"The instructions could not be filled in: {error}"
    return message.subject, message.text
