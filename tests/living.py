"""Accounts that live in a real database without Temporal: turns are taken in order as their time comes, by the product's own parts.

It is the conductor's (tests/e2e) quick sister, for whoever needs accounts in the middle of their journeys and not what Temporal
does of it. Nobody acts but who is told to.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from activities.sweep import Sweep
from activities.turn import Turns
from database import runs
from database.tables import AccountRow, EnrollmentRow, FollowUpRow, NoticeRow, table
from domain.protocol import RunKind, TurnOrder
from tests.installation import Installation

accounts, enrollments, follow_ups, notices = table(AccountRow), table(EnrollmentRow), table(FollowUpRow), table(NoticeRow)
MOST_ROUNDS = 100
KINDS = ((RunKind.ENROLLMENT, enrollments), (RunKind.FOLLOW_UP, follow_ups))


def live(installation: Installation, until: datetime) -> None:
    """Everything due up to and including `until`."""
    settle(installation)
    while (moment := _earliest(installation)) is not None and moment <= until:
        installation.clock.now = max(moment, installation.clock.now)
        settle(installation)
    installation.clock.now = until


def settle(installation: Installation) -> None:
    """Everything due now, until nothing is."""
    turns = Turns(installation.database, installation.office, installation.channels, installation.nudge)
    sweep = Sweep(installation.database, installation.office, installation.nudge)
    for _ in range(MOST_ROUNDS):
        due = _due(installation)
        for kind, id in due:
            turns.take(TurnOrder(run_id=id, kind=kind, now=installation.clock.now))
        if not due and not sweep.once(installation.clock.now, timedelta(days=1)):
            return
    raise AssertionError(f"at {installation.clock.now} these are due again and again: {_due(installation)}")


def _due(installation: Installation) -> list[tuple[RunKind, str]]:
    found: list[tuple[RunKind, str]] = []
    with installation.database.read() as session:
        for kind, each in KINDS:
            is_live = each.c.ended_at.is_(None)
            woken = select(notices.c.run_id).where(notices.c.taken_at.is_(None), notices.c.wakes.is_(True))
            due = select(each.c.id).where(is_live, (each.c.wake_at <= installation.clock.now) | each.c.id.in_(woken))
            found += [(kind, id) for id in session.execute(due.order_by(each.c.wake_at, each.c.id)).scalars()]
    return found


def _earliest(installation: Installation) -> datetime | None:
    with installation.database.read() as session:
        watch = session.execute(select(func.min(accounts.c.watch_at))).scalar()
        return min((moment for moment in (runs.earliest_wake(session), watch) if moment), default=None)
