"""Mails that somebody changes before they leave."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import composing, editing
from domain.composing import Message, Template
from domain.editing import Uneditable

LAYOUT = "<mjml><mj-body><mj-section><mj-column><mj-text>[[body]]</mj-text></mj-column></mj-section></mj-body></mjml>"
SECTIONS = "<mjml><mj-body>[[sections]]</mj-body></mjml>"
LAYOUTS = {"mail": LAYOUT, "sections": SECTIONS}


def a_mail(body: str, stem: str = "x", **head: str) -> Template:
    said = {"subject": "Hello {{ account.name }}", "preview": "Hello", **head}
    fields = "\n".join(f'{name}: "{value}"' for name, value in said.items())
    return composing.compile("email", stem, f"---\n{fields}\n---\n\n{body}\n", LAYOUTS)


def values(name: str, link: str = "https://example.com/a_b?c=d&e=%20f") -> dict[str, Any]:
    return {"account": {"name": name}, "links": {"setup": link}}


def same_to_see(one: Message, other: Message) -> bool:
    """Markdown and Jinja write a quotation mark in two ways."""
    return (one.subject, one.text, html.unescape(one.html or "")) == (other.subject, other.text, html.unescape(other.html or ""))


BODY = "Hello {{ account.name }},\n\n{{ account.name }} is here. [Look]({{ links.setup }})\n\n- {{ account.name }}"


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn", "Zl", "Zp", "Zs")), min_size=1, max_size=20))
def test_a_mail_whose_text_is_left_as_it_is_stays_as_it_is_whatever_a_value_says(name: str) -> None:
    mail = a_mail(BODY)
    written = editing.markdown(mail, values(name), "en-GB")
    assert same_to_see(editing.edited(mail, None, written, LAYOUTS).fill(values(name)), mail.fill(values(name)))


@pytest.mark.parametrize(
    "name", ["{{ account.secret }}", "{% for x in account %}", "{# nothing #}", "# Big", "1. One", "- Item", "a_b_c *d* <b>"]
)
def test_what_a_customer_is_called_is_never_read_as_markup_or_as_a_tag(name: str) -> None:
    mail = a_mail(BODY)
    written = editing.markdown(mail, values(name), "en-GB")
    assert same_to_see(editing.edited(mail, None, written, LAYOUTS).fill(values(name)), mail.fill(values(name)))


def test_a_changed_text_is_set_into_the_same_layout_with_names_filled_in() -> None:
    made = editing.edited(a_mail(BODY), "Talk?", "Shall **we** talk, {{ account.name }}?", LAYOUTS).fill(values("Acme & Sons"))
    assert made.subject == "Talk?"
    assert made.text == "Shall we talk, Acme & Sons?\n"
    assert "<strong>we</strong> talk, Acme &amp; Sons?" in (made.html or "")
    assert (made.html or "").startswith((a_mail(BODY).fill(values("x")).html or "").partition("Hello")[0][:60])


@dataclass(frozen=True)
class AScale:
    """What brings a page of its own, as the numbers of a survey do."""

    def __html__(self) -> str:
        return "<a href='https://example.com/9'>9</a>"

    def __str__(self) -> str:
        return "9: https://example.com/9"


def test_the_scale_of_a_survey_stays_where_it_is_and_must() -> None:
    mail = a_mail("How was it, {{ account.name }}?\n\n{{ survey.scale }}", survey="nps")
    told = {**values("Acme"), "survey": {"scale": AScale()}}
    written = editing.markdown(mail, told, "en-GB")
    assert written == "How was it, Acme?\n\n{{ survey.scale }}\n"
    assert editing.edited(mail, None, written, LAYOUTS).fill(told) == mail.fill(told)
    with pytest.raises(Uneditable, match="^the mail asks a survey: keep {{ survey.scale }} where its numbers stand$"):
        editing.edited(mail, None, "How was it?", LAYOUTS)


def test_of_a_mail_in_mjml_only_the_subject_is_changed() -> None:
    body = "<mj-section><mj-column><mj-text>Hello {{ account.name }}</mj-text></mj-column></mj-section>"
    mail = a_mail(body, "x.mjml", layout="sections")
    assert editing.markdown(mail, values("Acme"), "en-GB") is None
    changed = editing.edited(mail, "Talk?", None, LAYOUTS).fill(values("Acme"))
    assert (changed.subject, changed.text) == ("Talk?", mail.fill(values("Acme")).text)
    with pytest.raises(Uneditable, match=r"^email/x\.mjml is written in MJML: its subject can be edited"):
        editing.edited(mail, None, "Hello", LAYOUTS)


def test_a_mail_that_cannot_be_filled_in_has_no_text_to_change() -> None:
    assert editing.markdown(a_mail(BODY), {"links": {"setup": "https://example.com"}}, "en-GB") is None


@pytest.mark.parametrize(
    ("text", "why"), [("{% if %}", "Expected an expression"), ("{{ a() }}", "call"), ("[x]({{ account.name }})", "a link begins with")]
)
def test_a_text_that_no_template_may_have_is_refused(text: str, why: str) -> None:
    with pytest.raises(Uneditable, match=why):
        editing.edited(a_mail(BODY), None, text, LAYOUTS)


@pytest.mark.parametrize("written", [r"\{\{ account.name }}", "&#123;&#123; account.name }}", r"\{\% x %}", "&#123;# x #}"])
def test_braces_that_are_written_not_to_be_a_tag_are_none(written: str) -> None:
    text = editing.edited(a_mail(BODY), None, written, LAYOUTS).fill(values("Acme")).text
    assert text == html.unescape(written).replace("\\", "") + "\n"
