"""Who said no, and to what: mail that nobody waits for respects all of it, and some of it stops everything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain import governor
from domain.account import facts
from domain.correspondence import Correspondence, Suppression
from domain.faults import FaultyText
from domain.governor import Drop, Go, Letter, Verdict
from tests.domain.kit import a_contact, a_house, an_account, at

HOUSE = a_house(
    contact="""
    classes: [onboarding]
    topics:
      tips: {title: Tips, about: How others use it}
      offers: {title: Offers, about: More of it, consent_in: ["AT", "DE"]}
      contract: {title: Contract, about: What must be, necessary: true}
    """
)
MAIL = Letter("contact", "ann", "story", "onboarding", operational=False, topic="tips")
RECEIPT = replace(MAIL, operational=True, topic=None)
OFFER, CONTRACT = replace(MAIL, topic="offers"), replace(MAIL, topic="contract")
ALL, EMAIL = Suppression("everything", "", "a complaint"), Suppression("channel", "email", "said so")
NO_TIPS, NO_SMS = Suppression("topic", "tips", "said so"), Suppression("channel", "sms", "said so")


def ask(letter: Letter, *said: Suppression, consents: tuple[str, ...] = (), email: str = "ann@example.org", country: str = "") -> Verdict:
    ann = replace(a_contact("ann", "champion", country=country), email=email)
    known = Correspondence(suppressions=said, consents=frozenset(consents))
    return governor.verdict(letter, HOUSE, facts(an_account(contacts=(ann,)), HOUSE, at("0 10:00")), None, at("0 10:00"), known)


@pytest.mark.parametrize(
    ("letter", "said", "why"),
    [
        (MAIL, ALL, "the address is suppressed: a complaint"),
        (RECEIPT, ALL, "the address is suppressed: a complaint"),
        (CONTRACT, ALL, "the address is suppressed: a complaint"),
        (MAIL, EMAIL, "the reader wants no mail that is not necessary: said so"),
        (RECEIPT, EMAIL, None),
        (CONTRACT, EMAIL, None),
        (MAIL, NO_TIPS, "the reader wants nothing about tips: said so"),
        (CONTRACT, NO_TIPS, None),
        (replace(MAIL, topic="news"), NO_TIPS, None),
        (RECEIPT, NO_TIPS, None),
        (MAIL, NO_SMS, None),
    ],
)
def test_a_no_stops_what_it_is_about(letter: Letter, said: Suppression, why: str | None) -> None:
    assert ask(letter, said) == (Drop(why) if why else Go())


@pytest.mark.parametrize(
    ("consents", "country", "may_go"),
    [
        ((), "", False),  # by the account's country, which is DE
        ((), "AT", False),
        ((), "GB", True),
        (("offers",), "DE", True),
        (("",), "DE", True),
        (("tips",), "DE", False),
    ],
)
def test_where_the_law_asks_for_a_consent_it_must_be_recorded(consents: tuple[str, ...], country: str, may_go: bool) -> None:
    found = ask(OFFER, consents=consents, country=country)
    assert found == (Go() if may_go else Drop(f"no consent to offers is recorded, which {country or 'DE'} asks for"))
    assert ask(MAIL, country=country) == Go()


def test_a_mailbox_that_is_nobodys_is_written_to_only_with_a_consent() -> None:
    for letter in (MAIL, RECEIPT):
        assert ask(letter, email="Postmaster@example.org") == Drop("Postmaster@ is nobody's mailbox, and no consent is recorded for it")
        assert ask(letter, email="postmaster@example.org", consents=("",)) == Go()


def test_a_no_comes_before_a_hold() -> None:
    """What is dropped need not wait."""
    ann = a_contact("ann", "champion")
    held: Any = an_account(contacts=(ann,), facts={"do_not_contact": True})
    found = governor.verdict(MAIL, HOUSE, facts(held, HOUSE, at("5 03:00")), None, at("5 03:00"), Correspondence(suppressions=(NO_TIPS,)))
    assert found == Drop("the account is not to be contacted")


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ('topics: {tips: {title: T, about: A, consent_in: ["De"]}}', "'De' is not a country; write its two letters in quotes"),
        ('topics: {tips: {title: T, about: A, consent_in: ["DEU"]}}', "'DEU' is not a country"),
        ("topics: {Tips: {title: T, about: A}}", "'Tips' cannot name a topic; use small letters, digits and hyphens"),
        ("never_lost: [onbording]", "never_lost: 'onbording' is not one of the classes; did you mean 'onboarding'?"),
    ],
)
def test_a_contact_policy_that_cannot_be_is_a_sentence(policy: str, words: str) -> None:
    with pytest.raises(FaultyText) as caught:
        a_house(contact=f"classes: [onboarding]\n{policy}")
    assert words in str(caught.value)


def test_what_is_of_no_topic_is_not_necessary() -> None:
    assert not HOUSE.contact.is_necessary(None)
    assert HOUSE.contact.is_necessary("contract")


def test_a_country_is_kept_as_it_was_written() -> None:
    house = a_house(contact='classes: [onboarding]\ntopics: {tips: {title: T, about: A, consent_in: ["CH"]}}')
    assert house.contact.topics["tips"].consent_in == ("CH",)
