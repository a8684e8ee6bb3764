"""What a text with tags says, without filling it in: the names it reads, and what templates may not do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

import jinja2
from jinja2 import nodes

from domain import sandbox
from domain.faults import Fault, FaultyText, Mark, suggestion

MOST_DEPTH = 40  # of tags in tags and brackets in brackets; Python compiles 100 blocks and 200 brackets
MOST_EXPRESSIONS = 5_000
_parser = jinja2.Environment(autoescape=True)  # only parses
# Beside what reaches beyond the values: what makes much of little (a text set to itself twice, forty times), or takes for ever.
_FORBIDDEN: Mapping[type[nodes.Node], str] = {
    nodes.Include: "include", nodes.Import: "import", nodes.FromImport: "import", nodes.Extends: "extends", nodes.Macro: "macro",
    nodes.CallBlock: "call", nodes.Block: "block", nodes.Call: "call", nodes.ScopedEvalContextModifier: "autoescape",
    nodes.Assign: "set", nodes.AssignBlock: "set", nodes.With: "with", nodes.FilterBlock: "filter block", nodes.Pow: "**", nodes.Mod: "%",
}  # fmt: skip


def names(text: str, file: str, first_line: int) -> set[str]:
    """The dotted names a text reads. Raises FaultyText for syntax and for what templates may not do, ValueError where it is too deep."""
    tree = _tree(text, file, first_line)
    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
    for node, sentence in _refused(tree):
        raise FaultyText([Fault(Mark(file, first_line + node.lineno - 1, 1), sentence)])
    found: set[str] = set()
    inner: set[str] = set()
    for attribute in tree.find_all(nodes.Getattr):
        if dotted := dotted_name(attribute):
            found.add(dotted)
            inner.update(dotted.rsplit(".", count)[0] for count in range(1, dotted.count(".") + 1))
    found |= {name.name for name in tree.find_all(nodes.Name) if name.ctx == "load"}
    return {name for name in found if name not in inner and name.split(".")[0] not in own}


@lru_cache(maxsize=32)
def names_of_layout(layout: str, file: str) -> frozenset[str]:
    """Many mails are set into the same one. Raises as `names` does."""
    return frozenset(names(layout, file, 1))


def refuse_raw(text: str, file: str, first_line: int) -> None:
    """For what is set into a page tag by tag: what lies between two of them is Markdown or MJML there, whatever they say. Raises
    FaultyText."""
    if line := next((line for line, kind, _ in _parser.lex(text) if kind == "raw_begin"), None):
        raise FaultyText([Fault(Mark(file, first_line + line - 1, 1), "mails know no raw; braces that are no tag are written {{ '{{' }}")])


@lru_cache(maxsize=2048)
def loops(text: str) -> tuple[tuple[str, int], ...]:
    """What each `for` of a sound text goes over, where that is a name, and its line in the text."""
    found = _parser.parse(text).find_all(nodes.For)
    return tuple((name, loop.lineno) for loop in found if (name := dotted_name(loop.iter)))


@lru_cache(maxsize=2048)
def plurals(text: str) -> tuple[tuple[int, int], ...]:
    """How many words each `plural` of a sound text is given, and its line in the text."""
    return tuple((len(filter.args), filter.lineno) for filter in _parser.parse(text).find_all(nodes.Filter) if filter.name == "plural")


def _tree(text: str, file: str, first_line: int) -> nodes.Template:
    try:
        tree = _parser.parse(text)
    except jinja2.TemplateSyntaxError as error:
        raise FaultyText([Fault(Mark(file, first_line + error.lineno - 1, 1), f"{error.message}")]) from None
    if _is_deep(tree):
        raise ValueError("deeper than Python can be trusted to compile")
    return tree


def _refused(tree: nodes.Template) -> Iterator[tuple[nodes.Node, str]]:
    for node in tree.find_all(tuple(_FORBIDDEN)):
        yield node, f"templates know no {_FORBIDDEN[type(node)]}; use values, filters, if and for"
    for loop in tree.find_all(nodes.For):
        if inside := next(loop.find_all(nodes.For), None):
            yield inside, "a for inside a for would take too long; use one"
        if isinstance(loop.iter, nodes.Const):
            yield loop, "a for goes over a list"
    for filter in tree.find_all(nodes.Filter):
        if filter.name not in sandbox.FILTERS:
            yield filter, f"no filter is called '{filter.name}'{suggestion(filter.name, sandbox.FILTERS)}"
    for test in tree.find_all(nodes.Test):
        if test.name not in sandbox.TESTS:
            yield test, f"nothing can be tested for being '{test.name}'{suggestion(test.name, sandbox.TESTS)}"
    if sandbox.size(tree) > MOST_EXPRESSIONS:
        yield tree, f"there are more than {MOST_EXPRESSIONS:,} tags and values in it; make several templates of it"


def _is_deep(tree: nodes.Node) -> bool:
    level: list[nodes.Node] = [tree]
    for _ in range(MOST_DEPTH):
        level = [inner for node in level for inner in node.iter_child_nodes()]
    return bool(level)


def dotted_name(node: nodes.Node) -> str | None:
    """`account.name`, where the expression is that and no more."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr) and (left := dotted_name(node.node)):
        return f"{left}.{node.attr}"
    return None
