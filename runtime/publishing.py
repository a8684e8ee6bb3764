"""Publishing a folder: checked whole, then stored whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from sqlmodel import Session

from activities import moving
from activities.ledger import Nudge
from activities.moving import Impact
from activities.view import View
from database import definitions
from database.definitions import Change, Texts
from database.engine import Database
from domain import checking
from domain.faults import Fault, FaultyText, suggestion
from domain.moving import InFlight
from runtime import folders, parts


class UnknownChoice(ValueError):
    """Runs in flight cannot do that when something is published."""


@dataclass(frozen=True)
class Publication:
    """What publishing changed, what it does to the runs in flight, and whom to nudge."""

    changes: list[Change]
    impact: Impact
    nudges: list[Nudge]


@dataclass
class OutdatedPreview(Exception):
    """Runs have gone on, or the folder changed, since the preview that the token stands for; `impact` is what is so now."""

    impact: Impact


def preview(database: Database, root: Path, now: datetime, in_flight: InFlight) -> Impact:
    """What publishing this folder would do to the runs in flight; nothing is stored. Raises FaultyText and folders.NoDefinitions."""
    texts = _checked(root)
    with database.read() as session:
        if faults := _left_behind(session, texts):
            raise FaultyText(faults)
        return moving.impact(View(session, parts.office(), now), texts, in_flight)


def publish_folder(database: Database, root: Path, now: datetime, in_flight: InFlight = "drain", token: str | None = None) -> Publication:
    """Publishes what changed, whole or not at all, and orders what becomes of runs in flight.

    Raises FaultyText, folders.NoDefinitions, and OutdatedPreview where a token is given and another moment has come.
    """
    texts = folders.read(root)
    with database.read() as session:
        if definitions.current_texts(session)[0] == texts:
            return Publication([], Impact((), ""), [])
    texts = _checked(root)

    def work(session: Session) -> Publication:
        if faults := _left_behind(session, texts):
            raise FaultyText(faults)
        moving.lock(session, texts)
        found = moving.impact(View(session, parts.office(), now), texts, in_flight)
        if token is not None and token != found.token:
            raise OutdatedPreview(found)
        changes = definitions.publish(session, texts, now)
        ledgers = moving.order(session, parts.office(), {run.run_id: run.account_id for run in found.runs}, in_flight, now)
        return Publication(changes, found, [nudge for ledger in ledgers for nudge in ledger.nudges.values()])

    return database.transact(work)


def _checked(root: Path) -> dict[tuple[str, str], str]:
    texts = folders.read(root)
    if faults := [fault for fault in checking.check(texts) if not fault.warning]:
        raise FaultyText(faults)
    return texts


def _left_behind(session: Session, texts: Texts) -> list[Fault]:
    """What runs on older versions would lack: a role, a fact or a journey that is declared no more. Templates they keep."""
    published = definitions.as_published(session, texts)
    older = [
        version for version in definitions.in_use(session, published.house.segments) if texts.get(("journey", version.name)) != version.text
    ]
    return sorted(
        {
            fault
            for version in older
            for fault in checking.check_journey(version.compiled(), published.house, published.journeys)
            if not fault.warning
        }
    )


def in_flight_of(word: str) -> InFlight:
    """Raises UnknownChoice."""
    known: tuple[InFlight, ...] = get_args(InFlight)
    spoken = {in_flight.replace("_", "-"): in_flight for in_flight in known}
    if word not in spoken:
        raise UnknownChoice(f"runs under way can {', '.join(spoken)}, not '{word}'{suggestion(word, spoken)}")
    return spoken[word]


def impact_as_json(found: Impact) -> dict[str, Any]:
    return {"token": found.token, "runs": [asdict(run) for run in found.runs]}


def show_impact(found: Impact, in_flight: InFlight, out: Console) -> None:
    if not found.runs:
        out.print("no run is under way on a version that this folder changes")
        return
    out.print(f"runs under way on older versions: {spoken_impact(found, in_flight)}")
    mails, tasks = sum(run.mails for run in found.runs), sum(run.tasks for run in found.runs)
    lost = sum(run.tasks_lost for run in found.runs)
    out.print(f"in the next 24 hours, against what would come anyway: {mails:+} mails, {tasks:+} tasks; {lost} open tasks are closed")
    for why, count in Counter(run.why for run in found.runs if run.becomes == "cannot move").most_common():
        out.print(f"  {count} cannot move: {why}", markup=False)
    out.print(f"\nto publish just this: tenure publish --runs {in_flight.replace('_', '-')} --token {found.token}")


def spoken_impact(found: Impact, in_flight: InFlight) -> str:
    counts = [
        (found.count("stays"), "stay for good" if in_flight == "pin" else "stay"),
        (found.count("moves"), "move at once" if in_flight == "move_now" else "move when they have gone on from what they wait for"),
        (found.count("cannot move"), "cannot move, and stay"),
        (found.count("ends"), "end"),
    ]
    return ", ".join(f"{count} {words}" for count, words in counts if count)
