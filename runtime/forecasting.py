"""`tenure forecast`: what is asked, from settings and options."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from activities import forecasting
from activities.forecasting import Foreseen, Progress, Question
from activities.ledger import Office
from activities.view import View
from runtime import choosing, parts, simulating, weekly
from runtime.settings import Settings


def ask(
    settings: Settings,
    days: int,
    people: str,
    passes: int,
    seed: int,
    root: Path | None,
    runs: Sequence[str],
    maps: Sequence[str],
    progress: Progress,
) -> Foreseen:
    """Raises FaultyText, NoDefinitions, NotPublished, UnknownChoice, Unplayable and WrongShape."""
    database = parts.migrated_database(settings)
    try:
        now = parts.now()
        changed = simulating.read(root) if root is not None else None
        with database.read() as session:
            choices = choosing.choices(runs, maps, View(session, Office(), now).published.journeys)
            if changed is not None:
                choosing.check_in_flight(session, choices, changed)
        readings = weekly.readings(settings, now, days)
        question = Question(now, days, simulating.behaviour(people), passes, seed, changed, choices, readings)
        return forecasting.foresee(database, question, progress)
    finally:
        database.close()
