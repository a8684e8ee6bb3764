"""What a key may do: every route, with no key, with no scopes, and with all but one (bad-input catalogue, row 27)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api import keys
from tests.api.refusals import refused
from tests.installation import Installation

# What each noun needs to be read and to be written.
READ = {
    "journeys": "journeys:read",
    "messages": "messages:read",
    "outbox": "messages:read",
    "replies": "messages:read",
    "sending": "messages:read",
    "erasures": "accounts:read",
}
WRITE = {
    "accounts": "accounts:write", "health": "health:write", "holds": "enrollments:write", "people": "people:write",
    "events": "events:write", "enrollments": "enrollments:write", "tasks": "tasks:write",
    "approvals": "approvals:write", "escalations": "escalations:write", "shadow": "shadow:write",
    "journeys": "journeys:read", "suppressions": "suppressions:write", "consents": "suppressions:write", "external-sends": "sends:write",
    "messages": "messages:write", "sending": "sending:write", "erasure": "privacy",
}  # fmt: skip


@pytest.fixture(scope="module")
def routes(_signed_up: Installation) -> list[tuple[str, str, set[str]]]:
    """Every operation, at an address that leads nowhere, with the scopes that it says it needs."""
    paths = _signed_up.client.get("/openapi.json").json()["paths"]
    return list(_operations(paths))


def _operations(paths: dict[str, Any]) -> Iterator[tuple[str, str, set[str]]]:
    for path, methods in paths.items():
        for method, operation in methods.items():
            if path.startswith("/v1/"):
                address = "/".join("7" if part.startswith("{") else part for part in path.split("/"))
                yield method.upper(), address, set(operation["security"][0]["key"])


def test_each_route_needs_the_scope_of_its_noun(routes: list[tuple[str, str, set[str]]]) -> None:
    for method, address, scopes in routes:
        nouns = [part for part in address.split("/") if part in {**READ, **WRITE}]
        noun = nouns[-1]
        wanted = READ.get(noun, "accounts:read") if method == "GET" else WRITE[noun]
        assert scopes - {"act_for_people", "hold_everything"} == {wanted}, f"{method} {address}"


def test_no_route_answers_without_a_key(refusing: Installation, routes: list[tuple[str, str, set[str]]]) -> None:
    stranger = refusing.client_with("")
    for method, address, _ in routes:
        refused(stranger.request(method, address, json={}), 401, "no_key")


def test_no_route_answers_a_key_without_scopes(refusing: Installation, routes: list[tuple[str, str, set[str]]]) -> None:
    bare = refusing.client_with(refusing.key())
    for method, address, scopes in routes:
        refused(bare.request(method, address, json={}), 403, "missing_scope", *scopes)


def test_a_key_with_every_scope_but_one_lacks_that_one(refusing: Installation, routes: list[tuple[str, str, set[str]]]) -> None:
    for lacked in keys.SCOPES:
        client = refusing.client_with(refusing.key(*(scope for scope in keys.SCOPES if scope != lacked)))
        for method, address, scopes in routes:
            if lacked in scopes:
                refused(client.request(method, address, json={}), 403, "missing_scope", f"lacks the scope {lacked};")


def test_a_key_with_just_the_scopes_of_a_route_gets_past_them(refusing: Installation, routes: list[tuple[str, str, set[str]]]) -> None:
    for method, address, scopes in routes:
        answer = refusing.client_with(refusing.key(*scopes)).request(method, address, json={})
        assert answer.status_code in (200, 404, 422), f"{method} {address}: {answer.text}"
