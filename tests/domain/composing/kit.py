"""Templates of every kind in one line, and what a reader sees of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest

from domain import composing
from domain.composing import Kind, Message, Template
from domain.faults import FaultyText

LAYOUT = """
<mjml>
  <mj-head>
    <mj-title>[[subject]]</mj-title>
    <mj-preview>[[preview]]</mj-preview>
    <mj-style>.words a.button { color: {{ brand.colour }}; } .words p { margin: 0 0 7px; }</mj-style>
  </mj-head>
  <mj-body><mj-section><mj-column><mj-text css-class="words">[[body]]</mj-text></mj-column></mj-section>
    <mj-section><mj-column><mj-text>{{ brand.company }} · {{ brand.postal_address }}</mj-text></mj-column></mj-section></mj-body>
</mjml>
"""
HEADS: dict[Kind, str] = {
    "email": "subject: Hello\npreview: A word from us",
    "slack": "subject: Hello",
    "tasks": "title: Hello",
}
VALUES: dict[str, Any] = {
    "account": {
        "name": "Acme",
        "tags": ("pilot", "vip"),
        "arr": 1_234_567.5,
        "left_on": date(2026, 3, 12),
        "training": 0.725,
        "wish": None,
    },
    "contact": {"first_name": "Ann"},
    "brand": {"company": "Meridian", "postal_address": "Torstrasse 140, Berlin", "colour": "#1f4b8f"},
    "links": {"app": "https://app.example.com/?from=mail&to=you"},
}


def a_template(body: str, kind: Kind = "tasks", head: str | None = None, layout: str = LAYOUT) -> Template:
    return composing.compile(kind, "x", f"---\n{HEADS[kind] if head is None else head}\n---\n{body}\n", {"mail": layout})


def filled(body: str, kind: Kind = "tasks", head: str | None = None, **account: Any) -> Message:
    """What comes of this text for Acme, of which these facts are known."""
    return a_template(body, kind, head).fill({**VALUES, "account": {**VALUES["account"], **account}})


def said(body: str, **account: Any) -> str:
    """What comes of this text in a task."""
    return filled(body, **account).text.removesuffix("\n")


def refused(body: str, kind: Kind = "tasks", head: str | None = None, layout: str = LAYOUT) -> str:
    """The faults of a text, one a line."""
    with pytest.raises(FaultyText) as caught:
        a_template(body, kind, head, layout)
    return str(caught.value)


@dataclass
class Page(HTMLParser):
    """What a browser makes of a mail: its tags with their attributes, the text between them, and that of each paragraph."""

    tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = field(default_factory=list)
    text: str = ""
    paragraphs: list[str] = field(default_factory=list)
    is_within: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))
        if tag == "p":
            self.is_within = True
            self.paragraphs.append("")

    def handle_endtag(self, tag: str) -> None:
        self.is_within = self.is_within and tag != "p"

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.is_within:
            self.paragraphs[-1] += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [dict(attrs) for name, attrs in self.tags if name == tag]


def page(message: Message) -> Page:
    read = Page()
    read.feed(message.html or "")
    return read
