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
from database import definitions, runs, work
from database.definitions import Published, Texts
from database.tables import EnrollmentRow, table
from domain import moving, state
from domain.account import facts
from domain.intents import CloseTasks
from domain.journey import Journey
from domain.moving import CANCELLED, CannotMove, Fate
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


def impact(session: Session, office: Office, texts: Texts, fate: Fate, now: datetime) -> Impact:
    """For the texts as they would be published. Raises FaultyText."""
    current, versions = definitions.current_texts(session)
    kept = {name: text for name, text in {**current, **definitions.withdrawn_templates(session)}.items() if name[0] == "template"}
    after = definitions.compile_all({**kept, **texts}, {name: version + 1 for name, version in versions.items()})
    found: list[RunImpact] = []
    stamp = hashlib.sha256(repr((fate, sorted(texts.items()))).encode())
    for row in _concerned(session, texts):
        ledger = Ledger(session, office, row.account_id, now)
        stamp.update(repr((row.id, row.revision, row.version, ledger.account)).encode())
        found.append(_of_run(ledger, row, after, fate))
    return Impact(tuple(found), stamp.hexdigest()[:16])


def order(session: Session, office: Office, concerned: Mapping[str, str], fate: Fate, now: datetime) -> list[Ledger]:
    """Orders what was chosen for these runs (run id → account id), after the new versions were published. Returns whom to nudge."""
    ledgers: dict[str, Ledger] = {}
    for run_id, account_id in concerned.items():
        ledger = ledgers.setdefault(account_id, Ledger(session, office, account_id, now))
        row = ledger.live[run_id]
        match fate:
            case "pin":
                _write(session, run_id, pinned=True)
            case "cancel":
                ledger.notify(run_id, ExitOrdered(now, CANCELLED, tasks="close"), True)
            case "move" | "move_now" if (new := ledger.published.journeys.get(row.journey)) is not None:
                _write(session, run_id, move_to=new.version, move_at_once=fate == "move_now")
                if fate == "move_now":
                    _write(session, run_id, wake_at=now)  # so that a sweep finds it, should the nudge be lost
                    ledger.nudges[run_id] = ledger.nudge_of(run_id, row.journey, new.version, now, begins=False)
            case _:
                pass
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


def _of_run(ledger: Ledger, row: Row[Any], after: Published, fate: Fate) -> RunImpact:
    about = (row.id, row.account_id, row.journey, row.version)
    old, new = ledger.journey(row), after.journeys.get(row.journey)
    open_tasks = work.open_tasks_of(ledger.session, row.id)
    if fate == "cancel":
        return RunImpact(*about, "ends", CANCELLED, *_differs(ledger, row, old, None, after, fate), len(open_tasks))
    if fate in ("pin", "drain"):
        return RunImpact(*about, "stays")
    if new is None:
        return RunImpact(*about, "cannot move", "the journey is withdrawn; runs end as they are, or are cancelled")
    known = facts(ledger.account, ledger.house, ledger.now, row.contract_id, row.contact_id)
    try:
        moved = moving.move(old, new, after.house, state.load(row.state), ledger.now, known)
    except CannotMove as error:
        return RunImpact(*about, "cannot move", str(error))
    gone = {intent.step for intent in moved.intents if isinstance(intent, CloseTasks)}
    lost = sum(task.step in gone for task in open_tasks) if fate == "move_now" else 0
    return RunImpact(*about, "moves", "", *_differs(ledger, row, old, new, after, fate), lost)


def _differs(ledger: Ledger, row: Row[Any], old: Journey, new: Journey | None, after: Published, fate: Fate) -> tuple[int, int]:
    """Mails and tasks of the next day: as it will be, less as it would be."""
    anyway = _next_day(World(ledger.house, [old], ledger.account, ledger.now, "silent"), ledger, row, old)
    world = World(after.house, [old], ledger.account, ledger.now, "silent")
    then = _next_day(world, ledger, row, old, new or replace(old, hash=""), fate)
    return then["mail"] - anyway["mail"], then["task"] - anyway["task"]


def _next_day(world: World, ledger: Ledger, row: Row[Any], old: Journey, new: Journey | None = None, fate: Fate = "drain") -> Counter[str]:
    world.adopt(old, state.load(row.state), row.contract_id, row.contact_id, runs.untaken(ledger.session, row.id))
    if new is not None:
        world.publish(new, fate)
    world.play(ledger.now + DAY)
    return Counter(touch.kind for touch in world.touches)
