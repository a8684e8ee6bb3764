"""A forecast on paper: first a picture of everybody's weeks against what they can carry, then the numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from activities.forecasting import Foreseen
from domain.forecast import CUSTOMERS, KINDS, Cell, Forecast, Range
from domain.habits import LEAST

BARS = " ▁▂▃▄▅▆▇█"
NONE = Range(0, 0, 0)
FULL = 1.0
BUSY = 0.8
WORDS = {"mail": "mails", "task": "tasks", "approval": "approvals", "notice": "notices", "post": "posts"}


@dataclass(frozen=True, slots=True)
class Week:
    """What journeys take of somebody in a week, in minutes, and what there is."""

    begins: date
    minutes: Range
    room: float

    @property
    def share(self) -> float:
        """Of what there is; with none at all, anything is too much."""
        return self.minutes.p50 / self.room if self.room else (2.0 if self.minutes.p50 else 0.0)


@dataclass(frozen=True)
class Load:
    """What is to come of one person. `carried` is their share of a full book, None where they own nothing that is counted."""

    id: str
    name: str
    roles: Sequence[str]
    weeks: Sequence[Week]
    counts: dict[str, Range]
    carried: float | None

    @property
    def peak(self) -> Week:
        return max(self.weeks, key=lambda week: week.share)


def loads(forecast: Forecast) -> list[Load]:
    """Of everybody who gets something or owns an account, those with the fullest week first."""
    by_kind = forecast.by(lambda cell: (cell.person, cell.kind))
    ids = {person for person, _ in by_kind if person != CUSTOMERS} | {id for id in forecast.carried if id in forecast.people}
    found = [_load(forecast, id, {kind: by_kind[id, kind] for kind in KINDS if (id, kind) in by_kind}) for id in sorted(ids)]
    return sorted(found, key=lambda load: (-load.peak.share, -sum(each.p50 for each in load.counts.values()), load.id))


def _load(forecast: Forecast, id: str, counts: dict[str, Range]) -> Load:
    person = forecast.people[id]
    weeks = [Week(*each) for each in zip(forecast.weeks, forecast.minutes(id), forecast.room(id), strict=True)]
    return Load(id, person.name, person.roles, weeks, counts, forecast.carried.get(id))


# On paper


def show(found: Foreseen, out: Console) -> None:
    forecast = found.changed or found.published
    question = found.question
    out.print(
        f"{forecast.accounts} accounts, {forecast.days} days from {forecast.begins}"
        + (", as they would go with the change" if found.changed else "")
        + (f", {question.passes} passes: the middle one, and what nine of ten lie above and below" if question.passes > 1 else ""),
        markup=False,
    )
    for sentence in notes(found):
        out.print(sentence, markup=False)
    _show_people(forecast, out)
    _show_journeys(found, forecast, out)
    _show_weeks(forecast, out)
    for each in found.unplayed:
        out.print(f"not played: {each.account}: {each.why}", markup=False)


def notes(found: Foreseen) -> Iterator[str]:
    """What somebody must know who reads the numbers."""
    question, habits = found.question, found.habits
    if not question.passes:
        yield f"Our people act {question.people}, and customers are silent."
        return
    known = len(habits.cases) - len(habits.too_few)
    rest = f"our people act {question.people} and customers are silent"
    if not known:
        yield f"There is too little history to draw from: of no step {LEAST} cases. So {rest}, and every pass is the same."
    else:
        yield f"Drawn from what history shows of {known} steps; of {len(habits.too_few)} it shows fewer than {LEAST} cases."
        yield f"There, and where it shows nothing, {rest}."


def _show_people(forecast: Forecast, out: Console) -> None:
    people = loads(forecast)
    if not people:
        return
    has_room = forecast.house.capacity.minutes is not None
    table = Table(
        box=None,
        padding=(0, 2, 0, 0),
        title="\nEach week of everybody" + (", full is all the time they have" if has_room else ""),
        title_justify="left",
    )
    for column in ("", "", "weeks", "fullest", *WORDS.values(), "book"):
        table.add_column(column, justify="right" if column in (*WORDS.values(), "book") else "left", no_wrap=True)
    for load in people:
        peak = load.peak
        fullest = f"{peak.share:.0%} on {peak.begins.day} {peak.begins:%b}" if has_room and peak.share else ""
        counts = (_number(load.counts[kind]) if kind in load.counts else "" for kind in WORDS if kind)
        book = "" if load.carried is None else Text(f"{load.carried:.0%}", style="red" if load.carried > FULL else "")
        table.add_row(load.name, ", ".join(load.roles), _bars(load.weeks), Text(fullest, style=_style(peak.share)), *counts, book)
    out.print(table)


def _bars(weeks: Sequence[Week]) -> Text:
    drawn = Text()
    for week in weeks:
        height = min(len(BARS) - 1, round(week.share * (len(BARS) - 1)))
        drawn.append(BARS[max(height, 1 if week.minutes.p50 else 0)], style=_style(week.share))
    return drawn


def _style(share: float) -> str:
    return "red" if share > FULL else "yellow" if share > BUSY else "green"


def _show_journeys(found: Foreseen, forecast: Forecast, out: Console) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), title="\nBy journey", title_justify="left")
    table.add_column("")
    for word in WORDS.values():
        table.add_column(word, justify="right", no_wrap=True)
    now = found.published.by(lambda cell: (cell.journey, cell.kind))
    then = forecast.by(lambda cell: (cell.journey, cell.kind))
    for journey in dict.fromkeys(sorted({journey for journey, _ in (*now, *then)})):
        table.add_row(journey, *(cell(then.get((journey, kind), NONE), now.get((journey, kind), NONE), found) for kind in WORDS))
    sums_now, sums_then = found.published.by(lambda cell: cell.kind), forecast.by(lambda cell: cell.kind)
    table.add_row("all", *(cell(sums_then.get(kind, NONE), sums_now.get(kind, NONE), found) for kind in WORDS), style="bold")
    out.print(table)
    if found.changed:
        out.print("In brackets what the change makes of it: more, or less, than with what is published.")


def cell(then: Range, now: Range, found: Foreseen) -> str:
    """A number with what the change, where there is one, makes of it; empty where there is nothing to say."""
    difference = then.p50 - now.p50
    if found.changed and difference:
        return f"{_number(then)} ({difference:+.0f})"
    return _number(then) if then != NONE else ""


def _show_weeks(forecast: Forecast, out: Console) -> None:
    by_week = forecast.by(lambda cell: (_monday(cell), cell.kind))
    table = Table(box=None, padding=(0, 2, 0, 0), title="\nBy week", title_justify="left")
    table.add_column("from")
    for word in WORDS.values():
        table.add_column(word, justify="right", no_wrap=True)
    for week in forecast.weeks:
        table.add_row(f"{week:%d %b}", *(_number(by_week[week, kind]) if (week, kind) in by_week else "" for kind in WORDS))
    out.print(table)


def _monday(cell: Cell) -> date:
    return date.fromordinal(cell.day.toordinal() - cell.day.weekday())


def _number(found: Range) -> str:
    return f"{found.p50:.0f}" if found.p10 == found.p90 else f"{found.p50:.0f} ({found.p10:.0f}–{found.p90:.0f})"


# For programs


def as_json(found: Foreseen) -> dict[str, Any]:
    """Counts are whole; with passes each is `p10`, `p50` and `p90`. Days are local to whoever gets something."""
    question = found.question
    return {
        "from": found.published.begins.isoformat(),
        "days": question.days,
        "accounts": found.published.accounts,
        "people_act": question.people,
        "passes": question.passes,
        "seed": question.seed,
        "notes": list(notes(found)),
        "published": _forecast(found.published),
        "changed": _forecast(found.changed) if found.changed else None,
        "not_played": [{"account": each.account, "why": each.why} for each in found.unplayed],
    }


def _forecast(forecast: Forecast) -> dict[str, Any]:
    days = forecast.by(lambda cell: (cell.day.isoformat(), cell.journey, cell.person, cell.kind))
    return {
        "people": [
            {
                "person": load.id, "name": load.name, "book": load.carried,
                "counts": {kind: _range(count) for kind, count in load.counts.items()},
                "weeks": [{"from": week.begins.isoformat(), "minutes": _range(week.minutes), "room": week.room} for week in load.weeks],
            }
            for load in loads(forecast)
        ],
        "days": [
            {"day": day, "journey": journey, "person": person or None, "kind": kind, "count": _range(count)}
            for (day, journey, person, kind), count in sorted(days.items())
        ],
    }  # fmt: skip


def _range(found: Range) -> dict[str, float]:
    return {"p10": found.p10, "p50": found.p50, "p90": found.p90}
