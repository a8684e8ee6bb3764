"""What a template needs to be known, and what is known where a step uses it.

`{{ account.roi }}` cannot be filled in while the return is unknown: it needs it. `{% if account.roi %}` around it, a default behind
it, or a step that says `when: account.roi` takes the need away.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache

import jinja2
from jinja2 import nodes

from domain.conditions import Condition

_parser = jinja2.Environment(autoescape=True)  # only parses
_RAISES = ("lt", "lteq", "gt", "gteq")


def of_template(*parts: str) -> frozenset[str]:
    """The dotted names that must be known for these texts to be filled in. They have been found to be templates."""
    return frozenset(name for part in parts if "{" in part for name in _of_text(part))


@lru_cache(maxsize=4096)
def _of_text(text: str) -> frozenset[str]:
    return frozenset(_block(_parser.parse(text).body, frozenset()))


def _block(body: Iterable[nodes.Node], known: frozenset[str]) -> set[str]:
    return {name for node in body for name in _statement(node, known)}


def _statement(node: nodes.Node, known: frozenset[str]) -> set[str]:
    match node:
        case nodes.Output():
            return {name for part in node.nodes for name in _must(part, known)}
        case nodes.If():
            found = _may(node.test, known) | _block(node.body, known | _if(node.test, True))
            after = known | _if(node.test, False)
            for other in node.elif_:
                found |= _may(other.test, after) | _block(other.body, after | _if(other.test, True))
                after |= _if(other.test, False)
            return found | _block(node.else_, after)
        case nodes.For():
            own = {name.name for name in node.target.find_all(nodes.Name)} | {
                node.target.name if isinstance(node.target, nodes.Name) else ""
            }
            inner = {name for name in _block(node.body, known) if name.split(".")[0] not in own | {"loop"}}
            return _must(node.iter, known) | inner | _block(node.else_, known)
        case _:
            return {name for inner in node.iter_child_nodes() for name in _statement(inner, known)}


def _must(node: nodes.Node, known: frozenset[str]) -> set[str]:
    """What must be known for this expression to give something."""
    if name := _dotted(node):
        return set() if name in known else {name}
    match node:
        case nodes.Filter() if node.name == "default":
            assert node.node
            return _may(node.node, known) if _catches_unknown(node) else _must(node.node, known)
        case nodes.Filter() if node.node is not None:
            return {name for part in (node.node, *node.args) for name in _must(part, known)}
        case nodes.Or():
            return _may(node.left, known) | _must(node.right, known | _if(node.left, False))
        case nodes.CondExpr():
            found = _may(node.test, known) | _must(node.expr1, known | _if(node.test, True))
            return found | (_must(node.expr2, known | _if(node.test, False)) if node.expr2 else set())
        case nodes.And() | nodes.Not() | nodes.Compare() | nodes.Test():
            return _may(node, known)
        case _:
            return {name for inner in node.iter_child_nodes() for name in _must(inner, known)}


def _may(node: nodes.Node, known: frozenset[str]) -> set[str]:
    """What must be known for this expression to be asked, though it may itself be unknown."""
    if _dotted(node):
        return set()
    match node:
        case nodes.Not():
            return _may(node.node, known)
        case nodes.And():
            return _may(node.left, known) | _may(node.right, known | _if(node.left, True))
        case nodes.Or():
            return _may(node.left, known) | _may(node.right, known | _if(node.left, False))
        case nodes.Test():
            return _may(node.node, known)
        case nodes.Compare():
            ordered = any(operand.op in _RAISES for operand in node.ops)
            sides = (node.expr, *(operand.expr for operand in node.ops))
            found = {name for side in sides for name in (_must if ordered else _may)(side, known)}
            return found | {name for operand in node.ops if operand.op in ("in", "notin") for name in _must(operand.expr, known)}
        case _:
            return _must(node, known)


def _if(node: nodes.Node, holds: bool) -> frozenset[str]:
    """What is known when a test came out as true, or as false."""
    if name := _dotted(node):
        return frozenset({name}) if holds else frozenset()
    match node:
        case nodes.Not():
            return _if(node.node, not holds)
        case nodes.And() | nodes.Or():
            left, right = _if(node.left, holds), _if(node.right, holds)
            return left | right if isinstance(node, nodes.And) is holds else left & right
        case nodes.Test() if node.name in ("none", "undefined"):
            return frozenset() if holds else frozenset({_dotted(node.node) or ""})
        case nodes.Test() if node.name not in ("defined", "sameas"):
            return frozenset({_dotted(node.node) or ""}) if holds else frozenset()
        case nodes.Compare(expr=nodes.Or(left=left, right=instead), ops=[operand]) if name := _dotted(left):
            return frozenset() if _is_so(instead, operand, holds) else frozenset({name})
        case nodes.Compare() if len(node.ops) == 1:
            told = holds if node.ops[0].op != "ne" else not holds
            if node.ops[0].op in ("eq", "ne") and not (told and isinstance(node.ops[0].expr, nodes.Const)):
                return frozenset()
            return frozenset(name for name in (_dotted(node.expr), _dotted(node.ops[0].expr)) if name)
        case _:
            return frozenset()


def _is_so(instead: nodes.Expr, operand: nodes.Operand, holds: bool) -> bool:
    """Whether `(account.roi or 0) >= 3` may come out so because of the 0, while the return is unknown."""
    try:
        return bool(nodes.Compare(instead, [operand]).as_const(nodes.EvalContext(_parser))) is holds
    except nodes.Impossible:
        return True


def _catches_unknown(default: nodes.Filter) -> bool:
    """`default('…')` alone only stands in for what is missing; `default('…', true)` also for what is not known."""
    second = default.args[1] if len(default.args) > 1 else next((pair.value for pair in default.kwargs if pair.key == "boolean"), None)
    return isinstance(second, nodes.Const) and bool(second.value)


def _dotted(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr) and (left := _dotted(node.node)):
        return f"{left}.{node.attr}"
    return None


# What a condition makes known


def known_if(condition: Condition, holds: bool = True) -> frozenset[str]:
    """The names that are known when it holds (or when it does not)."""
    return _known(condition.tree, holds)


def _known(tree: ast.expr, holds: bool) -> frozenset[str]:
    match tree:
        case ast.Name():
            return frozenset({tree.id}) if holds else frozenset()
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return _known(part, not holds)
        case ast.BoolOp(op=op, values=parts):
            found = [_known(part, holds) for part in parts]
            return frozenset.union(*found) if isinstance(op, ast.And) is holds else frozenset.intersection(*found)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _known_by(left, op, right, holds)
        case ast.Compare(ops=ops) if holds and all(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in ops):
            return _names_in(tree)
        case _:
            return frozenset()


def _known_by(left: ast.expr, op: ast.cmpop, right: ast.expr, holds: bool) -> frozenset[str]:
    """An order with what is unknown is false; so is being equal to something, or in a list."""
    if isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE | ast.In):
        return _names_in(left) | _names_in(right) if holds else frozenset()
    is_nothing = isinstance(right, ast.Constant) and right.value is None
    if isinstance(op, ast.NotEq) is holds:
        return _names_in(left) if is_nothing else frozenset()
    if isinstance(op, ast.Eq | ast.NotEq) and isinstance(right, ast.Constant) and not is_nothing:
        return _names_in(left)
    return frozenset()


def _names_in(tree: ast.expr) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
