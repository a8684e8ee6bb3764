"""The safety net, and what has no workflow of its own: starts on their day, facts that time changes, nudges that were lost.

Everything here may be done by several workers at once and again and again; each thing happens once, because it is done in a
transaction that holds the account's row and looks first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session

from activities import holding
from activities.coming_back import ComingBack
from activities.ledger import Ledger, Office, nudge_of_follow_up
from activities.turn import Nudges
from database import accounts, runs
from database.engine import Database

# A notice that a run has not taken for this long was not heard of; a run due for this long and not begun was not started.
LOST_AFTER = timedelta(seconds=30)
# A run that is due for this long, with workers there to sweep, has no workflow any more.
FORGOTTEN_AFTER = timedelta(minutes=10)
# What came in and nobody was told of after so long was stored by a process that died.
UNTOLD_FOR = timedelta(seconds=5)
AT_ONCE = 200


@dataclass(frozen=True)
class Sweep:
    """`once` looks at everything once and says how many things it found to do."""

    database: Database
    office: Office
    nudge: Nudges

    def once(self, now: datetime, lost_after: timedelta = LOST_AFTER) -> int:
        return self.begin_due(now) + self.watch(now) + self.end_holds(now) + self.nudge_lost(now, lost_after) + self.tell_untold(now)

    def begin_due(self, now: datetime) -> int:
        """Enrolls whose day has come."""
        with self.database.read() as session:
            due = runs.due_starts(session, now, AT_ONCE)
        for start in due:
            self._in_account(start.account_id, now, partial(_begin, start.journey, start.key))
        return len(due)

    def watch(self, now: datetime) -> int:
        """Facts about quiet that have become true by the passing of time."""
        with self.database.read() as session:
            due = accounts.due_to_watch(session, now, AT_ONCE)
        for account_id in due:
            self._in_account(account_id, now, lambda ledger: ledger.tell(read_health=True))
        return len(due)

    def end_holds(self, now: datetime) -> int:
        """Runs that were held are told when that is over: by its date, or by somebody who was stopped before telling them."""
        nudges = holding.tell_over(self.database, self.office, now)
        if nudges:
            self.nudge(nudges)
        return len(nudges)

    def nudge_lost(self, now: datetime, lost_after: timedelta) -> int:
        with self.database.read() as session:
            lost = runs.lost(session, now - lost_after, now - max(lost_after, FORGOTTEN_AFTER), AT_ONCE)
        for account_id, run_ids in lost.items():
            self._in_account(account_id, now, partial(_wake, run_ids))
        return sum(len(run_ids) for run_ids in lost.values())

    def tell_untold(self, now: datetime) -> int:
        """What providers told, where whoever took it was stopped before it could tell anybody."""
        return ComingBack(self.database, self.office, self.nudge).tell(now, now - UNTOLD_FOR)

    def _in_account(self, account_id: str, now: datetime, work: Callable[[Ledger], object]) -> None:
        def in_ledger(session: Session) -> Ledger:
            ledger = Ledger(session, self.office, account_id, now)
            work(ledger)
            return ledger

        if nudges := self.database.transact(in_ledger).nudges:
            self.nudge(nudges.values())


def _begin(journey: str, key: str, ledger: Ledger) -> None:
    """The start may have moved or gone since it was seen due; what is due now is looked up again."""
    for start in runs.starts_ahead(ledger.session, ledger.account.id):
        if (start.journey, start.key) == (journey, key) and start.due_at <= ledger.now:
            wanted = ledger.published.journeys.get(journey)
            if wanted:
                ledger.enroll(wanted, start.contract_id, None, f"its day has come: {start.anchor_on}")
            else:
                ledger.tell()


def _wake(run_ids: list[str], ledger: Ledger) -> None:
    for id in run_ids:
        if row := ledger.live.get(id):
            ledger.nudges[id] = ledger.nudge_of(id, row.journey, row.version, row.wake_at, begins=not row.running)
        elif (follow_up := runs.follow_up(ledger.session, id)) is not None and follow_up.ended_at is None:
            ledger.nudges[id] = nudge_of_follow_up(id, ledger.account.id, follow_up.wake_at, begins=not follow_up.running)
