"""What a customer's people got lately, what is about to leave to them, and what they said no to: all that the governor weighs.

The database reads it in the transaction that claims a message; virtual time makes it of its own touches. Readers are known by the
digest of their address (domain/addresses.py), so that one person under two ids is one reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Scope = Literal["everything", "channel", "topic"]


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail that reached somebody, or may have; also one that sales or marketing say they sent. `domain` is None for a public one.

    `told_by` names who sent it, where it was not us; `asks` the survey of ours that it asks.
    """

    at: datetime
    reader: str
    domain: str | None
    of_account: bool
    operational: bool
    survey: bool
    what: str
    told_by: str | None = None
    asks: str = ""

    @property
    def name(self) -> str:
        return f"{self.what} ({self.told_by})" if self.told_by else self.what


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the queue for a free slot: the class first, then who has waited longest; the rest only makes the order certain."""

    rank: int
    since: datetime
    journey: str
    step: str = ""
    visit: int = 0
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class Ahead:
    """A mail that is due now: planned, or a step that sends it and whose turn has come. `readers` it is for."""

    place: Place
    due_at: datetime
    readers: frozenset[str]
    survey: bool


@dataclass(frozen=True, slots=True)
class Suppression:
    """Nothing goes to an address: at all (`everything`), of what nobody waits for over a channel, or of a topic (`name`)."""

    scope: Scope
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Correspondence:
    """`consents` are the topics this reader consented to, "" for all of them."""

    sent: tuple[Sent, ...] = ()
    ahead: tuple[Ahead, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    consents: frozenset[str] = frozenset()


NOTHING = Correspondence()


@dataclass(frozen=True)
class Refusals:
    """What virtual time knows of who said no: by the digest of an address."""

    suppressions: Mapping[str, tuple[Suppression, ...]] = field(default_factory=dict)
    consents: Mapping[str, frozenset[str]] = field(default_factory=dict)
