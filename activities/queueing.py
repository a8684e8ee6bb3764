"""What waited for a provider in trouble goes on when that is over, and not only at the end of the pause it was put off for.

Not all at once: as many as the provider takes until somebody looks again, those first that have waited longest. The one that meets
the next trouble pauses the others as ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlmodel import Session

from activities.ledger import Ledger, Nudge, Office
from activities.turn import Nudges
from channels.channel import Channels
from database import providers, waiting
from database.engine import Database
from domain import pacing
from domain.news import PutOff
from domain.pacing import Provider

log = structlog.get_logger()


@dataclass(frozen=True)
class Queues:
    """What a worker does about them, now and then."""

    database: Database
    office: Office
    channels: Channels
    nudge: Nudges

    def once(self, now: datetime, within: timedelta) -> int:
        """How many were let go; `within` that time somebody looks again."""
        with self.database.read() as session:
            waited_for = waiting.providers(session)
        return sum(self._let_go(name, now, within) for name in waited_for)

    def _let_go(self, name: str, now: datetime, within: timedelta) -> int:
        provider = self.database.transact(partial(self._seen, name))
        count = pacing.room(provider, now, self.channels.interval(name), within)
        with self.database.read() as session:
            found = waiting.first(session, name, count) if count else []
        nudges: list[Nudge] = []
        for row in found:
            nudges += self.database.transact(partial(self._tell, row.id, row.account_id, name, now))
        if nudges:
            self.nudge(nudges)
        return len(found)

    def _seen(self, name: str, session: Session) -> Provider:
        """As it is; with another key than the one that was not accepted it is in no trouble."""
        seen = providers.find(session, name)
        key = self.channels.key(name)
        if pacing.renewed(seen, key) == seen:
            return seen
        renewed = pacing.renewed(providers.hold(session, name), key)
        providers.save(session, renewed)
        log.info("a provider has another key", provider=name)
        return renewed

    def _tell(self, id: str, account_id: str, name: str, now: datetime, session: Session) -> list[Nudge]:
        ledger = Ledger(session, self.office, account_id, now)
        message = waiting.let_go(session, id, name, now)
        if message is None or message.state != "planned":
            return []  # what is in doubt is looked after by itself
        again = PutOff(message.step, message.visit, now, message.recipient, now, f"{name} is well again")
        if message.journey == "follow-up":
            ledger.tell_follow_up(message.run_id, again)
        else:
            ledger.notify(message.run_id, again, wakes=True)
        return list(ledger.nudges.values())
