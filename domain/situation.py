"""What is looked at when something is told of an account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.account import Account
from domain.house import House
from domain.journey import Journey
from domain.state import State
from domain.timing import local_day, zone


@dataclass(frozen=True, slots=True)
class LiveRun:
    """A run that is not over."""

    id: str
    journey: Journey
    key: str
    state: State
    contract_id: str | None = None
    contact_id: str | None = None


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run that is over; `anchor_on` is the day 0 it ended with, `shadow` that it was in shadow from beginning to end."""

    journey: str
    key: str
    ended_at: datetime
    anchor_on: date | None
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that telling one account looks at. `journeys` are the published ones, `runs` the live ones."""

    house: House
    journeys: Sequence[Journey]
    account: Account
    runs: Sequence[LiveRun]
    past: Sequence[PastRun]
    now: datetime

    @property
    def today(self) -> date:
        return local_day(self.now, zone(self.account.zone))
