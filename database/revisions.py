"""How a process notices that what it keeps in memory (people, definitions) has changed in the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
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


_insert: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def bump(session: Session, name: str) -> None:
    """Counts one more of these; who else does waits until the transaction ends, also where it is the first."""
    revisions = table(Revision)
    first = _insert[session.get_bind().dialect.name](revisions).values(name=name, count=1)
    session.execute(first.on_conflict_do_update(index_elements=[revisions.c.name], set_={"count": revisions.c.count + 1}))
