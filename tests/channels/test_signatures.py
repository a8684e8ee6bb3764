"""Whose word is taken: what was signed, byte for byte, by whom it says, not long ago."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.signatures import SendGridSignatures, SlackSignatures
from tests import signing

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
BODY = signing.batch({"event": "delivered", "message_id": "m-1", "timestamp": 1767603600})
HOURS, SECONDS = timedelta(hours=1), timedelta(seconds=1)
Signed = tuple[bytes, str, str]  # body, signature, timestamp


def by_sendgrid(body: bytes = BODY, at: datetime = NOW, **how: object) -> Signed:
    headers = signing.sendgrid(body, at, **how)  # type: ignore[arg-type]
    return body, headers["X-Twilio-Email-Event-Webhook-Signature"], headers["X-Twilio-Email-Event-Webhook-Timestamp"]


def by_slack(body: bytes = BODY, at: datetime = NOW, **how: object) -> Signed:
    headers = signing.slack(body, at, **how)  # type: ignore[arg-type]
    return body, headers["X-Slack-Signature"], headers["X-Slack-Request-Timestamp"]


def with_body(signed: Signed, body: bytes) -> Signed:
    return body, *signed[1:]


def with_signature(signed: Signed, signature: str) -> Signed:
    return signed[0], signature, signed[2]


def with_timestamp(signed: Signed, timestamp: str) -> Signed:
    return *signed[:2], timestamp


REWRITTEN = json.dumps(json.loads(BODY)).encode()


def vectors(sign: Callable[..., Signed], within: timedelta, other: object) -> dict[str, tuple[Signed, bool]]:
    good = sign()
    return {
        "as it was signed": (good, True),
        "again, while it is fresh": (sign(at=NOW - within + SECONDS), True),
        "as old as may be": (sign(at=NOW - within), True),
        "a clock as far ahead as may be": (sign(at=NOW + timedelta(minutes=5)), True),
        "a clock too far ahead": (sign(at=NOW + timedelta(minutes=5) + SECONDS), False),
        "a clock a little ahead": (sign(at=NOW + 4 * timedelta(minutes=1)), True),
        "an empty body": (sign(b""), True),
        "letters of all languages": (sign('[{"reason": "Größe 大 🙂"}]'.encode()), True),
        "one byte changed": (with_body(good, BODY.replace(b"m-1", b"m-2")), False),
        "the same JSON written again": (with_body(good, REWRITTEN), False),
        "the last line end cut off": (with_body(good, BODY.rstrip()), False),
        "something behind it": (with_body(good, BODY + b" "), False),
        "not UTF-8": (with_body(good, b"\xff" + BODY), False),
        "stale": (sign(at=NOW - within - SECONDS), False),
        "from tomorrow": (sign(at=NOW + 24 * HOURS), False),
        "an old one under a new timestamp": (with_timestamp(sign(at=NOW - 48 * HOURS), str(int(NOW.timestamp()))), False),
        "another key's": (sign(**{"key" if within > HOURS else "secret": other}), False),
        "no signature": (with_signature(good, ""), False),
        "no timestamp": (with_timestamp(good, ""), False),
        "a timestamp that is none": (with_timestamp(good, "yesterday"), False),
        "a timestamp before all": (with_timestamp(good, "-1"), False),
        "a timestamp after all": (with_timestamp(good, "9" * 30), False),
        "a timestamp in other digits": (with_timestamp(good, "١٧٦٧٦٠٣٦٠٠"), False),
        "a signature that is garbage": (with_signature(good, "garbage"), False),
        "a signature in other letters": (with_signature(good, "v0=ü"), False),
        "a signature of nothing": (with_signature(good, base64.b64encode(b"").decode()), False),
        "half a signature": (with_signature(good, good[1][: len(good[1]) // 2]), False),
    }


OF_SENDGRID = vectors(by_sendgrid, timedelta(hours=26), signing.OTHER_KEY)
OF_SLACK = vectors(by_slack, timedelta(minutes=5), "another secret")


@pytest.mark.parametrize("name", OF_SENDGRID)
def test_sendgrids_word_is_taken_when_it_is_its_own(name: str) -> None:
    signed, good = OF_SENDGRID[name]
    assert SendGridSignatures([signing.PUBLIC]).are_good(*signed, NOW) == good


@pytest.mark.parametrize("name", OF_SLACK)
def test_slacks_word_is_taken_when_it_is_its_own(name: str) -> None:
    signed, good = OF_SLACK[name]
    assert SlackSignatures([signing.SLACK_SECRET]).are_good(*signed, NOW) == good


def test_while_a_key_changes_both_are_good() -> None:
    both = SendGridSignatures([signing.public(signing.OTHER_KEY), signing.PUBLIC])
    assert both.are_good(*by_sendgrid(), NOW)
    assert both.are_good(*by_sendgrid(key=signing.OTHER_KEY), NOW)
    assert SlackSignatures(["new", signing.SLACK_SECRET]).are_good(*by_slack(), NOW)


def test_without_a_key_nobodys_word_is_taken() -> None:
    assert not SendGridSignatures(()).are_good(*by_sendgrid(), NOW)
    assert not SlackSignatures(()).are_good(*by_slack(), NOW)


def test_what_is_no_public_key_is_said_at_once() -> None:
    for words in ("not a key", "AAAA", signing.PUBLIC[:-8]):
        with pytest.raises(ValueError):  # noqa: PT011
            SendGridSignatures([words])


@given(
    st.binary(max_size=200),
    st.binary(max_size=80).map(lambda raw: base64.b64encode(raw).decode()) | st.text(max_size=80),
    st.text(max_size=15),
)
def test_nothing_that_was_not_signed_is_taken_and_nothing_breaks(body: bytes, signature: str, timestamp: str) -> None:
    for verifier in (SendGridSignatures([signing.PUBLIC]), SlackSignatures([signing.SLACK_SECRET])):
        assert not verifier.are_good(body, signature, timestamp, NOW)
        assert not verifier.are_good(body, signature, str(int(NOW.timestamp())), NOW)
