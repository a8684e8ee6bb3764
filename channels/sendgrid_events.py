"""What SendGrid tells of mails. https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from domain.reports import Report, ReportName

NAMES: Mapping[str, ReportName] = {
    "processed": ReportName.PROCESSED,
    "deferred": ReportName.DEFERRED,
    "delivered": ReportName.DELIVERED,
    "bounce": ReportName.BOUNCED,
    "blocked": ReportName.BLOCKED,
    "dropped": ReportName.DROPPED,
    "open": ReportName.OPENED,
    "click": ReportName.CLICKED,
    "spamreport": ReportName.COMPLAINED,
    "unsubscribe": ReportName.UNSUBSCRIBED,
    "group_unsubscribe": ReportName.UNSUBSCRIBED,
}
KEPT = ("type", "reason", "response", "status", "bounce_classification", "attempt", "url", "useragent", "asm_group_id", "sg_event_id",
        "sg_message_id", "smtp-id")  # fmt: skip
MOST_CHARACTERS = 500
# Why SendGrid drops a mail whose address will never do; it also drops for our sake (an unsubscribed reader, a spam report).
BAD_ADDRESS = ("bounced address", "invalid")


class NotABatch(ValueError):
    """The body is not a JSON list."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One event of a batch that cannot be used, as it came, and why."""

    id: str
    fault: str
    raw: str


@dataclass(frozen=True)
class Batch:
    """What one request told, each once."""

    reports: dict[str, Report] = field(default_factory=dict)
    unreadable: dict[str, Unreadable] = field(default_factory=dict)


def read(body: bytes) -> Batch:
    """One bad event does not spoil the others. Raises NotABatch."""
    try:
        events = json.loads(body)
    except (ValueError, RecursionError):
        raise NotABatch("the body is not JSON") from None
    if not isinstance(events, list):
        raise NotABatch("a JSON list of events was expected")
    batch = Batch()
    for event in events:
        try:
            report = _report(event)
            batch.reports[report.id] = report
        except (TypeError, ValueError, OverflowError) as error:
            raw = json.dumps(event, sort_keys=True)
            id = hashlib.sha256(raw.encode()).hexdigest()
            batch.unreadable[id] = Unreadable(id, str(error), raw[: 4 * MOST_CHARACTERS])
    return batch


def _report(event: Any) -> Report:
    if not isinstance(event, dict):
        raise TypeError("the event is not an object")
    said = event.get("event")
    if not isinstance(said, str) or said not in NAMES:
        raise ValueError(f"there is no event {_clean(said)!r} that we know")
    name = NAMES[said]
    if name is ReportName.BOUNCED and event.get("type") == "blocked":
        name = ReportName.BLOCKED
    at = _moment(event.get("timestamp"))
    detail = {key: _clean(event[key]) for key in KEPT if event.get(key) is not None}
    message_id, mail_id = _text(event.get("message_id")), _local_part(detail.get("smtp-id"))
    # SendGrid names a mail in its answer, and in events adds to that name which of its servers took it, after a point.
    provider_id = detail["sg_message_id"].partition(".")[0] if "sg_message_id" in detail else None
    about = message_id or provider_id or mail_id or _text(event.get("email"))
    # Not `sg_event_id`: it is another each time the same event is told again (https://github.com/sendgrid/sendgrid-nodejs/issues/1435).
    same = (about, said, detail.get("type"), int(at.timestamp()), detail.get("url"), detail.get("attempt"))
    reason = detail.get("reason", "").lower()
    return Report(
        id=hashlib.sha256(json.dumps(same).encode()).hexdigest(),
        name=name,
        at=at,
        message_id=message_id or mail_id,
        provider_id=provider_id,
        address=_text(event.get("email")),
        bad_address=name is ReportName.DROPPED and any(words in reason for words in BAD_ADDRESS),
        by_machine=bool(event.get("sg_machine_open")),
        detail=detail,
    )


def _moment(value: Any) -> datetime:
    """A Unix time; some of SendGrid's proxies make a text of it."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError("the event has no timestamp")
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{_clean(value)!r} is not a timestamp") from None


def _text(value: Any) -> str | None:
    return _clean(value) if isinstance(value, str) and value else None


def _clean(value: Any) -> str:
    """Without what a database cannot keep, and not longer than anybody reads."""
    return str(value)[:MOST_CHARACTERS].encode("utf-8", "replace").decode().replace("\0", "")


def _local_part(mail_id: str | None) -> str | None:
    """Our mails are named `<message id@…>`; delayed bounces lack our arguments but carry that."""
    return mail_id.strip("<> ").partition("@")[0] or None if mail_id else None
