"""What is known of one account at one moment. Whoever loads it says the moment; nothing here looks anything up."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from domain.timing import local_day


@dataclass(frozen=True, slots=True)
class Absence:
    """Days on which a person does not work, both ends included, local to the person."""

    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Person:
    """One of us."""

    id: str
    name: str
    email: str
    roles: tuple[str, ...] = ()
    manager_id: str | None = None
    backup_id: str | None = None
    zone: str = "UTC"
    country: str = ""
    slack_id: str | None = None
    active: bool = True
    absences: tuple[Absence, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at the customer. `active` is false once they left; `refused` once their address was refused for good."""

    id: str
    name: str
    email: str
    roles: tuple[str, ...] = ()
    zone: str = ""
    country: str = ""
    active: bool = True
    refused: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_erased(self) -> bool:
        """Whether nothing is left of them but their id."""
        return not self.email


@dataclass(frozen=True, slots=True)
class Contract:
    """One term. Dates are days, `notice_days` days; `facts` holds what else is told of this term (signed_on, price_change …)."""

    id: str
    starts_on: date
    ends_on: date
    auto_renews: bool = False
    notice_days: int = 0
    value: float | None = None
    status: str = "active"
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def decision_on(self) -> date:
        """The last day on which the customer can still decide: the notice deadline where it renews by itself, else the end."""
        return self.ends_on - timedelta(days=self.notice_days) if self.auto_renews else self.ends_on

    @staticmethod
    def is_assumed(id: str) -> bool:
        """Whether a contract of this id was assumed by `successor`, until the real one is told."""
        stem, _, count = id.rpartition("~")
        return bool(stem) and count.isdigit()

    def values(self) -> dict[str, Any]:
        return {
            "contract.starts_on": self.starts_on,
            "contract.ends_on": self.ends_on,
            "contract.decision_on": self.decision_on,
            "contract.auto_renews": self.auto_renews,
            "contract.notice_days": self.notice_days,
            "contract.value": self.value,
            **{f"contract.{name}": value for name, value in self.facts.items()},
        }


def current_contract(contracts: tuple[Contract, ...], today: date) -> Contract | None:
    """The term the account is in: the latest that has begun, else the first that will."""
    active = [contract for contract in contracts if contract.status == "active"]
    begun = [contract for contract in active if contract.starts_on <= today]
    if begun:
        return max(begun, key=lambda contract: (contract.starts_on, contract.id))
    return min(active, key=lambda contract: (contract.starts_on, contract.id), default=None)


def successor(contract: Contract) -> Contract:
    """The next term of a contract that was renewed without saying more: as long, under the same conditions.

    A term of whole months is followed by one, whether its end was told as its last day or as the day after.
    """
    first = contract.ends_on
    last = first + (first - contract.starts_on)
    for beyond in (timedelta(0), timedelta(days=1)):
        end = first + beyond
        months = 12 * (end.year - contract.starts_on.year) + end.month - contract.starts_on.month
        if months > 0 and end.day == contract.starts_on.day:
            last = _months_later(end, months) - beyond
            break
    stem, _, count = contract.id.rpartition("~")
    name = f"{stem}~{int(count) + 1}" if stem and count.isdigit() else f"{contract.id}~2"
    return Contract(name, first, last, contract.auto_renews, contract.notice_days, contract.value)


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it is shorter."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


Resume = Literal["shift", "skip", "send"]  # what becomes of what fell due during a hold


# Mail of every class, as the class of a hold: operational mail passes it, as it passes a hold of any class.
COMMERCIAL = "commercial"


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing goes out while it lasts. `journey` or `mail_class` narrows it; neither means the whole account, or everything where it
    is one of `everywhere`: of all accounts. The class COMMERCIAL is all of them. `resume` says what becomes of what fell due
    meanwhile; `lifted_at` is known of one that was lifted and of which not every run was told yet."""

    id: str
    journey: str | None = None
    mail_class: str | None = None
    until: datetime | None = None
    reason: str = ""
    resume: Resume = "shift"
    placed_at: datetime | None = None
    lifted_at: datetime | None = None
    everywhere: bool = False

    @property
    def ends_at(self) -> datetime | None:
        return min((at for at in (self.until, self.lifted_at) if at), default=None)

    def is_over(self, now: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= now

    def keeps_back(self, journey: str) -> bool:
        """Whether it holds runs of this journey, not only mail of a class."""
        return self.mail_class is None and self.journey in (None, journey)

    @property
    def what(self) -> str:
        """What is held, in words."""
        if self.mail_class == COMMERCIAL:
            return "commercial mail"
        if self.mail_class:
            return f"class {self.mail_class}"
        return self.journey or ("everything" if self.everywhere else "the account")

    def covers(self, journey: str, mail_class: str, now: datetime) -> bool:
        if self.is_over(now):
            return False
        if self.mail_class is not None:
            return self.mail_class in (COMMERCIAL, mail_class)
        return self.journey in (None, journey)

    def keeps_mail(self, mail_class: str, operational: bool) -> bool:
        """Whether it is of a class, and keeps such mail back: what customers wait for passes it."""
        return self.mail_class is not None and not operational and self.mail_class in (COMMERCIAL, mail_class)


@dataclass(frozen=True, slots=True)
class Facts:
    """One account as a turn sees it. `values` maps full fact names to values; a name that is missing is unknown. `told_at`: when
    each was told, of the account's own facts. `contract_starts`: when each of its contracts begins."""

    account_id: str
    zone: ZoneInfo
    country: str
    values: Mapping[str, Any]
    owner_id: str | None = None
    contacts: tuple[Contact, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    contract_id: str | None = None
    contact_id: str | None = None
    holds: tuple[Hold, ...] = ()
    stale: frozenset[str] = frozenset()
    told_at: Mapping[str, datetime] = field(default_factory=dict)
    contract_starts: tuple[date, ...] = ()

    def today(self, now: datetime) -> date:
        return local_day(now, self.zone)

    @property
    def segment(self) -> str:
        return str(self.values.get("account.segment") or "")

    def with_values(self, changes: Mapping[str, Any]) -> Facts:
        return replace(self, values={**self.values, **changes})


class Scope(dict[str, Any]):
    """The names of one evaluation; what is not there is unknown."""

    def __missing__(self, name: str) -> None:
        return None
