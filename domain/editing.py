"""A mail that waits for approval, changed by whoever looks at it: Markdown within the same layout, as its template is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import jinja2

from domain import composing, sandbox
from domain.composing import MailHead, Template
from domain.faults import FaultyText
from domain.sandbox import Unfillable

MOST_SUBJECT, MOST_TEXT = 998, 64_000  # characters; a subject is a line of a mail's header (RFC 5322, 2.1.1)


class Uneditable(ValueError):
    """A mail cannot be changed so; says why, and what to do."""


def markdown(template: Template, values: Mapping[str, Any], formats: str) -> str | None:
    """The text of a mail as its reader would get it, in Markdown, to be changed; None where it cannot be filled in, or is of MJML."""
    if template.is_mjml:
        return None
    try:
        return sandbox.render(sandbox.markdown.from_string(template.body), values, formats).strip() + "\n"
    except (Unfillable, jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, NameError, TypeError, ValueError):
        return None


def edited(template: Template, subject: str | None, text: str | None, layouts: Mapping[str, str]) -> Template:
    """The template with another subject or text (None: the same); both may name values, as a template does. Raises Uneditable."""
    head = template.head
    assert isinstance(head, MailHead), "only mails wait for approval"
    if template.is_mjml and text is not None:
        raise Uneditable(f"{template.path} is written in MJML: its subject can be edited; for another text, change the template")
    said = {"subject": subject or head.subject, "preview": head.preview, "layout": head.layout, "topic": head.topic, "survey": head.survey}
    written = "\n".join(f"{name}: {json.dumps(words, ensure_ascii=False)}" for name, words in said.items() if words is not None)
    stem = template.path.partition("/")[2]
    try:
        made = composing.compile("email", stem, f"---\n{written}\n---\n{template.body if text is None else text}", layouts)
    except FaultyText as error:
        raise Uneditable("; ".join(fault.sentence for fault in error.faults)) from None
    if head.survey and "survey.scale" not in made.names:
        raise Uneditable(f"the mail asks a survey: keep {sandbox.SCALE} where its numbers stand")
    return made
