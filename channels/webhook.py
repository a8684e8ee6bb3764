"""Other systems' webhooks: JSON over HTTPS, named by our message id so that a receiver can tell a repetition.

Headers follow https://www.standardwebhooks.com: `webhook-id` is the message id, `webhook-timestamp` a Unix time.
"""

from __future__ import annotations

import time
from datetime import timedelta

import httpx2

from channels.channel import Accepted, Call, Refused

TIMEOUT_SECONDS = 12


class Webhooks:
    """Calls an address; redirects are not followed. What the receiver did not take is tried again under the same id."""

    name = "webhook"
    key = ""

    def call(self, call: Call) -> Accepted:
        headers = {"webhook-id": call.message_id, "webhook-timestamp": str(int(time.time()))}
        try:
            response = httpx2.post(call.url, json=call.body, headers=headers, timeout=TIMEOUT_SECONDS, follow_redirects=False)
        except httpx2.HTTPError as error:
            raise Refused(f"the receiver could not be reached: {error}", permanent=False) from None
        if response.is_success:
            return Accepted(None)
        if response.status_code == 429 or response.status_code >= 500 or response.status_code == 408:
            raise Refused(f"the receiver answered {response.status_code}", permanent=False, retry_after=timedelta(minutes=5))
        raise Refused(f"the receiver answered {response.status_code}", permanent=True)
