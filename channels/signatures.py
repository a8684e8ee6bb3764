"""Whether what comes in was sent by whom it says: signatures over the bytes as they came, and how old they may be.

Nothing here parses a body: what was parsed and written again is not what was signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sendgrid import EventWebhook
from slack_sdk.signature import Clock, SignatureVerifier

# SendGrid tries for 24 h to deliver what it signed once; what is older was kept by somebody else.
SENDGRID_WITHIN = timedelta(hours=26)
# https://docs.slack.dev/authentication/verifying-requests-from-slack
SLACK_WITHIN = timedelta(minutes=5)
AHEAD = timedelta(minutes=5)


class SendGridSignatures:
    """ECDSA over timestamp and body. Two public keys may be good at once, while one takes the other's place.

    https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
    Raises ValueError for what is no public key.
    """

    def __init__(self, public_keys: Sequence[str]) -> None:
        self._keys = [EventWebhook(key) for key in public_keys]

    def are_good(self, body: bytes, signature: str, timestamp: str, now: datetime) -> bool:
        if not _is_timely(timestamp, now, SENDGRID_WITHIN):
            return False
        try:
            said = body.decode()
            return any(key.verify_signature(said, signature, timestamp) for key in self._keys)
        except ValueError:  # not UTF-8, or a signature that is not base64
            return False


class SlackSignatures:
    """HMAC over version, timestamp and body, `v0=…`. Two signing secrets may be good at once."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = secrets

    def are_good(self, body: bytes, signature: str, timestamp: str, now: datetime) -> bool:
        if not _is_timely(timestamp, now, SLACK_WITHIN) or not signature.isascii():
            return False
        try:
            said = body.decode()
        except UnicodeDecodeError:
            return False
        clock = _Told(now)
        return any(SignatureVerifier(secret, clock).is_valid(said, timestamp, signature) for secret in self._secrets)


class _Told(Clock):
    """The clock that Slack's verifier asks."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> float:
        return self._now.timestamp()


def _is_timely(timestamp: str, now: datetime, within: timedelta) -> bool:
    if not (timestamp.isascii() and timestamp.isdecimal()) or len(timestamp) > 11:
        return False
    return now - within <= datetime.fromtimestamp(int(timestamp), UTC) <= now + AHEAD
