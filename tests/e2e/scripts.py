"""A year as it may go, well or badly, and how what came of it in two worlds is compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from database import accounts as stored
from domain.account import Account
from domain.people import Behaviour
from domain.simulation import Touch, World
from tests.e2e.conductor import START, Conductor

Script = Sequence[tuple[float, str, dict[str, Any]]]

HAPPY: Script = (
    (0, "signed_up", {}),
    (3, "setup_completed", {}),
    (6, "training_completed", {"share": 0.5}),
    (10, "training_completed", {"share": 1.0}),
    (12, "first_milestone_reached", {}),
    (13, "plan_accepted", {}),
    (18, "first_value_reached", {}),
    (33, "adoption_reported", {"share": 0.45, "next_feature": "Audiences"}),
    (47, "survey_answered", {"survey": "nps", "score": 9}),
    (64, "meeting_held", {"meeting": "use-cases"}),
    (66, "use_case_live", {"use_cases": 3}),
    (70, "value_measured", {"roi": 180}),
    (78, "meeting_booked", {"meeting": "review"}),
    (85, "adoption_reported", {"share": 0.85}),
    (340, "contract_signed", {}),
)
UNHAPPY: Script = (
    (0, "signed_up", {}),
    (28.5, "survey_answered", {"survey": "csat", "score": 2}),
    (40, "usage_reported", {"login_change": -0.5, "login_frequency": 3}),
    (200, "ticket_escalated", {}),
    (300, "notice_given", {}),
)


async def prepare(conductor: Conductor, arr: float) -> None:
    """An account with contacts in three zones and a contract of a year, not signed up yet."""
    day = START.date()
    account = {
        "name": "Acme Ltd",
        "time_zone": "Europe/Berlin",
        "country": "DE",
        "owner": "csm",
        "facts": {"arr": arr, "engineer": "engineer"},
    }
    await conductor.call("PUT", "/v1/accounts/acme", account)
    contacts = {
        "ann": {
            "name": "Ann Lee",
            "email": "ann@example.com",
            "roles": ["champion", "admin"],
            "time_zone": "Europe/London",
            "country": "GB",
        },
        "ben": {
            "name": "Ben Okafor",
            "email": "ben@example.com",
            "roles": ["sponsor", "signer"],
            "time_zone": "America/New_York",
            "country": "US",
        },
        "cleo": {"name": "Cleo Marsh", "email": "cleo@example.com", "roles": ["user"], "time_zone": "Asia/Tokyo", "country": "JP"},
    }
    for id, contact in contacts.items():
        await conductor.call("PUT", f"/v1/accounts/acme/contacts/{id}", contact)
    contract = {"starts_on": day.isoformat(), "ends_on": (day + timedelta(days=365)).isoformat(), "value": arr}
    await conductor.call("PUT", "/v1/accounts/acme/contracts/acme-1", contract)


def a_world_like(conductor: Conductor, behaviour: Behaviour) -> World:
    """Virtual time with the same account, house and journeys."""
    services = conductor.installation.services
    with conductor.database.write() as session:
        published = services.published(session)
        row = stored.lock(session, "acme")
        assert row is not None
        people = services.office.people.at(session, -2)
        account: Account = stored.load(session, row, people, published.house.vocabulary)
    world = World(published.house, list(published.journeys.values()), account, START, behaviour)
    world.change(account)
    return world


def differences(real: Sequence[Any], virtual: Sequence[Any]) -> list[str]:
    """What only one of the worlds saw, in order."""
    only_real, only_virtual = Counter(real) - Counter(virtual), Counter(virtual) - Counter(real)
    return [
        f"{where}: {touch}" for touch, where in sorted([(t, "only real") for t in only_real] + [(t, "only virtual") for t in only_virtual])
    ]


def compared(touches: Sequence[Touch]) -> list[tuple[datetime, str, str, int, str, str]]:
    """A touch without what the two worlds name differently: run ids, the title of what a reminder is about, and whoever an
    approval was passed on to, whom the database keeps in place of who was asked first."""
    return sorted(
        (
            touch.at,
            touch.journey,
            touch.step if touch.kind != "notice" else "",
            touch.visit,
            touch.effect,
            touch.recipient if touch.kind != "approval" else "",
        )
        for touch in touches
    )
