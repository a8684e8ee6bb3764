"""Whether a condition names what there is, and compares like with like."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.conditions import ELAPSING, Condition
from domain.faults import Fault, Mark, suggestion
from domain.vocabulary import COHORT, Kind, Vocabulary, write_value


@dataclass(frozen=True)
class Names:
    """What a condition may name, and of which kind each is (None: any)."""

    kinds: Mapping[str, Kind | None]
    one_of: Mapping[str, tuple[str, ...]]


def declared(vocabulary: Vocabulary) -> Names:
    kinds: dict[str, Kind | None] = {COHORT: Kind.COUNT, **{name: fact.type for name, fact in vocabulary.by_name.items()}}
    for name, value in vocabulary.values.items():
        kinds[f"policy.{name}"] = Kind.NUMBER if isinstance(value, int | float) and not isinstance(value, bool) else Kind.TEXT
    return Names(kinds, {name: fact.one_of for name, fact in vocabulary.by_name.items() if fact.one_of})


def check(condition: Condition, names: Names, where: Mark | None = None) -> Iterator[Fault]:
    """Names that nobody declares, and kinds that do not go together."""
    mark = condition.mark if condition.mark.file else where or condition.mark
    nodes = list(ast.walk(condition.tree))
    functions = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        if isinstance(node, ast.Name) and node.id not in names.kinds and id(node) not in functions:
            yield Fault(_at(mark, node), f"nothing is called '{node.id}'{suggestion(node.id, names.kinds)}")
        elif isinstance(node, ast.Call):
            yield from _check_call(node, names, mark)
        elif isinstance(node, ast.BinOp):
            yield from _check_reckoning(node, names, mark)
    for left, operator, right in _pairs(nodes):
        yield from _check_pair(left, operator, right, names, mark)


def _pairs(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.expr, ast.cmpop, ast.expr]]:
    """What is compared with what."""
    for node in nodes:
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            yield from zip(sides, node.ops, sides[1:], strict=False)


def _check_call(call: ast.Call, names: Names, mark: Mark) -> Iterator[Fault]:
    function, kind = ast.unparse(call.func), kind_of(call.args[0], names)
    wanted = Kind.LIST if function == "count" else Kind.DATE
    if kind and kind is not wanted:
        yield Fault(_at(mark, call.args[0]), f"{function}(x) takes a {wanted}, and this is a {word(kind)}")
    if function in ELAPSING and "today" not in names.kinds:
        yield Fault(_at(mark, call), f"'{function}' cannot be said here: there is no today to reckon from")


def _check_reckoning(sum: ast.BinOp, names: Names, mark: Mark) -> Iterator[Fault]:
    for side in (sum.left, sum.right):
        kind = kind_of(side, names)
        if kind and not kind.is_number:
            hint = "; say days_since(…) or days_until(…)" if kind is Kind.DATE else ""
            yield Fault(_at(mark, side), f"a {word(kind)} is no number to reckon with{hint}")
    if isinstance(sum.op, ast.Div) and isinstance(sum.right, ast.Constant) and sum.right.value == 0:
        yield Fault(_at(mark, sum.right), "what is divided by 0 is never known")


def _at(mark: Mark, node: ast.AST) -> Mark:
    return Mark(mark.file, mark.line, mark.column + getattr(node, "col_offset", 0))


def _check_pair(left: ast.expr, operator: ast.cmpop, right: ast.expr, names: Names, mark: Mark) -> Iterator[Fault]:
    if isinstance(operator, ast.In | ast.NotIn):
        if isinstance(right, ast.List | ast.Tuple):
            for item in right.elts:
                yield from _check_pair(left, ast.Eq(), item, names, mark)
        return
    one, other = kind_of(left, names), kind_of(right, names)
    if one and other and one is not other and not (one.is_number and other.is_number):
        yield Fault(_at(mark, right), f"a {word(one)} and a {word(other)} do not compare")
        return
    for name, value in ((left, right), (right, left)):
        if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
            allowed = names.one_of.get(name.id)
            if allowed is not None and value.value not in allowed:
                hint = suggestion(value.value, allowed) or (
                    f"; it is one of {', '.join(allowed)}" if allowed else ", since no outcomes are written there"
                )
                yield Fault(_at(mark, value), f"{name.id} is never '{value.value}'{hint}")


def word(kind: Kind) -> str:
    return "number" if kind.is_number else str(kind)


def kind_of(node: ast.expr, names: Names) -> Kind | None:
    match node:
        case ast.Constant(value=bool()):
            return Kind.BOOLEAN
        case ast.Constant(value=int() | float()):
            return Kind.NUMBER
        case ast.Constant(value=str()):
            return Kind.TEXT
        case ast.Name():
            return names.kinds.get(node.id)
        case ast.BinOp() | ast.Call():
            return Kind.NUMBER
        case _:
            return None


def check_value(mark: Mark, name: str, value: Any, vocabulary: Vocabulary) -> Iterator[Fault]:
    try:
        vocabulary.read(name, write_value(value))
    except ValueError as error:
        yield Fault(mark, str(error) if f"'{name}'" in str(error) else f"{name}: {error}")


def with_event(names: Names, tells: Mapping[str, Kind]) -> Names:
    about: dict[str, Kind | None] = {"event.contract_id": Kind.TEXT, "event.contact_id": Kind.TEXT}
    return Names({**names.kinds, **about, **{f"event.{name}": kind for name, kind in tells.items()}}, names.one_of)


def with_today(names: Names) -> Names:
    return Names({**names.kinds, "today": Kind.DATE}, names.one_of)
