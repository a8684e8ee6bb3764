"""What is to come of many accounts, added up: who gets how much of what on which day.

Each account is played in virtual time by itself, as often as there are passes; what it did is counted here, and counts of many
accounts, made in whatever process, add up to the same in whatever order.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from domain.account import Account
from domain.capacity import Capacity, minutes_on
from domain.facts import Person
from domain.house import House
from domain.simulation import World
from domain.timing import local_day, zone

KINDS = ("mail", "task", "approval", "notice", "post")
Key = TypeVar("Key", bound=Hashable)
CUSTOMERS = ""  # in place of a person, where one of the customer's people or a channel gets it


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One square of the count: the local day of whoever gets it (for customers that of the account), the journey, who, and what."""

    day: date
    journey: str
    person: str
    kind: str


Counts = Counter[Cell]


def counts(world: World) -> Counts:
    """Everything that reached somebody in a world."""
    people, home = world.account.people, zone(world.account.zone)
    zones: dict[str, ZoneInfo] = {id: zone(person.zone) for id, person in people.items()}
    found: Counts = Counter()
    for touch in world.touches:
        if touch.kind in KINDS:
            person = touch.recipient if touch.kind != "mail" and touch.recipient in people else CUSTOMERS
            found[Cell(local_day(touch.at, zones.get(person, home)), touch.journey, person, touch.kind)] += 1
    return found


@dataclass(frozen=True, slots=True)
class Range:
    """What passes gave for one number: the middle one, and those that nine of ten lie above and below."""

    p10: float
    p50: float
    p90: float


def spread(values: Sequence[float]) -> Range:
    """Nearest ranks, so that every number is one that came out of a pass."""
    ordered = sorted(values)
    p10, p50, p90 = (ordered[max(0, math.ceil(share * len(ordered)) - 1)] for share in (0.1, 0.5, 0.9))
    return Range(p10, p50, p90)


@dataclass(frozen=True)
class Forecast:
    """`passes` hold the counts of all accounts, one a pass; `carried` says of each owner which share of a full book they own."""

    house: House
    begins: date
    days: int
    people: Mapping[str, Person]
    passes: Sequence[Counts]
    carried: Mapping[str, float]
    accounts: int

    @property
    def weeks(self) -> list[date]:
        """The Mondays of the weeks concerned; the first and the last may be cut."""
        monday = self.begins - timedelta(days=self.begins.weekday())
        count = (self.begins + timedelta(days=self.days) - monday).days // 7 + 1
        return [monday + timedelta(weeks=number) for number in range(count)]

    def sum(self, wanted: Callable[[Cell], bool]) -> Range:
        """How many of the cells that are wanted, over the passes."""
        return spread([sum(count for cell, count in each.items() if wanted(cell)) for each in self.passes])

    def by(self, key: Callable[[Cell], Key]) -> Mapping[Key, Range]:
        """How many for each key, over the passes."""
        found: list[Counter[Key]] = []
        for each in self.passes:
            sums: Counter[Key] = Counter()
            for cell, count in each.items():
                sums[key(cell)] += count
            found.append(sums)
        keys = {key: None for sums in found for key in sums}
        return {key: spread([sums[key] for sums in found]) for key in keys}

    def minutes(self, person: str) -> list[Range]:
        """What a week's tasks, approvals, notices and posts take of a person, in minutes, for each of `weeks`."""
        takes = self.house.capacity.minutes
        if takes is None:
            return [Range(0, 0, 0)] * len(self.weeks)
        found: list[Counter[date]] = []
        for each in self.passes:
            sums: Counter[date] = Counter()
            for cell, count in each.items():
                if cell.person == person:
                    sums[cell.day - timedelta(days=cell.day.weekday())] += count * takes.of(cell.kind)
            found.append(sums)
        return [spread([sums[week] for sums in found]) for week in self.weeks]

    def room(self, person: str) -> list[float]:
        """The minutes a person has for journeys, for each of `weeks`: only days within the forecast, without absences and days off."""
        last = self.begins + timedelta(days=self.days)
        found = []
        for week in self.weeks:
            days = (week + timedelta(days=number) for number in range(7))
            here = (day for day in days if self.begins <= day <= last)
            found.append(sum(minutes_on(day, self.people[person], self.house.calendars, self.house.capacity) for day in here))
        return found


def carried(accounts: Iterable[Account], capacity: Capacity) -> Mapping[str, float]:
    """By owner, which share of what one can carry they own: 1.0 is full. A segment without a number counts nothing."""
    found: dict[str, float] = {}
    for account in accounts:
        most = capacity.accounts.get(str(account.values.get("account.segment") or ""))
        if account.owner_id and most:
            found[account.owner_id] = found.get(account.owner_id, 0.0) + 1 / most
    return found
