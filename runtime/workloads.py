"""A forecast as a page: everybody's weeks as bars against what they can carry, then the numbers. One file, no scripts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from activities.forecasting import Foreseen
from domain.forecast import Cell, Forecast
from runtime import foreseen, pages
from runtime.foreseen import BUSY, FULL, NONE, WORDS, Load

WIDTH, HEIGHT = 560, 72
TOP, GROUND = 6, 56  # of a chart: where twice of what somebody has would reach, and where bars stand


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    width: float
    y: float
    height: float
    style: str
    low: float
    high: float
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One person's weeks. `room` is the height at which what they have is used up, as a path."""

    load: Load
    bars: Sequence[Bar]
    room: str
    counts: Sequence[str]
    labels: Sequence[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    cells: Sequence[str]


def as_html(found: Foreseen) -> str:
    forecast = found.changed or found.published
    charts = [_chart(load) for load in foreseen.loads(forecast)]
    by_journey = _rows(found, forecast, lambda cell: cell.journey, str)
    by_week = _rows(found, forecast, lambda cell: cell.day - timedelta(days=cell.day.weekday()), lambda week: f"{week:%d %b %Y}")
    page = pages.template("workload.html").render(
        found=found, forecast=forecast, notes=list(foreseen.notes(found)), charts=charts, words=list(WORDS.values()), width=WIDTH,
        height=HEIGHT, ground=GROUND, tables=[("By journey", by_journey), ("By week, from its Monday on", by_week)],
    )  # fmt: skip
    return page + "\n"


def _chart(load: Load) -> Chart:
    most = max([*(week.room for week in load.weeks), *(week.minutes.p90 for week in load.weeks), 1.0])
    step = WIDTH / len(load.weeks)

    def y(minutes: float) -> float:
        return round(GROUND - (GROUND - TOP) * minutes / most, 1)

    bars, room = [], []
    for number, week in enumerate(load.weeks):
        x, minutes = round(number * step, 1), week.minutes
        style = "over" if week.share > FULL else "busy" if week.share > BUSY else "fine"
        spread = f" ({minutes.p10 / 60:.1f}–{minutes.p90 / 60:.1f})" if minutes.p10 != minutes.p90 else ""
        title = f"week of {week.begins:%d %b}: {minutes.p50 / 60:.1f} h{spread} of {week.room / 60:.1f} h"
        bars.append(
            Bar(
                x + 1.5, round(step - 3, 1), y(minutes.p50), round(GROUND - y(minutes.p50), 1), style, y(minutes.p10), y(minutes.p90), title
            )
        )
        room.append(f"{'M' if number == 0 else 'L'}{x} {y(week.room)}H{round(x + step, 1)}")
    every = max(1, len(load.weeks) // 7)
    labels = [
        (round(number * step + 2, 1), f"{week.begins.day} {week.begins:%b}")
        for number, week in enumerate(load.weeks)
        if number % every == 0
    ]
    counts = [f"{load.counts[kind].p50:.0f} {word}" for kind, word in WORDS.items() if kind in load.counts]
    return Chart(load, bars, "".join(room), counts, labels)


def _rows(found: Foreseen, forecast: Forecast, key: Callable[[Cell], str | date], spoken: Callable[..., str]) -> list[Row]:
    now, then = (each.by(lambda cell: (key(cell), cell.kind)) for each in (found.published, forecast))
    keys = sorted({name for name, _ in (*now, *then)})
    return [
        Row(spoken(name), [foreseen.cell(then.get((name, kind), NONE), now.get((name, kind), NONE), found) for kind in WORDS])
        for name in keys
    ]
