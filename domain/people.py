"""How people behave in virtual time: at once, late, or not at all. The e2e stories play real people by the same rules."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from domain.durations import Duration, Unit
from domain.timing import Calendar

Behaviour = Literal["prompt", "late", "silent"]

_SOON = Duration(2, Unit.WORKING_HOUR)
_LATER = Duration(3, Unit.BUSINESS_DAY)


def does_task(behaviour: Behaviour, calendar: Calendar, created_at: datetime, due_at: datetime) -> datetime | None:
    """When somebody completes a task; late is three business days after it was due."""
    match behaviour:
        case "prompt":
            return calendar.plus(created_at, _SOON)
        case "late":
            return calendar.plus(max(due_at, created_at), _LATER)
        case "silent":
            return None


def decides(behaviour: Behaviour, calendar: Calendar, asked_at: datetime) -> datetime | None:
    """When somebody decides an approval; late is after any usual end."""
    match behaviour:
        case "prompt":
            return calendar.plus(asked_at, _SOON)
        case "late":
            return calendar.plus(asked_at, _LATER)
        case "silent":
            return None


def acknowledges(behaviour: Behaviour, calendar: Calendar, told_at: datetime) -> datetime | None:
    """When the holder of an escalation says that they have it."""
    match behaviour:
        case "prompt":
            return calendar.plus(told_at, Duration(1, Unit.WORKING_HOUR))
        case "late":
            return calendar.plus(told_at, _LATER)
        case "silent":
            return None


def resolves(calendar: Calendar, acknowledged_at: datetime) -> datetime:
    return calendar.plus(acknowledged_at, Duration(2, Unit.BUSINESS_DAY))
