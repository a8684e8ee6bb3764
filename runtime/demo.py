"""A believable book of accounts to look at, told over the public API as any program would."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from rich.console import Console
from rich.progress import track

TEAM: dict[str, dict[str, Any]] = {
    "vera": {"name": "Vera Lindqvist", "email": "vera@example.com", "roles": ["vp", "cco"], "time_zone": "Europe/Berlin", "country": "DE"},
    "dirk": {
        "name": "Dirk Vogt",
        "email": "dirk@example.com",
        "roles": ["director"],
        "manager": "vera",
        "time_zone": "Europe/Berlin",
        "country": "DE",
    },
    "cara": {
        "name": "Cara Stein",
        "email": "cara@example.com",
        "roles": ["csm"],
        "manager": "dirk",
        "time_zone": "Europe/Berlin",
        "country": "DE",
    },
    "carl": {
        "name": "Carl Mason",
        "email": "carl@example.com",
        "roles": ["csm"],
        "manager": "dirk",
        "time_zone": "America/New_York",
        "country": "US",
    },
    "enzo": {
        "name": "Enzo Ricci",
        "email": "enzo@example.com",
        "roles": ["engineer", "pool", "cs_ops"],
        "manager": "dirk",
        "time_zone": "Europe/Rome",
        "country": "IT",
    },
}


@dataclass(frozen=True)
class Customer:
    """`contact` is the name of their champion, `age` is days since their contract began, `reached` facts with the day after that on
    which they came about."""

    name: str
    contact: str
    zone: str
    country: str
    owner: str
    arr: int
    age: int
    reached: dict[str, int] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    health: dict[str, int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.name.split()[0].lower()

    @property
    def stage(self) -> str:
        return "onboarding" if self.age < 30 else "adoption" if self.age < 90 else "growth"


def _scores(usage: int, engagement: int, performance: int, satisfaction: int) -> dict[str, int]:
    return {"usage": usage, "engagement": engagement, "performance": performance, "satisfaction": satisfaction}


WELL_BEGUN = {"setup_completed_on": 4, "plan_accepted_on": 8, "first_milestone_on": 12, "first_value_on": 18}
TRAINED = {"training": 1.0}
BOOK = (
    Customer("Alder & Finch", "Imogen Hart", "Europe/London", "GB", "cara", 24_000, 3, facts={"training": 0.2}),
    Customer(
        "Brightwater",
        "Daan Visser",
        "Europe/Amsterdam",
        "NL",
        "cara",
        88_000,
        9,
        {"setup_completed_on": 4},
        {"training": 0.6},
        _scores(82, 88, 91, 80),
    ),
    Customer(
        "Cobalt Foods",
        "Marcus Bell",
        "America/Chicago",
        "US",
        "carl",
        7_500,
        16,
        {"setup_completed_on": 6, "plan_accepted_on": 1},
        {"training": 0.3},
        _scores(44, 62, 70, 75),
    ),
    Customer("Dunmore Travel", "Niamh Byrne", "Europe/Dublin", "IE", "cara", 15_000, 24, WELL_BEGUN, TRAINED, _scores(95, 92, 93, 96)),
    Customer(
        "Eastline Media",
        "Elena Ruiz",
        "America/New_York",
        "US",
        "carl",
        120_000,
        45,
        WELL_BEGUN,
        {**TRAINED, "feature_adoption": 0.35, "next_feature": "Audiences"},
        _scores(74, 81, 86, 78),
    ),
    Customer(
        "Fjord Optics",
        "Ingrid Solberg",
        "Europe/Oslo",
        "NO",
        "cara",
        62_000,
        70,
        WELL_BEGUN,
        {**TRAINED, "feature_adoption": 0.8, "use_cases": 2},
        _scores(96, 92, 95, 90),
    ),
    Customer(
        "Garnet Schools",
        "Tanya Brooks",
        "America/Los_Angeles",
        "US",
        "carl",
        9_000,
        120,
        WELL_BEGUN,
        {**TRAINED, "feature_adoption": 0.5},
        _scores(58, 66, 71, 64),
    ),
    Customer(
        "Hallmark Steel",
        "Jonas Weber",
        "Europe/Berlin",
        "DE",
        "cara",
        240_000,
        210,
        WELL_BEGUN,
        {**TRAINED, "feature_adoption": 0.4},
        _scores(41, 48, 52, 30),
    ),
    Customer(
        "Ivory Clinics",
        "Beat Keller",
        "Europe/Zurich",
        "CH",
        "cara",
        54_000,
        288,
        WELL_BEGUN,
        {**TRAINED, "feature_adoption": 0.9, "use_cases": 3},
        _scores(91, 93, 90, 94),
    ),
    Customer(
        "Juniper Retail",
        "Rosa Delgado",
        "America/Denver",
        "US",
        "carl",
        18_000,
        330,
        WELL_BEGUN,
        {**TRAINED, "feature_adoption": 0.6},
        _scores(77, 84, 80, 79),
    ),
)


def signup(id: str, name: str, today: datetime, owner: str | None = None) -> dict[str, Any]:
    """A signup event as a product would send it."""
    day = today.date()
    account: dict[str, Any] = {"id": id, "name": name, "time_zone": "Europe/Berlin", "country": "DE", "facts": {"arr": 24000}}
    if owner:
        account["owner"] = owner
    return {
        "id": f"signup-{id}", "name": "signed_up", "account": account,
        "contacts": [{"id": f"{id}-ann", "name": "Ann Lee", "email": f"ann@{id}.example.com", "roles": ["champion", "admin", "signer"]}],
        "contract": {"id": f"{id}-1", "starts_on": day.isoformat(), "ends_on": (day + timedelta(days=365)).isoformat()},
    }  # fmt: skip


def signup_command(api: str, secret: str, day: datetime) -> str:
    """A signup of `day`; told again it is the same event, and changes nothing."""
    body = json.dumps(signup("acme", "Acme Ltd", day))
    return f"curl -sS {api}/v1/events -H 'Authorization: Bearer {secret}' -H 'Content-Type: application/json' -d {shlex.quote(body)}"


def fill(api: str, secret: str, out: Console) -> None:
    """Tells the book to an installation; who is there already is left alone."""
    now = datetime.now(UTC)
    with httpx2.Client(base_url=api, headers={"Authorization": f"Bearer {secret}"}, timeout=30) as client:
        for id, person in TEAM.items():
            client.put(f"/v1/people/{id}", json=person).raise_for_status()
        for customer in track(BOOK, "Filling in a book of accounts", console=out, transient=True):
            if client.get(f"/v1/accounts/{customer.id}").status_code == 404:
                client.post("/v1/events", json=_arrival(customer, now)).raise_for_status()
                if customer.health:
                    client.post(f"/v1/accounts/{customer.id}/health", json={"scores": customer.health}).raise_for_status()


def _arrival(customer: Customer, now: datetime) -> dict[str, Any]:
    """A signup; for whoever has been here longer, what importing them tells, which enrolls them where they are now."""
    begins = (now - timedelta(days=customer.age)).date()
    is_new = customer.stage == "onboarding"
    told = signup(customer.id, customer.name, now, customer.owner)
    told["account"] |= {
        "time_zone": customer.zone,
        "country": customer.country,
        "facts": {
            "arr": customer.arr,
            **({} if is_new else {"stage": customer.stage}),
            **{fact: (begins + timedelta(days=day)).isoformat() for fact, day in customer.reached.items()},
            **customer.facts,
        },
    }
    # Somebody else at each: one reader of ten accounts would soon have had all the mail that one may get.
    first = customer.contact.split()[0].lower()
    email = f"{first}@{customer.id}.example.com"
    told["contacts"][0] |= {"id": f"{customer.id}-{first}", "name": customer.contact, "email": email}
    told["contract"] = {
        "id": f"{customer.id}-1", "starts_on": begins.isoformat(), "ends_on": (begins + timedelta(days=365)).isoformat(),
        "auto_renews": customer.arr < 20_000, "notice_days": 30 if customer.arr < 20_000 else 0, "value": customer.arr,
    }  # fmt: skip
    return told if is_new else told | {"id": f"import-{customer.id}", "name": "plan_accepted"}
