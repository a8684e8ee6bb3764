"""How words become a page and a text: layouts, mails in MJML, and what is kept of styles."""

from __future__ import annotations

import re

import pytest

from domain import composing
from domain.composing import Message
from domain.faults import FaultyText
from domain.typesetting import MOST_NESTED

FOOT = "<mj-section><mj-column><mj-text>{{ brand.company }}<br />Berlin</mj-text></mj-column></mj-section>"
STYLE = """<mj-head><mj-style>.words p { margin: 0 0 7px; } @media (prefers-color-scheme: dark) { .words p { color: #eee !important; } }</mj-style></mj-head>"""
LAYOUTS = {
    "mail": f"<mjml lang='{{{{ locale }}}}'>{STYLE}<mj-body><mj-section><mj-column><mj-text css-class='words'>[[body]]</mj-text></mj-column></mj-section>{FOOT}</mj-body></mjml>",
    "report": f"<!-- Its [[sections]] -->\n<mjml><mj-body>[[sections]]{FOOT}</mj-body></mjml>",
}
VALUES = {
    "account": {"name": "<b>Acme</b>", "training": 0.5, "tags": ("a", "b")},
    "brand": {"company": "Meridian"},
    "links": {"app": "https://a.example/?x=1&y=2"},
}
SECTION = "<mj-section><mj-column>{}</mj-column></mj-section>"


def filled(body: str, stem: str = "x.mjml", layout: str = "report", layouts: dict[str, str] = LAYOUTS) -> Message:
    text = f"---\nsubject: Hello\npreview: A word\nlayout: {layout}\n---\n{body}\n"
    return composing.compile("email", stem, text, layouts).fill(VALUES)


def refused(body: str, stem: str = "x.mjml", layout: str = "report", layouts: dict[str, str] = LAYOUTS) -> str:
    with pytest.raises(FaultyText) as caught:
        filled(body, stem, layout, layouts)
    return str(caught.value)


def test_styles_are_inlined_and_those_for_dark_screens_and_phones_are_kept() -> None:
    html = filled("Hello", "x", "mail").html or ""
    assert re.search(r'<p style="[^"]*margin: 0 0 7px', html)
    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media only screen and (min-width:480px)" in html


def test_a_mail_in_mjml_is_set_into_its_layout_and_says_the_same_in_plain_words() -> None:
    body = SECTION.format(
        '<mj-text><p>Hello {{ account.name }},</p><p>see   this:</p></mj-text><mj-button href="{{ links.app }}">Open it</mj-button>'
    ) + SECTION.format(
        '{% if account.training %}<mj-text>{{ account.training | percent }}</mj-text>{% endif %}<mj-image src="https://i.example/a.png" alt="A chart" />'
    )
    message = filled(body)
    html = message.html or ""
    assert "&lt;b&gt;Acme&lt;/b&gt;" in html
    assert 'href="https://a.example/?x=1&amp;y=2"' in html
    assert (html.count("50%</div>"), html.count("Meridian")) == (1, 1)
    assert message.text == (
        "Hello <b>Acme</b>,\n\nsee this:\n\nOpen it: https://a.example/?x=1&y=2\n\n50%\n\nA chart\n\n-- \nMeridian\nBerlin\n"
    )


def test_sections_may_be_repeated_and_left_out() -> None:
    row = SECTION.format("<mj-text>{{ tag }}</mj-text>")
    html = filled("{% for tag in account.tags %}" + row + "{% endfor %}{% if not account.training %}" + row + "{% endif %}").html or ""
    assert re.findall(r">(a|b)</div>", html) == ["a", "b"]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (SECTION.format("<mj-text>x</mj-text>").removesuffix("</mj-section>"), "templates/email/x.mjml:6:1: this is not MJML: "),
        ('<mj-section nothing="{{ account.name }}"><mj-column><mj-text>x</mj-text></mj-column></mj-section>', "templates/email/x.mjml:6:1: MJML drops {{ account.name }} where it stands"),
        (SECTION.format('<mj-button href="{{ account.name }}">x</mj-button>'), "templates/email/x.mjml:6:41: a link begins with https:// or with {{ links.<name> }}"),
        (SECTION.format('<mj-image src="{{ account.name }}" alt="x" />'), "templates/email/x.mjml:6:39: a link begins with https:// or with {{ links.<name> }}"),
        ("\n\n" + "<mj-wrapper>" * 5000 + "x" + "</mj-wrapper>" * 5000, f"templates/email/x.mjml:8:1: more than {MOST_NESTED} elements lie in each other here"),
        (SECTION.format("<mj-text>" + "<div class='a>b'>" * 5000 + "</mj-text>"), f"templates/email/x.mjml:6:1: more than {MOST_NESTED} elements"),
        (SECTION.format("<mj-text>" + "ü" * 60_000 + "</mj-text>"), "templates/email/x.mjml:1:1: the mail is larger than 102,000 bytes"),
    ],
)  # fmt: skip
def test_a_mail_in_mjml_that_cannot_be_set_is_refused(body: str, fault: str) -> None:
    assert refused(body).startswith(fault)


@pytest.mark.parametrize(
    ("stem", "layout", "layouts", "fault"),
    [
        ("x.mjml", "mail", LAYOUTS, "templates/email/x.mjml:6:1: the layout of a mail in MJML has [[sections]], where its sections go, and templates/layouts/mail.mjml has none"),
        ("x", "report", LAYOUTS, "templates/layouts/report.mjml:1:1: the layout has no [[body]], where the text of a mail goes"),
        ("x", "mial", LAYOUTS, "templates/email/x.md:4:9: no layout is called 'mial'; did you mean 'mail'?; layouts lie in templates/layouts/"),
        ("x", "deep", {"deep": "<mjml>\n<mj-body>" + "<mj-wrapper>" * 5000 + "[[body]]"}, f"templates/layouts/deep.mjml:2:1: more than {MOST_NESTED} elements lie in each other here"),
    ],
)  # fmt: skip
def test_a_layout_that_does_not_fit_is_refused(stem: str, layout: str, layouts: dict[str, str], fault: str) -> None:
    assert refused("Hello", stem, layout, layouts) == fault


def test_what_a_layout_says_to_its_authors_reaches_nobody() -> None:
    page = filled(SECTION.format("<mj-text>x</mj-text>"))
    assert "Its " not in (page.html or "") + page.text


@pytest.mark.parametrize(
    ("stem", "file", "fault"),
    [
        ("x.xx", "templates/email/x.xx.md", "'xx' is not a language that is known; write one like de, or de-AT"),
        ("x.de_AT", "templates/email/x.de_AT.md", "'de_AT' is not a language that is known; write one like de, or de-AT"),
        ("x.DE", "templates/email/x.DE.md", "write the language as 'de'"),
        ("X.de", "templates/email/X.de.md", "'X' cannot name a template; use small letters, digits and hyphens"),
        ("../x", "templates/email/...md", "'' cannot name a template; use small letters, digits and hyphens"),
    ],
)
def test_a_file_is_named_for_what_it_is(stem: str, file: str, fault: str) -> None:
    said = refused("Hello", stem, "mail")
    assert said.endswith(f":1:1: {fault}")
    assert stem.startswith("..") or said.startswith(file)


def test_only_mails_are_written_in_several_languages() -> None:
    for kind in ("slack", "tasks"):
        with pytest.raises(FaultyText, match="only mails are written in several languages, or in MJML"):
            composing.compile(kind, "x.de", "---\ntitle: x\n---\nx\n", {})


def test_a_mail_is_written_in_its_own_language() -> None:
    text = "---\nsubject: Hallo\npreview: Ein Wort\n---\n{{ 1200 | money }}, {{ 1 | plural('Tag', 'Tage') }}, {{ 2.5 | plural('Tag', 'Tage') }}\n"
    template = composing.compile("email", "x.de", text, LAYOUTS)
    assert (template.name, template.locale, template.key, template.path, template.file) == (
        "x", "de", ("email", "x.de"), "email/x.de", "templates/email/x.de.md",
    )  # fmt: skip
    message = template.fill(VALUES)
    assert message.text.startswith("1.200\xa0€, 1 Tag, 2,5 Tage")
    assert '<html lang="de"' in (message.html or "")


def test_layouts_are_found_where_they_lay_before_there_were_several() -> None:
    assert composing.layouts({"email/layout.mjml": "a", "email/x": "b"}) == {"mail": "a"}
    assert composing.layouts({"email/layout.mjml": "a", "layouts/mail.mjml": "b", "layouts/letter.mjml": "c"}) == {
        "mail": "b",
        "letter": "c",
    }
    assert [composing.is_layout(name) for name in ("email/layout.mjml", "layouts/mail.mjml", "email/layouts", "email/report.mjml")] == [
        True,
        True,
        False,
        False,
    ]
