"""Whom a person may enroll."""

from __future__ import annotations

from typing import Any

import pytest

from domain import telling
from domain.situation import PastRun
from domain.telling import tell
from tests.domain.kit import a_journey, an_account
from tests.domain.telling.kit import ENDED, RESTS, TWO, a_run, a_story, an_event, enrolled, notes, refusals, situation


def test_a_person_enrolls_whom_the_rules_let_in() -> None:
    assert enrolled(telling.enroll(situation(), a_journey(a_story()), None, None, "by hand")) == ["story acme"]
    assert enrolled(telling.enroll(situation(), a_journey(a_story("{on: seen}")), None, None, "by hand")) == ["story acme"]


@pytest.mark.parametrize(
    ("text", "given", "why"),
    [
        (a_story("{manual: true, when: account.ready}"), {}, "'account.ready' does not hold"),
        (a_story(), {"past": [PastRun("story", "acme", ENDED, None)]}, "it was in it before, and it may be entered once"),
        (a_story("{manual: true, reenter: after 9 days}"), {"past": [PastRun("story", "acme", ENDED, None)]}, "its last run ended less than 9 days ago"),
        (a_story(), {"runs": [a_run(a_story())]}, "a run of it is live"),
        (a_story(for_="contact"), {}, "is for a contact, and none was named"),
        (a_story(for_="contract"), {"account": an_account(contracts=())}, "is for a contract, and none was named"),
    ],
)  # fmt: skip
def test_whoever_is_not_enrolled_by_hand_learns_why(text: str, given: dict[str, Any], why: str) -> None:
    told = telling.enroll(situation(**given), a_journey(text), None, None, "by hand")
    (refusal,) = refusals(told)
    assert enrolled(told) == []
    assert (refusal.startswith("story"), refusal.endswith(why)) == (True, True)


@pytest.mark.parametrize(("for_", "key"), [("account", "acme"), ("contract", "c2"), ("contact", "ben")])
def test_a_run_begun_by_hand_is_about_what_was_named(for_: str, key: str) -> None:
    account = an_account(contracts=TWO)
    assert enrolled(telling.enroll(situation(account=account), a_journey(a_story(for_=for_)), "c2", "ben", "by hand")) == [f"story {key}"]


def test_a_run_that_begins_is_a_fact_that_others_watch() -> None:
    """`busy` is true while a run of `other` is live."""
    watching = a_run(f"{RESTS}\nwhenever: [{{when: account.busy, steps: [{{webhook: crm}}]}}]")
    given = situation(a_story("{on: seen}", "other"), runs=[watching])
    assert notes(telling.enroll(given, a_journey(a_story(name="other")), None, None, "by hand")) == ["r1 changed!"]
    assert notes(tell(given, [an_event("seen")])) == ["r1 changed!"]
    assert notes(telling.enroll(given, a_journey(a_story(name="third")), None, None, "by hand")) == []
