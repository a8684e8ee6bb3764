"""What becomes known of an account when facts are told of it: its own, its contact's, its contract's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from domain.account import Account
from domain.facts import Contract, successor
from domain.house import House
from domain.timing import local_day, zone


def know(
    account: Account, house: House, values: Mapping[str, Any], contract_id: str | None, contact_id: str | None, now: datetime
) -> tuple[Account, list[Contract]]:
    """The account that knows these values, by full name; and its contracts that are new or changed with them."""
    ours = {name: value for name, value in values.items() if name.startswith("account.") and name != "account.tags"}
    if ours:
        merged = {**account.values, **ours}
        if "account.segment" not in ours and _follows_the_rules(account, house):
            merged["account.segment"] = house.segment_of({**house.vocabulary.defaults, **merged})
        account = replace(account, values=merged, told_at={**account.told_at, **dict.fromkeys(ours, now)})
    theirs = {name.removeprefix("contact."): value for name, value in values.items() if name.startswith("contact.")}
    if theirs and contact_id:
        contacts = (
            replace(contact, facts={**contact.facts, **theirs}) if contact.id == contact_id else contact for contact in account.contacts
        )
        account = replace(account, contacts=tuple(contacts))
    terms = {name.removeprefix("contract."): value for name, value in values.items() if name.startswith("contract.")}
    contract = account.contract(contract_id, local_day(now, zone(account.zone)))
    kept = _with_terms(account, contract, terms) if terms and contract else []
    for each in kept:
        account = replace(account, contracts=(*(other for other in account.contracts if other.id != each.id), each))
    return account, kept


def _follows_the_rules(account: Account, house: House) -> bool:
    """Whether the account is in the segment that its facts give it: one that was told another stays there."""
    known = {**house.vocabulary.defaults, **account.values}
    return known.get("account.segment") in (None, house.segment_of(known))


def _with_terms(account: Account, contract: Contract, terms: dict[str, Any]) -> list[Contract]:
    """The contract with what is told of it and, once it is renewed and nothing follows it yet, its next term."""
    renewed = (terms.get("renewed") or terms.get("signed_on")) and not (contract.facts.get("renewed") or contract.facts.get("signed_on"))
    fields = {name: terms.pop(name) for name in ("starts_on", "ends_on", "auto_renews", "notice_days", "value") if name in terms}
    terms.pop("decision_on", None)
    changed = replace(contract, **fields, facts={**contract.facts, **terms})
    soon = changed.ends_on - timedelta(days=31)
    followed = any(other.starts_on >= soon for other in account.contracts if other.id != changed.id)
    return [changed, successor(changed)] if renewed and not followed else [changed]
