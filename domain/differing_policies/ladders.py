"""Ladders: what differs of clocks, rungs and approvals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from domain import phrases
from domain.comparing import OTHERWISE, Says, says
from domain.difference import Difference
from domain.differing_policies import fields
from domain.ladders import EscalationLadder, Ladders, Rung, TaskLadder
from domain.succession import pairs


def policy(old: Ladders, new: Ladders) -> Iterator[Difference]:
    for sla, task in new.tasks.items():
        yield from _ladder(f"{sla} tasks", old.tasks[sla], task, TASK_SAYS)
    for sla, escalation in new.escalations.items():
        yield from _ladder(f"{sla} escalations", old.escalations[sla], escalation, ESCALATION_SAYS)
    yield from fields.each("", old, new, LADDERS_SAYS, ("tasks", "escalations", "approvals"))
    yield from fields.each("an approval that says nothing itself", old.approvals, new.approvals, APPROVAL_SAYS)


def _ladder(
    label: str, old: TaskLadder | EscalationLadder, new: TaskLadder | EscalationLadder, table: Mapping[str, Says]
) -> Iterator[Difference]:
    yield from fields.each(label, old, new, table, ("rungs",))
    yield from _rungs(label, old.rungs, new.rungs)


def _rungs(label: str, old: Sequence[Rung], new: Sequence[Rung]) -> Iterator[Difference]:
    """A rung is known by what it does, or else by when."""
    found = pairs(old, new, [_deed, _moment], lambda *_: False)
    for before, after in found:
        if before is None and after is not None:
            yield fields.difference(f"{_deed(after)} of {label} {_moment(after)}; nobody was then", "new")
        elif before is not None and after is None:
            yield fields.difference(f"{_deed(before)} of {label} {_moment(before)} no more", "removed")
        elif before and after and _deed(before) == _deed(after) and _moment(before) != _moment(after):
            yield fields.difference(f"{_deed(after, 'now ')} of {label} {_moments(before, after)}")
        elif before and after and _deed(before) != _deed(after):
            yield fields.difference(f"{_deed(after, 'now ')} of {label} {_moment(after)}; it was: {_deed(before)}")
    kept = [(old.index(before), new.index(after)) for before, after in found if before and after]
    if [after for _, after in sorted(kept)] != sorted(after for _, after in kept):
        yield fields.difference(f"{label}: the rungs are climbed in another order")


def _deed(rung: Rung, now: str = "") -> str:
    told = (
        [f"{phrases.listed(_person(name) for name in rung.remind)} {'is' if len(rung.remind) == 1 else 'are'} {now}reminded"]
        if rung.remind
        else []
    )
    told += [f"{_person(rung.escalate)} is {now}told"] if rung.escalate else []
    told += [f"the next in the chain is {now}told"] if rung.climb else []
    return phrases.listed(told)


def _person(role: str) -> str:
    return {"assignee": "the assignee", "manager": "the assignee's manager"}.get(role) or phrases.title(role)


def _moment(rung: Rung) -> str:
    return f"at {rung.at:.0%} of the time" if rung.at is not None else f"{rung.after} after the deadline"


def _moments(before: Rung, after: Rung) -> str:
    if before.after and after.after:
        same = before.after.unit is after.after.unit
        return f"{after.after} after the deadline instead of {before.after.count if same else before.after}"
    return f"{_moment(after)} instead of {_moment(before)}"


LADDERS_SAYS: Mapping[str, Says] = {
    "chain": says("escalations climb {}", show=" → ".join),
    "due": says("a task that says nothing itself is due after {}"),
    "snooze": says("a task can be put off by {} at most"),
}
TASK_SAYS: Mapping[str, Says] = {
    "counts_from": says("have their time counted from {}", show={"creation": "their creation", "due": "their due day"}.__getitem__),
    "within": says("must be done within {}"),
}
ESCALATION_SAYS: Mapping[str, Says] = {"within": says("must be acknowledged within {}")}
APPROVAL_SAYS: Mapping[str, Says] = {
    "within": says("must be decided within {}"),
    "otherwise": says("is taken as {} when nobody decides in time", show=OTHERWISE.__getitem__),
}
