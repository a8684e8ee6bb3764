"""What an event, a fact, a contract makes known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from domain.account import facts
from domain.facts import Contract
from domain.telling import Event, KeepContract, Told, tell
from tests.domain.kit import MONDAY, POLICIES, a_house, an_account, at
from tests.domain.telling.kit import HOUSE, NEAR, TWO, an_event, situation


def known(told: Told) -> dict[str, Any]:
    return dict(facts(told.account, HOUSE, at("0 10:00")).values)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (an_event("set_up"), {"account.ready": True}),
        (an_event("seen"), {"account.seen_on": MONDAY}),
        (an_event("seen", occurred_on=date(2026, 1, 2)), {"account.seen_on": date(2026, 1, 2)}),
        (an_event("seen", "0 23:30"), {"account.seen_on": MONDAY}),
        (an_event("signed"), {"contract.signed_on": MONDAY}),
        (an_event("answered", payload={"survey": "nps", "score": 9}), {"account.nps": 9}),
        (an_event("answered", payload={"survey": "csat", "score": 9}), {"account.nps": None}),
        (an_event("gone", payload={"reason": "price"}), {"account.stage": "lost", "account.left_on": MONDAY, "account.reason": "price"}),
        (an_event("gone"), {"account.stage": "lost", "account.reason": None}),
        (an_event("missed"), {"account.ready": False}),
    ],
)
def test_an_event_makes_known_what_is_declared(event: Event, expected: dict[str, Any]) -> None:
    assert known(tell(situation(), [event])).items() >= expected.items()


def test_the_day_of_an_event_is_the_accounts() -> None:
    """Ten in Berlin on Monday is still Sunday in Honolulu, and half past eleven at night is Tuesday in Auckland."""
    for where, when, day in (("Pacific/Honolulu", "0 10:00", -1), ("Pacific/Auckland", "0 23:30", 1)):
        told = tell(situation(account=an_account(zone=where), when=when), [an_event("seen", when)])
        assert told.account.values["account.seen_on"] == MONDAY + timedelta(days=day)


def test_facts_remember_when_they_were_told() -> None:
    told = tell(situation(account=an_account(facts={"wishes": 1})), [an_event("set_up")], {"account.growth": 0.5})
    assert told.account.told_at == {"account.ready": at("0 10:00"), "account.growth": at("0 10:00")}
    assert told.account.values["account.wishes"] == 1


def test_tags_are_not_told_as_a_fact() -> None:
    told = tell(situation(account=an_account(tags=("vip",))), values={"account.tags": ("other",), "account.wishes": 2})
    assert (told.account.tags, "account.tags" in told.account.values) == (("vip",), False)


@pytest.mark.parametrize(
    ("before", "told", "after"),
    [
        ({"segment": "smb", "arr": 500}, {"arr": 60_000}, "enterprise"),
        ({"segment": "smb", "arr": 500}, {"arr": 20_000}, "mid_market"),
        ({"segment": "enterprise", "arr": 60_000}, {"arr": 500}, "smb"),
        ({"segment": "smb"}, {"arr": 60_000}, "enterprise"),
        ({"segment": "enterprise", "arr": 60_000}, {"arr": None}, "smb"),
        ({"segment": "enterprise", "arr": 60_000}, {"wishes": 3}, "enterprise"),
        ({"segment": "enterprise", "arr": 500}, {"arr": 20_000}, "enterprise"),  # it was told its segment, which stands
        ({"segment": "enterprise", "arr": 500}, {"wishes": 3}, "enterprise"),
        ({"segment": "smb", "arr": 500}, {"arr": 60_000, "segment": "mid_market"}, "mid_market"),
        ({"segment": "smb", "arr": 500}, {"segment": "enterprise"}, "enterprise"),
    ],
)
def test_the_segment_follows_the_facts_unless_it_was_told(before: dict[str, Any], told: dict[str, Any], after: str) -> None:
    account = an_account(facts=before)
    assert (
        tell(situation(account=account), values={f"account.{name}": value for name, value in told.items()}).account.values[
            "account.segment"
        ]
        == after
    )


def test_a_segment_may_hang_on_any_fact() -> None:
    house = a_house(segments=POLICIES["segments"].replace("account.arr >= 50000", "account.seats >= 100 or account.wishes > 5"))
    account = an_account("smb")
    assert tell(situation(account=account, house=house), values={"account.seats": 100}).account.values["account.segment"] == "enterprise"
    assert tell(situation(account=account, house=house), values={"account.wishes": 5}).account.values["account.segment"] == "smb"


@pytest.mark.parametrize(("contact", "expected"), [("ben", {"ann": {}, "ben": {"language": "fr"}, "cleo": {}}), ("nobody", {"ann": {}, "ben": {}, "cleo": {}}), (None, {"ann": {}, "ben": {}, "cleo": {}})])  # fmt: skip
def test_a_fact_of_a_contact_is_that_contacts(contact: str | None, expected: dict[str, Any]) -> None:
    told = tell(situation(), values={"contact.language": "fr"}, contact_id=contact)
    assert {contact.id: contact.facts for contact in told.account.contacts} == expected


@pytest.mark.parametrize(("contract", "changed"), [(None, "c1"), ("c2", "c2"), ("c9", None)])
def test_a_fact_of_a_contract_is_that_contracts_or_the_present_ones(contract: str | None, changed: str | None) -> None:
    told = tell(
        situation(account=an_account(contracts=TWO)), values={"contract.value": 900.0, "contract.colour": "red"}, contract_id=contract
    )
    kept = [effect.contract for effect in told.effects if isinstance(effect, KeepContract)]
    assert [(contract.id, contract.value, contract.facts) for contract in kept] == (
        [(changed, 900.0, {"colour": "red"})] if changed else []
    )
    assert {contract.id: contract.value for contract in told.account.contracts} == {
        "c1": None,
        "c2": None,
        **({changed: 900.0} if changed else {}),
    }


def test_the_terms_of_a_contract_are_told_and_its_decision_follows() -> None:
    terms = {"ends_on": NEAR, "auto_renews": True, "notice_days": 30, "decision_on": MONDAY}
    told = tell(situation(), values={f"contract.{name}": value for name, value in terms.items()})
    (contract,) = told.account.contracts
    assert (contract.ends_on, contract.auto_renews, contract.notice_days, contract.decision_on, contract.facts) == (
        NEAR,
        True,
        30,
        NEAR - timedelta(days=30),
        {},
    )


NEXT_TERM = Contract("c1~2", date(2027, 1, 5), date(2028, 1, 5))


@pytest.mark.parametrize(
    ("contracts", "values", "next_term"),
    [
        ((), {"contract.signed_on": MONDAY}, NEXT_TERM),
        ((), {"contract.renewed": True}, NEXT_TERM),
        ((), {"contract.renewed": False}, None),
        ((), {"contract.value": 5.0}, None),
        ((Contract("c2", date(2027, 1, 1), date(2028, 1, 1)),), {"contract.signed_on": MONDAY}, None),  # it is known already
        ((Contract("c2", date(2026, 12, 5), date(2028, 1, 1)),), {"contract.signed_on": MONDAY}, None),  # begins a month early
        ((Contract("c2", date(2026, 12, 4), date(2028, 1, 1)),), {"contract.signed_on": MONDAY}, NEXT_TERM),
    ],
)
def test_a_renewal_that_says_no_more_is_followed_by_a_term_like_the_last(
    contracts: Any, values: dict[str, Any], next_term: Contract | None
) -> None:
    account = an_account(contracts=(*an_account().contracts, *contracts))
    told = tell(situation(account=account), values=values, contract_id="c1")
    added = [contract for contract in told.account.contracts if contract.id not in {contract.id for contract in account.contracts}]
    assert added == ([next_term] if next_term else [])


def test_a_contract_is_renewed_once() -> None:
    signed = tell(situation(), [an_event("signed")]).account
    again = tell(situation(account=signed), [an_event("signed", contract_id="c1")], {"contract.renewed": True}, "c1")
    assert [contract.id for contract in again.account.contracts] == ["c1~2", "c1"]
    without = replace(signed, contracts=tuple(contract for contract in signed.contracts if contract.id == "c1"))
    assert [contract.id for contract in tell(situation(account=without), values={"contract.renewed": True}).account.contracts] == ["c1"]


def test_a_contract_of_a_month_is_followed_by_another() -> None:
    account = an_account(contracts=(Contract("c1", MONDAY, date(2026, 2, 5)),))
    assert tell(situation(account=account), [an_event("signed")]).account.contracts[-1] == Contract(
        "c1~2", date(2026, 2, 5), date(2026, 3, 5)
    )
