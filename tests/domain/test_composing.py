"""Words: what a template may say, what it comes out as for one reader, and what a name may never do to a mail, a post or a task."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import composing
from domain.composing import Kind, Message, Template, Words
from domain.faults import FaultyText
from domain.house import Wording
from domain.sandbox import MOST_RENDERED, Unfillable

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


# Names that would rather be something else

NAMES = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title><b>",
    "<!-- hidden -->",
    "]]><mj-raw>",
    "Tom & Jerry &lt;b&gt;",
    "{{ 7 * 7 }}{% include 'x' %}",
    "qzjinja0q",
    "**bold** _it_ # x",
    "[click](javascript:alert(1))",
    "![](https://evil.example/pixel.png)",
    "<!channel> <@U1>",
    "Ünïcode 🎉 株式会社",
)
PLACES = """
# About {{ account.name }}

Hello **{{ account.name }}** of {{ account.name }}, [see {{ account.name }}]({{ links.app }} "button") {% if true %}{{ account.name }}{% endif %}

- {{ account.name }}

| {{ account.name }} | b |
|---|---|
| a | {{ account.name }} |

> {{ account.name }}
"""


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_read_as_a_name_wherever_it_stands_in_a_mail(name: str) -> None:
    """The page has the tags it has for Acme, with the same attributes, and shows the name as it is."""
    head = 'subject: "{{ account.name }}!"\npreview: "From {{ account.name }}"'
    harmless, message = filled(PLACES, "email", head, name="Acme"), filled(PLACES, "email", head, name=name)
    assert page(message).tags == [
        (tag, tuple((key, (value or "").replace("Acme", name)) for key, value in attrs)) for tag, attrs in page(harmless).tags
    ]
    assert page(message).text == page(harmless).text.replace("Acme", name)
    assert message.text == harmless.text.replace("Acme", name)
    assert message.subject == f"{name}!"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<!channel> wake up", "&lt;!channel&gt; wake up"),
        ("<@U024BE7LH>", "&lt;@U024BE7LH&gt;"),
        ("<https://evil.example|your bank>", "&lt;https://evil.example|your bank&gt;"),
        ("Tom & Jerry", "Tom &amp; Jerry"),
        ("&lt;!here&gt;", "&amp;lt;!here&amp;gt;"),
    ],
)
@pytest.mark.parametrize(
    "words", ["{{ account.name }}", "{{ account.name | trim }}", "{{ [account.name] | join }}", "{{ 'x' ~ account.name }}", "{% for name in [account.name] %}{{ name }}{% endfor %}"]
)  # fmt: skip
def test_a_name_calls_nobody_in_slack(words: str, name: str, shown: str) -> None:
    assert filled(f"*Good news* <https://ours.example|here>: {words}", "slack", name=name).text.strip().endswith(shown)


def test_what_the_author_writes_in_slack_is_slacks_markup() -> None:
    assert filled("<!here> *{{ account.name }}*, since {{ account.left_on }}: {{ account.arr | money }}", "slack").text == (
        "<!here> *Acme*, since 12 March 2026: €1,234,568\n"
    )


def test_a_task_holds_a_name_as_it_is() -> None:
    assert said("Call {{ account.name }}", name="<b> & <!channel>") == "Call <b> & <!channel>"


# Subjects


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("Acme\r\nBcc: everyone@example.com", "Hi Acme Bcc: everyone@example.com"),
        ("Acme\nSubject: x", "Hi Acme Subject: x"),
        ("a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g\th", "Hi a b c d e f g h"),
        ("  Acme   Ltd  ", "Hi Acme Ltd"),
        ("Ac\x00me\x1b[31m\x7f", "Hi Acme[31m"),
        ("Acme \u202egnp.exe\u2066 Ltd", "Hi Acme gnp.exe Ltd"),  # text turned round
        ("\u200fעברית 👨‍👩‍👧", "Hi \u200fעברית 👨‍👩‍👧"),
        ('Tom & "Jerry" <ltd>', 'Hi Tom & "Jerry" <ltd>'),
    ],
)
@pytest.mark.parametrize("kind", ["email", "slack", "tasks"])
def test_a_subject_is_one_line_of_what_can_be_seen(kind: Kind, name: str, subject: str) -> None:
    head = {
        "email": 'subject: "Hi {{ account.name }}"\npreview: x',
        "slack": 'subject: "Hi {{ account.name }}"',
        "tasks": 'title: "Hi {{ account.name }}"',
    }
    assert filled("x", kind, head[kind], name=name).subject == subject


def test_a_subject_is_no_longer_than_a_line_of_mail_may_be() -> None:
    assert filled("x", head='title: "{{ account.name }}"', name="ü" * 2000).subject == "ü" * 998


@pytest.mark.parametrize(
    ("kind", "head", "what"), [("tasks", 'title: "{{ account.name }}"', "title"), ("slack", 'subject: "{{ account.name }}"', "subject")]
)
@pytest.mark.parametrize("name", ["", " \n ", "\u202e\x00"])
def test_nothing_goes_out_without_a_subject(kind: Kind, head: str, what: str, name: str) -> None:
    with pytest.raises(Unfillable, match=f"^{kind}/x: its {what} came out empty$"):
        filled("x", kind, head, name=name)


# Values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ account.left_on }}", "12 March 2026"),
        ("{{ account.left_on | date }}", "12 March 2026"),
        ("Since {{ account.left_on }}, {{ account.name }}", "Since 12 March 2026, Acme"),
        ("{{ account.training | percent }}", "73%"),
        ("{{ account.arr | money }}", "€1,234,568"),
        ("{{ account.arr | money('USD') }}", "US$1,234,568"),
        ("{{ account.arr | money('GBP') }}", "£1,234,568"),
        ("{{ account.arr | money('CHF') }}", "CHF\xa01,234,568"),
        ("{{ (account.arr * (1 + account.training)) | money }}", "€2,129,629"),
        ("{{ account.arr | round | int }}", "1234568"),
        ("{{ (account.training * 100) | round(1) }}", "72.5"),
        ("{{ account.tags | join(', ') }}", "pilot, vip"),
        ("{{ account.tags | length }} {{ account.tags | first }} {{ account.tags | last }}", "2 pilot vip"),
        ("{% for tag in account.tags %}{{ tag }}{% if not loop.last %} and {% endif %}{% endfor %}", "pilot and vip"),
        ("{{ account.name | upper }} {{ account.name | lower }}", "ACME acme"),
        ("{% if account.wish %}yes{% elif account.arr > 5 %}rich{% else %}no{% endif %}", "rich"),
        ("{{ 'x' if account.wish is none else 'y' }} {{ account.arr is number }}", "x True"),
        ("{{ account['name'] }}", "Acme"),
        ("{# a note #}{{ '{{' }} {% raw %}{{ x }}{% endraw %}", "{{ {{ x }}"),
    ],
)  # fmt: skip
def test_values_are_shown_as_people_write_them(text: str, expected: str) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("filter", "value", "expected"),
    [
        ("percent", 0, "0%"), ("percent", 1, "100%"), ("percent", 1.2, "120%"), ("percent", -0.1, "-10%"), ("percent", 0.004, "0%"),
        ("percent", 0.285, "29%"), ("percent", 0.625, "63%"), ("percent", 0.995, "100%"), ("percent", -0.001, "0%"),
        ("money", 0, "€0"), ("money", 0.5, "€1"), ("money", 2.5, "€3"), ("money", 1234.5, "€1,235"), ("money", 999_999.5, "€1,000,000"),
        ("money", -500, "-€500"), ("money", -0.4, "€0"), ("money('CHF')", -1200, "-CHF\xa01,200"), ("money", 2**53, "€9,007,199,254,740,992"),
        ("round", 62.5, "63"), ("round", 5, "5"), ("round(2)", 2.675, "2.68"), ("round(1)", -0.04, "0"),
        ("date", date(2024, 2, 29), "29 February 2024"), ("date", date(2026, 1, 1), "1 January 2026"),
    ],
)  # fmt: skip
def test_halves_go_up_and_signs_stand_in_front(filter: str, value: Any, expected: str) -> None:
    assert said(f"{{{{ account.value | {filter} }}}}", value=value) == expected


@pytest.mark.parametrize("text", ["{{ account.wish }}", "{{ account.wish | date }}", "{{ account.wish | money }}", "{{ account.wish | percent }}", "{{ account.wish | round }}"])  # fmt: skip
@pytest.mark.parametrize("kind", ["email", "slack", "tasks"])
def test_a_value_that_is_not_known_is_not_guessed(kind: Kind, text: str) -> None:
    with pytest.raises(Unfillable, match=rf"^{kind}/x: a value it needs is not known; give it a default: "):
        filled(text, kind)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{ account.nme }}", "has no attribute 'nme'"),
        ("{{ accnt.name }}", "'accnt' is undefined"),
        ("{{ account.nme.x }}", "has no attribute 'nme'"),
        ("{% if account.nme %}x{% endif %}", "has no attribute 'nme'"),
        ("{% for x in account.nme %}x{% endfor %}", "has no attribute 'nme'"),
        ("{{ account.nme | money }}", "has no attribute 'nme'"),
        ("{{ account.nme | join }}", "has no attribute 'nme'"),
        ("{{ account.name | money }}", "'Acme' is not a number"),
        ("{{ account.name | percent }}", "'Acme' is not a number"),
        ("{{ account.name | round }}", "'Acme' is not a number"),
        ("{{ true | money }}", "'True' is not a number"),
        ("{{ account.name | date }}", "'Acme' is not a date"),
        ("{{ account.arr | round(99) }}", "99 is not a number of digits to round to"),
        ("{{ account.arr / 0 }}", "division"),
        ("{{ account.name + 1 }}", "can only concatenate str"),
        ("{{ account.wish > 5 }}", "not supported between"),
        ("{{ account.name | first | first | date }}", "'A' is not a date"),
    ],
)
def test_a_message_that_cannot_be_filled_in_says_why(text: str, why: str) -> None:
    with pytest.raises(Unfillable, match=f"^tasks/x: .*{why}"):
        said(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ account.wish | default('none yet', true) }}", "none yet"),
        ("{{ account.nme | default('nobody') }}", "nobody"),
        ("{{ account.name | default('nobody', true) }}", "Acme"),
        ("{{ account.nme if account.nme is defined else 'nobody' }}", "nobody"),
        ("{{ account.wish or 'none yet' }}", "none yet"),
        ("{{ (account.wish or 0) | percent }}", "0%"),
    ],
)
def test_a_default_stands_in(text: str, expected: str) -> None:
    assert said(text) == expected


def test_in_a_mail_any_part_may_lack_a_value() -> None:
    for head, body in [
        ("subject: '{{ account.wish }}'\npreview: x", "x"),
        ("subject: x\npreview: '{{ account.wish }}'", "x"),
        (HEADS["email"], "{{ account.wish }}"),
    ]:
        with pytest.raises(Unfillable, match="^email/x: a value it needs is not known"):
            filled(body, "email", head)


@pytest.mark.parametrize("name", ["items", "values", "keys", "get", "copy", "update"])
def test_a_fact_may_be_called_as_it_pleases(name: str) -> None:
    assert said(f"{{{{ account.{name} }}}}", **{name: 3}) == "3"
    with pytest.raises(Unfillable, match=f"has no attribute '{name}'"):
        said(f"{{{{ account.{name} }}}}")


# What templates may not do


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{{ account.name.upper() }}", "call"), ("{% for i in range(1000000000) %}x{% endfor %}", "call"), ("{{ lipsum() }}", "call"),
        ("{{ self.x() }}", "call"), ("{% for a in account.tags recursive %}{{ loop(a) }}{% endfor %}", "call"),
        ("{% include 'x' %}", "include"), ("{% import 'x' as y %}", "import"), ("{% from 'x' import y %}", "import"), ("{% extends 'x' %}", "extends"),
        ("{% block a %}{% endblock %}", "block"), ("{% macro a() %}{% endmacro %}", "macro"), ("{% autoescape false %}x{% endautoescape %}", "autoescape"),
        ("{% set x = 'ab' %}{% set x = x ~ x %}", "set"), ("{% set x %}a{% endset %}", "set"), ("{% with x = 'ab' %}{% endwith %}", "with"),
        ("{% filter upper %}x{% endfilter %}", "filter block"), ("{{ 9 ** 9 ** 9 }}", r"\*\*"), ("{{ '%1000000000d' % 1 }}", "%"),
    ],
)  # fmt: skip
def test_templates_know_values_filters_if_and_for(text: str, word: str) -> None:
    assert refused(text).replace(
        "\\", ""
    ) == f"templates/tasks/x.md:4:1: templates know no {word}; use values, filters, if and for".replace("\\", "")


@pytest.mark.parametrize(
    "filter", ["safe", "attr('x')", "map('upper')", "tojson", "center(1000000000)", "format(1)", "urlize", "pprint", "xmlattr"]
)
def test_templates_have_only_filters_that_cannot_harm(filter: str) -> None:
    assert refused(f"{{{{ account.name | {filter} }}}}").startswith(
        f"templates/tasks/x.md:4:1: no filter is called '{filter.split('(')[0]}'"
    )


@pytest.mark.parametrize("text", ["{{ ''.__class__ }}", "{{ ''['__class__'] }}", "{{ account.name.__class__.__mro__ }}", "{{ account.__class__ }}", "{{ account.tags.__init__ }}", "{{ account.tags | sort(attribute='__class__') }}"])  # fmt: skip
def test_nothing_behind_a_value_can_be_reached(text: str) -> None:
    with pytest.raises(Unfillable, match="^tasks/x: .*(unsafe|has no attribute)"):
        said(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{ 'a' * 1000000000 }}", "only numbers can be multiplied"),
        ("{{ 1000000000 * account.name }}", "only numbers can be multiplied"),
        ("{{ [1] * 1000000000 }}", "only numbers can be multiplied"),
        ("{{ 5 | round(-1000000000) }}", "is not a number of digits to round to"),
        ("{{ 'xxxxxxxxxx'" + " | join('xxxxxxxxxx')" * 8 + " }}", "it came out larger than 256,000 characters"),
        ("{{ account.name | join(account.name) | join(account.name) | length }}", "it came out larger than 256,000 characters"),
    ],
)
def test_a_few_words_cannot_become_gigabytes(text: str, why: str) -> None:
    with pytest.raises(Unfillable, match=f"^tasks/x: .*{why}$"):
        said(text, name="x" * 4000)


def test_a_loop_within_a_loop_is_refused() -> None:
    loops = "{% for a in account.tags %}\n{% if a %}{% for b in account.tags %}{{ b }}{% endfor %}{% endif %}{% endfor %}"
    assert refused(loops) == "templates/tasks/x.md:5:1: a for inside a for would take too long; use one"
    assert said("{% for a in account.tags %}{{ a }}{% endfor %}{% for b in account.tags %}{{ b }}{% endfor %}") == "pilotvippilotvip"


def test_a_loop_that_writes_too_much_is_left() -> None:
    with pytest.raises(Unfillable, match="^tasks/x: it came out larger than 256,000 characters$"):
        said("{% for tag in account.tags %}{{ tag }}{{ account.nme if loop.index == 90 }}{% endfor %}", tags=["x" * 4000] * 100)


@pytest.mark.parametrize(("size", "fits"), [(MOST_RENDERED - 6, True), (MOST_RENDERED - 5, False)])
def test_a_message_has_a_largest_size(size: int, fits: bool) -> None:
    """The text `Hello\\n`: five characters and its line's end."""
    template = a_template("Hello{{ account.name }}")
    name = "x" * size
    if fits:
        assert len(template.fill({"account": {"name": name}}).text) == MOST_RENDERED
    else:
        with pytest.raises(Unfillable, match="larger than"):
            template.fill({"account": {"name": name}})


def test_both_parts_of_a_mail_count() -> None:
    assert len(filled("{{ account.name }}", "email", name="x" * 95_000).text) > 95_000
    with pytest.raises(Unfillable, match="^email/x: its page came out larger than 102,000 bytes, where inboxes cut a mail off$"):
        filled("{{ account.name }}", "email", name="ü" * 52_000)


# Mails


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


# Faults


@pytest.mark.parametrize(
    ("kind", "head", "body", "fault"),
    [
        ("tasks", None, "a\n\n{{ x | uper }}", "tasks/x.md:6:1: no filter is called 'uper'; did you mean 'upper'?"),
        ("tasks", None, "{% if x is numbr %}{% endif %}", "tasks/x.md:4:1: nothing can be tested for being 'numbr'; did you mean 'number'?"),
        ("tasks", 'title: "{{ x | uper }}"', "b", "tasks/x.md:2:1: no filter is called 'uper'; did you mean 'upper'?"),
        ("email", 'preview: x\nsubject: "{{ x | uper }}"', "b", "email/x.md:3:1: no filter is called 'uper'; did you mean 'upper'?"),
        ("email", 'subject: x\n# a note\npreview: "{% include x %}"', "b", "email/x.md:4:1: templates know no include; use values, filters, if and for"),
        ("email", "subject: x\npreview: x\noperational: true", "a\n{{ x | uper }}", "email/x.md:7:1: no filter is called 'uper'; did you mean 'upper'?"),
        ("tasks", None, "a\n{{ x", "tasks/x.md:5:1: unexpected end of template, expected 'end of print statement'."),
        ("tasks", None, "a\n{% if x %}\nb", "tasks/x.md:5:1: Unexpected end of template. Jinja was looking for the following tags: 'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'."),
        ("tasks", None, "{% do x %}", "tasks/x.md:4:1: Encountered unknown tag 'do'."),
        ("tasks", None, "{% endif %}", "tasks/x.md:4:1: Encountered unknown tag 'endif'."),
        ("tasks", "titel: x", "b", "tasks/x.md:2:1: 'title' is missing\ntemplates/tasks/x.md:2:8: 'titel' is not a field here; did you mean 'title'?"),
        ("email", "subject: x", "b", "email/x.md:2:1: 'preview' is missing"),
        ("email", "subject: x\npreview: x\noperational: maybe", "b", "email/x.md:4:14: operational: 'maybe' is neither true nor false"),
        ("tasks", "title: {{ account.name }}", "b", 'tasks/x.md:2:9: a name was expected here; a value that begins with { or [ must be quoted: "{{ … }}"'),
        ("tasks", "title: a\ntitle: b", "b", "tasks/x.md:3:1: 'title' is written twice; the first is at line 2"),
        ("tasks", "- x", "b", "tasks/x.md:2:1: a mapping was expected here: 'name: value' lines"),
        ("tasks", None, " \n\n", "tasks/x.md:4:1: there is no text below the second '---'"),
        ("email", None, "Hello\nyou\x0bthere", "email/x.md:6:4: here is a character that cannot be seen, which pasting may bring; delete it"),
        ("tasks", "title: a\0b", "b", "tasks/x.md:2:9: here is a character that cannot be seen, which pasting may bring; delete it"),
        ("tasks", None, "x" * MOST_RENDERED, "tasks/x.md:1:1: the file is larger than 256,000 characters"),
    ],
)  # fmt: skip
def test_a_fault_says_where_it_stands_and_what_to_do(kind: Kind, head: str | None, body: str, fault: str) -> None:
    assert refused(body, kind, head) == f"templates/{fault}"


@pytest.mark.parametrize("text", ["", "x", "title: x\n", "--- \ntitle: x\n---\nb", "---\ntitle: x\n", "---\ntitle: x\n--\nb"])
def test_a_template_begins_with_its_fields(text: str) -> None:
    with pytest.raises(FaultyText) as caught:
        composing.compile("tasks", "x", text, {})
    assert str(caught.value) == "templates/tasks/x.md:1:1: a template begins with its fields between two '---' lines, then its text"


def test_a_line_in_the_text_is_not_the_end_of_the_fields() -> None:
    assert said("a\n---\nb") == "a\n---\nb"


@pytest.mark.parametrize(
    "body", ["{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "{% if 1 %}" * 500 + "{% endif %}" * 500, "{{ " + "9" * 5000 + " }}"]
)
def test_what_no_reader_can_follow_is_a_fault(body: str) -> None:
    assert refused(body) == "templates/tasks/x.md:4:1: it is nested too deeply, or holds a number that is too long"


@pytest.mark.parametrize(
    ("layout", "fault"),
    [
        ("", "1:1: the layout has no [[body]], where the text of a mail goes"),
        ("<mjml><mj-body></mj-body></mjml>", "1:1: the layout has no [[body]], where the text of a mail goes"),
        ("<p>[[body]]</p>", "1:1: this is not MJML: "),
        (LAYOUT.replace("</mj-column>", ""), "1:1: this is not MJML: "),
        (LAYOUT.replace("brand.colour", "lipsum()"), "6:1: templates know no call; use values, filters, if and for"),
        (LAYOUT.replace("brand.colour", "brand."), "6:1: expected name or number"),
    ],
)
def test_the_layout_of_mails_is_looked_at_too(layout: str, fault: str) -> None:
    assert refused("x", "email", layout=layout).startswith(f"templates/layouts/mail.mjml:{fault}")
    assert a_template("x", "tasks", layout=layout).kind == "tasks"


@pytest.mark.parametrize(
    ("kind", "head", "body", "names"),
    [
        ("tasks", 'title: "{{ owner.name }}"', "{{ account.name }} {{ day }}", {"owner.name", "account.name", "day"}),
        ("slack", 'subject: "{{ person.name }}"', "{% if account.left_on and day > 5 %}x{% endif %}", {"person.name", "account.left_on", "day"}),
        ("tasks", None, "{{ account.arr | money(account.currency) | default(brand.company) }}", {"account.arr", "account.currency", "brand.company"}),
        ("tasks", None, "{% for tag in account.tags %}{{ tag }}{{ tag.x }}{{ loop.index }}{% endfor %}", {"account.tags", "loop.index"}),
        ("tasks", None, "{{ account['nme'] }} {{ account }}", {"account"}),
        ("tasks", None, "{# {{ x }} #}{% raw %}{{ y }}{% endraw %}", set()),
        ("email", 'subject: "{{ a.b }}"\npreview: "{{ c.d }}"', "{{ e.f }}", {"a.b", "c.d", "e.f", "brand.colour", "brand.company", "brand.postal_address"}),
    ],
)  # fmt: skip
def test_a_template_knows_which_names_it_reads(kind: Kind, head: str | None, body: str, names: set[str]) -> None:
    """So that `tenure check` can say which of them nobody declares; those of the layout are a mail's own."""
    assert a_template(body, kind, head).names - {"loop.index"} == names - {"loop.index"}


EXPRESSIONS = st.builds(
    lambda value, filters, bounds: bounds.replace("…", " | ".join([value, *filters])),
    st.sampled_from(("account.name", "account.wish", "account.tags", "account.arr", "account.left_on", "account.nme", "links.app", "1", "0.5", "'}}'", "none", "true", "[1]", "1 / 0", "x ~ y", "'a' * 9", "-1")),
    st.lists(st.sampled_from(("upper", "date", "money", "percent", "round(1)", "int", "join", "first", "last", "length", "sort", "trim", "title", "default('x', true)", "uper")), max_size=2),
    st.sampled_from(("{{ … }}", "{{- … -}}", "{% if … %}x{% endif %}", "{% for y in … %}{{ y }}{% endfor %}", "[a](https://a.example/{{ … }})", "[b]({{ … }})", "{{ 'x' if … else 'y' }}", "| {{ … }} | b |\n|---|---|\n| c | {{ … }} |\n", "{{ …")),
)  # fmt: skip
MARKUP = st.sampled_from(
    ("\n", "\n\n", "\n- ", "\n1. ", "\n# ", "\n> ", "    ", "**", "_", "`", "\n```\n", "<", ">", "&amp;", "](", "[", "![", "\\", "\t", "é", "{%", "%}", "{#", "#}", "}}", "[[body]]", "---", "<b>", '"button"')
)  # fmt: skip
WRITTEN = st.lists(EXPRESSIONS | MARKUP | st.text(max_size=3), max_size=10).map("".join)


@given(WRITTEN, st.sampled_from(("email", "slack", "tasks")))
def test_whatever_is_written_is_a_template_or_a_fault_and_a_message_or_a_reason(body: str, kind: Kind) -> None:
    try:
        template = a_template(body, kind)
    except FaultyText as error:
        assert all(fault.mark.line >= 1 and fault.sentence for fault in error.faults)
        return
    try:
        message = template.fill(VALUES)
    except Unfillable as error:
        assert str(error).startswith(f"{kind}/x: ")
        return
    assert "qzjinja" not in message.text + (message.html or "")


# What is kept of templates


def test_a_template_is_known_by_its_words_and_a_mail_by_its_layout_too() -> None:
    other = LAYOUT.replace("7px", "8px")
    assert a_template("x").hash == a_template("x", layout=other).hash != a_template("y").hash
    assert a_template("x", "email").hash != a_template("x", "email", layout=other).hash


@pytest.mark.parametrize(
    ("kind", "head", "wording"),
    [
        ("email", "subject: x\npreview: x\noperational: true", Wording("x", operational=True)),
        ("email", "subject: x\npreview: x", Wording("x", operational=False)),
        ("slack", "subject: x\nchannel: wins", Wording("x", channel="wins")),
        ("slack", "subject: x", Wording("x")),
        ("tasks", "title: x", Wording("x")),
    ],
)
def test_rules_know_of_a_template_what_they_need(kind: Kind, head: str, wording: Wording) -> None:
    assert a_template("x", kind, head).wording == wording


def test_words_are_found_by_kind_and_name() -> None:
    mail, task = a_template("m", "email"), a_template("t", "tasks")
    words, turned = Words({("email", "x"): mail, ("tasks", "x"): task}), Words({("tasks", "x"): task, ("email", "x"): mail})
    assert (words.get("email", "x"), words.get("tasks", "x"), words.get("slack", "x"), words.get("tasks", "y")) == (mail, task, None, None)
    assert (words.of("tasks"), words.of("slack")) == ({"x": Wording("x")}, {})
    assert words.hash == turned.hash != Words({("email", "x"): mail}).hash


def test_full_names_are_read_with_a_dot() -> None:
    assert composing.nested({"account.name": "Acme", "day": 3, "account.arr": 5, "health.band": None}) == {
        "account": {"name": "Acme", "arr": 5}, "day": 3, "health": {"band": None},
    }  # fmt: skip
