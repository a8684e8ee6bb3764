"""The turn: from a wake-up to the next rest, for a journey's run and for a follow-up alike.

It goes round as long as messages are due. Each round is one transaction that holds the account's row (activities/rounds.py):
settle what the last round sent, take what was told, decide, write, and claim the next message that is due. Only then, outside of
it, does that message leave. So whatever kills a turn, a message is either not claimed (the next attempt sends it) or claimed and
not settled (the next attempt puts it in doubt, and the run goes on), and nothing is decided twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from sqlmodel import Session
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import delivery, rounds
from activities.delivery import Outcome, Parcel
from activities.ledger import Ledger, Nudge, Office
from activities.rounds import Done
from channels.channel import Channels
from database.engine import Database
from domain.protocol import UNKNOWN_RUN, TurnOrder, Wait

log = structlog.get_logger()

# A turn that lasts tells Temporal that it lives; a short one does not spend a call on it.
BEATS_AFTER_SECONDS = 5.0

Nudges = Callable[[Iterable[Nudge]], None]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Turns:
    """Takes turns. `nudge` tells Temporal of runs, after the commit; it may fail or be lost, the sweep finds what it missed. `clock`
    and `rest` are for pacing providers alone: rules are told the turn's time."""

    database: Database
    office: Office
    channels: Channels
    nudge: Nudges
    clock: Callable[[], datetime] = _now
    rest: Callable[[float], None] = time.sleep

    def take(self, order: TurnOrder) -> Wait:
        """The whole turn; answers what the run waits for next."""
        began = time.monotonic()
        outcome: Outcome | None = None
        now: datetime | None = None
        while True:
            done = self.database.transact(self._round(order, outcome, now))
            if done.nudges:
                self.nudge(done.nudges)
            if done.parcel is None:
                return done.wait
            now = done.now
            if time.monotonic() - began > BEATS_AFTER_SECONDS and activity.in_activity():
                activity.heartbeat()
            self.await_(done.parcel)
            outcome = delivery.send(done.parcel, self.channels)
            if outcome.state != "accepted":
                log.warning("message not accepted", message=outcome.message_id, state=outcome.state, reason=outcome.reason)

    def await_(self, parcel: Parcel) -> None:
        """A provider's next place may be a moment ahead (see domain/pacing.py)."""
        if parcel.leaves_at and (ahead := (parcel.leaves_at - self.clock()).total_seconds()) > 0:
            self.rest(ahead)

    def _round(self, order: TurnOrder, outcome: Outcome | None, now: datetime | None) -> Callable[[Session], Done]:
        """`now` is the turn's moment, which its first round finds."""

        def work(session: Session) -> Done:
            ledger = Ledger.of_run(session, self.office, rounds.TABLES[order.kind], order.run_id, now or order.now)
            if ledger is None:
                raise ApplicationError(f"there is no run '{order.run_id}'", type=UNKNOWN_RUN, non_retryable=True)
            return rounds.take(ledger, order.kind, order.run_id, self.channels, outcome, is_first=now is None, clock=self.clock())

        return work

    def activity(self, verb: str) -> Callable[[TurnOrder], Wait]:
        """The turn under the name of the step that is due, for Temporal's history."""

        @activity.defn(name=verb)
        def take(order: TurnOrder) -> Wait:
            return self.take(order)

        return take
