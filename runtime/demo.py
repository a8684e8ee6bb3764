"""A believable book of accounts to look at, told over the public API as any program would."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
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

# name, zone, country, owner, ARR, days since the contract began, what has happened by then
BOOK: tuple[tuple[str, str, str, str, int, int, tuple[str, ...]], ...] = (
    ("Alder & Finch", "Europe/London", "GB", "cara", 24_000, 3, ()),
    ("Brightwater", "Europe/Amsterdam", "NL", "cara", 88_000, 9, ("setup_completed",)),
    ("Cobalt Foods", "America/Chicago", "US", "carl", 7_500, 16, ("setup_completed", "plan_accepted")),
    ("Dunmore Travel", "Europe/Dublin", "IE", "cara", 15_000, 24, ("setup_completed", "first_value_reached", "plan_accepted")),
    ("Eastline Media", "America/New_York", "US", "carl", 120_000, 45, ("setup_completed", "first_value_reached", "plan_accepted")),
    ("Fjord Optics", "Europe/Oslo", "NO", "cara", 62_000, 70, ("setup_completed", "first_value_reached", "plan_accepted")),
    ("Garnet Schools", "America/Los_Angeles", "US", "carl", 9_000, 120, ("setup_completed", "first_value_reached")),
    ("Hallmark Steel", "Europe/Berlin", "DE", "cara", 240_000, 210, ("setup_completed", "first_value_reached")),
    ("Ivory Clinics", "Europe/Zurich", "CH", "cara", 54_000, 288, ("setup_completed", "first_value_reached")),
    ("Juniper Retail", "America/Denver", "US", "carl", 18_000, 330, ("setup_completed", "first_value_reached")),
)
HEALTH = {
    "Hallmark Steel": {"usage": 41, "engagement": 48, "performance": 52, "satisfaction": 30},
    "Fjord Optics": {"usage": 96, "engagement": 92, "performance": 95, "satisfaction": 90},
}


def signup(id: str, name: str, today: datetime, owner: str | None = None) -> dict[str, Any]:
    """A signup event as a product would send it."""
    day = today.date()
    account: dict[str, Any] = {"id": id, "name": name, "time_zone": "Europe/Berlin", "country": "DE", "facts": {"arr": 24000}}
    if owner:
        account["owner"] = owner
    return {
        "id": f"signup-{id}", "name": "signed_up", "account": account,
        "contacts": [{"id": f"{id}-ann", "name": "Ann Lee", "email": "ann@example.com", "roles": ["champion", "admin", "signer"]}],
        "contract": {"id": f"{id}-1", "starts_on": day.isoformat(), "ends_on": (day + timedelta(days=365)).isoformat()},
    }  # fmt: skip


def signup_command(api: str, secret: str) -> str:
    body = json.dumps(signup("acme", "Acme Ltd", datetime.now(UTC)))
    return f"curl -sS {api}/v1/events -H 'Authorization: Bearer {secret}' -H 'Content-Type: application/json' -d {shlex.quote(body)}"


def fill(api: str, secret: str, out: Console) -> None:
    """Tells the book to a fresh installation; telling it again changes nothing."""
    with httpx2.Client(base_url=api, headers={"Authorization": f"Bearer {secret}"}, timeout=30) as client:
        for method, path, body in track(list(_requests(datetime.now(UTC))), "Filling in a book of accounts", console=out, transient=True):
            answer = client.request(method, path, json=body)
            answer.raise_for_status()


def _requests(now: datetime) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for id, person in TEAM.items():
        yield "PUT", f"/v1/people/{id}", person
    for name, zone, country, owner, arr, age, events in BOOK:
        id = name.split()[0].lower()
        begins = (now - timedelta(days=age)).date()
        stage = "onboarding" if age < 30 else "adoption" if age < 90 else "growth"
        told = signup(id, name, now, owner)
        told["account"] |= {
            "time_zone": zone,
            "country": country,
            "facts": {"arr": arr} | ({} if stage == "onboarding" else {"stage": stage}),
        }
        told["contract"] = {
            "id": f"{id}-1", "starts_on": begins.isoformat(), "ends_on": (begins + timedelta(days=365)).isoformat(), "auto_renews": arr < 20_000,
            "notice_days": 30 if arr < 20_000 else 0, "value": arr,
        }  # fmt: skip
        if stage != "onboarding":
            told |= {"id": f"import-{id}", "name": "plan_accepted"}
        yield "POST", "/v1/events", told
        for event in events:
            yield "POST", "/v1/events", {"id": f"{event}-{id}", "name": event, "account": id, "occurred_at": now.isoformat()}
        if name in HEALTH:
            yield "POST", f"/v1/accounts/{id}/health", {"scores": HEALTH[name]}
