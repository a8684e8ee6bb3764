"""`tenure doctor`: whether everything is in order, and rebuilding what Temporal has lost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from sqlalchemy import Row, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session
from temporalio.client import Client

from activities.ledger import Ledger, Nudge, Office, nudge_of_follow_up
from database import migrating, runs
from database.definitions import NotPublished
from database.engine import Database
from database.migrating import WrongShape
from database.tables import EnrollmentRow, FollowUpRow, MessageRow, table
from domain.protocol import enrollment_workflow_id, follow_up_workflow_id
from runtime import parts, temporal
from runtime.local_temporal import NoTemporal
from runtime.settings import Settings

enrollments, follow_ups, messages = table(EnrollmentRow), table(FollowUpRow), table(MessageRow)


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    what: str
    well: bool
    words: str


async def examine(settings: Settings, rebuild: bool) -> list[Finding]:
    database, office = parts.database(settings), parts.office()
    found = [_database(database)]
    if found[0].well:
        found += [_published(database, office), _doubts(database)]
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
    database.close()
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


def _doubts(database: Database) -> Finding:
    with database.read() as session:
        count = session.execute(select(func.count()).select_from(messages).where(messages.c.state == "in_doubt")).scalar_one()
    return Finding("Messages in doubt", True, f"{count}" + (": see GET /v1/messages?state=in_doubt" if count else ""))


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
