"""What a condition still asks once the segment is known, and how one condition differs from another, in words."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from domain.conditions import Condition
from domain.journey import SEGMENT

_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What is asked of runs of one segment: nothing (`tree` None, `never` False), something, or what never holds."""

    tree: ast.expr | None
    source: str
    never: bool = False

    @property
    def always(self) -> bool:
        return self.tree is None and not self.never

    @property
    def key(self) -> str:
        """The same for conditions that differ in their layout only."""
        return "never" if self.never else ast.unparse(self.tree) if self.tree else ""

    def __str__(self) -> str:
        return _written(self.tree, self.source) if self.tree else ""


def of(condition: Condition | None, segment: str) -> Asked:
    """What a condition asks in a segment: parts that the segment alone settles are left out."""
    if condition is None:
        return Asked(None, "")
    left = _reduced(condition.tree, condition, segment)
    return Asked(None, "", never=not left) if isinstance(left, bool) else Asked(left, condition.text)


def whole(condition: Condition | None) -> Asked:
    """A condition as written."""
    return Asked(condition.tree, condition.text) if condition else Asked(None, "")


def _reduced(tree: ast.expr, condition: Condition, segment: str) -> ast.expr | bool:
    settled = Condition(condition.text, (), tree).is_settled({SEGMENT: segment})
    if settled is not None:
        return settled
    if not isinstance(tree, ast.BoolOp):
        return tree
    parts = [part for each in tree.values if not isinstance(part := _reduced(each, condition, segment), bool)]
    return parts[0] if len(parts) == 1 else ast.BoolOp(tree.op, parts)


def _written(tree: ast.expr, source: str) -> str:
    """As its author wrote it."""
    if isinstance(tree, ast.BoolOp):
        word = " and " if isinstance(tree.op, ast.And) else " or "
        return word.join(f"({_written(part, source)})" if isinstance(part, ast.BoolOp) else _written(part, source) for part in tree.values)
    return ast.get_source_segment(source, tree) or ast.unparse(tree)


def change(before: Asked, after: Asked, asks: str = "asks") -> str:
    """What follows a subject, of two that differ: `asks x instead of y`, `now asks also x`, `no longer asks y`."""
    if after.never:
        return "never holds now" + (f"; it was {before}" if before.tree else "")
    if before.never:
        return f"can hold now: it {asks} {after}" if after.tree else "always holds now; it never did"
    if before.always:
        return f"now {asks} {after}"
    if after.always:
        return f"no longer {asks} {before}"
    old, new = _parts(before), _parts(after)
    gone = [part for part in old if ast.unparse(part) not in {ast.unparse(other) for other in new}]
    more = [part for part in new if ast.unparse(part) not in {ast.unparse(other) for other in old}]
    if more and not gone:
        return f"now {asks} also {_all(more, after)}"
    if gone and not more:
        return f"no longer {asks} {_all(gone, before)}"
    if len(gone) == len(more) == 1:
        return f"{asks} {_instead(more[0], after, gone[0], before)}"
    return f"{asks} {after} instead of {before}"


def _parts(asked: Asked) -> list[ast.expr]:
    """What it joins by `and`."""
    assert asked.tree
    return asked.tree.values if isinstance(asked.tree, ast.BoolOp) and isinstance(asked.tree.op, ast.And) else [asked.tree]


def _all(parts: list[ast.expr], asked: Asked) -> str:
    return " and ".join(
        f"({_written(part, asked.source)})" if isinstance(part, ast.BoolOp) else _written(part, asked.source) for part in parts
    )


def _instead(more: ast.expr, after: Asked, gone: ast.expr, before: Asked) -> str:
    """`answer <= 5 instead of <= 6` where the same is compared with something else."""
    if (
        isinstance(more, ast.Compare)
        and isinstance(gone, ast.Compare)
        and len(more.ops) == len(gone.ops) == 1
        and ast.unparse(more.left) == ast.unparse(gone.left)
    ):
        left = _written(more.left, after.source)
        if left.startswith("steps."):
            left = left.rsplit(".", 1)[1]
        now = f"{_SIGNS[type(more.ops[0])]} {_written(more.comparators[0], after.source)}"
        then = f"{_SIGNS[type(gone.ops[0])]} {_written(gone.comparators[0], before.source)}"
        return f"{left} {now} instead of {then}"
    return f"{_written(more, after.source)} instead of {_written(gone, before.source)}"
