"""The JSON Schema for editors: it accepts what the grammar accepts, and reddens a typo."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from domain import schema
from domain.language import VERBS

ROOT = Path(__file__).parent.parent.parent
TEXTS = sorted([*(ROOT / "journeys").glob("*.yaml"), *(ROOT / "tests" / "domain" / "samples").glob("*.yaml")])
VALIDATOR = jsonschema.Draft202012Validator(schema.of_journeys())


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2 as editors read it: `on` is a word."""


CoreLoader.yaml_implicit_resolvers = {}
for _kind, _pattern, _first in (
    ("bool", "true|false", "tf"), ("null", "~|null|", ["~", "n", ""]), ("int", "-?[0-9]+", "-0123456789"), ("float", r"-?[0-9]+\.[0-9]+", "-0123456789"),
):  # fmt: skip
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(f"^(?:{_pattern})$"), list(_first))


def read(text: str) -> Any:
    return yaml.load(text, CoreLoader)


def a_text(**changes: str) -> Any:
    head = {
        "journey": "a",
        "title": "x",
        "for": "account",
        "starts": "{manual: true}",
        "anchor": "start",
        "class": "growth",
        "steps": "[{wait: 1 day}]",
    }
    return read("\n".join(f"{name}: {value}" for name, value in {**head, **changes}.items()))


def test_it_is_a_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema.of_journeys())


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_it_accepts_every_journey(path: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(read(path.read_text()))] == []


@pytest.mark.parametrize(
    "step",
    [
        "{send: hello, to: champion}", "{send: hello, to: [champion, user], at: [start, day 3]}", "{send: hello, to: {by segment: {smb: user, else: [champion]}}}",
        "{post: cheers, to: owner}", "{task: Call them, owner: csm, outcomes: good}", "{split: a, arms: [{arm: b, percent: 100, steps: []}]}",
        "{set: {account.churned: true, account.score: 5, tag: x}}", "{branch: a, cases: [{else: []}]}", "{wait: until 09:00}",
    ],
)  # fmt: skip
def test_it_accepts_a_step(step: str) -> None:
    VALIDATOR.validate(a_text(steps=f"[{step}]"))


@pytest.mark.parametrize(
    "changes",
    [
        {"stepps": "[{wait: 1 day}]"}, {"for": "user"}, {"journey": "Bad Name"}, {"steps": "[{emial: hello, to: champion}]"}, {"steps": "{wait: 1 day}"},
        {"steps": "[{send: hello, to: champion, too: user}]"}, {"steps": "[{send: hello}]"}, {"steps": "[{task: call, owner: csm, sla: P5}]"},
        {"steps": "[{task: call, owner: csm, due: 3 fortnights}]"}, {"steps": "[{wait: 1 day, marks: 1}]"}, {"late": "later"},
        {"steps": "[{task: call, owner: {by segmnt: {smb: csm}}}]"}, {"steps": "[{split: a, arms: [{arm: b, percent: half, steps: []}]}]"},
    ],
)  # fmt: skip
def test_it_reddens_a_typo(changes: dict[str, str]) -> None:
    assert not VALIDATOR.is_valid(a_text(**changes))


def test_every_verb_is_in_it() -> None:
    described = schema.of_journeys()["$defs"]
    required = {name for model in described.values() for name in model.get("required", ())}
    assert set(VERBS) <= required
