"""What becomes of runs in flight when a newer version of their journey is published: told beforehand, and ordered."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row, select, update
from sqlmodel import Session

from activities.ledger import Ledger, Office
from activities.view import View
from database import accounts, definitions, runs, work
from database.definitions import Published, Texts
from database.tables import EnrollmentRow, table
from domain import moving, state
from domain.account import Account, facts
from domain.intents import CloseTasks
from domain.journey import Journey
from domain.moving import CANCELLED, CannotMove, InFlight
from domain.news import ExitOrdered
from domain.simulation import World

DAY = timedelta(days=1)
enrollments = table(EnrollmentRow)


@dataclass(frozen=True, slots=True)
class RunImpact:
    """What publishing does to one run. Of the next 24 hours: mails and tasks that come of it, less those that would come anyway."""

    run_id: str
    account_id: str
    journey: str
    version: int
    becomes: Literal["stays", "moves", "cannot move", "ends"]
    why: str = ""
    mails: int = 0
    tasks: int = 0
    tasks_lost: int = 0


@dataclass(frozen=True, slots=True)
class Impact:
    """What publishing would do to every run concerned, at one moment: nothing heard, nobody acting. `token` stands for that moment."""

    runs: tuple[RunImpact, ...]
    token: str

    def count(self, becomes: str) -> int:
        return sum(run.becomes == becomes for run in self.runs)


def lock(session: Session, texts: Texts) -> None:
    """Holds the accounts of the runs concerned until the transaction ends, so that what is previewed in it is what happens."""
    for account_id in sorted({row.account_id for row in _concerned(session, texts)}):
        accounts.lock(session, account_id)


def impact(view: View, texts: Texts, in_flight: InFlight) -> Impact:
    """For the texts as they would be published. Raises FaultyText."""
    after = definitions.as_published(view.session, texts)
    found: list[RunImpact] = []
    stamp = hashlib.sha256(repr((in_flight, sorted(texts.items()))).encode())
    for row in _concerned(view.session, texts):
        account = view.account(row.account_id)
        assert account is not None
        stamp.update(repr((row.id, row.revision, row.version, account)).encode())
        found.append(_Preview(view, row, account, after, in_flight).impact())
    return Impact(tuple(found), stamp.hexdigest()[:16])


def order(session: Session, office: Office, concerned: Mapping[str, str], in_flight: InFlight, now: datetime) -> list[Ledger]:
    """Orders what was chosen for these runs (run id → account id), after the new versions were published. Returns whom to nudge."""
    ledgers: dict[str, Ledger] = {}
    for run_id, account_id in concerned.items():
        ledger = ledgers.setdefault(account_id, Ledger(session, office, account_id, now))
        row = ledger.live[run_id]
        new = ledger.published.journeys.get(row.journey)
        match in_flight:
            case "pin" | "drain":  # an earlier order to move is off
                _write(session, run_id, pinned=in_flight == "pin", move_to=None, move_at_once=False)
            case "cancel":
                ledger.notify(run_id, ExitOrdered(now, CANCELLED, tasks="close"), True)
            case "move" if new is not None:
                _write(session, run_id, move_to=new.version, move_at_once=False)
            case "move_now" if new is not None:
                # It is due now, so that a sweep finds it should the nudge be lost.
                _write(session, run_id, move_to=new.version, move_at_once=True, wake_at=now)
                ledger.nudges[run_id] = ledger.nudge_of(run_id, row.journey, row.version, now, begins=False)
    return list(ledgers.values())


def _write(session: Session, run_id: str, **values: Any) -> None:
    session.execute(update(enrollments).where(enrollments.c.id == run_id).values(revision=enrollments.c.revision + 1, **values))


def _concerned(session: Session, texts: Texts) -> Iterator[Row[Any]]:
    """The live runs whose journey has another text now, or none; not those that were pinned."""
    older = {(each.name, each.version) for each in definitions.in_use(session) if texts.get(("journey", each.name)) != each.text}
    live = select(enrollments).where(enrollments.c.ended_at.is_(None), enrollments.c.pinned.is_(False))
    for row in session.execute(live.order_by(enrollments.c.begun_at, enrollments.c.id)).all():
        if (row.journey, row.version) in older:
            yield row


@dataclass(frozen=True)
class _Preview:
    """One run, as it is and as it would be."""

    view: View
    row: Row[Any]
    account: Account
    after: Published
    in_flight: InFlight

    def impact(self) -> RunImpact:
        row, view = self.row, self.view
        about = (row.id, row.account_id, row.journey, row.version)
        old, new = view.journey(row), self.after.journeys.get(row.journey)
        open_tasks = work.open_tasks_of(view.session, row.id)
        if self.in_flight == "cancel":
            return RunImpact(*about, "ends", CANCELLED, *self.differs(old, None), len(open_tasks))
        if self.in_flight in ("pin", "drain"):
            return RunImpact(*about, "stays")
        if new is None:
            return RunImpact(*about, "cannot move", "the journey is withdrawn; runs end as they are, or are cancelled")
        known = facts(self.account, view.published.house, view.now, row.contract_id, row.contact_id)
        try:
            moved = moving.move(old, new, self.after.house, state.load(row.state), view.now, known)
        except CannotMove as error:
            return RunImpact(*about, "cannot move", str(error))
        gone = {intent.step for intent in moved.intents if isinstance(intent, CloseTasks)}
        lost = sum(task.step in gone for task in open_tasks) if self.in_flight == "move_now" else 0
        return RunImpact(*about, "moves", "", *self.differs(old, new), lost)

    def differs(self, old: Journey, new: Journey | None) -> tuple[int, int]:
        """Mails and tasks of the next day: as it will be, less as it would be. Without a new version the run ends."""
        anyway, then = self.world(self.view.published, old), self.world(self.after, old)
        then.publish(new or replace(old, hash="withdrawn"), self.in_flight)
        counts = []
        for world in (then, anyway):
            world.play(self.view.now + DAY)
            counts.append(Counter(touch.kind for touch in world.touches))
        return counts[0]["mail"] - counts[1]["mail"], counts[0]["task"] - counts[1]["task"]

    def world(self, published: Published, old: Journey) -> World:
        world = World(published.house, [old], self.account, self.view.now, "silent")
        untaken = runs.untaken(self.view.session, self.row.id)
        world.adopt(old, state.load(self.row.state), self.row.contract_id, self.row.contact_id, untaken)
        return world
