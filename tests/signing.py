"""What providers sign with in tests. The keys are made anew in every process, so none of them opens anything."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
INBOUND_SECRET = secrets.token_urlsafe(24)
SLACK_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


def public(key: ec.EllipticCurvePrivateKey) -> str:
    """As SendGrid shows it: DER in base64, on one line."""
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


PUBLIC = public(KEY)


def sendgrid(body: bytes, at: datetime, key: ec.EllipticCurvePrivateKey = KEY) -> dict[str, str]:
    """The headers with which SendGrid signs a body."""
    timestamp = str(int(at.timestamp()))
    signature = key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
    }


def slack(body: bytes, at: datetime, secret: str = SLACK_SECRET) -> dict[str, str]:
    """The headers with which Slack signs a body."""
    timestamp = str(int(at.timestamp()))
    signature = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Signature": f"v0={signature}", "X-Slack-Request-Timestamp": timestamp}


def batch(*events: dict[str, Any]) -> bytes:
    """Events in the shape in which SendGrid writes them."""
    return ("[" + ",\r\n".join(json.dumps(event, separators=(",", ":")) for event in events) + "]\r\n").encode()
