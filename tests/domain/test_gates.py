"""Gates in virtual time: mails decided about one by one, and mails that lack something."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import composing, deciding
from domain.account import facts
from domain.composing import Words
from domain.facts import Absence, Contact, Person
from domain.house import House
from domain.simulation import World
from tests.domain.kit import MONDAY, START, TEAM, a_house, a_journey, a_person, an_account, people

LAYOUT = "<mjml><mj-body><mj-section><mj-column><mj-text>[[body]]</mj-text></mj-column></mj-section></mj-body></mjml>"
READERS = ("ann", "ben", "cleo")


@cache
def house() -> House:
    """The mail `hello` says the account's ARR."""
    text = '---\nsubject: "Hello"\npreview: Hello\n---\n\n{{ account.arr }}\n'
    return replace(a_house(), words=Words({("email", "hello"): composing.compile("email", "hello", text, {"mail": LAYOUT})}))


def world(step: str, knows: bool = True, behaviour: str = "silent") -> World:
    """A story of one mail to three readers, begun."""
    contacts = tuple(Contact(id, id.title(), f"{id}@example.com", ("champion",), zone="Europe/Berlin", country="DE") for id in READERS)
    account = an_account(contacts=contacts)
    account = replace(account, values={**account.values, "account.arr": 90_000 if knows else None})
    made = World(house(), [a_journey(f"steps:\n  - {step}\n  - {{wait: 60 days}}\n")], account, START, behaviour)  # type: ignore[arg-type]
    made.enroll("story")
    made.settle()
    return made


def got(played: World) -> list[str]:
    return sorted(touch.recipient for touch in played.touches if touch.effect == "send")


def approval(played: World) -> tuple[str, str, int]:
    (key,) = played.approvals
    return key


GATE = "{{send: hello, to: champion, approval: {{by: owner, within: 2 days, otherwise: {}}}}}"


@given(
    st.sampled_from(["send", "skip", "escalate"]),
    st.lists(st.tuples(st.sampled_from(READERS), st.booleans(), st.booleans()), max_size=5),
)
def test_who_gets_a_mail_is_whoever_s_was_approved_and_by_default_whoever_s_was_not_decided(
    otherwise: str, deeds: list[tuple[str, bool, bool]]
) -> None:
    """The first verdict on a mail counts, whether the run hears of each at once or of several together."""
    played = world(GATE.format(otherwise))
    verdicts: dict[str, bool] = {}
    for reader, approved, settles in deeds:
        played.decide_approval(*approval(played), approved, reader)
        verdicts.setdefault(reader, approved)
        if settles:
            played.settle()
    played.settle()
    is_over = len(verdicts) == len(READERS)
    assert played.approvals[approval(played)].open is not is_over
    if not is_over:
        assert got(played) == []
    played.play(START + timedelta(days=10))
    left = {"send": True, "skip": False, "escalate": None}[otherwise]
    wanted = [reader for reader in READERS if verdicts.get(reader, left)]
    assert got(played) == ([] if left is None and not is_over else wanted)


@pytest.mark.parametrize("step", ["{send: hello, to: champion}", GATE.format("send")])
def test_a_mail_that_cannot_be_filled_in_is_asked_about_and_never_leaves_by_itself(step: str) -> None:
    played = world(step, knows=False)
    asked = played.approvals[approval(played)]
    assert (asked.intent.role, asked.open) == ("owner", True)
    played.play(START + timedelta(days=20))
    assert got(played) == []
    assert asked.intent.role == "director"


def test_once_the_fact_is_told_the_gate_does_by_default_what_it_says() -> None:
    played = world(GATE.format("send"), knows=False)
    played.know({"account.arr": 90_000})
    played.settle()
    assert [why.decision.result for why in played.whys if why.decision.what == "complete"] == [
        "what the mail to ann, ben, cleo lacked is known"
    ]
    played.play(START + timedelta(days=10))
    assert got(played) == list(READERS)


def test_a_fact_that_goes_unknown_while_mails_wait_for_their_readers_hours_gates_them() -> None:
    played = world("{send: hello, to: champion, at: day 1}")
    played.know({"account.arr": None})
    played.play(START + timedelta(days=3))
    assert got(played) == []
    assert played.approvals[approval(played)].open


def test_a_mail_in_shadow_is_recorded_whatever_it_lacks() -> None:
    played = world("{send: hello, to: champion, shadow: yes}", knows=False)
    played.settle()
    assert [touch.recipient for touch in played.shadows if touch.effect == "send"] == list(READERS)
    assert not played.approvals


# Who may decide


AWAY = replace(TEAM[0], absences=(Absence(MONDAY, MONDAY + timedelta(days=9)),), backup_id="engineer")


@pytest.mark.parametrize(
    ("roles", "asked", "team", "may"),
    [
        (["owner"], "csm", people(), "csm director vp cco"),
        (["owner"], "csm", people(AWAY), "csm engineer director vp cco"),  # who covers may as well
        (["engineer"], "engineer", people(), "engineer director vp cco"),
        (["pool"], "engineer", people(a_person("pat", "pool")), "engineer pat director vp cco"),  # anybody of a team
        (["director"], "director", people(), "director vp cco"),  # not the owner, whom the journey passed by
        (["vp"], "vp", people(), "vp cco"),
        (["owner", "director"], "director", people(), "csm director vp cco"),  # passed on: whoever was asked first still may
        (["vp", "cco"], "cco", people(), "vp cco"),
        (["owner"], None, people(), "csm director vp cco"),
    ],
)
def test_who_may_decide(roles: list[str], asked: str | None, team: dict[str, Person], may: str) -> None:
    known = facts(an_account(people=team), house(), START)
    allowed = {id for id, person in team.items() if deciding.refusal(person, roles, asked, house(), known, START) is None}
    assert allowed == set(may.split())


def test_who_may_not_is_told_who_may() -> None:
    known = facts(an_account(), house(), START)
    sentence = deciding.refusal(known.people["engineer"], ["owner"], "csm", house(), known, START)
    assert sentence == "Engineer may not decide this: that is for Csm, whoever covers for them, and for director, vp or cco"
