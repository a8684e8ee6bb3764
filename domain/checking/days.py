"""The order of days: inside a track order holds, so a step whose day lies before its predecessor's would always be late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domain.durations import MOST_DAYS, Unit
from domain.faults import Fault
from domain.journey import Plan
from domain.language import At, Step, Wait, WaitFor

_UNITS = {Unit.DAY: 1, Unit.WEEK: 7}


def check(plan: Plan) -> Iterator[Fault]:
    text = plan.text
    lists = (text.steps, *text.tracks.values(), *(reaction.steps for reaction in text.whenever), *(end.then for end in text.ends))
    for steps in lists:
        yield from _list(steps, None, text.anchor)


def _list(steps: Sequence[Step], around: int | None, anchor: str) -> Iterator[Fault]:
    """`around` is the day on which the run comes to these steps at the earliest, where that is written."""
    last, is_beside = around, False
    for step in steps:
        days = [day for at in step.at or () if (day := _day(at, anchor)) is not None]
        if days and days != sorted(days):
            yield Fault(step.place("at"), "its days are not in order")
        if days and last is not None and days[0] < last:
            where = "in the same list; move it up" if is_beside else "on which the run comes here; move it out"
            sentence = f"day {days[0]} comes after day {last} {where}, or into a track of its own"
            yield Fault(step.place("at"), sentence, warning=not is_beside)
        for day in days:
            if abs(day) > MOST_DAYS:
                yield Fault(step.place("at"), f"day {day} is more than {MOST_DAYS} days away from the anchor", warning=True)
        first = days[0] if days else last
        yield from _wait(step, first, anchor)
        for block in step.blocks():
            yield from _list(block, first, anchor)
        if days and (last is None or days[-1] >= last):
            last, is_beside = days[-1], all(at.day is not None for at in step.at or ())
        if isinstance(step, Wait) and isinstance(step.wait, At):
            day = _day(step.wait, anchor)
            last, is_beside = (day, False) if day is not None and (last is None or day > last) else (last, is_beside)


def _wait(step: Step, comes: int | None, anchor: str) -> Iterator[Fault]:
    until = step.until if isinstance(step, WaitFor) else step.wait if isinstance(step, Wait) and isinstance(step.wait, At) else None
    day = _day(until, anchor) if until else None
    if day is not None and comes is not None and day <= comes:
        field = "until" if isinstance(step, WaitFor) else "wait"
        yield Fault(step.place(field), f"day {day} has come when the run gets here on day {comes}, so nothing is waited for", warning=True)


def _day(at: At, anchor: str) -> int | None:
    """Its day from the anchor, also where it is written as a date: `contract.decision_on - 90 days` is day -90 of that anchor."""
    if at.fact is None or at.fact != anchor:
        return at.day
    if at.offset is None:
        return 0
    return (-1 if at.before else 1) * at.offset.count * _UNITS[at.offset.unit] if at.offset.unit in _UNITS else None
