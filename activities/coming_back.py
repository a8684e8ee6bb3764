"""What providers tell of messages: stored in one transaction, told to accounts and runs in others.

A request is answered once its reports are stored. Storing holds no account, so it waits for no turn and a batch of a thousand is
one transaction; telling holds one account at a time, happens once however often it is tried, and is left to the sweep where it fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Row, select
from sqlmodel import Session

from activities import complaining, intake, suppressing
from activities.intake import Conflict, EventIn, Unfit
from activities.ledger import Ledger, Nudge, Office, UnknownAccount
from activities.turn import Nudges
from channels.sendgrid_events import Batch
from database import accounts, complaints, reports, suppressions
from database.engine import Database
from database.reports import Stored
from database.tables import MessageRow, table
from domain import reports as domain
from domain.governor import EMAIL
from domain.intents import Decision
from domain.reports import EVENTS, Report, ReportName

log = structlog.get_logger()
messages = table(MessageRow)
AT_ONCE = 500


@dataclass(frozen=True)
class ComingBack:
    """`take` stores, `tell` tells."""

    database: Database
    office: Office
    nudge: Nudges

    def take(self, provider: str, batch: Batch, now: datetime) -> Stored:
        """A batch of reports, whole or not at all."""
        faults = {id: (each.fault, each.raw) for id, each in batch.unreadable.items()}
        return self.database.transact(lambda session: reports.store(session, provider, batch.reports, faults, now))

    def tell(self, now: datetime, received_before: datetime | None = None) -> int:
        """Tells what was not told yet, first what makes somebody unreachable; how many reports that were."""
        count = 0
        while True:
            with self.database.read() as session:
                untold = reports.untold(session, received_before or now, AT_ONCE)
                complained = complaints.are_among(session, [id for ids in untold.values() for id in ids])
            if not untold:
                return count
            if complained:
                # Before it is told: who is stopped in between finds it untold, and looks again.
                complaining.look(self.database, self.office, now)
            for account_id, ids in untold.items():
                count += len(ids)
                try:
                    nudges = self.database.transact(partial(self._tell, account_id, ids, now))
                except (Unfit, Conflict, UnknownAccount) as error:
                    # One that cannot be told must not keep the others from being told.
                    log.error("reports could not be told", account=account_id, reports=len(ids), error=str(error))
                    self.database.transact(partial(reports.give_up, ids=ids, why=str(error), now=now))
                    continue
                if nudges:
                    self.nudge(nudges)

    def _tell(self, account_id: str, ids: list[str], now: datetime, session: Session) -> list[Nudge]:
        nudges: dict[str, Nudge] = {}
        accounts.lock(session, account_id)
        for row in reports.still_untold(session, ids):
            message = session.execute(select(messages).where(messages.c.id == row.message_id)).one()
            for ledger in self._act(session, message, _report(row), now):
                nudges |= ledger.nudges
            reports.mark_told(session, row.id, now)
        return list(nudges.values())

    def _act(self, session: Session, message: Row[Any], report: Report, now: datetime) -> list[Ledger]:
        if message.audience != "contact":
            return []
        if domain.refuses(report):
            suppress(session, message, report, now)
        ledger = Ledger(session, self.office, message.account_id, now)
        if report.name is not ReportName.CLICKED:
            words = report.detail.get("reason") or report.detail.get("response") or ""
            ledger.note([Decision(str(report.name), words, message.step, message.visit, rule=message.recipient)], message.run_id)
        if (name := EVENTS.get(report.name)) is None or name not in ledger.house.vocabulary.events:
            return [ledger]
        taken = intake.event(session, self.office, _event(name, message, report, ledger), now)
        return [ledger, taken.ledger] if taken.ledger else [ledger]


def suppress(session: Session, message: Row[Any], report: Report, now: datetime) -> None:
    """Nothing more goes to an address that bounced or whose reader complained; to one that unsubscribed only what is necessary."""
    said = report.detail.get("reason") or report.detail.get("response") or "no reason was told"
    proof = f"SendGrid's report {report.id}"
    add = partial(suppressions.add, session, message.address, now=now, reader=message.reader, message_id=message.id, proof=proof)
    match report.name:
        case ReportName.UNSUBSCRIBED:
            add(reason="unsubscribed at SendGrid", source="reader", scope="channel", name=EMAIL)
        case ReportName.COMPLAINED:
            add(reason="the reader reported spam", source="reader")
        case _:
            suppressing.give_up(session, message, said, now, proof)


def _report(row: Row[Any]) -> Report:
    return Report(row.id, ReportName(row.name), row.at, address=row.address, bad_address="bad_address" in row.detail, detail=row.detail)


def _event(name: str, message: Row[Any], report: Report, ledger: Ledger) -> EventIn:
    known: Mapping[str, Any] = {"message_id": message.id, "reason": report.detail.get("reason", "")}
    tells = ledger.house.vocabulary.events[name].tells
    there = any(contact.id == message.recipient and not contact.is_erased for contact in ledger.account.contacts)
    contact = message.recipient if there else None
    return EventIn(
        id=f"{report.name}-{report.id}",
        name=name,
        account_id=message.account_id,
        body_hash=report.id,
        at=report.at,
        contact_id=contact,
        payload={field: value for field, value in known.items() if field in tells},
    )
