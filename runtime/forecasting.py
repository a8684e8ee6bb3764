"""`tenure forecast`: what is asked, from settings and options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from activities import forecasting
from activities.forecasting import Foreseen, Progress, Question
from activities.ledger import Office
from activities.view import View
from domain.timing import moment, zone
from runtime import choosing, parts, simulating
from runtime.settings import Settings

_CRON = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* (MON|TUE|WED|THU|FRI|SAT|SUN)")
_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def ask(
    settings: Settings, days: int, people: str, passes: int, seed: int, root: Path | None, runs: Sequence[str], progress: Progress
) -> Foreseen:
    """Raises FaultyText, NoDefinitions, NotPublished, UnknownChoice, Unplayable and WrongShape."""
    database = parts.migrated_database(settings)
    try:
        now = parts.now()
        changed = simulating.read(root) if root is not None else None
        with database.read() as session:
            known = View(session, Office(), now).published.journeys
        choices = choosing.choices(runs, (), known)
        readings = tuple(weekly(settings.weekly_health, settings.weekly_health_zone, now, days))
        question = Question(now, days, simulating.behaviour(people), passes, seed, changed, choices, readings)
        return forecasting.foresee(database, question, progress)
    finally:
        database.close()


def weekly(cron: str, where: str, now: datetime, days: int) -> Iterator[datetime]:
    """The moments of a weekly schedule like `0 6 * * MON` in the next days; none of one that is written in another way."""
    if match := _CRON.fullmatch(cron.strip().upper()):
        minute, hour, weekday = int(match[1]), int(match[2]), _DAYS.index(match[3])
        today = now.astimezone(zone(where)).date()
        for number in range(days + 1):
            day: date = today + timedelta(days=number)
            if day.weekday() == weekday and (at := moment(day, time(hour, minute), zone(where))) > now:
                yield at
