"""How fast a provider is used, and what its trouble does to what waits for it: one place in the queue a message, in order of asking.

Moments here are the clock's at the time of asking, not a turn's: a turn that comes late must not make the next second too full.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from domain.language import Late, SkipAfter

# So far ahead a place may lie for a message to leave in this turn, which then waits for its moment.
NEAR = timedelta(seconds=2)
# While a provider is in trouble one message is tried; the others are kept back for so long, or until there is an answer.
TRIAL = timedelta(seconds=30)
# How soon after one another those that waited for a provider's trouble to be over may ask, where it has no limit: as many at once
# as wait would be the herd that a pause prevents.
EASE = timedelta(milliseconds=50)
# One lost answer says little of a provider, three in a row much. Each pause is longer than the last.
AWAY = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 900))
UNANSWERED = (timedelta(0), timedelta(0), *AWAY)
KEY = timedelta(minutes=15)


class Trouble(StrEnum):
    """What is wrong with a provider, whatever was to be sent."""

    FULL = "full"  # it asks us to slow down
    KEY = "key"  # it does not accept our key
    AWAY = "away"  # it cannot be reached: it certainly has nothing
    UNANSWERED = "unanswered"  # it failed, or was cut off, and may have taken the message


@dataclass(frozen=True, slots=True)
class Provider:
    """`free_at`: from then on it may be used. `queue_at`: the first place in its queue that nobody has. `failures` in a row, the
    last of them for `why`. It is in trouble `since` then, and `tried` where one message was let out to see whether that is over;
    `key` is a digest of the key that it did not accept."""

    name: str
    free_at: datetime | None = None
    queue_at: datetime | None = None
    failures: int = 0
    why: str | None = None
    since: datetime | None = None
    key: str | None = None
    tried: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """It may leave, at this moment (not before)."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Queue:
    """Its place in the queue: when it may ask again; `why` where the provider is in trouble."""

    at: datetime
    why: str = ""


def ask(provider: Provider, now: datetime, interval: timedelta, has_place: bool) -> tuple[Leave | Queue, Provider]:
    """Whether a message may leave now. `interval` lies between two messages (0: no limit); `has_place`: it has queued before, and
    goes before those that have not."""
    free_at = max(provider.free_at or now, now)
    queue_at = max(provider.queue_at or free_at, free_at)
    if free_at > now + NEAR or (not has_place and interval and queue_at > now + NEAR):
        return Queue(queue_at, (provider.why or "") if provider.since else ""), replace(provider, queue_at=queue_at + interval)
    taken_until = free_at + interval
    if provider.since is not None:
        return Leave(free_at), replace(provider, free_at=max(taken_until, now + TRIAL), tried=True)
    return Leave(free_at), replace(provider, free_at=taken_until)


def failed(provider: Provider, trouble: Trouble, why: str, retry_after: timedelta | None, key: str, now: datetime) -> Provider:
    """What is known of the provider after a message met trouble. What was on its way when the trouble began says nothing new of it:
    a pause grows when the message that was tried fails, not with how many met the same trouble."""
    if not _says_something(provider):
        return replace(provider, free_at=max(provider.free_at or now, now + (retry_after or timedelta(0))))
    times = provider.failures + 1
    match trouble:
        case Trouble.FULL:
            pause = retry_after or _after(AWAY, times)
        case Trouble.KEY:
            pause = KEY
        case Trouble.AWAY:
            pause = _after(AWAY, times)
        case Trouble.UNANSWERED:
            pause = _after(UNANSWERED, times)
    free_at = max(provider.free_at or now, now + pause)
    since = provider.since or (now if pause else None)
    refused = key if trouble is Trouble.KEY else None
    return replace(provider, free_at=free_at, failures=times, why=why, since=since, key=refused, tried=False)


def _says_something(provider: Provider) -> bool:
    return provider.since is None or provider.tried


def _after(pauses: Sequence[timedelta], times: int) -> timedelta:
    return pauses[min(times, len(pauses)) - 1]


def well(provider: Provider, now: datetime, interval: timedelta) -> Provider:
    """It took a message: its trouble is over, and whoever waits for it may ask. The queue that the trouble made is gone with it: who
    comes next must not stand behind the end of a pause that is over. A message that left before the trouble ends no pause."""
    if not _says_something(provider):
        return provider
    queue_at = None if provider.since else provider.queue_at
    return replace(provider, failures=0, why=None, since=None, key=None, free_at=now + interval, queue_at=queue_at, tried=False)


def renewed(provider: Provider, key: str) -> Provider:
    """With another key than the one that was not accepted there is nothing to wait for."""
    if provider.key is None or provider.key == key:
        return provider
    return replace(provider, failures=0, why=None, since=None, key=None, free_at=None, queue_at=None, tried=False)


def room(provider: Provider, now: datetime, interval: timedelta, within: timedelta) -> int:
    """How many of those that waited for its trouble to be over may ask between now and then: none before it is."""
    if provider.since is not None:
        return 0
    left = now + within - max(provider.free_at or now, now)
    return max(0, math.ceil(left / (interval or EASE)))


def too_late_at(late: Late, since: datetime) -> datetime | None:
    """From when a message that queues since then is not worth sending, by what its step says of lateness."""
    match late:
        case "run":
            return None
        case "skip":
            return since + timedelta(days=1)
        case SkipAfter():
            return since + timedelta(days=late.skip_after.days)
