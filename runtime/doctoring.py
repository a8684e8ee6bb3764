"""`tenure doctor`: whether everything is in order, and rebuilding what Temporal has lost."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from sqlalchemy import Row, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session
from temporalio.client import Client

from activities import complaining
from activities.ledger import Ledger, Nudge, Office, nudge_of_follow_up
from database import complaints, doubts, installations, migrating, providers, replies, runs
from database.definitions import NotPublished
from database.engine import Database
from database.migrating import WrongShape
from database.tables import EnrollmentRow, FollowUpRow, table
from domain.protocol import enrollment_workflow_id, follow_up_workflow_id
from runtime import operating, parts, sending, temporal
from runtime.local_temporal import NoTemporal
from runtime.settings import Settings

enrollments, follow_ups = table(EnrollmentRow), table(FollowUpRow)


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    what: str
    well: bool
    words: str


async def examine(settings: Settings, rebuild: bool, apply_erasures: bool = False) -> list[Finding]:
    with contextlib.closing(parts.database(settings)) as database:
        return await _examine(settings, database, parts.office(), rebuild, apply_erasures)


async def _examine(settings: Settings, database: Database, office: Office, rebuild: bool, apply_erasures: bool) -> list[Finding]:
    found = [_database(database)]
    if found[0].well:
        found += [
            _published(database, office),
            _sending(database),
            _complaints(database, office),
            _providers(database),
            *_messages(database),
            await _erasures(database, office, settings, apply_erasures),
        ]
    try:
        client = await temporal.connect(settings)
    except NoTemporal as error:
        return [*found, Finding("Temporal", False, str(error))]
    except RuntimeError as error:
        return [*found, Finding("Temporal", False, f"it does not answer: {str(error).splitlines()[0]}; is TEMPORAL_ADDRESS right?")]
    found.append(Finding("Temporal", True, f"{client.service_client.config.target_host}, namespace {client.namespace}"))
    worker = (await temporal.probe(client))["worker"]
    found.append(Finding("Worker", worker == "ok", "it answers" if worker == "ok" else worker))
    if found[0].well and found[1].well:
        found.append(await _drift(database, office, client, rebuild))
        found.append(await _parked(client))
    return found


def _database(database: Database) -> Finding:
    try:
        migrating.check(database)
    except WrongShape as error:
        return Finding("Database", False, str(error))
    except SQLAlchemyError as error:
        return Finding("Database", False, f"it does not answer: {str(error).splitlines()[0]}")
    return Finding("Database", True, database.engine.url.render_as_string(hide_password=True))


def _published(database: Database, office: Office) -> Finding:
    try:
        with database.read() as session:
            published = office.definitions.at(session, 0)
    except NotPublished as error:
        return Finding("Definitions", False, str(error))
    names = ", ".join(f"{name} {journey.version}" for name, journey in sorted(published.journeys.items()))
    return Finding("Definitions", True, names)


def _sending(database: Database) -> Finding:
    with database.read() as session:
        standing = installations.standing(session)
    armed = standing is None or standing.armed
    return Finding("Sending", armed, sending.spoken(standing) + ("" if armed else "; `tenure arm` arms it"))


def _complaints(database: Database, office: Office) -> Finding:
    with database.read() as session:
        seen, is_held = complaining.see(session, office, parts.now()), complaints.held(session, parts.now()).stands
    held = "; commercial mail is held: `tenure holds`" if is_held else ""
    return Finding("Spam reports", seen.is_well and not is_held, (seen.complaints.words if seen.complaints.mails else "none") + held)


def _providers(database: Database) -> Finding:
    with database.read() as session:
        troubled = providers.troubled(session)
    words = (f"{row.name} since {row.since:%Y-%m-%d %H:%M} UTC: {row.why}" for row in troubled)
    return Finding("Providers", not troubled, "; ".join(words) or "in no trouble that we know of")


def _messages(database: Database) -> list[Finding]:
    with database.read() as session:
        hanging, in_doubt = doubts.hanging(session, parts.now()), len(doubts.everything(session, sending.MOST))
        faulty, lost = doubts.quarantined(session), replies.unmatched(session)
    said = f"{in_doubt}" + (f", {hanging.in_doubt} of them for more than 6 hours" if hanging.in_doubt else "")
    heard = f"{hanging.unheard} accepted by SendGrid more than 24 hours ago, and nothing told of them: does its event webhook reach us?"
    return [
        Finding("Messages in doubt", not hanging.in_doubt, said + (": `tenure messages in-doubt`" if in_doubt else "")),
        Finding(
            "Messages under way", not hanging.claimed, f"{hanging.claimed} for more than 15 minutes" if hanging.claimed else "none for long"
        ),
        Finding("Mails unheard of", not hanging.unheard, heard if hanging.unheard else "none"),
        Finding("Quarantine", True, f"{faulty} reports: `tenure messages quarantined`" if faulty else "empty"),
        Finding("Answers without a mail", True, f"{lost}: GET /v1/replies?kind=reply" if lost else "none"),
    ]


async def _erasures(database: Database, office: Office, settings: Settings, apply: bool) -> Finding:
    """Whether everybody who was erased still is: a database that was restored has them again."""
    kept = parts.erasure_log(settings)
    with database.read() as session:
        again = [entry["contact"] for entry in kept.undone(session)]
    if not again:
        return Finding("Erasures", True, "everybody who was erased still is")
    if not apply:
        here = f"contacts who were erased are here again ({_named(again)})"
        return Finding("Erasures", False, f"{here}: `tenure doctor --apply-erasures` erases them")
    applied = kept.apply(database, office, parts.now())
    await operating.nudge(settings, applied.nudges)
    said = [f"erased again: {_named(applied.erased)}"] if applied.erased else []
    return Finding("Erasures", not applied.refused, "; ".join(said + sorted(set(applied.refused))))


def _named(ids: list[str]) -> str:
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")


async def _drift(database: Database, office: Office, client: Client, rebuild: bool) -> Finding:
    """Live runs without a running workflow. Rebuilding starts one for each: the row holds all it needs."""
    known = {workflow.id async for workflow in client.list_workflows('ExecutionStatus = "Running"')}
    with database.read() as session:
        live = session.execute(select(enrollments).where(enrollments.c.ended_at.is_(None))).all()
        climbing = session.execute(select(follow_ups).where(follow_ups.c.ended_at.is_(None))).all()
    lost = [row for row in live if enrollment_workflow_id(row.journey, row.id) not in known]
    lost_climbs = [row for row in climbing if follow_up_workflow_id(row.id) not in known]
    total = f"{len(live)} live runs, {len(climbing)} follow-ups"
    if not lost and not lost_climbs:
        return Finding("Runs", True, f"{total}, all known to Temporal")
    if not rebuild:
        return Finding("Runs", False, f"{total}; {len(lost) + len(lost_climbs)} unknown to Temporal: `tenure doctor --rebuild` starts them")
    nudges = [_nudge(database, office, row) for row in lost]
    nudges += [nudge_of_follow_up(row.id, row.account_id, row.wake_at, begins=True) for row in lost_climbs]
    nudger = temporal.Nudger(client, asyncio.get_running_loop())
    for nudge in nudges:
        await nudger.tell(nudge)
    return Finding("Runs", True, f"{total}; {len(nudges)} started again")


def _nudge(database: Database, office: Office, row: Row[tuple[object, ...]]) -> Nudge:
    def work(session: Session) -> Nudge:
        found = runs.enrollment(session, row.id)
        assert found
        ledger = Ledger(session, office, found.account_id, parts.now())
        return ledger.nudge_of(found.id, found.journey, found.version, found.wake_at, begins=True)

    return database.transact(work)


async def _parked(client: Client) -> Finding:
    """Runs whose shell fails again and again: a fault of ours, never of a journey."""
    count = (await client.count_workflows("TemporalReportedProblems IS NOT NULL AND ExecutionStatus = 'Running'")).count
    return Finding("Parked runs", count == 0, "none" if count == 0 else f"{count}; look for TemporalReportedProblems in the Temporal UI")
