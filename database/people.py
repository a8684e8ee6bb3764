"""Our people, kept in memory: every turn looks several of them up and they change rarely."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, select

from database import revisions
from database.tables import PersonRow
from domain.facts import Absence, Person


class People:
    """Everybody, by id, as of the revision a transaction sees."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._revision = -1
        self._people: Mapping[str, Person] = {}

    def at(self, session: Session, revision: int) -> Mapping[str, Person]:
        with self._lock:
            if revision != self._revision:
                self._people = {row.id: person(row) for row in session.exec(select(PersonRow))}
                self._revision = revision
            return self._people


def person(row: PersonRow) -> Person:
    absences = tuple(Absence(date.fromisoformat(starts), date.fromisoformat(ends)) for starts, ends in row.absences or ())
    return Person(
        row.id,
        row.name,
        row.email,
        tuple(row.roles or ()),
        row.manager_id,
        row.backup_id,
        row.zone,
        row.country,
        row.slack_id,
        row.active,
        absences,
    )


def save(session: Session, id: str, values: Mapping[str, Any]) -> PersonRow:
    """Creates or changes a person; `values` are columns."""
    row = session.get(PersonRow, id) or PersonRow(id=id, name="", email="", roles=[], absences=[])
    for name, value in values.items():
        setattr(row, name, value)
    session.add(row)
    revisions.bump(session, revisions.PEOPLE)
    return row


def called(session: Session, who: str) -> PersonRow | None:
    """Somebody active by id or by mail address, in whatever case."""
    found = session.get(PersonRow, who) or session.exec(select(PersonRow).where(func.lower(PersonRow.email) == who.lower())).first()
    return found if found is not None and found.active else None
