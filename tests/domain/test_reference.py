"""docs/language.md says what the models say, and its examples are sound."""

from __future__ import annotations

import dataclasses
from functools import cache

import pytest

from database import definitions
from domain import checking, reference, schema
from domain.house import House, Webhooks
from domain.language import VERBS
from runtime import folders
from tests.installation import ROOT

HEAD = """\
journey: example
title: An example
for: account
starts: {manual: true}
anchor: contract.starts_on
class: onboarding
steps:
"""


@cache
def shipped() -> House:
    house = definitions.compile_all(folders.read(ROOT)).house
    return dataclasses.replace(house, webhooks=Webhooks(webhooks={"crm": "https://hooks.example.com"}))


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "language.md").read_text() == reference.as_markdown(), "run: tenure schema --markdown > docs/language.md"


@pytest.mark.parametrize("verb", VERBS)
def test_the_example_of_a_step_is_sound_and_shows_it(verb: str) -> None:
    example = reference.EXAMPLES[verb]
    indented = "".join(f"  {line}\n" for line in example.splitlines())
    journeys = [name for kind, name in folders.read(ROOT) if kind == "journey"]
    assert [str(fault) for fault in checking.check_text(HEAD + indented, "example.yaml", shipped(), journeys)] == []
    assert f"{verb}:" in example


def test_there_are_no_examples_of_what_is_not_there() -> None:
    assert set(reference.EXAMPLES) == set(VERBS)


def test_every_field_says_what_it_is() -> None:
    described = schema.of_journeys()
    models = {"Journey": described, **{name: model for name, model in described["$defs"].items() if name != "Mark"}}
    fields = [(name, field, value) for name, model in models.items() for field, value in model.get("properties", {}).items()]
    assert len(fields) > 90
    assert [f"{name}.{field}" for name, field, value in fields if not value.get("description")] == []
