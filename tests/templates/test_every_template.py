"""Every template in templates/, for every segment, in every language: it can be filled in, and comes out as it should.

A template that is added is tested by being there; nothing here names one, but for those whose pages snapshots keep.
"""

from __future__ import annotations

import re

import pytest
from justhtml import JustHTML

from domain.composing import MOST_PAGE
from tests.templates import rendering

DAYS = (1, 8, 30, 60, 75)
of_everything = pytest.mark.parametrize(("name", "segment", "locale"), rendering.cases())
MAILS = [case for case in rendering.cases() if case[0].startswith("email/")]
of_every_mail = pytest.mark.parametrize(("name", "segment", "locale"), MAILS)


def linted(html: str) -> list[str]:
    """What the HTML standard calls a parse error."""
    return [f"{error.line}:{error.column}: {error.code}" for error in JustHTML(html, collect_errors=True, sanitize=False).errors]


def attributes(page: JustHTML, tag: str, name: str) -> list[str]:
    """What each element of a kind says there; empty where it says nothing."""
    return [(element.attrs or {}).get(name) or "" for element in page.query(tag)]


def test_there_are_templates_and_a_second_language() -> None:
    names, _, languages = zip(*rendering.cases(), strict=True)
    assert {name.partition("/")[0] for name in names} == {"email", "slack", "tasks"}
    assert "de" in languages


@of_everything
@pytest.mark.parametrize("bare", [True, False], ids=["bare", "known"])
def test_it_says_something_whatever_is_known(name: str, segment: str, locale: str | None, bare: bool) -> None:
    for day in DAYS:
        message = rendering.render(name, segment, locale, day, bare).message
        assert message.subject.strip()
        for part in (message.subject, message.text, message.html or ""):
            assert not re.search(r"\{\{|\{%|\[\[|\bNone\b|qzjinja", part)
        assert not re.search(r" [.,;]", message.text)


@of_every_mail
def test_a_mail_is_sound_html_small_and_says_its_language(name: str, segment: str, locale: str | None) -> None:
    shown = rendering.render(name, segment, locale)
    html = shown.message.html or ""
    assert linted(html) == []
    assert len(html.encode()) < MOST_PAGE / 4
    page = JustHTML(html, sanitize=False)
    assert attributes(page, "html", "lang") == [locale or "en-GB"]
    assert all(address.startswith(("https://", "mailto:")) for address in attributes(page, "a", "href"))
    assert all(attributes(page, "img", "alt"))
    assert "prefers-color-scheme: dark" in html
    assert '<meta name="color-scheme" content="light dark">' in html
    text = page.to_text()
    for word in ("Meridian GmbH, Torstrasse 140", "Example Ltd" if "Example Ltd" in shown.message.text else ""):
        assert word in text
        assert word in shown.message.text


def test_the_linter_finds_what_is_wrong() -> None:
    assert linted("<!doctype html><html><head><title>x</title></head><body><p>x</p></div></body></html>") != []


def test_words_come_out_as_they_did() -> None:
    """`make snapshots` keeps them anew where a change was meant."""
    fresh, kept = dict(rendering.snapshots()), rendering.kept()
    assert sorted(fresh) == sorted(kept)
    assert [name for name, text in fresh.items() if kept[name] != text] == []
