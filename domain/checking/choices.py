"""Branches and checks: cases that can never be taken, that overlap, or that leave a small gap between two ranges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from domain.checking.conditions import Names
from domain.checking.truth import Table, Variable
from domain.conditions import Condition
from domain.faults import Fault
from domain.language import Case
from domain.vocabulary import Kind


def check(cases: Sequence[Case], names: Names, values: Mapping[str, Any]) -> Iterator[Fault]:
    """The faults of one list of cases, the last of which is the else. Its conditions name what there is."""
    asked = [(case, case.when) for case in cases if case.when]
    table = Table([when for _, when in asked], names, values)
    if not table.is_small:
        return
    rows = [table.where(when) for _, when in asked]
    taken = 0
    for index, (case, _) in enumerate(asked):
        mark = case.place("when")
        if rows[index] and not rows[index] & ~taken:
            before = next((other for other in range(index) if not rows[index] & ~rows[other]), None)
            who = f"the case at line {asked[before][0].place('when').line} takes" if before is not None else "the cases before it take"
            yield Fault(mark, f"this case is never reached: {who} all of it", warning=True)
        taken |= rows[index]
    if asked and taken == table.everything and (end := cases[-1]).else_:
        yield Fault(end.place("else"), "this else is never reached: the cases before it take everything", warning=True)
    if len(table.variables) == 1 and (range_of := table.variables[0]).kind and range_of.kind.is_number:
        yield from _overlaps(asked, rows, range_of)
        yield from _gaps(asked, rows, range_of)


def _overlaps(asked: Sequence[tuple[Case, Condition]], rows: Sequence[int], of: Variable) -> Iterator[Fault]:
    """Where a later range contains an earlier one it is a stair, as it should be; where they only touch, one of them is mistaken."""
    for later in range(len(rows)):
        for earlier in range(later):
            both = rows[earlier] & rows[later]
            if both and rows[later] & ~_before(rows, later) and rows[earlier] & ~rows[later] and rows[later] & ~rows[earlier]:
                shared = [sample for index, sample in enumerate(of.samples) if both >> index & 1]
                where = asked[earlier][0].place("when").line
                yield Fault(
                    asked[later][0].place("when"), f"{of.name} = {_said(shared)} also fits the case at line {where}, which comes first",
                    warning=True,
                )  # fmt: skip


def _before(rows: Sequence[int], index: int) -> int:
    taken = 0
    for row in rows[:index]:
        taken |= row
    return taken


def _said(samples: Sequence[Any]) -> str:
    """A sample to show: one that somebody wrote, where there is one."""
    return f"{min(samples, key=lambda sample: (len(str(sample)), sample)):g}"


def _gaps(asked: Sequence[tuple[Case, Condition]], rows: Sequence[int], of: Variable) -> Iterator[Fault]:
    """A stretch that no case takes, between two ranges that all but meet; wider ones are what `else` is for."""
    numbers = [(sample, index) for index, sample in enumerate(of.samples) if sample is not None]
    covered = [next((case for case, bits in enumerate(rows) if bits >> index & 1), None) for _, index in numbers]
    at = 0
    for is_open, group in groupby(covered, key=lambda case: case is None):
        length = len(list(group))
        first, last = at, at + length - 1
        at += length
        if not is_open or first == 0 or last == len(numbers) - 1:
            continue
        below, above = covered[first - 1], covered[last + 1]
        assert below is not None
        assert above is not None
        if _is_point(rows[below]) or _is_point(rows[above]):
            continue
        if (example := _narrow([number for number, _ in numbers], first, last, of)) is not None:
            mark = asked[max(below, above)][0].place("when")
            yield Fault(mark, f"no case takes {of.name} = {example:g}, which lies between this and the case beside it", warning=True)


def _is_point(bits: int) -> bool:
    return bits & (bits - 1) == 0


def _narrow(numbers: Sequence[Any], first: int, last: int, of: Variable) -> float | None:
    """A number in the gap when it is narrow: one whole number of a count, else at most one in the last decimal place written."""
    if of.kind is Kind.COUNT:
        is_one = first == last and numbers[first + 1] - numbers[first - 1] == 2
        return numbers[first] if is_one else None
    low = numbers[first] if numbers[first] in of.named else numbers[first - 1]
    high = numbers[last] if numbers[last] in of.named else numbers[last + 1]
    step = Decimal(1).scaleb(-max(_decimals(low), _decimals(high)))
    return (low + high) / 2 if Decimal(str(high)) - Decimal(str(low)) <= step else None


def _decimals(number: Any) -> int:
    exponent = Decimal(str(number)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
