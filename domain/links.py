"""Links that a reader of a mail may follow without a login: signed, opaque, and good for as long as the message is kept.

A token is the message's id and a seal over it (HMAC-SHA256, 128 bits): 43 characters that tell nobody who got what, and that nobody
makes who does not know the secret. It has no end: whoever finds an old mail can still say no.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

LEAST_SECRET = 16  # bytes
_SEAL = 16
PREFERENCES, ANSWERS = "preferences", "answers"  # what a link leads to
_TOKEN = 4 * ((16 + _SEAL) // 3) + 3


class BadToken(ValueError):
    """This link was not made here, or a mail program cut it off."""


@dataclass(frozen=True)
class Links:
    """`base` is where readers reach us (https://…, without a slash at the end); the first secret signs, all of them are accepted.

    Raises ValueError for a secret that is too short.
    """

    base: str
    secrets: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not self.secrets or any(len(secret) < LEAST_SECRET for secret in self.secrets):
            raise ValueError(f"links are signed with a secret of {LEAST_SECRET} characters or more")

    def preferences(self, message_id: str) -> str:
        """The page on which the reader of this message chooses what to get; a POST to it says no to all of it."""
        return f"{self.base}/u/{self.token(message_id)}"

    def answers(self, message_id: str) -> str:
        """The page on which the reader of this message answers what it asks; a number behind it is chosen there beforehand."""
        return f"{self.base}/a/{self.token(message_id, ANSWERS)}"

    def headers(self, message_id: str) -> Mapping[str, str]:
        """One-click unsubscribing, https://www.rfc-editor.org/rfc/rfc8058#section-3.1"""
        return {
            "List-Unsubscribe": f"<{self.preferences(message_id)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }

    def token(self, message_id: str, leads_to: str = PREFERENCES) -> str:
        id = bytes.fromhex(message_id.replace("-", ""))
        return base64.urlsafe_b64encode(id + _seal(self.secrets[0], id, leads_to)).rstrip(b"=").decode()

    def message_id(self, token: str, leads_to: str = PREFERENCES) -> str:
        """Raises BadToken."""
        try:
            sealed = base64.b64decode(token + "=", altchars=b"-_", validate=True) if len(token) == _TOKEN else b""
        except (binascii.Error, ValueError):
            sealed = b""
        id, seal = sealed[:16], sealed[16:]
        if not sealed or not any(hmac.compare_digest(seal, _seal(secret, id, leads_to)) for secret in self.secrets):
            raise BadToken("this link was not made here, or it was cut off on its way")
        digits = id.hex()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _seal(secret: bytes, id: bytes, leads_to: str) -> bytes:
    # Domain separation: a link to one page opens no other.
    return hmac.digest(secret, leads_to.encode() + b"\x1f" + id, "sha256")[:_SEAL]
