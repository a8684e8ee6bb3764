"""Every condition of one plan: it names what there is, and can come out as true and as false; cases are reached, and meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from domain import journey
from domain.checking import choices, conditions
from domain.checking.conditions import Names
from domain.checking.known import Known
from domain.checking.truth import Table, is_open
from domain.conditions import Condition
from domain.faults import Fault, suggestion
from domain.journey import Plan
from domain.language import Approval, Branch, Check, Repeat, Split, Step, Task, WaitFor
from domain.state import RECORDED
from domain.vocabulary import Kind

_BUILT_IN = {"day": Kind.NUMBER, "today": Kind.DATE}
_RECORD_KINDS: Mapping[str, Kind | None] = {
    "done_on": Kind.DATE, "outcome": Kind.TEXT, "answer": None, "approved": Kind.BOOLEAN, "clicked": Kind.BOOLEAN, "replied": Kind.BOOLEAN,
    "visits": Kind.NUMBER,
}  # fmt: skip
_OPENS = ("opened", "opens", "open", "opened_on")


def check(plan: Plan, known: Known, seen: set[tuple[object, ...]]) -> Iterator[Fault]:
    """`seen` remembers what was looked at in the plans of other segments, most of which reads the same."""
    return _Conditions(plan, known, seen).faults()


class _Conditions:
    def __init__(self, plan: Plan, known: Known, seen: set[tuple[object, ...]]) -> None:
        self.plan = plan
        self.known = known
        self.seen = seen
        base = known.names
        steps = tuple((name, tells(plan.nodes[id].step)) for name, id in plan.names.items())
        self.variant = hash(steps)
        records = {f"steps.{step}.{field}": kind for step, _ in steps for field, kind in _RECORD_KINDS.items()}
        outcomes = {f"steps.{name}.outcome": words for name, words in steps if words is not None}
        self.names = Names({**base.kinds, **_BUILT_IN, **records}, {**base.one_of, **outcomes})
        self.names_before = conditions.with_today(base)

    def faults(self) -> Iterator[Fault]:
        sound: dict[Condition, bool] = {}
        for condition, event, is_watched in journey.conditions(self.plan):
            if self.is_seen(condition.mark, condition.text, event):
                continue
            found = list(self.condition(condition, event, is_watched))
            sound[condition] = not found
            yield from found
        for node in self.plan.nodes.values():
            step = node.step
            cases = step.cases if isinstance(step, Branch) else step.verdicts if isinstance(step, Check) else ()
            if (
                cases
                and not self.is_seen(step.mark, *(str(case.when) for case in cases))
                and all(sound.get(case.when, True) for case in cases if case.when)
            ):
                yield from choices.check(cases, self.names, self.known.values)

    def is_seen(self, *about: object) -> bool:
        key = (*about, self.variant)
        if key in self.seen:
            return True
        self.seen.add(key)
        return False

    def condition(self, condition: Condition, event: str | None, is_watched: bool) -> Iterator[Fault]:
        starts = self.plan.text.starts
        declared = self.known.rules.vocabulary.events.get(event) if event else None
        names = self.names_before if condition is starts.where or condition is starts.when else self.names
        names = conditions.with_event(names, declared.tells) if declared else names
        faults = list(conditions.check(condition, names))
        for fault in faults:
            yield self.explained(fault)
        if is_watched and (word := condition.elapsing):
            yield Fault(
                condition.mark,
                f"'{word}' changes without anybody telling, so nothing would look at this on the day: "
                "use 'at:' instead, or a fact about quiet (policies/vocabulary.yaml)",
            )
        if not faults:
            yield from self.outcome(condition, names)

    def outcome(self, condition: Condition, names: Names) -> Iterator[Fault]:
        if is_open(condition, names):
            return
        table = Table([condition], names, self.known.values)
        if not table.is_small:
            return
        rows = table.where(condition)
        if not rows:
            yield Fault(condition.mark, f"this is never true{_range(table)}{_so(condition, self.plan)}", warning=True)
        elif rows == table.everything:
            yield Fault(condition.mark, "this is always true, whatever is known", warning=True)

    def explained(self, fault: Fault) -> Fault:
        """A name that several steps share gets the ids it must be called by; one that only runs know is told apart."""
        if fault.sentence.startswith("nothing is called") and (name := fault.sentence.split("'")[1]) in self.names.kinds:
            return Fault(fault.mark, f"'{name}' is not known before a run begins")
        for name, ids in self.plan.ambiguous.items():
            if f"'steps.{name}." in fault.sentence:
                wanted = " or ".join(f"steps.{id.replace('-', '_')}" for id in ids)
                return Fault(fault.mark, f"several steps are called '{name}': say {wanted}")
        if "nothing is called 'steps." in fault.sentence:
            name = fault.sentence.split("'")[1]
            field = name.rsplit(".", 1)[-1]
            if field in _OPENS:
                return Fault(
                    fault.mark,
                    f"opens are not told ('{name}'): mail programs open mails by themselves; ask for clicked, replied or an event",
                )
            if name.count(".") == 2 and name.split(".")[1] in self.plan.names and field not in RECORDED:
                return Fault(fault.mark, f"steps tell no '{field}'{suggestion(field, RECORDED)}; they tell {', '.join(RECORDED)}")
        return fault


def tells(step: Step) -> tuple[str, ...] | None:
    """What `steps.<id>.outcome` may be; None where a person or another system says it freely."""
    match step:
        case Task():
            return step.outcomes
        case Approval():
            return ("approved", "refused")
        case WaitFor():
            return ("heard" if step.wait_for.event else "true", "timed out")
        case Branch() | Check():
            cases = step.cases if isinstance(step, Branch) else step.verdicts
            return tuple(case.verdict or ("else" if case.else_ is not None else f"case {number}") for number, case in enumerate(cases, 1))
        case Split():
            return tuple(arm.arm for arm in step.arms)
        case _:
            return None


def _so(condition: Condition, plan: Plan) -> str:
    for node in plan.nodes.values():
        match node.step:
            case Repeat() if node.step.until is condition:
                return ", so only the end of the run ends the repeat"
            case WaitFor() if node.step.wait_for.condition is condition or node.step.where is condition:
                return ", so only the time being up ends the wait"
            case _:
                pass
    return ""


def _range(table: Table) -> str:
    """Why a comparison is beyond what its one fact may be."""
    bounds = {Kind.SHARE: "from 0 to 1", Kind.SCORE: "from 0 to 100", Kind.COUNT: "from 0"}
    if len(table.variables) == 1 and (kind := table.variables[0].kind) in bounds:
        return f": {table.variables[0].name} goes {bounds[kind]}"
    return ""
