"""What a provider tells of a message after it took it, and what that makes of what was known before.

Providers tell late, several times and in any order, so what is known only ever grows: https://github.com/sendgrid/docs/issues/2933
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum


class ReportName(StrEnum):
    """What can be told. A blocked mail was turned away for now; a dropped one the provider did not try to deliver."""

    PROCESSED = "processed"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BLOCKED = "blocked"
    DROPPED = "dropped"
    BOUNCED = "bounced"
    OPENED = "opened"
    CLICKED = "clicked"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"


# What a mail's delivery has come to; a later word counts only when it says more than the last.
_FURTHER = ("processed", "deferred", "delivered", "blocked", "dropped", "bounced")
_READ = (ReportName.OPENED, ReportName.CLICKED, ReportName.COMPLAINED, ReportName.UNSUBSCRIBED)

# The event that runs and journeys can listen for.
EVENTS: Mapping[ReportName, str] = {
    ReportName.CLICKED: "mail_clicked",
    ReportName.BOUNCED: "mail_bounced",
    ReportName.COMPLAINED: "complained",
    ReportName.UNSUBSCRIBED: "unsubscribed",
}
URGENT = (ReportName.UNSUBSCRIBED, ReportName.COMPLAINED, ReportName.BOUNCED, ReportName.DROPPED)


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `id` is the same however often it is told. It is about a message of ours by `message_id`, else by the provider's
    own name for it (`provider_id`). `by_machine`: nobody read it, a program did."""

    id: str
    name: ReportName
    at: datetime
    message_id: str | None = None
    provider_id: str | None = None
    address: str | None = None
    bad_address: bool = False
    by_machine: bool = False
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a message that left."""

    delivery: str | None = None
    heard_at: datetime | None = None
    delivered_at: datetime | None = None
    opened_at: datetime | None = None
    clicked_at: datetime | None = None


def heard(standing: Standing, reports: Iterable[Report]) -> Standing:
    """What is known with these reports, whatever their order."""
    for report in reports:
        standing = _heard(standing, report)
    return standing


def _heard(standing: Standing, report: Report) -> Standing:
    standing = replace(standing, heard_at=_first(standing.heard_at, report.at))
    word = "delivered" if report.name in _READ else str(report.name)
    if standing.delivery is None or _FURTHER.index(word) > _FURTHER.index(standing.delivery):
        standing = replace(standing, delivery=word)
    match report.name:
        case ReportName.DELIVERED:
            return replace(standing, delivered_at=_first(standing.delivered_at, report.at))
        case ReportName.OPENED if not report.by_machine:
            return replace(standing, opened_at=_first(standing.opened_at, report.at))
        case ReportName.CLICKED if not report.by_machine:
            return replace(standing, clicked_at=_first(standing.clicked_at, report.at))
        case _:
            return standing


def _first(known: datetime | None, told: datetime) -> datetime:
    return told if known is None else min(known, told)


def tells(report: Report, before: Standing) -> bool:
    """Whether somebody must hear of it: of what makes an address or its owner unreachable always, of a click the first time."""
    if report.name is ReportName.CLICKED:
        return before.clicked_at is None and not report.by_machine
    return report.name in URGENT


def refuses(report: Report) -> bool:
    """Whether the address must not be written to again."""
    return report.bad_address or report.name in (ReportName.BOUNCED, ReportName.COMPLAINED, ReportName.UNSUBSCRIBED)
