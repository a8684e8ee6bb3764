"""The weekly reading of everybody's health, a page of accounts at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session
from temporalio import activity

from activities.ledger import Ledger, Office
from activities.turn import Nudges
from database import accounts
from database.engine import Database
from domain.protocol import READ_HEALTH, HealthPage, HealthPageRead

PAGE = 100


@dataclass(frozen=True)
class Health:
    database: Database
    office: Office
    nudge: Nudges

    @activity.defn(name=READ_HEALTH)
    def read_page(self, page: HealthPage) -> HealthPageRead:
        """Reads the health of the next accounts in the order of their ids. Reading one again changes nothing."""
        with self.database.read() as session:
            ids = accounts.ids_after(session, page.after, PAGE)
        assert page.now
        for account_id in ids:
            self.read_one(account_id, page.now)
        return HealthPageRead(read=len(ids), last=ids[-1] if len(ids) == PAGE else None)

    def read_one(self, account_id: str, now: datetime) -> None:
        def work(session: Session) -> Ledger:
            ledger = Ledger(session, self.office, account_id, now)
            ledger.tell(read_health=True)
            return ledger

        if nudges := self.database.transact(work).nudges:
            self.nudge(nudges.values())
