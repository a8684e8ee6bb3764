"""What conditions can come out as, whatever their facts are.

Each fact is stood for by samples: the words it may be, or the numbers that the conditions name with those between and beyond, and
unknown. The product of the samples is a table with a row for every combination; a condition is the set of rows in which it holds,
kept as the bits of one number. What cannot be sampled (a date against a date) is free to hold or not, so that "never" and "always"
are only said where they are certain.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from domain.checking.conditions import Names
from domain.conditions import Condition
from domain.vocabulary import Kind, read_value

MOST_ROWS = 4096
_A_DAY = date(2026, 1, 1)
_MOST = 2**53  # what counts may be at most
_ANOTHER_WORD = "\x00"


@dataclass(frozen=True)
class Variable:
    """One thing that conditions depend on, and the values that stand for all it may be (None: not known)."""

    name: str
    samples: tuple[Any, ...]
    kind: Kind | None = None
    named: frozenset[Any] = frozenset()  # the constants it is compared with


class Table:
    """Every combination of samples of what some conditions name. `values` are names whose value is settled (policy.<name>)."""

    def __init__(self, conditions: Iterable[Condition], names: Names, values: Mapping[str, Any]) -> None:
        self._names, self._values = names, values
        self._trees = {condition: _settle(condition, values) for condition in conditions}
        self.variables = tuple(self._sampled())
        self.rows = 1
        self._stride: dict[str, int] = {}
        for variable in self.variables:
            self._stride[variable.name] = self.rows
            self.rows *= len(variable.samples)
        self.is_small = self.rows <= MOST_ROWS

    @property
    def everything(self) -> int:
        return (1 << self.rows) - 1

    def where(self, condition: Condition) -> int:
        """The rows in which it holds."""
        return self._where(self._trees[condition])

    def _where(self, tree: ast.expr) -> int:
        match tree:
            case ast.BoolOp(op=ast.And(), values=parts):
                found = self.everything
                for part in parts:
                    found &= self._where(part)
                return found
            case ast.BoolOp(values=parts):
                found = 0
                for part in parts:
                    found |= self._where(part)
                return found
            case ast.UnaryOp(op=ast.Not(), operand=part):
                return self.everything & ~self._where(part)
        if _is_settled(tree):
            return self.everything if Condition("", (), tree).holds({}) else 0
        name = _variable_of(tree, self._names) or _free(tree)
        samples = next(variable.samples for variable in self.variables if variable.name == name)
        if name == _free(tree):
            return self._spread(name, samples)
        condition = Condition("", (name,), tree)
        return self._spread(name, [condition.holds({name: sample}) for sample in samples])

    def _spread(self, name: str, holds: Iterable[Any]) -> int:
        stride = self._stride[name]
        block = width = 0
        for held in holds:
            if held:
                block |= ((1 << stride) - 1) << width
            width += stride
        return block * (self.everything // ((1 << width) - 1))

    def _sampled(self) -> Iterator[Variable]:
        constants: dict[str, list[Any]] = {}
        for tree in self._trees.values():
            for leaf in _leaves(tree):
                name = _variable_of(leaf, self._names)
                if name is None:
                    constants[_free(leaf)] = []
                else:
                    constants.setdefault(name, []).extend(_constants(leaf))
        for name, named in constants.items():
            if name.startswith("?"):
                yield Variable(name, (False, True))
            else:
                kind = Kind.NUMBER if "(" in name else self._names.kinds.get(name)
                yield Variable(name, tuple(_samples(kind, self._names.one_of.get(name, ()), named)), kind, frozenset(named))


def is_open(condition: Condition, names: Names) -> bool:
    """Whether it can clearly be true and false: what it asks is asked once, and each answer is possible. It spares a table."""
    asked: set[str] = set()
    for leaf in _leaves(condition.tree):
        match leaf:
            case ast.Name(id=name):
                pass
            case ast.Compare(left=ast.Name(id=name), ops=[_], comparators=[ast.Constant(value=value)]):
                if not _is_inside(value, names.kinds.get(name), names.one_of.get(name, ())):
                    return False
            case _:
                return False
        if name in asked or name.startswith("policy."):
            return False
        asked.add(name)
    return bool(asked)


def _is_inside(value: Any, kind: Kind | None, one_of: tuple[str, ...]) -> bool:
    """Whether there is more of this kind on both sides of a value."""
    match kind:
        case Kind.TEXT:
            return len(one_of) != 1
        case Kind.NUMBER | Kind.MONEY | None:
            return not isinstance(value, int | float) or abs(value) < _MOST
        case Kind.SHARE:
            return isinstance(value, int | float) and 0 < value < 1
        case Kind.SCORE:
            return isinstance(value, int | float) and 0 < value < 100
        case _:
            return False


def _settle(condition: Condition, values: Mapping[str, Any]) -> ast.expr:
    """Its tree with settled names as constants, and each call as a name of its own."""
    if "(" not in condition.text and not any(name in values for name in condition.names):
        return condition.tree
    settled: ast.expr = _Settle(values).visit(condition.tree)
    return settled


class _Settle(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """A copy: the tree belongs to its condition."""
        fields = {name: self._inner(value) for name, value in ast.iter_fields(node)}
        return type(node)(**fields)

    def _inner(self, value: Any) -> Any:
        if isinstance(value, ast.AST):
            return self.visit(value)
        return [self.visit(item) for item in value] if isinstance(value, list) else value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(self.values[node.id]) if node.id in self.values else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        return ast.Name(ast.unparse(node), ast.Load())


def _leaves(tree: ast.expr) -> Iterator[ast.expr]:
    match tree:
        case ast.BoolOp(values=parts):
            for part in parts:
                yield from _leaves(part)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            yield from _leaves(part)
        case _ if not _is_settled(tree):
            yield tree


def _is_settled(leaf: ast.expr) -> bool:
    if isinstance(leaf, ast.Name) or (isinstance(leaf, ast.Compare) and isinstance(leaf.left, ast.Name)):
        return False  # nearly all
    return not any(isinstance(node, ast.Name) for node in ast.walk(leaf))


def _variable_of(leaf: ast.expr, names: Names) -> str | None:
    """The one name that a leaf compares with constants, or asks for alone."""
    if isinstance(leaf, ast.Name):
        return leaf.id
    if not isinstance(leaf, ast.Compare):
        return None
    found = set()
    for side in (leaf.left, *leaf.comparators):
        match side:
            case ast.Name():
                found.add(side.id)
            case ast.Constant() | ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
                pass
            case ast.List() | ast.Tuple() if all(isinstance(item, ast.Constant) for item in side.elts):
                pass
            case _:
                return None
    name = found.pop() if len(found) == 1 else None
    # A list or a date is in an order of its own: what it is compared with says nothing of what else it may be.
    return None if name is None or names.kinds.get(name) in (Kind.LIST, Kind.DATE) else name


def _constants(node: ast.AST) -> Iterator[Any]:
    match node:
        case ast.Constant():
            yield node.value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            yield -number
        case _:
            for inner in ast.iter_child_nodes(node):
                yield from _constants(inner)


def _free(leaf: ast.expr) -> str:
    return f"?{ast.unparse(leaf)}"


def _samples(kind: Kind | None, one_of: tuple[str, ...], constants: list[Any]) -> Iterator[Any]:
    yield None
    if kind is Kind.BOOLEAN:
        yield from (False, True)
    elif kind is Kind.DATE:
        yield _A_DAY
    elif kind is Kind.LIST:
        yield from ((), (_ANOTHER_WORD,))
    elif kind is Kind.TEXT or kind is None:
        words = one_of or (*(word for word in constants if isinstance(word, str)), _ANOTHER_WORD)
        yield from dict.fromkeys(words)
    if kind is None or kind.is_number:
        yield from _numbers(kind, constants)


def _numbers(kind: Kind | None, constants: list[Any]) -> Iterator[float]:
    """Those that are named, those between two of them, and those beyond; as far as the kind allows them."""
    named = sorted(
        {number for number in constants if isinstance(number, int | float) and abs(number) <= _MOST and not isinstance(number, bool)}
    )
    candidates: set[float]
    if kind is Kind.COUNT:
        candidates = {0, *(int(number // 1) + step for number in named for step in (-1, 0, 1, 2))}
    else:
        ends = [0, 1] if kind is Kind.SHARE else [0, 100] if kind is Kind.SCORE else []
        between = [(low + high) / 2 for low, high in pairwise(named)]
        beyond = [named[0] - 1, named[-1] + 1] if named else [0, 1]
        candidates = {*named, *between, *beyond, *ends}
    for number in sorted(candidates):
        try:
            yield read_value(kind or Kind.NUMBER, number)
        except ValueError:
            continue
