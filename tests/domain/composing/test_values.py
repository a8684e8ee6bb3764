"""How values are written, and what is said where one is not known."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.composing import Kind
from domain.sandbox import Unfillable
from tests.domain.composing.kit import HEADS, filled, said


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
    with pytest.raises(Unfillable, match=rf"^{kind}/x: account\.wish is not known; tell that, or give it a default: "):
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
        with pytest.raises(Unfillable, match=r"^email/x: account\.wish is not known"):
            filled(body, "email", head)


@pytest.mark.parametrize("name", ["items", "values", "keys", "get", "copy", "update"])
def test_a_fact_may_be_called_as_it_pleases(name: str) -> None:
    assert said(f"{{{{ account.{name} }}}}", **{name: 3}) == "3"
    with pytest.raises(Unfillable, match=f"has no attribute '{name}'"):
        said(f"{{{{ account.{name} }}}}")
