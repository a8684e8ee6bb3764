"""Names that would rather be something else."""

from __future__ import annotations

import pytest

from domain.composing import Kind
from domain.sandbox import Unfillable
from tests.domain.composing.kit import filled, page, said

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
