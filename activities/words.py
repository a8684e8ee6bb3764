"""Filling in words of what is published: which values a template of one account sees."""

from __future__ import annotations

from typing import Any

from database.definitions import Published
from domain import filling
from domain.composing import Kind, Template
from domain.facts import Contact, Facts, Person
from domain.filling import Today as Today
from domain.sandbox import Unfillable


def values(
    published: Published,
    facts: Facts,
    today: Today,
    contact: Contact | None = None,
    person: Person | None = None,
    preferences: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Everything a template may name (see `filling.values`)."""
    return filling.values(published.house, facts, today, contact, person, preferences, **more)


def survey(published: Published, template: Template, link: str | None) -> dict[str, Any]:
    """The scale of the survey that a mail asks (see `filling.survey`)."""
    return filling.survey(published.house, template, link)


def written_for(published: Published, kind: Kind, name: str, facts: Facts, contact: Contact | None) -> tuple[Template, str] | None:
    """A template as this contact reads it, and how dates are written there."""
    return filling.written_for(published.words, published.house, kind, name, facts, contact)


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
