"""What templates may not do."""

from __future__ import annotations

import pytest

from domain.sandbox import MOST_RENDERED, Unfillable
from tests.domain.composing.kit import a_template, filled, refused, said


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
