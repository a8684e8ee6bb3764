"""How much our people can carry, and what a forecast's touches take of it."""

from __future__ import annotations

from datetime import date, timedelta

from pydantic import Field, model_validator

from domain.calendars import Calendars
from domain.facts import Person
from domain.grammar import Spoken, Whole


class Minutes(Spoken):
    """What one of each takes of whoever gets it, in minutes."""

    task: Whole = 0
    approval: Whole = 0
    notice: Whole = 0
    post: Whole = 0

    def of(self, kind: str) -> int:
        """Zero for what reaches customers."""
        minutes: int = getattr(self, kind, 0) if kind in Minutes.model_fields else 0
        return minutes


class Capacity(Spoken):
    """journeys/policies/capacity.yaml: how much our people can carry. Without the file nothing is too much for them."""

    accounts: dict[str, Whole] = Field(default_factory=dict, description="of each segment, how many accounts one owner can carry")
    minutes: Minutes | None = Field(default=None, description="what tasks, approvals, notices and posts take of whoever gets them")
    percent: Whole = Field(default=100, description="how much of the working hours there is for them")

    @model_validator(mode="after")
    def _something(self) -> Capacity:
        if empty := [segment for segment, most in self.accounts.items() if most < 1]:
            raise ValueError(f"an owner of no {empty[0]} account has no work; say how many they can carry")
        if not 1 <= self.percent <= 100:
            raise ValueError("percent is of the working hours: 1 to 100")
        return self


def minutes_on(day: date, person: Person, calendars: Calendars, capacity: Capacity) -> float:
    """What a person has for journeys on a day of theirs: none when they are away or it is a day off."""
    calendar = calendars.working(person.zone, person.country)
    away = any(absence.starts_on <= day <= absence.ends_on for absence in person.absences)
    if away or not person.active or not calendar.is_open_on(day):
        return 0.0
    hours = calendar.hours
    opens, closes = (timedelta(hours=clock.hour, minutes=clock.minute) for clock in (hours.opens, hours.closes))
    open_for = closes - opens if closes > opens else closes - opens + timedelta(days=1)
    return open_for / timedelta(minutes=1) * capacity.percent / 100
