"""Slack, through slack-sdk. https://docs.slack.dev/reference/methods/chat.postMessage"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from channels.channel import Accepted, Post, Refused, Unclear, digest, was_reached
from domain.pacing import Trouble

TIMEOUT_SECONDS = 12
EVENT_TYPE = "tenure_message"  # of the metadata by which a post is found again
SKEW = timedelta(seconds=60)  # between Slack's clock and ours
MOST_PAGES = 10
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
        self.key = digest(token)
        self._client = WebClient(token=token, base_url=base_url, timeout=TIMEOUT_SECONDS, retry_handlers=[])

    def post(self, post: Post) -> Accepted:
        try:
            response = self._client.chat_postMessage(
                channel=post.target,
                text=post.text,
                unfurl_links=False,
                metadata={"event_type": EVENT_TYPE, "event_payload": {"message_id": post.message_id}},
            )
        except SlackApiError as error:
            raise _told_apart(error) from None
        except URLError as error:
            if not was_reached(error.reason):
                raise Refused(f"Slack could not be reached: {error.reason}", permanent=False, trouble=Trouble.AWAY) from None
            raise Unclear(f"the connection to Slack broke: {error.reason}") from None
        except (TimeoutError, OSError, HTTPException) as error:
            raise Unclear(f"the connection to Slack broke: {error}") from None
        return Accepted(str(response.get("ts")))

    def find(self, post: Post, since: datetime) -> Accepted | None:
        """Looks for the post among what its channel shows since then; None also where the bot may not look.

        https://docs.slack.dev/messaging/message-metadata: the bot needs channels:read and channels:history (groups: for private
        channels, im: for people).
        """
        try:
            channel = self._channel_id(post.target)
            return self._look(channel, post, since) if channel else None
        except (SlackApiError, OSError, HTTPException):  # URLError and TimeoutError are OSErrors
            return None

    def _channel_id(self, target: str) -> str | None:
        if not target.startswith("#"):
            opened: Any = self._client.conversations_open(users=target)
            return str(opened["channel"]["id"])
        for page in _pages(self._client.conversations_list, types="public_channel,private_channel", exclude_archived=True, limit=1000):
            for channel in page["channels"]:
                if channel["name"] == target.removeprefix("#"):
                    return str(channel["id"])
        return None

    def _look(self, channel: str, post: Post, since: datetime) -> Accepted | None:
        oldest = f"{(since - SKEW).timestamp():.6f}"
        for page in _pages(self._client.conversations_history, channel=channel, oldest=oldest, include_all_metadata=True, limit=200):
            for shown in page["messages"]:
                metadata = shown.get("metadata") or {}
                payload = metadata.get("event_payload") or {}
                if metadata.get("event_type") == EVENT_TYPE and payload.get("message_id") == post.message_id:
                    return Accepted(str(shown["ts"]))
        return None


def _pages(method: Callable[..., Any], **asked: Any) -> Iterator[Any]:
    cursor = ""
    for _ in range(MOST_PAGES):
        page = method(**asked, cursor=cursor)
        yield page
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return


def _told_apart(error: SlackApiError) -> Refused | Unclear:
    response: Any = error.response
    status, said = response.status_code, str(response.get("error"))
    if status == 429 or said in SLOW_DOWN:
        seconds = 60
        with contextlib.suppress(ValueError, KeyError):
            seconds = max(1, int(response.headers["Retry-After"]))
        return Refused("Slack asks us to slow down", permanent=False, retry_after=timedelta(seconds=seconds))  # of this channel, not of all
    if said in OURS_TO_MEND:
        return Refused(f"Slack does not accept our token ({said})", permanent=False, trouble=Trouble.KEY)
    if said in FOR_GOOD:
        return Refused(
            f"Slack refused it: {said}", permanent=True, bad_address=said in ("channel_not_found", "user_not_found", "is_archived")
        )
    return Unclear(f"Slack answered {status}: {said}")
