"""Slack, through slack-sdk. https://docs.slack.dev/reference/methods/chat.postMessage"""

from __future__ import annotations

import contextlib
import socket
from datetime import timedelta
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from channels.channel import Accepted, Post, Refused, Unclear

TIMEOUT_SECONDS = 12
# What Slack answers with `ok: false`; everything that is not named here is unclear.
OURS_TO_MEND = {
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "missing_scope",
    "no_permission",
    "ekm_access_denied",
}
FOR_GOOD = {
    "channel_not_found", "is_archived", "not_in_channel", "user_not_found", "users_not_found", "cannot_dm_bot", "user_disabled", "no_text",
    "msg_too_long", "invalid_arguments", "invalid_blocks", "restricted_action", "messages_tab_disabled",
}  # fmt: skip
SLOW_DOWN = {"ratelimited", "rate_limited", "message_limit_exceeded"}


class Slack:
    """Posts as one bot, at `base_url` (https://slack.com/api/ or a fake)."""

    name = "slack"

    def __init__(self, token: str, base_url: str) -> None:
        # No retries here: Slack has no idempotency key, so a post repeated by its client would be a second post.
        self._client = WebClient(token=token, base_url=base_url, timeout=TIMEOUT_SECONDS, retry_handlers=[])

    def post(self, post: Post) -> Accepted:
        try:
            response = self._client.chat_postMessage(
                channel=post.target,
                text=post.text,
                unfurl_links=False,
                metadata={"event_type": "tenure_message", "event_payload": {"message_id": post.message_id}},
            )
        except SlackApiError as error:
            raise _told_apart(error) from None
        except URLError as error:
            if isinstance(error.reason, ConnectionRefusedError | socket.gaierror):
                raise Refused(f"Slack could not be reached: {error.reason}", permanent=False) from None
            raise Unclear(f"the connection to Slack broke: {error.reason}") from None
        except (TimeoutError, OSError, HTTPException) as error:
            raise Unclear(f"the connection to Slack broke: {error}") from None
        return Accepted(str(response.get("ts")))


def _told_apart(error: SlackApiError) -> Refused | Unclear:
    response: Any = error.response
    status, said = response.status_code, str(response.get("error"))
    if status == 429 or said in SLOW_DOWN:
        seconds = 60
        with contextlib.suppress(TypeError, ValueError, KeyError):
            seconds = max(1, int(response.headers["Retry-After"]))
        return Refused("Slack asks us to slow down", permanent=False, retry_after=timedelta(seconds=seconds))
    if said in OURS_TO_MEND:
        return Refused(f"Slack does not accept our token ({said})", permanent=False, retry_after=timedelta(minutes=15))
    if said in FOR_GOOD:
        return Refused(
            f"Slack refused it: {said}", permanent=True, bad_address=said in ("channel_not_found", "user_not_found", "is_archived")
        )
    return Unclear(f"Slack answered {status}: {said}")
