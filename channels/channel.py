"""What every channel takes and answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one address. `message_id` is ours, opaque, and the only thing of ours that a provider is told besides the mail."""

    message_id: str
    to_address: str
    to_name: str
    from_address: str
    from_name: str
    reply_to: str
    subject: str
    text: str
    html: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One Slack message to a channel (`#wins`) or a person (a Slack user id)."""

    message_id: str
    target: str
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call of another system's webhook; `body` is JSON."""

    message_id: str
    url: str
    body: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it. `provider_id` is the provider's name for it, where it gave one."""

    provider_id: str | None = None


class Refused(Exception):
    """The provider certainly does not have it. `permanent`: trying again will not help; else it may after `retry_after`."""

    def __init__(self, reason: str, permanent: bool, retry_after: timedelta | None = None, bad_address: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.retry_after = retry_after
        self.bad_address = bad_address


class Unclear(Exception):
    """Nobody can say now whether the provider has it: the connection broke, timed out, or the provider failed after taking it."""


class MailChannel(Protocol):
    """Sends mail. Raises Refused or Unclear."""

    name: str

    def send(self, mail: Mail) -> Accepted: ...


class PostChannel(Protocol):
    """Posts to Slack. Raises Refused or Unclear."""

    name: str

    def post(self, post: Post) -> Accepted: ...


class CallChannel(Protocol):
    """Calls webhooks. Raises Refused or Unclear."""

    name: str

    def call(self, call: Call) -> Accepted: ...


@dataclass(frozen=True)
class Channels:
    """The channels in use."""

    mail: MailChannel
    posts: PostChannel
    calls: CallChannel
