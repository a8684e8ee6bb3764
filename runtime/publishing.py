"""Publishing a folder: checked whole, then stored whole, with what it foresees for the runs in flight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from activities import foreseeing, moving
from activities.foreseeing import Impact, Progress, Question, RunImpact
from activities.ledger import Nudge
from activities.view import View
from database import definitions, publications, revisions
from database.definitions import Change, Texts
from database.engine import Database
from domain import checking
from domain.faults import Fault, FaultyText
from domain.foreseeing import DAY, HORIZON
from domain.moving import Choices
from domain.touches import Touch
from runtime import approving_words, choosing, folders, parts
from runtime.warrants import Warrant

ATTEMPTS = 5


class RunsGoOn(RuntimeError):
    """Runs went on each time before what was foreseen for them could be stored; publish again, or in a quieter moment."""


@dataclass(frozen=True)
class Publication:
    """What publishing changed, what it does to the runs in flight, and whom to nudge. `revision` is None where there was nothing to
    do."""

    revision: int | None
    changes: list[Change]
    impact: Impact
    nudges: list[Nudge]


@dataclass
class OutdatedPreview(Exception):
    """Runs have gone on, or the folder changed, since the preview that the token stands for; `impact` is what is so now."""

    impact: Impact


class _GoneOn(Exception):
    """Since what is to be stored was foreseen."""


def preview(database: Database, texts: Texts, now: datetime, choices: Choices, progress: Progress | None = None) -> Impact:
    """What publishing these texts would do to the runs in flight; nothing is stored. Raises FaultyText and UnknownChoice."""
    with database.read() as session:
        view = _checked(session, texts, now, choices)
        return foreseeing.of(view, texts, choices, progress)


def questions(database: Database, texts: Texts, now: datetime, choices: Choices) -> tuple[Question, ...]:
    """What somebody has to say of steps before all runs that are to move can. Raises FaultyText and UnknownChoice."""
    with database.read() as session:
        return foreseeing.questions(_checked(session, texts, now, choices), texts, choices)


def publish_folder(database: Database, root: Path, now: datetime, choices: Choices | None = None, token: str | None = None) -> Publication:
    """As `publish`, what is in a folder. Raises folders.NoDefinitions too."""
    return publish(database, folders.read(root), now, choices or Choices(), token)


def publish(
    database: Database, texts: Texts, now: datetime, choices: Choices, token: str | None = None, progress: Progress | None = None,
    warrant: Warrant | None = None,
) -> Publication:  # fmt: skip
    """Publishes what changed, whole or not at all; orders what becomes of runs in flight, and keeps what was foreseen for them.

    Runs on older versions are ordered what was chosen even where no text changed, unless nothing was chosen. Raises FaultyText,
    UnknownChoice, RunsGoOn, OutdatedPreview where a token is given and another moment has come, and what `warrant` raises.
    """
    warrant = warrant or Warrant()
    with database.read() as session:
        if definitions.current_texts(session)[0] == texts and choices == Choices():
            return Publication(None, [], Impact(now, (), (), (), ""), [])
        warrant.check(session, texts)  # now, and again with the publishing itself
    for _ in range(ATTEMPTS):
        # Outside of the transaction: playing thousands of runs to their ends takes longer than accounts may be held.
        found = preview(database, texts, now, choices, progress)
        if token is not None and token != found.token:
            raise OutdatedPreview(found)
        try:
            return database.transact(lambda session, found=found: _publish(session, texts, now, choices, found, warrant))  # type: ignore[misc]
        except _GoneOn:
            continue
    raise RunsGoOn("runs went on each time before this could be stored; publish again, or in a quieter moment")


def _publish(session: Session, texts: Texts, now: datetime, choices: Choices, found: Impact, warrant: Warrant) -> Publication:
    warrant.check(session, texts)
    moving.lock(session, texts)
    rows = list(moving.concerned(session, texts))
    if moving.token(session, rows, texts, choices) != found.token:
        raise _GoneOn
    changes = definitions.publish(session, texts, now)
    if not changes:
        revisions.bump(session, revisions.DEFINITIONS)
    revision = revisions.current(session)[revisions.DEFINITIONS]
    ledgers = moving.order(session, parts.office(), {row.id: row.account_id for row in rows}, choices, now)
    heard = moving.last_notices(session)
    act = {
        "revision": revision, "published_at": now, "token": found.token,
        "changes": [{"kind": each.kind, "name": each.name, "version": each.version, "what": each.what} for each in changes],
        "choices": {
            "otherwise": choices.otherwise, "of": dict(choices.of), "maps": {name: dict(told) for name, told in choices.maps.items()},
        },
        **warrant.columns(), "reach": {each.template: {name: list(ids) for name, ids in each.accounts.items()} for each in found.reach},
    }  # fmt: skip
    publications.keep(session, act, (_foresight(run, found, heard.get(run.run_id, 0)) for run in found.runs))
    warrant.done(session, revision, now)
    return Publication(revision, changes, found, [nudge for ledger in ledgers for nudge in ledger.nudges.values()])


def _foresight(run: RunImpact, found: Impact, last_notice: int) -> dict[str, Any]:
    day = found.now + DAY
    return {
        "run_id": run.run_id, "account_id": run.account_id, "journey": run.journey, "version": run.version, "choice": run.choice,
        "becomes": run.becomes, "why": run.why, "stood": dict(run.stood), "run_revision": run.run_revision, "last_notice": last_notice,
        "until": run.then.ends_at or found.now + HORIZON, "moves_at": run.then.moves_at, "ends_at": run.then.ends_at,
        "ended_why": run.then.ended_why, "tasks_lost": run.tasks_lost,
        "anyway": {"day": dict(run.anyway.counts(day)), "end": dict(run.anyway.counts())},
        "touches": [touch_as_json(touch) for touch in run.then.touches],
    }  # fmt: skip


def touch_as_json(touch: Touch) -> dict[str, Any]:
    return {
        "at": touch.at.isoformat(), "step": touch.step, "visit": touch.visit, "effect": touch.effect, "recipient": touch.recipient,
        "what": touch.what,
    }  # fmt: skip


def _checked(session: Session, texts: Texts, now: datetime, choices: Choices) -> View:
    """Raises FaultyText, UnknownChoice."""
    if faults := [fault for fault in checking.check(texts) if not fault.warning]:
        raise FaultyText(faults)
    if faults := [*_left_behind(session, texts), *approving_words.unapproved(session, texts)]:
        raise FaultyText(faults)
    choosing.check_in_flight(session, choices, texts)
    return View(session, parts.office(), now)


def _left_behind(session: Session, texts: Texts) -> Iterator[Fault]:
    """What runs on older versions would lack: a role, a fact or a journey that is declared no more. Templates they keep."""
    published = definitions.as_published(session, texts)
    older = [
        version for version in definitions.in_use(session, published.house.segments) if texts.get(("journey", version.name)) != version.text
    ]
    yield from sorted(
        {
            fault
            for version in older
            for fault in checking.check_journey(version.compiled(), published.house, published.journeys)
            if not fault.warning
        }
    )


def journeys_known(database: Database, texts: Texts) -> set[str]:
    """The journeys that are published, or would be."""
    with database.read() as session:
        _, versions = definitions.current_texts(session)
    return {*versions, *(name for kind, name in texts if kind == "journey")}
