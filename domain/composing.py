"""From words to messages: a template is checked and compiled once, then filled in for each reader."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal, get_args

import jinja2
from pydantic import Field

from domain import grammar, inspecting, locales, needs, sandbox, source, typesetting
from domain.faults import Fault, FaultyText, Mark, suggestion
from domain.grammar import Spoken, Truth, Word
from domain.language import NAME
from domain.locales import UnknownLanguage
from domain.sandbox import MOST_RENDERED, TOO_LARGE, Unfillable, Unknown
from domain.typesetting import Layout, Page

Kind = Literal["email", "slack", "tasks"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST_PAGE = 102_000  # bytes of a mail's page, from which on Gmail hides the rest behind a link
LAYOUTS, USUAL = "layouts/", "mail"
_ONLY_LAYOUT = "email/layout.mjml"  # where it lay while there was one for all mails; published ones lie there still


@dataclass(frozen=True, slots=True)
class Wording:
    """What rules need to know of one template: whether its mail is operational (may leave at any hour), what it is about, its channel,
    and the survey it asks."""

    name: str
    operational: bool = False
    channel: str | None = None
    topic: str | None = None
    survey: str | None = None


class MailHead(Spoken):
    """What stands above a mail's text."""

    subject: Word
    preview: Word = Field(description="what inboxes show beside the subject")
    operational: Truth = Field(default=False, description="the customer is waiting for it: it may leave at any hour")
    topic: Word | None = Field(default=None, description="what it is about (policies/contact.yaml): readers turn topics off")
    survey: Word | None = Field(default=None, description="the survey (policies/surveys.yaml) it asks, by {{ survey.scale }} in its text")
    layout: Word = Field(default=USUAL, description="the file of templates/layouts/ that it is set into")


class PostHead(Spoken):
    """What stands above a Slack post."""

    channel: Word | None = Field(default=None, description="where it goes when the step names nobody, without the #")
    subject: Word = Field(description="its subject for a person who is told by mail")


class TaskHead(Spoken):
    """What stands above a task's instructions."""

    title: Word


Head = MailHead | PostHead | TaskHead
_HEADS: Mapping[str, type[MailHead] | type[PostHead] | type[TaskHead]] = {"email": MailHead, "slack": PostHead, "tasks": TaskHead}


@dataclass(frozen=True)
class Message:
    """What one reader gets. `html` is None where the channel has only text."""

    subject: str
    text: str
    html: str | None = None


def body_hash(message: Message) -> str:
    """SHA-256 of what its reader gets: subject, text and page."""
    body = f"{message.subject}\x1f{message.text}\x1f{message.html or ''}"
    return hashlib.sha256(body.encode()).hexdigest()


@dataclass(frozen=True)
class Template:
    """One file of words, compiled. `locale` is empty where it is written in the language of the house."""

    kind: Kind
    name: str
    hash: str
    head: Head
    body: str
    names: frozenset[str]
    plain: str = field(repr=False)  # its text, and a mail's page, with their tags in them
    page: str | None = field(default=None, repr=False)
    locale: str = ""
    is_mjml: bool = False

    # Compiled when first filled in: whoever checks a hundred templates sends none of them.

    @cached_property
    def subject(self) -> jinja2.Template:
        return sandbox.plain.from_string(self.head.title if isinstance(self.head, TaskHead) else self.head.subject)

    @cached_property
    def text(self) -> jinja2.Template:
        return (sandbox.slack if self.kind == "slack" else sandbox.plain).from_string(self.plain)

    @cached_property
    def html(self) -> jinja2.Template | None:
        return sandbox.html.from_string(self.page) if self.page is not None else None

    @property
    def key(self) -> tuple[str, str]:
        """Its kind, and its name with its language: ("email", "welcome.de")."""
        return self.kind, f"{self.name}.{self.locale}" if self.locale else self.name

    @property
    def path(self) -> str:
        """How it is called among texts that are published: `email/welcome.de`, `email/report.mjml`."""
        return "/".join(self.key) + (".mjml" if self.is_mjml else "")

    @property
    def file(self) -> str:
        """Where it lies: templates/email/welcome.de.md"""
        return f"templates/{self.path}" + ("" if self.is_mjml else ".md")

    @property
    def wording(self) -> Wording:
        match self.head:
            case MailHead():
                return Wording(self.name, operational=self.head.operational, topic=self.head.topic, survey=self.head.survey)
            case PostHead():
                return Wording(self.name, channel=self.head.channel)
            case TaskHead():
                return Wording(self.name)

    def fill(self, values: Mapping[str, Any], formats: str = "") -> Message:
        """The message for these values (`account.name` is values["account"]["name"]), with dates and numbers as they are written in
        the language `formats`; else in its own, else in the house's usual one. Raises Unfillable."""
        return self._filled(values, formats, with_page=True)

    def try_out(self, values: Mapping[str, Any], formats: str = "") -> None:
        """Only whether it can be filled in, with the page left out, which says the same. Raises Unfillable."""
        self._filled(values, formats, with_page=False)

    def _filled(self, values: Mapping[str, Any], formats: str, with_page: bool) -> Message:
        formats = formats or self.locale or locales.HOUSE
        try:
            subject = _one_line(sandbox.render(self.subject, values, formats))
            text = sandbox.render(self.text, values, formats).strip() + "\n"
            if self.kind == "email":
                text = _EMPTY_LINES.sub("\n\n", _SPACES.sub("", text))
            page = sandbox.render(self.html, values, formats) if self.html and with_page else None
            message = Message(subject[:998], text, page)
        except Unknown as error:
            raise Unfillable(f"{self.kind}/{self.name}: {self._missing(values) or error}") from None
        except jinja2.UndefinedError as error:
            raise Unfillable(f"{self.kind}/{self.name}: {error.message}") from None
        except (jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, NameError, TypeError, ValueError) as error:
            raise Unfillable(f"{self.kind}/{self.name}: {error}") from None
        if not message.subject:
            raise Unfillable(f"{self.kind}/{self.name}: its {'title' if self.kind == 'tasks' else 'subject'} came out empty")
        if len(message.text) > MOST_RENDERED:
            raise Unfillable(f"{self.kind}/{self.name}: {TOO_LARGE}")
        if len((message.html or "").encode()) > MOST_PAGE:
            raise Unfillable(f"{self.kind}/{self.name}: its page came out larger than {MOST_PAGE:,} bytes, where inboxes cut a mail off")
        return message

    def _missing(self, values: Mapping[str, Any]) -> str:
        """What it needs that is not known, in a sentence; empty where that cannot be named."""
        head = [getattr(self.head, field, "") for field in ("title", "subject", "preview")]
        names = sorted(name for name in needs.of_template(*head, self.body) if _value(values, name) is None)
        if not names:
            return ""
        said = f"{', '.join(names[:-1])} and {names[-1]} are" if len(names) > 1 else f"{names[0]} is"
        return f"{said} not known; tell that, or give it a default: {{{{ {names[0]} | default('…', true) }}}}"


def _value(values: Mapping[str, Any], name: str) -> Any:
    found: Any = values
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


# What conditions leave in a text.
_SPACES, _EMPTY_LINES = re.compile(r"(?<=\n)[ \t]+(?=\n)"), re.compile(r"\n{3,}")
# Control characters, and those that turn the direction of text so that it reads as something else.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def _one_line(text: str) -> str:
    return " ".join(_UNSEEN.sub("", " ".join(text.split())).split())


# Files


@dataclass(frozen=True, slots=True)
class File:
    """What the name of a template says: `email/welcome.de`, `email/report.mjml`."""

    kind: Kind
    name: str
    locale: str = ""
    is_mjml: bool = False

    def path(self, folder: str = "templates") -> str:
        stem = f"{self.name}.{self.locale}" if self.locale else self.name
        return f"{folder}/{self.kind}/{stem}{'.mjml' if self.is_mjml else '.md'}"


def file(kind: Kind, stem: str, folder: str = "templates") -> File:
    """Raises FaultyText."""
    words = stem.removesuffix(".mjml")
    name, _, locale = words.partition(".")
    found = File(kind, name, locale, words != stem)

    def refuse(sentence: str) -> FaultyText:
        return FaultyText([Fault(Mark(found.path(folder), 1, 1), sentence)])

    if not NAME.fullmatch(name):
        raise refuse(f"'{name}' cannot name a template; use small letters, digits and hyphens")
    if kind != "email" and (found.is_mjml or "." in words):
        raise refuse("only mails are written in several languages, or in MJML: our own people read the language of the house")
    if "." in words:
        try:
            tag = str(locales.read(locale)).replace("_", "-")
        except UnknownLanguage as error:
            raise refuse(str(error)) from None
        if tag != locale:
            raise refuse(f"write the language as '{tag}'")
    return found


def is_layout(name: str) -> bool:
    """Whether a text of templates/ is a layout, by its name among those that are published."""
    return name.startswith(LAYOUTS) or name == _ONLY_LAYOUT


def layouts(templates: Mapping[str, str]) -> dict[str, str]:
    """The layouts among the texts of templates/, by the name that mails call them by."""
    found = {name.removeprefix(LAYOUTS).removesuffix(".mjml"): text for name, text in templates.items() if name.startswith(LAYOUTS)}
    return {USUAL: templates[_ONLY_LAYOUT], **found} if _ONLY_LAYOUT in templates else found


# Compiling


# What neither MJML nor a database takes.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def compile(kind: Kind, stem: str, text: str, layouts: Mapping[str, str], folder: str = "templates") -> Template:
    """A template by the name of its file without .md: `welcome`, `welcome.de`, `report.mjml`. Raises FaultyText.

    `layouts` are MJML; [[subject]], [[preview]] and [[body]] (or [[sections]]) are filled with what a mail says. The same texts
    are compiled once.
    """
    return _compiled(kind, stem, text, tuple(sorted(layouts.items())), folder)


@lru_cache(maxsize=2048)
def _compiled(kind: Kind, stem: str, text: str, layouts: tuple[tuple[str, str], ...], folder: str) -> Template:
    found = file(kind, stem, folder)
    path = found.path(folder)
    _check_characters(text, path)
    head_text, body, line = _split(text, path)
    head: Head = grammar.load(_HEADS[kind], source.read(head_text, path), path)
    if not body.strip():
        raise FaultyText([Fault(Mark(path, line, 1), "there is no text below the second '---'")])
    layout = _layout(head, dict(layouts), folder) if isinstance(head, MailHead) else None
    names: set[str] = set()
    try:
        for part, first in _parts(head, body, line):
            names |= inspecting.names(part, path, first)
            if isinstance(head, MailHead):
                inspecting.refuse_raw(part, path, first)
        page = None
        if isinstance(head, MailHead) and layout:
            names |= inspecting.names_of_layout(layout.text, layout.file)
            page = _page(found, head, body, layout, Mark(path, line, 1))
    except jinja2.TemplateSyntaxError as error:
        raise FaultyText([Fault(Mark(path, line, 1), f"{error.message}")]) from None
    except (RecursionError, ValueError) as error:
        if isinstance(error, FaultyText):
            raise
        # Of Jinja and Python: some sixty brackets in each other, numbers of four thousand digits.
        raise FaultyText([Fault(Mark(path, line, 1), "it is nested too deeply, or holds a number that is too long")]) from None
    digest = hashlib.sha256(f"{text}\x1f{layout.text if layout else ''}".encode()).hexdigest()
    return Template(
        kind, found.name, digest, head, body, frozenset(names), page.text if page else body, page.html if page else None, found.locale,
        found.is_mjml,
    )  # fmt: skip


def _check_characters(text: str, path: str) -> None:
    if len(text) > MOST_RENDERED:
        raise FaultyText([Fault(Mark(path, 1, 1), f"the file is larger than {MOST_RENDERED:,} characters")])
    if unseen := _CONTROL.search(text):
        above = text[: unseen.start()]
        mark = Mark(path, above.count("\n") + 1, len(above) - above.rfind("\n"))
        raise FaultyText([Fault(mark, "here is a character that cannot be seen, which pasting may bring; delete it")])


def _split(text: str, path: str) -> tuple[str, str, int]:
    match = re.match(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL)
    if not match:
        raise FaultyText([Fault(Mark(path, 1, 1), "a template begins with its fields between two '---' lines, then its text")])
    return "\n" + match[1], match[2], match[1].count("\n") + 4


def _layout(head: MailHead, layouts: Mapping[str, str], folder: str) -> Layout:
    text = layouts.get(head.layout)
    if text is None:
        sentence = f"no layout is called '{head.layout}'{suggestion(head.layout, layouts)}; layouts lie in {folder}/{LAYOUTS}"
        raise FaultyText([Fault(head.place("layout"), sentence)])
    path = f"{folder}/{LAYOUTS}{head.layout}.mjml"
    _check_characters(text, path)
    return Layout.read(path, text)


def _parts(head: Head, body: str, line: int) -> list[tuple[str, int]]:
    """Every text of a template with the line it begins on."""
    heads = ("title",) if isinstance(head, TaskHead) else ("subject", "preview") if isinstance(head, MailHead) else ("subject",)
    return [*((getattr(head, field), head.place(field).line) for field in heads), (body, line)]


def _page(found: File, head: MailHead, body: str, layout: Layout, mark: Mark) -> Page:
    for offset in typesetting.told_links(body):
        above = body[:offset]
        place = Mark(mark.file, mark.line + above.count("\n"), len(above) - above.rfind("\n"))
        raise FaultyText([Fault(place, "a link begins with https:// or with {{ links.<name> }}")])
    if found.is_mjml:
        page = typesetting.mail_of_sections(head.subject, head.preview, body, layout, mark)
    else:
        page = typesetting.mail(head.subject, head.preview, body, layout)
    if len(page.html.encode()) > MOST_PAGE:
        raise FaultyText([Fault(Mark(mark.file, 1, 1), f"the mail is larger than {MOST_PAGE:,} bytes, and inboxes cut it off there")])
    return page


@dataclass(frozen=True)
class Words:
    """All published templates, by kind and by name with its language."""

    templates: Mapping[tuple[str, str], Template] = field(default_factory=dict)

    def of(self, kind: Kind) -> dict[str, Wording]:
        """What rules need to know of each, whatever the languages it is written in."""
        return {template.name: template.wording for template in self.templates.values() if template.kind == kind and not template.locale}

    def get(self, kind: Kind, name: str, locale: str = "") -> Template | None:
        """A template in this language, None where it is not written in it."""
        return self.templates.get((kind, f"{name}.{locale}" if locale else name))

    def languages(self, kind: Kind, name: str) -> frozenset[str]:
        """Those it is written in beside the one of the house."""
        return self._languages.get((kind, name), frozenset())

    def written_for(self, kind: Kind, name: str, wanted: Sequence[object], house: str) -> tuple[Template, str] | None:
        """The template in the best of the languages somebody would like, and the one in which dates are written beside it."""
        choice = locales.choose(self.languages(kind, name), wanted, house)
        template = self.get(kind, name, choice.words)
        return (template, choice.formats) if template else None

    @cached_property
    def _languages(self) -> Mapping[tuple[str, str], frozenset[str]]:
        found: dict[tuple[str, str], frozenset[str]] = {}
        for template in self.templates.values():
            if template.locale:
                key = (template.kind, template.name)
                found[key] = found.get(key, frozenset()) | {template.locale}
        return found

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
