"""Two whole lives of a customer: one where everything goes well, one where little does.

What is told here is what the journeys of this repository look at. On the happy path customers succeed early and answer well, their
numbers come in every week, and they leave for another reason in the end, for there is no win-back of those who stay; they come back.
On the unhappy path they are never set up, answer badly, use less, and do not renew. Our own people act promptly on the first and not
at all on the second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from domain.archetypes import CONTACTS
from domain.people import Behaviour

SEGMENTS = ("enterprise", "mid_market", "smb")
TERM = timedelta(days=365)
LEFT_ON, CAME_BACK_ON = 420, 500


@dataclass(frozen=True, slots=True)
class Happening:
    """Something told on a day of the life (0 is the signup): facts by their short names, a new contract, an event; any of them."""

    day: float
    event: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    contract: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Path:
    """A way a life can go, how our people behave on it, and how many days it lasts."""

    name: str
    behaviour: Behaviour
    days: int

    def happenings(self, segment: str, begins: date) -> Iterator[Happening]:
        yield Happening(0, facts={"engineer": "engineer", "executive": "executive"})
        yield from _happy(segment, begins) if self.name == "happy" else _unhappy(segment)


HAPPY = Path("happy", "prompt", CAME_BACK_ON + 3)
# Churned within three weeks of the contract's end; win-back lasts a year from there.
UNHAPPY = Path("unhappy", "silent", 365 + 21 + 365 + 7)


def contacts(account: str) -> list[dict[str, Any]]:
    """The people of a described account (domain/archetypes.py), as they are told with a signup. None tells a zone of their own, as
    most do not: they are written to by the account's. Readers in several zones would take more turns to reach."""
    return [
        {
            "id": f"{account}-{contact.id}", "name": contact.name, "email": f"{contact.id}@{account}.example.com",
            "roles": list(contact.roles),
        }
        for contact in CONTACTS
    ]  # fmt: skip


def _happy(segment: str, begins: date) -> Iterator[Happening]:
    yield Happening(1, facts={"integrations_planned": 3, "integrations": 1, "next_advanced_feature": "Journeys"})
    yield Happening(3, "setup_completed")
    yield Happening(6, "training_completed", {"share": 0.5})
    if segment == "smb":
        yield Happening(8, "survey_answered", {"survey": "ces", "score": 2})
    yield Happening(10, "training_completed", {"share": 1.0})
    yield Happening(12, "first_milestone_reached")
    yield Happening(13, "plan_accepted")
    yield Happening(18, "first_value_reached")
    yield Happening(30, "survey_answered", {"survey": "csat", "score": 5})
    yield Happening(33, "adoption_reported", {"share": 0.7, "next_feature": "Audiences"})
    yield Happening(41, "adoption_reported", {"share": 0.75, "next_feature": "Reports"})
    yield Happening(47, "survey_answered", {"survey": "nps", "score": 9})
    yield Happening(58, "adoption_reported", {"share": 0.8})
    yield Happening(64, "meeting_held", {"meeting": "use-cases"})
    yield Happening(66, "use_case_live", {"use_cases": 3})
    yield Happening(70, "value_measured", {"roi": 320})
    yield Happening(78, "meeting_booked", {"meeting": "review"})
    yield Happening(85, "adoption_reported", {"share": 0.9})
    yield Happening(88, "meeting_held", {"meeting": "review"})
    for count, day in enumerate((110, 140, 170), 1):
        yield Happening(day, facts={"advanced_features": count})
    yield Happening(150, "goal_met")
    yield Happening(200, "integration_live", {"integrations": 3})
    yield Happening(230, "survey_answered", {"survey": "nps", "score": 10})
    yield Happening(340, "contract_signed")
    yield Happening(340, contract={"starts_on": begins + TERM, "ends_on": begins + 2 * TERM})
    yield Happening(410, "survey_answered", {"survey": "nps", "score": 9})
    for day in range(7, LEFT_ON, 7):
        usage = {"login_frequency": 19, "login_change": 0.02, "last_admin_login_on": begins + timedelta(days=day)}
        yield Happening(day, "usage_reported", {**usage, "seats_used": min(0.95, 0.5 + day / 400)})
        yield Happening(day, facts={"meetings": 3, "ticket_load": 1, "goals_met": 0.95})
    yield Happening(LEFT_ON, "account_churned", {"reason": "price"})
    yield Happening(445, "feature_shipped", {"feature": "Reports"})
    again = begins + timedelta(days=CAME_BACK_ON)
    yield Happening(CAME_BACK_ON, "account_returned", contract={"starts_on": again, "ends_on": again + TERM})


def _unhappy(segment: str) -> Iterator[Happening]:
    if segment == "smb":
        yield Happening(8, "survey_answered", {"survey": "ces", "score": 6})
    yield Happening(28.5, "survey_answered", {"survey": "csat", "score": 2})
    yield Happening(40, "usage_reported", {"login_change": -0.5, "login_frequency": 3})
    yield Happening(50, "survey_answered", {"survey": "nps", "score": 4})
    yield Happening(60, "usage_reported", {"login_change": 0.1, "login_frequency": 8})
    yield Happening(84, "meeting_missed", {"meeting": "review"})
    yield Happening(130, "sponsor_left")
    yield Happening(200, "ticket_escalated")
    yield Happening(300, "notice_given")
