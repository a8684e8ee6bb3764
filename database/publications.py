"""Acts of publishing: what each of them changed, chose and foresaw for the runs in flight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, func, insert, select
from sqlmodel import Session

from database.tables import ForesightRow, PublicationRow, PublishingRow, table

publishings, foresights, published = table(PublishingRow), table(ForesightRow), table(PublicationRow)


def keep(session: Session, act: Mapping[str, Any], foreseen: Iterable[Mapping[str, Any]]) -> None:
    """One act of publishing with what it foresaw, by the columns of their tables."""
    session.execute(insert(publishings).values(act))
    rows = [{"revision": act["revision"], **each} for each in foreseen]
    if rows:
        session.execute(insert(foresights), rows)


def act(session: Session, revision: int) -> Row[Any] | None:
    return session.execute(select(publishings).where(publishings.c.revision == revision)).one_or_none()


def acts(session: Session) -> Sequence[Row[Any]]:
    """Every act, oldest first."""
    return session.execute(select(publishings).order_by(publishings.c.revision)).all()


def revisions_of_texts(session: Session) -> Sequence[int]:
    """The revisions that changed texts, oldest first; 0 stands for all that was published before revisions were kept."""
    of = func.coalesce(published.c.revision, 0)
    return session.execute(select(of).distinct().order_by(of)).scalars().all()


def foreseen(session: Session, revision: int) -> Sequence[Row[Any]]:
    """What was foreseen for each run, in the order of their accounts."""
    found = select(foresights).where(foresights.c.revision == revision)
    return session.execute(found.order_by(foresights.c.account_id, foresights.c.journey, foresights.c.run_id)).all()
