"""Whatever is put at whatever place of whatever request, the answer is an answer: never a 500, and errors are problem documents."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

import api.app
from api.pace import Pace
from database import definitions
from runtime import folders
from tests.api.refusals import FIELDS
from tests.api.staging import fall_ill, play, started
from tests.installation import ROOT, Installation

STRANGE: tuple[Any, ...] = (
    None, True, -1, 2**53, 1e308, [], [[]], {"": {"a": []}}, "", "x" * 5_000, "\u0001\u007f\u202e😀", "../%s{{ 7 * 7 }}'; --", "nobody",
    "9999-12-31", "2026-02-30T25:61:61Z",
)  # fmt: skip
STRANGE_TEXTS = ("%00", "%0D%0A", "%ED%A0%80", "..%2F", "-1", "1e9", "'--", "x" * 5_000)
PRACTICE = """journey: practice
title: Practice
for: account
starts: {manual: true, reenter: always}
anchor: start
class: growth
shadow: yes
steps:
- {task: welcome-call, owner: csm, sla: P1, outcomes: [good]}
"""
# People of the examples, as they are called here.
OURS = {"cara": "csm", "dirk": "director", "carl": "vp", "enzo": "engineer"}


@pytest.fixture
def busy(installation: Installation) -> tuple[TestClient, dict[str, str]]:
    """A client that may ask as fast as it likes, and the id of one of each thing there is."""
    fall_ill(installation)
    play(installation, started(installation, "save"), days=9)
    hold = installation.client.post("/v1/accounts/acme/holds", json={"by": "csm", "reason": "x", "mail_class": "growth"}).json()
    seconds = itertools.count()
    app = api.app.create(installation.services, "test", Pace(clock=lambda: float(next(seconds))))
    client = TestClient(app, headers={"Authorization": f"Bearer {installation.secret}"}, raise_server_exceptions=False)
    some = {"account_id": "acme", "contact_id": "acme-ann", "contract_id": "acme-1", "person_id": "executive", "name": "renewal"}
    for noun in ("task", "approval", "escalation", "enrollment", "message"):
        some[f"{noun}_id"] = client.get(f"/v1/{noun}s").json()["items"][0]["id"]
    said = {"address": "ann@acme.example.com", "scope": "topic", "topic": "tips", "reason": "Said so"}
    some["suppression_id"] = client.post("/v1/suppressions", json=said).json()["id"]
    with installation.database.write() as session:
        definitions.publish(session, {**folders.read(ROOT), ("journey", "practice"): PRACTICE}, installation.clock.now)
    client.post("/v1/enrollments", json={"journey": "practice", "account": "acme", "by": "csm"})
    play(installation, started(installation, "practice"), minutes=1)
    some["shadow_id"] = client.get("/v1/shadow").json()["items"][0]["id"]
    agreed = {"address": "ann@acme.example.com", "source": "form", "text_version": "1", "proof": "entry 1"}
    some["consent_id"] = client.post("/v1/consents", json=agreed).json()["id"]
    return client, {**some, "hold_id": hold["id"]}


def answered(answer: Any, asked: object) -> None:
    assert answer.status_code < 500, (asked, answer.text)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", asked
        assert set(answer.json()) == FIELDS, asked


def test_whatever_stands_in_a_body(busy: tuple[TestClient, dict[str, str]]) -> None:
    client, some = busy
    document = client.get("/openapi.json").json()
    strange = itertools.cycle(STRANGE)
    asked = 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
                example = renamed(document["components"]["schemas"][schema]["examples"][0])
                for body in [example, *changed(example, strange)]:
                    answered(client.request(method, path.format(**some), json=body), (method, path, body))
                    asked += 1
    assert asked > 400


def renamed(example: Any) -> Any:
    if isinstance(example, dict):
        return {name: renamed(value) for name, value in example.items()}
    if isinstance(example, list):
        return [renamed(value) for value in example]
    return OURS.get(example, example) if isinstance(example, str) else example


def changed(body: Any, strange: Iterator[Any]) -> Iterator[Any]:
    """The body with each of its places taken away, and filled with the next strange values."""
    for place in places(body):
        without = copy.deepcopy(body)
        del at(without, place[:-1])[place[-1]]
        yield without
        for value in itertools.islice(strange, 4):
            other = copy.deepcopy(body)
            at(other, place[:-1])[place[-1]] = value
            yield other


def places(value: Any) -> Iterator[tuple[Any, ...]]:
    for name, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield (name,)
        if isinstance(item, dict | list):
            yield from ((name, *further) for further in places(item))


def at(body: Any, place: tuple[Any, ...]) -> Any:
    for name in place:
        body = body[name]
    return body


def test_whatever_stands_in_an_address(busy: tuple[TestClient, dict[str, str]]) -> None:
    client, some = busy
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            for parameter in operation.get("parameters", []):
                for strange in STRANGE_TEXTS:
                    place, name = parameter["in"], parameter["name"]
                    address = path.format(**{**some, name: strange} if place == "path" else some)
                    query = f"?{quote(name)}={strange}" if place == "query" else ""
                    answered(client.request(method, address + query, json=None if method == "get" else {}), (method, address, query))
