"""Turns that reached nobody: what was due in them and what came of it. Each costs an action or two and brings no touchpoint."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlmodel import Session

from activities.rounds import PUNCTUAL
from bench.histories import Turn
from database.tables import DecisionRow, NoticeRow, table
from domain.simulation import Touch

decisions, notices = table(DecisionRow), table(NoticeRow)


@dataclass(frozen=True, slots=True)
class IdleTurn:
    """The step that was due, what woke the run before or then, and in words what was decided."""

    due: str
    woken_by: str
    result: str


def turns(session: Session, run_id: str, taken: Iterable[Turn], touches: Sequence[Touch]) -> Iterator[IdleTurn]:
    """Of a run's turns those that no touch came of."""
    in_order = list(taken)
    reached = {_turn_of(in_order, touch.at, touch.step) for touch in touches}
    decided: dict[int | None, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(select(decisions).where(decisions.c.run_id == run_id).order_by(decisions.c.id)):
        decided[_turn_of(in_order, row.at, row.step or "")].append(row)
    told: dict[datetime, list[dict[str, Any]]] = defaultdict(list)
    for row in session.execute(select(notices).where(notices.c.run_id == run_id, notices.c.wakes.is_(True)).order_by(notices.c.id)):
        told[row.taken_at].append(row.news)
    for index, turn in enumerate(in_order):
        if index not in reached:
            woken_by = ", ".join(_news(each) for each in told[turn.at]) if turn.woken_by == "signal" else turn.woken_by
            yield IdleTurn(turn.step or turn.verb, woken_by or turn.woken_by, _words(decided[index]))


def _turn_of(taken: Sequence[Turn], at: datetime, step: str) -> int | None:
    """The turn of a moment. A turn's own moment is that of what woke it, a little before it was asked for; where several turns
    could be meant it is the one in which the step was due, else the first."""
    near = [index for index, turn in enumerate(taken) if timedelta(0) <= turn.at - at < PUNCTUAL]
    return next((index for index in near if taken[index].step == step), near[0] if near else None)


def _news(news: dict[str, Any]) -> str:
    about = news.get("name") or news.get("step") or ", ".join(news.get("names") or ()) or news.get("after") or ""
    return f"{news['kind']} {about}".strip()


def _words(rows: Sequence[Row[Any]]) -> str:
    said: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        is_told = row.what == "skipped" and row.result != "its condition does not hold"
        said[f"{row.what} ({row.result})" if is_told else row.what] += [row.step] if row.step else []
    return "; ".join(f"{what} {', '.join(dict.fromkeys(steps))}".strip() for what, steps in said.items()) or "nothing was decided"
