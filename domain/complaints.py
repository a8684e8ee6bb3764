"""How many readers report our mail as spam, and what follows: beyond one rate it is said, beyond another commercial mail waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from domain.contact_policy import SpamReports
from domain.facts import COMMERCIAL

WINDOW = timedelta(days=30)


class Grade(StrEnum):
    """What a rate of spam reports means. Of too little mail nothing can be said."""

    UNSAID = "unsaid"
    WELL = "well"
    WARN = "warn"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Complaints:
    """Of the commercial mail that providers accepted in a WINDOW: how many mails that is, how many of them somebody reported as spam,
    and when the last of these reports came in."""

    mails: int = 0
    reported: int = 0
    last_at: datetime | None = None

    @property
    def percent(self) -> Decimal | None:
        """None where there is no mail."""
        return Decimal(100) * self.reported / self.mails if self.mails else None

    @property
    def words(self) -> str:
        share = "none" if self.percent is None else f"{self.percent:.2f} %"
        return f"spam reports are {share} of the last {WINDOW.days} days' mail ({self.reported:,} of {self.mails:,})"

    @property
    def reason(self) -> str:
        """Why commercial mail is held, and how it goes on."""
        return f"{self.words}; once that is looked into, `tenure resume --class {COMMERCIAL}` lifts it"


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of holds of all commercial mail: whether one stands, and when the last that Tenure placed itself was over."""

    stands: bool = False
    over_at: datetime | None = None


def grade(found: Complaints, policy: SpamReports) -> Grade:
    if found.percent is None or found.mails < policy.least_mails:
        return Grade.UNSAID
    if found.percent >= Decimal(str(policy.hold_at)) and found.reported >= policy.least_reports:
        return Grade.HOLD
    return Grade.WARN if found.percent >= Decimal(str(policy.warn_at)) else Grade.WELL


def must_hold(found: Complaints, policy: SpamReports, held: Held) -> bool:
    """Whether commercial mail is to be held now. Whoever lifted the last hold knew what had been reported; what came since is new."""
    if held.stands or grade(found, policy) is not Grade.HOLD:
        return False
    return held.over_at is None or (found.last_at is not None and found.last_at > held.over_at)
