"""Every shipped template as its readers get it, on one day, and what of that is kept to compare with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from database import definitions
from database.definitions import Published
from runtime import folders, previewing
from runtime.previewing import Preview
from tests.installation import ROOT

SNAPSHOTS = Path(__file__).parent / "snapshots"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
# Of every mail its text is kept; of one of each layout also the body of its page, and of the first the head too.
PAGES = ("email/welcome", "email/executive-outreach", "email/usage-report")


@cache
def published() -> Published:
    return definitions.compile_all(folders.read(ROOT))


def cases() -> list[tuple[str, str, str | None]]:
    """(kind/name, segment, language) of everything that is shipped."""
    return list(previewing.everything(published()))


def render(name: str, segment: str, locale: str | None, day: int = previewing.DAY, bare: bool = False) -> Preview:
    account = previewing.described(published(), segment, NOW)
    return previewing.preview(published(), name, account, segment, NOW, locale, day, bare)


def snapshots() -> Iterator[tuple[str, str]]:
    """Of each template in each language: the name of its file, and what it holds. Segments that read the same stand together."""
    found: dict[str, dict[str, list[str]]] = {}
    pages: dict[str, str] = {}
    for name, segment, locale in cases():
        shown = render(name, segment, locale)
        key = "/".join(shown.template.key)
        text = f"Subject: {shown.message.subject}\n\n{shown.message.text}"
        found.setdefault(key, {}).setdefault(text, []).append(segment)
        if key in PAGES and segment == "enterprise":
            page = shown.message.html or ""
            pages[key] = (page if key == PAGES[0] else page[page.index("<body") :]).replace("><", ">\n<")
    for key, texts in found.items():
        yield f"{key.replace('/', '-')}.txt", "\n".join(f"=== {', '.join(segments)}\n{text}" for text, segments in texts.items())
    for key, page in pages.items():
        yield f"{key.replace('/', '-')}.html", page


def kept() -> Mapping[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in SNAPSHOTS.iterdir()}
