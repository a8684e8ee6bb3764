"""From words to messages: a template is checked and compiled once, then filled in for each reader.

A mail is Markdown with Jinja in it, set into one MJML layout. Jinja is taken out before Markdown, MJML and the CSS inliner see
the text and put back afterwards, so values are never read as markup, and filling in a mail is two small Jinja renders.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, lru_cache
from typing import Any, Literal

import css_inline
import inscriptis
import jinja2
from inscriptis.model.config import ParserConfig
from jinja2 import nodes
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markdown_it import MarkdownIt
from markupsafe import Markup
from mjml import mjml2html
from pydantic import Field

from domain import grammar, source
from domain.faults import Fault, FaultyText, Mark, suggestion
from domain.grammar import Spoken, Truth, Word
from domain.house import Wording
from domain.language import NAME

Kind = Literal["email", "slack", "tasks"]
MOST_RENDERED = 256_000
MOST_DEPTH = 40  # of tags in tags and brackets in brackets; Python compiles 100 blocks and 200 brackets
TOO_LARGE = f"it came out larger than {MOST_RENDERED:,} characters"
UNKNOWN = "a value it needs is not known; give it a default: {{ … | default('…', true) }}"


class MailHead(Spoken):
    """What stands above a mail's text."""

    subject: Word
    preview: Word = Field(description="what inboxes show beside the subject")
    operational: Truth = Field(default=False, description="the customer is waiting for it: it may leave at any hour")


class PostHead(Spoken):
    """What stands above a Slack post."""

    channel: Word | None = Field(default=None, description="where it goes when the step names nobody, without the #")
    subject: Word = Field(description="its subject for a person who is told by mail")


class TaskHead(Spoken):
    """What stands above a task's instructions."""

    title: Word


Head = MailHead | PostHead | TaskHead
_HEADS: Mapping[str, type[MailHead] | type[PostHead] | type[TaskHead]] = {"email": MailHead, "slack": PostHead, "tasks": TaskHead}


class Unfillable(ValueError):
    """A message cannot be composed for this reader: a value it needs is not known, or it came out too large."""


@dataclass(frozen=True)
class Message:
    """What one reader gets. `html` is None where the channel has only text."""

    subject: str
    text: str
    html: str | None = None


@dataclass(frozen=True)
class Template:
    """One file of words, compiled."""

    kind: Kind
    name: str
    hash: str
    head: Head
    body: str
    names: frozenset[str]
    plain: str = field(repr=False)  # its text, and a mail's page, with their tags in them
    page: str | None = field(default=None, repr=False)

    # Compiled when first filled in: whoever checks a hundred templates sends none of them.

    @cached_property
    def subject(self) -> jinja2.Template:
        return _plain.from_string(self.head.title if isinstance(self.head, TaskHead) else self.head.subject)

    @cached_property
    def text(self) -> jinja2.Template:
        return (_slack if self.kind == "slack" else _plain).from_string(self.plain)

    @cached_property
    def html(self) -> jinja2.Template | None:
        return _html.from_string(self.page) if self.page is not None else None

    @property
    def wording(self) -> Wording:
        match self.head:
            case MailHead():
                return Wording(self.name, operational=self.head.operational)
            case PostHead():
                return Wording(self.name, channel=self.head.channel)
            case TaskHead():
                return Wording(self.name)

    def fill(self, values: Mapping[str, Any]) -> Message:
        """The message for these values (`account.name` is values["account"]["name"]). Raises Unfillable."""
        try:
            subject, text = _one_line(_render(self.subject, values)), _render(self.text, values).strip() + "\n"
            message = Message(subject[:998], text, _render(self.html, values) if self.html else None)
        except jinja2.UndefinedError as error:
            raise Unfillable(f"{self.kind}/{self.name}: {error.message}") from None
        except (jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, NameError, TypeError, ValueError) as error:
            raise Unfillable(f"{self.kind}/{self.name}: {error}") from None
        if not message.subject:
            raise Unfillable(f"{self.kind}/{self.name}: its {'title' if self.kind == 'tasks' else 'subject'} came out empty")
        if len(message.html or "") + len(message.text) > MOST_RENDERED:
            raise Unfillable(f"{self.kind}/{self.name}: {TOO_LARGE}")
        return message


def _render(template: jinja2.Template, values: Mapping[str, Any]) -> str:
    """Piece by piece, so that a loop that writes too much is left early."""
    pieces: list[str] = []
    size = 0
    for piece in template.generate(values):
        size += len(piece)
        if size > MOST_RENDERED:
            raise Unfillable(TOO_LARGE)
        pieces.append(piece)
    return "".join(pieces)


# Control characters, and those that turn the direction of text so that it reads as something else.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def _one_line(text: str) -> str:
    return " ".join(_UNSEEN.sub("", " ".join(text.split())).split())


# What templates may do with a value


def _date(value: Any) -> str:
    """12 March 2026"""
    if value is None:
        raise Unfillable(UNKNOWN)
    if not isinstance(value, date):
        raise Unfillable(f"'{value}' is not a date")
    return f"{value.day} {value:%B %Y}"


def _number(value: Any) -> Decimal:
    if value is None:
        raise Unfillable(UNKNOWN)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Unfillable(f"'{value}' is not a number")
    return Decimal(str(value))


def _rounded(number: Decimal, digits: int = 0) -> Decimal:
    """Halves go up, as people round; and nothing is -0."""
    return number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) + 0


def _round(value: Any, digits: int = 0) -> float:
    if not 0 <= digits <= 9:
        raise Unfillable(f"{digits} is not a number of digits to round to")
    number = _number(value)
    return value if isinstance(value, int) else float(_rounded(number, digits))


def _money(value: Any, currency: str = "EUR") -> str:
    """€1,200; minus before the sign."""
    sign = {"EUR": "€", "USD": "$", "GBP": "£"}.get(currency, f"{currency} ")
    amount = _rounded(_number(value))
    return f"{'-' if amount < 0 else ''}{sign}{abs(amount):,}"


def _percent(value: Any) -> str:
    """0.725 is 73%."""
    return f"{_rounded(_number(value) * 100)}%"


def _join(values: Iterable[Any], between: str = "") -> str:
    words = [str(value) for value in values]
    if sum(map(len, words)) + len(between) * len(words) > MOST_RENDERED:
        raise Unfillable(TOO_LARGE)
    return between.join(words)


def _finalize(value: Any) -> Any:
    if value is None:
        raise Unfillable(UNKNOWN)
    if isinstance(value, date):
        return _date(value)
    return value


def _finalize_for_slack(value: Any) -> Any:
    # https://docs.slack.dev/messaging/formatting-message-text: these three are what Slack reads as markup
    return str(_finalize(value)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def without_slack(text: str) -> str:
    """A Slack text as its reader would see it there, for who gets it by mail."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class _Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"*"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A fact may be called `items` or `values`: that is never the method of the mapping it lies in."""
        if isinstance(obj, dict):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if isinstance(left, str | list | tuple) or isinstance(right, str | list | tuple):
            raise Unfillable("only numbers can be multiplied")
        return super().call_binop(context, operator, left, right)


def _environment(autoescape: bool, finalize: Callable[[Any], Any] = _finalize) -> ImmutableSandboxedEnvironment:
    environment = _Sandbox(autoescape=autoescape, undefined=jinja2.StrictUndefined, finalize=finalize)
    kept = ("default", "length", "lower", "upper", "title", "capitalize", "first", "last", "sort", "trim", "int")
    ours = {"date": _date, "money": _money, "percent": _percent, "round": _round, "join": _join}
    environment.filters = {name: environment.filters[name] for name in kept} | ours
    environment.globals = {}
    return environment


_html = _environment(autoescape=True)
_plain = _environment(autoescape=False)
_slack = _environment(autoescape=False, finalize=_finalize_for_slack)
FILTERS = tuple(sorted(_plain.filters))
TESTS = tuple(sorted(_plain.tests))
# Beside what reaches beyond the values: what makes much of little (a text set to itself twice, forty times), or takes for ever.
_FORBIDDEN: Mapping[type[nodes.Node], str] = {
    nodes.Include: "include", nodes.Import: "import", nodes.FromImport: "import", nodes.Extends: "extends", nodes.Macro: "macro",
    nodes.CallBlock: "call", nodes.Block: "block", nodes.Call: "call", nodes.ScopedEvalContextModifier: "autoescape",
    nodes.Assign: "set", nodes.AssignBlock: "set", nodes.With: "with", nodes.FilterBlock: "filter block", nodes.Pow: "**", nodes.Mod: "%",
}  # fmt: skip


# Compiling


# What neither MJML nor a database takes.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def compile(kind: Kind, name: str, text: str, layout: str = "", folder: str = "templates") -> Template:
    """Raises FaultyText. `layout` is the MJML that mails are set into; its [[subject]], [[preview]] and [[body]] are filled."""
    file = f"{folder}/{kind}/{name}.md"
    if not NAME.fullmatch(name):
        raise FaultyText([Fault(Mark(file, 1, 1), f"'{name}' cannot name a template; use small letters, digits and hyphens")])
    if len(text) > MOST_RENDERED:
        raise FaultyText([Fault(Mark(file, 1, 1), f"the file is larger than {MOST_RENDERED:,} characters")])
    for words, where in ((text, file), (layout, f"{folder}/email/layout.mjml")):
        if unseen := _CONTROL.search(words):
            above = words[: unseen.start()]
            mark = Mark(where, above.count("\n") + 1, len(above) - above.rfind("\n"))
            raise FaultyText([Fault(mark, "here is a character that cannot be seen, which pasting may bring; delete it")])
    head_text, body, line = _split(text, file)
    head: Head = grammar.load(_HEADS[kind], source.read(head_text, file), file)
    if not body.strip():
        raise FaultyText([Fault(Mark(file, line, 1), "there is no text below the second '---'")])
    subject, preview = head.title if isinstance(head, TaskHead) else head.subject, getattr(head, "preview", "")
    subject_line = head.place("title" if isinstance(head, TaskHead) else "subject").line
    names: set[str] = set()
    digest = hashlib.sha256(f"{text}\x1f{layout if kind == 'email' else ''}".encode()).hexdigest()
    try:
        for part, first in ((subject, subject_line), (preview, head.place("preview").line), (body, line)):
            names |= _names(part, file, first)
        if isinstance(head, MailHead):
            names |= _names_of_layout(layout, f"{folder}/email/layout.mjml")
            _check_links(body, file, line)
            html, plain = _mail(head, body, layout, f"{folder}/email/layout.mjml")
            return Template(kind, name, digest, head, body, frozenset(names), plain, html)
        return Template(kind, name, digest, head, body, frozenset(names), body)
    except jinja2.TemplateSyntaxError as error:
        raise FaultyText([Fault(Mark(file, line, 1), f"{error.message}")]) from None
    except (RecursionError, ValueError):
        # Of Jinja and Python: some sixty brackets in each other, numbers of four thousand digits.
        raise FaultyText([Fault(Mark(file, line, 1), "it is nested too deeply, or holds a number that is too long")]) from None


def _split(text: str, file: str) -> tuple[str, str, int]:
    match = re.match(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL)
    if not match:
        raise FaultyText([Fault(Mark(file, 1, 1), "a template begins with its fields between two '---' lines, then its text")])
    return "\n" + match[1], match[2], match[1].count("\n") + 4


def _names(text: str, file: str, first_line: int) -> set[str]:
    """The dotted names a text reads; raises FaultyText for syntax and for what templates may not do."""
    try:
        tree = _plain.parse(text)
    except jinja2.TemplateSyntaxError as error:
        raise FaultyText([Fault(Mark(file, first_line + error.lineno - 1, 1), f"{error.message}")]) from None
    if _is_deep(tree):
        raise ValueError("deeper than Python can be trusted to compile")
    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
    found: set[str] = set()

    def refuse(node: nodes.Node, sentence: str) -> FaultyText:
        return FaultyText([Fault(Mark(file, first_line + node.lineno - 1, 1), sentence)])

    for node in tree.find_all(tuple(_FORBIDDEN)):
        raise refuse(node, f"templates know no {_FORBIDDEN[type(node)]}; use values, filters, if and for")
    for loop in tree.find_all(nodes.For):
        if inside := next(loop.find_all(nodes.For), None):
            raise refuse(inside, "a for inside a for would take too long; use one")
    for filter in tree.find_all(nodes.Filter):
        if filter.name not in FILTERS:
            raise refuse(filter, f"no filter is called '{filter.name}'{suggestion(filter.name, FILTERS)}")
    for test in tree.find_all(nodes.Test):
        if test.name not in TESTS:
            raise refuse(test, f"nothing can be tested for being '{test.name}'{suggestion(test.name, TESTS)}")
    inner: set[str] = set()
    for attribute in tree.find_all(nodes.Getattr):
        if dotted := _dotted(attribute):
            found.add(dotted)
            inner.update(dotted.rsplit(".", count)[0] for count in range(1, dotted.count(".") + 1))
    found |= {name.name for name in tree.find_all(nodes.Name) if name.ctx == "load"}
    return {name for name in found if name not in inner and name.split(".")[0] not in own}


def _is_deep(tree: nodes.Node) -> bool:
    level: list[nodes.Node] = [tree]
    for _ in range(MOST_DEPTH):
        level = [inner for node in level for inner in node.iter_child_nodes()]
    return bool(level)


@lru_cache(maxsize=8)
def _names_of_layout(layout: str, file: str) -> frozenset[str]:
    """All mails are set into the same one."""
    return frozenset(_names(layout, file, 1))


def _dotted(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr) and (left := _dotted(node.node)):
        return f"{left}.{node.attr}"
    return None


_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


class _Vault:
    """Jinja tags put away behind words that Markdown, MJML and inliners leave alone."""

    def __init__(self) -> None:
        self.tags: list[str] = []

    def put_away(self, text: str) -> str:
        return _TAG.sub(self._store, text)

    def _store(self, match: re.Match[str]) -> str:
        self.tags.append(match[0])
        return f"qzjinja{len(self.tags) - 1}q"

    def bring_back(self, text: str) -> str:
        return re.sub(r"qzjinja(\d+)q", lambda match: self.tags[int(match[1])], text)


_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
_links = ParserConfig(display_links=True, display_anchors=False)


def _check_links(body: str, file: str, line: int) -> None:
    """What is told of an account is no address to send its people to; `links` are ours and begin with https://."""
    vault = _Vault()
    rendered = _markdown.render(vault.put_away(body))
    for number in re.findall(r'(?:href|src)="qzjinja(\d+)q', rendered):
        tag = vault.tags[int(number)]
        if not re.match(r"\{\{-?\s*links\.", tag):
            above, _, _ = body.partition(tag)
            mark = Mark(file, line + above.count("\n"), len(above) - above.rfind("\n"))
            raise FaultyText([Fault(mark, "a link begins with https:// or with {{ links.<name> }}")])


def _mail(head: MailHead, body: str, layout: str, file: str) -> tuple[str, str]:
    if "[[body]]" not in layout:
        raise FaultyText([Fault(Mark(file, 1, 1), "the layout has no [[body]], where the text of a mail goes")])
    vault = _Vault()
    rendered = _markdown.render(vault.put_away(body))
    # A tag alone in a paragraph is control flow, not text.
    rendered = re.sub(r"<p>((?:qzjinja\d+q\s*)+)</p>", lambda match: match[1] if _are_blocks(match[1], vault) else match[0], rendered)
    rendered = rendered.replace(' title="button"', ' class="button"')
    page = vault.put_away(layout)
    for place, words in (("subject", head.subject), ("preview", head.preview)):
        page = page.replace(f"[[{place}]]", str(Markup.escape(vault.put_away(words))))
    page = page.replace("[[body]]", rendered)
    try:
        html = css_inline.inline(mjml2html(page), load_remote_stylesheets=False)
    except ValueError as error:
        raise FaultyText([Fault(Mark(file, 1, 1), f"this is not MJML: {error}")]) from None
    return vault.bring_back(html), vault.bring_back(_as_text(rendered))


def _are_blocks(words: str, vault: _Vault) -> bool:
    return all(vault.tags[int(number)].startswith("{%") for number in re.findall(r"qzjinja(\d+)q", words))


def _as_text(html: str) -> str:
    text = inscriptis.get_text(f"<html><body>{html}</body></html>", _links)
    text = re.sub(r"\[([^\]]+)\]\(([^)]+)\)", lambda match: match[2] if match[1] == match[2] else f"{match[1]}: {match[2]}", text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n\n-- \n{{ brand.company }} · {{ brand.postal_address }}\n"


@dataclass(frozen=True)
class Words:
    """All published templates, by kind and name."""

    templates: Mapping[tuple[str, str], Template] = field(default_factory=dict)

    def of(self, kind: Kind) -> dict[str, Wording]:
        return {name: template.wording for (found, name), template in self.templates.items() if found == kind}

    def get(self, kind: Kind, name: str) -> Template | None:
        return self.templates.get((kind, name))

    @cached_property
    def hash(self) -> str:
        return hashlib.sha256("".join(sorted(template.hash for template in self.templates.values())).encode()).hexdigest()


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Flat full names as templates read them: {"account.name": x} is {"account": {"name": x}}."""
    tree: dict[str, Any] = {}
    for name, value in values.items():
        space, dot, rest = name.partition(".")
        if dot:
            tree.setdefault(space, {})[rest] = value
        else:
            tree[space] = value
    return tree
