"""Conditions: a checked subset of Python expressions over declared names.

`parse` accepts comparisons, `and`/`or`/`not`, arithmetic, `in`, literals, dotted names and three functions; everything else
is refused with the column. A dotted name is one name (`account.segment`), looked up in one flat mapping. Evaluation is
simpleeval's, with one rule of ours: what is unknown (None) is not less, not greater and in nothing, so an ordering with it is
false and arithmetic with it is unknown; so is arithmetic with what is no number, or by zero.
"""

from __future__ import annotations

import ast
import operator
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import Annotated, Any

import simpleeval
from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from domain.faults import NOWHERE, Mark
from domain.source import Text

MOST_CHARACTERS = 1000
MOST_DEPTH = 50  # evaluating goes as deep as the expression

_ALLOWED = (
    ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE,
    ast.In, ast.NotIn, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Constant, ast.Name, ast.Attribute, ast.Load,
    ast.List, ast.Tuple, ast.Call,
)  # fmt: skip
_MISTAKES = (
    (r"(?<![=!<>])=(?!=)", "to compare, write =="),
    (r"&&|\bAND\b", "write 'and'"),
    (r"\|\||\bOR\b", "write 'or'"),
    (r"!(?!=)|\bNOT\b", "write 'not'"),
)
_SPELLED = {"true": True, "false": False, "none": None, "True": True, "False": False, "None": None}


def _known(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda left, right: left is not None and right is not None and compare(left, right)


def _reckoned(reckon: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Numbers only: nothing is to be had from a text times a million but a text a million times as long."""

    def apply(left: Any, right: Any) -> Any:
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            return None
        try:
            return reckon(left, right)
        except ArithmeticError:
            return None

    return apply


_OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: _reckoned(operator.add),
    ast.Sub: _reckoned(operator.sub),
    ast.Mult: _reckoned(operator.mul),
    ast.Div: _reckoned(operator.truediv),
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Gt: _known(operator.gt),
    ast.Lt: _known(operator.lt),
    ast.GtE: _known(operator.ge),
    ast.LtE: _known(operator.le),
    ast.Not: operator.not_,
    ast.USub: lambda value: -value if isinstance(value, int | float) else None,
    ast.In: lambda item, many: many is not None and item in many,
    ast.NotIn: lambda item, many: many is None or item not in many,
}


def _days_since(today: date, day: date | None) -> int | None:
    return None if day is None else (today - day).days


class _Evaluator(simpleeval.EvalWithCompoundTypes):  # type: ignore[misc]  # simpleeval ships no types
    def __init__(self) -> None:
        super().__init__(operators=_OPERATORS, functions={}, names={})
        self.functions = {
            "days_since": lambda day: _days_since(self.names["today"], day),
            "days_until": lambda day: None if day is None else -(_days_since(self.names["today"], day) or 0),
            "count": lambda many: len(many or ()),
        }


ELAPSING = ("days_since", "days_until")
FUNCTIONS = ("count", *ELAPSING)


class _Workplace(threading.local):
    """One evaluator a thread: turns run in threads, and an evaluator holds the names of the evaluation it is in."""

    def __init__(self) -> None:
        self.evaluator = _Evaluator()


_workplace = _Workplace()


class Unreadable(ValueError):
    """The text is not a condition; `column` counts from 1 within the text."""

    def __init__(self, sentence: str, column: int) -> None:
        super().__init__(sentence)
        self.column = column


@dataclass(frozen=True)
class Condition:
    """One condition: its text as written, the names it reads and where it stands."""

    text: str
    names: tuple[str, ...]
    tree: ast.expr = field(repr=False, compare=False)
    mark: Mark = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        return self.text

    def holds(self, names: Mapping[str, Any]) -> bool:
        """Whether it is true of these values; a name that is missing from the mapping must be answered with None."""
        try:
            return _holds(self.tree, self.reads, tuple([names[name] for name in self.reads]))
        except (KeyError, TypeError):  # a name that is not answered, or a value that cannot be a key
            return bool(self.value(names))

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The names it is evaluated with: those in it, and the day that its functions count from."""
        return tuple(dict.fromkeys((*self.names, "today"))) if _counts_days(self.tree) else self.names

    def value(self, names: Mapping[str, Any]) -> Any:
        return _value(self.tree, names)

    @property
    def elapsing(self) -> str | None:
        """The word by which it changes as time passes and nobody tells anything."""
        words = {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}
        return next((word for word in ("day", "today", *ELAPSING) if word in words), None)

    def is_settled(self, known: Mapping[str, Any]) -> bool | None:
        """True or false where these values alone settle it, whatever all others are; None where they do not."""
        return self._settled(self.tree, known)

    def _settled(self, tree: ast.expr, known: Mapping[str, Any]) -> bool | None:
        match tree:
            case ast.BoolOp(op=op, values=values):
                parts = [self._settled(value, known) for value in values]
                settles = isinstance(op, ast.Or)  # one true part settles an `or`, one false part an `and`
                if settles in parts:
                    return settles
                return None if None in parts else not settles
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                part = self._settled(operand, known)
                return None if part is None else not part
            case _:
                names = _names_in(tree)
                if not names or not known.keys() >= set(names):
                    return None
                if _counts_days(tree) and "today" not in known:
                    # From nothing no days pass, whatever day it is.
                    nothing = all(known[name] is None for name in names)
                    return bool(_value(tree, {**known, "today": date.min})) if nothing else None
                return bool(_value(tree, known))

    def seen(self, names: Mapping[str, Any]) -> dict[str, Any]:
        """The values it reads, for the decision record."""
        return {name: names[name] for name in self.names}


# A journey asks the same of the same few values at every turn. Values that are equal (1, 1.0 and true) decide the same.
@lru_cache(maxsize=8192)
def _holds(tree: ast.expr, names: tuple[str, ...], values: tuple[Any, ...]) -> bool:
    return bool(_value(tree, dict(zip(names, values, strict=True))))


def _value(tree: ast.expr, names: Mapping[str, Any]) -> Any:
    evaluator = _workplace.evaluator
    evaluator.names = names
    try:
        return evaluator.eval("", previously_parsed=tree)
    except TypeError:
        # Two values of kinds that do not compare. `tenure check` refuses this in what is declared; data that broke its
        # declaration decides nothing.
        return None


def parse(text: Any) -> Condition:
    """Raises Unreadable with a sentence and the column."""
    if isinstance(text, Condition):
        return text
    if text is None:
        raise Unreadable("it comes out empty (a # begins a comment): write a condition", 1)
    if isinstance(text, list | dict):
        raise Unreadable("a condition was expected here; one that begins with [ or { must be quoted", 1)
    mark = text.begins if isinstance(text, Text) else NOWHERE
    source = str(text).strip().replace("\n", " ")
    if len(source) > MOST_CHARACTERS:
        raise Unreadable(f"a condition has at most {MOST_CHARACTERS} characters", 1)
    names, tree = _read(source)
    return Condition(source, names, tree, mark)


@lru_cache(maxsize=2048)
def _read(source: str) -> tuple[tuple[str, ...], ast.expr]:
    """The names and the tree, which nobody changes. A journey is read once for each segment, mostly in the same words."""
    try:
        tree = ast.parse(source, mode="eval").body
    except SyntaxError as error:
        raise Unreadable(f"'{source}' is not a condition: {_mistake(source) or error.msg}", max(error.offset or 1, 1)) from None
    except (ValueError, RecursionError, MemoryError):
        raise Unreadable(f"'{source[:40]}…' is not a condition", 1) from None
    if len(source) > MOST_DEPTH - 5 and _is_deep(tree):  # each level takes a character
        raise Unreadable(f"'{source[:40]}…' is nested more than {MOST_DEPTH} deep", 1)
    for node in ast.walk(tree):
        _refuse_foreign(node, source)
    tree = _flat(tree)
    return _names_in(tree), tree


def _names_in(tree: ast.expr) -> tuple[str, ...]:
    return tuple(dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id not in FUNCTIONS))


def _counts_days(tree: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id in ELAPSING for node in ast.walk(tree))


def _mistake(source: str) -> str | None:
    """What people who know other languages write."""
    return next((words for pattern, words in _MISTAKES if re.search(pattern, source)), None)


def _is_deep(tree: ast.expr) -> bool:
    level: list[ast.AST] = [tree]
    for _ in range(MOST_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return bool(level)


def _refuse_foreign(node: ast.AST, source: str) -> None:
    column = getattr(node, "col_offset", 0) + 1
    if not isinstance(node, _ALLOWED):
        raise Unreadable(f"'{source}': conditions know no {type(node).__name__.lower()}; use comparisons, and, or, not, in", column)
    if isinstance(node, ast.Call) and not (
        isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS and len(node.args) == 1 and not node.keywords
    ):
        raise Unreadable(f"'{source}': the only functions are {', '.join(f'{name}(x)' for name in FUNCTIONS)}", column)
    if isinstance(node, ast.Constant) and not isinstance(node.value, str | int | float | bool | None):
        raise Unreadable(f"'{source}': {node.value!r} is not a value conditions know", column)


def dotted(node: ast.expr) -> str | None:
    """`account.segment` for the attribute chain of that name, None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (left := dotted(node.value)):
        return f"{left}.{node.attr}"
    return None


def _flat(tree: ast.expr) -> ast.expr:
    flat: ast.expr = _Flatten().visit(tree)
    return flat


class _Flatten(ast.NodeTransformer):
    """Attribute chains become one name, so that a lookup touches one value and never a whole account."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        name = dotted(node)
        if name is None:
            raise Unreadable("only names have parts: write 'account.segment'", node.col_offset + 1)
        return ast.copy_location(ast.Name(name, ast.Load()), node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in _SPELLED:
            return ast.copy_location(ast.Constant(_SPELLED[node.id]), node)
        return node


SpokenCondition = Annotated[
    Condition,
    PlainValidator(parse),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "examples": ['account.segment == "enterprise" and not account.first_value_on', "day < 30"]}),
]
