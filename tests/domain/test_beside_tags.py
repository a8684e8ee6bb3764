"""What is written beside tags: braces, brackets and ampersands stay what they are, and whatever compiles can be filled in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import composing
from domain.composing import Template
from domain.faults import FaultyText

LAYOUTS = {
    "mail": "<mjml><mj-body><mj-section><mj-column><mj-text>[[body]]</mj-text></mj-column></mj-section></mj-body></mjml>",
    "sections": "<mjml><mj-body>[[sections]]</mj-body></mjml>",
}
VALUES = {"account": {"name": "Acme"}, "day": 3}
PIECES = (
    "{{ account.name }}", "{% if day %}", "{% endif %}", "{% raw %}", "{% endraw %}", "{# x #}", "{", "}", "[", "]", "%", "#", "&#123;",
    "&#37;", "&amp;", "\\", "`", "*", "'", "(https://example.com)", " ", "\n\n", "x",
)  # fmt: skip


def markdown(body: str) -> Template:
    return composing.compile("email", "x", f"---\nsubject: Hello\npreview: Hello\n---\n\n{body}\n", LAYOUTS)


def mjml(body: str) -> Template:
    section = f"<mj-section><mj-column><mj-text><p>{body}</p></mj-text></mj-column></mj-section>"
    return composing.compile("email", "x.mjml", f"---\nsubject: Hello\npreview: Hello\nlayout: sections\n---\n\n{section}\n", LAYOUTS)


@pytest.mark.parametrize("mail", [markdown, mjml])
@given(body=st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join))
def test_whatever_stands_beside_a_tag_does_not_become_part_of_it(mail: Callable[[str], Template], body: str) -> None:
    try:
        compiled = mail(f"x{body}")
    except FaultyText:
        return
    assert compiled.fill(VALUES).text.startswith("x")


@pytest.mark.parametrize(
    ("mail", "body", "text"),
    [
        (markdown, r"a \{ b {] c", "a { b {] c"), (markdown, "{[x]{{ account.name }}", "{[x]Acme"),
        (markdown, r"\&#123;% x %}", "&#123;% x %}"), (markdown, "`&amp;` & &amp;", "&amp; & &"),
        (mjml, "&#123;{{ account.name }}", "{Acme"), (mjml, "&#123;&#123; account.name }}", "{{ account.name }}"), (mjml, "{&#37; x", "{% x"),
    ],
)  # fmt: skip
def test_letters_that_could_be_a_tag_come_out_as_they_were_written(mail: Callable[[str], Template], body: str, text: str) -> None:
    assert mail(body).fill(VALUES).text == text + "\n"
