"""What is kept of templates: names, hashes, what rules need to know."""

from __future__ import annotations

import pytest

from domain import composing
from domain.composing import Kind, Wording, Words
from tests.domain.composing.kit import LAYOUT, a_template


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
