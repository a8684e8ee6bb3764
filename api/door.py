"""What every request passes before anything looks at its meaning: size, then who sends it, then whether it is clean JSON."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import MutableMapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.keys import Keys
from api.problems import Problem, answer

MOST_BYTES = 64 * 1024
MOST_BATCH_BYTES = 500 * 1024
MOST_DEPTH = 32
BODY_WITHIN_SECONDS = 20
BATCHES = ("/v1/events/batch", "/v1/journeys/check")


class Door:
    """ASGI middleware for /v1. What passes has a key in `request.state.key`, and a body that is one clean JSON value."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self.app = app
        self.keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        try:
            body = await self._admit(scope, receive)
        except Problem as problem:
            await answer(problem)(scope, receive, send)
            return
        await self.app(scope, _replay(body, receive), send)

    async def _admit(self, scope: Scope, receive: Receive) -> bytes:
        request = Request(scope)
        limit = MOST_BATCH_BYTES if scope["path"] in BATCHES else MOST_BYTES
        raw = await _read(request, receive, limit)
        if "api_key" in request.query_params or "key" in request.query_params:
            raise Problem(
                400, "key_in_query", "a key in an address ends up in logs: send it as 'Authorization: Bearer …', and revoke this one"
            )
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        key = await run_in_threadpool(self.keys.find, secret) if scheme.lower() == "bearer" and secret else None
        if key is None:
            raise Problem(401, "no_key", "send a valid key as 'Authorization: Bearer tn_live_…'", headers={"WWW-Authenticate": "Bearer"})
        scope.setdefault("state", {})["key"] = key
        if not raw:
            return b""
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            raise Problem(415, "content_type", "send JSON with 'Content-Type: application/json'")
        clean = _unpacked(raw, request.headers.get("content-encoding", ""), scope["path"], limit)
        check_json(clean)
        return clean


async def _read(request: Request, receive: Receive, limit: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_WITHIN_SECONDS):
            while True:
                message: Message = await receive()
                if message["type"] == "http.disconnect":
                    raise Problem(400, "disconnected", "the request ended early")
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > limit:
                    raise _too_large(limit)
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError:
        raise Problem(408, "body_slow", f"the body did not arrive within {BODY_WITHIN_SECONDS} seconds") from None


def _too_large(limit: int) -> Problem:
    return Problem(413, "body_too_large", f"a body has at most {limit:,} bytes here; send several")


def _unpacked(raw: bytes, encoding: str, path: str, limit: int) -> bytes:
    if encoding in ("", "identity"):
        return raw
    if encoding != "gzip" or path not in BATCHES:
        raise Problem(415, "content_encoding", "only batches may be sent with 'Content-Encoding: gzip'")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        clean = unpacker.decompress(raw, limit + 1)
    except zlib.error:
        raise Problem(400, "gzip", "the body is not gzip") from None
    if len(clean) > limit:
        raise _too_large(limit)
    return clean


def check_json(raw: bytes) -> Any:
    """The JSON value; raises Problem for what JSON parsers disagree about or a database cannot keep."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Problem(400, "bad_unicode", "the body is not UTF-8") from None
    if text.startswith("\ufeff"):
        raise Problem(400, "json_syntax", "the body begins with a byte order mark; leave it out")
    too_deep = Problem(400, "too_deep", f"nested more than {MOST_DEPTH} deep")
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole)
    except RecursionError:
        raise too_deep from None
    except json.JSONDecodeError as error:
        raise Problem(400, "json_syntax", f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    if _is_deeper(value, MOST_DEPTH):
        raise too_deep
    if not isinstance(value, dict):
        raise Problem(400, "body_not_object", "a JSON object was expected: {…}")
    if "\\u" in text or "\x00" in text:
        _check_text(value)
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    if levels == 0:
        return True
    return any(_is_deeper(item, levels - 1) for item in (value.values() if isinstance(value, dict) else value))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Problem(400, "duplicate_key", f"'{name[:80]}' is there twice; parsers disagree which one counts")
        found[name] = value
    return found


def _no_constant(name: str) -> Any:
    raise Problem(422, "number_range", f"{name} is not a number JSON knows")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Problem(422, "number_range", f"{text[:40]} is too large a number")
    return value


def _whole(text: str) -> int:
    if len(text) > 19 or abs(int(text)) > 2**53:
        raise Problem(422, "number_range", f"{text[:40]} is too large a whole number")
    return int(text)


def _check_text(value: Any) -> None:
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise Problem(422, "bad_unicode", "a text holds a character that cannot be kept (a zero byte or half a surrogate pair)")
    elif isinstance(value, MutableMapping):
        for name, item in value.items():
            _check_text(name)
            _check_text(item)
    elif isinstance(value, list):
        for item in value:
            _check_text(item)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
