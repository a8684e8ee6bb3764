"""What is refused before anybody reads it: too large, from nobody, too fast, or not clean JSON (bad-input catalogue, rows 1-7, 25-28)."""

from __future__ import annotations

import asyncio
import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

import api.app
from api.door import BATCHES, MOST_BATCH_BYTES, MOST_BYTES, Door
from api.keys import Keys
from api.pace import PER_SECOND, Pace
from api.services import Services
from database.engine import Database
from database.tables import ApiKeyRow, table
from tests.api.refusals import refused
from tests.installation import Installation

JSON = {"Content-Type": "application/json"}
NOWHERE = Database("sqlite:////nowhere/tenure.db")
EVENTS = "/v1/events"


def nested(depth: int) -> bytes:
    return b'{"payload": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        pytest.param(b"", 400, "body_missing", "the body is missing", id="nothing"),
        pytest.param(b" \n", 400, "json_syntax", "line 2", id="only space"),
        pytest.param(b"null", 400, "body_not_object", "a JSON object was expected", id="null"),
        pytest.param(b"[]", 400, "body_not_object", "a JSON object was expected", id="a list"),
        pytest.param(b'"e1"', 400, "body_not_object", "a JSON object was expected", id="a text"),
        pytest.param(b"7", 400, "body_not_object", "a JSON object was expected", id="a number"),
        pytest.param(b'{"id": "e1",\n}', 400, "json_syntax", "line 2, column 1", id="a trailing comma"),
        pytest.param(b"{'id': 'e1'}", 400, "json_syntax", "line 1, column 2", id="single quotes"),
        pytest.param(b'{"id": "e1"} {}', 400, "json_syntax", "Extra data", id="two values"),
        pytest.param(b'{"id": "e\x001"}', 400, "json_syntax", "control character", id="a zero byte"),
        pytest.param(b'\xef\xbb\xbf{"id": "e1"}', 400, "json_syntax", "byte order mark", id="a byte order mark"),
        pytest.param('{"id": "e1"}'.encode("utf-16"), 400, "bad_unicode", "not UTF-8", id="UTF-16"),
        pytest.param('{"id": "e1"}'.encode("utf-16-le"), 400, "json_syntax", "line 1", id="UTF-16 without a mark"),
        pytest.param('{"id": "é"}'.encode("latin-1"), 400, "bad_unicode", "not UTF-8", id="Latin-1"),
        pytest.param(rb'{"id": "e1", "name": "\ud800"}', 422, "bad_unicode", "half a surrogate pair", id="half a surrogate pair"),
        pytest.param(rb'{"\udc00": 1}', 422, "bad_unicode", "half a surrogate pair", id="half a surrogate pair as a name"),
        pytest.param(rb'{"account": {"name": "A\u0000B"}}', 422, "bad_unicode", "zero byte", id="an escaped zero byte"),
        pytest.param(b'{"id": "e1", "id": "e2"}', 400, "duplicate_key", "'id' is there twice", id="a name twice"),
        pytest.param(b'{"payload": {"a": 1, "a": 1}}', 400, "duplicate_key", "'a' is there twice", id="a name twice, further in"),
        pytest.param(rb'{"\ud800": 1, "\ud800": 2}', 400, "duplicate_key", "is there twice", id="twice what cannot be written"),
        pytest.param(nested(33), 400, "too_deep", "more than 32 deep", id="33 deep"),
        pytest.param(nested(10_000), 400, "too_deep", "more than 32 deep", id="10,000 deep"),
        pytest.param(b'{"payload": {"share": NaN}}', 422, "number_range", "NaN", id="NaN"),
        pytest.param(b'{"payload": {"share": -Infinity}}', 422, "number_range", "-Infinity", id="infinity"),
        pytest.param(b'{"payload": {"share": 1e400}}', 422, "number_range", "1e400", id="1e400"),
        pytest.param(b'{"payload": {"share": 9223372036854775808}}', 422, "number_range", "too large", id="2 to the 63rd"),
        pytest.param(b'{"payload": {"share": %s}}' % (b"9" * 60_000), 422, "number_range", "too large", id="60,000 digits"),
    ],
)
def test_what_is_not_clean_json_is_refused(refusing: Installation, body: bytes, status: int, code: str, words: str) -> None:
    refused(refusing.client.post(EVENTS, content=body, headers=JSON), status, code, words)


def test_a_character_that_cannot_be_kept_is_pointed_at(refusing: Installation) -> None:
    answer = refusing.client.post(EVENTS, content=rb'{"contacts": [{}, {"a/b": "\u0000"}]}', headers=JSON)
    assert refused(answer, 422, "bad_unicode")["errors"][0]["pointer"] == "/contacts/1/a~1b"


def test_32_deep_is_not_too_deep(refusing: Installation) -> None:
    refused(refusing.client.post(EVENTS, content=nested(32), headers=JSON), 422, "missing")


# Size


def test_a_body_that_says_it_is_too_large_is_not_read(refusing: Installation) -> None:
    answer = refusing.client.post(EVENTS, content=b" " * (MOST_BYTES + 1), headers=JSON)
    refused(answer, 413, "body_too_large", "at most 65,536 bytes")


def test_a_body_that_does_not_say_how_large_it_is_is_cut_off(refusing: Installation) -> None:
    pieces = iter([b" " * 16_384] * 5)
    refused(refusing.client.post(EVENTS, content=pieces, headers=JSON), 413, "body_too_large")


def test_a_batch_may_be_larger_than_a_single_event(refusing: Installation) -> None:
    refused(refusing.client.post(BATCHES[0], content=b" " * (MOST_BYTES + 1), headers=JSON), 400, "json_syntax")
    refused(refusing.client.post(BATCHES[0], content=b" " * (MOST_BATCH_BYTES + 1), headers=JSON), 413, "body_too_large")


@pytest.mark.parametrize(
    ("path", "encoding", "body", "status", "code"),
    [
        pytest.param(BATCHES[0], "gzip", gzip.compress(b" " * 50_000_000), 413, "body_too_large", id="a bomb"),
        pytest.param(BATCHES[0], "gzip", b'{"events": []}', 400, "gzip", id="not gzip"),
        pytest.param(BATCHES[0], "gzip", gzip.compress(b'{"events": []}')[:-4], 400, "gzip", id="cut off"),
        pytest.param(BATCHES[0], "gzip", gzip.compress(b"{}") + b"{}", 400, "gzip", id="followed by something"),
        pytest.param(BATCHES[0], "br", b"{}", 415, "content_encoding", id="another encoding"),
        pytest.param(EVENTS, "gzip", gzip.compress(b"{}"), 415, "content_encoding", id="not a batch"),
    ],
)
def test_what_is_packed_wrongly_is_refused(refusing: Installation, path: str, encoding: str, body: bytes, status: int, code: str) -> None:
    refused(refusing.client.post(path, content=body, headers={**JSON, "Content-Encoding": encoding}), status, code)


async def test_a_body_that_does_not_arrive_is_not_waited_for() -> None:
    async def never() -> Any:
        await asyncio.get_running_loop().create_future()

    said: list[Any] = []

    async def say(message: Any) -> None:
        said.append(message)

    async def app(*_: Any) -> None:
        raise AssertionError("it was let in")

    door = Door(app, Keys(NOWHERE), Pace(), body_within=timedelta())
    await door({"type": "http", "method": "POST", "path": EVENTS, "headers": [], "query_string": b""}, never, say)
    assert said[0]["status"] == 408
    assert json.loads(said[1]["body"])["type"] == "urn:tenure:problem:body_slow"


@pytest.mark.parametrize("kind", ["", "text/plain", "application/xml", "application/x-www-form-urlencoded", "application/jsonlines"])
def test_a_body_that_does_not_say_it_is_json_is_refused(refusing: Installation, kind: str) -> None:
    answer = refusing.client.post(EVENTS, content=b"{}", headers={"Content-Type": kind} if kind else {})
    refused(answer, 415, "content_type", "'Content-Type: application/json'")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_named_in_other_ways(refusing: Installation, kind: str) -> None:
    refused(refusing.client.post(EVENTS, content=b"{}", headers={"Content-Type": kind}), 422, "missing")


# Who


@pytest.mark.parametrize(
    "authorization",
    [
        b"",
        b"Bearer",
        b"Bearer ",
        b"Bearer tn_live_unknown",
        b"Basic dXNlcjpwYXNz",
        b"tn_live_unknown",
        b"Bearer tn_live_\xf6",
        b"x" * 5_000,
    ],
)
def test_whoever_has_no_valid_key_is_asked_for_one(refusing: Installation, authorization: bytes) -> None:
    answer = refusing.client.get("/v1/accounts", headers={b"Authorization": authorization})
    refused(answer, 401, "no_key", "'Authorization: Bearer tn_live_…'")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_revoked_key_is_none(quick_installation: Installation) -> None:
    secret = quick_installation.key("accounts:read")
    with quick_installation.database.write() as session:
        session.execute(update(table(ApiKeyRow)).values(revoked_at=quick_installation.clock.now))
    refused(quick_installation.client_with(secret).get("/v1/accounts"), 401, "no_key")


@pytest.mark.parametrize("name", ["key", "api_key", "access_token"])
def test_a_key_in_the_address_is_refused_even_when_it_is_right(refusing: Installation, name: str) -> None:
    answer = refusing.client.get("/v1/accounts", params={name: refusing.secret})
    refused(answer, 400, "key_in_query", "revoke this one")
    assert refusing.secret not in answer.text


# How fast


def test_a_burst_passes_and_what_follows_comes_back_with_time() -> None:
    now = [0.0]
    pace = Pace(clock=lambda: now[0])
    assert [pace.allows("k1") for _ in range(PER_SECOND + 1)] == [True] * PER_SECOND + [False]
    assert pace.allows("k2")  # each key by itself
    now[0] = 0.5
    assert [pace.allows("k1") for _ in range(PER_SECOND // 2 + 1)] == [True] * (PER_SECOND // 2) + [False]
    now[0] = 60.0
    assert sum(pace.allows("k1") for _ in range(3 * PER_SECOND)) == PER_SECOND


def test_a_key_that_asks_too_fast_is_told_to_wait(refusing: Installation) -> None:
    key = Keys(refusing.database).find(refusing.secret)
    assert key
    pace = Pace(clock=lambda: 0.0)
    spent = [pace.allows(key.id) for _ in range(PER_SECOND)]
    assert all(spent)
    client = TestClient(api.app.create(refusing.services, "test", pace), headers={"Authorization": f"Bearer {refusing.secret}"})
    answer = client.post(EVENTS, json={})
    refused(answer, 429, "too_many_requests", f"{PER_SECOND} requests a second")
    assert answer.headers["retry-after"] == "1"
    refused(client.get("/v1/accounts", headers={"Authorization": "Bearer tn_live_unknown"}), 401, "no_key")


# In which order


@pytest.mark.parametrize(
    ("key", "headers", "body", "status"),
    [
        pytest.param("", {}, b"{" * (MOST_BYTES + 1), 413, id="size before who"),
        pytest.param("", {}, b"{", 401, id="who before kind"),
        pytest.param("none", {}, b"{", 415, id="kind before syntax"),
        pytest.param("none", JSON, b"{", 400, id="syntax before shape"),
        pytest.param("none", JSON, b'{"nmae": 1}', 403, id="scope before shape"),
        pytest.param("all", JSON, b'{"id": "e1", "name": "signed_up", "account": "nobody", "payload": 7}', 422, id="shape before meaning"),
        pytest.param("all", JSON, b'{"id": "e1", "name": "signed_up", "account": "nobody"}', 404, id="meaning last"),
    ],
)
def test_what_is_wrong_first_is_said_first(refusing: Installation, key: str, headers: dict[str, str], body: bytes, status: int) -> None:
    secret = {"": "", "none": refusing.key(), "all": refusing.secret}[key]
    assert refusing.client_with(secret).post(EVENTS, content=body, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/v1/nothing", 404, "http_404"), ("DELETE", "/v1/accounts/acme", 405, "http_405"), ("POST", "/v1/outbox", 405, "http_405")],
)
def test_what_is_not_there_is_said_as_a_problem(refusing: Installation, method: str, path: str, status: int, code: str) -> None:
    refused(refusing.client.request(method, path), status, code)


def test_a_database_that_does_not_answer_is_not_our_callers_fault(refusing: Installation) -> None:
    services = Services(NOWHERE, refusing.office, refusing.nudge, refusing.clock, refusing.services.ready)
    client = TestClient(api.app.create(services, "test"), headers={"Authorization": f"Bearer {refusing.secret}"})
    answer = client.get("/v1/accounts")
    refused(answer, 503, "database_unavailable", "try again")
    assert answer.headers["retry-after"] == "2"
