"""What is wrong with a template, said at its place; whatever is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import composing
from domain.composing import Kind
from domain.faults import FaultyText
from domain.sandbox import MOST_RENDERED, Unfillable
from tests.domain.composing.kit import LAYOUT, VALUES, a_template, refused, said


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
