"""What a mail comes out as: its parts, its buttons, its addresses."""

from __future__ import annotations

import pytest

from tests.domain.composing.kit import filled, page, refused


def test_a_button_is_a_link_that_looks_like_one() -> None:
    message = filled('[Open {{ account.name }}]({{ links.app }} "button") or [read]({{ links.app }} "More about it")', "email")
    button, link = page(message).of("a")
    assert (button["class"], button["href"], "title" in button) == ("button", "https://app.example.com/?from=mail&to=you", False)
    assert "color: #1f4b8f" in (button["style"] or "")
    assert (link["title"], link["href"], "class" in link) == ("More about it", button["href"], False)


def test_the_text_part_says_the_same_in_plain_words() -> None:
    body = """
# Your week

Hello {{ contact.first_name }},
see **how** to [begin]({{ links.app }} "button"), or write to <mailto:us@example.com>.

1. one
2. {{ account.name }}

- a & b
"""
    assert filled(body, "email").text == (
        "Your week\n\nHello Ann, see how to begin: https://app.example.com/?from=mail&to=you, or write to mailto:us@example.com.\n\n"
        " 1. one\n 2. Acme\n  * a & b\n\n-- \nMeridian · Torstrasse 140, Berlin\n"
    )


@pytest.mark.parametrize(("name", "greeting"), [("Acme", "Hello Acme"), ("", "Hello you")])
@pytest.mark.parametrize(
    "body",
    [
        "Before\n\n{% if account.name %}\n\nHello {{ account.name }}\n\n{% else %}\n\nHello you\n\n{% endif %}\n\nAfter",
        "Before\n\n{% if account.name %}Hello {{ account.name }}{% else %}Hello you{% endif %}\n\nAfter",
        "Before\n\n{%- if account.name %}\n\nHello {{ account.name }}\n\n{%- else %}\n\nHello you\n\n{%- endif %}\n\nAfter",
    ],
)
def test_a_condition_leaves_no_trace(body: str, name: str, greeting: str) -> None:
    message = filled(body, "email", name=name)
    assert page(message).paragraphs == ["Before", greeting, "After"]
    assert [line for line in message.text.splitlines() if line][:3] == ["Before", greeting, "After"]


def test_a_value_alone_in_a_paragraph_is_a_paragraph() -> None:
    assert len(page(filled("{{ account.name }}\n\n{{ contact.first_name }}", "email")).of("p")) == 2


def test_the_preview_stands_in_the_mail_and_not_in_its_text() -> None:
    message = filled("Hello", "email", 'subject: x\npreview: "For {{ account.name }} & you"')
    assert "For Acme & you" in page(message).text
    assert "For Acme" not in message.text


def test_styles_are_put_where_mail_programs_read_them() -> None:
    (paragraph,) = page(filled("Hello", "email")).of("p")
    assert "margin: 0 0 7px" in (paragraph["style"] or "")


@pytest.mark.parametrize(
    "written", ["<script>alert(1)</script>", "<!-- the footer -->", "<img src=x onerror=y>", "<div style='display:none'>"]
)
def test_html_in_a_mail_is_text(written: str) -> None:
    message = filled(f"See {written} here", "email")
    assert f"See {written} here" in page(message).text
    assert page(message).tags == page(filled("See it here", "email")).tags


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html;base64,eA==", "vbscript:x", "file:///etc/passwd"])
def test_an_address_that_is_none_is_no_link(address: str) -> None:
    assert page(filled(f"[x]({address})", "email")).of("a") == []


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("[x]({{ account.name }})", "6:5"), ("Hello\n\nsee [x]({{ account.name }} \"button\")", "8:9"), ("![x]({{ account.name }})", "6:6"),
        ("[x][1]\n\n[1]: {{ account.name }}", "8:6"), ("[x](<{{ account.name }}>)", "6:6"), ("[x]({{ 'javascript:' ~ links.app }})", "6:5"),
        ("[x]({%if account.name%}https://a{%endif%})", "6:5"),
    ],
)  # fmt: skip
def test_what_is_told_of_an_account_is_no_address(body: str, place: str) -> None:
    assert refused(f"\n{body}", "email") == f"templates/email/x.md:{place}: a link begins with https:// or with {{{{ links.<name> }}}}"


def test_an_address_may_end_in_what_is_told() -> None:
    links = page(
        filled("[x]({{ links.app }}&a={{ account.name }}) [y]({{- links.app -}}) [z](https://a.example/{{ account.name }})", "email")
    ).of("a")
    assert [link["href"] for link in links] == [
        "https://app.example.com/?from=mail&to=you&a=Acme", "https://app.example.com/?from=mail&to=you", "https://a.example/Acme",
    ]  # fmt: skip
