"""Which runs are told of what happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.telling import Notify, ReachGoal, tell
from tests.domain.kit import CONTACTS, MONDAY, a_contact, an_account, at, story
from tests.domain.telling.kit import POOR, RESTS, TWO, a_reading, a_run, a_story, an_event, an_old_account, notes, situation

TELLS = """
    steps: [{wait_for: seen, within: 30 days}, {wait_for: answered, where: event.score > 5, within: 30 days}]
    ends: [{on: gone}]
    whenever: [{on: signed, steps: [{webhook: crm}]}, {band: critical, steps: [{id: x, webhook: crm}]}, {when: account.wishes > 5, steps: [{id: y, webhook: crm}]}]
"""


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"events": [an_event("seen")]}, ["r1 seen!"]),
        ({"events": [an_event("answered", payload={"score": 9})]}, ["r1 answered"]),  # noted: it will be waited for
        ({"events": [an_event("gone")]}, ["r1 gone!", "r1 band critical!"]),
        ({"events": [an_event("signed")]}, ["r1 signed!"]),
        ({"events": [an_event("missed")]}, []),
        ({"events": [an_event("missed"), an_event("seen"), an_event("signed")]}, ["r1 seen!", "r1 signed!"]),
        ({"values": {"account.wishes": 9}}, ["r1 changed!"]),
        ({"values": {"account.wishes": 1}}, []),
        ({"events": [an_event("seen")], "values": {"account.wishes": 9}}, ["r1 seen!"]),  # woken once, and it looks for itself
        ({"events": [an_event("answered", payload={"score": 9})], "values": {"account.wishes": 9}}, ["r1 answered", "r1 changed!"]),
        ({"values": {f"account.{name}": value for name, value in POOR.items()}}, ["r1 band critical!"]),
        ({}, []),
    ],
)  # fmt: skip
def test_a_run_is_told_of_what_it_waits_for(told: dict[str, Any], expected: list[str]) -> None:
    account = an_old_account(a_reading("healthy", 95))
    assert notes(tell(situation(account=account, runs=[a_run(TELLS, account=account)]), **told)) == expected


def test_a_band_too_new_to_mean_something_is_told_to_nobody() -> None:
    account = replace(an_old_account(a_reading("healthy", 95)), since=MONDAY - timedelta(days=3))
    told = tell(
        situation(account=account, runs=[a_run(TELLS, account=account)]), values={f"account.{name}": value for name, value in POOR.items()}
    )
    assert notes(told) == []


def test_every_run_that_listens_is_told_whoever_began_it() -> None:
    listening, other = a_run(TELLS, "r1"), a_run(a_story(name="other"), "r2")
    third = a_run("journey: third\nsteps: [{wait: 9 days}]\nends: [{on: seen}]", "r3")
    assert notes(tell(situation(runs=[listening, other, third]), [an_event("seen")])) == ["r1 seen!", "r3 seen!"]


def test_a_run_is_not_told_of_what_it_does_itself() -> None:
    runs = [a_run(TELLS, "r1"), a_run(TELLS.replace("steps:", "journey: other\n    steps:", 1), "r2")]
    assert notes(tell(situation(runs=runs), values={"account.wishes": 9}, teller="r1")) == ["r2 changed!"]


@pytest.mark.parametrize(
    ("for_", "about", "expected"),
    [
        ("contract", {"contract_id": "c1"}, ["r1 seen!"]),
        ("contract", {"contract_id": "c2"}, ["r2 seen!"]),
        ("contract", {"contract_id": "c1", "contact_id": "ben"}, ["r1 seen!"]),
        ("contract", {}, ["r1 seen!", "r2 seen!"]),
        ("contact", {"contact_id": "c1"}, ["r1 seen!"]),
        ("contact", {"contact_id": "c2", "contract_id": "c1"}, ["r2 seen!"]),
        ("contact", {}, ["r1 seen!", "r2 seen!"]),
        ("account", {"contact_id": "c1", "contract_id": "c1"}, ["r1 seen!", "r2 seen!"]),
    ],
)
def test_what_happens_to_one_contract_or_contact_is_no_news_to_the_run_of_another(
    for_: str, about: dict[str, Any], expected: list[str]
) -> None:
    account = an_account(contracts=TWO, contacts=(*CONTACTS, a_contact("c1"), a_contact("c2")))
    text = f"for: {for_}\n{RESTS}\nends: [{{on: seen}}]"
    runs = [a_run(text, f"r{number}", account, **{"contact" if for_ == "contact" else "contract": f"c{number}"}) for number in (1, 2)]
    assert notes(tell(situation(account=account, runs=runs), [an_event("seen", **about)])) == expected


def test_a_signature_ends_the_run_of_its_contract_alone() -> None:
    text = "for: contract\nends: [{on: signed}]\nsteps: [{wait: 9 days}, {post: cheers}]"
    both = {
        "0 11:00": lambda world: world.enroll("story", contract_id="c2"),
        "3 12:00": lambda world: world.event("signed", contract_id="c1"),
    }
    assert story(text, both, account=an_account(contracts=TWO)) == ["9 11:00 post cheers wins"]


def test_a_run_sees_its_own_contract_and_contact() -> None:
    account = an_account(contracts=TWO, contacts=(replace(CONTACTS[0], facts={"language": "de"}), *CONTACTS[1:]))
    watching = [a_run("for: contract\nends: [{when: contract.value > 5}]\n" + RESTS, f"r{id}", account, contract=f"c{id}") for id in (1, 2)]
    assert notes(tell(situation(account=account, runs=watching), values={"contract.value": 9}, contract_id="c2")) == ["r2 changed!"]
    reading = [a_run('for: contact\nends: [{when: contact.language == "fr"}]\n' + RESTS, id, account, contact=id) for id in ("ann", "ben")]
    assert notes(tell(situation(account=account, runs=reading), values={"contact.language": "fr"}, contact_id="ben")) == ["ben changed!"]


def test_a_goal_is_noted_when_it_is_reached_and_wakes_nobody() -> None:
    text = f"goal: account.ready\n{RESTS}"
    told = tell(situation(runs=[a_run(text)]), [an_event("set_up")])
    assert told.effects == [ReachGoal("r1", at("0 10:00"))]


def test_a_goal_is_reached_once() -> None:
    text, ready = f"goal: account.ready\n{RESTS}", an_account(facts={"ready": True})
    run = a_run(text, account=ready)
    assert run.state.goal_at == at("0 10:00")
    assert tell(situation(account=ready, runs=[run], when="3 10:00"), values={"account.wishes": 3}).effects == []


def test_a_run_that_is_woken_notes_its_goal_itself() -> None:
    text = f"goal: account.ready\n{RESTS}\nends: [{{on: set_up, then: [{{wait: 3 days}}]}}]"
    assert [type(effect) for effect in tell(situation(runs=[a_run(text)]), [an_event("set_up")]).effects] == [Notify]
