"""What every channel takes and answers."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPSConnection
from typing import Protocol

from domain.links import Links
from domain.pacing import Trouble


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one address. `message_id` is ours, opaque, and the only thing of ours that a provider is told besides the mail.
    `headers` are those of mail programs, like List-Unsubscribe."""

    message_id: str
    to_address: str
    to_name: str
    from_address: str
    from_name: str
    reply_to: str
    subject: str
    text: str
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    answers: str | None = None  # the Message-ID of the mail before it in the same conversation

    @property
    def mail_id(self) -> str:
        """Its Message-ID (RFC 5322), by which answers and delayed bounces find it."""
        return mail_id(self.message_id, self.from_address)


def mail_id(message_id: str, from_address: str) -> str:
    """The Message-ID of a mail of ours."""
    return f"<{message_id}@{from_address.partition('@')[2]}>"


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
    """The provider certainly does not have it. `permanent`: trying again will not help; else it may after `retry_after`. `trouble` is
    the provider's own, with whatever it is sent."""

    def __init__(
        self,
        reason: str,
        permanent: bool,
        retry_after: timedelta | None = None,
        bad_address: bool = False,
        trouble: Trouble | None = None,
    ) -> None:
        super().__init__(reason)
        self.trouble = trouble
        self.permanent = permanent
        self.retry_after = retry_after
        self.bad_address = bad_address


class Unclear(Exception):
    """Nobody can say now whether the provider has it: the connection broke, timed out, or the provider failed after taking it."""


_CONNECTING = frozenset({HTTPConnection.connect.__code__, HTTPSConnection.connect.__code__})


def was_reached(error: BaseException | str) -> bool:
    """Whether a request may have been heard that urllib says failed so. One that broke off while http.client was still connecting was
    not: names, TCP, proxies and the TLS handshake all come before its first byte, and fail in ways that a lost answer has too."""
    if not isinstance(error, BaseException):
        return True
    return not any(frame.f_code in _CONNECTING for frame, _ in traceback.walk_tb(error.__traceback__))


def digest(secret: str) -> str:
    """Tells one key from another without telling the key; empty for none."""
    return hashlib.sha256(secret.encode()).hexdigest() if secret else ""


class MailChannel(Protocol):
    """Sends mail. Raises Refused or Unclear. `key` is a digest of the key it uses, empty where there is none."""

    name: str
    key: str

    def send(self, mail: Mail) -> Accepted: ...


class PostChannel(Protocol):
    """Posts to Slack. Raises Refused or Unclear."""

    name: str
    key: str

    def post(self, post: Post) -> Accepted: ...

    def find(self, post: Post, since: datetime) -> Accepted | None:
        """A post that was tried at `since`, where it can be seen; None where it cannot."""
        ...


class CallChannel(Protocol):
    """Calls webhooks. Raises Refused or Unclear."""

    name: str
    key: str

    def call(self, call: Call) -> Accepted: ...


@dataclass(frozen=True)
class Channels:
    """The channels in use, and how readers are linked to their preferences.

    `per_second` says how many messages a provider may be given, by its name; others have no limit. Answers to mails come to an
    address at `reply_domain`, where there is one.
    """

    mail: MailChannel
    posts: PostChannel
    calls: CallChannel
    links: Links | None = None
    per_second: Mapping[str, float] = field(default_factory=dict)
    reply_domain: str = ""

    def interval(self, name: str) -> timedelta:
        """The time between two messages to a provider."""
        return timedelta(seconds=1 / rate) if (rate := self.per_second.get(name)) else timedelta(0)

    def key(self, name: str) -> str:
        return next((channel.key for channel in (self.mail, self.posts, self.calls) if channel.name == name), "")

    def answers(self, message_id: str) -> str | None:
        """Where the reader of this message answers what it asks; None while nobody can be reached from outside."""
        return self.links.answers(message_id) if self.links else None

    def preferences(self, message_id: str) -> str | None:
        """Where the reader of this message chooses what to get; None while nobody can be reached from outside."""
        return self.links.preferences(message_id) if self.links else None
