"""Who was erased, kept outside of the database: a database that is restored from a backup has these people again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from activities import erasing
from activities.erasing import Erasure
from activities.ledger import Nudge, Office
from database import erasing as stored
from database.engine import Database


@dataclass(frozen=True)
class Log:
    """A line of JSON for each contact who was erased: account, contact, by whom and when; ids only. Lines may come twice, and one of
    an erasure that came to nothing is of somebody who was to be erased."""

    file: Path

    def add(self, entry: Mapping[str, Any]) -> None:
        """On the disk before the transaction that it tells of is committed."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(entry) + "\n")
            lines.flush()
            os.fsync(lines.fileno())

    def undone(self, session: Session) -> list[dict[str, Any]]:
        """Who was erased, and of whom this database does not know it."""
        if not self.file.exists():
            return []
        told = {entry["contact"]: entry for entry in map(json.loads, self.file.read_text(encoding="utf-8").splitlines())}
        known = stored.known_among(session, list(told))
        return [entry for id, entry in told.items() if id not in known and stored.is_there(session, entry["account"], id)]

    def apply(self, database: Database, office: Office, now: datetime) -> list[Nudge]:
        """Erases them again; whom to nudge. Raises Conflict where a legal hold stands."""
        with database.read() as session:
            again = self.undone(session)
        nudges: list[Nudge] = []
        for entry in again:
            why = f"erased before, on {entry['at'][:10]}; the database was restored"

            def work(session: Session, entry: Mapping[str, Any] = entry, why: str = why) -> Erasure:
                return erasing.erase(session, office, entry["account"], entry["contact"], entry["by"], why, now)

            nudges += database.transact(work).nudges
        database.flush()
        return nudges
