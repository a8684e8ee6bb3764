"""What previews are filled in with: the described account of a segment, and an example of every fact that has one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

from domain import archetypes
from domain.account import Account
from domain.house import House
from domain.vocabulary import Fact, Kind

SUBJECT: Mapping[str, str] = {
    "title": "Welcome call with Example Ltd", "sla": "P2", "why": "Nobody has answered for five days, and the setup is not done.",
    "due": "14 January, 10:00",
}  # fmt: skip
_VALUES: Mapping[Kind, Any] = {
    Kind.NUMBER: 12, Kind.COUNT: 3, Kind.SHARE: 0.72, Kind.SCORE: 81, Kind.MONEY: 24_000, Kind.BOOLEAN: True, Kind.LIST: ("pilot", "vip"),
}  # fmt: skip


def of_fact(name: str, fact: Fact, today: date) -> Any:
    """What vocabulary.yaml gives as its example, else something of its kind."""
    if fact.example is not None:
        return fact.example
    if fact.type is Kind.DATE:
        return today - timedelta(days=20)
    if fact.type is Kind.TEXT:
        return fact.one_of[0] if fact.one_of else name.rpartition(".")[2].replace("_", " ").capitalize()
    return _VALUES[fact.type]


def facts(house: House, needed: Collection[str], today: date) -> dict[str, Any]:
    """The facts of a previewed account: those with an example, and those without which the words cannot be filled in."""
    declared = house.vocabulary.by_name.items()
    return {
        name: of_fact(name, fact, today)
        for name, fact in declared
        if not (fact.while_ or fact.quiet) and (fact.example is not None or (name in needed and fact.default is None))
    }


def account(house: House, segment: str, today: date) -> Account:
    """The described account of a segment, a month into its contract."""
    return archetypes.account(house, segment, today - timedelta(days=30))
