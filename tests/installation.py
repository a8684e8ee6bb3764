"""An installation for tests: a database of its own, what is published, the API, and a clock that tests move."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fastapi.dependencies.models
from fastapi import FastAPI
from starlette.testclient import TestClient

import api.app
import console.answering
import console.pages
import console.preferences
from activities import team
from activities.ledger import Nudge, Office
from activities.turn import Nudges, Turns
from api import keys
from api.people import PersonBody
from api.services import Services
from api.webhooks import Signatures
from channels.channel import Channels
from channels.outbox import Outbox
from channels.signatures import SendGridSignatures
from database import definitions, migrating
from database.definitions import Definitions
from database.engine import Database
from database.people import People
from domain.links import Links
from domain.protocol import TurnOrder, Wait
from runtime import folders
from tests import signing

ROOT = Path(__file__).parent.parent
LINKS = Links("https://mail.example.com", (b"a secret of tests",))
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)  # a Monday

TEAM: dict[str, dict[str, Any]] = {
    "cco": {"name": "Carla Otto", "email": "carla@example.com", "roles": ["cco"]},
    "vp": {"name": "Vera Lindqvist", "email": "vera@example.com", "roles": ["vp"], "manager": "cco"},
    "director": {"name": "Dirk Vogt", "email": "dirk@example.com", "roles": ["director"], "manager": "vp"},
    "csm": {"name": "Cara Stein", "email": "cara@example.com", "roles": ["csm"], "manager": "director"},
    "engineer": {"name": "Enzo Ricci", "email": "enzo@example.com", "roles": ["engineer", "pool", "cs_ops"], "manager": "director"},
    "executive": {"name": "Alma Eriksen", "email": "alma@example.com", "roles": ["account_executive", "retention"]},
}


@dataclass
class Clock:
    """The time that rules are told; it moves when a test moves it."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> datetime:
        self.now += timedelta(**time)
        return self.now


def prepare(database: Database) -> None:
    """The tables, the journeys, policies and templates of this repository, and a team from CSM to CCO."""
    migrating.upgrade(database)
    office = Office(Definitions(), People())
    with database.write() as session:
        definitions.publish(session, folders.read(ROOT), START)
        for id, person in TEAM.items():
            team.person(session, office, id, PersonBody(**person, time_zone="Europe/Berlin", country="DE").told(), START)


def _forget_applications() -> None:
    """FastAPI remembers of thousands of endpoints what kind of function they are, and with each the installation behind it."""
    for remembered in vars(fastapi.dependencies.models).values():
        if isinstance(remembered, functools._lru_cache_wrapper):
            remembered.cache_clear()


@dataclass
class Installation:
    """Everything but Temporal: what it would have been told is in `nudges`."""

    database: Database
    clock: Clock = field(default_factory=Clock)
    nudges: list[Nudge] = field(default_factory=list)
    channels: Channels = field(default_factory=lambda: Channels(Outbox(), Outbox(), Outbox(), LINKS))

    temporal: Nudges | None = None
    signatures: Signatures = field(default_factory=lambda: Signatures(SendGridSignatures([signing.PUBLIC]), signing.INBOUND_SECRET))

    def __post_init__(self) -> None:
        _forget_applications()
        self.office = Office(Definitions(), People())
        self.services = Services(self.database, self.office, self.nudge, self.clock, self._ready, LINKS)
        self.app: FastAPI = api.app.create(self.services, "test", signatures=self.signatures)
        console.preferences.install(self.app, self.database, self.office, self.clock, LINKS)
        console.answering.install(self.app, self.database, self.office, self.clock, LINKS, self.nudge)
        console.pages.install(self.app, self.database, self.office, self.clock, frozenset({console.pages.ANY}))
        self.secret = self.key(*keys.SCOPES)
        self.client = self.client_with(self.secret)

    def nudge(self, nudges: Iterable[Nudge]) -> None:
        told = list(nudges)
        self.nudges += told
        if self.temporal is not None:
            self.temporal(told)

    def tell_temporal(self, nudger: Nudges) -> None:
        """From here on Temporal hears of runs."""
        self.temporal = nudger

    async def _ready(self) -> dict[str, str]:
        return {"database": "ok"}

    def key(self, *scopes: str) -> str:
        with self.database.write() as session:
            return keys.make(session, "test", scopes, START)

    def client_with(self, secret: str) -> TestClient:
        return TestClient(self.app, headers={"Authorization": f"Bearer {secret}"}, raise_server_exceptions=False)

    def sign_up(self, id: str = "acme", arr: float = 90_000, **more: Any) -> dict[str, Any]:
        """Tells a signup; the contract begins today and runs a year."""
        today = self.clock.now.date()
        event = {
            "id": f"signup-{id}", "name": "signed_up",
            "account": {"id": id, "name": f"{id.capitalize()} Ltd", "time_zone": "Europe/Berlin", "country": "DE", "owner": "csm", "facts": {"arr": arr}},
            "contacts": [
                {"id": f"{id}-ann", "name": "Ann Lee", "email": f"ann@{id}.example.com", "roles": ["champion", "admin"]},
                {"id": f"{id}-ben", "name": "Ben Okafor", "email": f"ben@{id}.example.com", "roles": ["sponsor", "economic_buyer", "signer"]},
            ],
            "contract": {"id": f"{id}-1", "starts_on": today.isoformat(), "ends_on": (today + timedelta(days=365)).isoformat()},
            **more,
        }  # fmt: skip
        answer = self.client.post("/v1/events", json=event)
        assert answer.status_code in (200, 202), answer.text
        return event

    def tell(self, name: str, account: str = "acme", **payload: Any) -> None:
        """Tells an event, under an id of its own."""
        id = f"{name}-{account}-{self.clock.now:%Y%m%d%H%M%S}"
        answer = self.client.post("/v1/events", json={"id": id, "name": name, "account": account, "payload": payload})
        assert answer.status_code in (200, 202), answer.text

    def take_turn(self, nudge: Nudge) -> Wait:
        """The turn that Temporal would ask for."""
        turns = Turns(self.database, self.office, self.channels, self.nudge, self.clock, lambda seconds: None)
        return turns.take(TurnOrder(run_id=nudge.order.run_id, kind=nudge.order.kind, now=self.clock.now))
