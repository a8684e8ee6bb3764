"""When health is read each week, as the settings say it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from domain.timing import moment, zone
from runtime.settings import Settings

_CRON = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* (MON|TUE|WED|THU|FRI|SAT|SUN)")
_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def readings(settings: Settings, now: datetime, days: int) -> tuple[datetime, ...]:
    """The moments of the next days at which the health of every account is read."""
    return tuple(moments(settings.weekly_health, settings.weekly_health_zone, now, days))


def moments(cron: str, where: str, now: datetime, days: int) -> Iterator[datetime]:
    """Those of a weekly schedule like `0 6 * * MON`; none of one that is written in another way."""
    if match := _CRON.fullmatch(cron.strip().upper()):
        minute, hour, weekday = int(match[1]), int(match[2]), _DAYS.index(match[3])
        today = now.astimezone(zone(where)).date()
        for number in range(days + 1):
            day = today + timedelta(days=number)
            if day.weekday() == weekday and (at := moment(day, time(hour, minute), zone(where))) > now:
                yield at
