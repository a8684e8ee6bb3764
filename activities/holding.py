"""Holding accounts, journeys, classes of mail and everything, and letting them go again; what going on would do is foreseen first.

A hold of one account is placed and lifted on its ledger, in one transaction with what its runs are told. One of all accounts is a
single row: every turn reads it, so nothing reaches a customer from its commit on, however many accounts there are. When it is over,
the runs that it kept back are told in a second transaction: no turn that still found it in force is missed, and where the
process that lifted it stops in between, a sweep goes on.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Row, select
from sqlmodel import Session

from activities import standing as standing_of
from activities.ledger import Ledger, Nudge, Office, nudge_of_run
from activities.orders import NotAllowed, NotOpen, NotThere
from activities.view import View
from database import accounts, holds
from database.definitions import Published
from database.engine import Database
from database.tables import AccountRow, EnrollmentRow, table
from domain.facts import COMMERCIAL, Hold, Resume
from domain.faults import suggestion
from domain.news import Changed, News, ResumeOrdered
from domain.resuming import Resuming, Resumption

enrollments, account_rows = table(EnrollmentRow), table(AccountRow)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants held: an account or all of them (None), and of it everything, a journey or a class of mail."""

    account_id: str | None = None
    journey: str | None = None
    mail_class: str | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A hold that was placed; the ledger is that of its account, where it is of one."""

    id: str
    ledger: Ledger | None


def place(
    session: Session, office: Office, wanted: Wanted, by: str, until: datetime | None, reason: str, resume: Resume | None, now: datetime
) -> Placed:
    """`resume` is shift where nobody says it. Raises NotAllowed, UnknownAccount, NotPublished."""
    _must_mean_something(resume, wanted.mail_class)
    everywhere = wanted.account_id is None
    hold = Hold(uuid.uuid4().hex, wanted.journey, wanted.mail_class, until, reason, resume or "shift", now, everywhere=everywhere)
    if wanted.account_id is None:
        published = View(session, office, now).published
        _must_be_known(wanted, published)
        holds.place(session, None, hold, None, by)
        return Placed(hold.id, None)
    ledger = Ledger(session, office, wanted.account_id, now)
    _must_be_known(wanted, ledger.published)
    ledger.place(hold, None, by)
    return Placed(hold.id, ledger)


def _must_mean_something(resume: Resume | None, mail_class: str | None) -> None:
    if resume and mail_class:
        raise NotAllowed("a hold of a class of mail keeps no run back: what waits leaves in its readers' next hours; leave 'resume' out")


def _must_be_known(wanted: Wanted, published: Published) -> None:
    journeys, classes = published.journeys, published.house.contact.classes
    if wanted.journey and wanted.journey not in journeys:
        raise NotAllowed(f"no journey is published as '{wanted.journey}'{suggestion(wanted.journey, journeys)}")
    if wanted.mail_class not in (None, COMMERCIAL, *classes):
        raise NotAllowed(f"'{wanted.mail_class}' is not a class of mail{suggestion(wanted.mail_class or '', [*classes, COMMERCIAL])}")


def lift(session: Session, office: Office, id: str, by: str | None, resume: Resume | None, now: datetime) -> Ledger | None:
    """Ends a hold; `resume` goes before its own policy. The runs of one of all accounts are still to be told: see `tell`.
    Raises NotOpen, NotAllowed."""
    row = standing(session, id, now)
    _must_mean_something(resume, row.mail_class)
    if row.account_id is None:
        if not holds.lift(session, row, by, resume, now):
            raise NotOpen("this hold is lifted already")
        return None
    ledger = Ledger(session, office, row.account_id, now)
    ledger.lift(standing(session, id, now), by, resume)
    return ledger


def standing(session: Session, id: str, now: datetime) -> Row[Any]:
    """The hold of this id, while it is in force. Raises NotOpen."""
    row = holds.find(session, id)
    if row is None:
        raise NotThere("hold", id)
    if row.lifted_at is not None:
        raise NotOpen("this hold is lifted already")
    if row.until is not None and row.until <= now:
        raise NotOpen(f"this hold ended on {row.until:%Y-%m-%d %H:%M} UTC")
    return row


def tell_over(database: Database, office: Office, now: datetime, limit: int = 200) -> list[Nudge]:
    """Tells the runs of holds that are over, by their date or by somebody; whom to nudge."""
    with database.read() as session:
        over = holds.over(session, now, limit)
    return [nudge for row in over for nudge in database.transact(partial(_tell, office, row, now))]


def _tell(office: Office, row: Row[Any], now: datetime, session: Session) -> list[Nudge]:
    hold = accounts.hold(row)
    if row.account_id is not None:
        ledger = Ledger(session, office, row.account_id, now)
        found = holds.find(session, row.id)
        if found is not None and found.told_at is None:
            ledger.end(found, hold.ends_at or now)
        return list(ledger.nudges.values())
    if not holds.told(session, row, now):
        return []
    news: News = Changed(now, ("holds",))
    if hold.mail_class is None:
        news = ResumeOrdered(hold.ends_at or now, since=row.placed_at, resume=hold.resume)
    holds.tell_all(session, row, news, now)
    return list(_nudges(View(session, office, now), row))


def _nudges(view: View, row: Row[Any]) -> Iterator[Nudge]:
    columns = select(enrollments, account_rows.c.facts.label("known")).join(account_rows, account_rows.c.id == enrollments.c.account_id)
    for run in view.session.execute(columns.where(holds.kept_back(row))):
        segment = str((run.known or {}).get("segment") or "")
        yield nudge_of_run(view.published, run.id, run.journey, run.version, run.account_id, segment, run.wake_at, begins=not run.running)


# What going on would do


@dataclass(frozen=True, slots=True)
class GoesOn:
    """What the end of a hold does to one run of an account."""

    account_id: str
    run: Resumption


@dataclass(frozen=True, slots=True)
class Sums:
    """How many runs go on, what reaches somebody at once (by kind), and how much is skipped, waits for hours, is shifted."""

    runs: int
    at_once: Mapping[str, int]
    stale: int
    later: int
    shifted: int
    still_held: int


def sums(found: Sequence[GoesOn]) -> Sums:
    runs = [each.run for each in found]
    at_once = dict(Counter(touch.kind for run in runs for touch in run.at_once))
    return Sums(
        sum(not run.held_by for run in runs), at_once, sum(len(run.stale) for run in runs), sum(len(run.later) for run in runs),
        sum(len(run.shifted) for run in runs), sum(bool(run.held_by) for run in runs),
    )  # fmt: skip


def foresee(view: View, rows: Sequence[Row[Any]], resume: Resume | None) -> list[GoesOn]:
    """What lifting these holds now would do, run by run: nothing heard meanwhile, and nobody acting."""
    ids = {row.id for row in rows}
    found: set[str] = set()
    for row in rows:
        found |= set(view.session.execute(select(enrollments.c.account_id).where(holds.kept_back(row)).distinct()).scalars())
    return [GoesOn(account_id, run) for account_id in sorted(found) for run in _as_it_stands(view, account_id).end(ids, resume)]


def _as_it_stands(view: View, account_id: str) -> Resuming:
    stands = standing_of.of_account(view, account_id)
    assert stands is not None, "it has runs"
    world = Resuming(view.published.house, list(view.published.journeys.values()), stands.account, view.now, "silent")
    world.adopt_account(stands)
    return world
