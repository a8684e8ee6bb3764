"""From words to a page: Markdown or MJML set into a layout, its CSS inlined, and the same in plain text.

Tags are taken out before Markdown, MJML and the CSS inliner see the words and put back afterwards, so values are never read as
markup, and filling in a mail is two small renders.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import css_inline
import inscriptis
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from markdown_it import MarkdownIt
from markupsafe import Markup
from mjml import mjml2html

from domain.faults import Fault, FaultyText, Mark

BODY, SECTIONS = "[[body]]", "[[sections]]"
MOST_NESTED = 60  # elements in each other; the MJML library goes down a stack, and takes the process with it where that ends
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_ELEMENT = re.compile(r"<!--.*?(?:-->|\Z)|<(/?)([a-zA-Z][\w-]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?(/?)>", re.DOTALL)
_ALONE = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
_BRACE = re.compile(r"&(?:#0*123|#x0*7b|lbrace|lcub);|\{(?=&)", re.IGNORECASE)  # written so, it is no tag's
_COMMENT = re.compile(r"<!--(?!\[if).*?-->", re.DOTALL)  # what Outlook reads as conditions stays
_BLOCKS = "br|div|h[1-6]|li|ol|p|table|t[dhr]|ul"
_MJML_LINK = re.compile(r"""\b(?:href|src|background-url)\s*=\s*["']\s*([^"']*)""")

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
_links = ParserConfig(css=CSS_PROFILES["strict"], display_links=True, display_anchors=False)


class Vault:
    """Tags put away behind words that Markdown, MJML and inliners leave alone."""

    def __init__(self) -> None:
        self.tags: list[str] = []

    def put_away(self, text: str) -> str:
        return _TAG.sub(self._store, text)

    def put_braces_away(self, text: str) -> str:
        """Braces that were written not to be tags (as \\{ or &#123;) stay braces, and brackets that are no link stay brackets."""
        # So do ampersands: inscriptis reads &amp;#123; as &#123;, and that again as a brace.
        return re.sub(r"[][{]|&amp;", lambda match: self.keep(f"{{{{ '{match[0][0]}' }}}}"), text)

    def _store(self, match: re.Match[str]) -> str:
        return self.keep(match[0])

    def keep(self, tag: str) -> str:
        self.tags.append(tag)
        return f"qzjinja{len(self.tags) - 1}q"

    def bring_back(self, text: str) -> str:
        return re.sub(r"qzjinja(\d+)q", lambda match: self.tags[int(match[1])], text)


@dataclass(frozen=True, slots=True)
class Layout:
    """What mails are set into, without its comments. `file` is named in faults."""

    file: str
    text: str

    @classmethod
    def read(cls, file: str, text: str) -> Layout:
        """Raises FaultyText."""
        _check_nesting(text, file, 1)
        return cls(file, _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text))


@dataclass(frozen=True, slots=True)
class Page:
    """A mail's page and its text, with their tags in them."""

    html: str
    text: str


def mail(subject: str, preview: str, body: str, layout: Layout) -> Page:
    """A mail of Markdown. Raises FaultyText."""
    if BODY not in layout.text:
        raise FaultyText([Fault(Mark(layout.file, 1, 1), f"the layout has no {BODY}, where the text of a mail goes")])
    vault = Vault()
    rendered = _markdown.render(vault.put_away(body))
    rendered = vault.put_braces_away(rendered)
    # A tag alone in a paragraph is control flow, not text.
    rendered = re.sub(r"<p>((?:qzjinja\d+q\s*)+)</p>", lambda match: match[1] if _are_blocks(match[1], vault) else match[0], rendered)
    rendered = rendered.replace(' title="button"', ' class="button"')
    html = _set(vault, subject, preview, BODY, rendered, layout, Mark(layout.file, 1, 1))
    return Page(html, vault.bring_back(_as_text(rendered)) + _foot(layout, BODY))


def mail_of_sections(subject: str, preview: str, body: str, layout: Layout, mark: Mark) -> Page:
    """A mail of MJML sections, whose body begins at `mark`. Raises FaultyText."""
    if SECTIONS not in layout.text:
        raise FaultyText([Fault(mark, f"the layout of a mail in MJML has {SECTIONS}, where its sections go, and {layout.file} has none")])
    _check_nesting(body, mark.file, mark.line)
    vault = Vault()
    sections = _BRACE.sub(lambda _: vault.keep("{{ '{' }}"), vault.put_away(body))
    words = _as_text(_without_mjml(sections))
    return Page(_set(vault, subject, preview, SECTIONS, sections, layout, mark), vault.bring_back(words) + _foot(layout, SECTIONS))


def _set(vault: Vault, subject: str, preview: str, place: str, body: str, layout: Layout, mark: Mark) -> str:
    page = vault.put_away(layout.text)
    for name, words in (("subject", subject), ("preview", preview)):
        page = page.replace(f"[[{name}]]", str(Markup.escape(vault.put_away(words))))
    html = _html(page.replace(place, body), mark)
    for number in re.findall(r"qzjinja(\d+)q", body):
        if f"qzjinja{number}q" not in html:
            tag = vault.tags[int(number)]
            raise FaultyText([Fault(mark, f"MJML drops {tag} where it stands; put it inside an <mj-text>, or alone into an <mj-raw>")])
    return vault.bring_back(html)


def _html(mjml: str, mark: Mark) -> str:
    try:
        return css_inline.inline(mjml2html(mjml), load_remote_stylesheets=False, keep_at_rules=True)
    except ValueError as error:
        raise FaultyText([Fault(mark, f"this is not MJML: {error}")]) from None


def _are_blocks(words: str, vault: Vault) -> bool:
    return all(vault.tags[int(number)].startswith("{%") for number in re.findall(r"qzjinja(\d+)q", words))


def _as_text(html: str) -> str:
    text = inscriptis.get_text(f"<html><body>{html}</body></html>", _links)
    text = re.sub(r"\[([^\]]+)\]\(([^)]+)\)", lambda match: match[2] if match[1] == match[2] else f"{match[1]}: {match[2]}", text)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.strip().splitlines()))


def _foot(layout: Layout, place: str) -> str:
    """What a layout says below the words, under the line that mail programs know (RFC 3676, 4.3)."""
    vault = Vault()
    words = vault.bring_back(_as_text(_without_mjml(vault.put_away(layout.text.partition(place)[2]))))
    return f"\n\n-- \n{words}\n" if words else "\n"


def _without_mjml(sections: str) -> str:
    """The words of sections in the order in which they are read, and nothing of how they stand side by side."""
    for element, instead in (
        (r'<mj-button\b[^>]*?\bhref="([^"]*)"[^>]*>(.*?)</mj-button>', r'<p><a href="\1">\2</a></p>'),
        (r'<mj-image\b[^>]*?\balt="([^"]*)"[^>]*/?>', r"<p>\1</p>"),
        (r"<mj-table\b[^>]*>", "<table>"), ("</mj-table>", "</table>"), (r"<mj-text\b[^>]*>", "<div>"), ("</mj-text>", "</div>"),
        (r"</?mj-[^>]*>", ""),
    ):  # fmt: skip
        sections = re.sub(element, instead, sections, flags=re.DOTALL)
    return re.sub(rf"\s*(</?(?:{_BLOCKS})\b[^>]*>)\s*", r"\1", sections)  # white space around them would indent the text


def _check_nesting(text: str, file: str, first_line: int) -> None:
    depth = 0
    for element in _ELEMENT.finditer(text):
        closes, name, is_whole = element[1], element[2], element[3]
        if name is None or is_whole or name.lower() in _ALONE:
            continue
        depth = max(0, depth - 1) if closes else depth + 1
        if depth > MOST_NESTED:
            line = first_line + text.count("\n", 0, element.start())
            raise FaultyText([Fault(Mark(file, line, 1), f"more than {MOST_NESTED} elements lie in each other here")])


# Where links lead


def told_links(body: str) -> Iterator[int]:
    """Where in a body an address begins with a value that is not a link of ours: it was told, and is not to be trusted."""
    vault = Vault()
    words = vault.put_away(body)
    rendered = words if "<mj-" in body else _markdown.render(words)
    for number in re.findall(r'(?:href|src|background-url)\s*=\s*["\']\s*qzjinja(\d+)q', rendered):
        tag = vault.tags[int(number)]
        if not re.match(r"\{\{-?\s*links\.", tag):
            yield body.index(tag)


def mjml_links(body: str) -> Iterator[tuple[int, str]]:
    """Each address of a body of MJML, and where it stands."""
    for match in _MJML_LINK.finditer(body):
        yield match.start(1), match[1]
