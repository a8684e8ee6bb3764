"""Whether a message may leave now: holds and hours protect customers, our people hear of things."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain import governor
from domain.account import facts
from domain.facts import Hold
from domain.governor import UNTIL_LIFTED, Drop, Go, Letter, Verdict, Wait
from domain.state import Pause
from tests.domain.kit import a_contact, a_house, an_account, at

HOUSE = a_house()
MAIL = Letter("contact", "ann", "story", "onboarding", operational=False)
RECEIPT = replace(MAIL, operational=True)
POST = Letter("person", "csm", "story", "onboarding", operational=True)
CHANNEL = replace(POST, audience="channel", recipient="wins")
WEBHOOK = replace(POST, audience="webhook", recipient="crm")


def ask(letter: Letter = MAIL, when: str = "0 10:00", pause: Pause | None = None, **account: Any) -> Verdict:
    about = facts(an_account(**account), HOUSE, at(when))
    return governor.verdict(letter, HOUSE, about, pause, at(when))


def held(**hold: Any) -> dict[str, Any]:
    return {"holds": (Hold("h", **hold),)}


@pytest.mark.parametrize("letter", [MAIL, RECEIPT, POST, CHANNEL, WEBHOOK])
def test_during_the_day_everything_may_go(letter: Letter) -> None:
    assert ask(letter) == Go()


# Hours


@pytest.mark.parametrize(
    ("when", "opens"),
    [
        ("0 08:59", "0 09:00"),
        ("0 09:00", None),
        ("0 16:59", None),
        ("0 17:00", "1 09:00"),
        ("4 17:00", "7 09:00"),
        ("5 12:00", "7 09:00"),
        ("88 12:00", "92 09:00"),
    ],
)
def test_mail_waits_for_its_readers_hours(when: str, opens: str | None) -> None:
    assert ask(when=when) == (Wait(at(opens), "outside the reader's hours") if opens else Go())


def test_the_hours_are_the_readers_own() -> None:
    ann = a_contact("ann", "champion", zone="America/New_York", country="US")
    assert ask(when="0 10:00", contacts=(ann,)) == Wait(at("0 15:00"), "outside the reader's hours")
    assert ask(when="0 16:00", contacts=(ann,)) == Go()
    assert ask(when="88 16:00", contacts=(ann,)) == Go()  # Good Friday is a working day there


@pytest.mark.parametrize("letter", [RECEIPT, POST, CHANNEL, WEBHOOK])
@pytest.mark.parametrize("when", ["0 03:00", "5 12:00"])
def test_what_is_operational_or_for_us_keeps_no_hours(letter: Letter, when: str) -> None:
    assert ask(letter, when) == Go()


# Readers


@pytest.mark.parametrize("letter", [MAIL, RECEIPT])
@pytest.mark.parametrize(
    ("account", "why"),
    [
        ({"contacts": ()}, "the contact has left"),
        ({"contacts": (a_contact("ann", active=False),)}, "the contact has left"),
        ({"contacts": (a_contact("ann", refused=True),)}, "the address was refused for good"),
        ({"facts": {"do_not_contact": True}}, "the account is not to be contacted"),
        ({"facts": {"do_not_contact": True}, **held()}, "the account is not to be contacted"),
    ],
)
def test_mail_that_nobody_may_get_is_dropped(letter: Letter, account: dict[str, Any], why: str) -> None:
    assert ask(letter, **account) == Drop(why)


def test_our_people_hear_of_an_account_that_is_not_to_be_contacted() -> None:
    assert ask(POST, facts={"do_not_contact": True}) == Go()


# Holds


@pytest.mark.parametrize(
    ("hold", "why"),
    [
        ({}, "the account is held"),
        ({"reason": "a dispute"}, "the account is held: a dispute"),
        ({"journey": "story"}, "story is held"),
    ],
)
@pytest.mark.parametrize("letter", [MAIL, RECEIPT])
def test_a_hold_keeps_mail_back(letter: Letter, hold: dict[str, Any], why: str) -> None:
    assert ask(letter, **held(**hold)) == Wait(UNTIL_LIFTED, why)
    assert ask(letter, **held(**hold, until=at("3 10:00"))) == Wait(at("3 10:00"), why)


def test_a_hold_of_a_class_keeps_back_what_nobody_waits_for() -> None:
    assert ask(MAIL, **held(mail_class="onboarding")) == Wait(UNTIL_LIFTED, "class onboarding is held")
    assert ask(RECEIPT, **held(mail_class="onboarding")) == Go()


@pytest.mark.parametrize("hold", [{"mail_class": "growth"}, {"journey": "other"}, {"until": at("0 10:00")}, {"until": at("0 09:00")}])
def test_a_hold_of_something_else_or_of_the_past_keeps_nothing_back(hold: dict[str, Any]) -> None:
    assert ask(**held(**hold)) == Go()


@pytest.mark.parametrize("letter", [POST, CHANNEL, WEBHOOK])
def test_a_hold_of_the_account_does_not_keep_us_from_hearing(letter: Letter) -> None:
    assert ask(letter, **held()) == Go()


@pytest.mark.parametrize("letter", [MAIL, RECEIPT, POST, CHANNEL, WEBHOOK])
def test_a_run_that_is_held_sends_nothing_to_anybody(letter: Letter) -> None:
    assert ask(letter, pause=Pause(at("0 09:00"))) == Wait(UNTIL_LIFTED, "the run is held")
    assert ask(letter, pause=Pause(at("0 09:00"), at("2 09:00"))) == Wait(at("2 09:00"), "the run is held")


def test_the_first_hold_that_covers_it_is_the_reason() -> None:
    holds = (Hold("a", journey="other"), Hold("b", mail_class="onboarding", until=at("2 10:00")), Hold("c"))
    assert ask(holds=holds) == Wait(at("2 10:00"), "class onboarding is held")


def test_a_hold_of_commercial_mail_keeps_mail_of_every_class_back_and_nothing_that_customers_wait_for() -> None:
    hold = held(mail_class="commercial", reason="spam reports are 0.42 % of the last 30 days' mail (5 of 1,190)", everywhere=True)
    words = "commercial mail is held: spam reports are 0.42 % of the last 30 days' mail (5 of 1,190)"
    for mail_class in ("onboarding", "growth"):
        assert ask(replace(MAIL, mail_class=mail_class), **hold) == Wait(UNTIL_LIFTED, words)
    for letter in (RECEIPT, POST, CHANNEL, WEBHOOK):
        assert ask(letter, **hold) == Go()


# Who goes first


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"mail_class": "renewal"}, {"mail_class": "growth", "queued_at": at("1 09:00")}),
        ({"mail_class": "growth"}, {"mail_class": "of no class"}),
        ({"queued_at": at("14 09:00")}, {"queued_at": at("14 09:01")}),
        ({"queued_at": at("14 09:00"), "due_at": at("15 09:30")}, {"due_at": at("15 09:00")}),  # who queues has waited since then
        ({"due_at": at("15 09:00")}, {"due_at": at("15 09:01")}),
        ({"due_at": at("15 09:00")}, {}),  # what has no moment is due now
        ({"journey": "a", "step": "z"}, {"journey": "b", "step": "a"}),
        ({"step": "a", "visit": 2}, {"step": "b", "visit": 1}),
        ({"visit": 1, "recipient": "ben"}, {"visit": 2, "recipient": "ann"}),
        ({"recipient": "ann"}, {"recipient": "ben"}),
    ],
)
def test_places_are_taken_by_class_then_by_who_has_waited_longest_then_by_name(first: dict[str, Any], second: dict[str, Any]) -> None:
    house, now = a_house(contact="classes: [renewal, onboarding, growth]"), at("15 10:00")
    assert governor.place(replace(MAIL, **first), house, now) < governor.place(replace(MAIL, **second), house, now)
