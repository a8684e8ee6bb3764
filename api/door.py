"""What every request passes before anything looks at its meaning: size, then who sends it and how fast, then whether it is clean JSON."""

from __future__ import annotations

import asyncio
import zlib
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems, webhooks
from api.keys import ApiKey, Keys
from api.pace import PER_SECOND, Pace
from api.problems import Problem, answer
from api.syntax import check_json

MOST_BYTES = 64 * 1024
MOST_BATCH_BYTES = 500 * 1024
BODY_WITHIN = timedelta(seconds=20)
BATCHES = ("/v1/events/batch", "/v1/journeys/check")
SECRETS = ("key", "api_key", "apikey", "access_token", "token")  # what people call it when they put it into an address


class Door:
    """ASGI middleware for /v1. What passes has a key in `request.state.key`, and a body that is one clean JSON object."""

    def __init__(self, app: ASGIApp, keys: Keys, pace: Pace, body_within: timedelta = BODY_WITHIN) -> None:
        self.app = app
        self.keys = keys
        self.pace = pace
        self.body_within = body_within

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Providers have no key of ours: what they send is signed, and looked at where it arrives.
        if scope["type"] != "http" or not scope["path"].startswith("/v1/") or scope["path"].startswith(webhooks.PREFIX):
            await self.app(scope, receive, send)
            return
        try:
            body = await self._admit(Request(scope), receive)
        except (Problem, *problems.SILENT_DATABASE) as error:
            await answer(problems.of(error))(scope, receive, send)
            return
        await self.app(scope, _replay(body, receive), send)

    async def _admit(self, request: Request, receive: Receive) -> bytes:
        path = request.scope["path"]
        limit = MOST_BATCH_BYTES if path in BATCHES else MOST_BYTES
        raw = await self._read(request, receive, limit)
        key = await self._who(request)
        if not self.pace.allows(key.id):
            said = f"a key may send {PER_SECOND} requests a second; send several events as one batch"
            raise Problem(429, "too_many_requests", said, headers={"Retry-After": "1"})
        request.state.key = key
        if not raw:
            return b""
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            raise Problem(415, "content_type", "send JSON with 'Content-Type: application/json'")
        clean = _unpacked(raw, request.headers.get("content-encoding", "").strip().lower(), path, limit)
        check_json(clean)
        return clean

    async def _read(self, request: Request, receive: Receive, limit: int) -> bytes:
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            raise _too_large(limit)
        parts, size = [], 0
        try:
            async with asyncio.timeout(self.body_within.total_seconds()):
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
            raise Problem(408, "body_slow", f"the body did not arrive within {self.body_within.total_seconds():.0f} seconds") from None

    async def _who(self, request: Request) -> ApiKey:
        if any(name in request.query_params for name in SECRETS):
            said = "a key in an address ends up in logs: send it as 'Authorization: Bearer …', and revoke this one"
            raise Problem(400, "key_in_query", said)
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        key = await run_in_threadpool(self.keys.find, secret) if scheme.lower() == "bearer" and secret else None
        if key is None:
            raise Problem(401, "no_key", "send a valid key as 'Authorization: Bearer tn_live_…'", headers={"WWW-Authenticate": "Bearer"})
        return key


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
    if not unpacker.eof or unpacker.unused_data:
        raise Problem(400, "gzip", "the gzip body is cut off, or followed by something else")
    return clean


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
