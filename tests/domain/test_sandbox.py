"""What templates may cost, and what they may not reach: each attempt ends in a sentence, soon, in `check` or at the send."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import composing, sandbox
from domain.composing import Kind
from domain.faults import FaultyText
from domain.sandbox import MOST_ITEMS, MOST_STEPS, TOO_LARGE, TOO_LONG, Unfillable

LAYOUT = "<mjml><mj-body><mj-section><mj-column><mj-text>[[body]]</mj-text></mj-column></mj-section></mj-body></mjml>"
HEADS: dict[Kind, str] = {"email": "subject: Hello\npreview: A word", "slack": "subject: Hello", "tasks": "title: Hello"}
# No fact is longer (domain/vocabulary.py).
VALUES: dict[str, Any] = {
    "account": {"name": "n" * 4000, "tags": ("t" * 4000,) * 100, "arr": 5.5, "none": None},
    "links": {"app": "https://a.example"},
}
SOON = 2.0  # seconds of this process, on a machine that does other things beside; the budget takes a tenth of it


def said(body: str, kind: Kind = "tasks", values: dict[str, Any] = VALUES) -> str:
    """What becomes of a text: its message, or the sentence that refuses it. It is there soon."""
    began = time.process_time()
    try:
        template = composing.compile(kind, "x", f"---\n{HEADS[kind]}\n---\n{body}\n", {"mail": LAYOUT})
        return template.fill(values).text.strip()
    except (FaultyText, Unfillable) as error:
        return str(error)
    finally:
        assert time.process_time() - began < SOON


# From the advisories of Jinja (CVE-2016-10745, CVE-2019-10906, CVE-2024-56201, CVE-2024-56326, CVE-2025-27516), PayloadsAllTheThings and
# Hacktricks: what gets out of a sandbox that forgot something.
ESCAPES = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__']['__mro__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ ''|attr('\\x5f\\x5fclass\\x5f\\x5f') }}",
    "{{ account.__class__.__init__.__globals__ }}",
    "{{ account.name.__class__ }}",
    "{{ account['__init__'] }}",
    "{{ account.tags.__getitem__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ self.__init__.__globals__.__builtins__.__import__('os').popen('id').read() }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ url_for.__globals__ }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ request.application.__globals__ }}",
    "{{ config.items() }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(account) }}",
    "{{ ('{0.__class__}'|attr('format'))(account) }}",
    "{{ '{a.__class__}'.format_map({'a': account}) }}",
    "{{ account.name|map('format', account)|list }}",
    "{{ [account]|map(attribute='__class__')|list }}",
    "{{ [account]|groupby('__class__') }}",
    "{{ [account]|sort(attribute='__class__.__name__') }}",
    "{{ [account]|selectattr('__class__')|list }}",
    "{{ dict(a=1).__class__ }}",
    "{{ (1).__class__ }}",
    "{{ ().__class__.__base__ }}",
    "{{ [].append.__self__ }}",
    "{{ loop.__init__ }}",
    "{% for x in [1] %}{{ loop.__init__.__globals__ }}{% endfor %}",
    "{% for x in [1] %}{{ loop._iterable }}{% endfor %}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% from 'x' import y %}",
    "{% extends 'x' %}",
    "{% set x = account.__class__ %}",
    "{% macro m() %}{{ caller }}{% endmacro %}",
    "{% call(x) m() %}{% endcall %}",
    "{% filter attr('__class__') %}x{% endfilter %}",
    "{% if account.__class__ %}x{% endif %}",
    "{% if ''.__class__.__mro__ is defined %}x{% endif %}",
    "{{ account|default(account.__class__) }}",
    "{{ undefined_thing.__class__ }}",
    "{{ missing.x.y.__init__ }}",
    "{{ account.name[''.__class__] }}",
    "{{ {}.__class__ }}",
    "{{ account|pprint }}",
    "{{ account|tojson }}",
    "{{ account|xmlattr }}",
    "{{ x|the budget }}",
    "{{ account.tags|each of(1) }}",
)  # fmt: skip


@pytest.mark.parametrize("kind", ["email", "slack", "tasks"])
@pytest.mark.parametrize("body", ESCAPES)
def test_nothing_leads_out_of_a_template(kind: Kind, body: str) -> None:
    found = said(body, kind)
    assert found == "x" or "templates/" in found or f"{kind}/x: " in found
    for inside in ("<class", "<function", "<module", "<built-in", "object at 0x", "root:", "uid="):
        assert inside not in found


@pytest.mark.parametrize(
    "body", ["{% if account.__class__ %}x{% endif %}", "{{ account.__class__ }}", "{{ ''.__class__ }}", "{{ account['__init__'] }}"]
)
def test_what_lies_within_a_value_is_not_there(body: str) -> None:
    assert "has no attribute" in said(body) or "unsafe" in said(body)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("{% for i in range(1000000000) %}x{% endfor %}", "templates know no call"),
        ("{{ 'x' * 1000000000 }}", "only numbers can be multiplied"),
        ("{{ 9 ** 9 ** 9 ** 9 }}", "templates know no **"),
        ("{{ '%0999999999d' % 1 }}", "templates know no %"),
        ("{{ 'x' | center(999999999) }}", "no filter is called 'center'"),
        ("{% for a in account.tags %}{% for b in account.tags %}x{% endfor %}{% endfor %}", "a for inside a for would take too long"),
        ("{% for c in 'x' %}{{ c }}{% endfor %}", "a for goes over a list"),
        ("{% for c in account.name %}{{ c }}{% endfor %}", f"a for goes over a list of at most {MOST_ITEMS}"),
        ("{% for c in account %}{{ c }}{% endfor %}", f"a for goes over a list of at most {MOST_ITEMS}"),
        ("{% for c in account.arr %}{{ c }}{% endfor %}", f"a for goes over a list of at most {MOST_ITEMS}"),
        ("{% for c in account.name | sort %}{% endfor %}", f"a for goes over a list of at most {MOST_ITEMS}"),
        ("{% for t in account.tags %}{% if t | sort | join | upper == 'x' %}{% endif %}{% endfor %}", TOO_LONG),
        ("{% for t in account.tags %}" + "{% if account.name | upper == t | lower %}x{% endif %}" * 400 + "{% endfor %}", TOO_LONG),
        ("{% for t in account.tags %}{{ t }}{% endfor %}", TOO_LARGE),
        ("{{ account.tags | join(account.name) }}", TOO_LARGE),
        ("{{ 'x' }}" * 5000, "more than 5,000 tags and values"),
        ("{% if 1 %}" * 60 + "{% endif %}" * 60, "nested too deeply"),
        ("{{ account.arr | round(10 * 10) }}", "is not a number of digits"),
        ("{{ account.arr | plural('a', 'b', 'c') }}", "plural takes 2 words"),
        ("{{ account.name | plural('a', 'b') }}", "is not a number"),
        ("{{ account.arr | date('long') }}", "is not a date"),
    ],
)  # fmt: skip
def test_what_would_take_for_ever_ends_in_a_sentence(body: str, sentence: str) -> None:
    assert sentence in said(body)


def test_a_for_is_paid_for_before_it_begins() -> None:
    """Its turns times what stands in it: filters that alone would do are too much beside the largest loop there can be."""
    cheap = "{% for t in account.tags %}{{ loop.index }} {% endfor %}"
    assert said(cheap) == " ".join(str(number) for number in range(1, 101))
    filters = "{% if account.name | upper == '' %}{% endif %}" * 10
    large = "{% for t in account.tags %}" + "{% if t == 1 %}{% endif %}" * 950 + "{% endfor %}"
    assert [said(body + "done") for body in (filters, large)] == ["done", "done"]
    assert said(filters + large) == f"tasks/x: {TOO_LONG}"


def test_each_part_of_a_message_has_a_budget_of_its_own_and_each_message_again() -> None:
    body = "{% for t in account.tags %}{% if t | length > 5 %}{% endif %}{% endfor %}done"
    template = composing.compile("tasks", "x", f"---\ntitle: Hello\n---\n{body}\n", {})
    assert [template.fill(VALUES).text for _ in range(5)] == ["done\n"] * 5
    assert 100 * 4000 < MOST_STEPS < 2 * 100 * 4000


PIECES = st.sampled_from((
    "{{ account.name | upper }}", "{{ account.tags | sort | join }}", "{{ account.name | sort | join | sort | join }}", "{{ account.arr * account.arr }}",
    "{% for t in account.tags %}", "{% endfor %}", "{% if account.name | title == account.tags | join %}", "{% endif %}", "{{ t | title | lower | trim }}",
    "{{ account.name ~ account.name ~ account.name }}", "{{ account.tags | length }}", "{% for t in [account.name, account.name] %}", "{{ loop.index }}",
))  # fmt: skip


@given(st.lists(PIECES, max_size=120).map("".join))
@settings(deadline=None)
def test_whatever_is_written_ends_soon(body: str) -> None:
    said(body)


def test_a_template_reads_which_language_it_is_filled_in_for() -> None:
    template = composing.compile("tasks", "x", "---\ntitle: Hello\n---\n{{ locale }} {{ language }}\n", {})
    assert [template.fill({}, tag).text for tag in ("de-AT", "en-GB", "")] == ["de-AT de\n", "en-GB en\n", "en-GB en\n"]


def test_filters_are_few() -> None:
    assert set(sandbox.FILTERS) == {
        "capitalize", "date", "default", "first", "int", "join", "last", "length", "lower", "money", "percent", "plural", "round", "sort",
        "title", "trim", "upper",
    }  # fmt: skip
