"""Whether a provider may be given a message now: the installation is armed, and the provider has room and is in no trouble."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlmodel import Session

from activities.delivery import Outcome
from channels.channel import Channels
from channels.outbox import Outbox
from database import providers
from domain import pacing
from domain.pacing import Leave, Queue

log = structlog.get_logger()

DISARMED = "sending is disarmed"


@dataclass(frozen=True)
class WayOut:
    """Within one transaction. `clock` is the time of asking, not a turn's."""

    session: Session
    channels: Channels
    clock: datetime

    def ask(self, name: str, has_place: bool) -> Leave | Queue:
        """For one message to the provider of this name; what it takes is gone when the transaction commits."""
        if name == Outbox.name:
            return Leave(self.clock)
        interval = self.channels.interval(name)
        seen = providers.find(self.session, name)
        if not interval and not seen.since and (seen.free_at is None or seen.free_at <= self.clock):
            return Leave(self.clock)
        provider = pacing.renewed(providers.hold(self.session, name), self.channels.key(name))
        answer, provider = pacing.ask(provider, self.clock, interval, has_place)
        providers.save(self.session, provider)
        return answer

    def answered(self, outcome: Outcome, name: str) -> timedelta | None:
        """What a provider's answer says of the provider; how long it is not to be used, None where it is in no trouble."""
        if name == Outbox.name or (outcome.trouble is None and outcome.state != "accepted"):
            return None
        if outcome.trouble is None:
            if providers.find(self.session, name).failures:
                self._be_well(name)
            return None
        before = providers.hold(self.session, name)
        key, why = self.channels.key(name), outcome.reason or ""
        after = pacing.failed(before, outcome.trouble, why, outcome.retry_after, key, self.clock)
        providers.save(self.session, after)
        if before.since is None and after.since is not None:  # called once, however many messages meet the same trouble
            log.error("a provider is in trouble", provider=name, why=why, until=f"{after.free_at:%Y-%m-%d %H:%M:%S} UTC")
        return max((after.free_at or self.clock) - self.clock, timedelta(0))

    def _be_well(self, name: str) -> None:
        before = providers.hold(self.session, name)
        after = pacing.well(before, self.clock, self.channels.interval(name))
        providers.save(self.session, after)
        if before.since and after.since is None:
            log.info("a provider is well again", provider=name)
