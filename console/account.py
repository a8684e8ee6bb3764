"""One account: how it is, what its journeys do next, and what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from activities import words
from activities.view import View
from console import accounts as book
from console import timeline, work
from console.few import Few, few
from database import answers, holds, runs
from database.tables import AccountRow, DecisionRow, table
from domain import account as account_of
from domain import state
from domain.account import Account
from domain.facts import Contract, Facts, current_contract
from domain.filling import Today
from domain.health import Reading
from domain.house import House
from domain.simulation import Touch
from domain.state import Phase, Position
from domain.timing import local_day, zone

accounts, decisions = table(AccountRow), table(DecisionRow)

MOST_ANSWERS = 20
_AT_THE_TOP = ("account.id", "account.name", "account.currency", "account.tags", "account.segment", "account.stage", "account.arr")
# What a track does in a phase: with no end set, and before the moment at which it looks again.
_WAITS = {
    Phase.BEFORE: ("its date is not known", "comes due"),
    Phase.GATE: ("waits for an approval", "waits for an approval, at most until"),
    Phase.OUT: ("its messages are on their way", "its messages are on their way, due"),
    Phase.WAIT: ("waits", "waits, at most until"),
    Phase.BETWEEN: ("between two rounds", "next round"),
}


@dataclass(frozen=True)
class Component:
    """One part of health; `below` is its threshold where the value is under it."""

    name: str
    weight: float
    value: float | None
    below: float | None


@dataclass(frozen=True)
class Health:
    """`alone` is the band that the score alone would give, where another stands."""

    reading: Reading
    title: str | None
    tone: str
    alone: str | None
    components: Sequence[Component]


@dataclass(frozen=True)
class Known:
    """A fact that was told; `stale` ones count as unknown."""

    name: str
    meaning: str
    value: Any
    stale: bool


@dataclass(frozen=True)
class Term:
    contract: Contract
    is_current: bool
    days_left: int


@dataclass(frozen=True)
class Standing:
    """Where one track of a run stands."""

    track: str
    position: Position
    waits: str


@dataclass(frozen=True)
class Planned:
    """A touch to come, named as its reader would know it."""

    touch: Touch
    what: str
    to: str


@dataclass(frozen=True)
class Run:
    row: Row[Any]
    title: str
    standing: Sequence[Standing]
    next: Sequence[Planned]
    decisions: Few[Row[Any]]


def look(view: View, id: str) -> Mapping[str, Any] | None:
    account = view.account(id)
    if account is None:
        return None
    house = view.published.house
    facts = account_of.facts(account, house, view.now)
    segments = {rule.segment: rule.title for rule in house.segments_rule.segments}
    return {
        "zone": zone(account.zone), "people": view.people, "account": account, "facts": facts,
        "segment": segments.get(facts.segment, facts.segment), "health": _health(house, account), "known": _known(house, account, facts),
        "terms": _terms(account, view.now), "work": work.open_work(view, id),
        "holds": holds.standing(view.session, view.now, holds.concerning(id)),
        "runs": [_run(view, account, facts, row) for row in runs.live(view.session, id)],
        "starts": runs.starts_ahead(view.session, id), "timeline": timeline.of(view, id),
        "answers": answers.latest(view.session, id, MOST_ANSWERS),
        "contacts": {contact.id: contact.name for contact in account.contacts},
    }  # fmt: skip


def _health(house: House, account: Account) -> Health | None:
    if not account.readings:
        return None
    reading, policy = account.readings[-1], house.health
    titles = {band.name: band.title for band in policy.bands}
    components = []
    for name, component in policy.components.items():
        value = reading.components.get(name)
        below = component.threshold if value is not None and value < component.threshold else None
        components.append(Component(name, component.weight, value, below))
    stands = reading.band if reading.band in titles else None
    alone = titles.get(reading.raw or "") if reading.raw != reading.band else None
    return Health(reading, titles.get(stands or ""), book.tone(policy, stands), alone, components)


def _known(house: House, account: Account, facts: Facts) -> Sequence[Known]:
    declared = house.vocabulary.by_name
    told = sorted(name for name, value in account.values.items() if value is not None and name in declared and name not in _AT_THE_TOP)
    return [Known(name.removeprefix("account."), declared[name].meaning, account.values[name], name in facts.stale) for name in told]


def _terms(account: Account, now: datetime) -> Sequence[Term]:
    """The latest first."""
    today = local_day(now, zone(account.zone))
    current = current_contract(account.contracts, today)
    latest = sorted(account.contracts, key=lambda contract: (contract.starts_on, contract.id), reverse=True)
    return [Term(contract, contract is current, (contract.decision_on - today).days) for contract in latest]


def _run(view: View, account: Account, facts: Facts, row: Row[Any]) -> Run:
    stands = state.load(row.state)
    decided = few(view.session, select(decisions).where(decisions.c.run_id == row.id).order_by(decisions.c.id.desc()))
    return Run(
        row, view.journey(row).any_plan.text.title,
        [Standing(track, position, _WAITS[position.phase][position.until is not None]) for track, position in stands.tracks.items()],
        [Planned(touch, _name(view, row, facts, touch), _reader(account, touch)) for touch in view.next_touches(account, row)], decided,
    )  # fmt: skip


def _name(view: View, row: Row[Any], facts: Facts, touch: Touch) -> str:
    if touch.kind != "task":
        return touch.what
    day = facts.today(touch.at)
    return words.of_task(view.published, touch.what, facts, Today(day, (day - row.anchor_on).days if row.anchor_on else None))[0]


def _reader(account: Account, touch: Touch) -> str:
    """A contact, one of us, or a Slack channel."""
    contact = next((contact.name for contact in account.contacts if contact.id == touch.recipient), None)
    person = account.people.get(touch.recipient)
    return contact or (person.name if person else touch.recipient)
