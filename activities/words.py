"""Filling in words of what is published: which values a template of one account sees."""

from __future__ import annotations

from database.definitions import Published
from domain import filling
from domain.composing import Kind, Template
from domain.facts import Contact, Facts
from domain.filling import Today
from domain.sandbox import Unfillable


def written_for(published: Published, kind: Kind, name: str, facts: Facts, contact: Contact | None) -> tuple[Template, str] | None:
    """A template as this contact reads it, and how dates are written there."""
    return filling.written_for(published.words, published.house, kind, name, facts, contact)


def of_task(published: Published, title: str, facts: Facts, today: Today) -> tuple[str, str]:
    """A task's title and instructions. A task is never lost to its words: what cannot be filled in says so in the body."""
    template = published.words.get("tasks", title)
    if template is None:
        return title, ""
    try:
        message = template.fill(filling.values(published.house, facts, today), published.house.brand.language)
    except Unfillable as error:
        return title.replace("-", " ").capitalize(), f"The instructions could not be filled in: {error}"
    return message.subject, message.text
