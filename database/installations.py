"""Whether this database may send: a copy of it, or an older state of it, must not.

What a database cannot know of itself is kept outside of it. On PostgreSQL that is where the row lies: the cluster's own number and
the numbers of database and table, all of which a dump leaves behind. A SQLite database is a file: its inode, which a copy has not,
and a mark in a file beside it, which is newer than any backup's.
"""

from __future__ import annotations

import contextlib
import fcntl
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select, text, update
from sqlmodel import Session

from database.engine import Database
from database.tables import InstallationRow, table

installations = table(InstallationRow)

COPIED = "this database is a copy, or was restored from one"
OLDER = "this database was restored from a backup: it knows less than was left beside it"

_PLACE = text(
    "SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())"
    " || '/' || 'installations'::regclass::oid"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether sending is armed, since when, by whom and why (not)."""

    id: str
    armed: bool
    why: str
    by: str | None
    since: datetime


def standing(session: Session) -> Standing | None:
    """None before any process that sends has looked."""
    columns = (installations.c[name] for name in Standing.__slots__)
    row = session.execute(select(*columns)).one_or_none()
    return Standing(*row) if row else None


def recognise(database: Database, now: datetime) -> Standing:
    """Looks whether this is still the database it was when a process last looked, and disarms sending when it is not."""
    with _beside(database) as marks:
        with database.write() as session:
            found = _look(session, database, marks, now)
            marks.renew(session)
        marks.forget_the_old()
        return found


def _look(session: Session, database: Database, marks: _Marks, now: datetime) -> Standing:
    place = _place(session, database)
    row = session.execute(select(installations).with_for_update()).one_or_none()
    if row is None:
        values = {"id": uuid.uuid4().hex, "place": place, "mark": "", "armed": True, "why": "a new installation", "since": now}
        session.execute(insert(installations).values(values))
    elif row.place != place or (row.mark and not marks.hold(row.mark)):
        why = COPIED if row.place != place else OLDER
        disarmed = {"place": place, "armed": False, "why": why, "by": None, "since": now}
        session.execute(update(installations).values(disarmed))
    found = standing(session)
    assert found
    return found


def arm(session: Session, armed: bool, by: str | None, why: str, now: datetime) -> bool:
    """Whether that changed anything."""
    changed = update(installations).where(installations.c.armed.is_(not armed)).values(armed=armed, by=by, why=why, since=now)
    return bool(session.execute(changed).rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def _place(session: Session, database: Database) -> str:
    if database.is_sqlite:
        return str(_file(database).stat().st_ino)
    return str(session.execute(_PLACE).scalar_one())


def _file(database: Database) -> Path:
    found = database.engine.url.database
    assert found
    return Path(found)


class _Marks:
    """The mark beside a SQLite database. While it is renewed there are two: of a process that dies between leaving the new one
    there and committing it, either is right."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.known = file.read_text().split() if file and file.exists() else []

    def hold(self, mark: str) -> bool:
        return self.file is None or mark in self.known

    def renew(self, session: Session) -> None:
        """Leaves the new one beside the database before the transaction that keeps it commits."""
        if self.file is None:
            return
        before = session.execute(select(installations.c.mark)).scalar_one()
        self.known = [before, secrets.token_hex(8)]
        self._write()
        session.execute(update(installations).values(mark=self.known[-1]))

    def forget_the_old(self) -> None:
        self.known = self.known[-1:]
        self._write()

    def _write(self) -> None:
        if self.file is not None:
            self.file.write_text("\n".join(self.known) + "\n")


@contextlib.contextmanager
def _beside(database: Database) -> Iterator[_Marks]:
    """One process at a time looks and leaves its mark."""
    if not database.is_sqlite:
        yield _Marks(None)
        return
    file = _file(database)
    with file.with_name(f"{file.name}.mark.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield _Marks(file.with_name(f"{file.name}.mark"))
