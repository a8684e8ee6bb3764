"""Two versions of the house's policies, and what is said of the difference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from operator import getitem
from typing import Any

import pytest
import yaml

from domain import grammar, house, source
from domain.differing_policies import policies
from domain.faults import FaultyText
from domain.house import House
from domain.succession import plain
from tests.domain.changes import GONE, places, with_change
from tests.domain.kit import POLICIES


def said(policy: str, old: str, new: str) -> list[str]:
    """What is said when these words of a policy become those."""
    assert old in POLICIES[policy], old
    after = house.load({**POLICIES, policy: POLICIES[policy].replace(old, new, 1)})
    found = policies(house.load(POLICIES), after)
    assert found.keys() <= {policy}
    return [difference.sentence for difference in found.get(policy, [])]


LADDERS = """
tasks:
  P1: {counts_from: creation, within: 1 business day, rungs: [{at: 75%, remind: assignee}, {after: 4 working hours, escalate: director}]}
  P2: {counts_from: creation, within: 2 business days, rungs: [{after: 5 business days, escalate: director}, {after: 9 business days, remind: manager}]}
  P3: {counts_from: due, within: 2 business days}
  P4: {counts_from: due, within: 5 business days}
escalations:
  P1: {within: 4 working hours, rungs: [{after: 4 working hours, climb: true}]}
  P2: {within: 1 business day, rungs: [{after: 2 business days, climb: true}]}
  P3: {within: 3 business days, rungs: []}
  P4: {within: 5 business days, rungs: []}
chain: [owner, director, vp]
approvals: {within: 2 business days, otherwise: escalate}
due: 5 business days
snooze: 10 business days
"""


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("after: 5 business days, escalate", "after: 3 business days, escalate", "Director is now told of P2 tasks 3 business days after the deadline instead of 5"),
        ("after: 5 business days, escalate: director", "after: 5 business days, escalate: vp", "VP is now told of P2 tasks 5 business days after the deadline; it was: Director is told"),
        ("at: 75%", "at: 50%", "the assignee is now reminded of P1 tasks at 50% of the time instead of at 75% of the time"),
        (", {after: 9 business days, remind: manager}", "", "the assignee's manager is reminded of P2 tasks 9 business days after the deadline no more"),
        ("P3: {within: 3 business days, rungs: []}", "P3: {within: 3 business days, rungs: [{at: 100%, climb: true}]}", "the next in the chain is told of P3 escalations at 100% of the time; nobody was then"),
        ("after: 2 business days, climb", "after: 1 week, climb", "the next in the chain is now told of P2 escalations 1 week after the deadline instead of 2 business days"),
        ("{within: 1 business day, rungs", "{within: 2 business days, rungs", "P2 escalations must be acknowledged within 2 business days instead of 1"),
        ("P3: {counts_from: due, within: 2", "P3: {counts_from: due, within: 4", "P3 tasks must be done within 4 business days instead of 2"),
        ("otherwise: escalate", "otherwise: skip", "an approval that says nothing itself is taken as refused instead of a matter for the next one up when nobody decides in time"),
        ("[owner, director, vp]", "[director, vp]", "escalations climb director → vp instead of owner → director → vp"),
        ("due: 5 business days", "due: 4 business days", "a task that says nothing itself is due after 4 business days instead of 5"),
    ],
)  # fmt: skip
def test_who_is_told_when_is_said_in_a_sentence(old: str, new: str, sentence: str) -> None:
    assert old in LADDERS
    before, after = (house.load({**POLICIES, "ladders": text}) for text in (LADDERS, LADDERS.replace(old, new, 1)))
    found = policies(before, after)
    assert {name: [each.sentence for each in several] for name, several in found.items()} == {"ladders": [sentence]}


@pytest.mark.parametrize(
    ("policy", "old", "new", "sentences"),
    [
        ("segments", ">= 50000", ">= 60000", ["the segment Enterprise asks account.arr >= 60000 instead of >= 50000"]),
        ("segments", "title: SMB", "title: Small", ["the segment smb is called Small instead of SMB"]),
        (
            "segments", "segments:\n", "segments:\n  - {segment: giant, title: Giant, when: account.arr > 900000}\n",
            ["the segment giant is new: account.arr > 900000"],
        ),
        (
            "contact", "classes:", "spam_reports: {hold_at: 0.2, least_mails: 500, warn_at: 0.05, least_reports: 4}\nclasses:",
            [
                "spam reports are said to be many from this percent of commercial mail on: 0.05 instead of 0.1",
                "spam reports hold commercial mail from this percent of it on: 0.2 instead of 0.3",
                "spam reports mean something from so many mails in 30 days on: 500 instead of 100",
                "the fewest spam reports that hold commercial mail: 4 instead of 3",
            ],
        ),
    ],
)  # fmt: skip
def test_a_change_of_a_policy_is_said_in_a_sentence(policy: str, old: str, new: str, sentences: list[str]) -> None:
    assert said(policy, old, new) == sentences


def test_a_house_does_not_differ_from_itself() -> None:
    spaced = {name: f"# More words\n\n{text}" for name, text in POLICIES.items()}
    assert policies(house.load(POLICIES), house.load(spaced)) == {}


def other_values(value: Any) -> Iterator[Any]:
    """Values of the same sort, of which one may fit."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value + 0.25)
    elif isinstance(value, str):
        yield from (
            "11 business days", "95%", "escalate", "skip", "due", "creation", "10:30", "sat", "team", "chain", "P4", "text", "date",
            "account.arr > 77", f"{value}x", "https://example.com/other",
        )  # fmt: skip


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_whatever_is_changed_of_a_policy_is_told(policy: str) -> None:
    before = house.load({**POLICIES, "ladders": LADDERS})
    data = yaml.safe_load(LADDERS if policy == "ladders" else POLICIES[policy])
    changes = 0
    for way, _ in places(data):
        for values in ((GONE,), other_values(reduce(getitem, way, data))):
            after = next((made for value in values if (made := with_policy(before, policy, with_change(data, way, value)))), None)
            if after:
                changes += 1
                assert policies(before, after).keys() == {policy}, way
    assert changes


def with_policy(rules: House, policy: str, data: Any) -> House | None:
    """The house with this policy; None where it is none, or means the same."""
    name = "segments_rule" if policy == "segments" else policy
    try:
        made: Any = grammar.load(house.POLICIES[policy], source.read(json.dumps(data, default=str), policy), policy)
    except FaultyText:
        return None
    return None if plain(made) == plain(getattr(rules, name)) else replace(rules, **{name: made})
