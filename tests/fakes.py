"""Local fakes of SendGrid and Slack: real HTTP servers that the real clients talk to, with faults that tests order.

They keep count of what they accepted, which is what a customer or colleague would have got.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import time
import urllib.parse
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Fault:
    """What the provider does with one request: `status` instead of its answer, before or after accepting it; a held reply."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | bytes = field(default_factory=dict)
    accepts: bool = False
    hold_seconds: float = 0.0
    hangs_up: bool = False
    resets: bool = False  # the connection, rather than to end it in order


@dataclass(frozen=True)
class Delivery:
    """Something a provider accepted."""

    message_id: str
    to: str
    subject: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Try:
    """A request to take a message, when it came (Unix time), and what went wrong with it."""

    message_id: str
    at: float
    fault: Fault | None

    @property
    def is_accepted(self) -> bool:
        return self.fault is None or self.fault.accepts


class Provider:
    """One fake provider. `faults` are used up one a request; `fault` decides where there are none. `page` is how much of what it has it
    shows at once. `asked` are all requests: the path, the headers by their names in small letters, and what they said."""

    def __init__(self, answer: Callable[[Provider, BaseHTTPRequestHandler, dict[str, Any]], None]) -> None:
        self.accepted: list[Delivery] = []
        self.tries: list[Try] = []
        self.page = 2
        self.requests = 0
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.faults: deque[Fault] = deque()
        self.fault: Callable[[], Fault | None] = lambda: None
        self.hides = False
        self.lock = threading.Lock()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                raw = self.rfile.read(length)
                if len(raw) < length:  # its sender was killed in the middle of it: nobody was asked anything
                    self.close_connection = True
                    return
                with provider.lock:
                    provider.requests += 1
                self.hear(_parsed(raw, self.headers.get("Content-Type", "")))

            def do_GET(self) -> None:
                self.hear(_parsed(self.path.partition("?")[2].encode(), ""))

            def hear(self, body: dict[str, Any]) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                with provider.lock:
                    provider.asked.append((self.path.partition("?")[0], headers, body))
                answer(provider, self, body)

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def counts(self) -> Counter[str]:
        """How often each message of ours was accepted."""
        with self.lock:
            return Counter(delivery.message_id for delivery in self.accepted)

    def next_fault(self) -> Fault | None:
        with self.lock:
            if self.faults:
                return self.faults.popleft()
        return self.fault()

    def accept(self, delivery: Delivery) -> None:
        with self.lock:
            self.accepted.append(delivery)

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def _parsed(raw: bytes, kind: str) -> dict[str, Any]:
    if "json" in kind:
        value: dict[str, Any] = json.loads(raw)
        return value
    return {name: values[0] for name, values in urllib.parse.parse_qs(raw.decode()).items()}


def _respond(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: dict[str, Any] | bytes | None) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(raw)))
    handler.end_headers()
    handler.wfile.write(raw)


def _fault_or(provider: Provider, handler: BaseHTTPRequestHandler, delivery: Delivery, answer: Callable[[], None]) -> None:
    fault = provider.next_fault()
    with provider.lock:
        provider.tries.append(Try(delivery.message_id, time.time(), fault))
    try:
        if fault is None:
            provider.accept(delivery)
            answer()
            return
        if fault.accepts:
            provider.accept(delivery)
        if fault.hold_seconds:
            time.sleep(fault.hold_seconds)
        if fault.hangs_up:
            handler.close_connection = True
            handler.connection.close()
            return
        if fault.resets:
            handler.close_connection = True
            # https://man7.org/linux/man-pages/man7/socket.7.html: closed without lingering, what is under way is thrown away.
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(handler.connection.detach())
            return
        if fault.status is None:
            answer()
        else:
            _respond(handler, fault.status, fault.headers, fault.body)
    except (BrokenPipeError, ConnectionResetError, ValueError, OSError):
        handler.close_connection = True  # whoever asked has gone


def sendgrid() -> Provider:
    """POST /v3/mail/send → 202 with X-Message-Id."""

    def answer(provider: Provider, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        person = body["personalizations"][0]
        message_id = str((body.get("custom_args") or person.get("custom_args") or {}).get("message_id"))
        delivery = Delivery(message_id, person["to"][0]["email"], body["subject"], body)
        _fault_or(provider, handler, delivery, lambda: _respond(handler, 202, {"X-Message-Id": f"sg-{message_id}"}, None))

    return Provider(answer)


def slack() -> Provider:
    """POST /chat.postMessage → {"ok": true}; what was accepted is shown by /conversations.history, unless it `hides` it."""

    def answer(provider: Provider, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        if "conversations" in handler.path:
            _respond(handler, 200, {}, {"ok": False, "error": "missing_scope"} if provider.hides else _shown(provider, handler.path, body))
            return
        metadata = _metadata(body)
        message_id = str(metadata.get("event_payload", {}).get("message_id"))
        delivery = Delivery(message_id, str(body["channel"]), str(body["text"]), body)
        _fault_or(
            provider,
            handler,
            delivery,
            lambda: _respond(handler, 200, {}, {"ok": True, "ts": f"{time.time():.6f}"}),
        )

    return Provider(answer)


def _metadata(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body["metadata"]) if isinstance(body.get("metadata"), str) else body.get("metadata") or {}
    return found


def _shown(provider: Provider, path: str, asked: dict[str, Any]) -> dict[str, Any]:
    """A page has two things unless told otherwise, so that whoever looks must turn pages. A channel's id is its name after a C, a person's their id after a D."""
    with provider.lock:
        accepted = list(provider.accepted)
    match path.rpartition(".")[2].partition("?")[0]:
        case "open":
            return {"ok": True, "channel": {"id": f"D{asked['users']}"}}
        case "list":
            what, found = (
                "channels",
                [{"id": f"C{name}", "name": name} for name in ("general", "random", "wins", "renewals", "escalations")],
            )
        case _:
            mine = [each for each in accepted if asked["channel"] in (f"C{each.to.removeprefix('#')}", f"D{each.to}")]
            shown: list[dict[str, Any]] = [
                {"ts": f"{index}.0", "text": each.subject, "metadata": _metadata(each.body)} for index, each in enumerate(mine)
            ]
            what, found = "messages", [{"ts": "0.5", "text": "somebody else's"}, {"ts": "0.6", "text": "another"}, *shown]
    start = int(asked.get("cursor") or 0)
    end = start + provider.page
    following = str(end) if end < len(found) else ""
    return {"ok": True, what: found[start:end], "response_metadata": {"next_cursor": following}}


def webhook_receiver() -> Provider:
    """Any POST → 204; the delivery's `to` is the path."""

    def answer(provider: Provider, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        delivery = Delivery(str(handler.headers.get("webhook-id")), handler.path, "", body)
        _fault_or(provider, handler, delivery, lambda: _respond(handler, 204, {}, None))

    return Provider(answer)
