"""Who may be in a journey at once, and who again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain.situation import PastRun
from domain.telling import Enroll, tell
from tests.domain.kit import an_account, at
from tests.domain.telling.kit import ENDED, TWO, a_run, a_story, an_event, enrolled, refusals, situation


@pytest.mark.parametrize(
    ("reenter", "now", "begins"),
    [
        ("never", "0 10:00", False), ("never", "900 10:00", False),
        ("always", "0 10:00", True), ("always", "0 10:01", True),
        ("after 30 days", "29 10:00", False), ("after 30 days", "30 09:59", False), ("after 30 days", "30 10:00", True), ("after 30 days", "900 10:00", True),
        ("after 2 weeks", "13 10:00", False), ("after 2 weeks", "14 10:00", True),
    ],
)  # fmt: skip
def test_a_key_is_enrolled_again_as_its_journey_says(reenter: str, now: str, begins: bool) -> None:
    text, past = a_story(f"{{on: seen, reenter: {reenter}}}"), [PastRun("story", "acme", ENDED, None)]
    told = tell(situation(text, when=now, past=past), [an_event("seen", now)])
    assert (enrolled(told), len(refusals(told))) == ((["story acme"], 0) if begins else ([], 1))
    assert enrolled(tell(situation(text, when=now), [an_event("seen", now)])) == ["story acme"]


def test_a_journey_that_says_nothing_of_it_is_entered_once() -> None:
    told = tell(situation(a_story("{on: seen}"), past=[PastRun("story", "acme", ENDED, None)]), [an_event("seen")])
    assert refusals(told) == ["story: it was in it before, and it may be entered once"]


def test_the_last_run_of_the_same_key_and_journey_counts() -> None:
    text = a_story("{on: seen, reenter: after 30 days}")
    long_ago, other_key, other_journey = PastRun("story", "acme", at("-90 10:00"), None), PastRun("story", "c2", ENDED, None), PastRun("other", "acme", ENDED, None)  # fmt: skip
    assert enrolled(tell(situation(text, past=[long_ago, other_key, other_journey]), [an_event("seen")])) == ["story acme"]
    recent = PastRun("story", "acme", at("-20 10:00"), None)
    assert enrolled(tell(situation(text, past=[recent, long_ago]), [an_event("seen")])) == []


@pytest.mark.parametrize("reenter", ["never", "always", "after 1 day"])
def test_there_is_one_live_run_a_key(reenter: str) -> None:
    text = a_story(f"{{on: seen, reenter: {reenter}}}")
    told = tell(situation(text, runs=[a_run(text)]), [an_event("seen")])
    assert (enrolled(told), refusals(told)) == ([], ["story: a run of it is live"])
    assert enrolled(tell(situation(text, runs=[a_run(a_story(name="other"))]), [an_event("seen")])) == ["story acme"]


def test_two_events_at_once_begin_one_run() -> None:
    told = tell(situation(a_story("{on: [seen, missed], reenter: always}")), [an_event("seen"), an_event("missed"), an_event("seen")])
    assert (enrolled(told), refusals(told)) == (["story acme"], ["story: a run of it is live"] * 2)


ENDED_ONE = (replace(TWO[0], status="superseded"), TWO[1])


@pytest.mark.parametrize(
    ("about", "contracts", "live", "expected"),
    [
        ({"contract_id": "c2"}, TWO, None, ["story c2"]),
        ({"contract_id": "c1"}, TWO, "c2", ["story c1"]),  # each contract has its own run
        ({"contract_id": "c2"}, TWO, "c2", []),
        ({}, TWO, None, ["story c1"]),  # the present one: the latest that has begun
        ({}, ENDED_ONE, None, ["story c2"]),
        ({}, (replace(TWO[0], starts_on=date(2026, 2, 1)), TWO[1]), None, ["story c2"]),
        ({"contract_id": "c9"}, TWO, None, []),
        ({}, (), None, []),
    ],
)
def test_a_journey_for_contracts_has_a_run_for_each(about: dict[str, Any], contracts: Any, live: str | None, expected: list[str]) -> None:
    text, account = a_story("{on: seen, reenter: always}", for_="contract"), an_account(contracts=contracts)
    runs = [a_run(text, account=account, contract=live)] if live else []
    told = tell(situation(text, account=account, runs=runs), [an_event("seen", **about)])
    assert enrolled(told) == expected
    assert [effect.contract_id for effect in told.effects if isinstance(effect, Enroll)] == [name.split()[1] for name in expected]


@pytest.mark.parametrize(
    ("abouts", "live", "expected"),
    [(["ann"], None, ["story ann"]), (["ann", "ben", "ann"], None, ["story ann", "story ben"]), (["ann"], "ben", ["story ann"]), (["ann"], "ann", []), ([None], None, [])],
)  # fmt: skip
def test_a_journey_for_contacts_has_a_run_for_each(abouts: list[str | None], live: str | None, expected: list[str]) -> None:
    text = a_story("{on: seen, reenter: always}", for_="contact")
    runs = [a_run(text, contact=live)] if live else []
    assert enrolled(tell(situation(text, runs=runs), [an_event("seen", contact_id=contact) for contact in abouts])) == expected


def test_a_run_of_an_account_remembers_which_contact_began_it() -> None:
    (effect,) = tell(situation(a_story("{on: seen}")), [an_event("seen", contact_id="ben", contract_id="c1")]).effects
    assert isinstance(effect, Enroll)
    assert (effect.key, effect.contact_id, effect.contract_id) == ("acme", "ben", None)
