"""What steps in shadow would have done, and what people say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, case, func, insert, or_, select, update
from sqlmodel import Session

from database.tables import ShadowRow, table

shadows = table(ShadowRow)
Verdict = Literal["agree", "disagree"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records: of an account, journey, step or segment, from a moment on. `verdict` may be `open`: nobody has said anything."""

    account: str | None = None
    journey: str | None = None
    step: str | None = None
    segment: str | None = None
    verdict: Verdict | Literal["open"] | None = None
    since: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        columns = {"account_id": self.account, "journey": self.journey, "step": self.step, "segment": self.segment}
        found = [shadows.c[name] == value for name, value in columns.items() if value is not None]
        if self.verdict:
            found.append(shadows.c.verdict.is_(None) if self.verdict == "open" else shadows.c.verdict == self.verdict)
        return [*found, shadows.c.at >= self.since] if self.since else found


@dataclass(frozen=True, slots=True)
class Agreement:
    """What people say of one step; of one segment of it where segments are told apart. `faults` is how many could not have left."""

    journey: str
    segment: str | None
    step: str
    recorded: int
    agreed: int
    disagreed: int
    faults: int

    @property
    def judged(self) -> int:
        return self.agreed + self.disagreed

    @property
    def agreement(self) -> float | None:
        """The share of what was judged with which people agree; None where nothing was."""
        return self.agreed / self.judged if self.judged else None


def together(several: Sequence[Agreement]) -> Agreement:
    """All steps of one journey as one, without a name."""
    counts = (sum(getattr(each, name) for each in several) for name in ("recorded", "agreed", "disagreed", "faults"))
    return Agreement(several[0].journey, None, "", *counts)


def keep(session: Session, values: Mapping[str, Any]) -> None:
    """A record; one of the same id stays as it is, with what was said of it."""
    if not session.execute(select(shadows.c.id).where(shadows.c.id == values["id"])).one_or_none():
        session.execute(insert(shadows).values(values))


def find(session: Session, id: str) -> Row[Any] | None:
    return session.execute(select(shadows).where(shadows.c.id == id)).one_or_none()


def beginning_with(session: Session, id: str) -> Sequence[Row[Any]]:
    """Two at most, whose ids begin so; one of this very id first."""
    found = select(shadows).where(shadows.c.id.startswith(id, autoescape=True)).order_by(shadows.c.id)
    return session.execute(found.limit(2)).all()


def newest(session: Session, wanted: Wanted, limit: int) -> Sequence[Row[Any]]:
    found = select(shadows).where(*wanted.conditions()).order_by(shadows.c.at.desc(), shadows.c.id)
    return session.execute(found.limit(limit)).all()


def judge(session: Session, id: str, verdict: Verdict, by: str, note: str | None, now: datetime) -> bool:
    """Keeps somebody's verdict, in place of an earlier one of theirs. False where there is none of this id, or somebody else judged it."""
    free = or_(shadows.c.judged_by.is_(None), shadows.c.judged_by == by)
    values = {"verdict": verdict, "judged_by": by, "judged_at": now, "note": note}
    changed = session.execute(update(shadows).where(shadows.c.id == id, free).values(values))
    return bool(changed.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def agreement(session: Session, wanted: Wanted, by_segment: bool) -> list[Agreement]:
    """By journey and step, in the order of their names."""
    columns = [shadows.c.journey, *([shadows.c.segment] if by_segment else []), shadows.c.step]
    counted = [
        func.count().label("recorded"),
        *(func.sum(case((shadows.c.verdict == word, 1), else_=0)).label(name) for word, name in _COUNTED),
        func.sum(case((shadows.c.fault.is_not(None), 1), else_=0)).label("faults"),
    ]
    rows = session.execute(select(*columns, *counted).where(*wanted.conditions()).group_by(*columns).order_by(*columns))
    return [
        Agreement(row.journey, row.segment if by_segment else None, row.step, row.recorded, row.agreed, row.disagreed, row.faults)
        for row in rows
    ]


_COUNTED = (("agree", "agreed"), ("disagree", "disagreed"))


def disagreements(session: Session, wanted: Wanted, limit: int) -> Sequence[Row[Any]]:
    """Those of which somebody disagrees, the latest verdict first."""
    found = select(shadows).where(shadows.c.verdict == "disagree", *wanted.conditions())
    return session.execute(found.order_by(shadows.c.judged_at.desc(), shadows.c.id).limit(limit)).all()
