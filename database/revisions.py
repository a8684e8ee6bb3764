"""How a process notices that what it keeps in memory (people, definitions) has changed in the database."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlmodel import Session

from database.tables import Revision, table

PEOPLE = "people"
DEFINITIONS = "definitions"
HOLDS = "holds"  # those of all accounts


def current(session: Session) -> dict[str, int]:
    """The counts of everything kept in memory, in one look."""
    revisions = table(Revision)
    return {row[0]: row[1] for row in session.execute(select(revisions.c.name, revisions.c.count))}


def lock(session: Session, name: str) -> None:
    """Holds one of these until the transaction ends: who else would change it waits."""
    revisions = table(Revision)
    session.execute(select(revisions.c.count).where(revisions.c.name == name).with_for_update())


def bump(session: Session, name: str) -> None:
    revisions = table(Revision)
    changed = session.execute(update(revisions).where(revisions.c.name == name).values(count=revisions.c.count + 1))
    if changed.rowcount == 0:  # type: ignore[attr-defined]  # an UPDATE's result has it
        session.add(Revision(name=name, count=1))
