"""From words to messages: a template is checked and compiled once, then filled in for each reader.

A mail is Markdown with Jinja in it, set into one MJML layout. Jinja is taken out before Markdown, MJML and the CSS inliner see
the text and put back afterwards, so values are never read as markup, and filling in a mail is two small Jinja renders.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

import css_inline
import inscriptis
import jinja2
from inscriptis.model.config import ParserConfig
from jinja2 import nodes
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
    subject: jinja2.Template = field(repr=False)
    text: jinja2.Template = field(repr=False)
    html: jinja2.Template | None = field(default=None, repr=False)

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
            subject = " ".join(self.subject.render(values).split())
            message = Message(subject[:998], self.text.render(values).strip() + "\n", self.html.render(values) if self.html else None)
        except jinja2.UndefinedError as error:
            raise Unfillable(f"{self.kind}/{self.name}: {error.message}") from None
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as error:
            raise Unfillable(f"{self.kind}/{self.name}: {error}") from None
        if len(message.html or "") + len(message.text) > MOST_RENDERED:
            raise Unfillable(f"{self.kind}/{self.name}: it came out larger than {MOST_RENDERED:,} characters")
        return message


# What templates may do with a value


def _date(value: date) -> str:
    """12 March 2026"""
    return f"{value.day} {value:%B %Y}"


def _money(value: float, currency: str = "EUR") -> str:
    sign = {"EUR": "€", "USD": "$", "GBP": "£"}.get(currency, currency + " ")
    return f"{sign}{value:,.0f}"


def _percent(value: float) -> str:
    """0.725 is 73%."""
    return f"{value * 100:.0f}%"


def _finalize(value: Any) -> Any:
    if value is None:
        raise Unfillable("a value it needs is not known; give it a default: {{ … | default('…', true) }}")
    if isinstance(value, date):
        return _date(value)
    return value


def _finalize_for_slack(value: Any) -> Any:
    # https://docs.slack.dev/messaging/formatting-message-text: these three are what Slack reads as markup
    return str(_finalize(value)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _environment(autoescape: bool, finalize: Callable[[Any], Any] = _finalize) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(autoescape=autoescape, undefined=jinja2.StrictUndefined, finalize=finalize)
    kept = ("default", "join", "length", "lower", "upper", "title", "capitalize", "round", "first", "last", "sort", "trim", "int")
    environment.filters = {name: environment.filters[name] for name in kept} | {"date": _date, "money": _money, "percent": _percent}
    environment.globals = {}
    return environment


_html = _environment(autoescape=True)
_plain = _environment(autoescape=False)
_slack = _environment(autoescape=False, finalize=_finalize_for_slack)
FILTERS = tuple(sorted(_plain.filters))
_FORBIDDEN = (
    nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Macro, nodes.CallBlock, nodes.Block, nodes.Call,
    nodes.ScopedEvalContextModifier,
)  # fmt: skip


# Compiling


def compile(kind: Kind, name: str, text: str, layout: str = "", folder: str = "templates") -> Template:
    """Raises FaultyText. `layout` is the MJML that mails are set into; its [[subject]], [[preview]] and [[body]] are filled."""
    file = f"{folder}/{kind}/{name}.md"
    if not NAME.fullmatch(name):
        raise FaultyText([Fault(Mark(file, 1, 1), f"'{name}' cannot name a template; use small letters, digits and hyphens")])
    head_text, body, line = _split(text, file)
    head: Head = grammar.load(_HEADS[kind], source.read(head_text, file), file)
    if not body.strip():
        raise FaultyText([Fault(Mark(file, line, 1), "there is no text below the second '---'")])
    environment = _slack if kind == "slack" else _plain
    subject = head.title if isinstance(head, TaskHead) else head.subject
    names: set[str] = set()
    for part, first in ((subject, 2), (getattr(head, "preview", ""), 2), (body, line)):
        names |= _names(part, file, first)
    digest = hashlib.sha256(f"{text}\x1f{layout if kind == 'email' else ''}".encode()).hexdigest()
    try:
        if isinstance(head, MailHead):
            html, plain = _mail(head, body, layout)
            return Template(
                kind,
                name,
                digest,
                head,
                body,
                frozenset(names),
                _plain.from_string(subject),
                _plain.from_string(plain),
                _html.from_string(html),
            )
        return Template(kind, name, digest, head, body, frozenset(names), _plain.from_string(subject), environment.from_string(body))
    except jinja2.TemplateSyntaxError as error:
        raise FaultyText([Fault(Mark(file, line, 1), f"{error.message}")]) from None


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
    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
    found: set[str] = set()
    for node in tree.find_all(_FORBIDDEN):
        raise FaultyText(
            [
                Fault(
                    Mark(file, first_line + node.lineno - 1, 1),
                    f"templates know no {type(node).__name__.lower()}; use values, filters, if and for",
                )
            ]
        )
    for filter in tree.find_all(nodes.Filter):
        if filter.name not in FILTERS:
            raise FaultyText(
                [
                    Fault(
                        Mark(file, first_line + filter.lineno - 1, 1),
                        f"no filter is called '{filter.name}'{suggestion(filter.name, FILTERS)}",
                    )
                ]
            )
    inner: set[str] = set()
    for attribute in tree.find_all(nodes.Getattr):
        if dotted := _dotted(attribute):
            found.add(dotted)
            inner.update(dotted.rsplit(".", count)[0] for count in range(1, dotted.count(".") + 1))
    found |= {name.name for name in tree.find_all(nodes.Name) if name.ctx == "load"}
    return {name for name in found if name not in inner and name.split(".")[0] not in own}


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


def _mail(head: MailHead, body: str, layout: str) -> tuple[str, str]:
    vault = _Vault()
    rendered = _markdown.render(vault.put_away(body))
    # A tag alone in a paragraph is control flow, not text.
    rendered = re.sub(r"<p>((?:qzjinja\d+q\s*)+)</p>", lambda match: match[1] if _are_blocks(match[1], vault) else match[0], rendered)
    rendered = rendered.replace(' title="button"', ' class="button"')
    page = vault.put_away(layout)
    for place, words in (("subject", head.subject), ("preview", head.preview)):
        page = page.replace(f"[[{place}]]", str(Markup.escape(vault.put_away(words))))
    page = page.replace("[[body]]", rendered)
    html = css_inline.inline(mjml2html(page), load_remote_stylesheets=False)
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
