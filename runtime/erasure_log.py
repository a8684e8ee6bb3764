"""Who was erased, kept outside of the database: a database that is restored from a backup has these people again."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session

from activities import erasing
from activities.erasing import Erasure
from activities.intake import Conflict
from activities.ledger import Nudge, Office
from database import erasing as stored
from database.engine import Database


@dataclass(frozen=True)
class Applied:
    """Who was erased again, why others were not, and whom Temporal must hear of."""

    erased: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    nudges: list[Nudge] = field(default_factory=list)


@dataclass(frozen=True)
class Log:
    """A line of JSON for each contact who was erased: account, contact, by whom and when; ids only. Lines may come twice, and one of
    an erasure that came to nothing is of somebody who was to be erased."""

    file: Path

    def add(self, entry: Mapping[str, Any]) -> None:
        """On the disk before the transaction that it tells of is committed."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("ab+") as lines:
            if lines.seek(0, os.SEEK_END) and self.file.read_bytes()[-1:] != b"\n":
                lines.write(b"\n")  # whoever wrote last did not live to end the line
            lines.write(json.dumps(entry).encode() + b"\n")
            lines.flush()
            os.fsync(lines.fileno())

    def _told(self) -> Iterator[dict[str, Any]]:
        for line in self.file.read_text(encoding="utf-8", errors="replace").splitlines() if self.file.exists() else ():
            with contextlib.suppress(ValueError):  # a line that was not ended is of an erasure that was not carried out
                yield json.loads(line)

    def undone(self, session: Session) -> list[dict[str, Any]]:
        """Who was erased, and of whom this database does not know it."""
        told = {entry["contact"]: entry for entry in self._told()}
        known = stored.known_among(session, list(told))
        return [entry for id, entry in told.items() if id not in known and stored.is_there(session, entry["account"], id)]

    def apply(self, database: Database, office: Office, now: datetime) -> Applied:
        """Erases them again, but those whose account is under legal hold now."""
        with database.read() as session:
            again = self.undone(session)
        applied = Applied()
        for entry in again:
            why = f"erased before, on {entry['at'][:10]}; the database was restored"

            def work(session: Session, entry: Mapping[str, Any] = entry, why: str = why) -> Erasure:
                return erasing.erase(session, office, entry["account"], entry["contact"], entry["by"], why, now)

            try:
                applied.nudges.extend(database.transact(work).nudges)
                applied.erased.append(entry["contact"])
            except Conflict as error:
                applied.refused.append(str(error))
        database.flush()
        return applied
